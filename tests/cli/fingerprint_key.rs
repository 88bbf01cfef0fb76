//! `OCON_FINGERPRINT_KEY`: long enough, on one line, and never shown.

use snapbox::str;

use crate::support::{CRM, World};

const KEY: &str = "a-fingerprint-key-of-32-letters!";

fn desk(key: &str) -> World {
    let world = World::new(&[("instances/desk.yaml", CRM)]).on_sandbox().with_password();
    world.secret("OCON_FINGERPRINT_KEY", key)
}

#[test]
fn a_guessable_fingerprint_key_is_refused() {
    let world = desk(&KEY[1..]);
    world.ocon("plan").is(str![[r#"
--- stderr ---
error: OCON_FINGERPRINT_KEY is too short

hint: use at least 32 characters on one line
hint: create one with: openssl rand -base64 32
--- exit 64 ---
"#]]);
    assert_eq!(world.ocon("apply --yes").exit, 64);
    assert_eq!(world.ocon("selftest").exit, 64);
    assert_eq!(world.requests(), "");
    assert_eq!(world.ocon("validate").exit, 0);
}

#[test]
fn a_key_of_several_lines_is_refused() {
    let world = desk("the-first-line-of-a-fingerprint-key\nand-a-second-one");
    world.ocon("plan").is(str![[r#"
--- stderr ---
error: OCON_FINGERPRINT_KEY contains a line break or another control character

hint: use at least 32 characters on one line
hint: create one with: openssl rand -base64 32
--- exit 64 ---
"#]]);
    assert_eq!(world.requests(), "");
}

#[cfg(unix)]
#[test]
fn a_fingerprint_key_that_is_not_text_is_refused() {
    use std::os::unix::ffi::OsStrExt as _;
    let world = desk(KEY);
    let mut command = world.command("plan");
    command.env("OCON_FINGERPRINT_KEY", std::ffi::OsStr::from_bytes(&[0xff; 40]));
    let output = command.output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.starts_with("error: OCON_FINGERPRINT_KEY is not valid UTF-8\n"), "{stderr}");
    assert_eq!(output.status.code(), Some(64));
}

#[test]
fn whitespace_around_the_key_is_removed() {
    let mut world = desk(KEY);
    assert_eq!(world.ocon("apply --yes").exit, 0);
    for padded in [format!(" {KEY}\r\n"), format!("\u{feff}{KEY}")] {
        world.set("OCON_FINGERPRINT_KEY", &padded);
        let run = world.ocon("plan");
        assert!(run.stdout.contains("No changes."), "{}{}", run.stdout, run.stderr);
    }
    // Whitespace is not a key: ocon uses the key of the organization secret, with a warning.
    world.set("OCON_FINGERPRINT_KEY", " \n");
    assert!(world.ocon("plan").stdout.contains("unverified"));
}
