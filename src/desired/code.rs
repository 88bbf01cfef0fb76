//! The diagnostic codes.
//!
//! A code is stable: scripts and comments in repositories refer to it. `docs/diagnostics.md` explains
//! each. A test keeps that page and this list consistent.

use std::fmt;
use std::str::FromStr;

/// Declares [`Code`] from lines of `Variant "name" Level`.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident $name:literal $level:ident,)+) => {
        /// A kind of problem in a file.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code { $($(#[doc = $doc])+ $variant,)+ }

        impl Code {
            /// All codes, by name.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable name, such as `duplicate-key`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The default level.
            pub const fn level(self) -> Level {
                match self { $(Self::$variant => Level::$level,)+ }
            }
        }
    };
}

/// The severity of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The files cannot be used.
    Error,
    /// The files can be used, but something is probably wrong.
    Warning,
}

/// The default severity of a code, and whether the user can change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// An error that cannot be allowed.
    Fatal,
    /// An error that can be allowed.
    Error,
    /// A warning that can be allowed or denied.
    Warning,
}

impl Level {
    /// The default severity.
    pub const fn severity(self) -> Severity {
        match self {
            Self::Fatal | Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
        }
    }
}

codes! {
    /// Aliases make the file too large, or an alias is inside the value that it repeats.
    AliasLimit "alias-limit" Fatal,
    /// A number that the platform would store in another form.
    AmbiguousNumber "ambiguous-number" Fatal,
    /// A value that two YAML readers parse differently.
    AmbiguousYaml "ambiguous-yaml" Fatal,
    /// A callback URL without the instance ID that the connector requires in it.
    CallbackWithoutId "callback-without-id" Warning,
    /// A secret file that is in Git, or may be.
    CommittedSecret "committed-secret" Fatal,
    /// A value that contains a control character.
    ControlCharacter "control-character" Warning,
    /// A YAML tag such as `!secret`.
    CustomTag "custom-tag" Fatal,
    /// Two documents with the same document key.
    DuplicateDocumentKey "duplicate-document-key" Fatal,
    /// A key that occurs twice in a map.
    DuplicateKey "duplicate-key" Fatal,
    /// A file without content.
    EmptyDocument "empty-document" Fatal,
    /// A pipeline in which files may name any variable.
    EnvAllowUnset "env-allow-unset" Warning,
    /// Events are enabled without a callback URL.
    EventsWithoutCallback "events-without-callback" Warning,
    /// Variables that add more than 1 MiB to a file.
    ExpansionLimit "expansion-limit" Fatal,
    /// An ignored field whose last day is over.
    ExpiredIgnore "expired-ignore" Warning,
    /// A file of more than 1 MiB.
    FileTooLarge "file-too-large" Fatal,
    /// A webhook URL with a fixed instance ID.
    FixedWebhookUrl "fixed-webhook-url" Warning,
    /// A name or tag with `<` or `>`.
    HtmlInName "html-in-name" Fatal,
    /// A callback URL without TLS.
    InsecureCallback "insecure-callback" Warning,
    /// A name that breaks the rules for names.
    InvalidName "invalid-name" Fatal,
    /// A schema in the repository that cannot be used.
    InvalidSchema "invalid-schema" Fatal,
    /// A configuration value that the connector does not accept.
    InvalidValue "invalid-value" Error,
    /// Invalid YAML.
    InvalidYaml "invalid-yaml" Fatal,
    /// A JSON file in the instances folder.
    JsonFile "json-file" Warning,
    /// Document keys that differ only in case.
    KeysDifferByCase "keys-differ-by-case" Fatal,
    /// Missing configuration keys that every documented example of the connector has.
    LikelyMissingField "likely-missing-field" Warning,
    /// A symbolic link that leads out of the repository.
    LinkLeavesRepository "link-leaves-repository" Fatal,
    /// The mask that the API shows instead of a secret.
    MaskAsValue "mask-as-value" Fatal,
    /// A merge key, `<<`.
    MergeKey "merge-key" Fatal,
    /// A file whose name is almost `ocon.yaml`.
    MisnamedProjectFile "misnamed-project-file" Fatal,
    /// A missing configuration key that the connector requires.
    MissingField "missing-field" Error,
    /// A missing key that a document requires.
    MissingKey "missing-key" Fatal,
    /// Text that looks like a reference but is not one.
    MistakenReference "mistaken-reference" Error,
    /// A document key in `moved_from` that is still in use.
    MovedFromConflict "moved-from-conflict" Fatal,
    /// A document that does not get a document key from its file.
    NeedsKey "needs-key" Fatal,
    /// A missing instances folder.
    NoInstancesFolder "no-instances-folder" Fatal,
    /// A key that is not a string.
    NonTextKey "non-text-key" Fatal,
    /// Text that is not the JSON that its key requires.
    NotJson "not-json" Warning,
    /// A name or tag that is not in Unicode normalization form C.
    NotNfc "not-nfc" Warning,
    /// A file that is not UTF-8.
    NotUtf8 "not-utf8" Fatal,
    /// A variable whose value begins or ends unlike a secret.
    OddSecret "odd-secret" Warning,
    /// A value that is one of ocon's own credentials.
    OwnCredential "own-credential" Fatal,
    /// A placeholder that was not replaced.
    Placeholder "placeholder" Warning,
    /// A secret in plain text.
    PlainTextSecret "plain-text-secret" Fatal,
    /// A key that the platform writes itself.
    PlatformWrittenKey "platform-written-key" Warning,
    /// A pipeline in which a file chooses the project.
    ProjectUnset "project-unset" Warning,
    /// A reference where none, or none of its kind, is allowed.
    ReferenceNotAllowed "reference-not-allowed" Fatal,
    /// A field that the platform names when it rejects a create or an update.
    RefusedByPlatform "refused-by-platform" Fatal,
    /// A configuration key that the connector does not accept.
    RefusedField "refused-field" Error,
    /// A secret file that files may not refer to.
    RefusedFile "refused-file" Fatal,
    /// A variable that files may not refer to.
    RefusedVariable "refused-variable" Fatal,
    /// A tag that begins with `ocon:`.
    ReservedTag "reserved-tag" Fatal,
    /// Values that are nested too deeply.
    TooDeep "too-deep" Fatal,
    /// More files than any account has instances.
    TooManyFiles "too-many-files" Fatal,
    /// More problems in one file than are listed.
    TooManyProblems "too-many-problems" Fatal,
    /// A `${{` without its `}}`.
    UnclosedReference "unclosed-reference" Fatal,
    /// A connector that is not in the catalog.
    UnknownConnector "unknown-connector" Warning,
    /// A configuration key that the connector does not document.
    UnknownField "unknown-field" Warning,
    /// A key that documents do not have.
    UnknownKey "unknown-key" Fatal,
    /// An ignored field that the document does not declare.
    UnknownPath "unknown-path" Fatal,
    /// A reference to something that does not exist.
    UnknownReference "unknown-reference" Fatal,
    /// A value that the key does not accept.
    UnknownValue "unknown-value" Fatal,
    /// A file that cannot be read.
    UnreadableFile "unreadable-file" Fatal,
    /// A reference to a secret that has no value.
    UnsetVariable "unset-variable" Fatal,
    /// A webhook URL with the ID of another instance.
    WebhookUrlOfAnother "webhook-url-of-another" Error,
    /// A value of the wrong type.
    WrongType "wrong-type" Fatal,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The error for a name that is not a diagnostic code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such code")]
pub struct UnknownCode;

impl FromStr for Code {
    type Err = UnknownCode;

    fn from_str(name: &str) -> Result<Self, UnknownCode> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name).ok_or(UnknownCode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_found() {
        assert!(Code::ALL.is_sorted_by_key(|code| code.as_str()));
        for code in Code::ALL {
            assert_eq!(code.as_str().parse(), Ok(*code));
        }
        assert_eq!("duplicate".parse::<Code>(), Err(UnknownCode));
    }
}
