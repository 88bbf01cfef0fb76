//! Private copies of connectors, and instances that are switched to one.

use ocon::sandbox::SandboxOptions;
use serde_json::{Value, json};

use super::support::{World, hootsuite, path_of, servicenow};

async fn clone_of(world: &World, key_or_id: &str) -> Value {
    world.call("POST", &format!("/elements/{key_or_id}/clone")).await.ok()
}

#[tokio::test]
async fn a_clone_is_a_private_copy_with_its_own_key_and_id() {
    let world = World::start().await;
    let original = world.get("/elements/hootsuite").await;
    let first = clone_of(&world, "hootsuite").await;
    let second = world.call_with("POST", "/elements/4066/clone", &json!({ "any": 1 })).await.ok();
    for copy in [&first, &second] {
        assert_eq!((&copy["private"], &copy["name"]), (&json!(true), &original["name"]));
        assert_eq!(copy["configuration"], original["configuration"]);
        let secret = copy["configuration"].as_array().unwrap().iter();
        let default = secret.clone().find(|it| it["key"] == "oauth.api.key").unwrap();
        assert_eq!(default["defaultValue"], Value::Null);
        for path in [copy["key"].as_str().unwrap().to_owned(), copy["id"].to_string()] {
            assert_eq!(&world.get(&format!("/elements/{path}")).await, copy);
            let schema = world.get(&format!("/elements/{path}/configuration")).await;
            assert_eq!(schema["configuration"], copy["configuration"]);
            assert_eq!(world.get(&format!("/elements/{path}/metadata")).await["id"], copy["id"]);
        }
    }
    assert_ne!((&first["key"], &first["id"]), (&second["key"], &second["id"]));
    assert_eq!(original["private"], false);
    let keys = world.get("/elements/keys").await;
    assert_eq!(keys.as_array().unwrap().last(), Some(&second["key"]));
}

#[tokio::test]
async fn an_instance_is_switched_to_a_clone_and_back() {
    let world = World::start().await;
    let copy = clone_of(&world, "servicenow").await;
    let created = world.create(&servicenow("One")).await;
    let switch = json!({ "element": { "id": copy["id"] } });
    let switched = world.call_with("PATCH", &path_of(&created), &switch).await.ok();
    assert_eq!(switched["element"]["id"], copy["id"]);
    assert_eq!((&switched["element"]["key"], &switched["elementId"]), (&copy["key"], &copy["id"]));
    for member in ["id", "token", "configuration", "tags"] {
        assert_eq!(switched[member], created[member], "{member}");
    }
    assert_eq!(world.get(&path_of(&created)).await, switched);
    let of_copy = format!("/elements/{}/instances", copy["id"]);
    assert_eq!(world.get(&of_copy).await[0]["id"], created["id"]);
    world.call("GET", "/elements/servicenow/instances").await.failed(404);
    for path in ["/instances?hydrate=false", "/accounts/instances"] {
        assert_eq!(world.get(path).await[0]["element"]["key"], copy["key"], "{path}");
    }
    // A client that sends a complete response back changes nothing.
    assert_eq!(world.call_with("PUT", &path_of(&created), &switched).await.ok(), switched);
    let back = json!({ "element": { "key": "servicenow" } });
    assert_eq!(world.call_with("PATCH", &path_of(&created), &back).await.ok(), created);
}

#[tokio::test]
async fn an_instance_is_not_switched_to_another_connector_or_its_clone() {
    let world = World::start().await;
    let copy = clone_of(&world, "hootsuite").await;
    let created = world.create(&servicenow("One")).await;
    for element in [json!({ "id": copy["id"] }), json!({ "key": "hootsuite" })] {
        let body = json!({ "element": element });
        let message = world.call_with("PATCH", &path_of(&created), &body).await.failed(400);
        assert_eq!(
            message,
            "An instance of servicenow can only be switched to a clone of this connector"
        );
    }
    let unknown = json!({ "element": { "id": 999_999 } });
    world.call_with("PATCH", &path_of(&created), &unknown).await.failed(404);
    assert_eq!(world.get(&path_of(&created)).await, created);
}

#[tokio::test]
async fn a_clone_creates_instances_until_it_is_deleted() {
    let world = World::start().await;
    let copy = clone_of(&world, "hootsuite").await;
    let key = copy["key"].as_str().unwrap();
    let mut body = hootsuite("One", "once");
    body["element"] = json!({ "key": key });
    let created = world.create(&body).await;
    assert_eq!(created["element"]["id"], copy["id"]);
    assert_eq!(world.call("DELETE", &format!("/elements/{key}")).await.status, 200);
    world.call("GET", &format!("/elements/{key}")).await.failed(404);
    let message = world.call_with("POST", "/instances", &body).await.failed(404);
    assert_eq!(message, format!("No element found with key {key}"));
    assert_eq!(world.get(&path_of(&created)).await, created, "an instance keeps its connector");
    let message = world.call("DELETE", "/elements/hootsuite").await.failed(403);
    assert_eq!(message, "No access to the element hootsuite");
    assert_ne!(clone_of(&world, "hootsuite").await["id"], copy["id"], "no ID is used again");
}

#[tokio::test]
async fn a_clone_and_its_instances_are_kept_between_restarts() {
    let directory = tempfile::tempdir().unwrap();
    let options = || SandboxOptions {
        state: Some(directory.path().join("state.json")),
        ..SandboxOptions::default()
    };
    let world = World::with(options()).await;
    let copy = clone_of(&world, "servicenow").await;
    let created = world.create(&servicenow("One")).await;
    let switch = json!({ "element": { "id": copy["id"] } });
    let switched = world.call_with("PATCH", &path_of(&created), &switch).await.ok();
    world.sandbox.stop().await;
    let world = World::with(options()).await;
    assert_eq!(world.get(&path_of(&created)).await, switched);
    assert_eq!(world.get(&format!("/elements/{}", copy["id"])).await, copy);
    assert_ne!(clone_of(&world, "servicenow").await["id"], copy["id"]);
}
