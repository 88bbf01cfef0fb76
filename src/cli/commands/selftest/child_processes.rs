//! The commands that a self-test runs, each as a child process.

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use tempfile::TempDir;

use super::echo_server;
use super::searched_secrets::SearchedSecrets;
use crate::cli::setup::{
    GlobalArgs, credentials, embedded_sandbox,
    environment::{FINGERPRINT_KEY, ORGANIZATION_SECRET, USER_SECRET},
};
use crate::cli::terminal::{
    Exit, Failure, interrupt,
    interrupt::{Cleanup, CleanupGuard},
    redaction,
};
use crate::instance::Secret;
use crate::sandbox::{self, Handle, SandboxCredentials, SandboxOptions};

const LOG_OPTIONS: [&str; 7] = [
    "",
    "-v",
    "-vv",
    "-vvv",
    "-v --log-format json",
    "-vv --log-format json",
    "-vvv --log-format json",
];

/// The commands that read files, with their formats.
const COMMANDS: [(&str, &[&str]); 5] = [
    ("validate", &["text", "json", "github", "sarif"]),
    ("variables", &["text", "json", "dotenv", "github"]),
    ("plan --allow-unset --out plan.json", &["text", "json"]),
    ("apply --yes --allow-unset --rotate all", &["text", "json"]),
    ("status", &["text", "json"]),
];

/// The saved plan, which is written to a temporary folder.
const PLAN_FILE: &str = "plan.json";
pub(super) struct CapturedOutput {
    /// The place, for example ``stderr of `ocon plan` ``.
    pub(super) name: String,
    pub(super) text: String,
    /// Whether it is the last output of its command.
    pub(super) is_last: bool,
}

pub(super) struct ChildProcesses {
    program: PathBuf,
    arguments: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
    sandbox: Handle,
    echo_url: String,
    folder: TempDir,
    _cleanup: CleanupGuard,
}

impl ChildProcesses {
    /// Starts the servers, and adds the credentials of the commands to the searched secrets.
    pub(super) async fn prepare(
        globals: &GlobalArgs,
        searched: &mut SearchedSecrets,
    ) -> Result<Self, Failure> {
        let credentials = credentials::platform(globals).ok();
        let credentials = credentials.filter(|_| !globals.sandbox).map(|(user, organization)| {
            let text = |secret: Secret| secret.expose().to_owned();
            SandboxCredentials { user: text(user), organization: text(organization) }
        });
        let options = SandboxOptions { credentials, ..SandboxOptions::default() };
        let sandbox = sandbox::start(options)
            .await
            .map_err(|error| embedded_sandbox::start_failed(&error))?;
        let failed = |error| cannot_run(&error);
        let echo_url = format!("http://{}/elements/api-v2", echo_server::start().map_err(failed)?);
        let SandboxCredentials { user, organization } = sandbox.credentials().clone();
        let mut own = vec![(USER_SECRET, user), (ORGANIZATION_SECRET, organization)];
        let key = credentials::fingerprint_key(&globals.environment)?;
        own.extend(key.map(|key| (FINGERPRINT_KEY, key.expose().to_owned())));
        let mut variables = globals.environment.for_children();
        variables.extend(searched.variables().map(|(name, value)| (name.into(), value.into())));
        variables.extend(own.iter().map(|(name, value)| (name.into(), value.into())));
        for (name, value) in own {
            let secret = Secret::new(value);
            redaction::register([&secret]);
            searched.add(name, secret);
        }
        let (folder, cleanup) =
            interrupt::with_cleanup(tempfile::tempdir, removal).map_err(failed)?;
        Ok(Self {
            program: std::env::current_exe().map_err(failed)?,
            arguments: globals.file_options(),
            variables,
            sandbox,
            echo_url,
            folder,
            _cleanup: cleanup,
        })
    }

    /// Runs every command in every format, also with a platform that refuses requests or is unreachable.
    pub(super) fn run_all(&self) -> Result<Vec<CapturedOutput>, Failure> {
        let mut outputs = Vec::new();
        for log in LOG_OPTIONS {
            for (command, formats) in COMMANDS {
                for format in formats {
                    let command = format!("{command} --format {format} {log}");
                    outputs.extend(self.run(&command, self.sandbox.url(), &[0, 3, 7])?);
                }
            }
            for url in [self.echo_url.as_str(), "http://127.0.0.1:9/elements/api-v2"] {
                outputs.extend(self.run(&format!("plan --max-requests 1 {log}"), url, &[6])?);
            }
            let plan = std::fs::read_to_string(self.plan_file());
            let name = "plan file".to_owned();
            outputs.extend(plan.map(|text| CapturedOutput { name, text, is_last: false }));
        }
        Ok(outputs)
    }

    fn plan_file(&self) -> PathBuf {
        self.folder.path().join(PLAN_FILE)
    }

    /// Runs a command. Fails unless it ends with one of the exit codes of a command that got far enough.
    fn run(
        &self,
        command: &str,
        base_url: &str,
        exit_codes: &[i32],
    ) -> Result<[CapturedOutput; 2], Failure> {
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
            // The servers are on this machine, so no proxy is used.
            .env("NO_PROXY", "*")
            .stdin(Stdio::null());
        let output = output_of(ocon).map_err(|error| cannot_run(&error))?;
        let name = command.trim();
        if !output.status.code().is_some_and(|code| exit_codes.contains(&code)) {
            let cause = format!("`ocon {name}` ended with {}", output.status);
            return Err(cannot_run(&cause).hint("run it with --sandbox to see its error"));
        }
        let captured = |stream: &str, bytes: &[u8], is_last| CapturedOutput {
            name: format!("{stream} of `ocon {name}`"),
            text: String::from_utf8_lossy(bytes).into_owned(),
            is_last,
        };
        Ok([captured("stdout", &output.stdout, false), captured("stderr", &output.stderr, true)])
    }
}

/// Runs a child process to its end. An interruption of this process kills it.
fn output_of(mut command: Command) -> io::Result<Output> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let spawned = interrupt::with_cleanup(
        || command.spawn().map(|child| Arc::new(Mutex::new(child))),
        |child| {
            let child = Arc::clone(child);
            // It fails if the child has ended.
            Box::new(move || drop(lock(&child).kill()))
        },
    );
    let (child, _cleanup) = spawned?;
    let (stdout, stderr) = {
        let mut child = lock(&child);
        (child.stdout.take(), child.stderr.take())
    };
    let (stdout, stderr) = thread::scope(|scope| {
        let stderr = scope.spawn(|| read(stderr));
        (read(stdout), stderr.join())
    });
    let unreadable = |_| io::Error::other("stderr cannot be read");
    let (stdout, stderr) = (stdout?, stderr.map_err(unreadable)??);
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

fn removal(folder: &TempDir) -> Cleanup {
    let path = folder.path().to_owned();
    Box::new(move || drop(std::fs::remove_dir_all(path)))
}

fn cannot_run(cause: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::Other, "the commands of the self-test cannot run").caused_by(cause)
}
