//! The commands that are run, each as a process of its own.

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use tempfile::TempDir;

use super::echo;
use super::wanted::DesiredInstance;
use crate::cli::setup::arguments::Globals;
use crate::cli::setup::embedded_sandbox;
use crate::cli::setup::environment::Environment;
use crate::cli::terminal::failure::{Exit, Failure};
use crate::cli::terminal::interrupt::{self, Undo, Undoable};
use crate::cli::terminal::redaction;
use crate::instance::Secret;
use crate::sandbox::{self, Handle, SandboxCredentials, SandboxOptions};

/// How much is logged, in which form.
const LOGS: [&str; 7] = [
    "",
    "-v",
    "-vv",
    "-vvv",
    "-v --log-format json",
    "-vv --log-format json",
    "-vvv --log-format json",
];

/// What reads files, and in the end writes to the platform.
const COMMANDS: [&str; 4] = [
    "validate",
    "plan --allow-unset --out plan.json",
    "apply --yes --allow-unset --rotate all",
    "status",
];

/// The plan that a command saves, in a folder for that purpose.
const PLAN_FILE: &str = "plan.json";

/// The forms of results; all but `validate` have the first two.
const FORMATS: [&str; 4] = ["text", "json", "github", "sarif"];

/// What a command said in one place.
pub(super) struct Said {
    /// The place, for a reader: ``stderr of `ocon plan` ``.
    pub(super) name: String,
    /// All of it.
    pub(super) text: String,
    /// Whether it is the last thing of its command.
    pub(super) ends_a_command: bool,
}

/// What the commands run with.
pub(super) struct Children {
    program: PathBuf,
    arguments: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
    sandbox: Handle,
    echo: String,
    folder: TempDir,
    _folder: Undoable,
}

impl Children {
    /// Starts the servers, and adds the secrets of the commands themselves to those that are wanted.
    pub(super) async fn prepare(
        globals: &Globals,
        environment: &Environment,
        wanted: &mut DesiredInstance,
    ) -> Result<Self, Failure> {
        let credentials = environment.credentials(globals).ok();
        let credentials = credentials.filter(|_| !globals.sandbox).map(|(user, organization)| {
            let text = |secret: Secret| secret.expose().to_owned();
            SandboxCredentials { user: text(user), organization: text(organization) }
        });
        let options = SandboxOptions { credentials, ..SandboxOptions::default() };
        let sandbox =
            sandbox::start(options).await.map_err(|error| embedded_sandbox::failure(&error))?;
        let other = |error| impossible(&error);
        let echo = format!("http://{}/elements/api-v2", echo::start().map_err(other)?);
        let SandboxCredentials { user, organization } = sandbox.credentials().clone();
        let mut own = vec![("OCON_USER_SECRET", user), ("OCON_ORGANIZATION_SECRET", organization)];
        let key = environment.fingerprint_key()?;
        own.extend(key.map(|key| ("OCON_FINGERPRINT_KEY", key.expose().to_owned())));
        let mut variables = environment.for_children();
        variables.extend(wanted.variables().map(|(name, value)| (name.into(), value.into())));
        variables.extend(own.iter().map(|(name, value)| (name.into(), value.into())));
        for (name, value) in own {
            let secret = Secret::new(value);
            redaction::learn([&secret]);
            wanted.add(name, secret);
        }
        let (folder, begun) = interrupt::undoable(tempfile::tempdir, removal).map_err(other)?;
        Ok(Self {
            program: std::env::current_exe().map_err(other)?,
            arguments: globals.of_files(),
            variables,
            sandbox,
            echo,
            folder,
            _folder: begun,
        })
    }

    /// Runs every command in every form, then with a platform that refuses, and with one that cannot
    /// be reached.
    pub(super) fn run_all(&self) -> Result<Vec<Said>, Failure> {
        let mut said = Vec::new();
        for log in LOGS {
            for command in COMMANDS {
                let forms: &[&str] = if command == "validate" { &FORMATS } else { &FORMATS[..2] };
                for form in forms {
                    let command = format!("{command} --format {form} {log}");
                    said.extend(self.run(&command, self.sandbox.url(), &[0, 3, 7])?);
                }
            }
            for url in [self.echo.as_str(), "http://127.0.0.1:9/elements/api-v2"] {
                said.extend(self.run(&format!("plan --max-requests 1 {log}"), url, &[6])?);
            }
            let plan = std::fs::read_to_string(self.plan_file());
            let name = "plan file".to_owned();
            said.extend(plan.map(|text| Said { name, text, ends_a_command: false }));
        }
        Ok(said)
    }

    fn plan_file(&self) -> PathBuf {
        self.folder.path().join(PLAN_FILE)
    }

    /// Runs a command, which has to end with one of these codes: it tells nothing if it does not get
    /// to its work.
    fn run(&self, command: &str, base_url: &str, exits: &[i32]) -> Result<[Said; 2], Failure> {
        let words = command.split_whitespace();
        let arguments = words.map(|word| match word {
            PLAN_FILE => self.plan_file().into_os_string(),
            word => word.into(),
        });
        let mut ocon = Command::new(&self.program);
        ocon.args(arguments)
            .args(&self.arguments)
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .env("OCON_BASE_URL", base_url)
            // The servers are here, whatever proxy leads elsewhere.
            .env("NO_PROXY", "*")
            .stdin(Stdio::null());
        let output = output_of(ocon).map_err(|error| impossible(&error))?;
        let name = command.trim();
        if !output.status.code().is_some_and(|code| exits.contains(&code)) {
            let ended = format!("`ocon {name}` ended with {}", output.status);
            return Err(impossible(&ended).hint("see what it says with --sandbox"));
        }
        let said = |stream: &str, bytes: &[u8], ends_a_command| Said {
            name: format!("{stream} of `ocon {name}`"),
            text: String::from_utf8_lossy(bytes).into_owned(),
            ends_a_command,
        };
        Ok([said("stdout", &output.stdout, false), said("stderr", &output.stderr, true)])
    }
}

/// Runs a process to its end, or until this one is interrupted.
fn output_of(mut command: Command) -> io::Result<Output> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let begun = interrupt::undoable(
        || command.spawn().map(|child| Arc::new(Mutex::new(child))),
        |child| {
            let child = Arc::clone(child);
            // One that has ended needs no end.
            Box::new(move || drop(lock(&child).kill()))
        },
    );
    let (child, _begun) = begun?;
    let (stdout, stderr) = {
        let mut child = lock(&child);
        (child.stdout.take(), child.stderr.take())
    };
    let (stdout, stderr) = thread::scope(|scope| {
        let stderr = scope.spawn(|| read(stderr));
        (read(stdout), stderr.join())
    });
    let broken = |_| io::Error::other("stderr cannot be read");
    let (stdout, stderr) = (stdout?, stderr.map_err(broken)??);
    let status = lock(&child).wait()?;
    Ok(Output { status, stdout, stderr })
}

fn lock(child: &Mutex<Child>) -> MutexGuard<'_, Child> {
    child.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read(stream: Option<impl Read>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.map_or(Ok(0), |mut stream| stream.read_to_end(&mut bytes))?;
    Ok(bytes)
}

fn removal(folder: &TempDir) -> Undo {
    let path = folder.path().to_owned();
    Box::new(move || drop(std::fs::remove_dir_all(path)))
}

fn impossible(cause: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::Other, "the commands cannot be tried out").caused_by(cause)
}
