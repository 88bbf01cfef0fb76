//! SIGTERM and Ctrl-C while a command waits for a person, for a reader of its output or for a child.
//!
//! The commands that wait for the platform are in `tests/faults/kills`.

#![cfg(target_os = "linux")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ocon::sandbox::SandboxOptions;
use snapbox::str;

use crate::authorize::{Prompt, curl};
use crate::snapshot::Snapshot as _;
use crate::support::{SHOP, World, terminate};

/// Ends a blocked command. Returns its stderr and exit code.
fn ended(mut ocon: Child, mut stderr: impl std::io::Read) -> String {
    terminate(&ocon);
    let mut printed = String::new();
    stderr.read_to_string(&mut printed).unwrap();
    format!("{printed}--- exit {} ---", ocon.wait().unwrap().code().expect("it ends by itself"))
}

/// Starts a command whose streams are pipes. Stdin stays open.
fn spawn(world: &World, arguments: &str) -> Child {
    let mut command = world.command(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Starts a command on a terminal that `script` creates. Its process ID is in the file `pid`.
/// It handles signals even if the tests ignore them, as under `nohup`.
fn on_terminal(world: &World, kind: &str, arguments: &str) -> Child {
    let ocon = concat!("env --default-signal=INT,TERM,HUP ", env!("CARGO_BIN_EXE_ocon"));
    let line = format!("echo $$ >pid; exec {ocon} {arguments}");
    world.write("line.sh", line);
    let before = world.command("");
    let environment = before.get_envs().filter_map(|(name, value)| Some((name, value?)));
    let mut script = Command::new("/usr/bin/script");
    script.args(["--quiet", "--return", "--command", "/bin/sh line.sh", "/dev/null"]);
    script.current_dir(world.path(".")).env_clear().envs(environment);
    script.env("PATH", "/usr/bin:/bin").env("SHELL", "/bin/sh").env("TERM", kind);
    script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

fn press_ctrl_c(script: &mut Child) {
    script.stdin.as_mut().unwrap().write_all(b"\x03").unwrap();
}

/// Runs `answer` while an apply asks for approval. Returns the content of the terminal and the exit code.
pub(crate) fn at_the_question(world: &World, answer: impl Fn(&mut Child)) -> (String, Option<i32>) {
    let mut script = on_terminal(world, "dumb", "apply");
    let mut stdout = script.stdout.take().unwrap();
    let (mut shown, mut byte) = (Vec::new(), [0]);
    while !shown.ends_with(b"is accepted: ") {
        stdout.read_exact(&mut byte).unwrap();
        shown.extend(byte);
    }
    answer(&mut script);
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    (rest.replace('\r', ""), script.wait().unwrap().code())
}

#[test]
fn nothing_is_applied_where_the_question_is_interrupted() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    let (shown, exit) = at_the_question(&world, press_ctrl_c);
    assert_eq!((shown.as_str(), exit), ("^C\nInterrupted: nothing was applied.\n", Some(130)));
    for signal in ["-TERM", "-HUP"] {
        let kill = |_: &mut Child| {
            let id = world.read("pid");
            assert!(Command::new("kill").args([signal, id.trim()]).status().unwrap().success());
        };
        let (shown, exit) = at_the_question(&world, kill);
        assert_eq!((shown.as_str(), exit), ("\nInterrupted: nothing was applied.\n", Some(130)));
    }
    assert_eq!(world.writes(), "");
}

#[test]
fn the_progress_line_is_removed_when_reading_is_interrupted() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    world.set_faults("rules: [{ hold: before }]".parse().unwrap());
    let mut script = on_terminal(&world, "xterm", "plan");
    world.wait_for_held();
    press_ctrl_c(&mut script);
    let mut shown = String::new();
    script.stdout.take().unwrap().read_to_string(&mut shown).unwrap();
    let (progress, last) = shown.rsplit_once("\u{1b}[2K").expect("the line was cleared");
    assert!(progress.contains("Reading"), "{shown:?}");
    assert_eq!(last.trim_start_matches(['\r', '\n']), "Interrupted: no plan was made.\r\n");
    assert_eq!(script.wait().unwrap().code(), Some(130));
}

#[test]
fn a_secret_that_does_not_come_is_not_waited_for() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    let outside = tempfile::tempdir().unwrap();
    let pipe = outside.path().join("secret");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut ocon = spawn(&world, &format!("plan --user-secret-file {}", pipe.display()));
    // It can be opened as soon as it has a reader.
    let pipe = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
    let stderr = ocon.stderr.take().unwrap();
    assert_eq!(ended(ocon, stderr), "Interrupted: no plan was made.\n--- exit 130 ---");
    drop(pipe);
}

#[test]
fn waiting_for_a_browser_or_a_pasted_address_can_be_interrupted() {
    for callback in ["http://127.0.0.1:PORT/callback", "https://app.example/callback"] {
        let world = crate::authorize::world(callback);
        let mut ocon = spawn(&world, "authorize social --no-browser");
        let mut stderr = BufReader::new(ocon.stderr.take().unwrap());
        let mut line = String::new();
        while !line.starts_with("Waiting for the answer") && !line.starts_with("Then paste the URL")
        {
            line.clear();
            assert_ne!(stderr.read_line(&mut line).unwrap(), 0);
        }
        let end = ended(ocon, stderr);
        assert_eq!(end, "Interrupted: nothing was created or changed.\n--- exit 130 ---");
        assert_eq!(world.writes().matches("/instances").count(), 0);
    }
}

#[test]
fn a_grant_is_used_where_the_request_with_it_is_in_flight() {
    let world = crate::authorize::world("http://127.0.0.1:PORT/callback");
    let interrupted = |method: &str, path: &str| {
        let mut prompt = Prompt::begin(&world, "authorize social");
        let held =
            format!("rules: [{{ when: {{ method: {method}, path: {path} }}, hold: before }}]");
        world.set_faults(held.parse().unwrap());
        curl(&[&prompt.press("allow")]);
        world.wait_for_held();
        prompt.interrupt();
        world.release();
        prompt.rest(&world)
    };
    interrupted("POST", "/instances").is(str![[r#"

  + social  #20931
      webhook URL  http://127.0.0.1:[PORT]/elements/api-v2/events/hootsuite/MjA5MzE=
      Register this webhook URL at the provider: no event arrives before that.

Applied: 1 created.
--- stderr ---

Open this URL and grant access:


Waiting for the answer at http://127.0.0.1:[CALLBACK]/callback
Interrupted: requests in flight finish, and no new step starts. Interrupt again to abort.
--- exit 130 ---
"#]]);
    world.set_faults("rules: []".parse().unwrap());
    interrupted("PATCH", "/instances/20931").is(str![[r#"
Authorized again: social #20931.
--- stderr ---
The instance exists: social #20931. It gets a new grant, and keeps its ID and token.

Open this URL and grant access:


Waiting for the answer at http://127.0.0.1:[CALLBACK]/callback
Interrupted: requests in flight finish, and no new step starts. Interrupt again to abort.
--- exit 130 ---
"#]]);
}

#[test]
fn servers_report_their_end() {
    let world = World::new(&[]);
    let mut ocon = spawn(&world, "events listen --port 0");
    let mut stderr = BufReader::new(ocon.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    assert!(line.starts_with("Listening at "), "{line}");
    ended(ocon, stderr).is(str![[r#"
Interrupted: no more deliveries are accepted. Interrupt again to abort.
--- exit 130 ---
"#]]);
    let mut ocon = spawn(&world, "sandbox --state state.json");
    let mut stderr = BufReader::new(ocon.stderr.take().unwrap());
    stderr.read_line(&mut line).unwrap();
    ended(ocon, stderr).is(str![[r#"
Interrupted: the sandbox ends after the requests in flight. Interrupt again to abort.
--- exit 0 ---
"#]]);
    assert_eq!(world.files(), ["ocon.yaml", "state.json", "state.json.lock"]);
}

#[test]
fn a_command_ends_if_its_output_is_closed() {
    let world = World::new(&[]);
    for number in 0..400 {
        world.write(&format!("instances/{number}.yaml"), "element: stripe\nnane: Shop\n");
    }
    let reported = World::new(&[]);
    for number in 0..400 {
        reported.write(&format!("instances/{number}.yaml"), "element: nosuch\nname: Shop\n");
    }
    for format in ["json", "github"] {
        let command = format!("validate -q --format {format}");
        let mut ocon = spawn(&reported, &command);
        // The output is larger than the pipe.
        let mut stdout = ocon.stdout.take().unwrap();
        stdout.read_exact(&mut [0]).unwrap();
        let stderr = ocon.stderr.take().unwrap();
        let end = ended(ocon, stderr);
        assert_eq!(end, "Interrupted: the output is incomplete.\n--- exit 130 ---", "{command}");
        drop(stdout);
    }
    // Nothing reads the message about the signal either.
    let mut ocon = spawn(&world, "validate -v");
    let mut stderr = ocon.stderr.take().unwrap();
    stderr.read_exact(&mut [0]).unwrap();
    terminate(&ocon);
    assert_eq!(ocon.wait().unwrap().code(), Some(130));
}

#[test]
fn a_selftest_leaves_no_command_and_no_folder_behind() {
    let mut world = World::new(&[("instances/shop.yaml", SHOP)]);
    world.write("tmp/.keep", "");
    let folder = world.path("tmp").display().to_string();
    world.set("TMPDIR", &folder);
    let mut ocon = spawn(&world, "selftest --leaks");
    let stderr = ocon.stderr.take().unwrap();
    while !world.files().iter().any(|file| file.ends_with("/plan.json")) {
        assert!(ocon.try_wait().unwrap().is_none(), "a command saves a plan");
        std::thread::yield_now();
    }
    ended(ocon, stderr).is(str![[r#"
Interrupted: the self-test did not finish.
--- exit 130 ---
"#]]);
    assert_eq!(world.files(), ["instances/shop.yaml", "ocon.yaml", "tmp/.keep"]);
    let folders = std::fs::read_dir(world.path("tmp")).unwrap().count();
    assert_eq!(folders, 1, "only the file of the test is left");
}

#[test]
fn a_signal_waits_for_steps_in_flight_and_starts_no_other() {
    let shop = |name: &str| format!("element: stripe\nname: {name}\n");
    let names = ["a", "b", "c", "d"];
    let world = World::new(&[]).on_sandbox_with(SandboxOptions {
        slow_post: Duration::from_millis(500),
        ..SandboxOptions::default()
    });
    for name in names {
        world.write(&format!("instances/{name}.yaml"), shop(name));
    }
    let mut ocon = world
        .command("apply --yes --concurrency 1 --verbose")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(ocon.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(stderr.any(|line| line.contains("POST")), "the first create is done");
    terminate(&ocon);
    assert!(stderr.any(|line| line.starts_with("Interrupted: ")));
    let mut stdout = String::new();
    ocon.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    assert_eq!(ocon.wait().unwrap().code(), Some(130));
    assert!(stdout.contains("Not started: "), "{stdout}");
    // No instance is lost or duplicated.
    assert_eq!(world.ocon("apply --yes --quiet").exit, 0);
    world.ocon("plan --detailed-exitcode").is(str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

No changes. 4 instances match the files.
--- exit 0 ---
"#]]);
}
