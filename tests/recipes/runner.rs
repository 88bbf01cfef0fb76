//! Carries out a workflow of GitHub Actions: its jobs and steps in order, with the files and
//! variables that GitHub gives them. An action or an expression that is not known is an error.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ocon::sandbox::{self, Credentials, Faults, Handle, Options};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::expression::{holds, substitute};
use crate::forge::{Forge, TOKEN};

const USER: &str = "us3r-s3cret-of-the-recipes";
const ORGANIZATION: &str = "0rg-s3cret-of-the-recipes";

/// A repository with instances, its forge and its tenant.
pub(crate) struct Stage {
    pub(crate) forge: Forge,
    pub(crate) secrets: BTreeMap<String, String>,
    pub(crate) checkout: TempDir,
    /// What happens after a job.
    pub(crate) meanwhile: Option<fn(&Stage)>,
    artifacts: TempDir,
    sha256: String,
    sandbox: Handle,
    _runtime: tokio::runtime::Runtime,
}

/// What a run of a workflow came to.
#[derive(Debug, Default)]
pub(crate) struct Run {
    /// The exit code of each job that was run: that of its first step that failed, or 0.
    pub(crate) jobs: BTreeMap<String, i32>,
    /// What stands in the summaries of its steps.
    pub(crate) summary: String,
    /// What its steps said.
    pub(crate) log: String,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let credentials =
            Credentials { user: USER.to_owned(), organization: ORGANIZATION.to_owned() };
        let options = Options { credentials: Some(credentials), ..Options::default() };
        let sandbox = runtime.block_on(sandbox::start(options)).unwrap();
        let (archive, sha256) = archive();
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
        secrets.insert("OCON_FINGERPRINT_KEY".to_owned(), "key-of-fingerprints".to_owned());
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
        let forge = Forge::start(archive);
        Self {
            forge,
            secrets,
            checkout,
            meanwhile: None,
            artifacts,
            sha256,
            sandbox,
            _runtime: runtime,
        }
    }

    pub(crate) fn go_wrong(&self, faults: &str) {
        self.sandbox.set_faults(Faults::parse(faults).unwrap());
    }

    /// Edits a file of the repository.
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.checkout.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no {from}");
        fs::write(path, text.replace(from, to)).unwrap();
    }

    /// Carries out a recipe.
    pub(crate) fn run(&self, recipe: &str, event: &Value) -> Run {
        let path = format!("{}/examples/ci/github/{recipe}", env!("CARGO_MANIFEST_DIR"));
        let workflow: Value = serde_yaml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let mut run = Run::default();
        let mut needs = json!({});
        let mut jobs: Vec<_> = workflow["jobs"].as_object().unwrap().iter().collect();
        // What needs another job comes after it; no recipe has more than two in a row.
        jobs.sort_by_key(|(_, job)| job["needs"].is_string());
        for (name, job) in jobs {
            let context = json!({
                "github": event,
                "secrets": self.secrets,
                "needs": needs,
            });
            if !holds(job["if"].as_str(), &context, true) {
                continue;
            }
            let outputs = Job::new(self, &workflow, context).run(name, job, &mut run);
            if run.jobs[name] != 0 {
                break;
            }
            needs[name] = json!({ "outputs": outputs });
            if let Some(meanwhile) = self.meanwhile {
                meanwhile(self);
            }
        }
        let secrets = self.secrets.values().map(String::as_str).chain([TOKEN]);
        for secret in secrets {
            assert!(!run.log.contains(secret) && !run.summary.contains(secret), "{secret} leaks");
        }
        run
    }
}

/// A job, on a machine of its own.
struct Job<'a> {
    stage: &'a Stage,
    temp: TempDir,
    context: Value,
    variables: BTreeMap<String, String>,
    path: String,
}

impl<'a> Job<'a> {
    fn new(stage: &'a Stage, workflow: &Value, mut context: Value) -> Self {
        let temp = tempfile::tempdir().unwrap();
        context["runner"] = json!({ "temp": temp.path() });
        context["steps"] = json!({});
        let mut variables = environment(&workflow["env"], &context);
        // The only things that differ: where the platform is, and where ocon comes from.
        variables.insert("OCON_BASE_URL".to_owned(), stage.sandbox.url().to_owned());
        let archive = format!("{}/download/ocon.tar.gz", stage.forge.url());
        variables.insert("OCON_ARCHIVE".to_owned(), archive);
        variables.insert("OCON_ARCHIVE_SHA256".to_owned(), stage.sha256.clone());
        Self { stage, temp, context, variables, path: "/usr/local/bin:/usr/bin:/bin".to_owned() }
    }

    /// Runs the steps, and says what the job hands on.
    fn run(mut self, name: &str, job: &Value, run: &mut Run) -> Value {
        let mut exit = 0;
        for step in job["steps"].as_array().unwrap() {
            if !holds(step["if"].as_str(), &self.context, exit == 0) {
                continue;
            }
            let ended = match step["run"].as_str() {
                Some(script) => self.shell(step, script, run),
                None => self.action(step),
            };
            if exit == 0 {
                exit = ended;
            }
        }
        run.jobs.insert(name.to_owned(), exit);
        let outputs = job["outputs"].as_object().cloned().unwrap_or_default();
        let outputs = outputs.into_iter();
        outputs
            .map(|(name, value)| (name, substitute(value.as_str().unwrap(), &self.context)))
            .collect::<BTreeMap<_, _>>()
            .into_iter()
            .map(|(name, value)| (name, Value::from(value)))
            .collect()
    }

    fn shell(&mut self, step: &Value, script: &str, run: &mut Run) -> i32 {
        assert!(!script.contains("${{"), "no expression stands in a script:\n{script}");
        let file = |name: &str| {
            let path = self.temp.path().join(name);
            fs::write(&path, "").unwrap();
            path
        };
        let (output, summary, path) = (file("OUTPUT"), file("SUMMARY"), file("PATH"));
        let text = file("script.sh");
        fs::write(&text, script).unwrap();
        let ended = Command::new("bash")
            .args(["--noprofile", "--norc", "-eo", "pipefail"])
            .arg(text)
            .current_dir(self.stage.checkout.path())
            .env_clear()
            .envs(&self.variables)
            .envs(environment(&step["env"], &self.context))
            .env("PATH", &self.path)
            .env("CI", "true")
            .env("RUNNER_TEMP", self.temp.path())
            .env("GITHUB_OUTPUT", &output)
            .env("GITHUB_STEP_SUMMARY", &summary)
            .env("GITHUB_PATH", &path)
            .env("GITHUB_API_URL", self.stage.forge.url())
            .env("GITHUB_REPOSITORY", "tests/instances")
            .env("GITHUB_SERVER_URL", "https://github.com")
            .env("GITHUB_SHA", "0123abc")
            .env("GITHUB_WORKSPACE", self.stage.checkout.path())
            .output()
            .unwrap();
        run.log.push_str(&String::from_utf8(ended.stdout).unwrap());
        run.log.push_str(&String::from_utf8(ended.stderr).unwrap());
        run.summary.push_str(&fs::read_to_string(summary).unwrap());
        for folder in fs::read_to_string(path).unwrap().lines() {
            self.path = format!("{folder}:{}", self.path);
        }
        if let Some(id) = step["id"].as_str() {
            let written = fs::read_to_string(output).unwrap();
            let outputs = written.lines().map(|line| line.split_once('=').unwrap());
            let outputs: BTreeMap<_, _> = outputs.collect();
            self.context["steps"][id] = json!({ "outputs": outputs });
        }
        ended.status.code().unwrap()
    }

    /// What the actions of the recipes do, as far as a recipe sees it.
    fn action(&self, step: &Value) -> i32 {
        let uses = step["uses"].as_str().unwrap();
        let (action, version) = uses.split_once('@').unwrap();
        assert!(version.len() == 40, "{uses} is pinned to a commit");
        let with = |name: &str| -> PathBuf {
            substitute(step["with"][name].as_str().unwrap(), &self.context).into()
        };
        let kept = |name: PathBuf| self.stage.artifacts.path().join(name);
        match action {
            "actions/checkout" => {
                assert_eq!(step["with"]["persist-credentials"], false, "{uses}");
            }
            "actions/upload-artifact" => {
                let path = with("path");
                let content = if path.is_dir() { path.join(".") } else { path };
                copy(&content, &kept(with("name")));
            }
            "actions/download-artifact" => {
                copy(&kept(with("name")).join("."), &with("path"));
            }
            "github/codeql-action/upload-sarif" => {
                let file = self.stage.checkout.path().join(with("sarif_file"));
                let text = fs::read_to_string(file).unwrap();
                serde_json::from_str::<Value>(&text).unwrap();
            }
            other => panic!("`{other}` is no action that the test knows"),
        }
        0
    }
}

/// Copies a file, or what is in a folder, into a folder.
fn copy(from: &Path, folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let copied = Command::new("cp").arg("-R").args([from, folder]).status().unwrap();
    assert!(copied.success(), "{}", from.display());
}

fn environment(variables: &Value, context: &Value) -> BTreeMap<String, String> {
    let variables = variables.as_object().cloned().unwrap_or_default();
    let text = |value: &Value| substitute(value.as_str().unwrap(), context);
    variables.iter().map(|(name, value)| (name.clone(), text(value))).collect()
}

/// What the recipes download: `ocon`, without the waits between two tries, and its digest.
fn archive() -> (Vec<u8>, String) {
    let folder = tempfile::tempdir().unwrap();
    let ocon = folder.path().join("ocon");
    let binary = env!("CARGO_BIN_EXE_ocon");
    fs::write(&ocon, format!(
        "#!/bin/sh\n[ ! -e .killed ] || {{ cat .killed; exit 137; }}\nOCON_TEST_CLOCK=hasty exec '{binary}' \"$@\"\n"
    )).unwrap();
    let script = "chmod 755 ocon && tar -czf ocon.tar.gz ocon && sha256sum ocon.tar.gz";
    let digest = Command::new("sh").args(["-c", script]).current_dir(folder.path()).output();
    let digest = String::from_utf8(digest.unwrap().stdout).unwrap();
    let archive = fs::read(folder.path().join("ocon.tar.gz")).unwrap();
    (archive, digest.split(' ').next().unwrap().to_owned())
}
