//! The GitHub action at the root of the repository.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Value, json};

use super::fixture::{Fixture, Run};
use super::release::{VERSION, archive, linux};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// The environment of a job that runs the action: all secrets, and the project.
fn variables(fixture: &Fixture) -> Value {
    let mut variables = json!({ "OCON_PROJECT": "marketing", "OCON_ENV_ALLOW": "*" });
    for name in fixture.secrets.keys() {
        variables[name] = format!("${{{{ secrets.{name} }}}}").into();
    }
    variables
}

/// Runs the action at a commit.
fn act(fixture: &Fixture, arguments: &str) -> (Run, BTreeMap<String, String>) {
    act_with(fixture, COMMIT, &json!({ "arguments": arguments }))
}

fn act_with(
    fixture: &Fixture,
    action_ref: &str,
    inputs: &Value,
) -> (Run, BTreeMap<String, String>) {
    fixture.act(action_ref, inputs, &variables(fixture))
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
    assert!(run.log.starts_with("installed "), "{}", run.log);
    assert_eq!((run.log.lines().count(), outputs["code"].as_str()), (1, ""));
}

/// The tag of the action is the version, unless an input has another one.
#[test]
fn the_version_is_that_of_the_input_the_tag_or_the_commit() {
    let fixture = Fixture::new();
    let none = json!({});
    let version = json!({ "version": VERSION });
    let tag = format!("v{VERSION}");
    for (action_ref, inputs) in
        [(COMMIT, &none), (&tag, &none), ("v9.9.9", &version), ("main", &none)]
    {
        let (run, _) = act_with(&fixture, action_ref, inputs);
        assert_eq!(run.jobs["action"], 0, "{}", run.log);
    }
    for (action_ref, inputs) in [("v9.9.9", &none), (COMMIT, &json!({ "version": "9.9.9" }))] {
        let (run, _) = act_with(&fixture, action_ref, inputs);
        assert_eq!(run.jobs["action"], 1, "{}", run.log);
        assert!(run.log.contains("error: ocon was not installed: cannot download "), "{}", run.log);
    }
}

#[test]
fn an_archive_elsewhere_needs_its_digest() {
    let fixture = Fixture::new();
    let [_, (_, releases)] = fixture.changed();
    let archive = format!("{releases}/v{VERSION}/{}", archive(&linux()));
    let sha256 = fixture.forge.kept().release.as_ref().unwrap().sha256(&linux());
    // The tag of the action is no second version.
    let (run, _) = act_with(&fixture, "v9.9.9", &json!({ "archive": archive, "sha256": sha256 }));
    assert_eq!(run.jobs["action"], 0, "{}", run.log);
    let (run, _) = act_with(&fixture, COMMIT, &json!({ "archive": archive }));
    assert_eq!(run.jobs["action"], 1, "{}", run.log);
    assert!(run.log.contains("the archive has no SHA-256 to check"), "{}", run.log);
}

#[test]
fn an_archive_with_another_digest_is_not_unpacked() {
    let fixture = Fixture::new();
    let inputs = json!({ "sha256": "0123456789abcdef".repeat(4), "arguments": "plan" });
    let (run, outputs) = act_with(&fixture, COMMIT, &inputs);
    assert_eq!((run.jobs["action"], outputs["code"].as_str()), (1, ""), "{}", run.log);
    assert!(run.log.contains("instead of 0123456789abcdef"), "{}", run.log);
}

/// Its inputs equal those in the documentation.
#[test]
fn the_inputs_of_the_documentation_are_those_of_the_action() {
    let root = env!("CARGO_MANIFEST_DIR");
    let text = fs::read_to_string(format!("{root}/docs/pipelines.md")).unwrap();
    let blocks =
        text.split("```yaml action\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let steps = blocks.map(|block| serde_yaml::from_str::<Value>(block).unwrap());
    let with = steps.flat_map(|steps| steps[0]["with"].as_object().unwrap().clone());
    let with: BTreeSet<String> = with.map(|(name, _)| name).collect();
    let action = fs::read_to_string(format!("{root}/action.yml")).unwrap();
    let action: Value = serde_yaml::from_str(&action).unwrap();
    let inputs = action["inputs"].as_object().unwrap();
    assert_eq!(with, inputs.keys().cloned().collect());
}
