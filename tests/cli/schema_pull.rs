//! Pulled schemas agree with the built-in ones. A schema in the repository adds fields and secrecy,
//! and removes neither.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use ocon::catalog::{Catalog, Requirement};
use ocon::desired::schema;
use ocon::instance::ConnectorKey;
use tempfile::TempDir;

fn ocon(root: &TempDir, arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ocon"))
        .args(arguments.split_whitespace())
        .current_dir(root.path())
        .env_clear()
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The platform requires a key where the documentation only shows it in every example;
/// in all else the two agree to the byte.
#[test]
fn pulling_from_the_sandbox_and_generating_agree_for_every_connector() {
    let root = tempfile::tempdir().unwrap();
    let output = ocon(&root, "schema pull --all --sandbox");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let catalog = Catalog::embedded();
    assert!(text(&output.stdout).ends_with("168 schemas written, 0 unchanged.\n"));
    let pulled = fs::read_to_string(root.path().join("schemas/instance.schema.json")).unwrap();
    assert_eq!(pulled, fs::read_to_string("schemas/instance.schema.json").unwrap());
    for key in catalog.keys() {
        let key: ConnectorKey = key.parse().unwrap();
        let mut shape = catalog.connector(&key).unwrap().spec(&key);
        // The sandbox reports a required key without a degree of certainty.
        for property in shape.properties.values_mut() {
            if property.requirement == Requirement::Likely {
                property.requirement = Requirement::Certain;
            }
        }
        let file = root.path().join(format!("schemas/connectors/{key}.schema.json"));
        let pulled = fs::read_to_string(file).unwrap();
        snapbox::assert_data_eq!(
            pulled,
            snapbox::Data::text(schema::connector(&shape).unwrap()).raw()
        );
    }
    let again = ocon(&root, "schema pull --all --sandbox");
    assert!(text(&again.stdout).ends_with("0 schemas written, 168 unchanged.\n"));
}

#[test]
fn a_key_that_was_made_secret_stays_secret_when_the_schema_is_pulled_again() {
    let root = tempfile::tempdir().unwrap();
    let own = r#"{ "properties": { "configuration": { "properties": {
        "oauth.scope": { "writeOnly": true }, "pin": { "writeOnly": true } } } } }"#;
    write(root.path(), "schemas/connectors/hootsuite.schema.json", own);
    assert!(ocon(&root, "schema pull hootsuite --sandbox").status.success());
    let pulled = root.path().join("schemas/connectors/hootsuite.schema.json");
    let secret = schema::secret_keys(&fs::read_to_string(pulled).unwrap());
    assert!(secret.contains(&"oauth.scope".to_owned()) && secret.contains(&"pin".to_owned()));
    assert!(secret.contains(&"oauth.api.secret".to_owned()));
}

fn write(root: &Path, file: &str, content: &str) {
    let path = root.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

#[test]
fn a_schema_in_the_repository_adds_secrecy_and_never_removes_it() {
    let root = tempfile::tempdir().unwrap();
    let schema = r#"{ "properties": { "configuration": { "properties": {
        "oauth.api.secret": { "writeOnly": false, "type": "string" },
        "oauth.scope": { "writeOnly": true },
        "site": { "type": "string" } } } } }"#;
    write(root.path(), "schemas/connectors/hootsuite.schema.json", schema);
    let file = "element: hootsuite\nname: A\nproviderData: { code: \"${{ env.CODE }}\" }\nconfiguration:\n  oauth.api.secret: in-clear-1\n  \
                oauth.scope: in-clear-2\n  site: shown\n";
    write(root.path(), "instances/a.yaml", file);
    let stderr = text(&ocon(&root, "validate").stderr);
    for field in ["oauth.api.secret", "oauth.scope"] {
        let printed = format!("error[plain-text-secret]: `configuration.{field}` is a secret");
        assert!(stderr.contains(&printed), "{stderr}");
    }
    assert!(!stderr.contains("in-clear"), "{stderr}");
    let plan = text(&ocon(&root, "plan --sandbox --allow-plain-text-secrets").stdout);
    assert!(plan.contains("shown") && !plan.contains("in-clear"), "{plan}");
}
