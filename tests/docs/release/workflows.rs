//! The shape of the workflows: targets, permissions and versions.

use super::TARGETS;
use super::job::workflow;

#[test]
fn each_target_is_built_and_attested() {
    let workflow = workflow("release");
    let built = &workflow["jobs"]["archive"]["strategy"]["matrix"]["include"];
    let built: Vec<_> = built.as_array().unwrap().iter().map(|one| &one["target"]).collect();
    assert_eq!(built, TARGETS);
    let attested = workflow["jobs"]["attest"]["strategy"]["matrix"]["target"].as_array().unwrap();
    assert_eq!(*attested, TARGETS);
}

/// A build script of a dependency could otherwise sign, publish or push.
#[test]
fn jobs_that_may_write_compile_nothing() {
    let compiling = ["packaging/archive", ".ci/run", "cargo "];
    let mut writing = 0;
    for name in ["ci", "image", "release"] {
        let workflow = workflow(name);
        assert_eq!(workflow["permissions"], serde_json::json!({}), "{name}");
        for (job, content) in workflow["jobs"].as_object().unwrap() {
            let permissions = content["permissions"].as_object().unwrap();
            if permissions.values().all(|permission| permission == "read") {
                continue;
            }
            writing += 1;
            for step in content["steps"].as_array().into_iter().flatten() {
                let script = step["run"].as_str().unwrap_or_default();
                let script = script.replace("cargo publish --locked --no-verify", "");
                assert!(!compiling.iter().any(|word| script.contains(word)), "{job}: {script}");
            }
        }
    }
    assert_eq!(writing, 6);
}

/// Who may push a branch could otherwise replace what a release contains.
#[test]
fn jobs_that_write_releases_or_images_need_an_approval() {
    let mut approved = Vec::new();
    for name in ["ci", "image", "release"] {
        for (job, content) in workflow(name)["jobs"].as_object().unwrap() {
            let permissions = &content["permissions"];
            let is_writing = [&permissions["contents"], &permissions["packages"]];
            // A called workflow has its environments at its jobs.
            if is_writing.iter().any(|one| **one == "write") && content["uses"].is_null() {
                assert_eq!(content["environment"], "release", "{name} {job}");
                approved.push(format!("{name} {job}"));
            }
        }
    }
    assert_eq!(approved, ["image build", "image tag", "release publish"]);
}

#[test]
fn a_pre_release_is_not_in_the_tap() {
    let condition = &workflow("release")["jobs"]["homebrew"]["if"];
    assert_eq!(condition, "vars.HOMEBREW_TAP != '' && !contains(github.ref_name, '-')");
}

#[test]
fn the_workflows_use_the_declared_version_of_rust() {
    let version = format!("{}.", env!("CARGO_PKG_RUST_VERSION"));
    for name in ["ci", "release"] {
        let toolchain = workflow(name)["env"]["RUSTUP_TOOLCHAIN"].as_str().unwrap().to_owned();
        assert!(toolchain.starts_with(&version), "{name}: {toolchain}");
    }
}
