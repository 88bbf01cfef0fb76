//! The `CronJob` of Kubernetes, for two tenants and with failures.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::fixture::{Fixture, Run};

fn read(file: &str) -> Value {
    let path = format!("{}/examples/ci/kubernetes/{file}", env!("CARGO_MANIFEST_DIR"));
    serde_yaml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap())
}

/// The environment of a tenant's pod, from its config map and its secret.
fn environment(fixture: &Fixture, tenant: &str, container: &Value) -> BTreeMap<String, String> {
    let overlay = read(&format!("tenants/{tenant}/kustomization.yaml"));
    assert_eq!(overlay["namespace"], format!("ocon-{tenant}"));
    assert_eq!(overlay["resources"], serde_json::json!(["../../base"]));
    let [map] = overlay["configMapGenerator"].as_array().unwrap().as_slice() else {
        panic!("{tenant} has more than a config map")
    };
    let from = &container["envFrom"];
    assert_eq!(
        (&from[0]["configMapRef"]["name"], &from[1]["secretRef"]["name"]),
        (&map["name"], &"ocon".into())
    );
    let literals = texts(&map["literals"]).map(|literal| literal.split_once('=').unwrap());
    let mut variables: BTreeMap<_, _> =
        literals.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    for (name, value) in fixture.changed() {
        variables.entry(name).and_modify(|kept| *kept = value);
    }
    variables.extend(fixture.secrets.clone());
    variables
}

/// Runs the job of a tenant once.
fn job(fixture: &Fixture, tenant: &str) -> Run {
    let pod = &read("base/cronjob.yaml")["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    let [sync] = pod["initContainers"].as_array().unwrap().as_slice() else { panic!("{pod}") };
    assert!(texts(&sync["args"]).any(|arg| arg == "--root=/git"));
    assert!(texts(&sync["args"]).any(|arg| arg == "--link=files"));
    let [container] = pod["containers"].as_array().unwrap().as_slice() else { panic!("{pod}") };
    let variables = environment(fixture, tenant, container);
    // The program of the first container creates a link to its checkout.
    let git = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(fixture.checkout.path(), git.path().join("files")).unwrap();
    let arguments = texts(&container["args"]).map(|argument| {
        let argument = argument.replace("/git", git.path().to_str().unwrap());
        variables
            .iter()
            .fold(argument, |text, (name, value)| text.replace(&format!("$({name})"), value))
    });
    let before = listing(fixture.checkout.path());
    let mut ocon = Command::new(env!("CARGO_BIN_EXE_ocon"));
    ocon.args(arguments).current_dir("/").env_clear().envs(&variables);
    let ended = ocon.env("OCON_TEST_CLOCK", "hasty").output().unwrap();
    assert_eq!(listing(fixture.checkout.path()), before, "the volume is mounted to be read only");
    let log = [ended.stdout, ended.stderr].concat();
    let run = Run {
        jobs: [(tenant.to_owned(), ended.status.code().unwrap())].into(),
        summary: String::new(),
        log: String::from_utf8(log).unwrap(),
    };
    fixture.look_for_leaks(&run);
    run
}

/// Every file with its content.
fn listing(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(listing(&path));
        } else {
            files.insert(path.display().to_string(), fs::read(&path).unwrap());
        }
    }
    files
}

/// A repository with the public values of two tenants, and one of them.
fn fixture() -> Fixture {
    let fixture = Fixture::new();
    // Each tenant has its own project, so the files name none.
    fixture.edit("ocon.yaml", "project: marketing\n", "");
    fs::create_dir(fixture.checkout.path().join("tenants")).unwrap();
    for tenant in ["eu", "us"] {
        let values = format!("app: https://{tenant}.example.com\n");
        fs::write(fixture.checkout.path().join(format!("tenants/{tenant}.yaml")), values).unwrap();
    }
    fixture
}

#[test]
fn each_tenant_is_applied_with_its_own_values() {
    for tenant in ["eu", "us"] {
        let fixture = fixture();
        let run = job(&fixture, tenant);
        assert_eq!(run.jobs[tenant], 0, "{}", run.log);
        assert!(run.log.contains("Applied: 3 created."), "{}", run.log);
        let run = job(&fixture, tenant);
        assert_eq!(run.jobs[tenant], 0, "{}", run.log);
        assert!(run.log.contains("No changes."), "{}", run.log);
        let url = format!("https://{tenant}.example.com");
        assert!(fixture.instances().iter().any(|it| it.to_string().contains(&url)), "{url}");
        assert!(
            fixture
                .instances()
                .iter()
                .all(|it| it.to_string().contains(&format!("marketing-{tenant}")))
        );
    }
}

#[test]
fn a_failed_job_is_reported_and_the_next_one_does_the_rest() {
    let mut fixture = fixture();
    fixture.go_wrong(
        "rules: [{ when: { method: POST, path: /instances, occurrence: 2 }, status: 403 }]",
    );
    let run = job(&fixture, "eu");
    assert_eq!(run.jobs["eu"], 3, "{}", run.log);
    let run = job(&fixture, "eu");
    assert_eq!(run.jobs["eu"], 0, "{}", run.log);
    assert!(run.log.contains("Applied: 1 created."), "{}", run.log);

    // It deletes nothing without a flag.
    fixture.remove("instances/slack.yaml");
    let run = job(&fixture, "eu");
    assert_eq!(fixture.instances().len(), 3, "{}", run.log);

    fixture.secrets.remove("OCON_USER_SECRET");
    let run = job(&fixture, "eu");
    assert_eq!(run.jobs["eu"], 6, "{}", run.log);
}

#[test]
fn a_tenant_without_its_own_values_is_not_changed() {
    let fixture = fixture();
    fixture.remove("tenants/us.yaml");
    let run = job(&fixture, "us");
    assert_eq!(run.jobs["us"], 5, "{}", run.log);
    assert!(run.log.contains("tenants/us.yaml"), "{}", run.log);
    assert_eq!(fixture.instances(), Vec::<Value>::new());
}
