//! Pulled schemas agree with the built-in ones. A schema in the repository adds fields and secrecy,
//! and removes neither.

use std::fs;

use ocon::catalog::{Catalog, Certainty, FieldKind, Requirement};
use ocon::desired::schema;
use ocon::instance::ConnectorKey;
use snapbox::str;

use crate::scripted_server::ScriptedServer;
use crate::support::{Run, World};

const JSON: &str = "content-type: application/json";
/// A connector with one key.
const DESCRIPTION: &str =
    r#"{"configuration":[{"key":"base.url","type":"TEXTFIELD_128","required":true}]}"#;
/// A connector of which one key cannot be read.
const ODD_DESCRIPTION: &str = r#"{"configuration":[{"key":"base.url"},{"name":"s3cret"}]}"#;

/// Pulls all connectors, one request after the other.
fn pull_all(answers: &[(&str, &str, &str)]) -> (World, ScriptedServer, Run) {
    let server = ScriptedServer::answering_in_turn(answers);
    let world = World::new(&[]).at(&server.base_url());
    let output = world.ocon("schema pull --all --concurrency 1");
    (world, server, output)
}

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

#[test]
fn all_connectors_are_pulled_from_strings_on_pages_of_50() {
    let keys: Vec<String> = (0..120).map(|number| format!("\"connector{number:03}\"")).collect();
    let pages: Vec<String> = keys.chunks(50).map(|page| format!("[{}]", page.join(","))).collect();
    let next = |token: &str| format!("{JSON}\r\nelements-next-page-token: {token}");
    let (first, second) = (next("t1"), next("t2"));
    let ok = "200 OK";
    let (world, server, output) = pull_all(&[
        (ok, &first, &pages[0]),
        (ok, &second, &pages[1]),
        (ok, JSON, &pages[2]),
        (ok, JSON, DESCRIPTION),
    ]);
    assert_eq!((output.exit, output.stderr.as_str()), (0, ""));
    assert!(output.stdout.ends_with("121 schemas written, 0 unchanged.\n"), "{}", output.stdout);
    let schema = world.read("schemas/connectors/connector119.schema.json");
    assert!(schema.contains("base.url"), "{schema}");
    let requests = server.requests();
    let line = |number: usize| requests[number].lines().next().unwrap().to_owned();
    let page = "GET /elements/api-v2/elements/keys?pageSize=200";
    assert_eq!(line(0), format!("{page} HTTP/1.1"));
    assert_eq!(line(2), format!("{page}&nextPage=t2 HTTP/1.1"));
    assert_eq!(requests.len(), 123);
}

#[test]
fn all_connectors_are_pulled_from_objects() {
    let keys = r#"[{"id":1,"key":"box","name":"Box"},{"id":2,"key":"sfdc"}]"#;
    let (_, _, output) = pull_all(&[("200 OK", JSON, keys), ("200 OK", JSON, DESCRIPTION)]);
    output.is(str![[r#"
written    schemas/connectors/box.schema.json
written    schemas/connectors/sfdc.schema.json
written    schemas/instance.schema.json
3 schemas written, 0 unchanged.
--- exit 0 ---
"#]]);
}

#[test]
fn a_broken_entry_is_left_out_and_counted() {
    let keys = r#"["box",{"id":2,"name":"s3cret"},"sfdc"]"#;
    let (_, _, output) = pull_all(&[("200 OK", JSON, keys), ("200 OK", JSON, DESCRIPTION)]);
    output.is(str![[r#"
written    schemas/connectors/box.schema.json
written    schemas/connectors/sfdc.schema.json
written    schemas/instance.schema.json
3 schemas written, 0 unchanged, 1 left out.
--- stderr ---
warning: GET /elements/keys?pageSize=200: 1 part is left out of the answer: [1].key is missing
error: 1 connector is left out, because ocon cannot read a part of the platform's answer

hint: each warning names a part and its problem. ocon checks a connector that has no schema with its built-in catalog
--- exit 1 ---
"#]]);
}

#[test]
fn an_odd_description_is_counted_and_an_unreadable_one_left_out() {
    let keys = r#"["box","sfdc","slack"]"#;
    let ok = "200 OK";
    let (world, _, output) = pull_all(&[
        (ok, JSON, keys),
        (ok, JSON, ODD_DESCRIPTION),
        (ok, JSON, r#"{"configuration":"s3cret"}"#),
        (ok, JSON, DESCRIPTION),
    ]);
    output.is(str![[r#"
written    schemas/connectors/box.schema.json
written    schemas/connectors/slack.schema.json
written    schemas/instance.schema.json
3 schemas written, 0 unchanged, 1 left out, 1 incomplete.
--- stderr ---
warning: GET /elements/box/configuration: 1 part is left out of the answer: configuration[1].key is missing
warning: GET /elements/sfdc/configuration failed: the answer is not the configuration of a connector: configuration is a string, not an array
error: 1 connector is left out and 1 schema is incomplete, because ocon cannot read a part of the platform's answer

hint: each warning names a part and its problem. ocon checks a connector that has no schema with its built-in catalog
--- exit 1 ---
"#]]);
    assert!(!world.path("schemas/connectors/sfdc.schema.json").exists());
}

#[test]
fn a_reply_that_is_not_a_list_of_connectors_writes_nothing() {
    let (world, _, output) = pull_all(&[("200 OK", JSON, r#"[7,{"id":"s3cret"}]"#)]);
    output.is(str![[r#"
--- stderr ---
error: the answer of the API cannot be read
  caused by: GET /elements/keys?pageSize=200 failed: the answer is not a list of connectors: [0] is a number, not a string or an object with a key

hint: check that http://127.0.0.1:[PORT]/elements/api-v2 is the address of the API. If it is, try again, and then report the text above: docs/platform.md lists the answers that ocon can read
--- exit 6 ---
"#]]);
    assert!(!world.path("schemas").exists());
    let (_, _, output) = pull_all(&[("200 OK", "content-type: text/html", "<p>Sign in")]);
    output.is(str![[r#"
--- stderr ---
error: the answer is not from the API
  caused by: GET /elements/keys?pageSize=200 failed: the answer is not JSON: HTML (text/html, 10 bytes)

hint: check http://127.0.0.1:[PORT]/elements/api-v2: a proxy, a login page or a gateway may have answered instead
--- exit 6 ---
"#]]);
}

#[test]
fn one_unreadable_description_is_a_failure() {
    let server = ScriptedServer::answering("200 OK", JSON, "[5]");
    let world = World::new(&[]).at(&server.base_url());
    world.ocon("schema pull box").is(str![[r#"
--- stderr ---
warning: GET /elements/box/configuration failed: the answer is not the configuration of a connector: [0] is a number, not an object
error: the answer of the API cannot be read
  caused by: GET /elements/box/configuration failed: the answer is not the configuration of a connector: [0] is a number, not an object

hint: check that http://127.0.0.1:[PORT]/elements/api-v2 is the address of the API. If it is, try again, and then report the text above: docs/platform.md lists the answers that ocon can read
--- exit 6 ---
"#]]);
}

#[test]
fn a_platform_without_connectors_is_an_error() {
    let (world, _, run) = pull_all(&[("200 OK", JSON, "[]")]);
    run.is(str![[r#"
--- stderr ---
error: the platform lists no connectors

hint: check the region or base URL, or pull connectors by name
--- exit 6 ---
"#]]);
    assert_eq!(world.files(), ["ocon.yaml"]);
}
