//! The simulated provider: the page to allow or deny access, and the value of a grant.

use std::time::Duration;

use serde_json::{Value, json};

use super::support::{Reply, World, hootsuite};

const CALLBACK: &str = "http://127.0.0.1:9/callback?kept=1";

/// A client that follows no redirect, as a test has to see where it leads.
fn browser() -> reqwest::Client {
    let redirects = reqwest::redirect::Policy::none();
    reqwest::Client::builder().no_proxy().redirect(redirects).build().unwrap()
}

async fn authorization_url(world: &World, body: &Value) -> String {
    let path = format!("/elements/{}/oauth/url", body["connector"].as_str().unwrap());
    let answer = world.call_with("POST", &path, body).await.ok();
    answer["oauthUrl"].as_str().unwrap().to_owned()
}

fn application(connector: &str) -> Value {
    json!({
        "connector": connector, "apiKey": "the-client-id", "apiSecret": "the-client-secret",
        "callbackUrl": CALLBACK, "scope": "a b", "state": "st&te=/+",
    })
}

/// The redirect of the browser after a button is pressed.
async fn pressed(world: &World, url: &str, button: &str) -> reqwest::Url {
    let page = world.client.get(url).send().await.unwrap().text().await.unwrap();
    let form = format!("/{button}?");
    let action = page.split("action=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let action = action.filter(|action| action.contains(&form)).last().unwrap();
    let action = action.replace("&amp;", "&").replace("&#39;", "'");
    let url = reqwest::Url::parse(url).unwrap().join(&action).unwrap();
    let answer = browser().post(url).send().await.unwrap();
    assert_eq!(answer.status(), 303);
    answer.headers()["location"].to_str().unwrap().parse().unwrap()
}

fn parameter(url: &reqwest::Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

async fn created(world: &World, connector: &str, grant: &Value) -> Reply {
    let mut body = hootsuite("One", "");
    body["element"]["key"] = json!(connector);
    body["providerData"] = grant.clone();
    body["configuration"]["oauth.callback.url"] = json!(CALLBACK);
    world.call_with("POST", "/instances", &body).await
}

#[tokio::test]
async fn the_page_shows_the_request_and_runs_no_script() {
    let world = World::start().await;
    let mut asked = application("hootsuite");
    asked["scope"] = json!("<script>alert(1)</script>");
    let url = authorization_url(&world, &asked).await;
    assert!(!url.contains("the-client-secret"), "{url}");
    let answer = world.client.get(&url).send().await.unwrap();
    let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    let page = answer.text().await.unwrap();
    for shown in ["Hootsuite", "the-client-id", "&lt;script&gt;", "http://127.0.0.1:9/callback"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert!(!page.contains("<script"), "{page}");
}

#[tokio::test]
async fn a_grant_returns_with_the_state_and_works_once() {
    let world = World::start().await;
    let url = authorization_url(&world, &application("hootsuite")).await;
    let back = pressed(&world, &url, "allow").await;
    assert!(back.as_str().starts_with(CALLBACK), "{back}");
    assert_eq!(parameter(&back, "state").as_deref(), Some("st&te=/+"));
    let grant = json!({ "code": parameter(&back, "code").unwrap() });
    created(&world, "hootsuite", &grant).await.ok();
    created(&world, "hootsuite", &grant).await.failed(400);
}

#[tokio::test]
async fn a_denial_has_an_error_and_no_code() {
    let world = World::start().await;
    let url = authorization_url(&world, &application("hootsuite")).await;
    let back = pressed(&world, &url, "deny").await;
    assert_eq!(parameter(&back, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(&back, "state").as_deref(), Some("st&te=/+"));
    assert_eq!(parameter(&back, "code"), None);
}

#[tokio::test]
async fn a_code_is_for_one_connector_one_application_one_callback_and_ten_minutes() {
    let world = World::start().await;
    let url = authorization_url(&world, &application("hootsuite")).await;
    let grant = |back: &reqwest::Url| json!({ "code": parameter(back, "code").unwrap() });
    let code = grant(&pressed(&world, &url, "allow").await);
    created(&world, "hubspot", &code).await.failed(400);
    let mut other = hootsuite("One", "");
    other["providerData"] = code.clone();
    world.call_with("POST", "/instances", &other).await.failed(400);
    other["configuration"]["oauth.callback.url"] = json!(CALLBACK);
    other["configuration"]["oauth.api.key"] = json!("another-client");
    world.call_with("POST", "/instances", &other).await.failed(400);
    world.sandbox.advance(Duration::from_secs(599));
    created(&world, "hootsuite", &code).await.ok();
    let code = grant(&pressed(&world, &url, "allow").await);
    world.sandbox.advance(Duration::from_secs(601));
    let late = created(&world, "hootsuite", &code).await;
    late.failed(400);
    assert_eq!(late.json()["providerMessage"], "invalid_grant");
    let invented = json!({ "code": "granted/by-nobody" });
    created(&world, "hootsuite", &invented).await.failed(400);
}

#[tokio::test]
async fn oauth_1_is_matched_by_its_request_token() {
    let world = World::start().await;
    let query = "apiKey=the-client-id&apiSecret=the-client-secret&callbackUrl=http%3A%2F%2F127.0.0.1%3A9%2Fcallback%3Fkept%3D1";
    let first = world.get(&format!("/elements/twitter/oauth/token?{query}")).await;
    let mut asked = application("twitter");
    asked["requestToken"] = first["token"].clone();
    let url = authorization_url(&world, &asked).await;
    let back = pressed(&world, &url, "allow").await;
    assert_eq!(parameter(&back, "oauth_token").as_deref(), first["token"].as_str());
    assert_eq!(parameter(&back, "state"), None);
    let mut grant = json!({
        "oauth_token": first["token"], "oauth_verifier": parameter(&back, "oauth_verifier").unwrap(),
        "secret": "of another token",
    });
    created(&world, "twitter", &grant).await.failed(400);
    grant["secret"] = first["secret"].clone();
    created(&world, "twitter", &grant).await.ok();
    let unknown = format!("{}/sandbox/authorize/twitter?oauth_token=x", world.sandbox.url());
    let answer = world.client.get(unknown).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    assert!(answer.text().await.unwrap().contains("the request token is unknown"));
}

#[tokio::test]
async fn an_incomplete_authorization_request_has_no_page() {
    let world = World::start().await;
    let url = format!("{}/sandbox/authorize/hootsuite", world.sandbox.url());
    for (query, expected) in [
        ("", "`client_id` is missing"),
        ("?client_id=a", "`redirect_uri` is missing"),
        ("?client_id=a&redirect_uri=javascript:alert(1)", "`redirect_uri` is not a valid"),
        ("?client_id=a&redirect_uri=http://app.example/%0D%0Ax", "`redirect_uri` is not a valid"),
        ("?client_id=a&redirect_uri=http://app.example/%23x", "`redirect_uri` is not a valid"),
    ] {
        let answer = world.client.get(format!("{url}{query}")).send().await.unwrap();
        assert_eq!(answer.status(), 400);
        let text = answer.text().await.unwrap();
        assert!(text.contains(expected), "{text}");
    }
}

/// The URL for the platform's own OAuth application, and the response that has it.
async fn default_url(world: &World, path: &str) -> (String, Value) {
    let answer = world.get(&format!("{path}?callbackUrl={CALLBACK}")).await;
    (answer["oauthUrl"].as_str().unwrap().to_owned(), answer)
}

/// An instance without its own OAuth application.
async fn created_by_default(world: &World, connector: &str, grant: Value) -> Reply {
    let mut body = hootsuite("One", "");
    body["element"]["key"] = json!(connector);
    body["providerData"] = grant;
    body["configuration"] = json!({});
    world.call_with("POST", "/instances", &body).await
}

#[tokio::test]
async fn the_default_application_needs_no_client_id() {
    let world = World::start().await;
    let (url, answer) = default_url(&world, "/elements/4066/oauth/url/default").await;
    assert_eq!((&answer["element"], &answer["configuration"]), (&json!("hootsuite"), &json!({})));
    let back = pressed(&world, &url, "allow").await;
    assert!(back.as_str().starts_with(CALLBACK), "{back}");
    assert_eq!(parameter(&back, "state").as_deref(), Some("hootsuite"));
    let grant = json!({ "code": parameter(&back, "code").unwrap() });
    created_by_default(&world, "slack", grant.clone()).await.failed(400);
    created_by_default(&world, "hootsuite", grant.clone()).await.ok();
    created_by_default(&world, "hootsuite", grant).await.failed(400);
    let unknown = created_by_default(&world, "hootsuite", json!({ "code": "abc" })).await;
    let missing =
        "Missing required configuration: oauth.api.key, oauth.api.secret, oauth.callback.url";
    assert_eq!(unknown.failed(400), missing);
    let message = world.call("GET", "/elements/servicenow/oauth/url/default").await.failed(400);
    assert_eq!(message, "This API is not currently supported for this element");
    world.call("POST", "/elements/hootsuite/oauth/url/default").await.failed(405);
}

#[tokio::test]
async fn the_default_application_of_oauth_1_returns_the_secret_of_its_request_token() {
    let world = World::start().await;
    let (url, answer) = default_url(&world, "/elements/twitter/oauth/url/default").await;
    let back = pressed(&world, &url, "allow").await;
    let grant = |secret: &Value| {
        json!({
            "oauth_token": parameter(&back, "oauth_token"),
            "oauth_verifier": parameter(&back, "oauth_verifier"),
            "secret": secret,
        })
    };
    created_by_default(&world, "twitter", grant(&json!("wrong"))).await.failed(400);
    created_by_default(&world, "twitter", grant(&answer["configuration"]["secret"])).await.ok();
}

#[tokio::test]
async fn a_clone_authorizes_like_its_original() {
    let world = World::start().await;
    let copy = world.call("POST", "/elements/hootsuite/clone").await.ok();
    let key = copy["key"].as_str().unwrap();
    let mut asked = application(key);
    asked.as_object_mut().unwrap().remove("state");
    let url = authorization_url(&world, &asked).await;
    let back = pressed(&world, &url, "allow").await;
    assert_eq!(parameter(&back, "state").as_deref(), Some(key));
    let grant = json!({ "code": parameter(&back, "code").unwrap() });
    assert_eq!(created(&world, key, &grant).await.ok()["element"]["key"], key);
}
