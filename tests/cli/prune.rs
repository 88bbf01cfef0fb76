//! `--prune`: the only way to delete.

use snapbox::str;

use crate::snapshot::Snapshot as _;
use crate::support::{SHOP, World};

#[test]
fn a_path_with_prune_is_an_error() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    world.ocon("plan --prune instances/shop.yaml").is(str![[r#"
--- stderr ---
error: the argument '--prune' cannot be used with '[KEY|PATH]...'

Usage: ocon plan --prune [KEY|PATH]...

For more information, try '--help'.
--- exit 64 ---
"#]]);
}

#[test]
fn an_orphan_is_a_note_and_a_delete_only_on_request() {
    let files =
        [("instances/shop.yaml", SHOP), ("instances/old.yaml", "element: stripe\nname: Old\n")];
    let world = World::new(&files).on_sandbox();
    world.ocon("apply --yes --concurrency 1");
    world.remove("instances/old.yaml");
    world.ocon("plan --detailed-exitcode").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  note: old #20931: no document describes stripe `Old`. It is not changed. To delete it, use
        `--prune` (orphan)

No changes. 1 instance matches the files; 1 orphan.
--- exit 0 ---
"#]]);
    world.ocon("plan --prune").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  - old  Old  #20931  delete

Plan: 0 to create, 0 to update, 1 to delete; 1 unchanged.
Requests: 1 read, 1 to write, 1 to check.
--- exit 0 ---
"#]]);
}

#[test]
fn more_deletes_than_allowed_are_refused_and_done_when_the_number_is_given() {
    let shop = |name: &str| format!("element: stripe\nname: {name}\n");
    let world = World::new(&[("instances/keep.yaml", &shop("Keep"))]).on_sandbox();
    for name in ["a", "b", "c", "d"] {
        world.write(&format!("instances/{name}.yaml"), shop(name));
    }
    world.ocon("apply --yes --concurrency 1");
    for name in ["a", "b", "c", "d"] {
        world.remove(&format!("instances/{name}.yaml"));
    }
    world.requests();
    let refused = world.ocon("apply --yes --prune");
    assert_eq!(refused.exit, 7);
    refused.stderr.is(str![[r#"
error: the plan deletes 4 of 5 managed instances, but the limit is 3

hint: nothing was applied. To delete all of them: --max-deletes 4

"#]]);
    assert_eq!(world.writes(), "");
    let done = world.ocon("apply --yes --prune --max-deletes 4 --concurrency 1");
    assert!(done.stdout.starts_with(&refused.stdout), "{}", refused.stdout);
    done.is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  - a  a  #20931  delete
  - b  b  #20932  delete
  - c  c  #20933  delete
  - d  d  #20934  delete

Plan: 0 to create, 0 to update, 4 to delete; 1 unchanged.
Requests: 1 read, 4 to write, 4 to check.

Applied: 4 deleted.
--- exit 0 ---
"#]]);
    world.writes().is(str![[r#"
DELETE /instances/20931
DELETE /instances/20932
DELETE /instances/20933
DELETE /instances/20934
"#]]);
}

#[test]
fn pruning_without_any_document_is_refused_in_the_embedded_sandbox() {
    let world = World::new(&[("instances/.keep", "")]);
    world.ocon("apply --yes --prune --sandbox").is(str![[r#"
--- stderr ---
error: there are no documents, so --prune would delete every instance of the project

hint: check that `instances` is the right folder: --instances DIR, -C DIR. To delete a whole project, delete the folder .ocon
--- exit 7 ---
"#]]);
}

#[test]
fn pruning_without_any_document_is_refused() {
    let world = World::new(&[("instances/.keep", "")]).on_sandbox();
    for command in ["apply --yes --prune", "plan --prune"] {
        world.ocon(command).is(str![[r#"
--- stderr ---
error: there are no documents, so --prune would delete every instance of the project

hint: check that `instances` is the right folder: --instances DIR, -C DIR. To delete a whole project, delete its instances in the user interface
--- exit 7 ---
"#]]);
    }
    assert_eq!(world.requests(), "");
}

#[test]
fn pruning_needs_a_named_project_and_every_file() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    world.write("instances/kiosk.json", "{}");
    world.ocon("plan --prune --quiet").is(str![[r#"
--- stderr ---
error: ocon does not read JSON files, so --prune would delete the instances that they describe

hint: rename them to .yaml (JSON is valid YAML), or remove them
--- exit 7 ---
"#]]);
    world.remove("instances/kiosk.json");
    world.remove("ocon.yaml");
    world.ocon("plan --prune").is(str![[r#"
--- stderr ---
error: no project is named, so --prune would also delete other people's instances in `default`

hint: if all of them are yours, use --project default. To name another project, write `project: NAME` in ocon.yaml and run once with --take-from default, while the instances still have files
--- exit 7 ---
"#]]);
    assert_eq!(world.ocon("plan --prune --project mine").exit, 0);
    assert_eq!(world.requests().lines().count(), 2);
}
