//! What a reader of a plan should know besides its steps.

mod credentials;
mod host;

use super::comparison::Comparison;
use super::document::Document;
use super::{Change, Note, Plan, PlanContext};
use crate::desired::{GrantNeed, Ignore};
use crate::instance::{StoredValue, Value, vocabulary};
use crate::observed::{Observed, ObservedInstance};
use crate::ownership::LastApplied;
use crate::untrusted::quoted;

pub(super) use credentials::HOST_NOTES;
pub use credentials::declared_hosts;

vocabulary! {
    /// What a note of a plan is about.
    pub enum NoteCode {
        /// The stored credentials will be sent to another host.
        CredentialHostChanged = "credential-host-changed",
        /// The instance is disabled, and no file asks for that.
        Disabled = "disabled",
        /// Events will be sent to another host.
        EventHostChanged = "event-host-changed",
        /// Events will be sent to this host.
        EventToHost = "event-to-host",
        /// The tag with the last applied values is unreadable, and is written again.
        GarbledMark = "garbled-mark",
        /// Fields that the file excludes from the comparison.
        Ignored = "ignored",
        /// An orphan that `--prune` does not delete in this run.
        KeptFromPrune = "kept-from-prune",
        /// Events are enabled after the create, which may not subscribe at the provider.
        LateEvents = "late-events",
        /// An instance that stays with the project that instances are taken from.
        LeftBehind = "left-behind",
        /// A create may need an authorization grant.
        MayNeedAuthorization = "may-need-authorization",
        /// A document may continue an orphan.
        MaybeMoved = "maybe-moved",
        /// No instance carries a document key of `moved_from`.
        MovedFromUnmatched = "moved-from-unmatched",
        /// The authentication at the provider no longer works.
        NotAuthenticated = "not-authenticated",
        /// A difference that the approved plan does not contain.
        NotPlanned = "not-planned",
        /// An instance of the project that no file describes.
        Orphan = "orphan",
        /// The platform shows the value of a secret in plain text.
        PublicSecret = "public-secret",
        /// A secret that changed after the plan was made.
        RotationNotPlanned = "rotation-not-planned",
        /// A secret will be sent to this host.
        SecretToHost = "secret-to-host",
        /// The listing by tag omits an instance.
        TagFilterUnreliable = "tag-filter-unreliable",
        /// Fields that are not compared and not written.
        Unverified = "unverified",
    }
}

impl NoteCode {
    /// Whether something is sent to another host than before.
    pub fn is_changed_host(self) -> bool {
        matches!(self, Self::CredentialHostChanged | Self::EventHostChanged)
    }
}

impl Document<'_> {
    /// Adds what there is to say about the document's instance.
    pub(super) fn note(&self, plan: &mut Plan, found: &ObservedInstance, comparison: &Comparison) {
        let notes = [
            self.disabled(found),
            self.not_authenticated(found),
            self.unverified(comparison),
            unplanned(comparison),
            self.late_events(comparison),
            garbled(found),
            self.ignored(),
        ];
        for (code, message) in notes.into_iter().flatten() {
            let (key, instance_id) = (self.key.clone(), Some(found.id));
            plan.notes.push(Note { code, key, instance_id, host: None, message });
        }
    }

    /// Adds that a create may need a grant, where only one source says so.
    pub(super) fn note_likely_grant(&self, plan: &mut Plan) {
        if self.wanted.facts.grant_need != GrantNeed::Likely || self.has_grant() {
            return;
        }
        let (connector, key) = (quoted(&self.wanted.connector), self.key);
        let message = format!(
            "it authenticates at {connector} by OAuth, but no documented request has an authorization grant. If the \
             platform refuses the create: `ocon authorize {key}`"
        );
        let (code, instance_id) = (NoteCode::MayNeedAuthorization, None);
        plan.notes.push(Note { code, key: key.clone(), instance_id, host: None, message });
    }

    fn disabled(&self, found: &ObservedInstance) -> Option<(NoteCode, String)> {
        (found.disabled && self.wanted.enabled.is_none()).then(|| {
            let message = "the instance is switched off, and no file asks for that: the platform does so after \
                           failed token refreshes. Say `enabled: true` to switch it on";
            (NoteCode::Disabled, message.to_owned())
        })
    }

    fn unverified(&self, comparison: &Comparison) -> Option<(NoteCode, String)> {
        (!comparison.unverified.is_empty()).then(|| {
            let fields: Vec<_> =
                comparison.unverified.iter().map(|field| quoted(field).to_string()).collect();
            let (fields, key) = (fields.join(", "), self.key);
            let message = format!(
                "not compared and not written: {fields}; `--rotate {key}` writes what is set here"
            );
            (NoteCode::Unverified, message)
        })
    }

    fn not_authenticated(&self, found: &ObservedInstance) -> Option<(NoteCode, String)> {
        (!found.valid).then(|| {
            let message = format!(
                "its authentication at the provider no longer works: `ocon authorize {}`, since apply never does",
                self.key
            );
            (NoteCode::NotAuthenticated, message)
        })
    }

    fn ignored(&self) -> Option<(NoteCode, String)> {
        let fields: Vec<String> = self.wanted.lifecycle.ignore.iter().map(described).collect();
        (!fields.is_empty())
            .then(|| (NoteCode::Ignored, format!("not compared: {}", fields.join("; "))))
    }

    /// Webhook connectors subscribe at the provider when an instance is created; switching events
    /// on later may not.
    fn late_events(&self, comparison: &Comparison) -> Option<(NoteCode, String)> {
        let switches_on = |change: &Change| {
            matches!(change, Change::Configuration { key, before: Some(before), after }
                if key == "event.notification.enabled"
                    && after.value == Value::text("true")
                    && *before != StoredValue::new(Some("true")))
        };
        let late = self.wanted.facts.webhooks && comparison.changes.iter().any(switches_on);
        late.then(|| {
            let message = "events are switched on after the create: the platform may not subscribe at the \
                           provider. Check that events arrive, or create the instance anew";
            (NoteCode::LateEvents, message.to_owned())
        })
    }
}

fn described(ignore: &Ignore) -> String {
    let until = ignore.until.as_ref().map(|until| format!(", until {until}")).unwrap_or_default();
    format!("{} ({}{until})", ignore.path, ignore.reason)
}

fn unplanned(comparison: &Comparison) -> Option<(NoteCode, String)> {
    (!comparison.unplanned.is_empty()).then(|| {
        let fields = comparison.unplanned.join(", ");
        (
            NoteCode::RotationNotPlanned,
            format!("changed here since the plan was made, and is not written: {fields}"),
        )
    })
}

fn garbled(found: &ObservedInstance) -> Option<(NoteCode, String)> {
    (found.marks.applied() == LastApplied::Garbled).then(|| {
        let message = "its `ocon:applied` tag was edited or doubled by hand, and is written anew";
        (NoteCode::GarbledMark, message.to_owned())
    })
}

/// Adds a note for each instance of ours that only the listing of the whole account showed.
pub(super) fn note_missed(plan: &mut Plan, observed: &Observed, context: &PlanContext<'_>) {
    for (key, found) in observed.missed_by_filter(context.options.take_from.as_ref()) {
        let message =
            "the listing by tag left this instance out, the listing of the account has it";
        plan.notes.push(Note {
            code: NoteCode::TagFilterUnreliable,
            key,
            instance_id: Some(found.id),
            host: None,
            message: message.to_owned(),
        });
    }
}
