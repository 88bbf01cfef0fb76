//! The GitHub action at the root of the repository.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use super::fixture::{Fixture, Run};

/// The environment of a job that runs the action: all secrets, and the project.
fn variables(fixture: &Fixture) -> Value {
    let mut variables = json!({ "OCON_PROJECT": "marketing", "OCON_ENV_ALLOW": "*" });
    for name in fixture.secrets.keys() {
        variables[name] = format!("${{{{ secrets.{name} }}}}").into();
    }
    variables
}

fn act(fixture: &Fixture, arguments: &str) -> (Run, BTreeMap<String, String>) {
    let [_, (_, archive), (_, sha256)] = fixture.changed();
    let inputs = json!({ "archive": archive, "sha256": sha256, "arguments": arguments });
    fixture.act(&inputs, &variables(fixture))
}

#[test]
fn changes_do_not_fail_and_are_in_the_summary() {
    let fixture = Fixture::new();
    let (run, outputs) = act(&fixture, "plan --detailed-exitcode");
    assert_eq!(run.jobs["action"], 0, "{}", run.log);
    assert_eq!(outputs["code"], "2");
    assert!(run.summary.contains("## ocon plan: 3 to create"), "{}", run.summary);

    let (run, outputs) = act(&fixture, "apply\n--yes\n");
    assert_eq!((run.jobs["action"], outputs["code"].as_str()), (0, "0"), "{}", run.log);
    assert!(run.summary.contains("## ocon apply: 3 created"), "{}", run.summary);
    assert!(outputs["report"].ends_with("/ocon.md"), "{outputs:?}");
}

#[test]
fn a_failure_fails_the_step_with_the_code_of_ocon() {
    let mut fixture = Fixture::new();
    fixture.secrets.remove("OCON_USER_SECRET");
    let (run, outputs) = act(&fixture, "--quiet plan");
    assert_eq!((run.jobs["action"], outputs["code"].as_str()), (6, "6"), "{}", run.log);
    assert!(run.summary.contains("OCON_USER_SECRET is not set"), "{}", run.summary);

    fixture.edit("instances/slack.yaml", "tags:", "tag:");
    let (run, outputs) = act(&fixture, "validate");
    assert_eq!((run.jobs["action"], outputs["code"].as_str()), (5, "5"), "{}", run.log);
    assert_eq!((run.summary.as_str(), outputs["report"].as_str()), ("", ""));
}

#[test]
fn without_arguments_it_is_only_installed() {
    let fixture = Fixture::new();
    let (run, outputs) = act(&fixture, "");
    assert_eq!(run.jobs["action"], 0, "{}", run.log);
    assert_eq!((run.log.as_str(), outputs["code"].as_str()), ("", ""));
}

#[test]
fn an_archive_with_another_digest_is_not_unpacked() {
    let fixture = Fixture::new();
    let [_, (_, archive), _] = fixture.changed();
    let inputs = json!({ "archive": archive, "sha256": "0".repeat(64), "arguments": "plan" });
    let (run, outputs) = fixture.act(&inputs, &variables(&fixture));
    assert_eq!((run.jobs["action"], outputs["code"].as_str()), (1, ""), "{}", run.log);
    assert!(run.log.contains("checksum did NOT match"), "{}", run.log);
}

/// Its inputs equal those in the documentation.
#[test]
fn the_inputs_of_the_documentation_are_those_of_the_action() {
    let root = env!("CARGO_MANIFEST_DIR");
    let text = fs::read_to_string(format!("{root}/docs/pipelines.md")).unwrap();
    let block = text.split("```yaml action").nth(1).unwrap().split("```").next().unwrap();
    let steps: Value = serde_yaml::from_str(block).unwrap();
    let with = steps[0]["with"].as_object().unwrap();
    let action = fs::read_to_string(format!("{root}/action.yml")).unwrap();
    let action: Value = serde_yaml::from_str(&action).unwrap();
    let inputs = action["inputs"].as_object().unwrap();
    assert_eq!(with.keys().collect::<Vec<_>>(), inputs.keys().collect::<Vec<_>>());
}
