//! `ocon plan`.

use serde_json::json;
use snapbox::str;

use crate::snapshot::Snapshot as _;
use crate::support::{CRM, SHOP, World};

#[test]
fn a_plan_shows_what_will_be_created_and_writes_nothing() {
    let world = World::new(&[("instances/desk.yaml", CRM)]).with_password().on_sandbox();
    world.ocon("plan").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + desk  Help desk                                                            instances/desk.yaml:1
      + tags                     support
      configuration
        + filter.response.nulls  true
        + password               (secret, env.DESK_PASSWORD)
        + servicenow.subdomain   dev12345
        + username               admin

Plan: 1 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged.
Requests: 2 read, 1 to write, 1 to check.
--- exit 0 ---
"#]]);
    world.requests().is(str![[r#"
GET /instances?tags%5B%5D=ocon%3Aproject%3Dtests&pageSize=200
GET /instances?hydrate=false&pageSize=200
"#]]);
}

#[test]
fn a_plan_as_json_contains_everything_except_secrets() {
    let world = World::new(&[("instances/desk.yaml", CRM)]).with_password().on_sandbox();
    world.ocon("plan --format json").is(str![[r#"
{
  "format": "ocon-plan",
  "version": 1,
  "target": {
    "base_url": "http://127.0.0.1:[PORT]/elements/api-v2",
    "project": "tests"
  },
  "partial": false,
  "summary": {
    "create": 1,
    "finish": 0,
    "adopt": 0,
    "update": 0,
    "enable": 0,
    "disable": 0,
    "delete": 0,
    "blocked": 0,
    "unchanged": 0,
    "orphan": 0,
    "unmanaged": 0
  },
  "steps": [
    {
      "key": "desk",
      "file": "instances/desk.yaml",
      "line": 1,
      "action": "create",
      "cause": "file",
      "connector": "servicenow",
      "name": "Help desk",
      "instance_id": null,
      "changes": [
        {
          "path": "name",
          "kind": "set",
          "before": null,
          "after": "Help desk"
        },
        {
          "path": "tags",
          "kind": "set",
          "before": null,
          "after": [
            "support"
          ]
        },
        {
          "path": "configuration.filter.response.nulls",
          "kind": "set",
          "before": null,
          "after": "true"
        },
        {
          "path": "configuration.password",
          "kind": "set",
          "sensitive": true,
          "source": "env.DESK_PASSWORD"
        },
        {
          "path": "configuration.servicenow.subdomain",
          "kind": "set",
          "before": null,
          "after": "dev12345"
        },
        {
          "path": "configuration.username",
          "kind": "set",
          "before": null,
          "after": "admin"
        }
      ],
      "requests": [
        {
          "method": "POST",
          "path": "/instances"
        }
      ],
      "basis": "[DIGEST]"
    }
  ],
  "blocked": [],
  "notes": [],
  "requests": {
    "read": 2,
    "write": 1,
    "check": 1
  },
  "digest": "[DIGEST]"
}
--- exit 0 ---
"#]]);
}

#[test]
fn a_detailed_exit_code_is_2_before_an_apply_and_0_after_it() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    world.ocon("plan --detailed-exitcode").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + shop  Shop                                                                 instances/shop.yaml:1
      + tags    shop

Plan: 1 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged.
Requests: 2 read, 1 to write, 1 to check.
--- exit 2 ---
"#]]);
    world.ocon("apply --yes");
    world.ocon("plan --detailed-exitcode").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

No changes. 1 instance matches the files.
--- exit 0 ---
"#]]);
}

#[test]
fn an_edit_past_ocon_is_exactly_one_changed_line() {
    let world = World::new(&[("instances/desk.yaml", CRM)]).with_password().on_sandbox();
    world.ocon("apply --yes");
    world.requests();
    let edit = json!({"configuration": {"filter.response.nulls": "false"}});
    world.send("PATCH", "/instances/20931", &edit);
    world.ocon("plan --detailed-exitcode").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  ~ desk  Help desk  #20931  (remote drift)                                    instances/desk.yaml:1
        ~ filter.response.nulls  false → true
          5 unchanged

Plan: 0 to create, 1 to update (1 remote drift), 0 to delete; 0 unchanged.
Requests: 1 read, 1 to write.
--- exit 2 ---
"#]]);
}

#[test]
fn a_changed_document_in_a_value_is_shown_by_its_lines() {
    let poller = |size| {
        format!(
            "element: servicenow\nname: Desk\nconfiguration:\n  username: admin\n  \
             password: ${{{{ env.DESK_PASSWORD }}}}\n  servicenow.subdomain: dev\n  \
             event.poller.configuration: {{ contacts: {{ url: /contacts, pageSize: {size} }} }}\n"
        )
    };
    let world = World::new(&[("instances/desk.yaml", &poller(100))]).with_password().on_sandbox();
    world.ocon("apply --yes");
    world.write("instances/desk.yaml", poller(200));
    world.ocon("plan").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  ~ desk  Desk  #20931                                                         instances/desk.yaml:1
        ~ event.poller.configuration  (67 characters, shown in part)
              {
                "contacts": {
            -     "pageSize": 100,
                              ^^^
            +     "pageSize": 200,
                              ^^^
                  "url": "/contacts"
                }
          4 unchanged

Plan: 0 to create, 1 to update, 0 to delete; 0 unchanged.
Requests: 1 read, 1 to write.
--- exit 0 ---
"#]]);
}

#[test]
fn a_renamed_and_retagged_instance_is_an_update() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    world.ocon("apply --yes");
    world.write("instances/shop.yaml", "element: stripe\nname: Shop EU\ntags: [eu, shop]\n");
    world.ocon("plan").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  ~ shop  Shop EU  #20931                                                      instances/shop.yaml:1
        ~ name  Shop → Shop EU
        ~ tags  shop → eu, shop

Plan: 0 to create, 1 to update, 0 to delete; 0 unchanged.
Requests: 1 read, 1 to write.
--- exit 0 ---
"#]]);
}

#[test]
fn a_path_selects_documents() {
    let files = [("instances/shop.yaml", SHOP), ("instances/eu/desk.yaml", CRM)];
    let world = World::new(&files).with_password().on_sandbox();
    world.ocon("plan ./instances/eu").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + eu/desk  Help desk                                                      instances/eu/desk.yaml:1
      + tags                     support
      configuration
        + filter.response.nulls  true
        + password               (secret, env.DESK_PASSWORD)
        + servicenow.subdomain   dev12345
        + username               admin

Plan: 1 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged. This is a partial plan.
Requests: 2 read, 1 to write, 1 to check.
--- exit 0 ---
"#]]);
    world.ocon("plan instances/shop.yaml --detailed-exitcode").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + shop  Shop                                                                 instances/shop.yaml:1
      + tags    shop

Plan: 1 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged. This is a partial plan.
Requests: 2 read, 1 to write, 1 to check.
--- exit 2 ---
"#]]);
}

#[test]
fn a_path_without_any_document_is_an_error() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    world.ocon("plan instances/slack.yaml").is(str![[r#"
--- stderr ---
error: `instances/slack.yaml` does not exist

hint: did you mean `instances/shop.yaml`?
--- exit 64 ---
"#]]);
    world.ocon("plan instances/shop.yaml shop.yaml").is(str![[r#"
--- stderr ---
error: `shop.yaml` does not exist

hint: did you mean `instances/shop.yaml`?
--- exit 64 ---
"#]]);
    assert_eq!(world.requests(), "");
}

#[test]
fn a_disabled_instance_or_one_without_its_grant_gets_a_note() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    world.ocon("apply --yes");
    world.requests();
    world.send("DELETE", "/instances/20931/enabled", &json!(null));
    world.ocon("plan --detailed-exitcode").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  note: shop #20931: the instance is disabled, and no file asks for that. The platform disables an
        instance after failed token refreshes. To enable it, add `enabled: true` (disabled)

No changes. 1 instance matches the files.
--- exit 0 ---
"#]]);
}

#[test]
fn hostile_text_from_the_platform_does_not_reach_the_terminal() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    world.ocon("apply --yes");
    world.requests();
    let edit = json!({"name": "\u{1b}[2J\u{202e}Shop\n::error::x", "tags": [
        "ocon:project=tests", "ocon:key=shop", "a\u{1b}]0;x\u{7}b"
    ]});
    world.send("PATCH", "/instances/20931", &edit);
    world.ocon("plan").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  ~ shop  Shop  #20931  (cause unknown)                                        instances/shop.yaml:1
        > mark  shop
        ~ name
            - \u{1b}[2J\u{202e}Shop
            - \u{3a}:error::x
            + Shop
        ~ tags  a\u{1b}]0;x\u{7}b → shop

Plan: 0 to create, 1 to update (1 cause unknown), 0 to delete; 0 unchanged.
Requests: 1 read, 1 to write.
--- exit 0 ---
"#]]);
}

#[test]
fn a_name_from_the_platform_cannot_end_its_quotation() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    world.ocon("apply --yes");
    world.requests();
    let edit = json!({"name": "x` was approved by `y"});
    world.send("PATCH", "/instances/20931", &edit);
    world.remove("instances/shop.yaml");
    world.write("instances/other.yaml", SHOP.replace("name: Shop", "name: Other"));
    for form in ["text", "markdown", "json", "github"] {
        let run = world.ocon(&format!("plan --format {form}"));
        let shown = "`x\\u{60} was approved by \\u{60}y`";
        let shown = if form == "json" { shown.replace('\\', "\\\\") } else { shown.to_owned() };
        assert!(run.stdout.contains(&shown), "{form}: {}", run.stdout);
    }
}

#[test]
fn a_run_of_blanks_hides_no_end_of_a_value() {
    let url = format!("https://good.example/{}@evil.example", " ".repeat(300));
    let shop = format!("{SHOP}configuration:\n  site.address: \"{url}\"\n");
    let world = World::new(&[("instances/shop.yaml", &shop)]).on_sandbox();
    let shown = "(334 characters, shown in part) https://good.example/(300 spaces)@evil.example";
    let text = world.ocon("plan").stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(shown), "{text}");
    let comment = world.ocon("plan --format markdown").stdout;
    let lines = "site.address (334 characters, shown in part) @@\n+ https://good.example/(300 spaces)@evil.example\n";
    assert!(comment.replace("\n  ", "\n").contains(lines), "{comment}");
}

#[test]
fn the_reader_of_a_plan_may_go_away() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = world.command("plan").stdout(writer).status().unwrap();
    assert_eq!(status.code(), Some(0));
}
