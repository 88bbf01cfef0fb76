//! Where secrets come from.
//!
//! In: a [`SecretSource`] that a file refers to. Out: its value, or why there is none. Three stores answer:
//! [`Environment`] with the real values, [`Demo`] with made-up ones for the sandbox, [`Withheld`]
//! with nothing, for a command that only looks at files. All of them refuse the same names, so that
//! a file that is fine in one command is fine in the others.

use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::sync::LazyLock;

use wildmatch::WildMatchPattern;

use crate::instance::{Secret, SecretSource, trimmed};
use crate::reader::{Bounds, Refusal};
use crate::untrusted::quoted;

/// Variables that belong to ocon or to a CI system; no file may send them to a provider.
const REFUSED: &[&str] = &[
    "OCON_*",
    "CI",
    "CI_*",
    // GitHub Actions
    "GITHUB_*",
    "ACTIONS_*",
    "RUNNER_*",
    "GITLAB_*",
    // Azure Pipelines
    "SYSTEM_*",
    "AGENT_*",
    "BUILD_*",
    "TF_BUILD",
    "BUILDKITE_*",
    "CIRCLE_*",
    "BITBUCKET_*",
    "JENKINS_*",
    "APPVEYOR_*",
    "BITRISE_*",
    "CODEBUILD_*",
    "DRONE_*",
    "SEMAPHORE_*",
    "TEAMCITY_*",
    "TRAVIS_*",
    "WOODPECKER_*",
    // Jenkins: whoever proposes a change chooses their values.
    "BRANCH_NAME",
    "CHANGE_AUTHOR*",
    "CHANGE_BRANCH",
    "CHANGE_FORK",
    "CHANGE_ID",
    "CHANGE_TARGET",
    "CHANGE_TITLE",
    "CHANGE_URL",
    "GIT_BRANCH",
    "GIT_COMMIT",
    "GIT_LOCAL_BRANCH",
    "GIT_URL",
];

/// A secret is a password, a key or a certificate: longer than this it is something else.
const LONGEST_SECRET: u64 = 1 << 20;

/// Whether a variable, in capitals, belongs to ocon or to the CI system.
pub fn is_refused(name: &str) -> bool {
    refusing_pattern(name).is_some()
}

fn refusing_pattern(name: &str) -> Option<&'static NamePattern> {
    static PATTERNS: LazyLock<Vec<NamePattern>> =
        LazyLock::new(|| REFUSED.iter().map(|pattern| NamePattern::new(pattern)).collect());
    PATTERNS.iter().find(|pattern| pattern.matches(name))
}

/// Names of variables, in which `*` stands for any text. No other character is special: the NUL takes
/// the place of `?`, and no name contains it. Matching takes at most the product of both lengths.
type NamePattern = WildMatchPattern<'*', '\0'>;

/// A way to look up secrets, from several threads at once.
pub trait SecretStore: Sync {
    /// The value of the source.
    fn look_up(&self, source: &SecretSource) -> LookUp;
}

/// The answer of a [`SecretStore`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookUp {
    /// The value, not blank.
    Set(Secret),
    /// There is none, it is blank, or it is withheld.
    Unset,
    /// The reference itself is a mistake; why, as a sentence without a full stop, and what to do.
    Refused {
        /// The fact.
        message: String,
        /// What to do about it.
        help: String,
    },
}

/// The environment variables that files may refer to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AllowedVariables {
    patterns: Option<Vec<NamePattern>>,
}

/// A pattern that matches no name of a variable, or that its author meant in another way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a pattern for names of variables")]
pub struct UnusablePattern(String);

/// The real secrets: environment variables and the files of one folder.
pub struct Environment<'a> {
    /// The variables that files may refer to.
    pub allowed: AllowedVariables,
    /// Gives the value of an environment variable.
    pub variable: &'a (dyn Fn(&str) -> Option<String> + Sync),
    /// The root, to which `folder` is relative.
    pub root: PathBuf,
    /// The folder that `file.PATH` is below.
    pub folder: PathBuf,
}

/// Made-up secrets that can be told apart: `env.HOOTSUITE_CODE` is `demo-hootsuite-code`.
#[derive(Clone, Debug, Default)]
pub struct Demo {
    /// The variables that files may refer to.
    pub allowed: AllowedVariables,
}

/// No secrets: every one is unset.
#[derive(Clone, Debug, Default)]
pub struct Withheld {
    /// The variables that files may refer to.
    pub allowed: AllowedVariables,
}

impl AllowedVariables {
    /// All but the refused ones.
    pub fn all() -> Self {
        Self::default()
    }

    /// Those that match one of the patterns, which are separated by commas. A pattern consists of
    /// letters, digits and `_`, as names do, and of `*` for any text.
    ///
    /// # Errors
    ///
    /// The first pattern with another character.
    pub fn matching(patterns: &str) -> Result<Self, UnusablePattern> {
        let trimmed = patterns.split(',').map(str::trim);
        let patterns = trimmed.filter(|pattern| !pattern.is_empty()).map(name_pattern);
        Ok(Self { patterns: Some(patterns.collect::<Result<_, _>>()?) })
    }

    /// Why files may not refer to the source.
    fn refusal(&self, source: &SecretSource) -> Option<LookUp> {
        match source {
            SecretSource::Env(name) => self.refused_variable(name),
            SecretSource::File(path) => refused_path(path),
            SecretSource::Authorization => None,
        }
    }

    fn refused_variable(&self, name: &str) -> Option<LookUp> {
        let upper = name.to_ascii_uppercase();
        if let Some(pattern) = refusing_pattern(&upper) {
            return Some(LookUp::Refused {
                message: format!("the variable {} may not be used in files", quoted(name)),
                help: format!(
                    "variables of ocon and of CI systems are refused (here {}): give the secret another name",
                    quoted(pattern)
                ),
            });
        }
        let patterns = self.patterns.as_ref()?;
        let allowed = patterns.iter().any(|pattern| pattern.matches(name));
        (!allowed).then(|| {
            let patterns: Vec<_> = patterns.iter().map(ToString::to_string).collect();
            LookUp::Refused {
                message: format!(
                    "the variable {} is not among those that files may use",
                    quoted(name)
                ),
                help: format!("add it to `--env-allow`, which is {}", quoted(patterns.join(","))),
            }
        })
    }
}

fn name_pattern(pattern: &str) -> Result<NamePattern, UnusablePattern> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '*');
    if pattern.chars().all(is_plain) {
        Ok(NamePattern::new(pattern))
    } else {
        Err(UnusablePattern(pattern.to_owned()))
    }
}

fn refused_path(path: &str) -> Option<LookUp> {
    let plain = |part: Component<'_>| matches!(part, Component::Normal(_));
    let inside = !path.is_empty() && Path::new(path).components().all(plain);
    (!inside).then(|| LookUp::Refused {
        message: format!("{} is not a path below the secrets folder", quoted(path)),
        help: "write the path relative to that folder, without `..`".to_owned(),
    })
}

impl SecretStore for Environment<'_> {
    fn look_up(&self, source: &SecretSource) -> LookUp {
        if let Some(refused) = self.allowed.refusal(source) {
            return refused;
        }
        match source {
            SecretSource::Env(name) => set((self.variable)(name)),
            SecretSource::File(path) => self.file(path),
            SecretSource::Authorization => LookUp::Unset,
        }
    }
}

impl SecretStore for Demo {
    fn look_up(&self, source: &SecretSource) -> LookUp {
        let name = match source {
            SecretSource::Env(name) => name,
            SecretSource::File(path) => path,
            SecretSource::Authorization => return LookUp::Unset,
        };
        let demo = format!("demo-{}", name.to_lowercase().replace(['_', '/', '.'], "-"));
        self.allowed.refusal(source).unwrap_or_else(|| set(Some(demo)))
    }
}

impl SecretStore for Withheld {
    fn look_up(&self, source: &SecretSource) -> LookUp {
        self.allowed.refusal(source).unwrap_or(LookUp::Unset)
    }
}

impl Environment<'_> {
    fn file(&self, path: &str) -> LookUp {
        let refused = |cause: &dyn fmt::Display| LookUp::Refused {
            message: format!("the secret file {} cannot be used: {cause}", quoted(path)),
            help: format!(
                "secret files are texts of at most 1 MiB below {}",
                quoted(self.folder.display())
            ),
        };
        let folder = self.root.join(&self.folder);
        let bounds = match Bounds::of(&self.root, &self.folder).within(&folder) {
            Ok(bounds) => bounds,
            Err(refusal) if refusal.is_not_found() => return LookUp::Unset,
            Err(Refusal::Leaves) => {
                return refused(&"the secrets folder is a link that leads out of the repository");
            }
            Err(refusal) => return refused(&refusal),
        };
        match bounds.read_text(&folder.join(path), LONGEST_SECRET) {
            Ok(text) => set(Some(without_line_end(text))),
            Err(refusal) if refusal.is_not_found() => LookUp::Unset,
            Err(Refusal::Leaves) => refused(&"a link leads out of the secrets folder"),
            Err(refusal) => refused(&refusal),
        }
    }
}

/// A value that is blank is none.
fn set(value: Option<String>) -> LookUp {
    value
        .filter(|text| !trimmed(text).is_empty())
        .map_or(LookUp::Unset, |text| LookUp::Set(Secret::new(text)))
}

fn without_line_end(mut text: String) -> String {
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn env(name: &str) -> SecretSource {
        SecretSource::Env(name.to_owned())
    }

    fn is_refused(answer: &LookUp) -> bool {
        matches!(answer, LookUp::Refused { .. })
    }

    #[test]
    fn variables_of_ocon_and_of_the_ci_are_refused_everywhere() {
        let environment = Environment {
            allowed: AllowedVariables::all(),
            variable: &|name| Some(name.to_owned()),
            root: PathBuf::new(),
            folder: PathBuf::new(),
        };
        let stores: [&dyn SecretStore; 3] = [&environment, &Demo::default(), &Withheld::default()];
        for store in stores {
            for name in [
                "OCON_USER_SECRET",
                "GITHUB_TOKEN",
                "ACTIONS_X",
                "CI_JOB_TOKEN",
                "RUNNER_X",
                "github_token",
                "CI",
                "GITLAB_TOKEN",
                "SYSTEM_ACCESSTOKEN",
                "AGENT_X",
                "BUILD_X",
                "TF_BUILD",
                "BUILDKITE_AGENT_ACCESS_TOKEN",
                "CIRCLE_TOKEN",
                "BITBUCKET_X",
                "JENKINS_URL",
                "CHANGE_TITLE",
                "change_author_email",
                "BRANCH_NAME",
                "GIT_BRANCH",
                "TRAVIS_PULL_REQUEST_BRANCH",
                "DRONE_PULL_REQUEST_TITLE",
                "CODEBUILD_WEBHOOK_HEAD_REF",
            ] {
                assert!(is_refused(&store.look_up(&env(name))), "{name}");
            }
            for name in
                ["CIRCLE", "CITY", "TF_BUILDER", "MY_GITHUB_TOKEN", "GIT_TOKEN", "CHANGE_TOKEN"]
            {
                assert!(!is_refused(&store.look_up(&env(name))), "{name}");
            }
        }
    }

    #[test]
    fn an_allow_list_narrows_the_variables() {
        let store =
            Withheld { allowed: AllowedVariables::matching("HOOTSUITE_*, SLACK_*_KEY").unwrap() };
        for (name, refused) in [
            ("HOOTSUITE_CODE", false),
            ("SLACK_A_KEY", false),
            ("SLACK_A", true),
            ("X_HOOTSUITE_", true),
        ] {
            assert_eq!(is_refused(&store.look_up(&env(name))), refused, "{name}");
        }
    }

    #[test]
    fn a_star_stands_for_any_text() {
        let matches = |pattern: &str, name: &str| NamePattern::new(pattern).matches(name);
        for (pattern, name) in [
            ("*", ""),
            ("*", "A"),
            ("A*", "A"),
            ("A*B", "AB"),
            ("A*B", "AxBxB"),
            ("A**B", "AB"),
            ("*B*B", "aBcBdB"),
            ("A*B*C", "A_B_BC"),
            ("*A*", "xAy"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in
            [("", "A"), ("A*A", "A"), ("A*B", "ABC"), ("A*B*B", "AxB"), ("*A*", "xy"), ("A*", "BA")]
        {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
        // A matcher that tries every place for every `*` does not end within a person's patience.
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
            assert_eq!(error, UnusablePattern(first.to_owned()));
        }
        let store = Withheld { allowed: AllowedVariables::matching(" , ").unwrap() };
        assert!(is_refused(&store.look_up(&env("A"))));
    }

    #[test]
    fn demo_values_tell_where_they_come_from() {
        let value = Demo::default().look_up(&env("HOOTSUITE_CLIENT_ID"));
        assert_eq!(value, LookUp::Set(Secret::new("demo-hootsuite-client-id")));
    }

    #[test]
    fn a_blank_variable_is_unset() {
        for blank in ["", " ", "\r\n", "\u{feff}", "\u{feff} \n"] {
            let environment = Environment {
                allowed: AllowedVariables::all(),
                variable: &|_| Some(blank.to_owned()),
                root: PathBuf::new(),
                folder: PathBuf::new(),
            };
            assert_eq!(environment.look_up(&env("A")), LookUp::Unset, "{blank:?}");
        }
    }

    #[test]
    fn files_lose_one_line_break_and_links_may_not_leave_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = folder.path().join("secrets");
        fs::create_dir(&secrets).unwrap();
        fs::write(secrets.join("key.pem"), "line\n\n").unwrap();
        fs::write(folder.path().join("outside"), "x").unwrap();
        let environment = Environment {
            allowed: AllowedVariables::all(),
            variable: &|_| None,
            root: folder.path().to_owned(),
            folder: "secrets".into(),
        };
        let look_up = |path: &str| environment.look_up(&SecretSource::File(path.to_owned()));
        assert_eq!(look_up("key.pem"), LookUp::Set(Secret::new("line\n")));
        assert_eq!(look_up("missing"), LookUp::Unset);
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
