//! The example file of every connector, applied to the sandbox.

use std::fs;

use crate::support::World;

#[test]
fn every_connector_is_created_from_its_worked_file_and_then_nothing_changes() {
    let world = World::new(&[]);
    for entry in fs::read_dir("tests/data/files/valid/connectors").unwrap() {
        let file = entry.unwrap();
        let path = format!("instances/{}", file.file_name().display());
        world.write(&path, fs::read(file.path()).unwrap());
    }
    let applied = world.ocon("apply --sandbox --yes --quiet");
    assert_eq!(applied.stderr, "");
    assert!(applied.stdout.contains("\nApplied: 167 created.\n"), "{}", applied.stdout);
    let plan = world.ocon("plan --sandbox --quiet");
    let last = "\nNo changes. 167 instances match the files.\n";
    assert!(plan.stderr.is_empty() && plan.stdout.ends_with(last), "{}", plan.stdout);
}
