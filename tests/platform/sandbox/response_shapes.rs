//! The sandbox answers with the members and types of every response shape that has a source
//! (docs/platform.md#response-shapes).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::support::{World, hootsuite, path_of};
use crate::fixtures::{self, Fixture, Side, values};

const APPLICATION: &str = "apiKey=k&apiSecret=s&callbackUrl=https://app.example";

/// Sends the request of a fixture to a sandbox with one instance.
async fn sandbox_reply(world: &World, instance: &Value, name: &str) -> Value {
    let path = path_of(instance);
    match name {
        "instance-created" => world.create(&hootsuite("Another", "another")).await,
        "instance-read" => world.get(&path).await,
        "instances-listed" => world.get("/instances").await,
        "instances-listed-without-configuration" => world.get("/instances?hydrate=false").await,
        "instances-of-the-account" => world.get("/accounts/instances").await,
        "instance-configuration-entries" => world.get(&format!("{path}/configuration")).await,
        "connector-keys" => world.get("/elements/keys").await,
        "connector-configuration" => world.get("/elements/hubspot/configuration").await,
        "connector-metadata" => world.get("/elements/hootsuite/metadata").await,
        "connectors-metadata" => world.get("/elements/metadata").await,
        "oauth-url" => {
            let body = json!({
                "apiKey": "k", "apiSecret": "s", "callbackUrl": "https://app.example",
            });
            world.call_with("POST", "/elements/hootsuite/oauth/url", &body).await.ok()
        }
        "oauth-token" => world.get(&format!("/elements/{OAUTH_1}/oauth/token?{APPLICATION}")).await,
        "events" => recorded_events(world).await,
        "organization" => world.get("/organizations/me").await,
        "refusal-credentials" => {
            let request = world.request("GET", "/instances").header("authorization", "User a");
            let reply = world.send(request).await;
            reply.failed(401);
            reply.json()
        }
        "refusal-empty-listing" => {
            let reply = World::start().await.call("GET", "/instances").await;
            reply.failed(404);
            reply.json()
        }
        "refusal-of-the-provider" => {
            let used = hootsuite("Another", "first");
            let reply = world.call_with("POST", "/instances", &used).await;
            reply.failed(400);
            reply.json()
        }
        _ => panic!("no request gets {name}"),
    }
}

/// The events of an instance whose provider reported one.
async fn recorded_events(world: &World) -> Value {
    let mut body = hootsuite("With events", "with-events");
    body["configuration"]["event.notification.enabled"] = json!("true");
    let instance = world.create(&body).await;
    let id = STANDARD.encode(instance["id"].to_string());
    let event = json!({ "type": "message", "id": 7 });
    let report = world.call_with("POST", &format!("/events/hootsuite/{id}"), &event).await;
    assert_eq!(report.status, 200);
    world.get(&format!("{}/events", path_of(&instance))).await
}

/// A connector with OAuth 1.
const OAUTH_1: &str = "twitter";

fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The constant members of a fixture that a reply lacks, or has with another type.
fn differences(fixture: &Fixture, reply: &Value) -> Vec<String> {
    let mut differences = Vec::new();
    if json_type(reply) != json_type(&fixture.body) {
        differences.push(format!("it is of type {}", json_type(reply)));
    }
    for path in &fixture.always {
        let wanted = values(&fixture.body, path)[0].map(json_type);
        let mut found = values(reply, path).into_iter().peekable();
        let is_missing = found.peek().is_none();
        if is_missing || found.any(|value| value.map(json_type) != wanted) {
            differences.push(format!("{path} is not of type {wanted:?}"));
        }
    }
    differences
}

#[tokio::test]
async fn the_sandbox_answers_with_every_shape() {
    let world = World::start().await;
    let instance = world.create(&hootsuite("First", "first")).await;
    for (name, fixture) in fixtures::read_by(Side::Sandbox) {
        let reply = sandbox_reply(&world, &instance, &name).await;
        assert_eq!(differences(&fixture, &reply), [""; 0], "{name}: {reply}");
    }
}

#[test]
fn a_missing_member_and_another_type_are_differences() {
    let fixtures = fixtures::all();
    let keys = &fixtures["connector-keys"];
    assert_eq!(differences(keys, &json!(["box"])), [""; 0]);
    assert_eq!(differences(keys, &json!([{ "key": "box" }])).len(), 1);
    assert_eq!(differences(keys, &json!({})).len(), 2);
    let created = &fixtures["instance-created"];
    let mut reply = created.body.clone();
    reply["id"] = json!("471196");
    reply["element"].as_object_mut().unwrap().remove("key");
    assert_eq!(differences(created, &reply).len(), 2);
}
