//! A repository with instances, its forge and its tenant.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use ocon::sandbox::{self, Faults, Handle, SandboxCredentials, SandboxOptions};
use serde_json::Value;
use tempfile::TempDir;

use super::forge::{Forge, TOKEN};
use super::release::Release;

const USER: &str = "us3r-s3cret-of-the-recipes";
const ORGANIZATION: &str = "0rg-s3cret-of-the-recipes";

/// The environment of one test.
pub(crate) struct Fixture {
    pub(crate) forge: Forge,
    pub(crate) secrets: BTreeMap<String, String>,
    pub(crate) checkout: TempDir,
    /// Runs after a job.
    pub(crate) meanwhile: Option<fn(&Fixture)>,
    pub(crate) artifacts: TempDir,
    /// Whether the pipelines are those of the checkout, which `ocon init` wrote, instead of the examples.
    pub(crate) has_own_pipelines: bool,
    sandbox: Handle,
    _runtime: tokio::runtime::Runtime,
}

/// The result of a pipeline.
#[derive(Debug, Default)]
pub(crate) struct Run {
    /// The exit code of each job that ran: the exit code of its first failed step, or 0.
    pub(crate) jobs: BTreeMap<String, i32>,
    /// The summaries that its steps wrote.
    pub(crate) summary: String,
    /// The output of its steps.
    pub(crate) log: String,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let credentials =
            SandboxCredentials { user: USER.to_owned(), organization: ORGANIZATION.to_owned() };
        let options =
            SandboxOptions { credentials: Some(credentials), ..SandboxOptions::default() };
        let sandbox = runtime.block_on(sandbox::start(options)).unwrap();
        let names = [
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
        let mut secrets: BTreeMap<_, _> =
            names.map(|name| (name.to_owned(), format!("value-of-{}", name.to_lowercase()))).into();
        secrets.insert("OCON_USER_SECRET".to_owned(), USER.to_owned());
        secrets.insert("OCON_ORGANIZATION_SECRET".to_owned(), ORGANIZATION.to_owned());
        secrets.insert(
            "OCON_FINGERPRINT_KEY".to_owned(),
            "fingerprint-key-of-the-recipes-of-ocon".to_owned(),
        );
        let checkout = tempfile::tempdir().unwrap();
        let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
        fs::create_dir(checkout.path().join("instances")).unwrap();
        for file in [
            "ocon.yaml",
            "instances/closeio.yaml",
            "instances/hootsuite.yaml",
            "instances/slack.yaml",
        ] {
            fs::copy(repository.join(file), checkout.path().join(file)).unwrap();
        }
        let artifacts = tempfile::tempdir().unwrap();
        let forge = Forge::start(Release::new(&program()));
        Self {
            forge,
            secrets,
            checkout,
            meanwhile: None,
            artifacts,
            has_own_pipelines: false,
            sandbox,
            _runtime: runtime,
        }
    }

    /// The text of a pipeline, by the path of its example below `examples/ci`.
    pub(crate) fn recipe(&self, example: &str) -> String {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/ci");
        let path = match example.split_once('/').unwrap() {
            _ if !self.has_own_pipelines => examples.join(example),
            ("github", name) => self.checkout.path().join(format!(".github/workflows/ocon-{name}")),
            ("gitlab", _) => self.checkout.path().join(".gitlab-ci.yml"),
            (_, name) => self.checkout.path().join(name),
        };
        fs::read_to_string(path).unwrap()
    }

    pub(crate) fn go_wrong(&self, faults: &str) {
        self.sandbox.set_faults(Faults::parse(faults).unwrap());
    }

    /// The instances of the tenant. For an empty list, the platform returns a message instead.
    pub(crate) fn instances(&self) -> Vec<Value> {
        self.ask("GET", "/instances?hydrate=true", &Value::Null)
            .as_array()
            .cloned()
            .unwrap_or_default()
    }

    /// Sends a request to the tenant, as another client.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.sandbox.url());
        let authorization = format!("Authorization: User {USER}, Organization {ORGANIZATION}");
        let mut curl = Command::new("curl");
        curl.args(["-sS", "-X", method, "-H", &authorization, &url]);
        if !body.is_null() {
            curl.args(["-H", "Content-Type: application/json", "-d", &body.to_string()]);
        }
        serde_json::from_slice(&curl.output().unwrap().stdout).unwrap()
    }

    /// Edits a file of the repository.
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.checkout.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no {from}");
        fs::write(path, text.replace(from, to)).unwrap();
    }

    /// Deletes a file of the repository.
    pub(crate) fn remove(&self, file: &str) {
        fs::remove_file(self.checkout.path().join(file)).unwrap();
    }

    /// From now on, a plan or apply of `ocon` is killed after it prints these words.
    pub(crate) fn kill_ocon_when_it_said(&self, words: &str) {
        fs::write(self.checkout.path().join(".killed"), words).unwrap();
    }

    /// Returns the variables at the head of a recipe that every user must change: the URL of the platform, and
    /// that of the releases of ocon.
    pub(crate) fn changed(&self) -> [(String, String); 2] {
        [
            ("OCON_BASE_URL".to_owned(), self.sandbox.url().to_owned()),
            ("OCON_RELEASES".to_owned(), format!("{}/releases", self.forge.url())),
        ]
    }

    /// Checks that the output of a run contains no secret.
    pub(crate) fn look_for_leaks(&self, run: &Run) {
        let secrets = self.secrets.values().map(String::as_str).chain([TOKEN]);
        for secret in secrets {
            assert!(!run.log.contains(secret) && !run.summary.contains(secret), "{secret} leaks");
        }
    }
}

/// Runs a script like the pipelines do, with only these variables. Returns its exit code.
pub(crate) fn bash(
    script: &str,
    folder: &Path,
    variables: &BTreeMap<String, String>,
    log: &mut String,
) -> i32 {
    let mut bash = Command::new("bash");
    bash.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]);
    let ended = bash.current_dir(folder).env_clear().envs(variables).output().unwrap();
    log.push_str(&String::from_utf8(ended.stdout).unwrap());
    log.push_str(&String::from_utf8(ended.stderr).unwrap());
    ended.status.code().unwrap()
}

impl Fixture {
    /// The text of a file that a job keeps.
    pub(crate) fn artifact(&self, name: &str, file: &str) -> String {
        fs::read_to_string(self.artifacts.path().join(name).join(file)).unwrap()
    }
}

/// Copies a file, or the content of a folder, into a folder.
pub(crate) fn copy(from: &Path, folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let copied = Command::new("cp").arg("-R").args([from, folder]).status().unwrap();
    assert!(copied.success(), "{}", from.display());
}

/// The program of the recipes: `ocon` without delays between retries.
fn program() -> String {
    let binary = env!("CARGO_BIN_EXE_ocon");
    format!(
        "#!/bin/sh
[ ! -e .killed ] || [ \"$1\" = validate ] || {{ cat .killed; exit 137; }}
OCON_TEST_CLOCK=hasty exec '{binary}' \"$@\"
"
    )
}
