//! A checkout, a tenant and the secrets of a store. Every run looks for secrets where others can see them.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ocon::sandbox::{self, Handle, SandboxCredentials, SandboxOptions};
use tempfile::TempDir;

/// The variables that the files of the example read.
const OF_FILES: [&str; 9] = [
    "CLOSEIO_API_KEY",
    "CLOSEIO_PASSWORD",
    "HOOTSUITE_CLIENT_ID",
    "HOOTSUITE_CLIENT_SECRET",
    "HOOTSUITE_CODE",
    "SLACK_CLIENT_ID",
    "SLACK_CLIENT_SECRET",
    "SLACK_CODE",
    "SLACK_SIGNATURE_KEY",
];
pub(crate) const CREDENTIALS: [&str; 3] =
    ["OCON_USER_SECRET", "OCON_ORGANIZATION_SECRET", "OCON_FINGERPRINT_KEY"];

/// Starts `ocon`, and records the arguments of its process and of all processes above it up to the test.
const OCON: &str = r#"#!/bin/sh
pid=$$
while [ "$pid" -gt 1 ] && [ "$pid" != TEST ]; do
  tr '\0' ' ' < "/proc/$pid/cmdline" >> ARGUMENTS
  pid=$(sed -n 's/^PPid:[^0-9]*//p' "/proc/$pid/status")
done
OCON_TEST_CLOCK=hasty exec 'BINARY' "$@"
"#;

/// A person or a job that follows a recipe.
pub(crate) struct Tenant {
    /// Has the folders `checkout`, `home`, `bin`, `store` and `tmp`.
    folder: TempDir,
    /// The values in the store, by the names of the variables.
    pub(crate) secrets: BTreeMap<String, String>,
    /// The environment of the recipe.
    pub(crate) variables: BTreeMap<String, String>,
    sandbox: Handle,
    _runtime: tokio::runtime::Runtime,
}

/// The result of a recipe.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) exit: i32,
    pub(crate) output: String,
}

impl Tenant {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["checkout", "home", "bin", "store", "tmp"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        crate::example::copy_into(&folder.path().join("checkout"));
        // The last characters need quotes in a shell.
        let names = OF_FILES.iter().chain(&CREDENTIALS);
        let secrets: BTreeMap<String, String> = names
            .map(|name| ((*name).to_owned(), format!("canary-of-{}-'$`\\x\"", name.to_lowercase())))
            .collect();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let [user, organization] = [CREDENTIALS[0], CREDENTIALS[1]].map(|it| secrets[it].clone());
        let credentials = Some(SandboxCredentials { user, organization });
        let options = SandboxOptions { credentials, ..SandboxOptions::default() };
        let sandbox = runtime.block_on(sandbox::start(options)).unwrap();
        let variables = [
            ("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", at(&folder, "bin"))),
            ("HOME", at(&folder, "home")),
            ("TMPDIR", at(&folder, "tmp")),
            ("OCON_BASE_URL", sandbox.url().to_owned()),
            ("OCON_ENV_ALLOW", "CLOSEIO_*,HOOTSUITE_*,SLACK_*".to_owned()),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value)).into();
        let tenant = Self { folder, secrets, variables, sandbox, _runtime: runtime };
        let ocon = OCON
            .replace("TEST", &std::process::id().to_string())
            .replace("ARGUMENTS", &at(&tenant.folder, "arguments"))
            .replace("BINARY", env!("CARGO_BIN_EXE_ocon"));
        tenant.program("ocon", &ocon);
        tenant.sh("git init --quiet .");
        tenant
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file below the folder, with its folders.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Adds a program to the `PATH`.
    pub(crate) fn program(&self, name: &str, text: &str) {
        let name = format!("bin/{name}");
        self.write(&name, text);
        fs::set_permissions(self.path(&name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Adds the program of `tests/data/stores` that accepts the documented options of this tool.
    pub(crate) fn stub(&mut self, tool: &str) {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/stores").join(tool);
        self.program(tool, &fs::read_to_string(source).unwrap());
        self.variables.insert("STUB_STORE".to_owned(), at(&self.folder, "store"));
    }

    /// Makes a field of the Hootsuite file read a secret file instead of a variable.
    pub(crate) fn read_client_secret_from(&self, file: &str) {
        let path = "checkout/instances/hootsuite.yaml";
        let text = fs::read_to_string(self.path(path)).unwrap();
        let changed = text.replace("env.HOOTSUITE_CLIENT_SECRET", &format!("file.{file}"));
        assert_ne!(changed, text);
        self.write(path, &changed);
    }

    /// Runs a script in the checkout, as a terminal or most pipelines do.
    pub(crate) fn sh(&self, script: &str) -> Run {
        self.run(&["sh", "-euc", script])
    }

    /// Runs a command in the checkout, and looks for secrets in its output, arguments and files.
    pub(crate) fn run(&self, command: &[&str]) -> Run {
        let mut process = Command::new(command[0]);
        process.args(&command[1..]).current_dir(self.path("checkout")).stdin(Stdio::null());
        let ended = process.env_clear().envs(&self.variables).output().unwrap();
        let output = String::from_utf8([ended.stdout, ended.stderr].concat()).unwrap();
        let arguments = fs::read_to_string(self.path("arguments")).unwrap_or_default();
        for part in self.secrets.values().filter_map(|value| value.split('\'').next()) {
            assert!(
                part.is_empty() || !output.contains(part),
                "{part} is in the output:\n{output}"
            );
            assert!(part.is_empty() || !arguments.contains(part), "{part} is in {arguments}");
        }
        self.look_for_readable_files();
        Run { exit: ended.status.code().unwrap(), output }
    }

    /// Fails if a file outside of the store has a secret, unless only its owner can read it.
    fn look_for_readable_files(&self) {
        for entry in walkdir::WalkDir::new(self.folder.path()).into_iter().map(Result::unwrap) {
            let path = entry.path();
            if !entry.file_type().is_file() || path.starts_with(self.path("store")) {
                continue;
            }
            let is_private = entry.metadata().unwrap().permissions().mode().trailing_zeros() >= 6;
            let is_in_checkout = path.starts_with(self.path("checkout"));
            let text = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
            let has_secret = text.contains("canary-of-") || text.contains("AGE-SECRET-KEY-");
            assert!(!has_secret || is_private && !is_in_checkout, "{}", path.display());
        }
    }

    /// Whether the platform received a text in a request.
    pub(crate) fn received(&self, text: &str) -> bool {
        let text = serde_json::to_string(text).unwrap();
        let bodies = self.sandbox.journal().into_iter().filter_map(|entry| entry.body);
        bodies.map(|body| body.to_string()).any(|body| body.contains(&text))
    }

    /// The number of requests that the platform received.
    pub(crate) fn requests(&self) -> usize {
        self.sandbox.journal().len()
    }

    /// Checks that a recipe creates the three instances with the values of the store, and that it ends with
    /// the exit code of `ocon` for changed, missing and refused secrets.
    pub(crate) fn check_apply(&self, apply: impl Fn() -> Run) {
        let run = apply();
        assert_eq!(run.exit, 0, "{}", run.output);
        assert!(run.output.contains("Applied: 3 created."), "{}", run.output);
        for name in OF_FILES {
            assert!(self.received(&self.secrets[name]), "{name} was not applied as it is");
        }
        let run = apply();
        assert!(run.exit == 0 && run.output.contains("No changes."), "{}", run.output);
    }
}

fn at(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).display().to_string()
}
