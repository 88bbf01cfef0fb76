//! A file-size limit and a full disk: an error, and no incomplete file.

#![cfg(unix)]

use std::process::Command;

use snapbox::str;

use crate::snapshot::Snapshot as _;
use crate::support::{SHOP, World};

/// A platform with an instance, and a file with more text than two blocks of 512 bytes.
fn world() -> World {
    let tags: Vec<_> =
        (0..60).map(|number| format!("  - a tag with the number {number}\n")).collect();
    let tags = tags.concat();
    World::new(&[("instances/shop.yaml", &format!("element: stripe\nname: Shop\ntags:\n{tags}"))])
        .on_sandbox()
}

#[test]
fn a_file_that_becomes_too_large_is_an_error_and_is_not_left_behind() {
    let world = world();
    let before = world.files();
    let shown = ["plan --out plan.json", "man pages", "schema pull stripe"].map(|command| {
        let run = world.ocon_on_a_small_disk(2, command);
        assert_eq!(world.files(), before, "{command}");
        let folders = ["pages", "schemas"].iter().filter(|folder| world.path(folder).exists());
        assert_eq!(folders.count(), 0, "{command}");
        let stderr = world.constant(&run.stderr);
        format!("$ ocon {command}\n{stderr}--- exit {} ---", run.exit)
    });
    shown.join("\n").is(str![[r#"
$ ocon plan --out plan.json
error: plan.json cannot be written
  caused by: File too large (os error 27)

hint: raise the file-size limit (`ulimit -f`), then run the command again
--- exit 1 ---
$ ocon man pages
error: pages/ocon.1 cannot be written
  caused by: File too large (os error 27)

hint: raise the file-size limit (`ulimit -f`), then run the command again
--- exit 1 ---
$ ocon schema pull stripe
error: schemas/connectors/stripe.schema.json cannot be written
  caused by: File too large (os error 27)

hint: raise the file-size limit (`ulimit -f`), then run the command again
--- exit 1 ---
"#]]);
}

#[test]
fn ids_are_reported_where_the_outputs_cannot_be_written() {
    let world = world();
    let before = world.files();
    // With a limit of 0 bytes, only pipes can be written.
    world.ocon_on_a_small_disk(0, "apply --yes --outputs outputs.json").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + shop  Shop                                                                 instances/shop.yaml:1
      + tags
          a tag with the number 0, a tag with the number 1, a tag with the number 10, a tag with the
          number 11, a tag with the number 12, a tag with the number 13, a tag with the number 14, a
          tag with the number 15, a tag with the number 16, a tag with the number 17, a tag with the
          number 18, a tag with the number 19, a tag with the number 2, a tag with the number 20, a
          tag with the number 21, a tag with the number 22, a tag with the number 23, a tag with the
          number 24, a tag with the number 25, a tag with the number 26, a tag with the number 27, a
          tag with the number 28, a tag with the number 29, a tag with the number 3, a tag with the
          number 30, a tag with the number 31, a tag with the number 32, a tag with the number 33, a
          tag with the number 34, a tag with the number 35, a tag with the number 36, a tag with the
          number 37, a tag with the number 38, a tag with the number 39, a tag with the number 4, a
          tag with the number 40, a tag with the number 41, a tag with the number 42, a tag with the
          number 43, a tag with the number 44, a tag with the number 45, a tag with the number 46, a
          tag with the number 47, a tag with the number 48, a tag with the number 49, a tag with the
          number 5, a tag with the number 50, a tag with the number 51, a tag with the number 52, a
          tag with the number 53, a tag with the number 54, a tag with the number 55, a tag with the
          number 56, a tag with the number 57, a tag with the number 58, a tag with the number 59, a
          tag with the number 6, a tag with the number 7, a tag with the number 8, a tag with the
          number 9

Plan: 1 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged.
Requests: 2 read, 1 to write, 1 to check.

  + shop  #20931

Applied: 1 created.
--- stderr ---
error: outputs.json cannot be written
  caused by: File too large (os error 27)

hint: raise the file-size limit (`ulimit -f`), then run the command again
--- exit 1 ---
"#]]);
    assert_eq!(world.files(), before);
    assert_eq!(world.ocon("plan --detailed-exitcode").exit, 0);
}

#[test]
fn a_file_that_others_append_to_gets_all_lines_or_none() {
    let mut world = world();
    world.set("GITHUB_ACTIONS", "true");
    world.write("output", "other=1\n".repeat(63));
    let run = world.ocon_on_a_small_disk(1, "apply --yes --outputs output --outputs-format github");
    assert_eq!(run.exit, 1, "{}", run.stderr);
    assert!(run.stdout.contains("shop  #20931"), "{}", run.stdout);
    assert_eq!(world.read("output"), "other=1\n".repeat(63));
}

#[test]
fn a_folder_of_the_embedded_sandbox_is_hidden_from_git_or_the_run_fails() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]);
    let run = world.ocon_on_a_small_disk(0, "plan --sandbox");
    world.constant(&run.stderr).is(str![[r#"
error: the folder .ocon cannot be written
  caused by: File too large (os error 27)

hint: raise the file-size limit (`ulimit -f`), then run the command again

"#]]);
    assert_eq!(run.exit, 1);
    assert!(!world.path(".ocon/.gitignore").exists());
    assert_eq!(world.ocon("plan --sandbox").exit, 0);
    assert_eq!(world.read(".ocon/.gitignore"), "*\n");
    // The sandbox now has a state, which grows beyond the limit.
    let before = std::fs::read_to_string(world.path(".ocon/sandbox.json")).unwrap();
    let run = world.ocon_on_a_small_disk(1, "apply --yes --sandbox");
    assert_eq!(run.exit, 3, "{}", run.stderr);
    assert_eq!(std::fs::read_to_string(world.path(".ocon/sandbox.json")).unwrap(), before);
    assert!(!world.path(".ocon/sandbox.json.new").exists());
}

#[test]
fn a_result_in_a_file_that_becomes_too_large_is_an_error() {
    let world = world();
    let ocon = world.command("explain");
    let mut sh = Command::new("/bin/sh");
    sh.args(["-c", r#"ulimit -f 2; "$0" "$@" >out.txt"#])
        .arg(ocon.get_program())
        .args(ocon.get_args());
    let output = sh.current_dir(world.path(".")).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    world.constant(&String::from_utf8(output.stderr).unwrap()).is(str![[r#"
error: the result could not be written to stdout
  caused by: File too large (os error 27)

hint: raise the file-size limit (`ulimit -f`), then run the command again

"#]]);
}

#[test]
#[cfg(target_os = "linux")]
fn every_result_that_cannot_be_written_is_an_error() {
    let world = world();
    let commands = [
        "validate --format json",
        "plan",
        "status",
        "token shop",
        "doctor shop",
        "events shop",
        "import --all",
        "schema pull stripe",
        "explain",
        "completions zsh",
        "man pages",
        "--help",
        "--version",
        "plan --help",
    ];
    assert_eq!(world.ocon("apply --yes --quiet").exit, 0);
    for command in commands {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = world
            .command(command)
            .stdout(full)
            .stderr(std::process::Stdio::piped())
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        let expected = "error: the result could not be written to stdout\n  caused by: No space left on \
                        device (os error 28)\n\nhint: free some disk space, then run the command again\n";
        assert!(stderr.ends_with(expected), "{command}: {stderr}");
        assert_eq!(output.status.code(), Some(1), "{command}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn ids_are_reported_where_the_report_cannot_be_written() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = world.command("apply --yes --quiet --format json");
    let output = command.stdout(full).stderr(std::process::Stdio::piped()).output().unwrap();
    world.constant(&String::from_utf8(output.stderr).unwrap()).is(str![[r#"
  + shop  #20931

Applied: 1 created.
error: the result could not be written to stdout
  caused by: No space left on device (os error 28)

hint: free some disk space, then run the command again

"#]]);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
#[cfg(target_os = "linux")]
fn without_open_files_for_signals_nothing_is_done() {
    let world = World::new(&[]);
    let ocon = world.command("--version");
    let mut sh = Command::new("/bin/sh");
    sh.args(["-c", r#"ulimit -n 4; exec "$0" "$@""#]).arg(ocon.get_program()).args(ocon.get_args());
    let output = sh.env_clear().output().unwrap();
    String::from_utf8(output.stderr).unwrap().is(str![[r#"
error: signals cannot be received
  caused by: Too many open files (os error 24)

"#]]);
    assert_eq!(output.status.code(), Some(1));
}
