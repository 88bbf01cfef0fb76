//! Ctrl-C, SIGTERM and SIGHUP during an apply: the first lets requests in flight finish, the second ends
//! the process.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command};

use serde_json::{Value, json};
use snapbox::str;

use super::fixture::{Fixture, Root, Run};
use crate::snapshot::Snapshot as _;

pub(crate) const SIGNALS: [&str; 3] = ["INT", "TERM", "HUP"];

/// A platform that holds the first two of four creates.
fn fixture() -> (Root, Fixture) {
    let root = Root::new("signals");
    for name in ["a", "b", "c", "d"] {
        root.write(name, &format!("element: stripe\nname: {name}\n"));
    }
    let faults = "rules: [{ when: { method: POST, occurrence: 1..2 }, hold: before }]";
    let fixture = Fixture::empty(&root, faults.parse().unwrap());
    (root, fixture)
}

/// An interrupted apply with two creates in flight, after its message about that.
fn interrupted(fixture: &Fixture, signal: &str, arguments: &str) -> (Child, String) {
    let mut ocon = fixture.spawn(&format!("apply --yes --concurrency 2 {arguments}"));
    fixture.wait_for_held(2);
    send(&ocon, signal);
    let mut stderr = BufReader::new(ocon.stderr.take().unwrap()).lines().map(Result::unwrap);
    let printed = stderr.find(|line| line.starts_with("Interrupted: ")).unwrap();
    (ocon, printed)
}

fn send(ocon: &Child, signal: &str) {
    send_to(ocon.id(), signal);
}

/// Sends a signal to the process with this id.
pub(crate) fn send_to(id: u32, signal: &str) {
    let arguments = [format!("-{signal}"), id.to_string()];
    assert!(Command::new("kill").args(arguments).status().unwrap().success());
}

fn ended(mut ocon: Child, printed: String) -> Run {
    let mut stdout = String::new();
    ocon.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    let exit = ocon.wait().unwrap().code().expect("it ends by itself");
    Run { exit, stdout, stderr: printed }
}

#[test]
fn the_first_signal_waits_for_requests_in_flight_and_starts_no_other() {
    for signal in SIGNALS {
        let (_root, fixture) = fixture();
        let (ocon, printed) = interrupted(&fixture, signal, "--quiet");
        fixture.release(2);
        let mut run = ended(ocon, printed);
        // The two ids are given out in the order in which the requests are released.
        run.stdout = run.stdout.replace("20932", "20931").replace("MjA5MzI", "MjA5MzE");
        run.is(
            &fixture,
            str![[r#"
Project signals at http://127.0.0.1:[PORT]/elements/api-v2

  + a  a                                                                          instances/a.yaml:1
  + b  b                                                                          instances/b.yaml:1
  + c  c                                                                          instances/c.yaml:1
  + d  d                                                                          instances/d.yaml:1

Plan: 4 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged.
Requests: 2 read, 4 to write, 1 to check.

  ! c  create not-started
  ! d  create not-started
  + a  #20931
  + b  #20931

Applied: 2 created. Not started: 2. Running it again is safe.
--- stderr ---
Interrupted: requests in flight finish, and no new step starts. Interrupt again to abort.
--- exit 130 ---

"#]],
        );
        assert_eq!(fixture.writes(), 2, "{signal}");
        assert_eq!(fixture.ocon("apply --yes").exit, 0);
        assert_eq!(fixture.writes(), 4, "{signal}: nothing is created twice");
        assert_eq!(fixture.ocon("plan --detailed-exitcode").exit, 0);
    }
}

#[test]
fn an_interrupted_run_reports_its_result_to_scripts() {
    let (_root, fixture) = fixture();
    let (ocon, printed) = interrupted(&fixture, "TERM", "--format json");
    fixture.release(2);
    let run = ended(ocon, printed);
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    let results = document["results"].as_array().unwrap().iter();
    let outcomes: Vec<_> = results.map(|result| (&result["key"], &result["outcome"])).collect();
    let expected =
        json!([["a", "done"], ["b", "done"], ["c", "not-started"], ["d", "not-started"]]);
    assert_eq!((json!(outcomes), run.exit), (expected, 130));
}

#[test]
fn the_second_signal_ends_the_run_at_once() {
    for (first, second) in [("INT", "INT"), ("TERM", "TERM"), ("INT", "TERM"), ("HUP", "TERM")] {
        let (_root, fixture) = fixture();
        let mut ocon = fixture.spawn("apply --yes --concurrency 2 --quiet");
        fixture.wait_for_held(2);
        send(&ocon, first);
        let mut stderr = BufReader::new(ocon.stderr.take().unwrap()).lines().map(Result::unwrap);
        let printed = stderr.find(|line| line.starts_with("Interrupted: ")).unwrap();
        send(&ocon, second);
        // The two requests are still held: the run did not wait for them.
        let printed = stderr.fold(printed, |printed, line| printed + "\n" + &line);
        let run = ended(ocon, printed);
        assert_eq!(fixture.writes(), 0);
        is_stderr(
            &run,
            str![[r#"
Interrupted: requests in flight finish, and no new step starts. Interrupt again to abort.
Aborted: the outcome of the requests in flight is unknown. The next run detects it.
"#]],
        );
        assert!(!run.stdout.contains("Applied"), "{run:?}");
        // The platform carries them out all the same, and the next run finds what they created.
        fixture.release(2);
        assert_eq!(fixture.ocon("apply --yes").exit, 0);
        assert_eq!(fixture.writes(), 4);
        assert_eq!(fixture.ocon("plan --detailed-exitcode").exit, 0);
    }
}

/// Compares the stderr of an interrupted run with the expected text.
#[track_caller]
fn is_stderr(run: &Run, expected: impl snapbox::IntoData) {
    assert_eq!(run.exit, 130, "{run:?}");
    run.stderr.is(expected);
}

#[test]
fn several_hangups_of_a_closed_terminal_are_one_signal() {
    let (_root, fixture) = fixture();
    let (ocon, printed) = interrupted(&fixture, "HUP", "--quiet");
    send(&ocon, "HUP");
    fixture.release(2);
    let run = ended(ocon, printed);
    assert_eq!((run.exit, fixture.writes()), (130, 2), "{run:?}");
    assert!(run.stdout.contains("Applied: 2 created. Not started: 2."), "{run:?}");
}

#[test]
fn a_refused_request_is_not_sent_again_after_the_first_signal() {
    let (_root, fixture) = fixture();
    let faults = "rules: [{ when: { method: POST, occurrence: 1 }, status: 429, headers: { Retry-After: '60' } }]";
    fixture.sandbox().set_faults(faults.parse().unwrap());
    let mut ocon = fixture.spawn("apply --yes --concurrency 1");
    let mut stderr = BufReader::new(ocon.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(stderr.any(|line| line.contains("trying again in 60")));
    send(&ocon, "TERM");
    let printed = stderr.find(|line| line.starts_with("Interrupted: ")).unwrap();
    let run = ended(ocon, printed);
    assert_eq!((run.exit, fixture.writes()), (130, 1), "{run:?}");
    assert!(run.stdout.contains("Not started: "), "{run:?}");
}
