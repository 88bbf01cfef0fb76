//! `ocon status --only` and `--unmanaged`.

use serde_json::{Value, json};
use snapbox::str;

use crate::support::{CRM, SHOP, World};

/// One instance in sync, one drifted and disabled, one missing document, one blocked document, and two
/// instances that nobody manages.
fn world() -> World {
    let world = World::new(&[("instances/desk.yaml", CRM), ("instances/shop.yaml", SHOP)])
        .on_sandbox()
        .with_password();
    assert_eq!(world.ocon("apply --yes").exit, 0);
    world.requests();
    let patch = json!({ "configuration": { "filter.response.nulls": "false" } });
    world.send("PATCH", "/instances/20931", &patch);
    world.send("DELETE", "/instances/20931/enabled", &Value::Null);
    for name in ["Webshop", "\u{202e}`x`\n::error::@all"] {
        let unmanaged = json!({ "element": { "key": "stripe" }, "name": name });
        world.send("POST", "/instances", &unmanaged);
    }
    world.write("instances/kiosk.yaml", SHOP.replace("Shop", "Kiosk"));
    world.write("instances/gone.yaml", format!("{SHOP}id: 4711\n"));
    world
}

#[test]
fn only_the_selected_entries_are_listed_and_everything_is_counted() {
    let world = world();
    world.ocon("status --only drifted,missing --detailed-exitcode").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

    key    connector   id     state    valid  enabled  events
  + kiosk  stripe      -      missing  -      -        -
  ~ desk   servicenow  20931  drifted  yes    no       no

Status: 1 blocked, 1 missing, 1 drifted, 1 in sync, 1 disabled, 2 unmanaged.
--- exit 2 ---
"#]]);
    world.ocon("status --only in-sync --only blocked --detailed-exitcode").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

    key   connector  id     state    valid  enabled  events
  ! gone  stripe     -      blocked  -      -        -
  = shop  stripe     20932  in sync  yes    yes      no

  blocked: gone: instance 4711 does not exist. To create a new one, remove the line `id: 4711`
           (id-not-found)

Status: 1 blocked, 1 missing, 1 drifted, 1 in sync, 1 disabled, 2 unmanaged.
--- exit 2 ---
"#]]);
    world.ocon("status --only orphan,invalid --detailed-exitcode").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

`--only orphan,invalid` selects no instance.

Status: 1 blocked, 1 missing, 1 drifted, 1 in sync, 1 disabled, 2 unmanaged.
--- exit 2 ---
"#]]);
    world.ocon("status --only disabled --format markdown --detailed-exitcode").is(str![[r#"
<!-- ocon-status project=tests at=127.0.0.1:[PORT] -->
## ocon status: 1 blocked, 1 missing, 1 drifted, 1 in sync, 1 disabled, 2 unmanaged

Project `tests` at `http://127.0.0.1:[PORT]/elements/api-v2`

Only these entries are listed: disabled.

### Needs attention: 1

- **drifted** `desk` · `servicenow` · `#20931` · `Help desk` · disabled
--- exit 2 ---
"#]]);
}

#[test]
fn the_json_names_the_selection_and_keeps_the_counters() {
    let world = world();
    let json =
        |arguments: &str| -> Value { serde_json::from_str(&world.ocon(arguments).stdout).unwrap() };
    let all = json("status --format json");
    let some = json("status --format json --only missing,unmanaged");
    assert_eq!(all["summary"], some["summary"]);
    assert_eq!((&all["only"], &all["unmanaged"]), (&Value::Null, &Value::Null));
    assert_eq!(some["only"], json!(["missing", "unmanaged"]));
    assert_eq!(some["instances"].as_array().unwrap().len(), 1);
    assert_eq!(some["blocked"], json!([]));
    let unmanaged = json!([
        { "instance_id": 20933, "connector": "stripe", "name": "Webshop" },
        { "instance_id": 20934, "connector": "stripe", "name": "\u{202e}`x`\n::error::@all" },
    ]);
    assert_eq!(some["unmanaged"], unmanaged);
    let keys: Vec<&Value> =
        all["instances"].as_array().unwrap().iter().map(|row| &row["key"]).collect();
    assert_eq!(keys, ["gone", "kiosk", "desk", "shop"]);
}

#[test]
fn unmanaged_instances_are_listed_with_the_next_step() {
    let world = world();
    world.ocon("status --unmanaged").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

    key    connector   id     state    valid  enabled  events
  ! gone   stripe      -      blocked  -      -        -
  + kiosk  stripe      -      missing  -      -        -
  ~ desk   servicenow  20931  drifted  yes    no       no
  = shop   stripe      20932  in sync  yes    yes      no

  blocked: gone: instance 4711 does not exist. To create a new one, remove the line `id: 4711`
           (id-not-found)

2 unmanaged instances:
  #20933  stripe  `Webshop`
  #20934  stripe  `\u{202e}\u{60}x\u{60}\n\u{3a}:error::@all`
`ocon import ID` writes a file for one of them, and `ocon import --all` for all.

Status: 1 blocked, 1 missing, 1 drifted, 1 in sync, 1 disabled, 2 unmanaged.
--- exit 0 ---
"#]]);
    world.ocon("status --only unmanaged --format markdown").is(str![[r#"
<!-- ocon-status project=tests at=127.0.0.1:[PORT] -->
## ocon status: 1 blocked, 1 missing, 1 drifted, 1 in sync, 1 disabled, 2 unmanaged

Project `tests` at `http://127.0.0.1:[PORT]/elements/api-v2`

Only these entries are listed: unmanaged.

### Unmanaged: 2

`ocon import ID` writes a file for one of them, and `ocon import --all` for all.

- `#20933` · `stripe` · `Webshop`
- `#20934` · `stripe` · ``\u{202e}`x`\n\u{3a}:error::@all``
--- exit 0 ---
"#]]);
    world.ocon("status --only unmanaged,drifted").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

    key   connector   id     state    valid  enabled  events
  ~ desk  servicenow  20931  drifted  yes    no       no

2 unmanaged instances:
  #20933  stripe  `Webshop`
  #20934  stripe  `\u{202e}\u{60}x\u{60}\n\u{3a}:error::@all`
`ocon import ID` writes a file for one of them, and `ocon import --all` for all.

Status: 1 blocked, 1 missing, 1 drifted, 1 in sync, 1 disabled, 2 unmanaged.
--- exit 0 ---
"#]]);
}

#[test]
fn many_unmanaged_instances_are_counted() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    for number in 10..50 {
        let instance = json!({ "element": { "key": "stripe" }, "name": format!("Shop {number}") });
        world.send("POST", "/instances", &instance);
    }
    let some = world.ocon("status --unmanaged").stdout;
    assert_eq!(some.matches("\n  #").count(), 30, "{some}");
    assert!(some.contains("\n  … and 10 more. `-v` shows all.\n"), "{some}");
    let all = world.ocon("status --unmanaged -v").stdout;
    assert_eq!(all.matches("\n  #").count(), 40, "{all}");
}

#[test]
fn no_unmanaged_instance_is_said() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    world.ocon("status --unmanaged").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

    key   connector  id  state    valid  enabled  events
  + shop  stripe     -   missing  -      -        -

No instance is unmanaged.

Status: 1 missing.
--- exit 0 ---
"#]]);
}

#[test]
fn a_wrong_state_is_a_usage_error_with_a_suggestion() {
    World::new(&[]).ocon("status --only drifted,mising").is(str![[r#"
--- stderr ---
error: invalid value 'mising' for '--only <STATE>'
  [possible values: in-sync, drifted, unfinished, missing, blocked, orphan, invalid, disabled, unmanaged]

  tip: a similar value exists: 'missing'

For more information, try '--help'.
--- exit 64 ---
"#]]);
}
