//! Events: from the provider's POST to the callback URL.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};

use super::support::{Reply, World, hootsuite, path_of};

const KEY: &str = "MySecretEventSignatureKey";

/// A callback that keeps what it gets, and answers with a status.
#[derive(Clone, Default)]
struct Callback {
    got: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    refuses: Arc<Mutex<u32>>,
}

impl Callback {
    /// Starts it; it stops with the test's runtime.
    async fn start() -> (Self, String) {
        let callback = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = Router::new().fallback(take).with_state(callback.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (callback, url)
    }

    fn refuse(&self, times: u32) {
        *self.refuses.lock().unwrap() = times;
    }

    fn bodies(&self) -> Vec<Value> {
        let got = self.got.lock().unwrap();
        got.iter().map(|(_, body)| serde_json::from_slice(body).unwrap()).collect()
    }
}

async fn take(State(callback): State<Callback>, headers: HeaderMap, body: Bytes) -> StatusCode {
    callback.got.lock().unwrap().push((headers, body));
    let mut refuses = callback.refuses.lock().unwrap();
    if *refuses == 0 {
        return StatusCode::OK;
    }
    *refuses -= 1;
    StatusCode::INTERNAL_SERVER_ERROR
}

/// An instance whose events are on, and where they go.
async fn subscribed(world: &World, callback: &str) -> Value {
    let mut body = hootsuite("One", "demo-one");
    body["configuration"]["event.notification.enabled"] = json!("true");
    body["configuration"]["event.notification.callback.url"] = json!(callback);
    body["configuration"]["event.notification.signature.key"] = json!(KEY);
    world.create(&body).await
}

/// A sandbox with an instance whose events go to a callback.
async fn subscription() -> (World, Callback, Value) {
    let world = World::start().await;
    let (callback, url) = Callback::start().await;
    let instance = subscribed(&world, &url).await;
    (world, callback, instance)
}

/// An event as the provider sends it, without credentials.
async fn report(world: &World, instance: &Value, body: &Value) -> Reply {
    let base64 = STANDARD.encode(instance["id"].to_string());
    let request = world.request("POST", &format!("/events/hootsuite/{base64}")).json(body);
    let reply = world.send(request).await;
    world.sandbox.wait_until_notified().await;
    reply
}

async fn events(world: &World, instance: &Value) -> Vec<Value> {
    world.get(&format!("{}/events", path_of(instance))).await.as_array().unwrap().clone()
}

#[tokio::test]
async fn an_event_is_kept_and_delivered_with_its_signature() {
    let (world, callback, instance) = subscription().await;
    assert_eq!(events(&world, &instance).await, Vec::<Value>::new());
    let message = json!({ "type": "message", "id": 7, "eventType": "UPDATED", "text": "hi" });
    assert_eq!(report(&world, &instance, &message).await.status, 200);

    let (headers, body) = callback.got.lock().unwrap()[0].clone();
    assert!(!headers["elements-webhook-id"].is_empty());
    let signature = headers["elements-webhook-signature"].to_str().unwrap();
    let tag = STANDARD.decode(signature.strip_prefix("sha256=").unwrap()).unwrap();
    let mac = Hmac::<sha2::Sha256>::new_from_slice(KEY.as_bytes()).unwrap();
    mac.chain_update(&body).verify_slice(&tag).unwrap();

    let delivered: Value = serde_json::from_slice(&body).unwrap();
    let object = &delivered["message"]["events"][0];
    assert_eq!((&object["objectType"], &object["objectId"]), (&json!("message"), &json!("7")));
    assert_eq!(
        (&object["eventType"], &object["elementKey"]),
        (&json!("UPDATED"), &json!("hootsuite"))
    );
    assert_eq!(delivered["message"]["raw"], message);
    let kept = events(&world, &instance).await;
    assert_eq!((kept.len(), &kept[0]["status"]), (1, &json!("NOTIFIED")));
    assert_eq!(kept[0]["id"], delivered["message"]["eventId"]);
}

#[tokio::test]
async fn a_notification_has_twenty_objects_at_most() {
    let (world, callback, instance) = subscription().await;
    let objects: Vec<Value> = (0..45).map(|id| json!({ "id": id })).collect();
    report(&world, &instance, &json!(objects)).await;
    let counts = callback.bodies();
    let counts = counts.iter().map(|body| body["message"]["events"].as_array().unwrap().len());
    assert_eq!(counts.collect::<Vec<_>>(), [20, 20, 5]);
}

#[tokio::test]
async fn undelivered_events_are_retried_with_increasing_delays() {
    let (world, callback, instance) = subscription().await;
    callback.refuse(3);
    report(&world, &instance, &json!({ "id": 1 })).await;
    let sent = || callback.got.lock().unwrap().len();
    assert_eq!(sent(), 1);
    for (wait, expected) in [(3, 1), (1, 2), (15, 2), (1, 3), (63, 3), (1, 4)] {
        world.sandbox.advance(Duration::from_secs(wait));
        world.sandbox.wait_until_notified().await;
        assert_eq!(sent(), expected, "{wait}");
    }
    assert_eq!(events(&world, &instance).await[0]["status"], "NOTIFIED");
    let ids = callback
        .got
        .lock()
        .unwrap()
        .iter()
        .map(|(headers, _)| headers["elements-webhook-id"].clone())
        .collect::<Vec<_>>();
    assert!(ids.iter().all(|id| *id == ids[0]));
}

#[tokio::test]
async fn after_nine_attempts_more_the_subscription_is_given_up_until_a_change() {
    let (world, callback, instance) = subscription().await;
    callback.refuse(10);
    report(&world, &instance, &json!({ "id": 1 })).await;
    world.sandbox.advance(Duration::from_hours(200));
    world.sandbox.wait_until_notified().await;
    assert_eq!(callback.got.lock().unwrap().len(), 10);
    assert_eq!(events(&world, &instance).await[0]["status"], "DISPATCHED");
    report(&world, &instance, &json!({ "id": 2 })).await;
    assert_eq!(callback.got.lock().unwrap().len(), 10);
    assert_eq!(events(&world, &instance).await[0]["status"], "RECEIVED");
    world.call_with("PATCH", &path_of(&instance), &json!({ "name": "Again" })).await.ok();
    report(&world, &instance, &json!({ "id": 3 })).await;
    assert_eq!(callback.got.lock().unwrap().len(), 11);
}

#[tokio::test]
async fn a_disabled_instance_or_one_without_events_sends_no_event() {
    let (world, callback, instance) = subscription().await;
    let path = path_of(&instance);
    world.call("DELETE", &format!("{path}/enabled")).await;
    report(&world, &instance, &json!({ "id": 1 })).await;
    world.call("PUT", &format!("{path}/enabled")).await;
    let off = json!({ "configuration": { "event.notification.enabled": "false" } });
    world.call_with("PATCH", &path, &off).await.ok();
    report(&world, &instance, &json!({ "id": 2 })).await;
    assert_eq!((callback.bodies(), events(&world, &instance).await), (vec![], vec![]));
}

#[tokio::test]
async fn the_sandbox_contacts_neither_itself_nor_other_machines() {
    let others = [Some("https://app.example/hook"), Some("http://10.0.0.1/hook")];
    for callback in [None, Some("http://localhost:PORT/elements/api-v2/events/hootsuite/MjA5MzE=")]
        .into_iter()
        .chain(others)
    {
        let world = World::start().await;
        let own = format!("{}/events/hootsuite/MjA5MzE=", world.sandbox.url());
        let port = world.sandbox.url().split([':', '/']).nth(4).unwrap();
        let callback = callback.map(|callback| callback.replace("PORT", port));
        let instance = subscribed(&world, callback.as_deref().unwrap_or(&own)).await;
        report(&world, &instance, &json!({ "id": 1 })).await;
        let kept = events(&world, &instance).await;
        assert_eq!((kept.len(), &kept[0]["status"]), (1, &json!("RECEIVED")), "{callback:?}");
    }
}

#[tokio::test]
async fn an_unknown_address_is_a_404_and_a_malformed_event_a_400() {
    let world = World::start().await;
    let instance = subscribed(&world, "https://app.example/hook").await;
    for path in [
        "hootsuite/MjA5MzI=",
        "slack/MjA5MzE=",
        "hootsuite/MjA5MzE",
        "hootsuite/%FF",
        "hootsuite/eA==",
    ] {
        let request = world.request("POST", &format!("/events/{path}")).json(&json!({}));
        world.send(request).await.failed(404);
    }
    let not_json = world.request("POST", "/events/hootsuite/MjA5MzE=").body("a=b");
    world.send(not_json).await.failed(400);
    report(&world, &instance, &json!(["a"])).await.failed(400);
    world.send(world.request("GET", "/events/hootsuite/MjA5MzE=")).await.failed(405);
    assert_eq!(events(&world, &instance).await, Vec::<Value>::new());
}
