//! `ocon plan --out FILE` and `ocon apply FILE`: plans that are approved first and applied later.

use serde_json::{Value, json};
use snapbox::str;

use crate::snapshot::Snapshot as _;
use crate::support::{CRM, ORGANIZATION, SHOP, World};

/// A platform that agrees with the files, and a saved plan that renames the shop and sets the
/// subdomain of the help desk.
fn planned() -> World {
    plan_in(World::new(&[("instances/desk.yaml", CRM), ("instances/shop.yaml", SHOP)]).on_sandbox())
}

fn plan_in(world: World) -> World {
    let world = world.with_password();
    assert_eq!(world.ocon("apply --yes").exit, 0);
    world.write("instances/desk.yaml", CRM.replace("dev12345", "prod"));
    world.write("instances/shop.yaml", SHOP.replace("Shop", "Store"));
    assert_eq!(world.ocon("plan --out plan.json").exit, 0);
    world.read("plan.json");
    world.requests();
    world
}

fn configuration(key: &str, value: &str) -> Value {
    json!({ "configuration": { key: value } })
}

#[test]
fn a_saved_plan_is_applied_once_without_a_question() {
    let world = planned();
    world.ocon("apply plan.json").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

Hosts that get secrets or events:
  ! the host for `prod`  will get the stored credentials of `desk #20931` (credential-host-changed)

  ~ desk  Help desk  #20931                                                    instances/desk.yaml:1
        ~ servicenow.subdomain  dev12345 → prod
          5 unchanged
  ~ shop  Store  #20932                                                        instances/shop.yaml:1
        ~ name  Shop → Store
          1 unchanged

Plan: 0 to create, 2 to update, 0 to delete; 0 unchanged.
Requests: 1 read, 2 to write.

Applied: 2 updated.
--- exit 0 ---
"#]]);
    world.ocon("apply plan.json").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  ! desk  stale update
      nothing is left to do: the plan was already applied, the instance or the file no longer
      exists, or the document key changed. Plan again
  ! shop  stale update
      nothing is left to do: the plan was already applied, the instance or the file no longer
      exists, or the document key changed. Plan again

Plan: 0 to create, 0 to update, 0 to delete, 2 stale; 2 unchanged.
Requests: 1 read, 0 to write.

Applied: nothing. Stale: 2. Plan again: the state changed since the plan.
--- exit 4 ---
"#]]);
}

/// Changes of the help desk between plan and apply.
enum Edit {
    Remote(&'static str, &'static str),
    Delete,
    File(&'static str, &'static str),
}

impl Edit {
    fn happen(&self, world: &World) {
        match self {
            Self::Remote(key, value) => {
                world.send("PATCH", "/instances/20931", &configuration(key, value));
            }
            Self::Delete => {
                world.send("DELETE", "/instances/20931", &Value::Null);
            }
            Self::File(from, to) => {
                let file = world.read("instances/desk.yaml").replace(from, to);
                world.write("instances/desk.yaml", file);
            }
        }
    }
}

#[test]
fn steps_whose_state_changed_since_the_plan_are_stale_and_the_others_are_applied() {
    let table = [
        ("planned field edited", Edit::Remote("servicenow.subdomain", "x"), true),
        ("other declared field edited", Edit::Remote("filter.response.nulls", "false"), true),
        ("undeclared field edited", Edit::Remote("pagination.max", "5"), false),
        ("instance deleted", Edit::Delete, true),
        ("file edited", Edit::File("prod", "test"), true),
        ("reference swapped", Edit::File("DESK_PASSWORD", "OTHER_PASSWORD"), true),
        ("only a comment added to the file", Edit::File("prod", "prod # really"), false),
    ];
    for (what, edit, is_stale) in table {
        let world = planned().secret("OTHER_PASSWORD", "an0ther-p4ssword");
        edit.happen(&world);
        let run = world.ocon("apply plan.json");
        assert_eq!(run.exit, if is_stale { 4 } else { 0 }, "{what}: {}", run.stdout);
        assert_eq!(run.stdout.contains("! desk  stale update"), is_stale, "{what}");
        let writes = world.writes();
        assert_eq!(writes.contains("/instances/20931"), !is_stale, "{what}");
        assert!(writes.contains("PATCH /instances/20932"), "{what}: the other one goes on");
    }
}

#[test]
fn a_stale_step_shows_the_plan_of_now() {
    let world = planned();
    world.send("PATCH", "/instances/20931", &configuration("filter.response.nulls", "false"));
    world.ocon("apply plan.json").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  ~ shop  Store  #20932                                                        instances/shop.yaml:1
        ~ name  Shop → Store
          1 unchanged
  ! desk  stale update                                                         instances/desk.yaml:1
      the file or the instance changed since the plan was made. The current steps are shown below.
      Plan again
    |   ~ desk  Help desk  #20931                                              instances/desk.yaml:1
    |         ~ filter.response.nulls  false → true
    |         ~ servicenow.subdomain   dev12345 → prod
    |           4 unchanged

Plan: 0 to create, 1 to update, 0 to delete, 1 stale; 0 unchanged.
Requests: 1 read, 1 to write.

Applied: 1 updated. Stale: 1. Plan again: the state changed since the plan.
--- exit 4 ---
"#]]);
    world
        .ocon("apply plan.json --format json --quiet")
        .is(str![[r#"
{
  "format": "ocon-result",
  "version": 1,
  "summary": {
    "done": 0,
    "failed": 0,
    "unknown": 0,
    "stale": 2,
    "blocked": 0,
    "not_started": 0,
    "unchanged": 1
  },
  "results": [
    {
      "key": "desk",
      "action": "update",
      "outcome": "stale",
      "instance_id": null,
      "webhook_url": null,
      "error": {
        "code": "stale",
        "message": "the file or the instance changed since the plan was made. The current steps are shown below. Plan again",
        "request_id": null
      }
    },
    {
      "key": "shop",
      "action": "update",
      "outcome": "stale",
      "instance_id": null,
      "webhook_url": null,
      "error": {
        "code": "stale",
        "message": "nothing is left to do: the plan was already applied, the instance or the file no longer exists, or the document key changed. Plan again",
        "request_id": null
      }
    }
  ]
}
--- exit 4 ---
"#]]);
}

#[test]
fn a_secret_that_changed_since_the_plan_is_not_written() {
    let world = planned().secret("DESK_PASSWORD", "a-new-p4ssword");
    world.ocon("apply plan.json").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

Hosts that get secrets or events:
  ! the host for `prod`  will get the stored credentials of `desk #20931` (credential-host-changed)

  ~ desk  Help desk  #20931                                                    instances/desk.yaml:1
        ~ servicenow.subdomain  dev12345 → prod
          4 unchanged
  ~ shop  Store  #20932                                                        instances/shop.yaml:1
        ~ name  Shop → Store
          1 unchanged

  note: desk #20931: changed since the plan was made, so not written: password
        (rotation-not-planned)

Plan: 0 to create, 2 to update, 0 to delete; 0 unchanged.
Requests: 1 read, 2 to write.

Applied: 2 updated.
--- exit 0 ---
"#]]);
}

#[test]
fn a_planned_rotation_takes_the_value_from_the_environment() {
    let mut world = planned().secret("DESK_PASSWORD", "a-new-p4ssword");
    world.ocon("plan --out plan.json");
    assert!(world.read("plan.json").contains("\"source\": \"env.DESK_PASSWORD\""));
    assert!(!world.read("plan.json").contains("p4ss"));
    assert_eq!(world.ocon("apply plan.json").exit, 0);
    assert!(world.writes().contains("\"password\":\"a-new-p4ssword\""));
    world.unset("DESK_PASSWORD");
    world.ocon("plan --out plan.json").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  note: 1 secret is not set where this plan was made, which is usual in a review:
        `env.DESK_PASSWORD`. The fields that use it are not compared. An apply that has the values
        writes those that changed. An apply without them needs --allow-unset (unset-variable)

No changes. 2 instances match the files.
--- exit 0 ---
"#]]);
}

#[test]
fn a_plan_made_without_secrets_is_applied_with_them() {
    let mut world = planned();
    world.unset("DESK_PASSWORD");
    assert_eq!(world.ocon("plan --out plan.json").exit, 0);
    let world = world.with_password();
    assert_eq!(world.ocon("apply plan.json").exit, 0);
}

#[test]
fn a_plan_that_was_edited_or_cut_short_is_refused() {
    let world = planned();
    let plan = world.read("plan.json");
    world.write("plan.json", plan.replace("Store", "Stall"));
    world.ocon("apply plan.json").is(str![[r#"
--- stderr ---
error: the seal of plan.json does not match: the file was edited, or is for another organization or another fingerprint key

hint: nothing was applied. Plan again with the organization secret and OCON_FINGERPRINT_KEY of this run
--- exit 5 ---
"#]]);
    world.write("plan.json", &plan[..plan.len() / 2]);
    world.ocon("apply plan.json").is(str![[r#"
--- stderr ---
error: plan.json is not a plan that can be applied
  caused by: EOF while parsing a value at line 50 column 2

hint: create one with: ocon plan --out plan.json
--- exit 5 ---
"#]]);
    world.write("plan.json", plan.replace("\"version\": 1", "\"version\": 2"));
    world.ocon("apply plan.json").is(str![[r#"
--- stderr ---
error: plan.json is not a plan that can be applied
  caused by: its format is not `ocon-plan`, version 1

hint: create one with: ocon plan --out plan.json
--- exit 5 ---
"#]]);
    assert_eq!(world.requests(), "");
}

/// Two tenants on one host can share the fingerprint key, the files and the project.
#[test]
fn a_plan_of_another_organization_is_refused_even_under_the_same_fingerprint_key() {
    let key = "a-fingerprint-key-of-32-letters!";
    let files = [("instances/desk.yaml", CRM), ("instances/shop.yaml", SHOP)];
    let world = World::new(&files).on_sandbox().secret("OCON_FINGERPRINT_KEY", key);
    let mut world = plan_in(world);
    world.set("OCON_ORGANIZATION_SECRET", "the-secret-of-another-organization");
    world.ocon("apply plan.json").is(str![[r#"
--- stderr ---
error: the seal of plan.json does not match: the file was edited, or is for another organization or another fingerprint key

hint: nothing was applied. Plan again with the organization secret and OCON_FINGERPRINT_KEY of this run
--- exit 5 ---
"#]]);
    assert_eq!(world.requests(), "");
    world.set("OCON_ORGANIZATION_SECRET", ORGANIZATION);
    let run = world.ocon("apply plan.json");
    assert_eq!(run.exit, 0, "{}{}", run.stdout, run.stderr);
}

#[test]
fn a_plan_for_another_project_is_refused_whole() {
    let world = planned();
    world.write("ocon.yaml", "project: other\n");
    world.ocon("apply plan.json").is(str![[r#"
--- stderr ---
error: plan.json is a plan for project tests at http://127.0.0.1:[PORT]/elements/api-v2, but this run is for project other at http://127.0.0.1:[PORT]/elements/api-v2

hint: nothing was applied. Use the platform and project of the plan, or plan again
--- exit 5 ---
"#]]);
    assert_eq!(world.requests(), "");
}

#[test]
fn a_saved_adoption_rotates_the_secrets_that_were_requested_with_it() {
    let world = World::new(&[("instances/desk.yaml", CRM)]).on_sandbox().with_password();
    assert_eq!(world.ocon("apply --yes").exit, 0);
    world.write("ocon.yaml", "project: renamed\n");
    let plan = "plan --take-from tests --rotate all --out plan.json";
    assert_eq!(world.ocon(plan).exit, 0);
    world.requests();
    world.ocon("apply plan.json --take-from tests").is(str![[r#"
Project renamed at http://127.0.0.1:[PORT]/elements/api-v2

  > desk  Help desk  #20931  (adoption)                                        instances/desk.yaml:1
        > mark      desk
        ~ password  (secret, env.DESK_PASSWORD)
          5 unchanged

Plan: 0 to create, 1 to adopt, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged.
Requests: 3 read, 1 to write.

Applied: 1 adopted.
--- exit 0 ---
"#]]);
    world.writes().is(str![[r#"
PATCH /instances/20931 {"configuration":{"password":"p4ss\"w0rd\\of+the/desk="},"tags":["ocon:applied=[FINGERPRINTS]","ocon:key=desk","ocon:project=renamed","support"]}
"#]]);
}

#[test]
fn a_saved_plan_excludes_the_flags_that_it_contains() {
    let world = planned();
    world.ocon("apply plan.json --prune").is(str![[r#"
--- stderr ---
error: the argument '[PLAN.json|KEY|PATH]...' cannot be used with '--prune'

Usage: ocon apply <PLAN.json|KEY|PATH>...

For more information, try '--help'.
--- exit 64 ---
"#]]);
    assert_eq!(world.ocon("apply plan.json instances/shop.yaml").exit, 64);
    assert_eq!(world.ocon("apply plan.json --rotate all").exit, 64);
    assert_eq!(world.requests(), "");
}

#[test]
fn differences_outside_the_saved_plan_are_only_mentioned() {
    let world = planned();
    world.write("instances/new.yaml", SHOP.replace("Shop", "Kiosk"));
    world.ocon("apply plan.json").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

Hosts that get secrets or events:
  ! the host for `prod`  will get the stored credentials of `desk #20931` (credential-host-changed)

  ~ desk  Help desk  #20931                                                    instances/desk.yaml:1
        ~ servicenow.subdomain  dev12345 → prod
          5 unchanged
  ~ shop  Store  #20932                                                        instances/shop.yaml:1
        ~ name  Shop → Store
          1 unchanged

  note: new: the instance differs from its file, but the approved plan does not change it. Plan
        again (not-planned)

Plan: 0 to create, 2 to update, 0 to delete; 0 unchanged, 0 unmanaged.
Requests: 2 read, 2 to write.

Applied: 2 updated.
--- exit 0 ---
"#]]);
}

#[test]
fn deletes_of_a_saved_plan_are_bounded_too() {
    let world = planned();
    world.remove("instances/shop.yaml");
    world.ocon("plan --prune --out plan.json");
    assert_eq!(world.ocon("apply plan.json --max-deletes 0").exit, 7);
    assert_eq!(world.ocon("apply plan.json").exit, 0);
    assert!(world.writes().contains("DELETE /instances/20932"));
}

#[test]
fn a_plan_that_cannot_be_saved_is_an_error_before_anything_is_read() {
    let world = planned();
    world.ocon("plan --out missing/plan.json").is(str![[r#"
--- stderr ---
error: the plan cannot be written to missing/plan.json, so nothing was done
  caused by: its folder does not exist

hint: create the folder first
--- exit 64 ---
"#]]);
    assert_eq!(world.requests(), "");
}

#[test]
fn a_missing_plan_file_is_an_error() {
    planned().ocon("apply missing.json").is(str![[r#"
--- stderr ---
error: missing.json is not a plan that can be applied
  caused by: No such file or directory (os error 2)

hint: create one with: ocon plan --out plan.json
--- exit 5 ---
"#]]);
}
