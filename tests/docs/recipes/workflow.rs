//! Runs a workflow of GitHub Actions: jobs and steps in order, with the files and variables of GitHub. An
//! unknown action or expression is an error.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::expression::{holds, substitute};
use super::fixture::{Fixture, Run, bash, copy};
use super::forge::TOKEN;
use super::release::write_script;

impl Fixture {
    /// Runs a workflow.
    pub(crate) fn run(&self, recipe: &str, event: &Value) -> Run {
        let text = self.recipe(&format!("github/{recipe}"));
        let workflow: Value = serde_yaml::from_str(&text).unwrap();
        let mut run = Run::default();
        let mut needs = json!({});
        let mut jobs: Vec<_> = workflow["jobs"].as_object().unwrap().iter().collect();
        // A job comes after the one that it needs. No recipe has more than two in a row.
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
        self.look_for_leaks(&run);
        run
    }

    /// Runs the action of this repository, at this tag or commit, in a job with these variables. The result
    /// includes its outputs.
    pub(crate) fn act(
        &self,
        action_ref: &str,
        inputs: &Value,
        variables: &Value,
    ) -> (Run, BTreeMap<String, String>) {
        let path = format!("{}/action.yml", env!("CARGO_MANIFEST_DIR"));
        let action: Value = serde_yaml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let mut given = inputs.clone();
        for (name, input) in action["inputs"].as_object().unwrap() {
            assert!(input["required"] == true || !input["default"].is_null(), "{name}");
            let default = input["default"].as_str().unwrap_or_default();
            given.as_object_mut().unwrap().entry(name).or_insert_with(|| default.into());
        }
        let github = json!({ "action_ref": action_ref, "token": TOKEN });
        let context = json!({ "inputs": given, "secrets": self.secrets, "github": github });
        let mut job = Job::new(self, &json!({ "env": variables }), context);
        let mut run = Run::default();
        let exit = job.steps(&action["runs"]["steps"], &mut run);
        run.jobs.insert("action".to_owned(), exit);
        self.look_for_leaks(&run);
        let outputs = action["outputs"].as_object().unwrap().iter();
        let outputs = outputs.map(|(name, output)| {
            (name.clone(), substitute(output["value"].as_str().unwrap(), &job.context))
        });
        (run, outputs.collect())
    }
}

/// A job, on its own machine.
struct Job<'a> {
    fixture: &'a Fixture,
    temp: TempDir,
    context: Value,
    variables: BTreeMap<String, String>,
    path: String,
}

impl<'a> Job<'a> {
    fn new(fixture: &'a Fixture, workflow: &Value, mut context: Value) -> Self {
        let temp = tempfile::tempdir().unwrap();
        context["runner"] = json!({ "temp": temp.path() });
        context["steps"] = json!({});
        let mut variables = environment(&workflow["env"], &context);
        variables.extend(fixture.changed());
        // A real `gh` would contact GitHub.
        let tools = temp.path().join("tools");
        write_script(&tools.join("gh"), "exit 1");
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", tools.display());
        Self { fixture, temp, context, variables, path }
    }

    /// Runs the steps. Returns the outputs of the job.
    fn run(mut self, name: &str, job: &Value, run: &mut Run) -> Value {
        let exit = self.steps(&job["steps"], run);
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

    /// Runs steps in order. Returns the exit code of the first failed step, or 0.
    fn steps(&mut self, steps: &Value, run: &mut Run) -> i32 {
        let mut exit = 0;
        for step in steps.as_array().unwrap() {
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
        exit
    }

    fn shell(&mut self, step: &Value, script: &str, run: &mut Run) -> i32 {
        assert!(!script.contains("${{"), "a script must not contain an expression:\n{script}");
        let file = |name: &str| {
            let path = self.temp.path().join(name);
            fs::write(&path, "").unwrap();
            path
        };
        let (output, summary, path) = (file("OUTPUT"), file("SUMMARY"), file("PATH"));
        let mut variables = self.variables.clone();
        variables.extend(environment(&step["env"], &self.context));
        let given = [
            ("PATH", self.path.clone()),
            ("CI", "true".to_owned()),
            ("RUNNER_TEMP", self.temp.path().display().to_string()),
            ("GITHUB_OUTPUT", output.display().to_string()),
            ("GITHUB_STEP_SUMMARY", summary.display().to_string()),
            ("GITHUB_PATH", path.display().to_string()),
            ("GITHUB_ACTION_PATH", env!("CARGO_MANIFEST_DIR").to_owned()),
            ("GITHUB_API_URL", self.fixture.forge.url().to_owned()),
            ("GITHUB_REPOSITORY", "tests/instances".to_owned()),
            ("GITHUB_SERVER_URL", "https://github.com".to_owned()),
            ("GITHUB_RUN_ID", "42".to_owned()),
            ("GITHUB_SHA", "0123abc".to_owned()),
            ("GITHUB_WORKSPACE", self.fixture.checkout.path().display().to_string()),
        ];
        variables.extend(given.map(|(name, value)| (name.to_owned(), value)));
        let ended = bash(script, self.fixture.checkout.path(), &variables, &mut run.log);
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
        ended
    }

    /// The effects of the actions in the recipes.
    fn action(&self, step: &Value) -> i32 {
        let uses = step["uses"].as_str().unwrap();
        let (action, version) = uses.split_once('@').unwrap();
        assert!(version.len() == 40, "{uses} is pinned to a commit");
        let with = |name: &str| -> PathBuf {
            substitute(step["with"][name].as_str().unwrap(), &self.context).into()
        };
        let kept = |name: PathBuf| self.fixture.artifacts.path().join(name);
        match action {
            "actions/checkout" => {
                assert_eq!(step["with"]["persist-credentials"], false, "{uses}");
            }
            "actions/upload-artifact" => {
                let path = with("path");
                if step["with"]["if-no-files-found"] == "ignore" && !path.exists() {
                    return 0;
                }
                let content = if path.is_dir() { path.join(".") } else { path };
                copy(&content, &kept(with("name")));
            }
            "actions/download-artifact" => {
                copy(&kept(with("name")).join("."), &with("path"));
            }
            "github/codeql-action/upload-sarif" => {
                let file = self.fixture.checkout.path().join(with("sarif_file"));
                let text = fs::read_to_string(file).unwrap();
                serde_json::from_str::<Value>(&text).unwrap();
            }
            other => panic!("`{other}` is no action that the test knows"),
        }
        0
    }
}

fn environment(variables: &Value, context: &Value) -> BTreeMap<String, String> {
    let variables = variables.as_object().cloned().unwrap_or_default();
    let text = |value: &Value| substitute(value.as_str().unwrap(), context);
    variables.iter().map(|(name, value)| (name.clone(), text(value))).collect()
}
