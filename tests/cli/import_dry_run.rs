//! `ocon import --dry-run`, and the instances that get no file.

use serde_json::json;
use snapbox::str;

use crate::import::{desk, shop, tenant};
use crate::support::{SHOP, World};

#[test]
fn a_dry_run_shows_the_files_and_variables_and_writes_nothing() {
    let world = tenant();
    let files = world.files();
    world.requests();
    world.ocon("import --all --dry-run").is(str![[r#"
to write  instances/servicenow/help-desk.yaml  #20931
to write  instances/stripe/shop.yaml  #20932
2 files and 1 variable; 3 keys in comments.

# Set these where ocon runs, to the secrets from the provider:
# instances/servicenow/help-desk.yaml
export SERVICENOW_HELP_DESK_PASSWORD=
export OCON_ENV_ALLOW='SERVICENOW_HELP_DESK_PASSWORD'

Next: run it without `--dry-run` to write the files.

2 instances: 2 to write.
--- exit 0 ---
"#]]);
    assert_eq!((world.files(), world.path("instances").exists()), (files, false));
    assert_eq!(world.requests(), "GET /instances?pageSize=200");
    assert_eq!(world.ocon("import --all").exit, 0);
    world.ocon("import --all --dry-run").is(str![[r#"
Nothing to import: every instance that can have a file has one.
2 instances: 2 with a document already.
--- exit 0 ---
"#]]);
}

#[test]
fn a_dry_run_ends_as_the_import_does() {
    let world = tenant();
    world.send("POST", "/instances", &shop("\u{1b}[2J", &[]));
    world.send("POST", "/instances", &shop("Theirs", &["ocon:project=theirs", "ocon:key=shop"]));
    for (arguments, exit) in [
        ("--all", 3),
        ("20931 20932", 0),
        ("20931 20933", 3),
        ("20931 4711", 3),
        ("20931 20934", 7),
        ("--connector servicenow", 0),
        ("--connector closeio", 0),
    ] {
        let dry_run = world.ocon(&format!("import {arguments} --dry-run"));
        assert!(!world.path("instances").exists(), "{arguments}");
        let import = world.ocon(&format!("import {arguments}"));
        assert_eq!((dry_run.exit, import.exit), (exit, exit), "{arguments}: {}", import.stderr);
        assert_eq!(dry_run.stderr, import.stderr, "{arguments}");
        std::fs::remove_dir_all(world.path("instances")).ok();
    }
}

#[test]
fn a_dry_run_finds_what_would_stop_the_import() {
    let world = tenant();
    world.write("instances/stripe/shop.yaml", "key: other\nelement: stripe\nname: Other\n");
    world.ocon("import --all --dry-run").is(str![[r#"
--- stderr ---
error: files already exist, so no file was written
  caused by: instances/stripe/shop.yaml exists

hint: move them, or replace them with --force; links and folders are never replaced
--- exit 1 ---
"#]]);
    world.remove("instances/stripe/shop.yaml");
    std::fs::remove_dir(world.path("instances/stripe")).unwrap();
    world.write("instances/stripe", "a file\n");
    world.ocon("import --all --dry-run").is(str![[r#"
--- stderr ---
error: no file can be written to instances/stripe
  caused by: not a directory

hint: no file was written
--- exit 1 ---
"#]]);
}

#[test]
fn the_last_line_counts_every_instance() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    assert_eq!(world.ocon("apply --yes").exit, 0);
    world.requests();
    world.send("POST", "/instances", &desk("Help desk"));
    for number in 0..5 {
        world.send("POST", "/instances", &shop(&format!("\u{1b}{number}"), &[]));
    }
    world.send("POST", "/instances", &shop("Theirs", &["ocon:project=theirs", "ocon:key=shop"]));
    world.ocon("import --all").is(str![[r#"
written  instances/servicenow/help-desk.yaml  #20932
1 file and 1 variable; 1 key in comments.

# Set these where ocon runs, to the secrets from the provider:
# instances/servicenow/help-desk.yaml
export SERVICENOW_HELP_DESK_PASSWORD=
export OCON_ENV_ALLOW='SERVICENOW_HELP_DESK_PASSWORD'

Next: `ocon plan` shows the adoptions. `ocon apply --allow-unset` adopts the instances and changes
nothing else, whether or not the variables are set.

8 instances: 1 written, 1 with a document already, 1 of other projects, 5 that cannot be written.
--- stderr ---
no file for 20933, 20934, 20935 and 2 more: a name cannot begin or end with a space or contain control characters: change it on the platform
--- exit 3 ---
"#]]);
    world.ocon("import 20931 20932 20933").is(str![[r#"
Nothing to import.
3 instances: 2 with a document already, 1 that cannot be written.
--- stderr ---
no file for 20931: it already has a document, `shop` at instances/shop.yaml:1
no file for 20932: it already has a document, at instances/servicenow/help-desk.yaml:2
no file for 20933: a name cannot begin or end with a space or contain control characters: change it on the platform
--- exit 3 ---
"#]]);
    world.ocon("import 20931").is(str![[r#"
Nothing to import: every instance that can have a file has one.
1 instance: 1 with a document already.
--- stderr ---
no file for 20931: it already has a document, `shop` at instances/shop.yaml:1
--- exit 0 ---
"#]]);
}

#[test]
fn equal_reasons_are_printed_once_and_all_of_them_with_verbose() {
    let world = World::new(&[]).on_sandbox();
    for number in 0..5 {
        let mut instance = shop(&format!("Shop {number}"), &[]);
        instance["configuration"] = json!({ "unknown.key": "y" });
        world.send("POST", "/instances", &instance);
    }
    let warnings = |arguments: &str| {
        let run = world.ocon(arguments);
        let lines = run.stderr.lines().filter(|line| line.starts_with("warning"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let line = "warning: instances/stripe/shop-0.yaml, instances/stripe/shop-1.yaml, \
                instances/stripe/shop-2.yaml and 2 more omit configuration.unknown.key: the \
                connector does not document this key";
    assert_eq!(warnings("import --all --dry-run"), [line]);
    assert_eq!(warnings("import --all --dry-run -v").len(), 5);
}
