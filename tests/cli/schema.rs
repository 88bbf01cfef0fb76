//! `ocon schema pull`, and schemas in the repository.

use serde_json::{Value, json};
use snapbox::str;

use crate::scripted_server::ScriptedServer;
use crate::snapshot::Snapshot as _;
use crate::support::{SHOP, World};

#[test]
fn schema_pull_writes_only_what_changed() {
    let world = World::new(&[]).on_sandbox();
    world.ocon("schema pull hootsuite slack --concurrency 1").is(str![[r#"
written    schemas/connectors/hootsuite.schema.json
written    schemas/connectors/slack.schema.json
written    schemas/instance.schema.json
3 schemas written, 0 unchanged.
--- exit 0 ---
"#]]);
    world.ocon("schema pull slack --schemas other").is(str![[r#"
written    other/connectors/slack.schema.json
written    other/instance.schema.json
2 schemas written, 0 unchanged.
--- exit 0 ---
"#]]);
    world.ocon("schema pull slack hootsuite --concurrency 1").is(str![[r#"
unchanged  schemas/connectors/hootsuite.schema.json
unchanged  schemas/connectors/slack.schema.json
unchanged  schemas/instance.schema.json
0 schemas written, 3 unchanged.
--- exit 0 ---
"#]]);
    world.requests().is(str![[r#"
GET /elements/hootsuite/configuration
GET /elements/slack/configuration
GET /elements/slack/configuration
GET /elements/slack/configuration
GET /elements/hootsuite/configuration
"#]]);
}

#[test]
fn an_unknown_connector_is_reported_after_the_others_are_written() {
    let world = World::new(&[]).on_sandbox();
    world.ocon("schema pull hootsiute slack").is(str![[r#"
written    schemas/connectors/slack.schema.json
written    schemas/instance.schema.json
2 schemas written, 0 unchanged.
--- stderr ---
error: the platform has no connector `hootsiute`

hint: did you mean `hootsuite`?
--- exit 1 ---
"#]]);
    world.ocon("schema pull salesforce").is(str![[r#"
unchanged  schemas/instance.schema.json
0 schemas written, 1 unchanged.
--- stderr ---
error: the platform has no connector `salesforce`

hint: did you mean `sfdc` (Salesforce Sales Cloud)?
hint: to list all 6 matches: ocon connectors salesforce
--- exit 1 ---
"#]]);
    world.ocon("schema pull qqqqqq").is(str![[r#"
unchanged  schemas/instance.schema.json
0 schemas written, 1 unchanged.
--- stderr ---
error: the platform has no connector `qqqqqq`

hint: to write the schemas of all connectors: ocon schema pull --all
--- exit 1 ---
"#]]);
    world.ocon("schema pull ../etc").is(str![[r#"
--- stderr ---
error: invalid value '../etc' for '[KEY]...': `../etc` is not a valid connector key: use letters, digits, `_` and `-`, beginning with a letter or digit, at most 64 characters

For more information, try '--help'.
--- exit 64 ---
"#]]);
    world.ocon("schema pull").is(str![[r#"
--- stderr ---
error: the following required arguments were not provided:
  <KEY>...

Usage: ocon schema pull <KEY>...

For more information, try '--help'.
--- exit 64 ---
"#]]);
}

#[test]
fn a_schema_makes_a_connector_of_the_tenant_known() {
    let schema = r#"{
      "title": "Our own connector",
      "properties": {
        "configuration": {
          "properties": { "region": { "enum": ["eu", "us"] }, "pin": { "writeOnly": true } },
          "required": ["region"],
          "additionalProperties": false
        }
      }
    }"#;
    let file = "element: ours\nname: A\nconfiguration: { regoin: eu, pin: \"${{ env.PIN }}\" }\n";
    let world = World::new(&[
        ("schemas/connectors/ours.schema.json", schema),
        ("instances/a.yaml", file),
        ("instances/b.yaml", "element: ours\nname: B\nconfiguration: { region: asia }\n"),
    ]);
    world.ocon("validate").is(str![[r#"
--- stderr ---
error[missing-field]: `ours` requires the key `region`
 --> instances/a.yaml:3:1
  |
3 | configuration: { regoin: eu, pin: "${{ env.PIN }}" }
  | ^^^^^^^^^^^^^ missing here

warning[unknown-field]: the configuration key `regoin` is not documented for `ours`
 --> instances/a.yaml:3:18
  |
3 | configuration: { regoin: eu, pin: "${{ env.PIN }}" }
  |                  ^^^^^^
  |
  = help: did you mean `region`?

error[invalid-value]: this is not a valid value for `region` of `ours`
 --> instances/b.yaml:3:26
  |
3 | configuration: { region: asia }
  |                          ^^^^
  |
  = help: write one of `eu`, `us`

2 errors, 1 warning in 2 files
--- exit 5 ---
"#]]);
}

#[test]
fn a_schema_in_the_repository_corrects_a_fact_of_the_catalog() {
    let file = "element: plaid\nname: A\nconfiguration: { subdomain: staging }\n";
    let world = World::new(&[("instances/a.yaml", file)]);
    let validate = || world.ocon("validate --allow likely-missing-field");
    validate().is(str![[r#"
--- stderr ---
error[invalid-value]: this is not a valid value for `subdomain` of `plaid`
 --> instances/a.yaml:3:29
  |
3 | configuration: { subdomain: staging }
  |                             ^^^^^^^
  |
  = help: write one of `sandbox`, `development`, `production`
--- exit 5 ---
"#]]);
    assert_eq!(world.ocon("schema pull plaid --sandbox").exit, 0);
    let path = "schemas/connectors/plaid.schema.json";
    let pulled = world.read(path);
    let mut schema: Value = serde_json::from_str(&pulled).unwrap();
    let configuration = &mut schema["properties"]["configuration"];
    configuration["required"] = json!([]);
    configuration["properties"]["subdomain"] = json!({ "enum": ["staging"] });
    world.write(path, schema.to_string());
    validate().is(str![[r#"
1 document is valid.
--- exit 0 ---
"#]]);
}

#[test]
fn every_rule_of_a_schema_in_the_repository_counts() {
    let schema = r#"{
      "required": ["name", "tags"],
      "properties": {
        "name": { "pattern": "^prod-" },
        "configuration": {
          "propertyNames": { "pattern": "^[a-z.]+$" },
          "dependentRequired": { "user": ["pass"] },
          "additionalProperties": { "maxLength": 5 }
        }
      }
    }"#;
    let file = "element: ours\nname: Shop\nconfiguration: { user: long enough, UP: \"1\" }\n";
    let world = World::new(&[
        ("schemas/connectors/ours.schema.json", schema),
        ("instances/a.yaml", file),
        ("instances/b.yaml", "element: ours\nname: prod-b\ntags: []\nconfiguration: {}\n"),
    ]);
    world.ocon("validate").is(str![[r#"
--- stderr ---
error[missing-field]: `ours` requires the key `tags`
 --> instances/a.yaml:1:1
  |
1 | element: ours
  | ^^^^^^^ missing here

error[invalid-value]: the schema of `ours` in this repository does not allow this
 --> instances/a.yaml:2:7
  |
2 | name: Shop
  |       ^^^^
  |
  = help: change it to follow the schema: it does not match "^prod-"

error[invalid-value]: the schema of `ours` in this repository does not allow this
 --> instances/a.yaml:3:1
  |
3 | configuration: { user: long enough, UP: "1" }
  | ^^^^^^^^^^^^^
  |
  = help: change it to follow the schema: "UP" does not match "^[a-z.]+$"

error[missing-field]: `ours` requires the key `pass`
 --> instances/a.yaml:3:1
  |
3 | configuration: { user: long enough, UP: "1" }
  | ^^^^^^^^^^^^^ missing here

error[invalid-value]: the schema of `ours` in this repository does not allow this
 --> instances/a.yaml:3:24
  |
3 | configuration: { user: long enough, UP: "1" }
  |                        ^^^^^^^^^^^
  |
  = help: change it to follow the schema: it is longer than 5 characters

5 errors in 1 file
--- exit 5 ---
"#]]);
}

#[test]
fn an_invalid_schema_is_reported_with_its_position() {
    let mut reported = String::new();
    for schema in [
        "{\n  \"properties\": {,\n}",
        "[]",
        r##"{ "allOf": [{ "$ref": "#" }] }"##,
        r#"{ "properties": { "configuration": { "type": "text" } } }"#,
        r#"{ "properties": { "name": { "pattern": "(" } } }"#,
        r#"{ "allOf": [{ "unevaluatedProperties": false }] }"#,
        r#"{ "properties": { "configuration": { "additionalProperties": { "writeOnly": true } } } }"#,
    ] {
        let world = World::new(&[
            ("schemas/connectors/stripe.schema.json", schema),
            ("instances/shop.yaml", SHOP),
        ]);
        reported.push_str(&world.ocon("validate").stderr);
    }
    reported.is(str![[r#"
error[invalid-schema]: this is not valid JSON: key must be a string
 --> schemas/connectors/stripe.schema.json:2:18
  |
2 |   "properties": {,
  |                  ^
  |
  = help: run `ocon schema pull` to write the schema of a connector again
error[invalid-schema]: a schema must be a JSON object
 --> schemas/connectors/stripe.schema.json
  = help: run `ocon schema pull` to write the schema of a connector again
error[invalid-schema]: a schema in the repository cannot use `$ref`
 --> schemas/connectors/stripe.schema.json
  = help: run `ocon schema pull` to write the schema of a connector again
  = help: write out the schema that it refers to
error[invalid-schema]: this is not a JSON Schema: value is not valid under any of the schemas listed in the 'anyOf' keyword at /properties/configuration/type
 --> schemas/connectors/stripe.schema.json
  = help: run `ocon schema pull` to write the schema of a connector again
error[invalid-schema]: this is not a JSON Schema: a pattern is invalid or takes more than 1 MiB when compiled, at /properties/name/pattern
 --> schemas/connectors/stripe.schema.json
  = help: run `ocon schema pull` to write the schema of a connector again
error[invalid-schema]: a schema in the repository cannot use `unevaluatedProperties`
 --> schemas/connectors/stripe.schema.json
  = help: run `ocon schema pull` to write the schema of a connector again
  = help: write out the schema that it refers to
error[invalid-schema]: `writeOnly` has an effect only directly at a key of `configuration` or `providerData`
 --> schemas/connectors/stripe.schema.json
  = help: run `ocon schema pull` to write the schema of a connector again
  = help: list the secret keys under `properties` of `configuration`

"#]]);
}

#[test]
fn schema_pull_writes_no_schema_that_validate_would_refuse() {
    let keys: Vec<_> =
        (0..15_000).map(|number| json!({ "key": format!("key.{number}") })).collect();
    let body = serde_json::to_string(&keys).unwrap();
    let server = ScriptedServer::answering("200 OK", "content-type: application/json", &body);
    let world = World::new(&[("instances/shop.yaml", SHOP)]).at(&server.base_url());
    world.ocon("schema pull stripe").is(str![[r#"
--- stderr ---
error: schemas/connectors/stripe.schema.json would be larger than 1 MiB
  caused by: the platform describes more keys than fit in a schema

hint: pull the other connectors by name; ocon checks this one with its built-in schema
--- exit 1 ---
"#]]);
    assert!(!world.path("schemas/connectors/stripe.schema.json").exists());
}

#[cfg(unix)]
#[test]
fn a_schema_is_not_read_from_outside_of_the_repository() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]);
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("stripe.schema.json"), "{ \"hunter2\": }").unwrap();
    std::fs::create_dir(world.path("schemas")).unwrap();
    std::os::unix::fs::symlink(outside.path(), world.path("schemas/connectors")).unwrap();
    world.ocon("validate").is(str![[r#"
--- stderr ---
error[link-leaves-repository]: this link leads out of the repository
 --> schemas/connectors/stripe.schema.json
  = help: replace the link with the file itself
--- exit 5 ---
"#]]);
    let world = world.on_sandbox();
    assert!(world.ocon("schema pull stripe").stderr.contains("leads out of the repository"));
}

#[test]
fn a_repeated_tag_is_one_tag_whatever_a_schema_says() {
    let schema = r#"{ "properties": { "tags": { "type": "array", "uniqueItems": true } } }"#;
    let file = "element: stripe\nname: Shop\ntags: [b, a, b]\n";
    let world = World::new(&[("instances/a.yaml", file)]).on_sandbox();
    assert_eq!(world.ocon("validate").stderr, "");
    world.write("schemas/connectors/stripe.schema.json", schema);
    let applied = world.ocon("apply --yes");
    assert_eq!((applied.exit, applied.stderr.as_str()), (0, ""));
    assert!(world.writes().contains(r#""tags":["a","b","ocon:"#));
    assert!(world.ocon("plan").stdout.contains("No changes."));
}
