//! The step for GitHub that splits one secret.

use serde_json::{Value, json};

use super::page::Section;
use super::tenant::{CREDENTIALS, Run, Tenant};

/// A step whose environment has the object, and the credentials of `ocon`.
fn step(object: &str) -> (Tenant, String) {
    let section = Section::of_the_page("GitHub: more than 100 secrets");
    let steps: Value = serde_yaml::from_str(section.file("github-step.yaml")).unwrap();
    let step = &steps[0];
    let expected = json!({ "OCON_FILE_SECRETS": "${{ secrets.OCON_FILE_SECRETS }}" });
    assert_eq!(step["env"], expected);
    let mut tenant = Tenant::new();
    for name in CREDENTIALS {
        tenant.variables.insert(name.to_owned(), tenant.secrets[name].clone());
    }
    tenant.variables.insert("OCON_FILE_SECRETS".to_owned(), object.to_owned());
    (tenant, step["run"].as_str().unwrap().to_owned())
}

/// Runs the step like the runner: with `bash -e`, because it has no `shell:`. The runner interprets
/// `::add-mask::`, and hides these values in the log.
fn run(tenant: &Tenant, script: &str) -> Run {
    let runner = r#"{ bash -e -c "$1"; echo "exit=$?"; } 2>&1 | python3 -c '
import sys
from urllib.parse import unquote
masks = set()
for line in sys.stdin.read().splitlines():
    if line.startswith("::add-mask::"):
        mask = line.removeprefix("::add-mask::")
        for encoded, text in (("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
            mask = mask.replace(encoded, text)
        masks.update([mask, *mask.split("\n")])
        continue
    for mask in masks:
        line = line.replace(mask, "***")
    print(line)
'"#;
    let run = tenant.run(&["bash", "-c", runner, "runner", script]);
    let exit = run.output.lines().find_map(|line| line.strip_prefix("exit=")).unwrap();
    Run { exit: exit.parse().unwrap(), output: run.output.clone() }
}

fn object(tenant: &Tenant) -> Value {
    let of_files = tenant.secrets.iter().filter(|(name, _)| !name.starts_with("OCON_"));
    of_files
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn tenant_with(change: impl Fn(&mut Value)) -> (Tenant, String) {
    let (mut tenant, script) = step("");
    let mut object = object(&tenant);
    change(&mut object);
    tenant.variables.insert("OCON_FILE_SECRETS".to_owned(), object.to_string());
    (tenant, script)
}

#[test]
fn the_step_applies_the_values_of_the_object() {
    let (tenant, script) = tenant_with(|_| ());
    tenant.check_apply(|| run(&tenant, &script));
}

#[test]
fn the_runner_hides_each_value_of_the_object() {
    let (tenant, script) = tenant_with(|object| {
        object["SLACK_SIGNATURE_KEY"] = json!("first 100%25\nsecond");
    });
    let print = "printf '%s\\n' \"$CLOSEIO_API_KEY\" \"$SLACK_SIGNATURE_KEY\"";
    let run = run(&tenant, &script.replace("ocon apply --yes", print));
    assert_eq!(run.output, "***\n***\n***\nexit=0\n");
}

#[test]
fn an_object_without_a_text_for_each_name_ends_the_step() {
    for value in [json!(""), json!(null), json!(1), json!({ "a": "canary-of-an-object" })] {
        let (tenant, script) = tenant_with(|object| object["SLACK_CODE"] = value.clone());
        let run = run(&tenant, &script);
        assert_eq!(run.exit, 5, "{}", run.output);
        assert!(run.output.contains("SLACK_CODE has no value"), "{}", run.output);
        assert_eq!(tenant.requests(), 0);
    }
}

#[test]
fn a_name_that_the_object_lacks_is_not_applied() {
    let (tenant, script) = tenant_with(|object| {
        object.as_object_mut().unwrap().remove("SLACK_CLIENT_ID");
    });
    let run = run(&tenant, &script);
    assert_eq!(run.exit, 5, "{}", run.output);
    assert!(run.output.contains("env.SLACK_CLIENT_ID is not set, or empty"), "{}", run.output);
}

#[test]
fn a_secret_that_is_no_object_ends_the_step_without_its_text() {
    for text in [r#"["canary-of-a-list"]"#, "canary-of-a-text", r#"{"A": "canary-of-"#, ""] {
        let (tenant, script) = step(text);
        let run = run(&tenant, &script);
        assert_ne!(run.exit, 0, "{text:?}: {}", run.output);
        assert!(!run.output.contains("canary"), "{}", run.output);
        assert_eq!(tenant.requests(), 0);
    }
}
