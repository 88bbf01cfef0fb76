//! `ocon apply --outputs`.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;
use snapbox::str;

use crate::support::{CRM, SHOP, World, is};

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
    is(
        &world.constant(&shown),
        str![[r#"
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

"#]],
    );
    let mode = world.path("out.json").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // An apply with nothing to do writes the same.
    world.ocon("apply --yes --outputs out.json");
    assert_eq!(world.read("out.json"), text);
}

#[test]
fn outputs_that_cannot_be_written_stop_the_apply_before_it_begins() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    world.ocon("apply --yes --outputs missing/out.json").is(str![[r#"
$ ocon apply --yes --outputs missing/out.json
--- stderr ---
error: the outputs cannot be written to missing/out.json, so nothing was done
  caused by: its folder does not exist

hint: create the folder first
--- exit 64 ---

"#]]);
    is(&world.requests(), str![]);
    world.ocon("apply --yes --outputs instances").is(str![[r#"
$ ocon apply --yes --outputs instances
--- stderr ---
error: the outputs cannot be written to instances, so nothing was done
  caused by: it is a folder

hint: name a file
--- exit 64 ---

"#]]);
    is(&world.requests(), str![]);
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
fn outputs_go_to_files_only_and_through_links() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    assert_eq!(world.ocon("apply --yes --outputs /dev/null").exit, 64);
    world.write("real.json", "{}");
    std::os::unix::fs::symlink("real.json", world.path("link.json")).unwrap();
    assert_eq!(world.ocon("apply --yes --outputs link.json").exit, 0);
    assert!(world.path("link.json").is_symlink() && world.read("real.json").contains("20931"));
}
