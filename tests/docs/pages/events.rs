//! `docs/events.md`, carried out: with an emulator beside it, a person who allows, and a provider
//! that reports.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout};

use super::blocks::{Step, read, steps};
use super::runner::{Reader, compare};

const PAGE: &str = "docs/events.md";

/// The ports of the page: of the emulator, the callback and the application.
const PORTS: [&str; 3] = ["4010", "8899", "8900"];

/// A command that goes on while others are run.
struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    said: String,
}

impl Running {
    fn begin(reader: &Reader, command: &str) -> Self {
        let mut child = reader.command(&format!("exec {command}")).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout, said: String::new() }
    }

    /// Reads until a line begins so: that line.
    fn until(&mut self, beginning: &str) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.stdout.read_line(&mut line).unwrap(), 0, "{}", self.said);
            self.said.push_str(&line);
            if line.starts_with(beginning) {
                return line;
            }
        }
    }

    /// What it said in all, once it ended well.
    fn end(mut self) -> String {
        self.stdout.read_to_string(&mut self.said).unwrap();
        assert!(self.child.wait().unwrap().success(), "{}", self.said);
        std::mem::take(&mut self.said)
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
fn allow(reader: &Reader, url: &str) {
    let (page, query) = url.split_once('?').unwrap();
    let press = "curl -sS -o /dev/null -w '%{redirect_url}' -X POST";
    let back = reader.run(&format!("{press} '{page}/allow?{query}'"));
    let shown = reader.run(&format!("curl -sS '{}'", back.trim()));
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

/// Who follows the page, with ports that nobody has.
struct Way<'a> {
    reader: Reader,
    free: [String; 3],
    sandbox: Option<Running>,
    /// What waits for a delivery, and where the page shows what it says.
    listening: Option<(Running, usize, &'a str)>,
}

impl<'a> Way<'a> {
    fn new() -> Self {
        let free = PORTS.map(|_| crate::ports::free().to_string());
        Self { reader: Reader::default(), free, sandbox: None, listening: None }
    }

    /// What the page has, with the free ports.
    fn here(&self, text: &str) -> String {
        let ports = PORTS.iter().zip(&self.free);
        ports.fold(text.to_owned(), |text, (shown, free)| text.replace(shown, free))
    }

    fn check(&self, line: usize, said: &str, shown: &str) {
        for secret in self.reader.secrets() {
            assert!(!said.contains(secret), "{said}");
        }
        let ports = PORTS.iter().zip(&self.free);
        let said = ports.fold(said.to_owned(), |said, (shown, free)| said.replace(free, shown));
        compare(&format!("{PAGE}:{line}"), &constant(&said), &constant(shown));
    }

    fn step(&mut self, line: usize, command: &str, shown: &'a str) {
        let begin = |reader| Running::begin(reader, command);
        if command.starts_with("export ") {
            self.reader.export(command);
            assert_eq!(shown, "");
        } else if command.starts_with("ocon sandbox") {
            let mut running = begin(&self.reader);
            running.until("The sandbox runs");
            self.check(line, &running.said, shown);
            for line in running.said.lines().filter(|line| line.starts_with("export ")) {
                self.reader.export(line);
            }
            self.sandbox = Some(running);
        } else if command.starts_with("ocon authorize") {
            let mut running = begin(&self.reader);
            let url = running.until("  http").trim().to_owned();
            allow(&self.reader, &url);
            self.check(line, &running.end(), shown);
        } else if command.starts_with("ocon events listen") {
            let mut running = begin(&self.reader);
            running.until("Listening");
            self.listening = Some((running, line, shown));
        } else {
            self.check(line, &self.reader.run(command), shown);
            if let Some((running, line, shown)) = self.listening.take() {
                self.check(line, &running.end(), shown);
            }
        }
    }
}

#[test]
fn the_way_from_no_instance_to_events_goes_as_the_page_says() {
    let steps = steps(&read(PAGE));
    let mut way = Way::new();
    for step in &steps {
        match step {
            Step::File { path, text } => way.reader.write(path, &way.here(text)),
            Step::Command { line, command, output } => {
                way.step(*line, &way.here(command), output);
            }
        }
    }
    assert!(way.sandbox.is_some() && way.listening.is_none());
}

#[test]
fn what_the_page_says_of_failures_is_what_tests_have_seen() {
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
