//! Creating instances: required values, and how the new instance is read.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::support::{World, hootsuite, path_of, servicenow};

#[tokio::test]
async fn a_created_instance_reads_as_documented() {
    let world = World::start().await;
    let created = world.create(&servicenow("My_ServiceNow")).await;
    assert_eq!(created["id"], 20931);
    assert_eq!(STANDARD.encode(created["id"].to_string()), "MjA5MzE=");
    assert_eq!(created["name"], "My_ServiceNow");
    let date = created["createdDate"].as_str().unwrap();
    assert_eq!((date.len(), date.ends_with('Z'), date.contains('.')), (20, true, false));
    let token = created["token"].as_str().unwrap();
    assert_eq!((token.len(), STANDARD.decode(token).unwrap().len()), (44, 32));
    assert_eq!(created["element"]["key"], "servicenow");
    assert_eq!(created["element"]["authentication"], json!({ "type": "basic" }));
    assert_eq!((&created["elementId"], &created["element"]["id"]), (&json!(145), &json!(145)));
    for (member, expected) in [
        ("tags", json!(["My_ServiceNow"])),
        ("provisionInteractions", json!([])),
        ("valid", json!(true)),
        ("disabled", json!(false)),
        ("maxCacheSize", json!(0)),
        ("cacheTimeToLive", json!(0)),
        ("cachingEnabled", json!(false)),
        ("eventsEnabled", json!(false)),
        ("traceLoggingEnabled", json!(false)),
        ("externalAuthentication", json!("none")),
    ] {
        assert_eq!(created[member], expected, "{member}");
    }
    for member in ["id", "emailAddress", "firstName", "lastName"] {
        assert!(!created["user"][member].is_null(), "{member}");
    }
    assert_eq!(world.get(&path_of(&created)).await, created);
}

#[tokio::test]
async fn the_body_of_the_hootsuite_help_page_creates_an_instance() {
    let world = World::start().await;
    // The cURL example of the page, unchanged.
    let body = r#"{
    "element": { "key": "hootsuite" },
    "providerData": { "code": "xoz8AFqScK2ngM04kSSM" },
    "configuration": {
      "oauth.callback.url": "https://mycoolapp.com",
      "oauth.api.key": "xxxxxxxxxxxxxxxxxxxx",
      "oauth.api.secret": "xxxxxxxxxxxxxxxxxxxx",
      "event.notification.enabled": true,
      "event.notification.callback.url": "https://mycoolapp.com/events"
    },
    "tags": [ "Docs" ],
    "name": "API Instance"
  }"#;
    let request = world.request("POST", "/instances");
    let request = request
        .header("authorization", world.authorization())
        .header("content-type", "application/json")
        .header("accept", "*/*")
        .body(body);
    let created = world.send(request).await.ok();
    let configuration = &created["configuration"];
    assert_eq!(configuration["event.notification.enabled"], "true");
    assert_eq!(configuration["event.notification.callback.url"], "https://mycoolapp.com/events");
    assert_eq!(configuration["oauth.callback.url"], "https://mycoolapp.com");
    assert_eq!(configuration["oauth.api.key"], "********");
    assert_eq!(configuration["oauth.api.secret"], "********");
    assert_eq!(configuration["filter.response.nulls"], "true");
    assert_eq!(configuration["oauth.user.token"].as_str().unwrap().len(), 44);
    assert_eq!(configuration["oauth.user.refresh_token"].as_str().unwrap().len(), 44);
    let written = configuration["oauth.user.refresh_time"].as_str().unwrap();
    assert!(written.parse::<u64>().unwrap() > 1_496_784_574_729, "{written}");
    assert_eq!(created["tags"], json!(["Docs"]));
    assert_eq!(created["eventsEnabled"], true);
    assert_eq!(created["eventsNotificationCallbackUrl"], "https://mycoolapp.com/events");
    assert!(created.get("providerData").is_none());
    // The page's step 7: the URL with the Base64 of the id.
    let url = format!(
        "https://api.openconnectors.us2.ext.hana.ondemand.com/elements/api-v2/events/hootsuite/{}",
        STANDARD.encode(created["id"].to_string())
    );
    let patch = json!({ "configuration": { "event.notification.callback.url": url } });
    let patched = world.call_with("PATCH", &path_of(&created), &patch).await.ok();
    assert_eq!(patched["configuration"]["event.notification.callback.url"], url);
    assert_eq!(patched["configuration"]["oauth.user.token"], configuration["oauth.user.token"]);
}

#[tokio::test]
async fn an_incomplete_creation_lists_every_missing_value() {
    let world = World::start().await;
    let post = async |body: Value| world.call_with("POST", "/instances", &body).await;
    let element = json!({ "key": "hootsuite" });
    let message = post(json!({ "element": element, "name": "x" })).await.failed(400);
    let expected =
        "Missing required configuration: oauth.api.key, oauth.api.secret, oauth.callback.url";
    assert_eq!(message, expected);
    let mut empty = hootsuite("x", "c");
    empty["configuration"]["oauth.api.key"] = json!("");
    empty["configuration"]["oauth.api.secret"] = Value::Null;
    let expected = "Missing required configuration: oauth.api.key, oauth.api.secret";
    assert_eq!(post(empty).await.failed(400), expected);
    let message = post(json!({ "element": element })).await.failed(400);
    assert_eq!(message, "Missing required member: name");
    let message = post(json!({ "name": "x" })).await.failed(400);
    assert_eq!(message, "Missing required member: element.key");
    let message =
        post(json!({ "element": { "key": "badelement" }, "name": "x" })).await.failed(404);
    assert_eq!(message, "No element found with key badelement");
    for wrong in [
        json!([]),
        json!("text"),
        json!({ "element": "hootsuite", "name": "x" }),
        json!({ "element": element, "name": 5 }),
        json!({ "element": element, "name": "x", "tags": "a" }),
        json!({ "element": element, "name": "x", "tags": [1] }),
        json!({ "element": element, "name": "x", "configuration": [] }),
        json!({ "element": element, "name": "x", "externalAuthentication": "sometimes" }),
        json!({ "element": element, "name": "<b></b>" }),
    ] {
        post(wrong).await.failed(400);
    }
    world.call("GET", "/instances").await.failed(404);
}

#[tokio::test]
async fn the_way_in_decides_which_configuration_is_required() {
    let world = World::start().await;
    let body = |kind: &str| {
        let configuration = json!({ "authentication.type": kind, "filter.response.nulls": true });
        json!({ "element": { "key": "hubspot" }, "name": "x", "configuration": configuration })
    };
    let message = world.call_with("POST", "/instances", &body("apiKey")).await.failed(400);
    assert_eq!(message, "Missing required configuration: hubspot.authorization.apikey");
    let message = world.call_with("POST", "/instances", &body("oauth2")).await.failed(400);
    assert!(message.ends_with("oauth.api.key, oauth.api.secret, oauth.callback.url"), "{message}");
    let mut complete = body("apiKey");
    complete["configuration"]["hubspot.authorization.apikey"] = json!("k");
    world.create(&complete).await;
}

#[tokio::test]
async fn html_is_removed_from_names_and_tags_and_the_name_becomes_a_tag() {
    let world = World::start().await;
    let markup = r##"<a href="#" onClick="alert(1)">@churros-xss</a>"##;
    let created = world.create(&servicenow(markup)).await;
    assert_eq!(created["name"], "@churros-xss");
    assert_eq!(created["tags"], json!(["@churros-xss"]));
    let mut tagged = servicenow("churros-instance");
    tagged["tags"] = json!(["<i>a</i>", "a", "b & c"]);
    assert_eq!(world.create(&tagged).await["tags"], json!(["a", "b & c"]));
    tagged["tags"] = json!([]);
    assert_eq!(world.create(&tagged).await["tags"], json!(["churros-instance"]));
    for (method, path) in [("PATCH", path_of(&created)), ("PUT", path_of(&created))] {
        let changed = world.call_with(method, &path, &json!({ "name": "<b>new</b>@" })).await.ok();
        assert_eq!(changed["name"], "new@");
        assert_eq!(changed["tags"], json!(["@churros-xss"]), "the first name stays a tag");
    }
}
