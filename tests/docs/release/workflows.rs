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

#[test]
fn the_workflows_use_the_declared_version_of_rust() {
    let version = format!("{}.", env!("CARGO_PKG_RUST_VERSION"));
    for name in ["ci", "release"] {
        let toolchain = workflow(name)["env"]["RUSTUP_TOOLCHAIN"].as_str().unwrap().to_owned();
        assert!(toolchain.starts_with(&version), "{name}: {toolchain}");
    }
}
