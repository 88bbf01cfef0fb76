//! Updating, enabling, disabling and deleting instances.

use serde_json::{Value, json};

use super::support::{World, hootsuite, path_of, servicenow};

#[tokio::test]
async fn patch_merges_the_configuration_and_replaces_the_tags() {
    let world = World::start().await;
    let created = world.create(&hootsuite("One", "c1")).await;
    let patch = json!({
        "id": created["id"], "name": "Two", "tags": ["a", "b", "a"],
        "configuration": { "oauth.scope": "x", "custom.key": 15 },
        "token": "not mine to set", "disabled": true, "createdDate": "1999-01-01T00:00:00Z",
    });
    let patched = world.call_with("PATCH", &path_of(&created), &patch).await.ok();
    assert_eq!(patched["name"], "Two");
    assert_eq!(patched["tags"], json!(["a", "b"]));
    let mut expected = created["configuration"].clone();
    expected["oauth.scope"] = json!("x");
    expected["custom.key"] = json!("15");
    assert_eq!(patched["configuration"], expected);
    for member in ["id", "token", "disabled", "createdDate", "elementId", "user"] {
        assert_eq!(patched[member], created[member], "{member}");
    }
    let cleared = world.call_with("PATCH", &path_of(&created), &json!({ "tags": [] })).await;
    assert_eq!(cleared.ok()["tags"], json!([]));
}

#[tokio::test]
async fn a_deleted_instance_is_gone_and_its_token_with_it() {
    let world = World::start().await;
    let created = world.create(&servicenow("One")).await;
    let token = created["token"].as_str().unwrap();
    let data = |method| world.call_as(token, method, "/hubs/helpdesk/incidents", None);
    assert_eq!(data("GET").await.ok(), json!([]));
    let deleted = world.call("DELETE", &path_of(&created)).await;
    assert_eq!((deleted.status, deleted.text.as_str()), (200, ""));
    data("GET").await.failed(401);
    let message = world.call("GET", &path_of(&created)).await.failed(404);
    assert_eq!(message, "No element instance found with ID 20931");
    world.call("DELETE", &path_of(&created)).await.failed(404);
    let next: Value = world.create(&servicenow("One")).await;
    assert_eq!(next["id"], 20932, "ids are never used again");
}

#[tokio::test]
async fn put_takes_a_part_or_a_whole_reply() {
    let world = World::start().await;
    let created = world.create(&hootsuite("One", "c1")).await;
    let part = json!({ "name": "Two", "tags": [] });
    let put = world.call_with("PUT", &path_of(&created), &part).await.ok();
    assert_eq!((&put["name"], &put["tags"]), (&json!("Two"), &json!([])));
    assert_eq!(put["configuration"], created["configuration"]);
    let mut whole = put.clone();
    whole["tags"] = json!(["t"]);
    let again = world.call_with("PUT", "/elements/4066/instances/20931", &whole).await.ok();
    assert_eq!(again, whole, "masks that come back keep what they stand for");
    assert!(again.get("providerData").is_none());
}

#[tokio::test]
async fn the_token_selects_an_instance_where_the_path_has_no_id() {
    let world = World::start().await;
    world.create(&servicenow("Other")).await;
    let created = world.create(&servicenow("Mine")).await;
    let token = created["token"].as_str().unwrap();
    let call =
        async |method: &str, path: &str, body| world.call_as(token, method, path, body).await;
    let rename = json!({ "name": "Renamed" });
    assert_eq!(call("PATCH", "/instances", Some(&rename)).await.ok()["id"], created["id"]);
    assert_eq!(call("PUT", "/instances", Some(&rename)).await.ok()["name"], "Renamed");
    let listed = call("GET", "/instances", None).await.ok();
    assert_eq!(listed.as_array().unwrap().len(), 2, "a token does not narrow a list");
    let entries = call("GET", "/instances/configuration", None).await.ok();
    let id = &entries[0]["id"];
    assert_eq!(call("GET", &format!("/instances/configuration/{id}"), None).await.ok(), entries[0]);
    for path in ["/instances/enabled", "/instances/trace-logging"] {
        assert_eq!(call("DELETE", path, None).await.status, 200);
        assert_eq!(call("PUT", path, None).await.status, 200);
    }
    assert_eq!(call("DELETE", "/instances", None).await.status, 200);
    call("GET", "/instances", None).await.failed(401);
    for (method, path) in [
        ("PATCH", "/instances"),
        ("DELETE", "/instances"),
        ("GET", "/instances/configuration"),
        ("PUT", "/instances/enabled"),
    ] {
        world.call(method, path).await.failed(401);
    }
    assert_eq!(world.get("/instances").await[0]["name"], "Other");
}

#[tokio::test]
async fn disabling_stops_the_data_and_not_the_platform() {
    let world = World::start().await;
    let created = world.create(&servicenow("One")).await;
    let token = created["token"].as_str().unwrap();
    let path = path_of(&created);
    for _ in 0..2 {
        let reply = world.call("DELETE", &format!("{path}/enabled")).await;
        assert_eq!((reply.status, reply.text.as_str()), (200, ""));
    }
    assert_eq!(world.get(&path).await["disabled"], true);
    world.call_as(token, "GET", "/hubs/helpdesk/incidents", None).await.failed(403);
    world.call_as(token, "GET", "/ping", None).await.failed(403);
    let rename = json!({ "name": "Renamed while disabled" });
    assert_eq!(world.call_with("PATCH", &path, &rename).await.ok()["disabled"], true);
    for _ in 0..2 {
        assert_eq!(world.call("PUT", &format!("{path}/enabled")).await.status, 200);
    }
    assert_eq!(world.get(&path).await["disabled"], false);
    let user = &world.sandbox.credentials().user;
    let short = world.request("GET", "/hubs/helpdesk/ping");
    let short = short.header("authorization", format!("User {user}, Element {token}"));
    let ping = world.send(short).await;
    assert_eq!(ping.header("elements-element-instance-id"), Some("20931"));
    let ping = ping.ok();
    assert_eq!((&ping["endpoint"], &ping["valid"]), (&json!("servicenow"), &json!(true)));
    assert_eq!(world.call("PUT", &format!("{path}/trace-logging")).await.status, 200);
    assert_eq!(world.get(&path).await["traceLoggingEnabled"], true);
    assert_eq!(world.call("DELETE", &format!("{path}/trace-logging")).await.status, 200);
    assert_eq!(world.get(&path).await["traceLoggingEnabled"], false);
    assert_eq!(world.get(&format!("{path}/events")).await, json!([]));
    world.call("PUT", "/instances/1/enabled").await.failed(404);
}

#[tokio::test]
async fn an_instance_stays_one_of_its_connector() {
    let world = World::start().await;
    let created = world.create(&servicenow("One")).await;
    let patch = async |body: Value| world.call_with("PATCH", &path_of(&created), &body).await;
    patch(json!({ "element": { "id": 4066 } })).await.failed(400);
    let message = patch(json!({ "element": { "id": 999_999 } })).await.failed(404);
    assert_eq!(message, "No element found with key 999999");
    patch(json!({ "element": { "id": 145 } })).await.ok();
    world.call("GET", "/elements/hootsuite/instances/20931").await.failed(404);
    assert_eq!(world.get("/elements/servicenow/instances/20931").await["id"], 20931);
    let below = "/elements/servicenow/instances/20931";
    let refused = world.call_with("PATCH", below, &json!({})).await;
    assert_eq!(refused.failed(405), "Method not allowed");
    assert_eq!(refused.header("allow"), Some("GET, PUT, DELETE"));
    let mut body = servicenow("By path");
    body.as_object_mut().unwrap().remove("element");
    let by_id = world.call_with("POST", "/elements/145/instances", &body).await.ok();
    assert_eq!(by_id["element"]["key"], "servicenow");
    let deleted = world.call("DELETE", "/elements/servicenow/instances/20932").await;
    assert_eq!(deleted.status, 200);
}
