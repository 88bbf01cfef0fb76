//! The stores of secrets.
//!
//! In: a [`SecretSource`] that a file refers to. Out: its value, or the reason that there is none.
//! [`RealSecrets`] has the real values. [`DemoSecrets`] has generated values for the sandbox.
//! [`WithheldSecrets`] has no values, for commands that only read files. All of them reject the same
//! names, so that a file is valid for every command or for none.

mod reserved;

use std::fmt;
use std::path::{Component, Path, PathBuf};

use crate::instance::{Secret, SecretSource, is_unresolved, trimmed};
use crate::reader::{FileError, FileScope};
use crate::safe_text::quoted;

pub(crate) use self::reserved::is_reserved_variable;
use self::reserved::{NamePattern, reserved_pattern};

/// The largest secret file. Passwords, keys and certificates are smaller.
const MAX_SECRET_BYTES: u64 = 1 << 20;

/// A store of secrets that several threads can use.
pub trait SecretStore: Sync {
    /// The value of the source.
    fn look_up(&self, source: &SecretSource) -> SecretLookup;
}

/// The result of a [`SecretStore`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretLookup {
    /// The value. It is neither blank nor a reference of a CI system.
    Set(Secret),
    /// The value does not exist, is blank, is an unresolved reference of a CI system, or is withheld.
    Unset,
    /// The reference is not allowed.
    Refused {
        /// The fact, as a sentence without a period.
        message: String,
        /// The fix.
        help: String,
    },
}

/// The environment variables that files may refer to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AllowedVariables {
    patterns: Option<Vec<NamePattern>>,
}

/// A pattern that contains a character other than letters, digits, `_` and `*`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a valid pattern for names of variables")]
pub struct InvalidPattern(String);

/// The real secrets: environment variables and the files of one folder.
pub struct RealSecrets<'a> {
    /// The variables that files may refer to.
    pub allowed: AllowedVariables,
    /// Returns the value of an environment variable.
    pub variable: &'a (dyn Fn(&str) -> Option<String> + Sync),
    /// The root. `folder` is relative to it.
    pub root: PathBuf,
    /// The secrets folder, which contains `file.PATH`.
    pub folder: PathBuf,
}

/// Generated secrets that are all different: `env.HOOTSUITE_CODE` is `demo-hootsuite-code`.
#[derive(Clone, Debug, Default)]
pub struct DemoSecrets {
    /// The variables that files may refer to.
    pub allowed: AllowedVariables,
}

/// A store in which every secret is unset.
#[derive(Clone, Debug, Default)]
pub struct WithheldSecrets {
    /// The variables that files may refer to.
    pub allowed: AllowedVariables,
}

impl AllowedVariables {
    /// All variables that are not reserved.
    pub fn all() -> Self {
        Self::default()
    }

    /// The variables that match one of the comma-separated patterns. A pattern consists of letters, digits,
    /// `_`, and `*` for any text.
    ///
    /// # Errors
    ///
    /// The first pattern with another character.
    pub fn matching(patterns: &str) -> Result<Self, InvalidPattern> {
        let trimmed = patterns.split(',').map(str::trim);
        let patterns = trimmed.filter(|pattern| !pattern.is_empty()).map(name_pattern);
        Ok(Self { patterns: Some(patterns.collect::<Result<_, _>>()?) })
    }

    /// Whether files may refer to a variable.
    pub(crate) fn allows(&self, name: &str) -> bool {
        self.refused_variable(name).is_none()
    }

    /// The reason that files may not refer to the source.
    fn refusal(&self, source: &SecretSource) -> Option<SecretLookup> {
        match source {
            SecretSource::Env(name) => self.refused_variable(name),
            SecretSource::File(path) => refused_path(path),
            SecretSource::Authorization => None,
        }
    }

    fn refused_variable(&self, name: &str) -> Option<SecretLookup> {
        let shown = quoted(name);
        if let Some(pattern) = reserved_pattern(&name.to_ascii_uppercase()) {
            let message = format!("files must not use the variable {shown}");
            let help = "give the secret another name: variables of ocon, CI systems and other programs are reserved";
            let help = format!("{help} (here {})", quoted(pattern));
            return Some(SecretLookup::Refused { message, help });
        }
        let patterns = self.patterns.as_ref()?;
        if patterns.iter().any(|pattern| pattern.matches(name)) {
            return None;
        }
        let patterns: Vec<_> = patterns.iter().map(ToString::to_string).collect();
        let message = format!("the variable {shown} is not among the variables that files may use");
        let help = format!("add it to `--env-allow`, which is {}", quoted(patterns.join(",")));
        Some(SecretLookup::Refused { message, help })
    }
}

fn name_pattern(pattern: &str) -> Result<NamePattern, InvalidPattern> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '*');
    if pattern.chars().all(is_plain) {
        Ok(NamePattern::new(pattern))
    } else {
        Err(InvalidPattern(pattern.to_owned()))
    }
}

fn refused_path(path: &str) -> Option<SecretLookup> {
    let plain = |part: Component<'_>| matches!(part, Component::Normal(_));
    let inside = !path.is_empty() && Path::new(path).components().all(plain);
    (!inside).then(|| SecretLookup::Refused {
        message: format!("{} is not a path below the secrets folder", quoted(path)),
        help: "write the path relative to that folder, without `..`".to_owned(),
    })
}

impl SecretStore for RealSecrets<'_> {
    fn look_up(&self, source: &SecretSource) -> SecretLookup {
        self.allowed.refusal(source).unwrap_or_else(|| match source {
            SecretSource::Env(name) => {
                let value = (self.variable)(name).filter(|value| !is_unresolved(name, value));
                set_unless_blank(value)
            }
            SecretSource::File(path) => self.file(path),
            SecretSource::Authorization => SecretLookup::Unset,
        })
    }
}

impl SecretStore for DemoSecrets {
    fn look_up(&self, source: &SecretSource) -> SecretLookup {
        let name = match source {
            SecretSource::Env(name) => name,
            SecretSource::File(path) => path,
            SecretSource::Authorization => return SecretLookup::Unset,
        };
        let demo = format!("demo-{}", name.to_lowercase().replace(['_', '/', '.'], "-"));
        self.allowed.refusal(source).unwrap_or_else(|| set_unless_blank(Some(demo)))
    }
}

impl SecretStore for WithheldSecrets {
    fn look_up(&self, source: &SecretSource) -> SecretLookup {
        self.allowed.refusal(source).unwrap_or(SecretLookup::Unset)
    }
}

impl RealSecrets<'_> {
    fn file(&self, path: &str) -> SecretLookup {
        let shown = quoted(self.folder.display());
        let refused = |cause: &dyn fmt::Display| SecretLookup::Refused {
            message: format!("the secret file {} cannot be used: {cause}", quoted(path)),
            help: format!("use a text file of at most 1 MiB below {shown}"),
        };
        let folder = self.root.join(&self.folder);
        let scope = match FileScope::of(&self.root, &self.folder).within(&folder) {
            Ok(scope) => scope,
            Err(refusal) if refusal.is_not_found() => return SecretLookup::Unset,
            Err(FileError::LeavesBoundary) => {
                return refused(&"the secrets folder is a link that leads out of the repository");
            }
            Err(refusal) => return refused(&refusal),
        };
        match scope.read_text(&folder.join(path), MAX_SECRET_BYTES) {
            Ok(text) => set_unless_blank(Some(without_line_end(&text).to_owned())),
            Err(refusal) if refusal.is_not_found() => SecretLookup::Unset,
            Err(FileError::LeavesBoundary) => refused(&"a link leads out of the secrets folder"),
            Err(refusal) => refused(&refusal),
        }
    }
}

fn set_unless_blank(value: Option<String>) -> SecretLookup {
    let value = value.filter(|text| !trimmed(text).is_empty());
    value.map_or(SecretLookup::Unset, |text| SecretLookup::Set(Secret::new(text)))
}

fn without_line_end(text: &str) -> &str {
    text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn env(name: &str) -> SecretSource {
        SecretSource::Env(name.to_owned())
    }

    fn is_refused(answer: &SecretLookup) -> bool {
        matches!(answer, SecretLookup::Refused { .. })
    }

    fn environment(variable: &(dyn Fn(&str) -> Option<String> + Sync)) -> RealSecrets<'_> {
        let allowed = AllowedVariables::all();
        RealSecrets { allowed, variable, root: PathBuf::new(), folder: PathBuf::new() }
    }

    #[test]
    fn every_store_rejects_reserved_variables() {
        let environment = environment(&|name| Some(name.to_owned()));
        let stores: [&dyn SecretStore; 3] =
            [&environment, &DemoSecrets::default(), &WithheldSecrets::default()];
        for store in stores {
            let reserved = "OCON_USER_SECRET GITHUB_TOKEN ACTIONS_X CI_JOB_TOKEN RUNNER_X \
                            github_token CI GITLAB_TOKEN SYSTEM_ACCESSTOKEN AGENT_X BUILD_X \
                            TF_BUILD BUILDKITE_AGENT_ACCESS_TOKEN CIRCLE_TOKEN BITBUCKET_X \
                            JENKINS_URL CHANGE_TITLE change_author_email BRANCH_NAME GIT_BRANCH \
                            TRAVIS_PULL_REQUEST_BRANCH DRONE_PULL_REQUEST_TITLE \
                            CODEBUILD_WEBHOOK_HEAD_REF VAULT_TOKEN BAO_TOKEN SOPS_AGE_KEY \
                            SOPS_AGE_KEY_FILE OP_SERVICE_ACCOUNT_TOKEN OP_SESSION_acme GH_TOKEN \
                            PATH Path HOME SHELL IFS ENV BASH_ENV BASH_FUNC_ls LD_PRELOAD \
                            DYLD_INSERT_LIBRARIES NODE_OPTIONS PYTHONPATH PERL5OPT RUBYOPT \
                            GIT_SSH_COMMAND GIT_CONFIG_COUNT GIT_ASKPASS SSH_AUTH_SOCK";
            for name in reserved.split(' ') {
                assert!(is_refused(&store.look_up(&env(name))), "{name}");
            }
            let free = "CIRCLE CITY TF_BUILDER MY_GITHUB_TOKEN GIT_TOKEN CHANGE_TOKEN \
                        ENVIRONMENT_KEY HOME_TOKEN PATHS SSH_PRIVATE_KEY AWS_SECRET_ACCESS_KEY OP_KEY";
            for name in free.split(' ') {
                assert!(!is_refused(&store.look_up(&env(name))), "{name}");
            }
        }
    }

    #[test]
    fn an_allow_list_narrows_the_variables() {
        let store = WithheldSecrets {
            allowed: AllowedVariables::matching("HOOTSUITE_*, SLACK_*_KEY").unwrap(),
        };
        for (name, refused) in [
            ("HOOTSUITE_CODE", false),
            ("HOOTSUITE_", false),
            ("SLACK_A_KEY", false),
            ("SLACK_A_KEY_KEY", false),
            ("SLACK_A", true),
            ("X_HOOTSUITE_", true),
        ] {
            assert_eq!(is_refused(&store.look_up(&env(name))), refused, "{name}");
        }
    }

    #[test]
    fn a_pattern_with_many_stars_takes_little_time() {
        let matches = |pattern: &str, name: &str| NamePattern::new(pattern).matches(name);
        // A matcher that tries every position for every `*` takes exponential time.
        assert!(!matches(&"A*".repeat(60), &"A".repeat(59)));
        assert!(!matches(&format!("{}B", "A*".repeat(60)), &"A".repeat(128)));
        assert!(!matches("*_*_TOKEN", &"_".repeat(100_000)));
    }

    #[test]
    fn no_other_character_of_a_pattern_is_special() {
        for pattern in ["A?", "[A]*", "{A,B}", "A\\*", "!A", "A-B", "A B", "A.B", "\u{c4}*", "A\0"]
        {
            // A comma separates two patterns.
            let first = pattern.split(',').next().unwrap();
            let error = AllowedVariables::matching(&format!("SLACK_*, {pattern}")).unwrap_err();
            assert_eq!(error, InvalidPattern(first.to_owned()));
        }
        let store = WithheldSecrets { allowed: AllowedVariables::matching(" , ").unwrap() };
        assert!(is_refused(&store.look_up(&env("A"))));
    }

    #[test]
    fn demo_values_contain_the_name_of_their_source() {
        let value = DemoSecrets::default().look_up(&env("HOOTSUITE_CLIENT_ID"));
        assert_eq!(value, SecretLookup::Set(Secret::new("demo-hootsuite-client-id")));
    }

    #[test]
    fn a_blank_variable_is_unset() {
        for blank in ["", " ", "\r\n", "\u{feff}", "\u{feff} \n"] {
            let variable = |_: &str| Some(blank.to_owned());
            let value = environment(&variable).look_up(&env("A"));
            assert_eq!(value, SecretLookup::Unset, "{blank:?}");
        }
    }

    #[test]
    fn one_line_break_is_removed_and_links_must_stay_in_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = folder.path().join("secrets");
        fs::create_dir(&secrets).unwrap();
        fs::write(secrets.join("key.pem"), "line\n\n").unwrap();
        fs::write(folder.path().join("outside"), "x").unwrap();
        let root = folder.path().to_owned();
        let environment = RealSecrets { root, folder: "secrets".into(), ..environment(&|_| None) };
        let look_up = |path: &str| environment.look_up(&SecretSource::File(path.to_owned()));
        assert_eq!(look_up("key.pem"), SecretLookup::Set(Secret::new("line\n")));
        assert_eq!(look_up("missing"), SecretLookup::Unset);
        for path in ["../outside", "/etc/hostname", "", "."] {
            assert!(is_refused(&look_up(path)), "{path}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(folder.path().join("outside"), secrets.join("link"))
                .unwrap();
            assert!(is_refused(&look_up("link")));
        }
    }
}
