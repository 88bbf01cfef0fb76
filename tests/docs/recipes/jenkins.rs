//! The pipeline of Jenkins, end to end and with failures.

use std::collections::BTreeMap;
use std::path::Path;

use super::fixture::{Fixture, Run, bash, copy};
use super::groovy::{Argument, Statement, read};

/// The subject of a build.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Build {
    ChangeRequest,
    Branch,
    Main,
    Night,
}

/// Runs the stages whose conditions are true, each on its own machine. Every approval is
/// given.
pub(super) fn build(fixture: &Fixture, build: Build) -> Run {
    let file = read(&fixture.recipe("jenkins/Jenkinsfile"));
    let [pipeline, functions @ ..] = file.as_slice() else { panic!("the file is empty") };
    let mut variables = environment(fixture, pipeline).unwrap();
    variables.extend(fixture.changed());
    let mut run = Run::default();
    for job in pipeline.all("stages").flat_map(|stages| stages.all("stage")) {
        if !job.all("when").flat_map(|when| &when.block).all(|condition| holds(condition, build)) {
            continue;
        }
        let exit = match environment(fixture, job) {
            Ok(own) => {
                let variables = variables.clone().into_iter().chain(own).collect();
                let temp = tempfile::tempdir().unwrap();
                let exit = steps(fixture, job, functions, variables, temp.path(), &mut run.log);
                archive(fixture, job, &temp.path().join("workspace"));
                exit
            }
            Err(missing) => {
                run.log.push_str(&missing);
                1
            }
        };
        run.jobs.insert(job.text("").to_owned(), exit);
        if exit != 0 {
            break;
        }
        if let Some(meanwhile) = fixture.meanwhile {
            meanwhile(fixture);
        }
    }
    fixture.look_for_leaks(&run);
    run
}

fn holds(condition: &Statement, build: Build) -> bool {
    match condition.name.as_str() {
        "beforeInput" => condition.text("") == "true",
        "changeRequest" => build == Build::ChangeRequest,
        "branch" => condition.text("") == "main" && matches!(build, Build::Main | Build::Night),
        "triggeredBy" => condition.text("") == "TimerTrigger" && build == Build::Night,
        "not" => !condition.block.iter().all(|condition| holds(condition, build)),
        other => panic!("`{other}` is no condition that the test knows"),
    }
}

/// The variables of a block, the credentials among them.
fn environment(fixture: &Fixture, block: &Statement) -> Result<BTreeMap<String, String>, String> {
    let variables = block.all("environment").flat_map(|environment| &environment.block);
    let valued = variables.map(|variable| {
        let value = match &variable.arguments[0].1 {
            Argument::Text(text) => text.clone(),
            Argument::Call(name, id) if name == "credentials" => {
                let known = fixture.secrets.get(id).cloned();
                known.ok_or_else(|| format!("ERROR: {id}: no such credentials"))?
            }
            Argument::Call(name, _) => panic!("`{name}` is no function that the test knows"),
        };
        Ok((variable.name.clone(), value))
    });
    valued.collect()
}

fn steps(
    fixture: &Fixture,
    job: &Statement,
    functions: &[Statement],
    mut variables: BTreeMap<String, String>,
    temp: &Path,
    log: &mut String,
) -> i32 {
    let folder = temp.join("workspace");
    copy(&fixture.checkout.path().join("."), &folder);
    let place = |path: &Path| path.display().to_string();
    variables.insert("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned());
    variables.insert("WORKSPACE_TMP".to_owned(), place(&temp.join("workspace@tmp")));
    for step in job.all("steps").flat_map(|steps| &steps.block) {
        let function = functions.iter().find(|it| it.name == format!("def {}", step.name));
        for step in function.map_or(std::slice::from_ref(step), |function| &function.block) {
            match step.name.as_str() {
                "sh" => {
                    let script =
                        format!("exec sh -xe -c '{}'", step.text("").replace('\'', r"'\''"));
                    let exit = bash(&script, &folder, &variables, log);
                    if exit != 0 {
                        return exit;
                    }
                }
                "stash" => copy(
                    &folder.join(step.text("includes")),
                    &fixture.artifacts.path().join(step.text("name")),
                ),
                "unstash" => copy(&fixture.artifacts.path().join(step.text("")).join("."), &folder),
                other => panic!("`{other}` is no step that the test knows"),
            }
        }
    }
    0
}

/// Keeps the files of a stage that are archived however it ends.
fn archive(fixture: &Fixture, job: &Statement, folder: &Path) {
    for always in job.all("post").flat_map(|post| post.all("always")) {
        for step in &always.block {
            assert_eq!(
                (step.name.as_str(), step.text("allowEmptyArchive")),
                ("archiveArtifacts", "true")
            );
            let file = folder.join(step.text("artifacts"));
            if file.exists() {
                copy(&file, &fixture.artifacts.path().join(job.text("")));
            }
        }
    }
}

fn exits(run: &Run) -> Vec<(&str, i32)> {
    run.jobs.iter().map(|(name, exit)| (name.as_str(), *exit)).collect()
}

#[test]
fn branches_are_validated_and_change_requests_planned() {
    let mut fixture = Fixture::new();
    let run = build(&fixture, Build::ChangeRequest);
    assert_eq!(exits(&run), [("Review", 0), ("Validate", 0)], "{}", run.log);
    assert!(
        run.log.contains("Plan: 1 to create, 0 to update, 0 to delete, 2 blocked"),
        "{}",
        run.log
    );
    assert!(fixture.artifact("Review", "report.html").contains("1 to create, 2 blocked"));
    fixture.secrets.remove("OCON_USER_SECRET");
    let run = build(&fixture, Build::ChangeRequest);
    assert_eq!(exits(&run), [("Review", 1), ("Validate", 0)], "{}", run.log);
    fixture.edit("instances/slack.yaml", "tags:", "tag:");
    let run = build(&fixture, Build::Branch);
    assert_eq!(exits(&run), [("Validate", 5)], "{}", run.log);
    assert!(run.log.contains("error[unknown-key]"), "{}", run.log);
}

#[test]
fn only_approved_steps_are_applied() {
    let mut fixture = Fixture::new();
    fixture.meanwhile =
        Some(|fixture| fixture.edit("instances/slack.yaml", "name: ", "name: Our "));
    let run = build(&fixture, Build::Main);
    assert_eq!(exits(&run), [("Apply", 4), ("Plan", 0), ("Validate", 0)], "{}", run.log);
    fixture.meanwhile = None;
    let fault = "rules: [{ when: { method: POST, path: /instances, occurrence: 1 }, status: 403 }]";
    fixture.go_wrong(fault);
    let run = build(&fixture, Build::Main);
    assert_eq!(exits(&run), [("Apply", 3), ("Plan", 0), ("Validate", 0)], "{}", run.log);
    let run = build(&fixture, Build::Main);
    assert_eq!(exits(&run), [("Apply", 0), ("Plan", 0), ("Validate", 0)], "{}", run.log);
    assert!(run.log.contains("Applied: 1 created."), "{}", run.log);
}

#[test]
fn a_nightly_build_fails_if_platform_and_files_differ() {
    let fixture = Fixture::new();
    build(&fixture, Build::Main);
    let night = build(&fixture, Build::Night);
    assert_eq!(exits(&night), [("Drift", 0), ("Validate", 0)], "{}", night.log);
    fixture.edit("instances/slack.yaml", "name: ", "name: Our ");
    let night = build(&fixture, Build::Night);
    assert_eq!(exits(&night), [("Drift", 2), ("Validate", 0)], "{}", night.log);
}
