//! Runs a pipeline of Azure DevOps: the stages whose conditions are true, each on its own machine. An unknown
//! step or condition is an error.
//!
//! Sources: <https://learn.microsoft.com/en-us/azure/devops/pipelines/process/variables>,
//! <https://learn.microsoft.com/en-us/azure/devops/pipelines/scripts/logging-commands>

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use super::azure_condition::holds;
use super::fixture::{Fixture, Run, bash, copy};
use super::forge::TOKEN;

impl Fixture {
    /// Runs the pipeline with these variables of the run. Every approval is given.
    pub(crate) fn azure(&self, given: &[(&str, &str)]) -> Run {
        let text = self.recipe("azure/azure-pipelines.yml");
        let file: Value = serde_yaml::from_str(&text).unwrap();
        let mut pipeline = Pipeline::new(self, &file, given);
        for stage in file["stages"].as_array().unwrap() {
            pipeline.stage(stage);
        }
        self.look_for_leaks(&pipeline.run);
        pipeline.run
    }
}

/// The state that the stages share.
struct Pipeline<'a> {
    fixture: &'a Fixture,
    /// The variables that scripts get, by the names that the documentation has.
    variables: BTreeMap<String, String>,
    /// The exit codes of the stages that ran.
    stages: BTreeMap<String, i32>,
    /// The outputs, by names like `Plan.plan.result.code`: stage, job, step and variable.
    outputs: BTreeMap<String, String>,
    /// The artifacts of this run. They cannot be replaced.
    published: BTreeSet<String>,
    run: Run,
}

impl<'a> Pipeline<'a> {
    fn new(fixture: &'a Fixture, file: &Value, given: &[(&str, &str)]) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let variables = file["variables"].as_object().unwrap().iter();
        let mut variables: BTreeMap<_, _> =
            variables.map(|(name, value)| (name.clone(), text(value))).collect();
        variables.extend(fixture.changed());
        let collection = format!("{}/tests/", fixture.forge.url());
        let predefined = [
            ("TF_BUILD", "True"),
            ("System.CollectionUri", &collection),
            ("System.TeamProjectId", "project"),
            ("System.JobAttempt", "1"),
            ("Build.Repository.ID", "repository"),
            ("Build.Repository.Provider", "TfsGit"),
            ("Build.Repository.Uri", "https://tests@dev.azure.com/tests/project/_git/instances"),
            ("Build.BuildId", "42"),
            ("Build.SourceVersion", "0123abc"),
        ];
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        variables.extend(predefined.iter().chain(given).map(owned));
        Self {
            fixture,
            variables,
            stages: BTreeMap::new(),
            outputs: BTreeMap::new(),
            published: BTreeSet::new(),
            run: Run::default(),
        }
    }

    fn stage(&mut self, stage: &Value) {
        let name = stage["stage"].as_str().unwrap();
        let needed = match &stage["dependsOn"] {
            Value::String(needed) => vec![needed.as_str()],
            Value::Array(list) if list.is_empty() => Vec::new(),
            Value::Null if self.stages.is_empty() => Vec::new(),
            other => panic!("{name} depends on {other}, which the test does not know"),
        };
        let succeeded = needed.iter().all(|stage| self.stages.get(*stage) == Some(&0));
        let condition = stage["condition"].as_str().unwrap_or("succeeded()");
        if !holds(condition, succeeded, &|name| self.value(name)) {
            return;
        }
        let [job] = stage["jobs"].as_array().unwrap().as_slice() else { panic!("{name}: one job") };
        let secrets = self.secrets(&stage["variables"]);
        let exit = Job::new(self, secrets).run(name, job);
        self.stages.insert(name.to_owned(), exit);
        if let Some(meanwhile) = self.fixture.meanwhile {
            meanwhile(self.fixture);
        }
    }

    /// The value of a variable or an output in a condition; empty if there is none.
    fn value(&self, name: &str) -> String {
        let quoted = |text: &str| text.strip_suffix("']").unwrap().to_owned();
        if let Some(name) = name.strip_prefix("variables['").map(quoted) {
            return self.variables.get(&name).cloned().unwrap_or_default();
        }
        let output = name.strip_prefix("dependencies.").and_then(|it| it.split_once(".outputs['"));
        let (stage, name) = output.unwrap_or_else(|| panic!("`{name}` is not known to the test"));
        self.outputs.get(&format!("{stage}.{}", quoted(name))).cloned().unwrap_or_default()
    }

    /// The secrets of the variable groups of a stage, as described in docs/pipelines.md.
    fn secrets(&self, groups: &Value) -> BTreeMap<String, String> {
        let all = self.fixture.secrets.clone().into_iter();
        match groups.as_array().map(|groups| groups[0]["group"].as_str().unwrap()) {
            None => BTreeMap::new(),
            Some("ocon-review") => all.filter(|(name, _)| name.starts_with("OCON_")).collect(),
            Some("ocon-main") => all.collect(),
            Some(other) => panic!("docs/pipelines.md has no variable group `{other}`"),
        }
    }
}

/// A job, on its own machine.
struct Job<'p, 'a> {
    pipeline: &'p mut Pipeline<'a>,
    temp: TempDir,
    secrets: BTreeMap<String, String>,
    path: String,
    /// The variables that its steps set, by names like `result.code`.
    set: BTreeMap<String, String>,
}

impl<'p, 'a> Job<'p, 'a> {
    fn new(pipeline: &'p mut Pipeline<'a>, mut secrets: BTreeMap<String, String>) -> Self {
        let temp = tempfile::tempdir().unwrap();
        for folder in ["temp", "s"] {
            fs::create_dir(temp.path().join(folder)).unwrap();
        }
        secrets.insert("System.AccessToken".to_owned(), TOKEN.to_owned());
        let path = "/usr/local/bin:/usr/bin:/bin".to_owned();
        Self { pipeline, temp, secrets, path, set: BTreeMap::new() }
    }

    /// Runs the steps. Returns the exit code of the first failed one, or 0.
    fn run(mut self, stage: &str, job: &Value) -> i32 {
        let (name, steps) = match (job["job"].as_str(), job["deployment"].as_str()) {
            (Some(name), None) => {
                self.check_out();
                (name, &job["steps"])
            }
            // A deployment job checks out nothing by itself.
            (None, Some(name)) => {
                assert_eq!(job["environment"], "ocon-apply");
                (name, &job["strategy"]["runOnce"]["deploy"]["steps"])
            }
            _ => panic!("{job} is no job that the test knows"),
        };
        let mut exit = 0;
        for step in steps.as_array().unwrap() {
            let condition = step["condition"].as_str().unwrap_or("succeeded()");
            if holds(condition, exit == 0, &|name| self.value(name)) {
                let ended = self.step(step);
                exit = if exit == 0 { ended } else { exit };
            }
        }
        self.pipeline.run.jobs.insert(name.to_owned(), exit);
        let outputs = self.set.into_iter();
        let outputs = outputs.map(|(output, value)| (format!("{stage}.{name}.{output}"), value));
        self.pipeline.outputs.extend(outputs);
        exit
    }

    fn value(&self, name: &str) -> String {
        let own = name.strip_prefix("variables['").and_then(|it| it.strip_suffix("']"));
        let own = own.and_then(|name| self.set.get(name));
        own.cloned().unwrap_or_else(|| self.pipeline.value(name))
    }

    fn check_out(&self) {
        copy(&self.pipeline.fixture.checkout.path().join("."), &self.folder("s"));
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.temp.path().join(name)
    }

    fn step(&mut self, step: &Value) -> i32 {
        let artifacts = self.pipeline.fixture.artifacts.path();
        let text = |name: &str| step[name].as_str();
        if let Some(script) = text("bash") {
            return self.bash(step, script);
        }
        if let Some(path) = text("publish") {
            let (file, name) =
                (PathBuf::from(self.replaced(path)), self.replaced(text("artifact").unwrap()));
            assert!(self.pipeline.published.insert(name.clone()), "{name} is published twice");
            if !file.exists() {
                return 1;
            }
            copy(&file, &artifacts.join(name));
        } else if text("download") == Some("current") {
            let name = text("artifact").unwrap();
            assert!(self.pipeline.published.contains(name), "{name} is not published");
            copy(&artifacts.join(name).join("."), &self.folder(name));
        } else if text("checkout") == Some("self") {
            self.check_out();
        } else if text("task") == Some("PublishTestResults@2") {
            assert_eq!(step["inputs"]["testResultsFormat"], "JUnit");
            let file = self.replaced(step["inputs"]["testResultsFiles"].as_str().unwrap());
            copy(Path::new(&file), &artifacts.join("tests"));
        } else {
            panic!("{step} is no step that the test knows");
        }
        0
    }

    /// The variables by the names that the documentation has, without secrets.
    fn variables(&self) -> BTreeMap<String, String> {
        let place = |name: &str| self.folder(name).display().to_string();
        let mut variables = self.pipeline.variables.clone();
        variables.extend([
            ("Agent.TempDirectory".to_owned(), place("temp")),
            ("Build.SourcesDirectory".to_owned(), place("s")),
            ("Pipeline.Workspace".to_owned(), self.temp.path().display().to_string()),
        ]);
        variables
    }

    /// Replaces each `$(NAME)` of a variable or a secret. Other text in parentheses stays.
    fn replaced(&self, text: &str) -> String {
        let known = self.variables().into_iter().chain(self.secrets.clone());
        known.fold(text.to_owned(), |text, (name, value)| {
            text.replace(&format!("$({name})"), &value)
        })
    }

    fn bash(&mut self, step: &Value, script: &str) -> i32 {
        // The task does not set `errexit`.
        assert!(script.starts_with("set -euo pipefail\n"), "{script}");
        let file = self.folder("temp").join("step.sh");
        fs::write(&file, self.replaced(script)).unwrap();
        let exported =
            |(name, value): (String, String)| (name.to_uppercase().replace('.', "_"), value);
        let mut variables: BTreeMap<_, _> = self.variables().into_iter().map(exported).collect();
        variables.insert("PATH".to_owned(), self.path.clone());
        for (name, value) in step["env"].as_object().into_iter().flatten() {
            variables.insert(name.clone(), self.replaced(value.as_str().unwrap()));
        }
        let mut output = String::new();
        let script = format!("exec bash --noprofile --norc {}", file.display());
        let exit = bash(&script, &self.folder("s"), &variables, &mut output);
        let is_restricted = match &step["target"] {
            Value::Null => false,
            target => {
                assert_eq!(target["commands"], "restricted", "{target}");
                assert_eq!(target["settableVariables"], "none", "{target}");
                true
            }
        };
        for line in output.lines() {
            self.logging_command(step["name"].as_str(), line, is_restricted);
        }
        self.pipeline.run.log.push_str(&output);
        exit
    }

    /// Executes the logging command of a line of output. The agent searches for it anywhere in the line.
    fn logging_command(&mut self, step: Option<&str>, line: &str, is_restricted: bool) {
        let Some((_, command)) = line.split_once("##vso[") else { return };
        let (command, value) = command.split_once(']').unwrap();
        match command {
            "task.logissue type=error" => {}
            _ if is_restricted => {}
            "task.prependpath" => self.path = format!("{value}:{}", self.path),
            "task.uploadsummary" => {
                self.pipeline.run.summary.push_str(&fs::read_to_string(value).unwrap());
            }
            "task.setvariable variable=code;isOutput=true" => {
                self.set.insert(format!("{}.code", step.unwrap()), value.to_owned());
            }
            other => panic!("`{other}` is no logging command that the test knows"),
        }
    }
}
