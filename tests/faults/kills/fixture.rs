//! A folder with files, a sandbox, and the binary between them.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use ocon::sandbox::{self, Faults, Handle, JournalEntry, SandboxCredentials, SandboxOptions};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::state::State;
use crate::snapshot::Snapshot as _;

/// After how long a request that is to be held has not come: the test failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// The name of the state file.
const STATE: &str = "state.json";

/// A folder with files, and the variables that they refer to.
pub(crate) struct Root {
    folder: TempDir,
    variables: BTreeMap<String, String>,
}

impl Root {
    pub(crate) fn new(project: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("instances")).unwrap();
        fs::write(folder.path().join("ocon.yaml"), format!("project: {project}\n")).unwrap();
        Self { folder, variables: BTreeMap::new() }
    }

    pub(crate) fn secret(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_owned(), value.to_owned());
    }

    /// Writes the document with this key.
    pub(crate) fn write(&self, key: &str, text: &str) {
        fs::write(self.document(key), text).unwrap();
    }

    /// All files and folders below, incomplete ones included.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = walkdir::WalkDir::new(self.folder.path()).sort_by_file_name();
        let paths = entries.into_iter().map(|entry| entry.unwrap().into_path());
        paths.map(|path| path.display().to_string()).collect()
    }

    pub(crate) fn remove(&self, key: &str) {
        fs::remove_file(self.document(key)).unwrap();
    }

    fn document(&self, key: &str) -> PathBuf {
        self.folder.path().join(format!("instances/{key}.yaml"))
    }
}

/// Starts a command that ignores no signal even where the tests do.
pub(crate) const IGNORES_NO_SIGNAL: [&str; 2] = ["/usr/bin/env", "--default-signal=INT,TERM,HUP"];

/// Whether the tests were started without SIGHUP, SIGINT or SIGTERM: by `nohup`, or in the background.
fn ignores_signals() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 0x4003 != 0)
}

/// A sandbox, and the binary ready to be run against it.
pub(crate) struct Fixture {
    runtime: Runtime,
    sandbox: Handle,
    root: PathBuf,
    environment: BTreeMap<String, String>,
    /// Holds the state file.
    folder: TempDir,
}

/// The exit code and the output of a run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) exit: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Fixture {
    /// A text with a placeholder for the port of the sandbox.
    pub(crate) fn without_port(&self, text: &str) -> String {
        let origin = self.sandbox.url().split("/elements").next().unwrap();
        text.replace(origin, "http://127.0.0.1:[PORT]")
    }

    /// Starts a sandbox that is empty.
    pub(crate) fn empty(root: &Root, faults: Faults) -> Self {
        Self::start(root, tempfile::tempdir().unwrap(), faults)
    }

    /// Starts a sandbox with what another one has saved.
    pub(crate) fn with_saved(root: &Root, saved: &str, faults: Faults) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(STATE), saved).unwrap();
        Self::start(root, folder, faults)
    }

    fn start(root: &Root, folder: TempDir, faults: Faults) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let credentials =
            SandboxCredentials { user: "user".to_owned(), organization: "organization".to_owned() };
        let state = Some(folder.path().join(STATE));
        let options = SandboxOptions {
            credentials: Some(credentials),
            state,
            faults,
            ..SandboxOptions::default()
        };
        let sandbox = runtime.block_on(sandbox::start(options)).unwrap();
        let root_path = root.folder.path().to_owned();
        let own = [
            ("OCON_BASE_URL", sandbox.url()),
            ("OCON_USER_SECRET", "user"),
            ("OCON_ORGANIZATION_SECRET", "organization"),
            ("NO_COLOR", "1"),
            ("COLUMNS", "100"),
        ];
        let mut environment = root.variables.clone();
        environment.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
        Self { runtime, sandbox, root: root_path, environment, folder }
    }

    pub(crate) fn sandbox(&self) -> &Handle {
        &self.sandbox
    }

    /// The requests so far.
    pub(crate) fn journal(&self) -> Vec<JournalEntry> {
        self.sandbox.journal()
    }

    /// The state file.
    pub(crate) fn saved(&self) -> String {
        fs::read_to_string(self.folder.path().join(STATE)).unwrap()
    }

    /// The state of the sandbox, with secrets in plain text.
    pub(crate) fn state(&self) -> State {
        State::read(&self.saved())
    }

    /// How many requests so far were to change something.
    pub(crate) fn writes(&self) -> usize {
        self.journal().iter().filter(|entry| entry.method != "GET").count()
    }

    /// Waits until the sandbox holds so many requests.
    pub(crate) fn wait_for_held(&self, count: usize) {
        let held =
            async { tokio::time::timeout(PATIENCE, self.sandbox.wait_until_held(count)).await };
        self.runtime.block_on(held).expect("requests are held");
    }

    /// Releases this number of held requests, and waits until they are processed.
    pub(crate) fn release(&self, count: usize) {
        self.sandbox.release();
        while self.journal().iter().filter(|entry| entry.fault.is_some()).count() < count {
            thread::yield_now();
        }
    }

    fn command(&self, arguments: &str) -> Command {
        self.command_of(&[env!("CARGO_BIN_EXE_ocon")], arguments)
    }

    /// A command line that ends with the binary and its arguments.
    pub(crate) fn command_of(&self, line: &[&str], arguments: &str) -> Command {
        let mut command = Command::new(line[0]);
        command
            .args(&line[1..])
            .args(arguments.split_whitespace())
            .current_dir(&self.root)
            .env_clear()
            .envs(&self.environment)
            .stdin(Stdio::null());
        command
    }

    /// Starts the binary, which ignores no signal even where the tests do.
    pub(crate) fn spawn(&self, arguments: &str) -> Child {
        let line = [IGNORES_NO_SIGNAL.as_slice(), &[env!("CARGO_BIN_EXE_ocon")]].concat();
        self.spawn_of(if ignores_signals() { &line } else { &line[2..] }, arguments)
    }

    /// Starts a command line that ends with the binary and its arguments.
    pub(crate) fn spawn_of(&self, line: &[&str], arguments: &str) -> Child {
        let mut command = self.command_of(line, arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Runs the binary to its end.
    pub(crate) fn ocon(&self, arguments: &str) -> Run {
        let output = self.command(arguments).output().unwrap();
        Run {
            exit: output.status.code().expect("it was not killed"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Run {
    /// Compares the output and the exit code with the expected text.
    #[track_caller]
    pub(crate) fn is(&self, fixture: &Fixture, expected: impl snapbox::IntoData) {
        let Self { exit, stdout, stderr } = self;
        let printed = fixture.without_port(stdout);
        let shown = format!("{printed}--- stderr ---\n{stderr}\n--- exit {exit} ---\n");
        shown.is(expected);
    }
}
