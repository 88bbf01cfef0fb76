//! The pipelines that `ocon init` writes for another project and other files than those of the examples.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use super::fixture::{Fixture, Run};
use super::forge::TOKEN;
use super::jenkins::{self, Build};

const DESK: &str = "\
element: servicenow
name: Help desk
configuration:
  password: ${{ env.DESK_PASSWORD }}
  servicenow.subdomain: dev12345
  username: admin
";

/// A repository of the project `sales` with one file, and with the pipelines of a CI system.
fn own_repository(system: &str) -> Fixture {
    let mut fixture = Fixture::new();
    let root = fixture.checkout.path().to_owned();
    fs::remove_file(root.join("ocon.yaml")).unwrap();
    fs::remove_dir_all(root.join("instances")).unwrap();
    fs::create_dir(root.join("instances")).unwrap();
    fs::write(root.join("instances/desk.yaml"), DESK).unwrap();
    let mut init = Command::new(env!("CARGO_BIN_EXE_ocon"));
    init.args(["init", "--project", "sales", "--ci", system]).current_dir(&root).env_clear();
    let output = init.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fixture.has_own_pipelines = true;
    fixture.secrets.retain(|name, _| name.starts_with("OCON_"));
    fixture.secrets.insert("DESK_PASSWORD".to_owned(), "value-of-desk-password".to_owned());
    fixture
}

fn github(pull_request: &Value) -> Value {
    json!({
        "event_name": if pull_request.is_null() { "push" } else { "pull_request" },
        "ref": "refs/heads/main",
        "repository": "tests/instances",
        "token": TOKEN,
        "event": { "pull_request": pull_request },
    })
}

fn exits(run: &Run) -> Vec<(&str, i32)> {
    run.jobs.iter().map(|(name, exit)| (name.as_str(), *exit)).collect()
}

/// Checks that the tenant has the instance of the file, in the user's project.
fn is_applied(fixture: &Fixture) {
    let instances = fixture.instances();
    let [desk] = instances.as_slice() else { panic!("{instances:?}") };
    assert_eq!(desk["name"], "Help desk");
    let tags = desk["tags"].to_string();
    assert!(tags.contains("ocon:project=sales"), "{tags}");
}

#[test]
fn workflows_of_github_review_apply_and_find_drift() {
    let fixture = own_repository("github");
    let head = json!({ "repo": { "full_name": "tests/instances" } });
    let pull_request = github(&json!({ "number": 7, "head": head }));
    let run = fixture.run("validate.yml", &pull_request);
    assert_eq!(exits(&run), [("validate", 0)], "{}", run.log);
    let run = fixture.run("plan.yml", &pull_request);
    assert_eq!(exits(&run), [("plan", 0)], "{}", run.log);
    assert!(run.summary.contains("## ocon plan: 1 to create"), "{}", run.summary);
    let push = github(&Value::Null);
    let run = fixture.run("apply.yml", &push);
    assert_eq!(exits(&run), [("apply", 0), ("plan", 0)], "{}", run.log);
    is_applied(&fixture);
    let run = fixture.run("drift.yml", &push);
    assert_eq!(exits(&run), [("drift", 0)], "{}", run.log);
    assert!(run.summary.contains("## ocon plan: no changes"), "{}", run.summary);
}

#[test]
fn the_pipeline_of_gitlab_applies() {
    let fixture = own_repository("gitlab");
    let push = [("CI_PIPELINE_SOURCE", "push"), ("CI_COMMIT_BRANCH", "main")];
    let run = fixture.pipeline(&push);
    assert_eq!(exits(&run), [("ocon-apply", 0), ("ocon-plan-merged", 0)], "{}", run.log);
    is_applied(&fixture);
}

#[test]
fn the_pipeline_of_azure_applies() {
    let fixture = own_repository("azure");
    let push = [("Build.Reason", "IndividualCI"), ("Build.SourceBranch", "refs/heads/main")];
    let run = fixture.azure(&push);
    assert_eq!(exits(&run), [("apply", 0), ("plan", 0), ("validate", 0)], "{}", run.log);
    is_applied(&fixture);
}

#[test]
fn the_pipeline_of_jenkins_applies() {
    let fixture = own_repository("jenkins");
    let run = jenkins::build(&fixture, Build::Main);
    assert_eq!(exits(&run), [("Apply", 0), ("Plan", 0), ("Validate", 0)], "{}", run.log);
    is_applied(&fixture);
}
