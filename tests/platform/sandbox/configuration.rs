//! Configuration values: how they are written, read and masked.

use ocon::sandbox::{SandboxOptions, UnsetValue};
use serde_json::{Value, json};

use super::support::{World, hootsuite, path_of, servicenow};

const MASK: &str = "********";

#[tokio::test]
async fn every_value_reads_as_text() {
    let world = World::start().await;
    let mut body = servicenow("One");
    let poller = json!({ "incidents": { "url": "/hubs/x?since=${date:yyyy}", "idField": "id" } });
    body["configuration"]["event.poller.configuration"] = poller.clone();
    body["configuration"]["event.poller.refresh_interval"] = json!(5);
    body["configuration"]["filter.response.nulls"] = json!(false);
    body["configuration"]["never.heard.of"] = json!(1.5);
    body["configuration"]["a.list"] = json!([1]);
    let configuration = &world.create(&body).await["configuration"];
    let text = configuration["event.poller.configuration"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Value>(text).unwrap(), poller);
    assert!(text.starts_with("{\n  \"incidents\": {\n    \""), "{text}");
    assert_eq!(configuration["event.poller.refresh_interval"], "5");
    assert_eq!(configuration["filter.response.nulls"], "false");
    assert_eq!(configuration["never.heard.of"], "1.5");
    assert_eq!(configuration["a.list"], "[\n  1\n]");
}

#[tokio::test]
async fn a_read_shows_every_key_of_the_connector_with_its_default() {
    let world = World::start().await;
    let created = world.create(&servicenow("One")).await;
    let configuration = &created["configuration"];
    for (key, expected) in [
        ("username", "admin"),
        ("password", MASK),
        ("servicenow.subdomain", "dev12345"),
        ("filter.response.nulls", "true"),
        ("pagination.type", "offset"),
        ("pagination.max", "200"),
        ("event.vendor.type", "polling"),
        ("event.poller.refresh_interval", "15"),
        ("event.poller.configuration", "{}"),
        ("event.notification.enabled", "false"),
        ("event.notification.callback.url", ""),
        ("event.notification.signature.key", ""),
        ("event.notification.subscription.id", ""),
        ("event.notification.basic.username", ""),
        ("event.notification.basic.password", MASK),
        ("base.url", ""),
    ] {
        assert_eq!(configuration[key], expected, "{key}");
    }
}

#[tokio::test]
async fn the_options_decide_how_unset_values_are_read() {
    let options = SandboxOptions {
        unset: UnsetValue::Null,
        mask_unset_passwords: false,
        keep_masked: false,
        ..SandboxOptions::default()
    };
    let world = World::with(options).await;
    let created = world.create(&servicenow("One")).await;
    let configuration = &created["configuration"];
    assert_eq!(configuration["event.notification.callback.url"], Value::Null);
    assert_eq!(configuration["event.notification.basic.password"], Value::Null);
    assert_eq!(configuration["password"], MASK);
    let changes = json!({ "configuration": {
        "username": null, "servicenow.subdomain": "", "filter.response.nulls": null,
    } });
    let patched = world.call_with("PATCH", &path_of(&created), &changes).await.ok();
    assert_eq!(patched["configuration"]["username"], Value::Null);
    assert_eq!(patched["configuration"]["servicenow.subdomain"], "");
    assert_eq!(patched["configuration"]["filter.response.nulls"], Value::Null, "not its default");
}

#[tokio::test]
async fn passwords_and_the_oauth_application_are_masked_and_other_secrets_are_not() {
    let world = World::start().await;
    let mut body = hootsuite("One", "c");
    for key in ["jks.password", "api_passphrase", "token_secret", "consumer_secret"] {
        body["configuration"][key] = json!("canary");
    }
    body["configuration"]["event.notification.signature.key"] = json!("canary");
    let created = world.create(&body).await;
    let path = path_of(&created);
    let change = json!({ "configuration": { "oauth.api.secret": "canary" } });
    let patched = world.call_with("PATCH", &path, &change).await.ok();
    let list = world.get("/instances").await;
    for read in [&created, &patched, &world.get(&path).await, &list[0]] {
        let configuration = &read["configuration"];
        for key in ["oauth.api.key", "oauth.api.secret", "jks.password", "api_passphrase"] {
            assert_eq!(configuration[key], MASK, "{key}");
        }
        for key in ["token_secret", "consumer_secret", "event.notification.signature.key"] {
            assert_eq!(configuration[key], "canary", "{key}");
        }
    }
}

#[tokio::test]
async fn a_mask_keeps_or_replaces_the_secret_depending_on_the_option() {
    for keep_masked in [true, false] {
        let directory = tempfile::tempdir().unwrap();
        let state = directory.path().join("state.json");
        let options =
            SandboxOptions { state: Some(state.clone()), keep_masked, ..SandboxOptions::default() };
        let world = World::with(options).await;
        let created = world.create(&servicenow("One")).await;
        let changes = json!({ "configuration": { "password": MASK, "username": MASK } });
        let patched = world.call_with("PATCH", &path_of(&created), &changes).await.ok();
        assert_eq!(patched["configuration"]["username"], MASK, "a value like any other");
        let saved: Value = serde_json::from_slice(&std::fs::read(&state).unwrap()).unwrap();
        let kept = &saved["instances"][0]["configuration"]["password"];
        assert_eq!(kept, if keep_masked { "correct horse" } else { MASK });
    }
    let world = World::start().await;
    let mut body = servicenow("Masked from the start");
    body["configuration"]["password"] = json!(MASK);
    let message = world.call_with("POST", "/instances", &body).await.failed(400);
    assert_eq!(message, "Missing required configuration: password");
}

#[tokio::test]
async fn entries_have_ids_and_are_changed_one_by_one() {
    let world = World::start().await;
    let mut body = servicenow("One");
    body["configuration"]["custom"] = json!("x");
    let created = world.create(&body).await;
    let path = format!("{}/configuration", path_of(&created));
    let entries = world.get(&path).await;
    let entries = entries.as_array().unwrap();
    assert_eq!(entries.len(), created["configuration"].as_object().unwrap().len());
    let find = |key: &str| entries.iter().find(|entry| entry["key"] == key).unwrap();
    assert_eq!(find("password")["propertyValue"], MASK);
    assert_eq!(find("password")["type"], "PASSWORD");
    assert_eq!(find("password")["required"], true);
    assert_eq!(find("custom")["propertyValue"], "x");
    let enabled = find("event.notification.enabled");
    assert_eq!((&enabled["type"], &enabled["propertyValue"]), (&json!("BOOLEAN"), &json!("false")));
    let one = format!("{path}/{}", enabled["id"]);
    assert_eq!(&world.get(&one).await, enabled);
    let mut whole = enabled.clone();
    whole["propertyValue"] = json!("true");
    assert_eq!(world.call_with("PATCH", &one, &whole).await.ok(), whole);
    let read = world.get(&path_of(&created)).await;
    assert_eq!(read["configuration"]["event.notification.enabled"], "true");
    assert_eq!(read["eventsEnabled"], true);
    let secret = format!("{path}/{}", find("password")["id"]);
    let changed = world.call_with("PATCH", &secret, &json!({ "propertyValue": "new" })).await.ok();
    assert_eq!(changed["propertyValue"], MASK);
    world.call_with("PATCH", &one, &json!({})).await.failed(400);
    world
        .call_with("PATCH", &format!("{path}/7"), &json!({ "propertyValue": "" }))
        .await
        .failed(404);
    for method in ["PUT", "POST", "DELETE"] {
        world.call_with(method, &one, &json!({ "propertyValue": "x" })).await.failed(405);
    }
    let other = world.create(&servicenow("Two")).await;
    let again = world.get(&format!("{}/configuration/{}", path_of(&other), enabled["id"])).await;
    assert_eq!(again["key"], "event.notification.enabled", "ids are those of the connector");
}
