//! Access tokens that the platform refreshes, and instances whose tokens are not refreshed.

use std::time::Duration;

use serde_json::{Value, json};

use super::support::{World, hootsuite, path_of};

const DAY: Duration = Duration::from_hours(24);

fn tokens(instance: &Value) -> (String, String) {
    let text = |key: &str| instance["configuration"][key].as_str().unwrap().to_owned();
    (text("oauth.user.token"), text("oauth.user.refresh_time"))
}

#[tokio::test]
async fn a_night_changes_only_values_that_the_platform_writes() {
    let world = World::start().await;
    let mut before = world.create(&hootsuite("One", "abc")).await;
    world.sandbox.advance(DAY / 2);
    assert_eq!(tokens(&world.get(&path_of(&before)).await), tokens(&before));
    world.sandbox.advance(DAY / 2);
    let mut after = world.get(&path_of(&before)).await;
    let ((old, time), (new, later)) = (tokens(&before), tokens(&after));
    assert_ne!(old, new);
    let passed = later.parse::<u64>().unwrap() - time.parse::<u64>().unwrap();
    assert_eq!(passed, 24 * 60 * 60 * 1000);
    for instance in [&mut before, &mut after] {
        let configuration = instance["configuration"].as_object_mut().unwrap();
        configuration.remove("oauth.user.token");
        configuration.remove("oauth.user.refresh_time");
        instance.as_object_mut().unwrap().remove("element");
    }
    assert_eq!(before, after);
}

#[tokio::test]
async fn five_refusals_ten_seconds_apart_disable_an_instance() {
    let world = World::start().await;
    let created = world.create(&hootsuite("One", "abc")).await;
    let path = path_of(&created);
    let revoked = json!({ "configuration": { "oauth.user.refresh_token": "revoked by its user" } });
    world.call_with("PATCH", &path, &revoked).await.ok();
    world.sandbox.advance(DAY + Duration::from_secs(39));
    assert_eq!(world.get(&path).await["disabled"], false);
    world.sandbox.advance(Duration::from_secs(2));
    let disabled = world.get(&path).await;
    assert_eq!((&disabled["disabled"], &disabled["valid"]), (&json!(true), &json!(false)));
    assert_eq!(tokens(&disabled), tokens(&created));
    // A new authorization does not enable the instance.
    let grant = json!({ "providerData": { "code": "def" } });
    let again = world.call_with("PATCH", &path, &grant).await.ok();
    assert_eq!((&again["disabled"], &again["valid"]), (&json!(true), &json!(true)));
    world.call("PUT", &format!("{path}/enabled")).await;
    world.sandbox.advance(DAY * 3);
    assert_eq!(world.get(&path).await["disabled"], false);
}

#[tokio::test]
async fn a_call_to_the_provider_refreshes_a_token_that_is_old_or_missing() {
    let world = World::start().await;
    let mut body = hootsuite("One", "");
    body["externalAuthentication"] = json!("initial");
    body["configuration"]["oauth.user.refresh_token"] = json!("1//refresh");
    let created = world.create(&body).await;
    assert_eq!(created["configuration"]["oauth.user.token"], "");
    let token = created["token"].as_str().unwrap();
    world.call_as(token, "GET", "/ping", None).await.ok();
    let first = tokens(&world.get(&path_of(&created)).await);
    world.call_as(token, "GET", "/ping", None).await.ok();
    assert_eq!(tokens(&world.get(&path_of(&created)).await), first);
    world.sandbox.advance(Duration::from_mins(61));
    world.call_as(token, "GET", "/ping", None).await.ok();
    assert_ne!(tokens(&world.get(&path_of(&created)).await), first);
    let revoked = json!({ "configuration": { "oauth.user.refresh_token": "revoked" } });
    world.call_with("PATCH", &path_of(&created), &revoked).await.ok();
    world.sandbox.advance(Duration::from_mins(61));
    let refused = world.call_as(token, "GET", "/ping", None).await;
    refused.failed(401);
    assert_eq!(refused.json()["providerMessage"], "invalid_grant");
}
