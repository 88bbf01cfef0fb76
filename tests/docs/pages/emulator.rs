//! Pages that are followed with an emulator in a second terminal: `docs/events.md`, with a person who
//! grants access and a provider that reports, and `docs/import.md`.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout};

use super::blocks::{Step, read};
use super::reader::Reader;
use super::regenerate::Page;

/// The ports in the pages: of the emulator, the callback and the application.
const PORTS: [&str; 3] = ["4010", "8899", "8900"];

/// A command that runs while others do.
struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    output: String,
}

impl Running {
    fn begin(reader: &Reader, command: &str) -> Self {
        let mut child = reader.command(&format!("exec {command}")).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout, output: String::new() }
    }

    /// Reads up to the line that begins with this text, and returns that line.
    fn until(&mut self, beginning: &str) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.stdout.read_line(&mut line).unwrap(), 0, "{}", self.output);
            self.output.push_str(&line);
            if line.starts_with(beginning) {
                return line;
            }
        }
    }

    /// The whole output, once the command has succeeded.
    fn end(mut self) -> String {
        self.stdout.read_to_string(&mut self.output).unwrap();
        assert!(self.child.wait().unwrap().success(), "{}", self.output);
        std::mem::take(&mut self.output)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Presses Allow, and goes where the provider redirects the browser.
fn allow(reader: &Reader, url: &str) {
    let (page, query) = url.split_once('?').unwrap();
    let press = "curl -sS -o /dev/null -w '%{redirect_url}' -X POST";
    let back = reader.run(&format!("{press} '{page}/allow?{query}'"));
    let shown = reader.run(&format!("curl -sS '{}'", back.trim()));
    assert!(shown.contains("Access granted"), "{shown}");
}

/// The text without the parts that differ from run to run.
fn constant(text: &str) -> String {
    text.lines().map(constant_line).collect()
}

fn constant_line(line: &str) -> String {
    let line = line.split(' ').map(constant_word).collect::<Vec<_>>().join(" ");
    match line.split_once("; notification ") {
        Some((before, _)) => format!("{before}; notification [ID])\n"),
        None => format!("{line}\n"),
    }
}

fn constant_word(word: &str) -> String {
    if word.trim().parse::<jiff::Timestamp>().is_ok() {
        return "[TIME]".to_owned();
    }
    match word.split_once("&client_id=") {
        Some((before, _)) => format!("{before}&client_id=…"),
        None => word.to_owned(),
    }
}

/// A command that waits for a delivery, and where the page shows its output.
struct Listening {
    running: Running,
    line: usize,
    command: String,
    shown: String,
}

/// A reader who follows a page and uses free ports.
struct Follower {
    reader: Reader,
    page: Page,
    free: [String; 3],
    sandbox: Option<Running>,
    listening: Option<Listening>,
}

impl Follower {
    fn new(path: &'static str) -> Self {
        let free = PORTS.map(|_| crate::ports::free().to_string());
        let (reader, page) = (Reader::default(), Page::read(path));
        Self { reader, page, free, sandbox: None, listening: None }
    }

    /// Text of the page, with the free ports.
    fn with_free_ports(&self, text: &str) -> String {
        let ports = PORTS.iter().zip(&self.free);
        ports.fold(text.to_owned(), |text, (shown, free)| text.replace(shown, free))
    }

    fn check(&mut self, at: (usize, &str), output: &str, shown: &str) {
        for secret in self.reader.secrets() {
            assert!(!output.contains(secret), "{output}");
        }
        let ports = PORTS.iter().zip(&self.free);
        let output =
            ports.fold(output.to_owned(), |output, (shown, free)| output.replace(free, shown));
        self.page.check(at, shown, &output, constant);
    }

    fn step(&mut self, line: usize, command: &str, shown: &str) {
        let at = (line, command);
        let begin = |reader| Running::begin(reader, command);
        if command.starts_with("export ") {
            self.reader.export(command);
            assert_eq!(shown, "");
        } else if command.starts_with("ocon sandbox") {
            let mut running = begin(&self.reader);
            running.until("The sandbox runs");
            self.check(at, &running.output, shown);
            for line in running.output.lines().filter(|line| line.starts_with("export ")) {
                self.reader.export(line);
            }
            self.sandbox = Some(running);
        } else if command.starts_with("ocon authorize") {
            let mut running = begin(&self.reader);
            let url = running.until("  http").trim().to_owned();
            allow(&self.reader, &url);
            self.check(at, &running.end(), shown);
        } else if command.starts_with("ocon events listen") {
            let mut running = begin(&self.reader);
            running.until("Listening");
            let (command, shown) = (command.to_owned(), shown.to_owned());
            self.listening = Some(Listening { running, line, command, shown });
        } else {
            let output = self.reader.run(command);
            self.check(at, &output, shown);
            if let Some(Listening { running, line, command, shown }) = self.listening.take() {
                self.check((line, &command), &running.end(), &shown);
            }
        }
    }

    fn follow(path: &'static str) {
        let mut follower = Self::new(path);
        for step in follower.page.steps() {
            match step {
                Step::File { path, text } => {
                    follower.reader.write(&path, &follower.with_free_ports(&text));
                }
                Step::Command { line, command, output } => {
                    follower.step(line, &follower.with_free_ports(&command), &output);
                }
            }
        }
        assert!(follower.sandbox.is_some() && follower.listening.is_none());
        follower.page.finish();
    }
}

#[test]
fn the_page_about_events_shows_the_output_of_the_program() {
    Follower::follow("docs/events.md");
}

#[test]
fn the_page_about_import_shows_the_output_of_the_program() {
    Follower::follow("docs/import.md");
}

#[test]
fn each_failure_in_the_page_about_events_has_a_test() {
    let tests = ["denied", "preconditions", "again"];
    let tests = tests.map(|which| read(&format!("tests/cli/authorize_{which}.rs"))).concat();
    let page = read("docs/events.md");
    let (_, failures) = page.split_once("## If the authorization fails\n").unwrap();
    let (failures, _) = failures.split_once("\n## ").unwrap();
    let rows: Vec<_> =
        failures.lines().filter(|line| line.starts_with("| ") && line.contains('`')).collect();
    assert!(rows.len() >= 14, "{rows:?}");
    for row in rows {
        let [.., message, exit, _] = row.split('|').collect::<Vec<_>>()[..] else {
            panic!("{row}")
        };
        let message = message.trim().trim_matches('`');
        let after = tests.split_once(message).unwrap_or_else(|| panic!("{message}")).1;
        let ended = after.split_once("--- exit ").unwrap().1.split_once(' ').unwrap().0;
        assert_eq!(ended, exit.trim(), "{row}");
    }
}
