//! A signal to each command that reads from the platform, while a request is held.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Child;

use ocon::sandbox::Faults;
use snapbox::str;

use super::fixture::{Fixture, Root};
use super::signals::{SIGNALS, send_to};
use crate::snapshot::Snapshot as _;

/// The commands, and the path of the first request to be held.
const COMMANDS: [&str; 12] = [
    "plan",
    "plan --format json",
    "plan --out plan.json",
    "apply --yes --outputs outputs.json",
    "apply --yes --format json",
    "status",
    "events shop",
    "doctor shop",
    "import --all",
    "token shop",
    "schema pull stripe",
    "authorize social",
];

/// A document of each kind, and a platform that holds every read.
fn fixture() -> (Root, Fixture) {
    let mut root = Root::new("answers");
    root.secret("APPLICATION", "application");
    root.write("shop", "element: stripe\nname: Shop\n");
    root.write(
        "social",
        "element: hootsuite\nname: Social\nconfiguration:\n  \
         oauth.api.key: ${{ env.APPLICATION }}\n  oauth.api.secret: ${{ env.APPLICATION }}\n  \
         oauth.callback.url: https://app.example/\n",
    );
    let faults = "rules: [{ when: { method: GET }, hold: before }]";
    let fixture = Fixture::empty(&root, faults.parse().unwrap());
    (root, fixture)
}

fn text_of(ocon: &mut Child) -> (String, String) {
    let (mut stdout, mut stderr) = (String::new(), String::new());
    ocon.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    ocon.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    (stdout, stderr)
}

#[test]
fn every_command_answers_a_signal_while_it_reads() {
    let mut shown = String::new();
    for (number, command) in COMMANDS.into_iter().enumerate() {
        let (root, fixture) = fixture();
        let before = root.files();
        let mut ocon = fixture.spawn(command);
        fixture.wait_for_held(1);
        send_to(ocon.id(), SIGNALS[number % SIGNALS.len()]);
        let (stdout, stderr) = text_of(&mut ocon);
        let stdout = fixture.without_port(&stdout);
        let exit = ocon.wait().unwrap().code().expect("it ends by itself");
        shown.push_str(&format!(
            "$ ocon {command}\n{stdout}--- stderr ---\n{stderr}--- exit {exit} ---\n"
        ));
        assert_eq!(root.files(), before, "{command} leaves nothing behind");
    }
    shown.is(str![[r#"
$ ocon plan
--- stderr ---
Interrupted: no plan was made.
--- exit 130 ---
$ ocon plan --format json
{
  "format": "ocon-failure",
  "version": 1,
  "exit": 130,
  "code": "interrupted",
  "message": "Interrupted: no plan was made.",
  "causes": [],
  "hints": [],
  "target": {
    "base_url": "http://127.0.0.1:[PORT]/elements/api-v2",
    "project": "answers"
  }
}
--- stderr ---
Interrupted: no plan was made.
--- exit 130 ---
$ ocon plan --out plan.json
--- stderr ---
Interrupted: no plan was made.
--- exit 130 ---
$ ocon apply --yes --outputs outputs.json
--- stderr ---
Interrupted: nothing was applied.
--- exit 130 ---
$ ocon apply --yes --format json
{
  "format": "ocon-failure",
  "version": 1,
  "exit": 130,
  "code": "interrupted",
  "message": "Interrupted: nothing was applied.",
  "causes": [],
  "hints": [],
  "target": {
    "base_url": "http://127.0.0.1:[PORT]/elements/api-v2",
    "project": "answers"
  }
}
--- stderr ---
Interrupted: nothing was applied.
--- exit 130 ---
$ ocon status
--- stderr ---
Interrupted: no status was printed.
--- exit 130 ---
$ ocon events shop
--- stderr ---
Interrupted: no events were printed.
--- exit 130 ---
$ ocon doctor shop
--- stderr ---
Interrupted: the delivery of events was not checked.
--- exit 130 ---
$ ocon import --all
--- stderr ---
Interrupted: no file was written.
--- exit 130 ---
$ ocon token shop
--- stderr ---
Interrupted: no token was printed.
--- exit 130 ---
$ ocon schema pull stripe
--- stderr ---
Interrupted: no schema was written.
--- exit 130 ---
$ ocon authorize social
--- stderr ---
Interrupted: nothing was created or changed.
--- exit 130 ---

"#]]);
}

#[test]
fn every_signal_ends_a_plan() {
    for signal in SIGNALS {
        let (_root, fixture) = fixture();
        let mut ocon = fixture.spawn("plan");
        fixture.wait_for_held(1);
        send_to(ocon.id(), signal);
        assert_eq!(text_of(&mut ocon).1, "Interrupted: no plan was made.\n");
        assert_eq!(ocon.wait().unwrap().code(), Some(130), "{signal}");
    }
}

#[test]
fn an_interruption_is_reported_as_a_comment_with_format_markdown() {
    let (_root, fixture) = fixture();
    let mut ocon = fixture.spawn("plan --format markdown");
    fixture.wait_for_held(1);
    send_to(ocon.id(), "TERM");
    let (stdout, _) = text_of(&mut ocon);
    assert!(stdout.contains("Interrupted: no plan was made."), "{stdout}");
    assert_eq!(ocon.wait().unwrap().code(), Some(130));
}

#[test]
fn a_delay_before_a_retry_ends_when_the_run_is_stopped() {
    let (_root, fixture) = fixture();
    let faults = "rules: [{ status: 429, headers: { Retry-After: '60' } }]";
    fixture.sandbox().set_faults(faults.parse::<Faults>().unwrap());
    let mut ocon = fixture.spawn("plan");
    let mut stderr = BufReader::new(ocon.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(stderr.any(|line| line.contains("trying again in 60")));
    send_to(ocon.id(), "TERM");
    assert_eq!(stderr.collect::<Vec<_>>(), ["Interrupted: no plan was made."]);
    assert_eq!(ocon.wait().unwrap().code(), Some(130));
}

#[test]
fn a_signal_that_is_ignored_from_the_start_stays_ignored() {
    let (_root, fixture) = fixture();
    let script = r#"trap "" HUP; exec "$0" "$@""#;
    let mut ocon =
        fixture.spawn_of(&["/bin/sh", "-c", script, env!("CARGO_BIN_EXE_ocon")], "plan --quiet");
    fixture.wait_for_held(1);
    send_to(ocon.id(), "HUP");
    fixture.sandbox().set_faults(Faults::default());
    fixture.sandbox().release();
    assert!(text_of(&mut ocon).0.contains("1 to create"));
    assert_eq!(ocon.wait().unwrap().code(), Some(0));
}
