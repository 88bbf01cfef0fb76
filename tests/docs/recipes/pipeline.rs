//! Runs a pipeline of GitLab: the jobs whose rules are true, by stage, each in a new checkout with the
//! artifacts and variables that it needs.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::{Map, Value};

use super::fixture::{Fixture, Run, bash, copy};
use super::forge::TOKEN;

/// Replaces Debian's: prints the missing package.
const APT_GET: &str = r#"#!/bin/bash
[ "$1" = install ] || exit 0
shift
for package; do
  case "$package" in
    -* | ca-certificates) ;;
    *) command -v "$package" || exit 100 ;;
  esac
done
"#;

impl Fixture {
    /// Runs the pipeline that these variables of the project select. Every approval is given.
    pub(crate) fn pipeline(&self, variables: &[(&str, &str)]) -> Run {
        let text = self.recipe("gitlab/gitlab-ci.yml");
        let file: Value = serde_yaml::from_str(&text).unwrap();
        let mut given = texts(&file["variables"]);
        given.extend(self.changed());
        given.extend(variables.iter().copied().map(owned));
        given.extend([("CI_DEFAULT_BRANCH", "main"), ("CI_PROJECT_ID", "5")].map(owned));
        let mut run = Run::default();
        let mut stages: Vec<(&str, &Value)> = Vec::new();
        for name in file["stages"].as_array().unwrap() {
            let is_job =
                |(key, job): &(&String, &Value)| !key.starts_with('.') && job["stage"] == *name;
            stages.extend(
                file.as_object()
                    .unwrap()
                    .iter()
                    .filter(is_job)
                    .map(|(key, job)| (key.as_str(), job)),
            );
        }
        for (name, job) in stages {
            let job = extended(&file, job);
            if !is_wanted(&job["rules"], &given) {
                continue;
            }
            let exit = self.job(name, &job, given.clone(), &mut run);
            run.jobs.insert(name.to_owned(), exit);
            if exit != 0 {
                break;
            }
            if let Some(meanwhile) = self.meanwhile {
                meanwhile(self);
            }
        }
        self.look_for_leaks(&run);
        run
    }

    fn job(
        &self,
        name: &str,
        job: &Value,
        mut variables: BTreeMap<String, String>,
        run: &mut Run,
    ) -> i32 {
        let temp = tempfile::tempdir().unwrap();
        let (folder, tools) = (temp.path().join("project"), temp.path().join("tools"));
        copy(&self.checkout.path().join("."), &folder);
        fs::create_dir(&tools).unwrap();
        fs::write(tools.join("apt-get"), APT_GET).unwrap();
        fs::set_permissions(tools.join("apt-get"), fs::Permissions::from_mode(0o755)).unwrap();
        for needed in job["needs"].as_array().into_iter().flatten() {
            copy(&self.artifacts.path().join(needed.as_str().unwrap()).join("."), &folder);
        }
        variables.extend(self.scoped(job["environment"]["name"].as_str()));
        let place = |path: &Path| path.display().to_string();
        variables.extend(
            [
                ("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", place(&tools))),
                ("TMPDIR", place(temp.path())),
                ("CI", "true".to_owned()),
                ("CI_API_V4_URL", self.forge.url().to_owned()),
                ("CI_PROJECT_URL", "https://gitlab.com/tests/instances".to_owned()),
                ("CI_PROJECT_DIR", place(&folder)),
                ("CI_JOB_URL", "https://gitlab.com/tests/instances/-/jobs/42".to_owned()),
                ("CI_COMMIT_SHA", "0123abc".to_owned()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        let lines =
            ["before_script", "script"].into_iter().flat_map(|part| job[part].as_array().unwrap());
        let script: Vec<&str> = lines.map(|line| line.as_str().unwrap()).collect();
        let exit = bash(&script.join("\n"), &folder, &variables, &mut run.log);
        let is_kept = exit == 0 || job["artifacts"]["when"] == "always";
        for artifact in job["artifacts"]["paths"].as_array().into_iter().flatten() {
            let file = folder.join(artifact.as_str().unwrap());
            if is_kept && (exit == 0 || file.exists()) {
                copy(&file, &self.artifacts.path().join(name));
            }
        }
        exit
    }

    /// The secrets of an environment, as described in docs/pipelines.md.
    fn scoped(&self, environment: Option<&str>) -> BTreeMap<String, String> {
        let own = |name: &str| name.starts_with("OCON_");
        let mut secrets = match environment {
            None => BTreeMap::new(),
            Some("ocon-review") => {
                self.secrets.clone().into_iter().filter(|(name, _)| own(name)).collect()
            }
            Some("ocon-plan" | "ocon-apply") => self.secrets.clone(),
            Some(other) => panic!("docs/pipelines.md has no environment `{other}`"),
        };
        if matches!(environment, Some("ocon-review" | "ocon-plan")) {
            secrets.insert("OCON_NOTES_TOKEN".to_owned(), TOKEN.to_owned());
        }
        secrets
    }
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn texts(variables: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    variables.as_object().unwrap().iter().map(|(name, value)| (name.clone(), text(value))).collect()
}

/// A job with what it extends.
fn extended(file: &Value, job: &Value) -> Value {
    let mut whole: Map<String, Value> = match job["extends"].as_str() {
        Some(base) => file[base].as_object().unwrap().clone(),
        None => Map::new(),
    };
    whole.extend(job.as_object().unwrap().clone());
    whole.into()
}

/// Whether one of the rules is true. A rule compares variables with texts, and all comparisons must be true.
fn is_wanted(rules: &Value, variables: &BTreeMap<String, String>) -> bool {
    let value = |operand: &str| match operand.trim().strip_prefix('$') {
        Some(name) => variables.get(name).cloned(),
        None => Some(operand.trim().trim_matches('"').to_owned()),
    };
    let holds = |comparison: &str| {
        let (left, right) =
            comparison.split_once("==").or_else(|| comparison.split_once("!=")).unwrap();
        (value(left) == value(right)) == comparison.contains("==")
    };
    let mut rules = rules.as_array().unwrap().iter().map(|rule| rule["if"].as_str().unwrap());
    rules.any(|rule| rule.split("&&").all(holds))
}
