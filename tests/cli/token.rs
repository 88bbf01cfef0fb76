//! `ocon token`.

use serde_json::{Value, json};
use snapbox::str;

use crate::support::{CRM, SHOP, World};

fn world() -> World {
    World::new(&[("instances/desk.yaml", CRM), ("instances/shop.yaml", SHOP)]).on_sandbox()
}

/// The outputs contain the token that is printed, and the pipe of an application
/// needs no secret of the files.
#[test]
fn the_token_is_all_that_is_printed() {
    let world = world().with_password();
    assert_eq!(world.ocon("apply --yes --outputs out.json").exit, 0);
    let outputs: Value = serde_json::from_str(&world.read("out.json")).unwrap();
    for key in ["desk", "shop"] {
        let run = world.ocon(&format!("token {key}"));
        assert_eq!((run.exit, run.stderr.as_str()), (0, ""));
        assert_eq!(run.stdout, format!("{}\n", outputs[key]["token"].as_str().unwrap()));
    }
    world.requests();
    let mut world = world;
    world.unset("DESK_PASSWORD");
    assert_eq!(world.ocon("token desk").exit, 0);
    assert_eq!(world.requests(), "GET /instances?tags%5B%5D=ocon%3Aproject%3Dtests&pageSize=200");
}

#[test]
fn an_unknown_document_key_is_reported_with_a_similar_one() {
    world().ocon("token dekc").is(str![[r#"
--- stderr ---
error: no document has the key or the path `dekc`

hint: did you mean `desk`?
--- exit 5 ---
"#]]);
    world().ocon("token somewhere-else").is(str![[r#"
--- stderr ---
error: no document has the key or the path `somewhere-else`

hint: name a document key, or a file or folder below instances/
--- exit 5 ---
"#]]);
    world().ocon("token").is(str![[r#"
--- stderr ---
error: the following required arguments were not provided:
  <KEY|PATH>

Usage: ocon token <KEY|PATH>

For more information, try '--help'.
--- exit 64 ---
"#]]);
    world().ocon("token shop --format json").is(str![[r#"
{
  "format": "ocon-failure",
  "version": 1,
  "exit": 64,
  "code": "usage",
  "message": "`ocon token` does not support the format `json`",
  "causes": [],
  "hints": [
    "use --format text"
  ],
  "target": {
    "base_url": "http://127.0.0.1:[PORT]/elements/api-v2",
    "project": "tests"
  }
}
--- stderr ---
error: `ocon token` does not support the format `json`

hint: use --format text
--- exit 64 ---
"#]]);
}

#[test]
fn a_document_without_an_instance_has_no_token() {
    world().ocon("token shop").is(str![[r#"
--- stderr ---
error: `shop` has no instance yet, so it has no token

hint: create it first: ocon apply; if somebody must grant access: ocon authorize shop
--- exit 1 ---
"#]]);
}

#[test]
fn a_document_that_may_have_two_instances_has_no_token() {
    let world = world().with_password();
    assert_eq!(world.ocon("apply --yes").exit, 0);
    world.requests();
    let tags = json!(["ocon:project=tests", "ocon:key=shop"]);
    world.send(
        "POST",
        "/instances",
        &json!({ "element": { "key": "stripe" }, "name": "Shop", "tags": tags }),
    );
    world.ocon("token shop").is(str![[r#"
--- stderr ---
error: `shop` has no instance that is certainly its own, so it has no token
  caused by: instances 20932 and 20933 have the document key `shop`. Delete all but one, or remove the tag `ocon:key=shop` from the others
--- exit 7 ---
"#]]);
    assert_eq!(world.ocon("token desk").exit, 0);
}
