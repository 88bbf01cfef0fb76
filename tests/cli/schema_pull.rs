//! Pulled schemas agree with the built-in ones. A schema in the repository adds fields and secrecy,
//! and removes neither.

use std::fs;

use ocon::catalog::{Catalog, Certainty, FieldKind, Requirement};
use ocon::desired::schema;
use ocon::instance::ConnectorKey;

use crate::support::World;

/// The schemas agree to the byte, with one exception: the platform itself reports a fact for which the
/// documentation has one source or only examples. It has no types for URLs, JSON and numbers.
#[test]
fn pulling_from_the_sandbox_and_generating_agree_for_every_connector() {
    let world = World::new(&[]);
    let output = world.ocon("schema pull --all --sandbox");
    assert_eq!(output.exit, 0, "{}", output.stderr);
    let catalog = Catalog::embedded();
    assert!(output.stdout.ends_with("168 schemas written, 0 unchanged.\n"));
    let pulled = world.read("schemas/instance.schema.json");
    assert_eq!(pulled, fs::read_to_string("schemas/instance.schema.json").unwrap());
    for key in catalog.keys() {
        let key: ConnectorKey = key.parse().unwrap();
        let mut shape = catalog.connector(&key).unwrap().spec(&key);
        shape.refusal = Certainty::Certain;
        for property in shape.properties.values_mut() {
            if property.requirement == Requirement::Likely {
                property.requirement = Requirement::Certain;
            }
            if let FieldKind::String | FieldKind::Boolean | FieldKind::Enum = property.kind {
                property.certainty = Certainty::Certain;
            }
        }
        let pulled = world.read(&format!("schemas/connectors/{key}.schema.json"));
        snapbox::assert_data_eq!(
            pulled,
            snapbox::Data::text(schema::connector(&shape).unwrap()).raw()
        );
    }
    let again = world.ocon("schema pull --all --sandbox");
    assert!(again.stdout.ends_with("0 schemas written, 168 unchanged.\n"));
}

#[test]
fn a_key_that_was_made_secret_stays_secret_when_the_schema_is_pulled_again() {
    let world = World::new(&[]);
    let own = r#"{ "properties": { "configuration": { "properties": {
        "oauth.scope": { "writeOnly": true }, "pin": { "writeOnly": true } } } } }"#;
    world.write("schemas/connectors/hootsuite.schema.json", own);
    assert!(world.ocon("schema pull hootsuite --sandbox").exit == 0);
    let secret = schema::secret_keys(&world.read("schemas/connectors/hootsuite.schema.json"));
    assert!(secret.contains(&"oauth.scope".to_owned()) && secret.contains(&"pin".to_owned()));
    assert!(secret.contains(&"oauth.api.secret".to_owned()));
}

#[test]
fn a_schema_in_the_repository_adds_secrecy_and_never_removes_it() {
    let world = World::new(&[]);
    let schema = r#"{ "properties": { "configuration": { "properties": {
        "oauth.api.secret": { "writeOnly": false, "type": "string" },
        "oauth.scope": { "writeOnly": true },
        "site": { "type": "string" } } } } }"#;
    world.write("schemas/connectors/hootsuite.schema.json", schema);
    let file = "element: hootsuite\nname: A\nproviderData: { code: \"${{ env.CODE }}\" }\nconfiguration:\n  oauth.api.secret: in-clear-1\n  \
                oauth.scope: in-clear-2\n  site: shown\n";
    world.write("instances/a.yaml", file);
    let stderr = world.ocon("validate").stderr;
    for field in ["oauth.api.secret", "oauth.scope"] {
        let printed = format!("error[plain-text-secret]: `configuration.{field}` is a secret");
        assert!(stderr.contains(&printed), "{stderr}");
    }
    assert!(!stderr.contains("in-clear"), "{stderr}");
    let plan = world.ocon("plan --sandbox --allow-plain-text-secrets").stdout;
    assert!(plan.contains("shown") && !plan.contains("in-clear"), "{plan}");
}
