//! Grants: what OAuth connectors need, how often a code works, and how to get one.

use ocon::sandbox::SandboxOptions;
use serde_json::{Value, json};

use super::support::{Reply, World, hootsuite, path_of, servicenow};

fn refused(reply: &Reply, status: u16) {
    reply.failed(status);
    assert_eq!(reply.json()["providerMessage"], "invalid_grant");
}

async fn post(world: &World, body: &Value) -> Reply {
    world.call_with("POST", "/instances", body).await
}

#[tokio::test]
async fn a_code_works_once_per_connector() {
    let world = World::start().await;
    world.create(&hootsuite("One", "abc")).await;
    refused(&post(&world, &hootsuite("Two", "abc")).await, 400);
    world.create(&hootsuite("Two", "def")).await;
    let mut elsewhere = hootsuite("Slack", "abc");
    elsewhere["element"]["key"] = json!("slack");
    elsewhere["configuration"]["oauth.scope"] = json!("incoming-webhook");
    world.create(&elsewhere).await;
    refused(&post(&world, &hootsuite("Empty", "")).await, 400);
    for _ in 0..2 {
        world.create(&hootsuite("Demo", "demo-hootsuite")).await;
    }
}

#[tokio::test]
async fn a_creation_that_is_refused_for_its_configuration_leaves_the_code_unused() {
    let world = World::start().await;
    let mut incomplete = hootsuite("One", "abc");
    incomplete["configuration"]["oauth.api.key"] = json!("");
    post(&world, &incomplete).await.failed(400);
    world.create(&hootsuite("One", "abc")).await;
}

#[tokio::test]
async fn an_oauth_connector_needs_a_grant_or_a_refresh_token() {
    let world = World::start().await;
    let mut body = hootsuite("One", "");
    body["providerData"] = json!({});
    let message = post(&world, &body).await.failed(400);
    assert_eq!(message, "Missing required authentication data: providerData.code");
    body["externalAuthentication"] = json!("initial");
    body["configuration"] = json!({ "oauth.api.key": "k", "oauth.api.secret": "s" });
    let message = post(&world, &body).await.failed(400);
    assert_eq!(message, "Missing required configuration: oauth.user.refresh_token");
    body["configuration"]["oauth.user.refresh_token"] = json!("1//refresh");
    let created = world.create(&body).await;
    assert_eq!(created["externalAuthentication"], "initial");
    assert_eq!(created["configuration"]["oauth.user.refresh_token"], "1//refresh");
    assert_eq!(created["configuration"]["oauth.user.token"], "", "not before the next refresh");
}

#[tokio::test]
async fn oauth_1_takes_token_verifier_and_secret() {
    let world = World::start().await;
    let body = |data: Value| {
        let mut body = hootsuite("Bird", "");
        body["element"]["key"] = json!("twitter");
        body["providerData"] = data;
        body
    };
    let message = post(&world, &body(json!({ "oauth_token": "t" }))).await.failed(400);
    assert!(message.ends_with("providerData.oauth_verifier, providerData.secret"), "{message}");
    let grant = json!({ "oauth_token": "t", "oauth_verifier": "v", "secret": "s" });
    let created = world.create(&body(grant.clone())).await;
    assert_eq!(created["configuration"]["oauth.user.token.secret"].as_str().unwrap().len(), 44);
    refused(&post(&world, &body(grant)).await, 400);
}

#[tokio::test]
async fn a_connector_with_several_ways_in_takes_the_one_that_is_named() {
    let world = World::start().await;
    let mut body = hootsuite("Hub", "");
    body["element"]["key"] = json!("hubspot");
    body.as_object_mut().unwrap().remove("providerData");
    body["configuration"]["authentication.type"] = json!("oauth2");
    post(&world, &body).await.failed(400);
    body["configuration"]["authentication.type"] = json!("APIKEY");
    body["configuration"]["hubspot.authorization.apikey"] = json!("k");
    world.create(&body).await;
}

/// Documented are ecwid with its own keys and no code, and campaignmonitor and zuorav2 without
/// `authentication.type`.
#[tokio::test]
async fn a_creation_without_a_type_takes_the_way_of_the_documented_body_that_it_resembles() {
    let world = World::start().await;
    let body = |connector: &str, configuration: Value| json!({ "element": { "key": connector }, "name": "One", "configuration": configuration });
    let own = json!({ "ecwid.store.id": "1", "ecwid.order.key": "o", "ecwid.product.key": "p" });
    world.create(&body("ecwid", own)).await;
    world.create(&body("campaignmonitor", json!({ "username": "key" }))).await;
    for own in [
        json!({ "username": "u", "password": "p" }),
        json!({ "clientId": "c", "clientSecret": "s" }),
    ] {
        world.create(&body("zuorav2", own)).await;
    }
    let application = json!({
        "oauth.api.key": "k", "oauth.api.secret": "s", "oauth.callback.url": "https://a.example"
    });
    for connector in ["ecwid", "campaignmonitor"] {
        let message = post(&world, &body(connector, application.clone())).await.failed(400);
        assert_eq!(message, "Missing required authentication data: providerData.code");
    }
    let mut named = application;
    named["authentication.type"] = json!("APIKEY");
    world.create(&body("dropbox", named)).await;
}

#[tokio::test]
async fn a_new_code_authenticates_again_in_place() {
    let world =
        World::with(SandboxOptions { bad_code_status: 401, ..SandboxOptions::default() }).await;
    let created = world.create(&hootsuite("One", "abc")).await;
    let path = path_of(&created);
    let code = |code: &str| json!({ "name": "Two", "providerData": { "code": code } });
    refused(&world.call_with("PATCH", &path, &code("abc")).await, 401);
    assert_eq!(world.get(&path).await, created, "a refused write changes nothing");
    let patched = world.call_with("PATCH", &path, &code("def")).await.ok();
    assert_eq!((&patched["id"], &patched["token"]), (&created["id"], &created["token"]));
    assert_eq!(patched["name"], "Two");
    assert!(patched.get("providerData").is_none());
    let token = |instance: &Value| instance["configuration"]["oauth.user.token"].clone();
    assert_ne!(token(&patched), token(&created));
    let again = format!("{path}?reAuthenticate=true");
    world.call_with("PUT", &again, &json!({ "name": "Three" })).await.failed(400);
    let put = world.call_with("PUT", &again, &code("ghi")).await.ok();
    assert_ne!(token(&put), token(&patched));
    assert_eq!(put["configuration"]["oauth.api.secret"], "********");
    world.create(&servicenow("No grant")).await;
    let plain = json!({ "providerData": { "code": "x" } });
    world.call_with("PATCH", "/instances/20932", &plain).await.ok();
}

#[tokio::test]
async fn the_redirect_url_has_the_documented_shape() {
    let world = World::start().await;
    let query = "apiKey=the%20id&apiSecret=s&callbackUrl=https%3A%2F%2Fmycoolapp.com%2Fcb%3Fa%3Db";
    let reply = world.get(&format!("/elements/4066/oauth/url?{query}")).await;
    assert_eq!(reply["element"], "hootsuite");
    let base = world.sandbox.url();
    let expected = format!(
        "{base}/sandbox/authorize/hootsuite?response_type=code&client_id=the%20id\
         &redirect_uri=https%3A%2F%2Fmycoolapp.com%2Fcb%3Fa%3Db&state=hootsuite"
    );
    assert_eq!(reply["oauthUrl"], expected);
    let body = json!({
        "apiKey": "id", "apiSecret": "s", "callbackUrl": "http://127.0.0.1/", "state": "mine", "scope": "",
    });
    let reply = world.call_with("POST", "/elements/hootsuite/oauth/url", &body).await.ok();
    let url = reply["oauthUrl"].as_str().unwrap();
    assert!(url.ends_with("&scope=&state=mine"), "{url}");
    let message = world.call("GET", "/elements/hootsuite/oauth/url?apiKey=k").await.failed(400);
    assert_eq!(message, "Missing required parameters: apiSecret, callbackUrl");
    let message =
        world.call("GET", &format!("/elements/servicenow/oauth/url?{query}")).await.failed(400);
    assert_eq!(message, "This API is not currently supported for this element");
    let token = world.get(&format!("/elements/twitter/oauth/token?{query}")).await;
    assert!(token["token"].is_string() && token["secret"].is_string());
    world.call("GET", &format!("/elements/hootsuite/oauth/token?{query}")).await.failed(400);
}

#[tokio::test]
async fn documented_creations_without_a_code_or_an_application_are_accepted() {
    let world = World::start().await;
    let configuration = json!({
        "oauth.api.key": "k", "oauth.api.secret": "s",
        "marketo.identity.url": "https://x/identity", "base.url": "https://x/rest",
    });
    // Client credentials: the documentation sends the code, and sends it empty.
    let marketo = json!({
        "element": { "key": "marketo" }, "name": "Marketo", "providerData": { "code": "" },
        "configuration": configuration,
    });
    for _ in 0..2 {
        world.create(&marketo).await;
    }
    // The platform's own OAuth application.
    let mut proxy = hootsuite("Proxy", "abc");
    proxy["configuration"] = json!({});
    post(&world, &proxy).await.failed(400);
    proxy["oauthProxy"] = json!({ "isOauthProxy": true, "oauthProxyName": "mine" });
    world.create(&proxy).await;
}
