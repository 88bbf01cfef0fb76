//! The JSON schemas equal what the types generate, and the output of the binary conforms to them.

use std::fs;
use std::path::Path;
use std::process::Command;

use ocon::catalog::Catalog;
use ocon::desired::schema;
use ocon::instance::ConnectorKey;
use ocon::report::json::{
    self, ConnectorsDocument, DeliveryDocument, DiagnosticsDocument, DoctorDocument,
    EventsDocument, FailureDocument, PlanDocument, ResultDocument, SelftestDocument,
    StatusDocument, VariablesDocument,
};
use serde_json::{Value, json};
use snapbox::Data;
use snapbox::data::DataFormat;
use tempfile::TempDir;

use crate::snapshot::Snapshot as _;

#[test]
fn the_schemas_equal_the_types() {
    is("schemas/connectors.schema.json", &json::schema::<ConnectorsDocument>());
    is("schemas/delivery.schema.json", &json::schema::<DeliveryDocument>());
    is("schemas/diagnostics.schema.json", &json::schema::<DiagnosticsDocument>());
    is("schemas/doctor.schema.json", &json::schema::<DoctorDocument>());
    is("schemas/events.schema.json", &json::schema::<EventsDocument>());
    is("schemas/failure.schema.json", &json::schema::<FailureDocument>());
    is("schemas/plan.schema.json", &json::schema::<PlanDocument>());
    is("schemas/result.schema.json", &json::schema::<ResultDocument>());
    is("schemas/selftest.schema.json", &json::schema::<SelftestDocument>());
    is("schemas/status.schema.json", &json::schema::<StatusDocument>());
    is("schemas/variables.schema.json", &json::schema::<VariablesDocument>());
}

#[test]
fn every_connector_has_a_schema_from_the_catalog() {
    let catalog = Catalog::embedded();
    for key in catalog.keys() {
        let key: ConnectorKey = key.parse().unwrap();
        let text = schema::connector(&catalog.connector(&key).unwrap().spec(&key)).unwrap();
        jsonschema::draft202012::meta::validate(&serde_json::from_str(&text).unwrap()).unwrap();
        is(&format!("schemas/connectors/{key}.schema.json"), &text);
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/connectors");
    assert_eq!(fs::read_dir(folder).unwrap().count(), catalog.keys().count());
}

#[test]
fn output_conforms_to_the_schemas() {
    let root = example();
    let plan = validator("plan");
    let result = validator("result");
    let status = validator("status");
    conforms(&validator("variables"), &ocon(&root, "variables"));
    conforms(&status, &ocon(&root, "status"));
    conforms(&plan, &ocon(&root, "plan"));
    conforms(&result, &ocon(&root, "apply --yes"));
    let empty = ocon(&root, "plan");
    conforms(&plan, &empty);
    assert_eq!(empty["steps"], json!([]));
    conforms(&result, &ocon(&root, "apply --yes"));
    edit(&root, "slack.yaml", "name: Support Slack", "name: Support");
    edit(&root, "closeio.yaml", "element: closeio", "element: stripe");
    fs::remove_file(root.path().join("instances/hootsuite.yaml")).unwrap();
    let mixed = ocon(&root, "plan");
    conforms(&plan, &mixed);
    let summary = &mixed["summary"];
    assert_eq!(
        [1, 1, 1],
        ["update", "blocked", "orphan"].map(|name| summary[name].as_u64().unwrap())
    );
    conforms(&status, &ocon(&root, "status"));
    conforms(&result, &ocon(&root, "apply --yes --prune"));
}

#[test]
fn diagnostics_conform_to_the_schema() {
    let root = example();
    let schema = validator("diagnostics");
    let fine = ocon(&root, "validate");
    conforms(&schema, &fine);
    assert_eq!(fine["summary"], json!({ "documents": 3, "errors": 0, "warnings": 0 }));
    fs::write(root.path().join("instances/old.json"), "{}").unwrap();
    let doubtful = ocon(&root, "validate");
    conforms(&schema, &doubtful);
    assert_eq!(doubtful["summary"], json!({ "documents": 3, "errors": 0, "warnings": 1 }));
    edit(&root, "slack.yaml", "name: Support Slack", "name: A\nname: B\nnmae: C\ntags: x");
    for command in ["validate", "plan", "apply --yes", "status"] {
        let invalid = ocon(&root, command);
        conforms(&schema, &invalid);
        assert_eq!(invalid["summary"]["documents"], json!(null), "{command}");
        assert_eq!(invalid["summary"]["warnings"], json!(1), "{command}");
        assert!(invalid["problems"].as_array().unwrap().len() >= 4, "{command}");
    }
    let mut bad = doubtful.clone();
    bad["problems"][0]["line"] = json!(0);
    assert!(!schema.is_valid(&bad));
}

#[test]
fn a_document_with_an_unknown_value_does_not_match_its_schema() {
    let root = example();
    let schema = validator("plan");
    let good = ocon(&root, "plan");
    for (pointer, bad) in [
        ("/version", json!(2)),
        ("/format", json!("terraform")),
        ("/steps/0/action", json!("destroy")),
        ("/steps/0/changes/0/kind", json!("guess")),
        ("/summary", json!({})),
    ] {
        let mut document = good.clone();
        *document.pointer_mut(pointer).unwrap() = bad;
        assert!(!schema.is_valid(&document), "{pointer}");
    }
    let mut secret = good.clone();
    let changes = secret["steps"][0]["changes"].as_array_mut().unwrap();
    let sensitive = changes.iter_mut().find(|change| change["sensitive"] == json!(true));
    sensitive.unwrap()["after"] = json!("p4ssw0rd");
    assert!(!schema.is_valid(&secret), "a sensitive change has no value");
}

/// Compares a text with a file. With `SNAPSHOTS=overwrite` it writes the file.
fn is(path: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    text.is(Data::read_from(&file, Some(DataFormat::Text)).raw());
}

fn validator(name: &str) -> jsonschema::Validator {
    let file = format!("{}/schemas/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
    let schema: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
}

fn conforms(schema: &jsonschema::Validator, document: &Value) {
    let errors: Vec<_> = schema
        .iter_errors(document)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}\n{document:#}");
}

/// Returns a root with the example of this repository.
fn example() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    crate::example::copy_into(root.path());
    root
}

fn edit(root: &TempDir, file: &str, from: &str, to: &str) {
    let path = root.path().join("instances").join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from}");
    fs::write(path, text.replace(from, to)).unwrap();
}

/// Runs a command against the embedded sandbox and parses its output.
fn ocon(root: &TempDir, arguments: &str) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_ocon"))
        .args(arguments.split_whitespace())
        .args(["--sandbox", "--format", "json", "--quiet"])
        .current_dir(root.path())
        .env_clear()
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}
