//! Progress on a terminal and in a pipe, and `--color`.

#![cfg(target_os = "linux")]

use std::process::{Command, Stdio};

use snapbox::str;

use crate::snapshot::Snapshot as _;
use crate::support::{SHOP, World};

const FILES: &[(&str, &str)] = &[("instances/shop.yaml", SHOP)];

/// Escapes that begin or end a color.
const STYLED: &str = "\u{1b}[";

/// A terminal, which `script` creates.
struct Terminal<'a> {
    world: &'a World,
    columns: usize,
}

impl Terminal<'_> {
    /// The content of the terminal, without the `redirected` streams.
    fn shows(&self, arguments: &str, redirected: &str) -> String {
        let ocon = env!("CARGO_BIN_EXE_ocon");
        let text = self.sees(&format!("{ocon} {arguments} {redirected}"));
        self.world.refuse_secrets(&text);
        self.world.constant(&text)
    }

    /// The terminal output of a command line, unchanged.
    #[expect(
        clippy::disallowed_methods,
        reason = "`script` is found where the test itself finds it"
    )]
    fn sees(&self, line: &str) -> String {
        let size = format!("stty cols {} rows 24", self.columns);
        let mut script = Command::new("script");
        script.args(["--quiet", "--return", "--command", &format!("{size}; {line}"), "/dev/null"]);
        let before = self.world.command("");
        let environment = before.get_envs().filter_map(|(name, value)| Some((name, value?)));
        // The terminal has its own width.
        let environment = environment.filter(|(name, _)| *name != "COLUMNS");
        let path = std::env::var_os("PATH").unwrap();
        script.current_dir(self.world.path(".")).env_clear().envs(environment);
        script.env("PATH", path).env("SHELL", "/bin/sh");
        if !before.get_envs().any(|(name, _)| name == "TERM") {
            script.env("TERM", "xterm");
        }
        let output =
            script.stdin(Stdio::null()).output().expect("`script` of util-linux is installed");
        String::from_utf8(output.stdout).unwrap()
    }
}

fn on_terminal(world: &World) -> Terminal<'_> {
    Terminal { world, columns: 80 }
}

#[test]
fn on_a_terminal_a_progress_line_counts_and_disappears_at_the_end() {
    let world = World::new(FILES).on_sandbox();
    let text = on_terminal(&world).shows("apply --yes", "");
    assert!(text.contains("Reading · 0 s"), "{text:?}");
    assert!(text.contains("Applying: 0 of 1 done · 0 s"), "{text:?}");
    // The line is removed before the result is printed.
    let result = text.rsplit_once("\u{1b}[2K").expect("the line was cleared").1;
    assert!(result.trim_start_matches(['\r', '\n']).starts_with("  "), "{result:?}");
    assert!(result.contains("1 created.") && !result.contains("Applying"), "{result:?}");
}

#[test]
fn without_a_browser_a_person_opens_the_address() {
    let mut world = crate::authorize::world("http://127.0.0.1:PORT/callback");
    world.set("OCON_TEST_CLOCK", "slow");
    let here = on_terminal(&world);
    let says = |options: &str| {
        let ocon = env!("CARGO_BIN_EXE_ocon");
        // The URL in it contains the public client ID.
        let seen = here.sees(&format!("PATH=/nowhere {ocon} authorize social --wait 1s {options}"));
        assert!(seen.contains("error: no answer within 1 s"), "{seen}");
        seen.contains("No browser could be opened. Open the URL yourself.")
    };
    assert!(says(""));
    assert!(!says("--no-browser"));
}

#[test]
fn progress_is_for_terminals_only_and_not_for_pipelines() {
    let mut world = World::new(FILES).on_sandbox();
    assert!(!on_terminal(&world).shows("plan", "2>/dev/null").contains("Reading"));
    assert!(on_terminal(&world).shows("plan", ">/dev/null").contains("Reading"));
    assert!(!on_terminal(&world).shows("plan --quiet", "").contains("Reading"));
    assert!(!on_terminal(&world).shows("plan --verbose", "").contains("Reading"));
    world.set("CI", "true");
    assert!(!on_terminal(&world).shows("plan --env-allow *", "").contains("Reading"));
    world.unset("CI");
    world.set("TERM", "dumb");
    let dumb = on_terminal(&world).shows("plan", "");
    assert!(!dumb.contains("Reading") && !dumb.contains(STYLED), "{dumb:?}");
}

#[test]
fn a_pipe_has_no_control_sequence() {
    let world = World::new(FILES).on_sandbox();
    world.write("instances/wrong.yaml", "element: stripe\nnane: Wrong\n");
    for arguments in ["validate", "plan"] {
        let run = world.ocon(arguments);
        assert!(!(run.stdout + &run.stderr).contains(['\u{1b}', '\r']), "{arguments}");
    }
    world.remove("instances/wrong.yaml");
    let commands = ["plan", "apply --yes", "status", "plan --help", "explain", "token none"];
    for arguments in commands {
        let mut command = world.command(arguments);
        command.env_remove("NO_COLOR").env("TERM", "xterm-256color");
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        assert!(!text.contains(&0x1b) && !text.contains(&b'\r'), "{arguments}");
    }
}

#[test]
fn a_slow_step_is_in_a_log_too() {
    // An immediate reply would leave nothing to report.
    let slow_post = std::time::Duration::from_millis(100);
    let options =
        ocon::sandbox::SandboxOptions { slow_post, ..ocon::sandbox::SandboxOptions::default() };
    let mut world = World::new(FILES).on_sandbox_with(options);
    world.set("OCON_TEST_CLOCK", "slow");
    world.ocon("apply --yes").stderr.is(str![[r#"
Still creating shop … [30 s]

"#]]);
    world.write("instances/second.yaml", SHOP.replace("Shop", "Second"));
    assert_eq!(world.ocon("apply --yes --quiet").stderr, "");
    world.write("instances/third.yaml", SHOP.replace("Shop", "Third"));
    let seen = on_terminal(&world).shows("apply --yes", ">/dev/null");
    assert!(seen.contains("Still creating third … [30 s]\r\n"), "{seen:?}");
}

#[test]
fn problems_and_failures_fit_on_a_terminal_of_forty_columns() {
    let world = World::new(&[("instances/shop.yaml", "element: stripe\nnane: Shop\n")]);
    let terminal = Terminal { world: &world, columns: 40 };
    terminal.shows("validate --color never", "").replace('\r', "").is(str![[r#"
error[missing-key]: this document does
  not have the required key `name`
 --> instances/shop.yaml:1:1
  |
1 | element: stripe
  | ^^^^^^^ begins here

error[unknown-key]: `nane` is not a key
  of a document
 --> instances/shop.yaml:2:1
  |
2 | nane: Shop
  | ^^^^
  |
  = help: did you mean `name`?

2 errors in 1 file

"#]]);
    world.write("instances/shop.yaml", SHOP);
    terminal.shows("plan --color never", "").replace('\r', "").is(str![[r#"
error: no platform is given

hint: name yours: --region us2, or
  --base-url
  https://api.openconnectors.….ondemand.com/elements/api-v2
hint: or try ocon without a tenant:
  --sandbox

"#]]);
}

/// Whether stdout and stderr have colors, with these variables and flags.
fn colored(world: &World, flags: &str, variables: &[(&str, &str)]) -> (bool, bool) {
    let mut command = world.command(&format!("plan --sandbox {flags}"));
    let output = command.env_remove("NO_COLOR").envs(variables.iter().copied()).output().unwrap();
    let has = |bytes: &[u8]| bytes.contains(&0x1b);
    (has(&output.stdout), has(&output.stderr))
}

#[test]
fn colors_in_a_pipe_must_be_forced() {
    // Its warning is on stderr, its plan on stdout.
    let world = World::new(FILES);
    world.write("instances/desk.json", "{}");
    let is = |flags: &str, variables: &[(&str, &str)], expected: bool| {
        assert_eq!(
            colored(&world, flags, variables),
            (expected, expected),
            "{flags} {variables:?}"
        );
    };
    is("", &[], false);
    is("", &[("TERM", "xterm-256color")], false);
    is("", &[("CLICOLOR_FORCE", "1")], true);
    is("", &[("CLICOLOR_FORCE", "1"), ("TERM", "dumb")], true);
    is("", &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false);
    is("", &[("FORCE_COLOR", "1")], true);
    is("", &[("FORCE_COLOR", "3"), ("TERM", "dumb")], true);
    is("", &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")], false);
    is("", &[("FORCE_COLOR", "1"), ("NO_COLOR", "")], true);
    is("", &[("FORCE_COLOR", "")], false);
    is("", &[("FORCE_COLOR", "0"), ("CLICOLOR_FORCE", "1")], false);
    is("", &[("FORCE_COLOR", "false")], false);
    is("--color never", &[("FORCE_COLOR", "1")], false);
    is("--color always", &[("FORCE_COLOR", "0")], true);
    is("--color always", &[("NO_COLOR", "1")], true);
    is("--color always", &[("TERM", "dumb")], true);
    is("--color never", &[("CLICOLOR_FORCE", "1")], false);
}

#[test]
fn a_usage_error_has_forced_colors_too() {
    let world = World::new(FILES);
    for (variables, expected) in [(vec![], false), (vec![("FORCE_COLOR", "1")], true)] {
        let mut command = world.command("plan --nope");
        let output = command.env_remove("NO_COLOR").envs(variables).output().unwrap();
        assert_eq!(output.stderr.contains(&0x1b), expected);
    }
}

#[test]
fn each_stream_has_colours_where_it_is_a_terminal() {
    let mut world = World::new(FILES);
    world.unset("NO_COLOR");
    world.write("instances/desk.json", "{}");
    let seen = |world: &World, flags: &str, redirected: &str| {
        let text = on_terminal(world).shows(&format!("plan --sandbox {flags}"), redirected);
        text.contains("\u{1b}[1m") || text.contains("\u{1b}[32m")
    };
    assert!(seen(&world, "", "2>/dev/null") && seen(&world, "", ">/dev/null"));
    assert!(!seen(&world, "--color never", ""));
    // Output to a file has no color.
    on_terminal(&world).shows("plan --sandbox", ">plan.txt");
    on_terminal(&world).shows("plan --sandbox", "2>notes.txt");
    assert!(!world.read("plan.txt").contains(STYLED) && world.read("plan.txt").contains("Plan:"));
    let notes = world.read("notes.txt");
    assert!(!notes.contains(STYLED) && notes.contains("warning[json-file]"), "{notes:?}");
    world.set("TERM", "dumb");
    assert!(!seen(&world, "", ""));
    world.unset("TERM");
    for (name, value) in [("CLICOLOR", "0"), ("NO_COLOR", "1")] {
        world.set(name, value);
        assert!(!seen(&world, "", "") && seen(&world, "--color always", ""), "{name}");
        world.unset(name);
    }
}
