//! Changes whose two sides look alike: the plan names the difference.
#![expect(clippy::unicode_not_nfc, reason = "both normalization forms are shown as they are")]

use serde_json::Value;
use snapbox::str;

use crate::snapshot::Snapshot as _;
use crate::support::World;

const BEFORE: &str = "\
element: servicenow
name: Pay desk
tags: [caf\u{e9}, night]
configuration:
  servicenow.subdomain: dev12345
  username: first last
  password: ${{ env.DESK_PASSWORD }}
  base.url: https://a.example.com
  event.poller.configuration: '{\"url\":\"/a b\",\"size\":15}'
  event.notification.callback.url: https://b.example.com
";

/// The changed document. It looks the same, except for the last value.
fn after() -> String {
    BEFORE
        .replace("Pay desk", "P\u{430}y desk")
        .replace("caf\u{e9}", "\"cafe\\u0301\"")
        .replace("first last", "\"first\\u00a0last\"")
        .replace("https://a.example.com", "|\n    https://a.example.com")
        .replace("/a b", "/a\u{200b} b")
        .replace("15}", "15.0,\"none\":null}")
        .replace("https://b.", "https://c.")
}

fn world() -> World {
    let world = World::new(&[("instances/desk.yaml", BEFORE)]).with_password().on_sandbox();
    assert_eq!(world.ocon("apply --yes").exit, 0);
    world.write("instances/desk.yaml", after());
    world
}

#[test]
fn a_plan_names_the_difference_between_values_that_look_alike() {
    world().ocon("plan").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

Hosts that get secrets or events:
  ! c.example.com  will get the events of `desk #20931` (event-host-changed)

  ~ desk  Pаy desk  #20931                                                     instances/desk.yaml:1
        ~ name                             Pay desk → Pаy desk
            (differs in: look-alike characters (U+0061 and U+0430))
        ~ tags                             café, night → café, night
            (differs in: the Unicode normalization (NFC and NFD))
        ~ base.url
            - https://a.example.com
            + https://a.example.com
            (differs in: a final line break)
        ~ event.notification.callback.url  https://b.example.com → https://c.example.com
        ~ event.poller.configuration  (51 → 52 characters, shown in part)
                "none": null,
                "size": 15.0,
            -   "url": "/a b"
            +   "url": "/a\u{200b} b"
                          ^^^^^^^^
              }
            (differs in: an invisible character (U+200B))
        ~ username                         first last → first\u{a0}last
            (differs in: a no-break space (U+00A0))
          2 unchanged

Plan: 0 to create, 1 to update, 0 to delete; 0 unchanged.
Requests: 1 read, 1 to write.
--- stderr ---
warning[not-nfc]: the tag contains a decomposed letter (it is not in Unicode normalization form C)
 --> instances/desk.yaml:3:8
  |
3 | tags: ["cafe\u0301", night]
  |        ^^^^^^^^^^^^
  |
  = help: copy the composed form: café
--- exit 0 ---
"#]]);
}

#[test]
fn a_comment_names_the_difference_between_values_that_look_alike() {
    let run = world().ocon("plan --format markdown");
    let (_, block) = run.stdout.split_once("```diff\n").unwrap();
    block.split("```").next().unwrap().is(str![[r#"
- name: Pay desk
+ name: Pаy desk
  (differs in: look-alike characters (U+0061 and U+0430))
- tags: café, night
+ tags: café, night
  (differs in: the Unicode normalization (NFC and NFD))
@@ base.url @@
- https://a.example.com
+ https://a.example.com
  (differs in: a final line break)
- event.notification.callback.url: https://b.example.com
+ event.notification.callback.url: https://c.example.com
@@ event.poller.configuration (51 → 52 characters, shown in part) @@
    "none": null,
    "size": 15.0,
-   "url": "/a b"
+   "url": "/a\u{200b} b"
  }
  (differs in: an invisible character (U+200B))
- username: first last
+ username: first\u{a0}last
  (differs in: a no-break space (U+00A0))

"#]]);
}

#[test]
fn the_json_form_has_a_hint_where_both_sides_look_alike() {
    let plan: Value = serde_json::from_str(&world().ocon("plan --format json").stdout).unwrap();
    let changes = plan["steps"][0]["changes"].as_array().unwrap();
    let hints = changes.iter().map(|change| format!("{}: {}\n", change["path"], change["hint"]));
    hints.collect::<String>().is(str![[r#"
"name": "look-alike characters (U+0061 and U+0430)"
"tags": "the Unicode normalization (NFC and NFD)"
"configuration.base.url": "a final line break"
"configuration.event.notification.callback.url": null
"configuration.event.poller.configuration": "an invisible character (U+200B)"
"configuration.username": "a no-break space (U+00A0)"

"#]]);
}

#[test]
fn hidden_values_have_no_difference() {
    let mut world = World::new(&[("instances/desk.yaml", BEFORE)]).with_password().on_sandbox();
    assert_eq!(world.ocon("apply --yes").exit, 0);
    world = world.secret("DESK_PASSWORD", "p4ss\"w0rd\\of+the/desk\u{a0}=");
    let run = world.ocon("plan");
    assert!(run.stdout.contains("(secret, env.DESK_PASSWORD)"), "{}", run.stdout);
    assert!(!run.stdout.contains("differs in"), "{}", run.stdout);
}
