//! The first process of a PID namespace, as in a container: only signals with a handler end it.

#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::process::{Child, Command, Stdio};

use super::fixture::{Fixture, IGNORES_NO_SIGNAL, Root};
use super::signals::{SIGNALS, send_to};

const SKIPPED: &str =
    "skipped: this machine makes no PID namespace (`unshare --pid --fork true` fails)";

/// The command line that makes ocon the first process of a namespace: as root, or else in a user
/// namespace too. `None` where the machine makes none, which fails the test if root runs it.
fn first_process() -> Option<Vec<&'static str>> {
    let lines = [
        vec!["/usr/bin/unshare", "--pid", "--fork", "--kill-child"],
        vec!["/usr/bin/unshare", "--map-root-user", "--pid", "--fork", "--kill-child"],
    ];
    let works = |line: &Vec<&str>| {
        let mut command = Command::new(line[0]);
        command.args(&line[1..]).arg("/bin/true").stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let line = lines.into_iter().find(works);
    let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    assert!(line.is_some() || !is_root, "`unshare --pid --fork true` fails, although this is root");
    line.map(|line| [line.as_slice(), &IGNORES_NO_SIGNAL, &[env!("CARGO_BIN_EXE_ocon")]].concat())
}

/// The process that was forked into the namespace, by its id out here.
fn inner(unshare: &Child) -> u32 {
    let id = unshare.id();
    let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
    children.trim().parse().expect("there is one child")
}

#[test]
fn the_first_process_answers_every_signal_while_it_reads() {
    let Some(line) = first_process() else {
        eprintln!("{SKIPPED}");
        return;
    };
    for signal in SIGNALS {
        let root = Root::new("first");
        root.write("shop", "element: stripe\nname: Shop\n");
        let faults = "rules: [{ when: { method: GET }, hold: before }]";
        let fixture = Fixture::empty(&root, faults.parse().unwrap());
        let mut unshare = fixture.spawn_of(&line, "plan");
        fixture.wait_for_held(1);
        send_to(inner(&unshare), signal);
        let mut stderr = String::new();
        unshare.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert_eq!(stderr, "Interrupted: no plan was made.\n", "{signal}");
        assert_eq!(unshare.wait().unwrap().code(), Some(130), "{signal}");
    }
}

#[test]
fn the_first_process_finishes_an_apply_at_the_first_signal() {
    let Some(line) = first_process() else {
        eprintln!("{SKIPPED}");
        return;
    };
    let root = Root::new("first");
    root.write("shop", "element: stripe\nname: Shop\n");
    let faults = "rules: [{ when: { method: POST }, hold: before }]";
    let fixture = Fixture::empty(&root, faults.parse().unwrap());
    let mut unshare = fixture.spawn_of(&line, "apply --yes");
    fixture.wait_for_held(1);
    send_to(inner(&unshare), "TERM");
    let mut stderr = BufReader::new(unshare.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(stderr.any(|line| line.starts_with("Interrupted: requests in flight finish")));
    fixture.release(1);
    let mut stdout = String::new();
    unshare.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    assert!(stdout.contains("Applied: 1 created."), "{stdout}");
    assert_eq!(unshare.wait().unwrap().code(), Some(130));
}

#[test]
fn the_first_process_ends_while_it_serves() {
    let Some(line) = first_process() else {
        eprintln!("{SKIPPED}");
        return;
    };
    let root = Root::new("first");
    let fixture = Fixture::empty(&root, ocon::sandbox::Faults::default());
    let mut unshare = fixture.spawn_of(&line, "sandbox");
    let stdout = BufReader::new(unshare.stdout.take().unwrap());
    assert_eq!(stdout.lines().take(3).count(), 3);
    send_to(inner(&unshare), "TERM");
    assert_eq!(unshare.wait().unwrap().code(), Some(0));
}
