//! The environment variables that no file may read.

use std::sync::LazyLock;

use wildmatch::WildMatchPattern;

/// A pattern for names of variables, in which `*` matches any text. `?` is not special: NUL replaces it,
/// and no name contains NUL. A match takes at most the product of both lengths.
pub(super) type NamePattern = WildMatchPattern<'*', '\0'>;

/// Variables of ocon, of CI systems, of the stores that ocon gets its secrets from, and those that change
/// how programs run. No file may send them to a provider. A pipeline sets a variable for each reference of a
/// file, so a file could otherwise also make the pipeline run another program.
///
/// `AWS_*` and names such as `GIT_TOKEN` are not here, because a document can need them.
const RESERVED_VARIABLES: &[&str] = &[
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
    // Jenkins: the author of a change controls their values.
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
    // Tokens and keys that open a store (docs/secret-stores.md)
    "AGE_*",
    "BAO_*",
    "GH_TOKEN",
    "GH_ENTERPRISE_TOKEN",
    "OP_CONNECT_*",
    "OP_SERVICE_ACCOUNT_TOKEN",
    "OP_SESSION_*",
    "SOPS_*",
    "VAULT_*",
    // The shell and the loader of programs
    "BASH_ENV",
    "BASH_FUNC_*",
    "COMSPEC",
    "DYLD_*",
    "ENV",
    "HOME",
    "IFS",
    "LD_*",
    "PATH",
    "PATHEXT",
    "SHELL",
    // Interpreters
    "JAVA_TOOL_OPTIONS",
    "NODE_OPTIONS",
    "PERL5LIB",
    "PERL5OPT",
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "RUBYLIB",
    "RUBYOPT",
    // Git and SSH
    "GIT_ASKPASS",
    "GIT_CONFIG*",
    "GIT_DIR",
    "GIT_EDITOR",
    "GIT_EXEC_PATH",
    "GIT_EXTERNAL_DIFF",
    "GIT_PAGER",
    "GIT_PROXY_COMMAND",
    "GIT_SSH*",
    "GIT_WORK_TREE",
    "SSH_ASKPASS*",
    "SSH_AUTH_SOCK",
];

/// Whether a variable, in uppercase, belongs to ocon, a CI system or another program.
pub(crate) fn is_reserved_variable(name: &str) -> bool {
    reserved_pattern(name).is_some()
}

/// The pattern that reserves a variable, in uppercase.
pub(super) fn reserved_pattern(name: &str) -> Option<&'static NamePattern> {
    static PATTERNS: LazyLock<Vec<NamePattern>> = LazyLock::new(|| {
        RESERVED_VARIABLES.iter().map(|pattern| NamePattern::new(pattern)).collect()
    });
    PATTERNS.iter().find(|pattern| pattern.matches(name))
}
