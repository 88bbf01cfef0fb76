//! `ocon apply`.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::json;
use snapbox::str;

use crate::snapshot::Snapshot as _;
use crate::support::{CRM, SHOP, World};

#[test]
fn a_first_apply_creates_and_a_second_one_writes_nothing() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    world.ocon("apply --yes").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + shop  Shop                                                                 instances/shop.yaml:1
      + tags    shop

Plan: 1 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged.
Requests: 2 read, 1 to write, 1 to check.

  + shop  #20931

Applied: 1 created.
--- exit 0 ---
"#]]);
    world.requests().is(str![[r#"
GET /instances?tags%5B%5D=ocon%3Aproject%3Dtests&pageSize=200
GET /instances?hydrate=false&pageSize=200
POST /instances {"element":{"key":"stripe"},"name":"Shop","tags":["ocon:applied=[FINGERPRINTS]","ocon:key=shop","ocon:project=tests","shop"]}
GET /instances?hydrate=false&pageSize=200
"#]]);
    world.ocon("apply --yes").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

No changes. 1 instance matches the files.
--- exit 0 ---
"#]]);
    world.requests().is(str![[r#"
GET /instances?tags%5B%5D=ocon%3Aproject%3Dtests&pageSize=200
"#]]);
}

#[test]
fn only_the_json_result_is_on_stdout() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    world.ocon("apply --yes --format json").is(str![[r#"
{
  "format": "ocon-result",
  "version": 1,
  "summary": {
    "done": 1,
    "failed": 0,
    "unknown": 0,
    "stale": 0,
    "blocked": 0,
    "not_started": 0,
    "unchanged": 0
  },
  "results": [
    {
      "key": "shop",
      "action": "create",
      "outcome": "done",
      "instance_id": 20931,
      "webhook_url": null,
      "error": null
    }
  ]
}
--- stderr ---
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + shop  Shop                                                                 instances/shop.yaml:1
      + tags    shop

Plan: 1 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged.
Requests: 2 read, 1 to write, 1 to check.
--- exit 0 ---
"#]]);
    world.ocon("apply --yes --format json --quiet").is(str![[r#"
{
  "format": "ocon-result",
  "version": 1,
  "summary": {
    "done": 0,
    "failed": 0,
    "unknown": 0,
    "stale": 0,
    "blocked": 0,
    "not_started": 0,
    "unchanged": 1
  },
  "results": []
}
--- exit 0 ---
"#]]);
}

#[test]
fn drift_is_corrected_by_one_patch_of_that_key() {
    let world = World::new(&[("instances/desk.yaml", CRM)]).with_password().on_sandbox();
    world.ocon("apply --yes");
    world.requests();
    let edit = json!({"configuration": {"filter.response.nulls": "false"}});
    world.send("PATCH", "/instances/20931", &edit);
    world.ocon("apply --yes").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  ~ desk  Help desk  #20931  (remote drift)                                    instances/desk.yaml:1
        ~ filter.response.nulls  false → true
          5 unchanged

Plan: 0 to create, 1 to update (1 remote drift), 0 to delete; 0 unchanged.
Requests: 1 read, 1 to write.

Applied: 1 updated.
--- exit 0 ---
"#]]);
    world.writes().is(str![[r#"
PATCH /instances/20931 {"configuration":{"filter.response.nulls":"true"}}
"#]]);
}

#[test]
fn only_the_files_of_a_path_are_applied() {
    let files = [("instances/a.yaml", SHOP), ("instances/eu/desk.yaml", CRM)];
    let world = World::new(&files).on_sandbox();
    world.ocon("apply --yes instances/a.yaml").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + a  Shop                                                                       instances/a.yaml:1
      + tags    shop

Plan: 1 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged. This is a partial plan.
Requests: 2 read, 1 to write, 1 to check.

  + a  #20931

Applied: 1 created.
--- exit 0 ---
"#]]);
    world.writes().is(str![[r#"
POST /instances {"element":{"key":"stripe"},"name":"Shop","tags":["ocon:applied=[FINGERPRINTS]","ocon:key=a","ocon:project=tests","shop"]}
"#]]);
}

#[test]
fn without_a_terminal_and_without_consent_nothing_is_applied() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    world.ocon("apply").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + shop  Shop                                                                 instances/shop.yaml:1
      + tags    shop

Plan: 1 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged.
Requests: 2 read, 1 to write, 1 to check.
--- stderr ---
error: nothing was applied, because stdin is not a terminal and ocon cannot ask for approval

hint: review the plan, then run the same command with --yes
--- exit 64 ---
"#]]);
    assert_eq!(world.writes(), "");
}

#[test]
fn an_empty_plan_needs_no_confirmation() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    world.ocon("apply --yes");
    world.ocon("apply").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

No changes. 1 instance matches the files.
--- exit 0 ---
"#]]);
}

#[test]
fn instances_are_disabled_and_enabled() {
    let off = format!("{SHOP}enabled: false\n");
    let world = World::new(&[("instances/shop.yaml", &off)]).on_sandbox();
    world.ocon("apply --yes").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + shop  Shop                                                                 instances/shop.yaml:1
      + tags    shop
  v shop  Shop  disable                                                        instances/shop.yaml:1

Plan: 1 to create, 0 to update, 1 to disable, 0 to delete; 0 unchanged, 0 unmanaged.
Requests: 2 read, 2 to write, 2 to check.

  + shop  #20931

Applied: 1 created, 1 disabled.
--- exit 0 ---
"#]]);
    world.writes().is(str![[r#"
POST /instances {"element":{"key":"stripe"},"name":"Shop","tags":["ocon:applied=[FINGERPRINTS]","ocon:key=shop","ocon:project=tests","shop"]}
DELETE /instances/20931/enabled
"#]]);
    world.write("instances/shop.yaml", format!("{SHOP}enabled: true\n"));
    world.ocon("apply --yes").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  ^ shop  Shop  #20931  enable                                                 instances/shop.yaml:1

Plan: 0 to create, 0 to update, 1 to enable, 0 to delete; 0 unchanged.
Requests: 1 read, 1 to write, 1 to check.

Applied: 1 enabled.
--- exit 0 ---
"#]]);
    world.writes().is(str![[r#"
PUT /instances/20931/enabled
"#]]);
}

#[test]
fn a_connector_that_the_platform_does_not_know_is_a_warning_and_then_a_failure() {
    let unknown = "element: stripes\nname: Shop\n";
    let world = World::new(&[("instances/shop.yaml", unknown)]).on_sandbox();
    world.ocon("apply --yes").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + shop  Shop                                                                 instances/shop.yaml:1

Plan: 1 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged.
Requests: 2 read, 1 to write, 1 to check.

  ! shop  create failed
      platform-refused: POST /instances failed: HTTP 404 Not Found: No element found with key
      stripes (request [REQUEST])

Applied: nothing. Failed: 1. Running it again is safe.
--- stderr ---
warning[unknown-connector]: the connector `stripes` is not in the catalog
 --> instances/shop.yaml:1:10
  |
1 | element: stripes
  |          ^^^^^^^
  |
  = help: did you mean `stripe` (Cloud Elements for Stripe)?
  = help: run `ocon schema pull stripes` for a connector of your own tenant: without a schema, its fields are not checked
--- exit 3 ---
"#]]);
}

#[test]
fn a_create_that_was_interrupted_is_finished() {
    let desk = "\
element: closeio
name: Sales
configuration:
  username: ${{ env.DESK_PASSWORD }}
  password: ${{ env.DESK_PASSWORD }}
  event.notification.enabled: true
  event.vendor.type: polling
  event.notification.callback.url: ${{ instance.webhook_url }}
";
    let world = World::new(&[("instances/sales.yaml", desk)]).with_password().on_sandbox();
    let unfinished = json!({
        "element": {"key": "closeio"},
        "name": "Sales",
        "tags": ["ocon:project=tests", "ocon:key=sales"],
        "configuration": {
            "username": "u", "password": "p",
            "event.notification.enabled": "true",
            "event.vendor.type": "polling",
            "event.notification.callback.url":
                format!("{}/events/closeio", world.base_url()),
        },
    });
    world.send("POST", "/instances", &unfinished);
    world.ocon("apply --yes").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  ± sales  Sales  #20931  (incomplete create)                                 instances/sales.yaml:1
        > mark                             sales
        ~ event.notification.callback.url
            http://127.0.0.1:[PORT]/elements/api-v2/events/closeio
            → http://127.0.0.1:[PORT]/elements/api-v2/events/closeio/MjA5MzE=
        ~ username                         (secret, env.DESK_PASSWORD)
          3 unchanged

  note: sales #20931: ocon cannot tell whether these secrets changed, so it does not write them:
        `password`. To write the values that are set here, use `--rotate sales` (unverified)

Plan: 0 to create, 1 to finish, 0 to update, 0 to delete; 0 unchanged.
Requests: 1 read, 1 to write.

  + sales  #20931

Applied: 1 finished.
--- exit 0 ---
"#]]);
    world.writes().is(str![[r#"
PATCH /instances/20931 {"configuration":{"event.notification.callback.url":"http://127.0.0.1:[PORT]/elements/api-v2/events/closeio/MjA5MzE=","username":"p4ss\"w0rd\\of+the/desk="},"tags":["ocon:applied=[FINGERPRINTS]","ocon:key=sales","ocon:project=tests"]}
"#]]);
    world.ocon("plan --detailed-exitcode").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  note: sales #20931: ocon cannot tell whether these secrets changed, so it does not write them:
        `password`. To write the values that are set here, use `--rotate sales` (unverified)

No changes. 1 instance matches the files.
--- exit 0 ---
"#]]);
}

#[test]
fn input_from_a_pipe_does_not_confirm() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    let mut child = world
        .command("apply")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"yes\n").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(64));
    assert_eq!(world.writes(), "");
}
