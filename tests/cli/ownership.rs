//! Which instances belong to the project (`--take-from`, `--allow-duplicate`).

use serde_json::json;
use snapbox::str;

use crate::support::{CRM, SHOP, World};

#[test]
fn a_file_that_moved_is_an_update_of_the_key() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    world.ocon("apply --yes");
    world.remove("instances/shop.yaml");
    world.write("instances/eu/shop.yaml", SHOP);
    world.ocon("plan").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  ~ eu/shop  Shop  #20931  key: shop → eu/shop                              instances/eu/shop.yaml:1

Plan: 0 to create, 1 to update, 0 to delete; 0 unchanged, 0 unmanaged.
Requests: 2 read, 1 to write, 1 to check.
--- exit 0 ---
"#]]);
}

#[test]
fn an_unmanaged_namesake_blocks_a_create() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    let namesake = json!({"element": {"key": "stripe"}, "name": "Shop"});
    world.send("POST", "/instances", &namesake);
    world.ocon("plan").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  ! shop  blocked                                                              instances/shop.yaml:1
      unmanaged-namesake: the unmanaged instance 20931 has the same connector and name. To adopt it,
      add `id: 20931` to the document. To create another one, use `--allow-duplicate shop`

Plan: 0 to create, 0 to update, 0 to delete, 1 blocked; 0 unchanged, 1 unmanaged.
Requests: 2 read, 0 to write.
--- exit 0 ---
"#]]);
    world.write("instances/shop.yaml", format!("{SHOP}id: 20931\n"));
    world.ocon("plan").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  > shop  Shop  #20931  (adoption)                                             instances/shop.yaml:1
        > mark  shop
        ~ tags  Shop → shop
          1 unchanged

Plan: 0 to create, 1 to adopt, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged.
Requests: 3 read, 1 to write.
--- exit 0 ---
"#]]);
    world.write("instances/shop.yaml", format!("{SHOP}id: 4711\n"));
    world.ocon("plan").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  ! shop  blocked                                                              instances/shop.yaml:1
      id-not-found: instance 4711 does not exist. To create a new one, remove the line `id: 4711`

Plan: 0 to create, 0 to update, 0 to delete, 1 blocked; 0 unchanged, 1 unmanaged.
Requests: 3 read, 0 to write.
--- exit 0 ---
"#]]);
}

/// `--allow-duplicate`
#[test]
fn allow_duplicate_creates_an_instance_beside_its_namesake() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    let namesake = json!({"element": {"key": "stripe"}, "name": "Shop"});
    world.send("POST", "/instances", &namesake);
    assert_eq!(world.ocon("apply --yes").exit, 3);
    assert_eq!(world.writes(), "");
    assert_eq!(world.ocon("apply --yes --allow-duplicate shop").exit, 0);
    assert!(world.writes().starts_with("POST /instances {"));
}

#[test]
fn instances_of_another_project_are_left_alone() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    world.write("ocon.yaml", "project: marketing\n");
    world.ocon("apply --yes");
    world.write("ocon.yaml", "project: tests\n");
    world.ocon("plan").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  ! shop  refused                                                              instances/shop.yaml:1
      foreign-namesake: instance 20931 of project `marketing` has the same connector and name. If
      this project was renamed, adopt it with `--take-from marketing`. To create another instance,
      use `--allow-duplicate shop`

Plan: 0 to create, 0 to update, 0 to delete, 1 refused; 0 unchanged, 0 unmanaged.
Requests: 2 read, 0 to write.
--- exit 7 ---
"#]]);
}

#[test]
fn a_change_of_connector_is_blocked() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    world.ocon("apply --yes");
    world.write("instances/shop.yaml", "element: sendgrid\nname: Shop\ntags: [shop]\n");
    world.ocon("plan").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  ! shop  blocked                                                              instances/shop.yaml:1
      connector-changed: instance 20931 has the connector `stripe`, but the file has `sendgrid`, and
      the platform cannot change it. If files were renamed or swapped, add the old document key as
      `key:` to each of them. To create a new instance with a new token, give this document another
      `key:`

Plan: 0 to create, 0 to update, 0 to delete, 1 blocked; 0 unchanged.
Requests: 1 read, 0 to write.
--- stderr ---
warning[likely-missing-field]: `sendgrid` usually needs `messaging.smtp.sendgrid.password`, `messaging.smtp.sendgrid.port`, `messaging.smtp.sendgrid.protocol`, `messaging.smtp.sendgrid.sender`, `messaging.smtp.sendgrid.server`, `messaging.smtp.sendgrid.username`
 --> instances/shop.yaml:1:1
  |
1 | element: sendgrid
  | ^^^^^^^ missing here
  |
  = help: add them: without them, the platform would probably reject the create
--- exit 0 ---
"#]]);
}

#[test]
fn two_instances_with_one_key_block_that_key() {
    let files = [("instances/shop.yaml", SHOP), ("instances/desk.yaml", CRM)];
    let world = World::new(&files).with_password().on_sandbox();
    for name in ["Shop", "Shop again"] {
        let tags = ["ocon:project=tests", "ocon:key=shop"];
        let body = json!({"element": {"key": "stripe"}, "name": name, "tags": tags});
        world.send("POST", "/instances", &body);
    }
    let plan = world.ocon("plan");
    assert_eq!((plan.exit, &*plan.stderr), (7, ""));
    let apply = world.ocon("apply --yes");
    assert!(apply.stdout.starts_with(&plan.stdout), "{}", plan.stdout);
    apply.is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + desk  Help desk                                                            instances/desk.yaml:1
      + tags                     support
      configuration
        + filter.response.nulls  true
        + password               (secret, env.DESK_PASSWORD)
        + servicenow.subdomain   dev12345
        + username               admin
  ! shop  refused                                                              instances/shop.yaml:1
      ambiguous-key: instances 20931 and 20932 have the document key `shop`. Delete all but one, or
      remove the tag `ocon:key=shop` from the others

Plan: 1 to create, 0 to update, 0 to delete, 1 refused; 0 unchanged, 0 unmanaged.
Requests: 2 read, 1 to write, 1 to check.

  + desk  #20933

Applied: 1 created. Blocked: 1. Resolve what is blocked, and run it again.
--- exit 7 ---
"#]]);
}

#[test]
fn a_project_is_not_taken_from_itself() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    world.ocon("plan --take-from tests").is(str![[r#"
--- stderr ---
error: --take-from names this project, `tests`

hint: name the project that managed the instances before
--- exit 64 ---
"#]]);
}

#[test]
fn the_plan_of_a_fork_shows_no_value_of_an_unmanaged_instance() {
    let mut world = World::new(&[("instances/desk.yaml", CRM)]).on_sandbox().with_password();
    let stored = json!({
        "element": {"key": "servicenow"},
        "name": "Confidential name",
        "tags": ["confidential-tag"],
        "configuration": {
            "username": "confidential-user",
            "servicenow.subdomain": "confidential-host",
            "password": "x",
        },
    });
    world.send("POST", "/instances", &stored);
    world.write("instances/desk.yaml", format!("{CRM}id: 20931\n"));
    let forms = ["text", "json", "markdown", "github"];
    let plans = |world: &World| {
        forms.map(|form| {
            let run = world
                .ocon(&format!("plan --format {form} --env-allow DESK_PASSWORD --project tests"));
            assert_eq!(run.exit, 0, "{}", run.stderr);
            run.stdout + &run.stderr
        })
    };
    assert!(plans(&world).iter().take(3).all(|plan| plan.to_lowercase().contains("confidential")));
    for (name, value) in [
        ("CI", "true"),
        ("CI_MERGE_REQUEST_ID", "7"),
        ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "2"),
        ("CI_MERGE_REQUEST_PROJECT_ID", "1"),
    ] {
        world.set(name, value);
    }
    for plan in plans(&world) {
        assert!(!plan.to_lowercase().contains("confidential"), "{plan}");
    }
    let text = &plans(&world)[0];
    assert!(text.contains("~ username              (not shown) → admin"), "{text}");
    assert_eq!(world.ocon("apply --yes --project tests").exit, 0);
    world.write("instances/desk.yaml", CRM.replace("admin", "other"));
    // The author of a change does not choose the project whose values are shown.
    for form in ["text", "json"] {
        let run = world.ocon(&format!("plan --env-allow DESK_PASSWORD --format {form}"));
        assert!(run.exit == 0 && run.stdout.contains("(not shown)"), "{}", run.stdout);
        assert!(!run.stdout.contains("admin"), "{}", run.stdout);
    }
    // The reviewers of a project that the pipeline names see what changes.
    let text = &plans(&world)[0];
    assert!(text.contains("admin → other"), "{text}");
}
