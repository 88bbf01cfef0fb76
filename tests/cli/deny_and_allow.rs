//! `--deny` and `--allow`.

use snapbox::str;

use crate::support::{CRM, SHOP, World};

#[test]
fn a_denied_warning_fails_and_an_allowed_one_is_silent() {
    let files = [("instances/shop.yaml", SHOP), ("instances/desk.json", "{}")];
    let world = World::new(&files);
    for command in ["validate --deny json-file", "plan --sandbox --deny warnings"] {
        world.ocon(command).is(str![[r#"
--- stderr ---
error[json-file]: ocon does not read JSON files
 --> instances/desk.json
  = help: rename it to `.yaml`: JSON is valid YAML
--- exit 5 ---
"#]]);
    }
    for command in ["validate --allow json-file", "validate --deny warnings --allow json-file"] {
        world.ocon(command).is(str![[r#"
1 document is valid.
--- exit 0 ---
"#]]);
    }
}

#[test]
fn an_allowed_json_file_still_keeps_its_instance_from_being_pruned() {
    let files = [("instances/shop.yaml", SHOP), ("instances/desk.json", "{}")];
    let world = World::new(&files).on_sandbox();
    let run = world.ocon("apply --yes --prune --allow json-file");
    assert_eq!(run.exit, 7, "{}", run.stderr);
    assert_eq!(world.writes(), "");
}

#[test]
fn only_problems_that_may_be_intended_can_be_allowed() {
    let world = World::new(&[("instances/crm.yaml", CRM)]);
    world.ocon("validate --allow duplicate-key").is(str![[r#"
--- stderr ---
error: invalid value 'duplicate-key' for '--allow <CODE>': a file with this problem cannot be used

For more information, try '--help'.
--- exit 64 ---
"#]]);
    world.ocon("validate --allow plain-text-secret").is(str![[r#"
--- stderr ---
error: invalid value 'plain-text-secret' for '--allow <CODE>': to accept secrets in plain text with a warning, use --allow-plain-text-secrets

For more information, try '--help'.
--- exit 64 ---
"#]]);
    world.ocon("validate --deny json-fil").is(str![[r#"
--- stderr ---
error: invalid value 'json-fil' for '--deny <CODE>': unknown code; did you mean `json-file`?

For more information, try '--help'.
--- exit 64 ---
"#]]);
}

#[test]
fn an_open_environment_can_be_denied_and_allowed() {
    let mut world = World::new(&[("instances/desk.yaml", CRM)]).on_sandbox().with_password();
    world.set("CI", "true");
    world.set("OCON_PROJECT", "tests");
    world.ocon("plan --deny env-allow-unset").is(str![[r#"
--- stderr ---
error[env-allow-unset]: a file can refer to any variable of this pipeline as a secret
  |
  = help: narrow it to a list, for example --env-allow 'HOOTSUITE_*,SLACK_*' (OCON_ENV_ALLOW)
--- exit 5 ---
"#]]);
    assert_eq!(world.requests(), "");
    assert_eq!(world.ocon("plan --allow env-allow-unset").stderr, "");
}
