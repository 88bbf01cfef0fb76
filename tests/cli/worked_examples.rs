//! The example file of every connector, applied to the sandbox.

use std::fs;
use std::path::Path;
use std::process::Command;

fn ocon(root: &Path, arguments: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_ocon"))
        .args(arguments.split_whitespace())
        .current_dir(root)
        .env_clear()
        .output()
        .unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_connector_is_created_from_its_worked_file_and_then_nothing_changes() {
    let root = tempfile::tempdir().unwrap();
    let instances = root.path().join("instances");
    fs::create_dir(&instances).unwrap();
    for entry in fs::read_dir("tests/data/files/valid/connectors").unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), instances.join(entry.file_name())).unwrap();
    }
    let applied = ocon(root.path(), "apply --sandbox --yes --quiet");
    assert!(applied.contains("\nApplied: 167 created.\n"), "{applied}");
    let plan = ocon(root.path(), "plan --sandbox --quiet");
    assert!(plan.ends_with("\nNo changes. 167 instances match the files.\n"), "{plan}");
}
