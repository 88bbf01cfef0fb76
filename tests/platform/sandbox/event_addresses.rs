//! The addresses of events: in the path, in a header, in a form, and in a ticket.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::support::{Reply, World, path_of};

const UNKNOWN: &str = "No element instance found for this address";

/// An instance with events. The sandbox keeps them, because it contacts no other machine.
async fn instance(world: &World, connector: &str, configuration: Value) -> Value {
    let mut configuration = configuration;
    configuration["event.notification.enabled"] = json!(true);
    configuration["event.notification.callback.url"] = json!("https://app.example/hook");
    world
        .create(&json!({
            "element": { "key": connector },
            "name": connector,
            "providerData": { "code": "demo-code" },
            "configuration": configuration,
        }))
        .await
}

fn application() -> Value {
    json!({
        "oauth.api.key": "k",
        "oauth.api.secret": "s",
        "oauth.callback.url": "https://app.example/oauth",
    })
}

async fn post(world: &World, address: &str, body: &Value) -> Reply {
    world.send(world.request("POST", &format!("/events/{address}")).json(body)).await
}

async fn event_count(world: &World, instance: &Value) -> usize {
    world.get(&format!("{}/events", path_of(instance))).await.as_array().unwrap().len()
}

#[tokio::test]
async fn each_form_of_an_address_takes_only_its_own_id() {
    let world = World::start().await;
    let zuora = json!({ "username": "u", "password": "p" });
    for (connector, configuration, accepted) in [
        ("zuorav2", zuora, "plain"),
        ("slack", application(), "base64"),
        // No source has the form of sfdc, so it is the most frequent one.
        ("sfdc", application(), "base64"),
        ("dropbox", application(), "none"),
    ] {
        let created = instance(&world, connector, configuration).await;
        let id = created["id"].to_string();
        let addresses = [
            ("plain", format!("{connector}/{id}")),
            ("base64", format!("{connector}/{}", STANDARD.encode(&id))),
            ("none", connector.to_owned()),
        ];
        for (form, address) in addresses {
            let reply = post(&world, &address, &json!({ "id": 1 })).await;
            if form == accepted {
                assert_eq!((reply.status, reply.text.as_str()), (200, ""), "{address}");
            } else {
                assert_eq!(reply.failed(404), UNKNOWN, "{address}");
            }
        }
        assert_eq!(event_count(&world, &created).await, 1, "{connector}");
    }
}

#[tokio::test]
async fn an_address_without_an_id_reaches_all_instances_of_its_connector() {
    let world = World::start().await;
    let first = instance(&world, "dropbox", application()).await;
    let second = instance(&world, "dropbox", application()).await;
    let other = instance(&world, "box", application()).await;
    assert_eq!(post(&world, "dropbox", &json!({ "delta": {} })).await.status, 200);
    let counts = [
        event_count(&world, &first).await,
        event_count(&world, &second).await,
        event_count(&world, &other).await,
    ];
    assert_eq!(counts, [1, 1, 0]);
    assert_eq!(post(&world, "jira", &json!({})).await.failed(404), UNKNOWN);
    assert_eq!(post(&world, "nosuch", &json!({})).await.failed(404), UNKNOWN);
}

#[tokio::test]
async fn a_header_names_the_instances() {
    let world = World::start().await;
    let first = instance(&world, "sfdc", application()).await;
    let second = instance(&world, "sfdc", application()).await;
    let other = instance(&world, "slack", application()).await;
    let body = json!({ "objects": [{ "Id": "003i0000032SVcmAAG" }], "action": "update" });
    let with_header = async |ids: String| {
        let request = world.request("POST", "/events/sfdc").header("Element-Instances", ids);
        world.send(request.json(&body)).await
    };
    assert_eq!(with_header(first["id"].to_string()).await.status, 200);
    assert_eq!(with_header(format!("{}, {}", first["id"], second["id"])).await.status, 200);
    for wrong in [format!("{},{}", first["id"], other["id"]), "1".into(), "x".into(), String::new()]
    {
        assert_eq!(with_header(wrong).await.failed(404), UNKNOWN);
    }
    assert_eq!(event_count(&world, &first).await, 2);
    assert_eq!(event_count(&world, &second).await, 1);
    assert_eq!(event_count(&world, &other).await, 0, "an instance of another connector");
}

#[tokio::test]
async fn a_form_names_the_user_who_granted_access() {
    let world = World::start().await;
    let first = instance(&world, "box", application()).await;
    let second = instance(&world, "box", application()).await;
    let user = first["configuration"]["oauth.user.id"].as_str().unwrap();
    assert_ne!(first["configuration"]["oauth.user.id"], second["configuration"]["oauth.user.id"]);
    let send = async |form: String| {
        let form_type = "application/x-www-form-urlencoded";
        let request = world.request("POST", "/events/box").header("content-type", form_type);
        world.send(request.body(form)).await
    };
    // As in the vendor's suite, without percent-encoding.
    let form = format!("userId=[\"{user}\"]&event=uploaded&itemId=7&itemType=file&newItemId=");
    assert_eq!(send(form.clone()).await.status, 200);
    assert_eq!(send("userId=[\"1\"]&event=uploaded".into()).await.failed(404), UNKNOWN);
    let events = world.get(&format!("{}/events", path_of(&first))).await;
    assert_eq!(events[0]["providerData"], json!(form));
    assert_eq!(event_count(&world, &second).await, 0);
    // Without a user, nothing distinguishes the instances.
    assert_eq!(send("event=uploaded".into()).await.status, 200);
    assert_eq!((event_count(&world, &first).await, event_count(&world, &second).await), (2, 1));
}

#[tokio::test]
async fn a_ticket_names_the_target_of_the_webhook() {
    let world = World::start().await;
    let mut configuration = application();
    configuration["zendesk.subdomain"] = json!("dev");
    let created = instance(&world, "zendesk", configuration).await;
    let target = created["configuration"]["helpdesk.zendesk.webhook.target_id"].as_str().unwrap();
    let send = async |ticket: &str| {
        world.send(world.request("GET", "/events/zendesk").query(&[("ticket", ticket)])).await
    };
    let ticket = json!({ "id": "1711", "action": "updated", "target": target }).to_string();
    assert_eq!(send(&ticket).await.status, 200);
    let events = world.get(&format!("{}/events", path_of(&created))).await;
    assert_eq!(events[0]["providerData"], json!(ticket));
    assert_eq!(events[0]["notifiedData"][0]["objectId"], "1711");
    assert_eq!(send(r#"{"target":"1"}"#).await.failed(404), UNKNOWN);
    assert_eq!(send(r#"{"id":"1711"}"#).await.failed(404), UNKNOWN);
    assert!(send("{").await.failed(400).starts_with("Invalid JSON in the ticket: "));
    let message = world.send(world.request("GET", "/events/zendesk")).await.failed(400);
    assert_eq!(message, "Missing required parameter: ticket");
    assert_eq!(event_count(&world, &created).await, 1);
}

#[tokio::test]
async fn one_event_is_read_by_its_id() {
    let world = World::start().await;
    let created = instance(&world, "slack", application()).await;
    let other = instance(&world, "slack", application()).await;
    let address = format!("slack/{}", STANDARD.encode(created["id"].to_string()));
    post(&world, &address, &json!({ "type": "message" })).await;
    let listed = world.get("/instances/events?pageSize=10").await[0].clone();
    assert_eq!(listed["providerData"], r#"{"type":"message"}"#, "a text, not an object");
    assert_eq!(listed["status"], "RECEIVED");
    let id = listed["id"].as_str().unwrap();
    assert_eq!(world.get(&format!("/instances/events/{id}")).await, listed);
    let path = path_of(&created);
    assert_eq!(world.get(&format!("{path}/events/{id}")).await, listed);
    for path in [format!("{}/events/{id}", path_of(&other)), format!("{path}/events/1")] {
        assert!(world.call("GET", &path).await.failed(404).starts_with("No event found with ID"));
    }
    world.call("GET", &format!("/instances/1/events/{id}")).await.failed(404);
}

#[tokio::test]
async fn the_sandbox_sends_nothing_to_its_own_event_addresses() {
    let world = World::start().await;
    for path in
        ["/events/dropbox", "/events/dropbox?ticket={}", "/events/zuorav2/20931", "/events/box/"]
    {
        let mut configuration = application();
        configuration["event.notification.enabled"] = json!(true);
        configuration["event.notification.callback.url"] =
            json!(format!("{}{path}", world.sandbox.url()));
        let body = json!({
            "element": { "key": "dropbox" },
            "name": "One",
            "providerData": { "code": "demo-code" },
            "configuration": configuration,
        });
        let created = world.create(&body).await;
        assert_eq!(post(&world, "dropbox", &json!({ "id": 1 })).await.status, 200);
        world.sandbox.wait_until_notified().await;
        let events = world.get(&format!("{}/events", path_of(&created))).await;
        let events = events.as_array().unwrap();
        assert_eq!((events.len(), &events[0]["status"]), (1, &json!("RECEIVED")), "{path}");
        assert_eq!(world.call("DELETE", &path_of(&created)).await.status, 200);
    }
}
