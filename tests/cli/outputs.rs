//! `ocon apply --outputs`.

use serde_json::Value;
use snapbox::str;

use crate::snapshot::Snapshot as _;
use crate::support::{CRM, SHOP, World};

#[test]
fn outputs_go_to_a_file_that_only_its_owner_reads() {
    let files = [("instances/shop.yaml", SHOP), ("instances/desk.yaml", CRM)];
    let world = World::new(&files).with_password().on_sandbox();
    let run = world.ocon("apply --yes --outputs out.json --concurrency 1");
    let text = world.read("out.json");
    let outputs: Value = serde_json::from_str(&text).unwrap();
    let tokens: Vec<_> = ["desk", "shop"].map(|key| outputs[key]["token"].as_str().unwrap()).into();
    assert!(tokens.iter().all(|token| token.len() > 20 && !run.stdout.contains(token)));
    let shown = tokens.iter().fold(text.clone(), |text, token| text.replace(token, "[TOKEN]"));
    world.constant(&shown).is(str![[r#"
{
  "desk": {
    "id": 20931,
    "token": "[TOKEN]",
    "name": "Help desk",
    "connector": "servicenow",
    "webhook_url": "http://127.0.0.1:[PORT]/elements/api-v2/events/servicenow/MjA5MzE="
  },
  "shop": {
    "id": 20932,
    "token": "[TOKEN]",
    "name": "Shop",
    "connector": "stripe",
    "webhook_url": "http://127.0.0.1:[PORT]/elements/api-v2/events/stripe/MjA5MzI="
  }
}

"#]]);
    #[cfg(unix)]
    assert_eq!(world.mode("out.json"), 0o600);
    // An apply with nothing to do writes the same.
    world.ocon("apply --yes --outputs out.json");
    assert_eq!(world.read("out.json"), text);
}

#[test]
fn outputs_that_cannot_be_written_stop_the_apply_before_it_begins() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    world.ocon("apply --yes --outputs missing/out.json").is(str![[r#"
--- stderr ---
error: the outputs cannot be written to missing/out.json, so nothing was done
  caused by: its folder does not exist

hint: create the folder first
--- exit 64 ---
"#]]);
    assert_eq!(world.requests(), "");
    world.ocon("apply --yes --outputs instances").is(str![[r#"
--- stderr ---
error: the outputs cannot be written to instances, so nothing was done
  caused by: it is a folder

hint: name a file
--- exit 64 ---
"#]]);
    assert_eq!(world.requests(), "");
    assert_eq!(world.files(), ["instances/shop.yaml", "ocon.yaml"]);
}

#[test]
fn outputs_of_an_apply_that_fails_leave_the_old_file_alone() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    world.write("out.json", "{}\n");
    world.ocon("apply --outputs out.json");
    assert_eq!(world.read("out.json"), "{}\n");
    assert_eq!(world.files(), ["instances/shop.yaml", "ocon.yaml", "out.json"]);
}

#[test]
#[cfg(target_os = "linux")]
fn outputs_are_written_even_where_the_report_cannot_be() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = world.command("apply --yes --quiet --format json --outputs out.json");
    let status = command.stdout(full).stderr(std::process::Stdio::null()).status();
    assert_eq!(status.unwrap().code(), Some(1));
    assert!(world.read("out.json").contains("\"id\": 20931"));
}

#[test]
#[cfg(unix)]
fn outputs_go_only_to_files_and_not_through_symlinks() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    assert_eq!(world.ocon("apply --yes --outputs /dev/null").exit, 64);
    world.write("real.json", "{}");
    std::os::unix::fs::symlink("real.json", world.path("link.json")).unwrap();
    world.ocon("apply --yes --outputs link.json").is(str![[r#"
--- stderr ---
error: the outputs cannot be written to link.json, so nothing was done
  caused by: it is a link

hint: name the file itself
--- exit 64 ---
"#]]);
    let outside = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(outside.path(), world.path("folder")).unwrap();
    for outputs in ["folder/out.json", "folder/../out.json"] {
        let run = world.ocon(&format!("apply --yes --outputs {outputs}"));
        assert!(run.exit == 64 && run.stderr.contains("a link leads out"), "{}", run.stderr);
    }
    world.ocon("plan --out folder/plan.json").is(str![[r#"
--- stderr ---
error: the plan cannot be written to folder/plan.json, so nothing was done
  caused by: a link leads out of the repository

hint: name the file itself
--- exit 64 ---
"#]]);
    assert_eq!(world.read("real.json"), "{}");
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
    assert_eq!(world.writes(), "");
}

/// The lines without the tokens, which differ from run to run.
fn without_tokens(text: &str) -> String {
    let line = |line: &str| match line.split_once("_TOKEN=") {
        Some((name, token)) if token.len() > 20 => format!("{name}_TOKEN=[TOKEN]\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[test]
fn outputs_for_a_shell_are_assignments() {
    let files = [("instances/eu/shop-2.yaml", SHOP), ("instances/desk.yaml", CRM)];
    let world = World::new(&files).with_password().on_sandbox();
    let run = world.ocon("apply --yes --outputs out.env --outputs-format env");
    assert_eq!((run.exit, run.stderr.as_str()), (0, ""));
    let text = world.read("out.env");
    world.constant(&without_tokens(&text)).is(str![[r#"
OCON_INSTANCE_DESK_ID=20931
OCON_INSTANCE_DESK_TOKEN=[TOKEN]
OCON_INSTANCE_DESK_CONNECTOR=servicenow
OCON_INSTANCE_DESK_WEBHOOK_URL=http://127.0.0.1:[PORT]/elements/api-v2/events/servicenow/MjA5MzE=
OCON_INSTANCE_EU_SHOP_2_ID=20932
OCON_INSTANCE_EU_SHOP_2_TOKEN=[TOKEN]
OCON_INSTANCE_EU_SHOP_2_CONNECTOR=stripe
OCON_INSTANCE_EU_SHOP_2_WEBHOOK_URL=http://127.0.0.1:[PORT]/elements/api-v2/events/stripe/MjA5MzI=

"#]]);
    #[cfg(unix)]
    assert_eq!(world.mode("out.env"), 0o600);
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", ". ./out.env; echo $OCON_INSTANCE_EU_SHOP_2_TOKEN"]);
    let printed = shell.current_dir(world.path(".")).output().unwrap().stdout;
    assert_eq!(String::from_utf8(printed).unwrap(), world.ocon("token eu/shop-2").stdout);
}

#[test]
fn outputs_for_github_are_added_to_its_file_and_hidden_in_its_log() {
    let mut world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    world.ocon("apply --yes --outputs out --outputs-format github").is(str![[r#"
--- stderr ---
error: --outputs-format github would print tokens, which only GitHub Actions hides, so nothing was done

hint: elsewhere: --outputs-format env
--- exit 64 ---
"#]]);
    assert_eq!(world.requests(), "");
    world.set("GITHUB_ACTIONS", "true");
    world.ocon("apply --yes --outputs out --outputs-format github").is(str![[r#"
--- stderr ---
error: the outputs cannot be added to out, so nothing was done
  caused by: No such file or directory (os error 2)

hint: name the file of the runner: --outputs "$GITHUB_OUTPUT"
--- exit 64 ---
"#]]);
    assert_eq!(world.requests(), "");
    world.write("out", "before=1\n");
    let run = world.ocon("apply --yes --outputs out --outputs-format github");
    let token = world.ocon("token shop").stdout;
    assert_eq!((run.exit, run.stderr), (0, format!("::add-mask::{token}")));
    assert!(!run.stdout.contains(token.trim()));
    world.constant(&without_tokens(&world.read("out"))).is(str![[r#"
before=1
OCON_INSTANCE_SHOP_ID=20931
OCON_INSTANCE_SHOP_TOKEN=[TOKEN]
OCON_INSTANCE_SHOP_CONNECTOR=stripe
OCON_INSTANCE_SHOP_WEBHOOK_URL=http://127.0.0.1:[PORT]/elements/api-v2/events/stripe/MjA5MzE=

"#]]);
}

#[test]
fn outputs_with_one_name_for_two_documents_stop_the_apply_before_it_begins() {
    let files = [("instances/a-b.yaml", SHOP), ("instances/a/b.yaml", SHOP)];
    let world = World::new(&files).on_sandbox();
    world.ocon("apply --yes --outputs out --outputs-format env").is(str![[r#"
--- stderr ---
error: `a-b` and `a/b` would both be OCON_INSTANCE_A_B_TOKEN in the outputs, so nothing was done

hint: use --outputs-format json, or give one of them another `key:`
--- exit 64 ---
"#]]);
    assert_eq!(world.requests(), "");
    world.ocon("apply --yes --outputs-format env").is(str![[r#"
--- stderr ---
error: the following required arguments were not provided:
  --outputs <FILE>

Usage: ocon apply --outputs <FILE> --yes --outputs-format <FORMAT> --concurrency <N> [PLAN.json|KEY|PATH]...

For more information, try '--help'.
--- exit 64 ---
"#]]);
}

#[test]
fn no_file_that_ocon_reads_is_replaced() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    world.ocon("apply --yes --outputs instances/shop.yaml").is(str![[r#"
--- stderr ---
error: the outputs cannot be written to instances/shop.yaml, so nothing was done
  caused by: ocon reads its input from there

hint: name a file elsewhere
--- exit 64 ---
"#]]);
    world.ocon("plan --out ocon.yaml").is(str![[r#"
--- stderr ---
error: the plan cannot be written to ocon.yaml, so nothing was done
  caused by: ocon reads its input from there

hint: name a file elsewhere
--- exit 64 ---
"#]]);
    world.ocon("plan --out instances/plan.json").is(str![[r#"
--- stderr ---
error: the plan cannot be written to instances/plan.json, so nothing was done
  caused by: ocon reads its input from there

hint: name a file elsewhere
--- exit 64 ---
"#]]);
    assert_eq!(world.read("instances/shop.yaml"), SHOP);
    assert_eq!(world.writes(), "");
}

#[test]
fn the_line_of_another_step_stays_a_line() {
    let mut world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    world.set("GITHUB_ACTIONS", "true");
    world.write("step", "A=1");
    assert_eq!(world.ocon("apply --yes --outputs step --outputs-format github").exit, 0);
    assert!(world.read("step").starts_with("A=1\nOCON_INSTANCE_SHOP_ID=20931\n"));
}
