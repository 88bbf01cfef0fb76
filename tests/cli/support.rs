//! Shared setup: a folder with files, a cleared environment, a sandbox, and a run of the binary as one
//! text.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ocon::sandbox::{self, Faults, Handle, SandboxCredentials, SandboxOptions};
use reqwest::Method;
use serde_json::Value;
use tempfile::TempDir;

use crate::normalize::{
    cuts, forms, spread, squeezed, without_digests, without_fingerprints, without_milliseconds,
    without_request_ids, without_waits,
};
use crate::snapshot::Snapshot as _;

/// The credentials of every sandbox in these tests. They are easy to find in any output.
pub(crate) const USER: &str = "us3r-s3cret+/of=the-tests";
pub(crate) const ORGANIZATION: &str = "0rg-s3cret+/of=the-tests";

/// A connector with basic authentication and one secret.
pub(crate) const CRM: &str = "\
element: servicenow
name: Help desk
tags: [support]
configuration:
  filter.response.nulls: true
  password: ${{ env.DESK_PASSWORD }}
  servicenow.subdomain: dev12345
  username: admin
";

/// A connector that needs no secret.
pub(crate) const SHOP: &str = "\
element: stripe
name: Shop
tags: [shop]
";

/// A folder in which ocon runs, with its environment and platform.
pub(crate) struct World {
    root: TempDir,
    environment: BTreeMap<String, String>,
    /// Values that must not occur in any output.
    secrets: Vec<String>,
    /// Texts that differ from run to run, and their replacements.
    variable: Vec<(String, &'static str)>,
    platform: Option<Platform>,
}

/// A sandbox, and the client of the test for it.
struct Platform {
    sandbox: Handle,
    client: reqwest::Client,
    runtime: tokio::runtime::Runtime,
    /// The number of journal entries that were read.
    seen: Cell<usize>,
}

/// The output of the binary.
pub(crate) struct Run {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) exit: i32,
    shown: String,
}

impl World {
    /// A project `tests` with these files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let world = Self::bare();
        world.write("ocon.yaml", "project: tests\n");
        for (path, text) in files {
            world.write(path, text);
        }
        world
    }

    /// The example of this repository.
    pub(crate) fn example() -> Self {
        let world = Self::bare();
        crate::example::copy_into(world.root.path());
        world
    }

    /// A folder without any file.
    pub(crate) fn bare() -> Self {
        let root = tempfile::tempdir().unwrap();
        let shown = root.path().to_str().unwrap().to_owned();
        let environment = [("COLUMNS", "100"), ("NO_COLOR", "1"), ("OCON_TEST_CLOCK", "hasty")];
        Self {
            environment: environment
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            secrets: Vec::new(),
            variable: vec![(shown, "[ROOT]")],
            platform: None,
            root,
        }
    }

    /// Starts a sandbox, and puts its address into the environment.
    pub(crate) fn on_sandbox(self) -> Self {
        self.on_sandbox_with(SandboxOptions::default())
    }

    pub(crate) fn on_sandbox_with(mut self, options: SandboxOptions) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let credentials =
            SandboxCredentials { user: USER.to_owned(), organization: ORGANIZATION.to_owned() };
        let sandbox = runtime
            .block_on(sandbox::start(SandboxOptions { credentials: Some(credentials), ..options }))
            .unwrap();
        // The first test installs it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        self.set("OCON_BASE_URL", sandbox.url());
        self.hide_port(sandbox.url());
        self.platform = Some(Platform { sandbox, client, runtime, seen: Cell::new(0) });
        self.with_credentials()
    }

    /// Uses another server than the platform, at this base URL.
    pub(crate) fn at(mut self, base_url: &str) -> Self {
        self.set("OCON_BASE_URL", base_url);
        self.hide_port(base_url);
        self.with_credentials()
    }

    fn with_credentials(self) -> Self {
        self.secret("OCON_USER_SECRET", USER).secret("OCON_ORGANIZATION_SECRET", ORGANIZATION)
    }

    fn hide_port(&mut self, url: &str) {
        let origin = url.split("/elements").next().unwrap_or(url);
        self.variable.push((origin.to_owned(), "http://127.0.0.1:[PORT]"));
        let authority = origin.trim_start_matches("http://").to_owned();
        self.variable.push((authority, "127.0.0.1:[PORT]"));
    }

    /// Replaces a value that differs from run to run by `name`.
    pub(crate) fn hide(&mut self, value: &str, name: &'static str) {
        self.variable.push((value.to_owned(), name));
    }

    /// Waits until the sandbox has delivered all due events.
    pub(crate) fn notified(&self) {
        let platform = self.platform.as_ref().unwrap();
        platform.runtime.block_on(platform.sandbox.wait_until_notified());
    }

    /// Moves the time of the sandbox forward.
    pub(crate) fn advance(&self, by: Duration) {
        self.platform.as_ref().unwrap().sandbox.advance(by);
    }

    /// Sets the faults of the sandbox.
    pub(crate) fn set_faults(&self, faults: Faults) {
        self.platform.as_ref().unwrap().sandbox.set_faults(faults);
    }

    /// Waits until the sandbox holds a request.
    pub(crate) fn wait_for_held(&self) {
        let platform = self.platform();
        let held = async {
            tokio::time::timeout(Duration::from_mins(1), platform.sandbox.wait_until_held(1)).await
        };
        platform.runtime.block_on(held).expect("a request is held");
    }

    /// Releases the held requests.
    #[cfg(target_os = "linux")]
    pub(crate) fn release(&self) {
        self.platform().sandbox.release();
    }

    /// Sets a variable that is not secret.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    /// Adds whitespace around the value of a variable, as a copy can.
    pub(crate) fn pad(&mut self, name: &str) {
        let padded = format!("\u{feff} {}\r\n", self.environment[name]);
        self.set(name, &padded);
    }

    pub(crate) fn unset(&mut self, name: &str) {
        self.environment.remove(name);
    }

    /// Sets a variable whose value must not occur in any output, in any encoding.
    pub(crate) fn secret(mut self, name: &str, value: &str) -> Self {
        self.secrets.push(value.to_owned());
        self.set(name, value);
        self
    }

    /// Sets the secrets that [`CRM`] refers to.
    pub(crate) fn with_password(self) -> Self {
        self.secret("DESK_PASSWORD", "p4ss\"w0rd\\of+the/desk=")
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    /// The base URL of the sandbox.
    pub(crate) fn base_url(&self) -> String {
        self.platform().sandbox.url().to_owned()
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The content of a file. It must not contain a secret.
    pub(crate) fn read(&self, path: &str) -> String {
        let text = fs::read_to_string(self.path(path)).unwrap();
        self.refuse_secrets(&text);
        text
    }

    pub(crate) fn remove(&self, path: &str) {
        fs::remove_file(self.path(path)).unwrap();
    }

    /// All files below the root except those of the sandbox, incomplete ones included.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = walkdir::WalkDir::new(self.root.path()).sort_by_file_name();
        let paths = entries.into_iter().map(Result::unwrap);
        let files = paths.filter(|entry| entry.file_type().is_file());
        files
            .map(|entry| entry.path().strip_prefix(self.root.path()).unwrap().display().to_string())
            .filter(|path| !path.starts_with(".ocon"))
            .collect()
    }

    /// A command that is ready to run: the binary in this folder, with only the variables that the
    /// test set.
    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ocon"));
        command
            .args(arguments.split_whitespace())
            .current_dir(self.root.path())
            .env_clear()
            .envs(&self.environment)
            .stdin(Stdio::null());
        // One create after the other, for the IDs of the snapshots.
        if arguments.starts_with("apply --yes") && !arguments.contains("--concurrency") {
            command.args(["--concurrency", "1"]);
        }
        command
    }

    /// Runs the binary with these arguments.
    pub(crate) fn ocon(&self, arguments: &str) -> Run {
        self.run(self.command(arguments))
    }

    /// The permissions of a file or folder.
    #[cfg(unix)]
    pub(crate) fn mode(&self, path: &str) -> u32 {
        let permissions = self.path(path).metadata().unwrap().permissions();
        std::os::unix::fs::PermissionsExt::mode(&permissions) & 0o777
    }

    /// Runs the binary with these arguments in a folder of the world.
    #[cfg(unix)]
    pub(crate) fn ocon_in(&self, folder: &str, arguments: &str) -> Run {
        let mut command = self.command(arguments);
        command.current_dir(self.path(folder));
        self.run(command)
    }

    /// Runs ocon with a file-size limit of `blocks` blocks of 512 bytes, like a full disk.
    pub(crate) fn ocon_on_a_small_disk(&self, blocks: u32, arguments: &str) -> Run {
        let ocon = self.command(arguments);
        let script = format!(r#"ulimit -f {blocks}; exec "$0" "$@""#);
        let mut sh = Command::new("sh");
        sh.args(["-c", &script]).arg(ocon.get_program()).args(ocon.get_args());
        sh.current_dir(ocon.get_current_dir().unwrap());
        sh.env_clear().envs(ocon.get_envs().filter_map(|(name, value)| Some((name, value?))));
        self.run(sh)
    }

    pub(crate) fn run(&self, mut command: Command) -> Run {
        let output = command.output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        self.refuse_secrets(&stdout);
        self.refuse_secrets(&stderr);
        let mut shown = stdout.clone();
        if !stderr.is_empty() {
            shown.push_str(&format!("--- stderr ---\n{stderr}"));
        }
        let exit = output.status.code().expect("it was not killed");
        shown.push_str(&format!("--- exit {exit} ---"));
        Run { shown: self.constant(&shown), stdout, stderr, exit }
    }

    /// The text with placeholders for everything that differs from run to run.
    pub(crate) fn constant(&self, text: &str) -> String {
        let text = self
            .variable
            .iter()
            .fold(text.to_owned(), |text, (value, name)| text.replace(value, name));
        without_milliseconds(&without_digests(&without_waits(&without_request_ids(&text))))
    }

    pub(crate) fn refuse_secrets(&self, text: &str) {
        if let Some(form) = self.leak_in(text) {
            panic!("`{form}` is a secret, and occurs in:\n{text}");
        }
    }

    /// The first secret in the text, in its encoding there.
    pub(crate) fn leak_in(&self, text: &str) -> Option<String> {
        let squeezed_text = squeezed(text);
        self.secrets.iter().find_map(|secret| {
            let mut whole = forms(secret).into_iter().chain(cuts(secret));
            let whole = whole.find(|form| text.contains(form));
            let is_spread = |form: &String| {
                let form = squeezed(form);
                form.len() >= 8 && squeezed_text.contains(&form)
            };
            whole.or_else(|| spread(secret).into_iter().find(is_spread))
        })
    }

    fn platform(&self) -> &Platform {
        self.platform.as_ref().expect("the test starts a sandbox")
    }

    /// Sends a request to the sandbox without ocon. It does not count among the requests.
    pub(crate) fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        let platform = self.platform();
        let before = platform.sandbox.journal().len();
        assert_eq!(before, platform.seen.get(), "look at the journal before you add to it");
        let request = platform
            .client
            .request(
                Method::from_bytes(method.as_bytes()).unwrap(),
                format!("{}{path}", platform.sandbox.url()),
            )
            .header("authorization", format!("User {USER}, Organization {ORGANIZATION}"));
        let request = if body.is_null() { request } else { request.json(body) };
        let (status, text) = platform.runtime.block_on(async {
            let response = request.send().await.unwrap();
            (response.status(), response.text().await.unwrap())
        });
        assert!(status.is_success(), "{method} {path}: {text}");
        platform.seen.set(platform.sandbox.journal().len());
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// The requests since the last call, one per line. Writes have their body.
    pub(crate) fn requests(&self) -> String {
        let platform = self.platform();
        let journal = platform.sandbox.journal();
        let new = &journal[platform.seen.replace(journal.len())..];
        let line = |entry: &sandbox::JournalEntry| {
            let query = if entry.query.is_empty() { "" } else { "?" };
            let body = entry.body.as_ref().map(|body| format!(" {body}")).unwrap_or_default();
            let (method, path) = (&entry.method, &entry.path);
            format!("{method} {path}{query}{}{body}", entry.query)
        };
        let lines: Vec<_> = new.iter().map(line).collect();
        without_fingerprints(&self.constant(&lines.join("\n")))
    }

    /// The requests that change something.
    pub(crate) fn writes(&self) -> String {
        let requests = self.requests();
        let writes = requests.lines().filter(|line| !line.starts_with("GET "));
        writes.collect::<Vec<_>>().join("\n")
    }
}

impl Run {
    /// Compares the output and the exit code with the expected text.
    #[track_caller]
    pub(crate) fn is(self, expected: impl snapbox::IntoData) -> Self {
        self.shown.is(expected);
        self
    }
}

/// Sends SIGTERM to a process, as a pipeline does.
pub(crate) fn terminate(child: &Child) {
    let id = child.id().to_string();
    let status = Command::new("kill").args(["-TERM", &id]).status().unwrap();
    assert!(status.success());
}
