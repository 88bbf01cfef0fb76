//! Runs `docs/events.md` with a sandbox, a person who grants access, and a provider that sends events.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout};

use super::blocks::{Step, read, steps};
use super::runner::{PageRunner, compare};

const PAGE: &str = "docs/events.md";

/// The ports of the page: of the emulator, the callback and the application.
const PORTS: [&str; 3] = ["4010", "8899", "8900"];

/// A command that runs next to others.
struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    printed: String,
}

impl Running {
    fn begin(runner: &PageRunner, command: &str) -> Self {
        let mut child = runner.command(&format!("exec {command}")).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout, printed: String::new() }
    }

    /// Reads until a line begins so: that line.
    fn until(&mut self, beginning: &str) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.stdout.read_line(&mut line).unwrap(), 0, "{}", self.printed);
            self.printed.push_str(&line);
            if line.starts_with(beginning) {
                return line;
            }
        }
    }

    /// Its whole output, after it ended successfully.
    fn end(mut self) -> String {
        self.stdout.read_to_string(&mut self.printed).unwrap();
        assert!(self.child.wait().unwrap().success(), "{}", self.printed);
        std::mem::take(&mut self.printed)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended long ago.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A person presses Allow, and the browser goes where the provider sends it.
fn allow(runner: &PageRunner, url: &str) {
    let (page, query) = url.split_once('?').unwrap();
    let press = "curl -sS -o /dev/null -w '%{redirect_url}' -X POST";
    let back = runner.run(&format!("{press} '{page}/allow?{query}'"));
    let shown = runner.run(&format!("curl -sS '{}'", back.trim()));
    assert!(shown.contains("Access granted"), "{shown}");
}

/// The text without what differs from run to run.
fn constant(text: &str) -> String {
    let word = |word: &str| {
        if word.trim().parse::<jiff::Timestamp>().is_ok() {
            return "[TIME]".to_owned();
        }
        match word.split_once("&client_id=") {
            Some((before, _)) => format!("{before}&client_id=…"),
            None => word.to_owned(),
        }
    };
    let line = |line: &str| {
        let line = line.split(' ').map(word).collect::<Vec<_>>().join(" ");
        match line.split_once("; notification ") {
            Some((before, _)) => format!("{before}; notification [ID])\n"),
            None => format!("{line}\n"),
        }
    };
    text.lines().map(line).collect()
}

/// Follows the page with free ports.
struct Way<'a> {
    runner: PageRunner,
    free: [String; 3],
    sandbox: Option<Running>,
    /// The command that waits for a delivery, and the expected output of the page.
    listening: Option<(Running, usize, &'a str)>,
}

impl<'a> Way<'a> {
    fn new() -> Self {
        let free = PORTS.map(|_| crate::ports::free().to_string());
        Self { runner: PageRunner::default(), free, sandbox: None, listening: None }
    }

    /// The text of the page, with the free ports.
    fn here(&self, text: &str) -> String {
        let ports = PORTS.iter().zip(&self.free);
        ports.fold(text.to_owned(), |text, (shown, free)| text.replace(shown, free))
    }

    fn check(&self, line: usize, printed: &str, shown: &str) {
        for secret in self.runner.secrets() {
            assert!(!printed.contains(secret), "{printed}");
        }
        let ports = PORTS.iter().zip(&self.free);
        let printed =
            ports.fold(printed.to_owned(), |printed, (shown, free)| printed.replace(free, shown));
        compare(&format!("{PAGE}:{line}"), &constant(&printed), &constant(shown));
    }

    fn step(&mut self, line: usize, command: &str, shown: &'a str) {
        let begin = |runner| Running::begin(runner, command);
        if command.starts_with("export ") {
            self.runner.export(command);
            assert_eq!(shown, "");
        } else if command.starts_with("ocon sandbox") {
            let mut running = begin(&self.runner);
            running.until("The sandbox runs");
            self.check(line, &running.printed, shown);
            for line in running.printed.lines().filter(|line| line.starts_with("export ")) {
                self.runner.export(line);
            }
            self.sandbox = Some(running);
        } else if command.starts_with("ocon authorize") {
            let mut running = begin(&self.runner);
            let url = running.until("  http").trim().to_owned();
            allow(&self.runner, &url);
            self.check(line, &running.end(), shown);
        } else if command.starts_with("ocon events listen") {
            let mut running = begin(&self.runner);
            running.until("Listening");
            self.listening = Some((running, line, shown));
        } else {
            self.check(line, &self.runner.run(command), shown);
            if let Some((running, line, shown)) = self.listening.take() {
                self.check(line, &running.end(), shown);
            }
        }
    }
}

#[test]
fn the_page_leads_from_no_instance_to_events() {
    let steps = steps(&read(PAGE));
    let mut way = Way::new();
    for step in &steps {
        match step {
            Step::File { path, text } => way.runner.write(path, &way.here(text)),
            Step::Command { line, command, output } => {
                way.step(*line, &way.here(command), output);
            }
        }
    }
    assert!(way.sandbox.is_some() && way.listening.is_none());
}

#[test]
fn the_failures_on_the_page_occur_in_tests() {
    let seen = ["denied", "preconditions", "again"];
    let seen = seen.map(|which| read(&format!("tests/cli/authorize_{which}.rs"))).concat();
    let page = read(PAGE);
    let rows: Vec<_> =
        page.lines().filter(|line| line.starts_with("| ") && line.contains('`')).collect();
    assert!(rows.len() >= 14, "{rows:?}");
    for row in rows {
        let [.., says, exit, _] = row.split('|').collect::<Vec<_>>()[..] else { panic!("{row}") };
        let says = says.trim().trim_matches('`');
        let after = seen.split_once(says).unwrap_or_else(|| panic!("{says}")).1;
        let ended = after.split_once("--- exit ").unwrap().1.split_once(' ').unwrap().0;
        assert_eq!(ended, exit.trim(), "{row}");
    }
}
