//! KEY|PATH: a document is named by its key or by its path, in every command.

use snapbox::str;

use crate::snapshot::Snapshot as _;
use crate::support::{CRM, Run, SHOP, World};

const PAIR: &str = "\
key: pair/one
element: stripe
name: One
---
key: pair/two
element: stripe
name: Two
";

fn world() -> World {
    World::new(&[
        ("instances/shop.yaml", SHOP),
        ("instances/eu/desk.yaml", CRM),
        ("instances/pair.yaml", PAIR),
    ])
}

/// The document keys of the steps in a plan.
fn planned(run: &Run) -> Vec<String> {
    assert_eq!(run.exit, 0, "{}", run.stderr);
    let plan: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let steps = plan["steps"].as_array().unwrap().iter().chain(plan["blocked"].as_array().unwrap());
    steps.map(|step| step["key"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_plan_covers_the_documents_that_keys_and_paths_name() {
    let world = world().on_sandbox().with_password();
    let plan = |names: &str| planned(&world.ocon(&format!("plan --format json {names}")));
    assert_eq!(plan("shop"), ["shop"]);
    assert_eq!(plan("eu/desk instances/shop.yaml"), ["eu/desk", "shop"]);
    assert_eq!(plan("instances/eu"), ["eu/desk"]);
    assert_eq!(plan("./instances/eu/ shop shop"), ["eu/desk", "shop"]);
    assert_eq!(plan("pair/two"), ["pair/two"]);
    assert_eq!(plan("instances/pair.yaml"), ["pair/one", "pair/two"]);
    assert_eq!(plan("instances/../instances/shop.yaml"), ["shop"]);
    assert_eq!(plan(world.path("instances/shop.yaml").to_str().unwrap()), ["shop"]);
}

#[test]
fn every_command_accepts_a_key_and_a_path() {
    let world = world().on_sandbox().with_password();
    let names = ["shop", "instances/shop.yaml", "./instances/shop.yaml"];
    for name in names {
        for command in ["validate", "apply --yes", "status", "plan"] {
            let run = world.ocon(&format!("{command} {name}"));
            assert_eq!(run.exit, 0, "{command} {name}: {}", run.stderr);
        }
        assert_eq!(world.ocon(&format!("token {name}")).exit, 0);
        assert!(world.ocon(&format!("events {name}")).stdout.contains("shop"));
        assert!(world.ocon(&format!("doctor {name}")).stdout.contains("shop"));
        let authorize = world.ocon(&format!("authorize {name}")).stderr;
        assert!(authorize.contains("`shop` does not authenticate"), "{authorize}");
        let listen = world.ocon(&format!("events listen {name}")).stderr;
        assert!(listen.contains("`shop` does not declare `event.notification"), "{listen}");
        let options = format!("plan --allow-duplicate {name} --format json");
        assert_eq!(world.ocon(&options).exit, 0);
    }
    world.ocon("apply --yes eu/desk");
    for rotate in ["eu/desk", "instances/eu/desk.yaml", "instances/eu/desk.yaml#password"] {
        let run = world.ocon(&format!("plan --format json --rotate {rotate} instances/eu"));
        assert_eq!(planned(&run), ["eu/desk"], "{rotate}");
    }
}

#[test]
fn a_path_with_several_documents_names_none_where_one_is_needed() {
    let world = world().on_sandbox();
    for command in ["token", "events", "doctor", "authorize", "events listen", "plan --rotate"] {
        let run = world.ocon(&format!("{command} instances/pair.yaml"));
        assert_eq!((run.exit, run.stdout.as_str()), (64, ""), "{command}");
        run.stderr.as_str().is(str![[r#"
error: `instances/pair.yaml` contains 2 documents, but only one can be named here

hint: use a document key: pair/one, pair/two

"#]]);
    }
    assert_eq!(world.requests(), "");
}

#[test]
fn the_message_lists_at_most_ten_keys() {
    let world = World::new(&[]).on_sandbox();
    for number in 10..22 {
        world.write(&format!("instances/many/{number}.yaml"), SHOP);
    }
    world.ocon("token instances/many").is(str![[r#"
--- stderr ---
error: `instances/many` contains 12 documents, but only one can be named here

hint: use a document key: many/10, many/11, many/12, many/13, many/14, many/15, many/16, many/17, many/18, many/19 and 2 more
--- exit 64 ---
"#]]);
}

#[test]
fn an_unknown_name_gets_a_similar_key_or_path() {
    let world = world().on_sandbox();
    world.ocon("token shpo").is(str![[r#"
--- stderr ---
error: no document has the key or the path `shpo`

hint: did you mean `shop`?
--- exit 5 ---
"#]]);
    world.ocon("plan shpo").is(str![[r#"
--- stderr ---
error: no document has the key or the path `shpo`

hint: did you mean `shop`?
--- exit 64 ---
"#]]);
    world.ocon("token instances/shpo.yaml").is(str![[r#"
--- stderr ---
error: `instances/shpo.yaml` does not exist

hint: did you mean `instances/shop.yaml`?
--- exit 64 ---
"#]]);
    world.ocon("plan eu").is(str![[r#"
--- stderr ---
error: no document has the key or the path `eu`

hint: did you mean `instances/eu`?
--- exit 64 ---
"#]]);
    world.ocon("plan --allow-duplicate shpo").is(str![[r#"
--- stderr ---
error: no document has the key or the path `shpo`

hint: did you mean `shop`?
--- exit 5 ---
"#]]);
    world.ocon("status ocon.yaml").is(str![[r#"
--- stderr ---
error: `ocon.yaml` contains no document

hint: name a document key, or a file or folder below instances/
--- exit 64 ---
"#]]);
    let mut command = world.command("plan");
    command.arg("");
    world.run(command).is(str![[r#"
--- stderr ---
error: invalid value '' for '[KEY|PATH]...': write a document key or a path

For more information, try '--help'.
--- exit 64 ---
"#]]);
}

#[test]
fn a_name_that_is_a_key_and_another_path_is_ambiguous() {
    let world = World::new(&[
        ("instances/a.yaml", "key: instances/b\nelement: stripe\nname: A\n"),
        ("instances/b/c.yaml", SHOP),
        // Its key and its path are the same name.
        ("instances/same.yaml", "key: instances/same.yaml\nelement: stripe\nname: S\n"),
    ])
    .on_sandbox();
    let expected = str![[r#"
--- stderr ---
error: `instances/b` is the key of the document at instances/a.yaml:1, and a path with 1 document

hint: for the path, write `./instances/b`
hint: for the document, write the path of its file, or give it another `key:`
--- exit 64 ---
"#]];
    world.ocon("plan instances/b").is(expected.clone());
    world.ocon("token instances/b").is(expected);
    let plan = |name: &str| planned(&world.ocon(&format!("plan --format json {name}")));
    assert_eq!(plan("./instances/b"), ["b/c"]);
    assert_eq!(plan("instances/a.yaml"), ["instances/b"]);
    assert_eq!(plan("instances/same.yaml"), ["instances/same.yaml"]);
}

#[test]
fn with_another_root_a_path_is_relative_to_the_root_or_to_the_current_folder() {
    let world = World::new(&[
        ("tenants/eu/instances/shop.yaml", SHOP),
        ("tenants/eu/ocon.yaml", "project: eu\n"),
        ("tenants/us/shop.yaml", "element: stripe\nname: Shop\n"),
        ("tenants/us/us/shop.yaml", "key: inner\nelement: stripe\nname: Inner\n"),
    ]);
    let plan = |names: &str| {
        planned(&world.ocon(&format!("plan --sandbox --format json -C tenants/eu {names}")))
    };
    assert_eq!(plan("shop"), ["shop"]);
    assert_eq!(plan("instances/shop.yaml"), ["shop"]);
    assert_eq!(plan("tenants/eu/instances/shop.yaml"), ["shop"]);
    assert_eq!(plan("tenants/eu"), ["shop"]);
    let mut command = world.command("plan --sandbox -C .. --instances us us");
    command.current_dir(world.path("tenants/us"));
    let run = world.run(command);
    assert_eq!(run.exit, 64);
    world.constant(&run.stderr).as_str().is(str![[r#"
error: `us` is a path below the folder of -C and another one below the current folder

hint: write it in full: `[ROOT]/tenants/us/../us` or `[ROOT]/tenants/us/us`

"#]]);
}

#[cfg(unix)]
#[test]
fn a_link_in_a_path_is_followed() {
    let world = World::new(&[("shared/eu/shop.yaml", SHOP)]);
    std::fs::create_dir(world.path("instances")).unwrap();
    std::os::unix::fs::symlink("../shared/eu", world.path("instances/eu")).unwrap();
    std::os::unix::fs::symlink("instances", world.path("link")).unwrap();
    let plan = |name: &str| planned(&world.ocon(&format!("plan --sandbox --format json {name}")));
    assert_eq!(plan("instances/eu/shop.yaml"), ["eu/shop"]);
    assert_eq!(plan("link"), ["eu/shop"]);
}

#[test]
fn a_plan_file_is_never_a_document() {
    let world = World::new(&[("instances/a.yaml", "key: plan.json\nelement: stripe\nname: A\n")]);
    world.ocon("apply --sandbox plan.json").is(str![[r#"
--- stderr ---
error: plan.json is not a plan that can be applied
  caused by: No such file or directory (os error 2)

hint: create one with: ocon plan --out plan.json
--- exit 5 ---
"#]]);
    assert_eq!(world.ocon("apply --sandbox --yes instances/a.yaml").exit, 0);
}
