//! Attacks through a file of the repository or a reply of the platform, and what another user of the
//! machine can see. `docs/threat-model.md` names these tests.

#[cfg(unix)]
use std::os::unix::fs::PermissionsExt;

use serde_json::json;
use snapbox::str;

use crate::snapshot::Snapshot as _;
use crate::support::{CRM, SHOP, World};

#[test]
fn no_reference_is_allowed_in_a_connector_or_a_key() {
    let world = World::new(&[("ocon.yaml", "vars: { name: stripe }\n")]);
    for element in ["element: ${{ var.name }}", "element: { key: \"${{ env.NAME }}\" }"] {
        world.write("instances/shop.yaml", format!("{element}\nname: Shop\n"));
        let run = world.ocon("validate");
        assert!(
            run.exit == 5 && run.stderr.contains("error[reference-not-allowed]"),
            "{}",
            run.stderr
        );
    }
    world.write("instances/shop.yaml", format!("key: a/${{{{ var.name }}}}\n{SHOP}"));
    world.ocon("validate").is(str![[r#"
--- stderr ---
error[reference-not-allowed]: the reference `var.name` is not allowed here
 --> instances/shop.yaml:1:8
  |
1 | key: a/${{ var.name }}
  |        ^^^^^^^^^^^^^^^
  |
  = help: write the name itself: no reference is allowed here
--- exit 5 ---
"#]]);
}

#[test]
fn a_variable_forges_no_mark_of_ours() {
    let world =
        World::new(&[("ocon.yaml", "vars: { mark: \"ocon:key=other\", name: \"a<b>\" }\n")]);
    let shop = "element: stripe\nname: ${{ var.name }}\ntags: [\"${{ var.mark }}\"]\n";
    world.write("instances/shop.yaml", shop);
    world.ocon("validate").is(str![[r#"
--- stderr ---
error[html-in-name]: a name cannot contain `<` or `>`
 --> instances/shop.yaml:2:7
  |
2 | name: ${{ var.name }}
  |       ^^^^^^^^^^^^^^^
  |
  = help: use other characters: the platform removes HTML, so the stored text would differ

error[reserved-tag]: tags that begin with `ocon:` are reserved
 --> instances/shop.yaml:3:8
  |
3 | tags: ["${{ var.mark }}"]
  |        ^^^^^^^^^^^^^^^^^
  |
  = help: use another tag: ocon stores its metadata in these tags

2 errors in 1 file
--- exit 5 ---
"#]]);
}

#[test]
fn a_value_that_reads_like_a_reference_is_text() {
    let vars = "project: tests\nvars: { sneaky: \"${{ env.DESK_PASSWORD }}\" }\n";
    let desk = CRM.replace("username: admin", "username: ${{ var.sneaky }}");
    let world = World::new(&[("ocon.yaml", vars), ("instances/desk.yaml", &desk)]);
    let world = world.on_sandbox().with_password();
    world.ocon("apply --yes").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + desk  Help desk                                                            instances/desk.yaml:1
      + tags                     support
      configuration
        + filter.response.nulls  true
        + password               (secret, env.DESK_PASSWORD)
        + servicenow.subdomain   dev12345
        + username               ${{ env.DESK_PASSWORD }}

Plan: 1 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged.
Requests: 2 read, 1 to write, 1 to check.

  + desk  #20931

Applied: 1 created.
--- stderr ---
warning[placeholder]: a reference in the value of a variable is not replaced
 --> ocon.yaml:2:17
  |
2 | vars: { sneaky: "${{ env.DESK_PASSWORD }}" }
  |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: write the value itself, or move the reference to the instance file
--- exit 0 ---
"#]]);
    world.requests();
    let stored = world.send("GET", "/instances/20931", &json!(null));
    assert_eq!(stored["configuration"]["username"], "${{ env.DESK_PASSWORD }}");
}

#[test]
fn a_stored_value_that_reads_like_a_reference_is_text() {
    let world = World::new(&[("instances/desk.yaml", CRM)]).on_sandbox().with_password();
    world.ocon("apply --yes");
    world.requests();
    let edit = json!({
        "name": "${{ env.DESK_PASSWORD }}",
        "configuration": { "username": "${{ env.DESK_PASSWORD }}" },
    });
    world.send("PATCH", "/instances/20931", &edit);
    world.ocon("apply --yes").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  ~ desk  Help desk  #20931  (remote drift)                                    instances/desk.yaml:1
        ~ name      ${{ env.DESK_PASSWORD }} → Help desk
        ~ username  ${{ env.DESK_PASSWORD }} → admin
          4 unchanged

Plan: 0 to create, 1 to update (1 remote drift), 0 to delete; 0 unchanged.
Requests: 1 read, 1 to write.

Applied: 1 updated.
--- exit 0 ---
"#]]);
    world.writes().is(str![[r#"
PATCH /instances/20931 {"configuration":{"username":"admin"},"name":"Help desk"}
"#]]);
}

#[test]
fn no_file_names_the_platform_or_the_folder_of_secrets() {
    let project =
        "project: tests\nbase_url: https://evil.example\nsecrets_dir: /etc\nregion: us2\n";
    let world = World::new(&[("ocon.yaml", project), ("instances/shop.yaml", SHOP)]);
    world.ocon("validate").is(str![[r#"
--- stderr ---
error[unknown-key]: `base_url` is not a key of ocon.yaml
 --> ocon.yaml:2:1
  |
2 | base_url: https://evil.example
  | ^^^^^^^^
  |
  = help: use the keys `project` and `vars`
  = note: 3 of these in this file; use -v to see each in full
          also ocon.yaml:3:1: `secrets_dir` is not a key of ocon.yaml
          also ocon.yaml:4:1: `region` is not a key of ocon.yaml

3 errors in 1 file
--- exit 5 ---
"#]]);
    world.write("ocon.yaml", "project: tests\nvars: { OCON_BASE_URL: \"https://evil.example\" }\n");
    world.write(".env", "OCON_BASE_URL=https://evil.example\n");
    world.ocon("plan").is(str![[r#"
--- stderr ---
error: no platform is given

hint: name yours: --region us2, or --base-url https://api.openconnectors.….ondemand.com/elements/api-v2
hint: or try ocon without a tenant: --sandbox
--- exit 64 ---
"#]]);
    world.write("ocon.yaml", "project: tests\n");
    world.write("instances/shop.yaml", format!("{SHOP}base_url: https://evil.example\n"));
    assert_eq!(world.ocon("validate").exit, 5);
}

#[test]
fn text_of_the_platform_cannot_run_a_workflow_command() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    world.ocon("apply --yes");
    world.requests();
    let words = "a word and a word and a word and a word and a word and a word and a word and a ";
    let name = format!("::stop-commands::x {words} ::error::y ##[add-mask]z ##vso[task.x]");
    let tags = ["ocon:project=tests", "ocon:key=shop", "::warning::tag"];
    world.send("PATCH", "/instances/20931", &json!({ "name": name, "tags": tags }));
    world.ocon("plan").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  ~ shop  Shop  #20931  (cause unknown)                                        instances/shop.yaml:1
        > mark  shop
        ~ name
            - \u{3a}:stop-commands::x a word and a word and a word and a word and a word and a word
                and a word and a  \u{3a}:error::y \u{23}#[add-mask]z \u{23}#vso[task.x]
            + Shop
        ~ tags  \u{3a}:warning::tag → shop

Plan: 0 to create, 1 to update (1 cause unknown), 0 to delete; 0 unchanged.
Requests: 1 read, 1 to write.
--- exit 0 ---
"#]]);
    world.write("instances/other.yaml", SHOP.replace("stripe", "servicenow"));
    world.remove("instances/shop.yaml");
    // The name is now in a note, whose long lines are wrapped.
    let plan = world.ocon("plan").stdout;
    assert!(plan.contains("stop-commands") && plan.contains("{3a}:error"), "{plan}");
    for line in plan.lines() {
        let is_command = line.trim_start().starts_with("::");
        assert!(!is_command && !line.contains("##[") && !line.contains("##vso["), "{line}");
    }
}

#[test]
fn no_argument_takes_a_secret() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    world.ocon("plan --user-secret x").is(str![[r#"
--- stderr ---
error: unexpected argument '--user-secret' found

  tip: a similar argument exists: '--user-secret-file'

Usage: ocon plan --user-secret-file <FILE> [KEY|PATH]...

For more information, try '--help'.
--- exit 64 ---
"#]]);
    for argument in ["--organization-secret", "--token", "--fingerprint-key"] {
        assert_eq!(world.ocon(&format!("plan {argument} x")).exit, 64, "{argument}");
    }
}

#[cfg(unix)]
#[test]
fn a_world_readable_file_is_replaced_by_one_that_only_its_owner_can_read() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    for name in ["out.json", "plan.json"] {
        world.write(name, "{}");
        std::fs::set_permissions(world.path(name), PermissionsExt::from_mode(0o666)).unwrap();
    }
    assert_eq!(world.ocon("plan --out plan.json").exit, 0);
    assert_eq!(world.ocon("apply --yes --outputs out.json").exit, 0);
    for name in ["out.json", "plan.json"] {
        assert_eq!(world.mode(name), 0o600, "{name}");
    }
}
