//! Detects a pipeline that runs for a pull request from a fork.
//!
//! Its author chooses the `id:` of a document, and could use it to read the values of an instance that
//! the project does not manage. CI systems do not document the variables for every kind of event.
//! Therefore, a pull request of unknown origin counts as one from a fork.
//!
//! Sources: the variables that the CI systems document.
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/variables>,
//! <https://docs.gitlab.com/ci/variables/predefined_variables/>,
//! <https://learn.microsoft.com/en-us/azure/devops/pipelines/build/variables>,
//! <https://circleci.com/docs/reference/variables/>,
//! <https://buildkite.com/docs/pipelines/configure/environment-variables>,
//! <https://plugins.jenkins.io/github-branch-source/>

use std::path::Path;

use serde_json::Value;

use crate::cli::setup::environment::Environment;
use crate::reader::FileScope;

/// The events of GitHub Actions that require write access to the repository.
const TRUSTED_EVENTS: [&str; 9] = [
    "create",
    "delete",
    "deployment",
    "merge_group",
    "push",
    "release",
    "repository_dispatch",
    "schedule",
    "workflow_dispatch",
];

const CI_SYSTEMS: [&str; 7] = [
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "TF_BUILD",
    "CIRCLECI",
    "BUILDKITE",
    "JENKINS_URL",
    "BITBUCKET_BUILD_NUMBER",
];

const MAX_EVENT_BYTES: u64 = 32 << 20;

/// Whether the change under review comes from a fork, or may come from one.
pub(crate) fn is_likely(environment: &Environment) -> bool {
    let has = |name: &str| environment.text(name).is_some();
    let differ = |one: &str, other: &str| match (environment.text(one), environment.text(other)) {
        (Some(one), Some(other)) => one != other,
        _ => true,
    };
    let equals = |name: &str, value: &str| {
        environment.text(name).is_some_and(|text| text.eq_ignore_ascii_case(value))
    };
    (has("CI") && !CI_SYSTEMS.iter().any(|system| has(system)))
        || (has("GITHUB_ACTIONS") && is_likely_on_github(environment))
        || (has("CI_MERGE_REQUEST_ID")
            && differ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "CI_MERGE_REQUEST_PROJECT_ID"))
        || (has("CI_EXTERNAL_PULL_REQUEST_IID")
            && differ(
                "CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY",
                "CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY",
            ))
        || (equals("BUILD_REASON", "PullRequest") && !equals("SYSTEM_PULLREQUEST_ISFORK", "false"))
        || has("CIRCLE_PR_USERNAME")
        || (has("BUILDKITE_PULL_REQUEST")
            && !equals("BUILDKITE_PULL_REQUEST", "false")
            && differ("BUILDKITE_PULL_REQUEST_REPO", "BUILDKITE_REPO"))
        || has("CHANGE_FORK")
        || has("BITBUCKET_PR_ID")
}

fn is_likely_on_github(environment: &Environment) -> bool {
    let event = environment.text("GITHUB_EVENT_NAME").unwrap_or_default();
    if TRUSTED_EVENTS.contains(&event.as_str()) {
        return false;
    }
    let path = environment.text("GITHUB_EVENT_PATH").unwrap_or_default();
    let path = Path::new(&path);
    let root = Path::new(".");
    let event = FileScope::of(root, path).read(path, MAX_EVENT_BYTES).ok();
    event
        .and_then(|event| serde_json::from_slice(&event).ok())
        .is_none_or(|event| is_from_other_repository(&event))
}

/// Whether the head of the event is in another repository.
fn is_from_other_repository(event: &Value) -> bool {
    let own = &event["repository"]["full_name"];
    let heads = [&event["pull_request"]["head"]["repo"], &event["workflow_run"]["head_repository"]];
    let heads = heads.map(|head| &head["full_name"]);
    !own.is_string() || !heads.contains(&own)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(variables: &[(&str, &str)]) -> bool {
        is_likely(&Environment::of(variables))
    }

    #[test]
    fn each_ci_system_shows_where_a_pull_request_comes_from() {
        let merge = |source| {
            of(&[
                ("CI_MERGE_REQUEST_ID", "7"),
                ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", source),
                ("CI_MERGE_REQUEST_PROJECT_ID", "1"),
            ])
        };
        assert!(merge("2") && !merge("1") && of(&[("CI_MERGE_REQUEST_ID", "7")]));
        let azure =
            |fork| of(&[("BUILD_REASON", "PullRequest"), ("SYSTEM_PULLREQUEST_ISFORK", fork)]);
        assert!(azure("True") && !azure("False") && of(&[("BUILD_REASON", "PullRequest")]));
        let buildkite = |number, repository| {
            of(&[
                ("BUILDKITE_PULL_REQUEST", number),
                ("BUILDKITE_PULL_REQUEST_REPO", repository),
                ("BUILDKITE_REPO", "git://own"),
            ])
        };
        assert!(buildkite("7", "git://other") && !buildkite("7", "git://own"));
        assert!(!buildkite("false", ""));
        for variables in [
            ("CIRCLE_PR_USERNAME", "somebody"),
            ("CHANGE_FORK", "somebody"),
            ("BITBUCKET_PR_ID", "7"),
        ] {
            assert!(of(&[variables]), "{variables:?}");
        }
        for variables in [&[][..], &[("CI", "true"), ("GITLAB_CI", "true")], &[("CHANGE_ID", "7")]]
        {
            assert!(!of(variables), "{variables:?}");
        }
        // An unknown CI system.
        assert!(of(&[("CI", "true")]));
    }

    #[test]
    fn a_github_event_names_the_repository_of_the_pull_request() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("event.json");
        let github = |name: &str, event: &Value| {
            std::fs::write(&path, event.to_string()).unwrap();
            of(&[
                ("GITHUB_ACTIONS", "true"),
                ("GITHUB_EVENT_NAME", name),
                ("GITHUB_EVENT_PATH", path.to_str().unwrap()),
            ])
        };
        let own = json!({ "full_name": "team/instances" });
        let pull_request = |head: &Value| json!({ "repository": own, "pull_request": { "head": { "repo": head } } });
        assert!(!github("pull_request", &pull_request(&own)));
        assert!(github("pull_request", &pull_request(&json!({ "full_name": "other/instances" }))));
        // The fork was deleted.
        assert!(github("pull_request_target", &pull_request(&Value::Null)));
        let run = json!({ "repository": own, "workflow_run": { "head_repository": own } });
        assert!(!github("workflow_run", &run));
        assert!(github("issue_comment", &json!({ "repository": own })));
        assert!(github("pull_request", &Value::Null));
        assert!(!github("push", &Value::Null));
        assert!(of(&[("GITHUB_ACTIONS", "true"), ("GITHUB_EVENT_NAME", "pull_request")]));
    }
}
