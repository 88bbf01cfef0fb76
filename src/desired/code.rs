//! The diagnostic codes.
//!
//! A code is stable: scripts and comments in repositories refer to it. `docs/diagnostics.md` explains
//! each. A test keeps that page and this list consistent.

use std::fmt;
use std::str::FromStr;

use crate::instance::vocabulary;

/// Declares [`Code`] from lines of `Variant "name" Level`.
macro_rules! codes {
    ($($variant:ident $name:literal $level:ident,)+) => {
        /// A kind of problem in a file.
        #[expect(missing_docs, reason = "`docs/diagnostics.md` explains each code")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        pub enum Code { $(#[serde(rename = $name)] $variant,)+ }

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

vocabulary! {
    /// The severity of a problem.
    Severity {
        /// The files cannot be used.
        Error "error",
        /// The files can be used, but something is probably wrong.
        Warning "warning",
    }
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
    AliasLimit "alias-limit" Fatal,
    AmbiguousNumber "ambiguous-number" Fatal,
    AmbiguousYaml "ambiguous-yaml" Fatal,
    CallbackWithoutId "callback-without-id" Warning,
    CommittedSecret "committed-secret" Fatal,
    ControlCharacter "control-character" Warning,
    CustomTag "custom-tag" Fatal,
    DuplicateDocumentKey "duplicate-document-key" Fatal,
    DuplicateKey "duplicate-key" Fatal,
    EmptyDocument "empty-document" Fatal,
    EnvAllowUnset "env-allow-unset" Warning,
    EventsWithoutCallback "events-without-callback" Warning,
    ExpansionLimit "expansion-limit" Fatal,
    ExpiredIgnore "expired-ignore" Warning,
    FileTooLarge "file-too-large" Fatal,
    FixedWebhookUrl "fixed-webhook-url" Warning,
    HtmlInName "html-in-name" Fatal,
    InsecureCallback "insecure-callback" Warning,
    InvalidName "invalid-name" Fatal,
    InvalidSchema "invalid-schema" Fatal,
    InvalidValue "invalid-value" Error,
    InvalidYaml "invalid-yaml" Fatal,
    JsonFile "json-file" Warning,
    KeysDifferByCase "keys-differ-by-case" Fatal,
    LikelyInvalidValue "likely-invalid-value" Warning,
    LikelyMissingField "likely-missing-field" Warning,
    LikelyRefusedField "likely-refused-field" Warning,
    LinkLeavesRepository "link-leaves-repository" Fatal,
    MaskAsValue "mask-as-value" Fatal,
    MergeKey "merge-key" Fatal,
    MisnamedProjectFile "misnamed-project-file" Fatal,
    MissingField "missing-field" Error,
    MissingKey "missing-key" Fatal,
    MistakenReference "mistaken-reference" Error,
    MovedFromConflict "moved-from-conflict" Fatal,
    NeedsKey "needs-key" Fatal,
    NoInstancesFolder "no-instances-folder" Fatal,
    NoWebhookUrl "no-webhook-url" Fatal,
    NonTextKey "non-text-key" Fatal,
    NotJson "not-json" Warning,
    NotNfc "not-nfc" Warning,
    NotUtf8 "not-utf8" Fatal,
    OddSecret "odd-secret" Warning,
    OwnCredential "own-credential" Fatal,
    Placeholder "placeholder" Warning,
    PlainTextSecret "plain-text-secret" Fatal,
    PlatformWrittenKey "platform-written-key" Warning,
    ProjectUnset "project-unset" Warning,
    ReferenceNotAllowed "reference-not-allowed" Fatal,
    RefusedByPlatform "refused-by-platform" Fatal,
    RefusedField "refused-field" Error,
    RefusedFile "refused-file" Fatal,
    RefusedVariable "refused-variable" Fatal,
    ReservedTag "reserved-tag" Fatal,
    TooDeep "too-deep" Fatal,
    TooManyFiles "too-many-files" Fatal,
    TooManyProblems "too-many-problems" Fatal,
    UnclosedReference "unclosed-reference" Fatal,
    UnknownConnector "unknown-connector" Warning,
    UnknownField "unknown-field" Warning,
    UnknownKey "unknown-key" Fatal,
    UnknownPath "unknown-path" Fatal,
    UnknownReference "unknown-reference" Fatal,
    UnknownValue "unknown-value" Fatal,
    UnreadableFile "unreadable-file" Fatal,
    UnsetVariable "unset-variable" Fatal,
    WebhookUrlOfAnother "webhook-url-of-another" Error,
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
