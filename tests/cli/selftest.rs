//! `ocon selftest --leaks`.

use snapbox::str;

use crate::snapshot::Snapshot as _;
use crate::support::{CRM, SHOP, World};

fn world() -> World {
    World::new(&[("instances/desk.yaml", CRM), ("instances/shop.yaml", SHOP)])
}

#[test]
fn a_selftest_counts_the_searched_output() {
    let mut world = world().with_password();
    world.write(
        "instances/other.yaml",
        CRM.replace("DESK_PASSWORD", "PORT").replace("Help", "Front"),
    );
    world.set("PORT", "443");
    let run = world.ocon("selftest --leaks");
    assert_eq!((run.exit, run.stderr.as_str()), (0, ""));
    let (before, after) = run.stdout.split_once(" byte").unwrap();
    let (before, bytes) = before.rsplit_once(' ').unwrap();
    assert!(bytes.replace(',', "").parse::<usize>().unwrap() > 10_000, "{bytes}");
    format!("{before} [BYTES] byte{after}").is(str![[r#"
Ran 112 commands against a sandbox, and searched [BYTES] bytes of stdout, stderr and plans.
Looked for 3 secrets in 15 encodings: as it is, percent-encoded, percent-encoded in lower case, form-encoded, JSON, JSON in ASCII, JSON in JSON, Base64, Base64 for URLs, hexadecimal, hexadecimal in capitals, Base64 of Base64, Base64 of UTF-16, Base64 in lines, hexadecimal with separators.
1 more secret is shorter than 8 bytes and cannot be distinguished from ordinary text.

No secret was found.

"#]]);
    let json = world.ocon("selftest --leaks --format json").stdout;
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&report["secrets"], &report["too_short"]), (&3.into(), &1.into()));
    assert_eq!(report["findings"], serde_json::json!([]));
}

/// No platform is configured, and the sandbox is in memory, so no file remains.
#[test]
fn it_needs_no_platform_and_no_variable_and_leaves_nothing_behind() {
    let world = world();
    let before = world.files();
    let run = world.ocon("selftest --leaks --quiet");
    assert_eq!((run.exit, run.stderr.as_str()), (0, ""), "{}", run.stdout);
    assert!(run.stdout.contains("Looked for 3 secrets in "), "{}", run.stdout);
    assert_eq!(world.files(), before);
}

#[test]
fn it_never_asks_the_platform() {
    let world = world().on_sandbox().with_password();
    assert_eq!(world.ocon("selftest --leaks").exit, 0);
    assert_eq!(world.requests(), "");
}

#[test]
fn wrong_files_are_reported_before_anything_runs() {
    let world = world();
    world.write("instances/shop.yaml", SHOP.replace("name:", "nam:"));
    let run = world.ocon("selftest --leaks");
    assert_eq!((run.exit, run.stdout.as_str()), (5, ""));
    assert!(run.stderr.contains("error[unknown-key]"), "{}", run.stderr);
}

#[test]
fn selftest_needs_the_leaks_flag() {
    world().ocon("selftest").is(str![[r#"
--- stderr ---
error: the following required arguments were not provided:
  --leaks

Usage: ocon selftest --leaks

For more information, try '--help'.
--- exit 64 ---
"#]]);
}
