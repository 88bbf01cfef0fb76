//! The state file: what survives, and what is refused rather than lost.

use std::fs;
use std::path::{Path, PathBuf};

use ocon::sandbox::{self, SandboxCredentials, SandboxError, SandboxOptions};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::support::{World, hootsuite, path_of, servicenow};

fn on(state: &Path) -> SandboxOptions {
    SandboxOptions { state: Some(state.to_owned()), ..SandboxOptions::default() }
}

/// A folder, and the path of a state file in it.
fn state_file() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path().join("state.json");
    (directory, state)
}

async fn refused(state: &Path) -> SandboxError {
    sandbox::start(on(state)).await.unwrap_err()
}

#[tokio::test]
async fn everything_survives_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path().join("deep/er/state.json");
    let world = World::with(on(&state)).await;
    let credentials = world.sandbox.credentials().clone();
    let created = world.create(&hootsuite("One", "abc")).await;
    world.create(&servicenow("Two")).await;
    assert_eq!(world.call("DELETE", "/instances/20932").await.status, 200);
    assert_eq!(world.call("DELETE", &format!("{}/enabled", path_of(&created))).await.status, 200);
    let before = world.get(&path_of(&created)).await;
    drop(world);

    let world = World::with(on(&state)).await;
    assert_eq!(world.sandbox.credentials(), &credentials);
    assert_eq!(world.get(&path_of(&created)).await, before);
    let again = world.call_with("POST", "/instances", &hootsuite("One", "abc")).await;
    again.failed(400);
    assert_eq!(again.json()["providerMessage"], "invalid_grant");
    assert_eq!(world.create(&servicenow("Three")).await["id"], 20933, "ids are never used again");
}

#[tokio::test]
async fn credentials_that_are_given_are_used_and_not_saved() {
    let (_directory, state) = state_file();
    let made_up = World::with(on(&state)).await.sandbox.credentials().clone();
    let given = SandboxCredentials { user: "u".to_owned(), organization: "o".to_owned() };
    let world =
        World::with(SandboxOptions { credentials: Some(given.clone()), ..on(&state) }).await;
    assert_eq!(world.sandbox.credentials(), &given);
    world.create(&servicenow("One")).await;
    drop(world);
    assert_eq!(World::with(on(&state)).await.sandbox.credentials(), &made_up);
}

#[tokio::test]
async fn nothing_is_written_before_there_is_something_to_write() {
    let (_directory, state) = state_file();
    let given = SandboxCredentials { user: "u".to_owned(), organization: "o".to_owned() };
    let world = World::with(SandboxOptions { credentials: Some(given), ..on(&state) }).await;
    world.call("GET", "/instances").await.failed(404);
    assert!(!state.exists());
    world.create(&servicenow("One")).await;
    assert!(state.exists());
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_the_state() {
    use std::os::unix::fs::PermissionsExt;

    let directory = tempfile::tempdir().unwrap();
    let state = directory.path().join("new/state.json");
    let world = World::with(on(&state)).await;
    world.create(&servicenow("One")).await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&state), 0o600);
    assert_eq!(mode(&directory.path().join("new/state.json.lock")), 0o600);
    assert_eq!(mode(&directory.path().join("new")), 0o700);
}

#[tokio::test]
async fn a_state_that_cannot_be_read_whole_is_refused_with_its_place_and_left_alone() {
    let (directory, state) = state_file();
    let world = World::with(on(&state)).await;
    world.create(&servicenow("One")).await;
    drop(world);
    let good = fs::read_to_string(&state).unwrap();
    let document: Value = serde_json::from_str(&good).unwrap();
    let with = |pointer: &str, value: Value| {
        let mut document = document.clone();
        *document.pointer_mut(pointer).unwrap() = value;
        document.to_string()
    };
    let with_copies = |ids: &[u64]| {
        let copy = |id: &u64| json!({ "id": id, "key": format!("c{id}"), "original": "closeio" });
        let copies: Vec<_> = ids.iter().map(copy).collect();
        let mut document = document.clone();
        document["connectors"] = json!({ "next_id": 100_003, "copies": copies });
        document.to_string()
    };
    let mut twice = document.clone();
    twice["instances"] = json!([document["instances"][0], document["instances"][0]]);
    for (text, reason) in [
        (String::new(), "EOF"),
        (good[..good.len() / 2].to_owned(), "EOF"),
        ("[]".to_owned(), "invalid"),
        ("{\n  \"version\": }".to_owned(), "expected value"),
        ("\0\0\0\0".to_owned(), "expected value"),
        (with("/version", json!(2)), "version 2"),
        (with("/next_id", json!(1)), "next_id"),
        (with("/instances/0/connector", json!("nosuch")), "nosuch"),
        (with("/instances/0/id", json!("x")), "invalid type"),
        (with("/instances/0/connector", json!(7)), "the key of a connector, or a copy of one"),
        (with_copies(&[100_002, 100_001]), "the copies of connectors are not by ascending ID"),
        (
            with_copies(&[100_003]),
            "the ID 100003 of a copied connector is not between 100001 and `next_id`, which is 100003",
        ),
        (twice.to_string(), "token of another"),
    ] {
        fs::write(&state, &text).unwrap();
        let error = refused(&state).await;
        let SandboxError::StateCorrupt { line, column, .. } = &error else { panic!("{error:?}") };
        let message = error.to_string();
        assert!(message.contains(reason), "{message}");
        assert!(message.contains(&format!("state.json:{line}:{column}: ")), "{message}");
        assert!(message.contains("move it away"), "{message}");
        assert_eq!(fs::read_to_string(&state).unwrap(), text, "the file was touched");
    }
    fs::write(&state, good).unwrap();
    World::with(on(&state)).await;
    assert!(matches!(refused(directory.path()).await, SandboxError::StateUnreadable { .. }));
    let below_a_file = refused(&state.join("x.json")).await;
    assert!(matches!(below_a_file, SandboxError::StateUnreadable { .. }), "{below_a_file}");
}

#[tokio::test]
async fn two_sandboxes_do_not_share_a_state() {
    let (_directory, state) = state_file();
    let world = World::with(on(&state)).await;
    let error = refused(&state).await;
    assert!(matches!(error, SandboxError::StateLocked { .. }), "{error}");
    assert!(error.to_string().contains("state.json"), "{error}");
    world.sandbox.stop().await;
    World::with(on(&state)).await;
}

#[tokio::test]
async fn a_write_that_fails_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join("folder");
    let world = World::with(on(&folder.join("state.json"))).await;
    let created = world.create(&hootsuite("One", "abc")).await;
    let moved = directory.path().join("moved");
    fs::rename(&folder, &moved).unwrap();
    let path = path_of(&created);
    let message = world.call_with("POST", "/instances", &hootsuite("Two", "def")).await.failed(500);
    assert!(message.contains("Nothing was changed"), "{message}");
    world.call_with("PATCH", &path, &json!({ "name": "Renamed" })).await.failed(500);
    world.call("DELETE", &path).await.failed(500);
    world.call("DELETE", &format!("{path}/enabled")).await.failed(500);
    assert_eq!(world.get("/instances").await.as_array().unwrap().len(), 1);
    assert_eq!(world.get(&path).await, created);
    fs::rename(&moved, &folder).unwrap();
    world.create(&hootsuite("Two", "def")).await;
}
