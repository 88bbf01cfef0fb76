//! The codes of blocked documents and notes, which `docs/diagnostics.md` explains.

use crate::instance::vocabulary;

vocabulary! {
    /// Why a document is blocked.
    BlockCode {
        /// Two instances have the document key.
        AmbiguousKey "ambiguous-key",
        /// The document looks moved, and several instances or documents match.
        AmbiguousMove "ambiguous-move",
        /// An instance with incomplete or contradictory reserved tags may be the document's.
        BrokenMark "broken-mark",
        /// The file has another connector than the instance, which the platform cannot change.
        ConnectorChanged "connector-changed",
        /// The `id:` belongs to another project or document.
        ForeignInstance "foreign-instance",
        /// An instance of another project has the same connector and name.
        ForeignNamesake "foreign-namesake",
        /// Two documents have the same `id:`.
        IdClaimedTwice "id-claimed-twice",
        /// No instance has the `id:`.
        IdNotFound "id-not-found",
        /// Another instance already has the key of a document with `id:`.
        KeyTaken "key-taken",
        /// Two listings show the document's instance with different document keys.
        ListingsDisagree "listings-disagree",
        /// A write needs a secret that is not set.
        MissingVariable "missing-variable",
        /// A create needs an authorization grant, and there is none.
        NeedsAuthorization "needs-authorization",
        /// A listing shows the document's instance, but GET by ID does not find it.
        NotYetReadable "not-yet-readable",
        /// A partial plan shows that a document moved, but it changes no document keys.
        PartialRekey "partial-rekey",
        /// A value is still a sample of `ocon new`.
        SampleValue "sample-value",
        /// An unmanaged instance has the same connector and name.
        UnmanagedNamesake "unmanaged-namesake",
    }
}

impl BlockCode {
    /// Whether the ownership of an instance is in doubt, which has its own exit code.
    pub fn is_guard(self) -> bool {
        match self {
            Self::AmbiguousKey
            | Self::BrokenMark
            | Self::ForeignInstance
            | Self::ForeignNamesake
            | Self::IdClaimedTwice
            | Self::KeyTaken => true,
            Self::AmbiguousMove
            | Self::ConnectorChanged
            | Self::IdNotFound
            | Self::ListingsDisagree
            | Self::MissingVariable
            | Self::NeedsAuthorization
            | Self::NotYetReadable
            | Self::PartialRekey
            | Self::SampleValue
            | Self::UnmanagedNamesake => false,
        }
    }
}

vocabulary! {
    /// The kind of a note. Notes are sorted by it.
    NoteCode {
        /// The instance's stored credentials will go to another host.
        CredentialHostChanged "credential-host-changed",
        /// The instance is disabled, and no file asks for that.
        Disabled "disabled",
        /// The instance's events will go to another host.
        EventHostChanged "event-host-changed",
        /// A new instance sends its events to this host.
        EventToHost "event-to-host",
        /// The tag with the digests is invalid.
        GarbledMark "garbled-mark",
        /// A file excludes fields from the comparison.
        Ignored "ignored",
        /// `--prune` does not delete this orphan yet.
        KeptFromPrune "kept-from-prune",
        /// Events are enabled after the create.
        LateEvents "late-events",
        /// No document takes over this instance of the other project.
        LeftBehind "left-behind",
        /// A create may need an authorization grant.
        MayNeedAuthorization "may-need-authorization",
        /// A create may be the continuation of an orphan.
        MaybeMoved "maybe-moved",
        /// No instance has a document key of `moved_from`.
        MovedFromUnmatched "moved-from-unmatched",
        /// The authentication at the provider does not work.
        NotAuthenticated "not-authenticated",
        /// The approved plan does not contain this difference.
        NotPlanned "not-planned",
        /// No document describes this instance of the project.
        Orphan "orphan",
        /// The platform shows a secret in plain text.
        PublicSecret "public-secret",
        /// A secret changed after the plan was made.
        RotationNotPlanned "rotation-not-planned",
        /// A secret goes to this host.
        SecretToHost "secret-to-host",
        /// The tag listing omitted this instance.
        TagFilterUnreliable "tag-filter-unreliable",
        /// A field can be neither compared nor written.
        Unverified "unverified",
        /// No source documents the form of the webhook URL that a step sends.
        WebhookUrlAssumed "webhook-url-assumed",
    }
}

impl NoteCode {
    /// Whether the note is about a value that a step sends. It is dropped with the step.
    pub(super) fn is_about_sent_value(self) -> bool {
        self.is_host_change()
            || matches!(
                self,
                Self::SecretToHost
                    | Self::EventToHost
                    | Self::PublicSecret
                    | Self::WebhookUrlAssumed
            )
    }

    /// Whether another host got the secrets or events before.
    pub(crate) fn is_host_change(self) -> bool {
        matches!(self, Self::CredentialHostChanged | Self::EventHostChanged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_by_name() {
        assert!(BlockCode::ALL.is_sorted_by_key(|code| code.as_str()));
        assert!(NoteCode::ALL.is_sorted_by_key(|code| code.as_str()));
    }

    #[test]
    fn a_code_has_its_stable_name_in_json() {
        for code in BlockCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
            assert_eq!(serde_json::from_value::<BlockCode>(code.as_str().into()).unwrap(), code);
        }
    }
}
