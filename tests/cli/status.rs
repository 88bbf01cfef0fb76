//! `ocon status`.

use serde_json::{Value, json};
use snapbox::str;

use crate::support::{CRM, SHOP, World};

fn world() -> World {
    let world = World::new(&[("instances/desk.yaml", CRM), ("instances/shop.yaml", SHOP)])
        .on_sandbox()
        .with_password();
    assert_eq!(world.ocon("apply --yes").exit, 0);
    world.requests();
    world
}

/// The document with events that the provider sends.
fn with_webhook_events(document: &str) -> String {
    let events = "  event.notification.enabled: true\n  event.vendor.type: webhooks\n  \
                  event.notification.callback.url: https://app.example/events\n";
    let section = if document.contains("configuration:") { "" } else { "configuration:\n" };
    format!("{document}{section}{events}")
}

#[test]
fn a_status_shows_every_instance_in_one_listing() {
    let world = world();
    world.ocon("status --detailed-exitcode").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

    key   connector   id     state    valid  enabled  events
  = desk  servicenow  20931  in sync  yes    yes      no
  = shop  stripe      20932  in sync  yes    yes      no

Status: 2 in sync.
--- exit 0 ---
"#]]);
    assert_eq!(world.requests(), "GET /instances?pageSize=200");
}

#[test]
fn every_state_has_its_word_and_its_sign() {
    let world = world();
    let patch = json!({ "configuration": { "filter.response.nulls": "false" } });
    world.send("PATCH", "/instances/20931", &patch);
    world.send("DELETE", "/instances/20931/enabled", &Value::Null);
    world.write("instances/kiosk.yaml", SHOP.replace("Shop", "Kiosk"));
    world.write("instances/gone.yaml", format!("{SHOP}id: 4711\n"));
    world.remove("instances/shop.yaml");
    world.ocon("status --detailed-exitcode").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

    key    connector   id     state    valid  enabled  events
  ! gone   stripe      -      blocked  -      -        -
  + kiosk  stripe      -      missing  -      -        -
  ~ desk   servicenow  20931  drifted  yes    no       no
  ? shop   stripe      20932  orphan   yes    yes      no

  blocked: gone: instance 4711 does not exist. To create a new one, remove the line `id: 4711`
           (id-not-found)

Status: 1 blocked, 1 missing, 1 drifted, 1 orphan, 1 disabled.
--- exit 2 ---
"#]]);
    world.ocon("status instances/desk.yaml").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

    key   connector   id     state    valid  enabled  events
  ~ desk  servicenow  20931  drifted  yes    no       no

Status: 1 drifted, 1 disabled.
--- exit 0 ---
"#]]);
}

#[test]
fn a_callback_url_with_the_id_of_another_instance_is_pointed_out() {
    let world = world();
    let copied = json!({
        "element": { "key": "stripe" },
        "name": "Copy\u{202e}",
        "configuration": {
            "event.notification.callback.url": "https://u:p@mycoolapp.com/events/stripe/MjA5MzI="
        },
    });
    world.send("POST", "/instances", &copied);
    world.ocon("status --detailed-exitcode").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

    key   connector   id     state    valid  enabled  events
  = desk  servicenow  20931  in sync  yes    yes      no
  = shop  stripe      20932  in sync  yes    yes      no

  note: stripe `Copy\u{202e}` #20933: its callback URL contains the ID of another instance, 20932,
        which receives its events

Status: 2 in sync, 1 with a wrong callback URL, 1 unmanaged.
--- exit 0 ---
"#]]);
    world.ocon("status --format json").is(str![[r#"
{
  "format": "ocon-status",
  "version": 1,
  "target": {
    "base_url": "http://127.0.0.1:[PORT]/elements/api-v2",
    "project": "tests"
  },
  "partial": false,
  "summary": {
    "in_sync": 2,
    "drifted": 0,
    "unfinished": 0,
    "missing": 0,
    "blocked": 0,
    "orphan": 0,
    "invalid": 0,
    "disabled": 0,
    "unmanaged": 1
  },
  "instances": [
    {
      "key": "desk",
      "connector": "servicenow",
      "name": "Help desk",
      "state": "in-sync",
      "needs_attention": false,
      "instance_id": 20931,
      "valid": true,
      "enabled": true,
      "events": false,
      "webhook_url": null
    },
    {
      "key": "shop",
      "connector": "stripe",
      "name": "Shop",
      "state": "in-sync",
      "needs_attention": false,
      "instance_id": 20932,
      "valid": true,
      "enabled": true,
      "events": false,
      "webhook_url": null
    }
  ],
  "blocked": [],
  "findings": [
    {
      "code": "foreign-callback-id",
      "instance_id": 20933,
      "connector": "stripe",
      "name": "Copy\u202e",
      "carries": 20932
    }
  ]
}
--- exit 0 ---
"#]]);
}

#[test]
fn nothing_to_show_is_said() {
    let world = World::new(&[]).on_sandbox();
    std::fs::create_dir(world.path("instances")).unwrap();
    world.ocon("status").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

There is no document, and the account has no instance.

Next:
  - To create an instance, write its file with `ocon new CONNECTOR`. `ocon connectors` lists the
    connectors.
--- exit 0 ---
"#]]);
}

#[test]
fn an_instance_to_adopt_is_shown_as_it_is() {
    let world = World::new(&[("instances/shop.yaml", &format!("{SHOP}id: 20931\n"))]).on_sandbox();
    let on = json!({ "event.notification.enabled": "true" });
    let instance = json!({ "element": { "key": "stripe" }, "name": "Shop", "configuration": on });
    world.send("POST", "/instances", &instance);
    let document: Value = serde_json::from_str(&world.ocon("status --format json").stdout).unwrap();
    let row = &document["instances"][0];
    assert_eq!((&row["state"], &row["events"]), (&json!("drifted"), &json!(true)));
}

#[test]
fn an_ambiguous_key_lists_its_instances_and_a_fix() {
    let world = world();
    let twin = json!({
        "element": { "key": "stripe" },
        "name": "Twin",
        "tags": ["ocon:project=tests", "ocon:key=shop"],
    });
    world.send("POST", "/instances", &twin);
    world.ocon("status").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

    key   connector   id     state    valid  enabled  events
  ! shop  stripe      20932  blocked  yes    yes      no
  ! shop  stripe      20933  blocked  yes    yes      no
  = desk  servicenow  20931  in sync  yes    yes      no

  blocked: shop: instances 20932 and 20933 have the document key `shop`. Delete all but one, or
           remove the tag `ocon:key=shop` from the others (ambiguous-key)

Status: 2 blocked, 1 in sync.
--- exit 7 ---
"#]]);
}

#[test]
fn an_orphan_alone_is_not_a_change() {
    let world = world();
    world.remove("instances/shop.yaml");
    assert_eq!(world.ocon("status --detailed-exitcode").exit, 0);
    assert_eq!(world.ocon("plan --detailed-exitcode").exit, 0);
}

#[test]
fn a_wide_terminal_has_the_url_on_the_same_line() {
    let mut world = world();
    for key in ["desk", "shop"] {
        let document = world.read(&format!("instances/{key}.yaml"));
        world.write(&format!("instances/{key}.yaml"), with_webhook_events(&document));
    }
    assert_eq!(world.ocon("apply --yes").exit, 0);
    let lines = |text: &str| text.lines().filter(|line| line.contains("/events/")).count();
    let narrow = world.ocon("status").stdout;
    assert!(narrow.lines().all(|line| line.chars().count() <= 100), "{narrow}");
    world.set("COLUMNS", "160");
    let wide = world.ocon("status").stdout;
    assert_eq!((lines(&narrow), lines(&wide)), (2, 2));
    assert!(wide.lines().count() < narrow.lines().count(), "{wide}");
}
