//! The names of everything that can be wrong in a file.
//!
//! A code is stable: scripts and comments in repositories refer to it. `docs/diagnostics.md` explains
//! each; a test keeps the page and this list equal.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::{Problem, Severity};

/// Declares [`Code`] from lines of `Variant "name" Level`.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident $name:literal $level:ident,)+) => {
        /// A kind of problem.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        pub enum Code { $($(#[doc = $doc])+ #[serde(rename = $name)] $variant,)+ }

        impl Code {
            /// All codes, by name.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable name, such as `duplicate-key`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// How bad it is unless whoever runs ocon says otherwise.
            pub const fn level(self) -> Level {
                match self { $(Self::$variant => Level::$level,)+ }
            }
        }
    };
}

/// How bad a kind of problem is, and whether that can be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The file cannot be used, whatever anybody says.
    Fatal,
    /// An error by judgement: it can be allowed.
    Error,
    /// A warning: it can be allowed or denied.
    Warning,
}

impl Level {
    /// The severity that a problem has by itself.
    pub const fn severity(self) -> Severity {
        match self {
            Self::Fatal | Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
        }
    }
}

codes! {
    /// Aliases make the file too large, or stand within what they repeat.
    AliasLimit "alias-limit" Fatal,
    /// A number that would not be sent as it is written.
    AmbiguousNumber "ambiguous-number" Fatal,
    /// Two readers of YAML disagree on a value.
    AmbiguousYaml "ambiguous-yaml" Fatal,
    /// A callback URL that has to carry the instance's id does not.
    CallbackWithoutId "callback-without-id" Warning,
    /// A secret file that Git has, or that it may have.
    CommittedSecret "committed-secret" Fatal,
    /// A value with a control character in it.
    ControlCharacter "control-character" Warning,
    /// A tag such as `!secret`.
    CustomTag "custom-tag" Fatal,
    /// Two documents have one key.
    DuplicateDocumentKey "duplicate-document-key" Fatal,
    /// A key occurs twice in a map.
    DuplicateKey "duplicate-key" Fatal,
    /// A file with nothing in it.
    EmptyDocument "empty-document" Fatal,
    /// In a pipeline, files may name any variable.
    EnvAllowUnset "env-allow-unset" Warning,
    /// Events are switched on and there is no URL to send them to.
    EventsWithoutCallback "events-without-callback" Warning,
    /// Variables put more than 1 MiB into a file.
    ExpansionLimit "expansion-limit" Fatal,
    /// An ignored field whose last day is over.
    ExpiredIgnore "expired-ignore" Warning,
    /// A file of more than 1 MiB.
    FileTooLarge "file-too-large" Fatal,
    /// A webhook URL that names an instance by number.
    FixedWebhookUrl "fixed-webhook-url" Warning,
    /// A name or tag with `<` or `>`.
    HtmlInName "html-in-name" Fatal,
    /// A callback URL without TLS.
    InsecureCallback "insecure-callback" Warning,
    /// A name that breaks the rules for names.
    InvalidName "invalid-name" Fatal,
    /// A schema in the repository that cannot be used.
    InvalidSchema "invalid-schema" Fatal,
    /// A configuration value that the connector does not take.
    InvalidValue "invalid-value" Error,
    /// Not YAML.
    InvalidYaml "invalid-yaml" Fatal,
    /// A JSON file among the instance files.
    JsonFile "json-file" Warning,
    /// Keys of documents that differ by case only.
    KeysDifferByCase "keys-differ-by-case" Fatal,
    /// Configuration keys that every documented example of the connector has are not there.
    LikelyMissingField "likely-missing-field" Warning,
    /// A symbolic link that leads out of the repository.
    LinkLeavesRepository "link-leaves-repository" Fatal,
    /// The mask of the API in place of a secret.
    MaskAsValue "mask-as-value" Fatal,
    /// A merge key, `<<`.
    MergeKey "merge-key" Fatal,
    /// A file whose name is nearly `ocon.yaml`.
    MisnamedProjectFile "misnamed-project-file" Fatal,
    /// A configuration key that the connector needs is not there.
    MissingField "missing-field" Error,
    /// A key that a document needs is not there.
    MissingKey "missing-key" Fatal,
    /// A text that looks like a reference and is none.
    MistakenReference "mistaken-reference" Error,
    /// `moved_from` names a document key that it cannot name.
    MovedFromConflict "moved-from-conflict" Fatal,
    /// A document whose file gives it no key.
    NeedsKey "needs-key" Fatal,
    /// There is no folder of instance files.
    NoInstancesFolder "no-instances-folder" Fatal,
    /// A key that is no text.
    NonTextKey "non-text-key" Fatal,
    /// A text that is not the JSON that its key takes.
    NotJson "not-json" Warning,
    /// A name or tag that is not in Unicode's composed form.
    NotNfc "not-nfc" Warning,
    /// A file that is not UTF-8.
    NotUtf8 "not-utf8" Fatal,
    /// A variable whose value begins or ends with something that no secret has.
    OddSecret "odd-secret" Warning,
    /// One of ocon's own credentials as a value.
    OwnCredential "own-credential" Fatal,
    /// A placeholder that nobody filled in.
    Placeholder "placeholder" Warning,
    /// A secret that stands in a file in clear.
    PlainTextSecret "plain-text-secret" Fatal,
    /// A key that the platform writes itself.
    PlatformWrittenKey "platform-written-key" Warning,
    /// A pipeline in which a file decides whose instances are touched.
    ProjectUnset "project-unset" Warning,
    /// A reference where none, or none of its kind, may stand.
    ReferenceNotAllowed "reference-not-allowed" Fatal,
    /// A field that the platform names where it refuses to create or change an instance.
    RefusedByPlatform "refused-by-platform" Fatal,
    /// A configuration key of another connector or another time.
    RefusedField "refused-field" Error,
    /// A secret file that files may not refer to.
    RefusedFile "refused-file" Fatal,
    /// A variable that files may not refer to.
    RefusedVariable "refused-variable" Fatal,
    /// A tag that begins with `ocon:`.
    ReservedTag "reserved-tag" Fatal,
    /// Values that are nested too deep.
    TooDeep "too-deep" Fatal,
    /// More files than any account has instances.
    TooManyFiles "too-many-files" Fatal,
    /// More problems in one file than anybody reads.
    TooManyProblems "too-many-problems" Fatal,
    /// A `${{` without its `}}`.
    UnclosedReference "unclosed-reference" Fatal,
    /// A connector that the catalogue does not have.
    UnknownConnector "unknown-connector" Warning,
    /// A configuration key that the connector does not document.
    UnknownField "unknown-field" Warning,
    /// A key that a document does not have.
    UnknownKey "unknown-key" Fatal,
    /// An ignored field that is none.
    UnknownPath "unknown-path" Fatal,
    /// A reference to something that does not exist.
    UnknownReference "unknown-reference" Fatal,
    /// A word that the key does not take.
    UnknownValue "unknown-value" Fatal,
    /// A file that cannot be read.
    UnreadableFile "unreadable-file" Fatal,
    /// A reference to a secret that has no value.
    UnsetVariable "unset-variable" Fatal,
    /// A webhook URL with the id of another instance than the document's.
    WebhookUrlOfAnother "webhook-url-of-another" Error,
    /// A value of another type than the key takes.
    WrongType "wrong-type" Fatal,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// There is no code of this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such code")]
pub struct UnknownCode;

impl FromStr for Code {
    type Err = UnknownCode;

    fn from_str(name: &str) -> Result<Self, UnknownCode> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name).ok_or(UnknownCode)
    }
}

/// What whoever runs ocon thinks of the kinds of problems.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    /// The severity of a code instead of its own; `None` where it is not reported at all.
    given: BTreeMap<Code, Option<Severity>>,
    /// Whether every warning is an error.
    deny_warnings: bool,
}

impl Levels {
    /// Reports the code with this severity.
    pub fn report(&mut self, code: Code, severity: Severity) {
        self.given.insert(code, Some(severity));
    }

    /// Does not report the code.
    pub fn allow(&mut self, code: Code) {
        self.given.insert(code, None);
    }

    /// Makes every warning that nobody allowed an error.
    pub fn deny_warnings(&mut self) {
        self.deny_warnings = true;
    }

    /// The problem with the severity that it is reported with; `None` if it is not reported.
    pub fn judge(&self, problem: Problem) -> Option<Problem> {
        let severity = self.of(problem.code, problem.severity)?;
        Some(Problem { severity, ..problem })
    }

    /// The severity of a problem that has one by itself; `None` if it is not reported.
    pub fn of(&self, code: Code, own: Severity) -> Option<Severity> {
        let denied = self.deny_warnings && own == Severity::Warning;
        let by_default = Some(if denied { Severity::Error } else { own });
        self.given.get(&code).copied().unwrap_or(by_default)
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

    #[test]
    fn what_is_given_beats_the_own_level_and_denied_warnings_are_errors() {
        let mut levels = Levels::default();
        let of = |levels: &Levels, code: Code| levels.of(code, code.level().severity());
        assert_eq!(of(&levels, Code::UnknownField), Some(Severity::Warning));
        levels.report(Code::UnknownField, Severity::Error);
        levels.allow(Code::MissingField);
        assert_eq!(of(&levels, Code::UnknownField), Some(Severity::Error));
        assert_eq!(of(&levels, Code::MissingField), None);
        assert_eq!(of(&levels, Code::JsonFile), Some(Severity::Warning));
        levels.deny_warnings();
        assert_eq!(of(&levels, Code::JsonFile), Some(Severity::Error));
        levels.allow(Code::JsonFile);
        assert_eq!(of(&levels, Code::JsonFile), None);
    }
}
