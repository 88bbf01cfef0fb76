//! Rules for every request: credentials, errors, and the journal.

use std::time::Duration;

use ocon::sandbox::{self, SandboxCredentials, SandboxError, SandboxOptions};
use serde_json::{Value, json};

use super::support::{World, client, hootsuite, servicenow};

const UNAUTHORIZED: &str =
    "Invalid Organization or User secret, or invalid Element token provided.";

#[tokio::test]
async fn credentials_come_in_any_order_and_wrong_ones_are_refused_in_the_platforms_words() {
    let credentials = SandboxCredentials { user: "u/+=".to_owned(), organization: "0f".to_owned() };
    let options = SandboxOptions { credentials: Some(credentials), ..SandboxOptions::default() };
    let world = World::with(options).await;
    let ask = async |header: &str| {
        world.send(world.request("GET", "/organizations/me").header("authorization", header)).await
    };
    for right in
        ["User u/+=, Organization 0f", "Organization 0f,User u/+=", "user u/+=, ORGANIZATION 0f"]
    {
        ask(right).await.ok();
    }
    for wrong in [
        "User u/+=",
        "Organization 0f",
        "User 0f, Organization u/+=",
        "User u/+=, Organization 0f, Element nosuch",
        "Bearer u/+=",
        "User, Organization",
        "\u{fc}",
    ] {
        assert_eq!(ask(wrong).await.failed(401), UNAUTHORIZED, "{wrong}");
    }
    let without = world.send(world.request("GET", "/no/such/path")).await;
    assert_eq!(without.failed(401), UNAUTHORIZED);
    assert_eq!(format!("{:?}", world.sandbox.credentials()), "SandboxCredentials { .. }");
}

#[tokio::test]
async fn unknown_paths_methods_and_media_types_are_refused_in_the_envelope() {
    let world = World::start().await;
    world.create(&servicenow("One")).await;
    for path in
        ["/", "/nosuch", "/instances/x", "/instances/1/nosuch", "/instances//1", "/hubs/crm"]
    {
        world.call("GET", path).await.failed(404);
    }
    let outside = world.sandbox.url().replace("/elements/api-v2", "/index.html");
    let outside = world.client.get(outside).header("authorization", world.authorization());
    world.send(outside).await.failed(404);
    for (method, path) in [
        ("POST", "/instances/20931"),
        ("PATCH", "/elements/servicenow/instances/20931"),
        ("GET", "/instances/20931/enabled"),
        ("DELETE", "/elements"),
        ("OPTIONS", "/instances"),
    ] {
        world.call(method, path).await.failed(405);
    }
    let base = |method| {
        world.request(method, "/instances/20931").header("authorization", world.authorization())
    };
    world.send(base("PATCH").body("{}")).await.failed(415);
    let form = base("PATCH").header("content-type", "application/x-www-form-urlencoded");
    world.send(form.body("name=x")).await.failed(415);
    let json = base("PATCH").header("content-type", "Application/JSON; charset=utf-8");
    world.send(json.body("{}")).await.ok();
    for accept in ["text/html", "text/html, application/json;q=0"] {
        world.send(base("GET").header("accept", accept)).await.failed(406);
    }
    for accept in ["application/json", "*/*", "text/html, application/*;q=0.5"] {
        world.send(base("GET").header("accept", accept)).await.ok();
    }
    for body in ["", "{", "\"", "nul", "{\"name\":}", &"[".repeat(10_000)] {
        let request =
            base("PATCH").header("content-type", "application/json").body(body.to_owned());
        world.send(request).await.failed(400);
    }
}

/// The list of the vendor's suite. A script of another origin can read only these headers.
#[tokio::test]
async fn every_response_exposes_the_headers_of_the_platform() {
    let world = World::start().await;
    for (path, status) in [("/elements", 200), ("/instances", 404), ("/nosuch", 404)] {
        let reply = world.call("GET", path).await;
        assert_eq!(reply.status, status);
        assert_eq!(
            reply.header("access-control-expose-headers"),
            Some(
                "Elements-Returned-Count, Elements-Total-Count, Elements-Request-Id, \
                 Elements-Next-Page-Token, Elements-Trace-Id, Elements-Error, Content-Disposition"
            )
        );
    }
}

#[tokio::test]
async fn a_body_over_8_mb_is_refused_with_429() {
    let world = World::start().await;
    let body = json!({ "name": "x".repeat(8 * 1024 * 1024) });
    world.call_with("POST", "/instances", &body).await.failed(429);
    let body = json!({ "name": "x".repeat(1024 * 1024) });
    world.call_with("POST", "/instances", &body).await.failed(400);
}

#[tokio::test]
async fn the_journal_has_every_request_in_order() {
    let world = World::start().await;
    world.create(&hootsuite("One", "c")).await;
    world.call("GET", "/instances?hydrate=false&tags[]=x%20y").await.failed(404);
    world.send(world.request("GET", "/instances")).await.failed(401);
    world.call("GET", "/nosuch").await.failed(404);
    let journal = world.sandbox.journal();
    let seen: Vec<_> = journal
        .iter()
        .map(|entry| {
            (entry.method.as_str(), entry.path.as_str(), entry.query.as_str(), entry.status)
        })
        .collect();
    let expected = [
        ("POST", "/instances", "", 200),
        ("GET", "/instances", "hydrate=false&tags[]=x%20y", 404),
        ("GET", "/instances", "", 401),
        ("GET", "/nosuch", "", 404),
    ];
    assert_eq!(seen, expected);
    assert_eq!(journal[0].body, Some(hootsuite("One", "c")));
    assert_eq!(journal[1].body, None);
    let shown = world.get("/sandbox/journal").await;
    assert_eq!(shown, serde_json::to_value(&journal).unwrap());
    world.send(world.request("GET", "/sandbox/journal")).await.failed(401);
    assert_eq!(world.sandbox.journal(), journal, "looking is not recorded");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn creations_at_the_same_time_get_distinct_ids() {
    let world = World::start().await;
    let body = servicenow("Same name");
    let requests: Vec<_> = (0..100)
        .map(|_| {
            let request = world.request("POST", "/instances").json(&body);
            tokio::spawn(request.header("authorization", world.authorization()).send())
        })
        .collect();
    let mut ids = Vec::new();
    for request in requests {
        let reply: Value = request.await.unwrap().unwrap().json().await.unwrap();
        ids.push(reply["id"].as_u64().unwrap());
    }
    ids.sort_unstable();
    assert_eq!(ids, (20931..21031).collect::<Vec<_>>());
    let listed = world.call("GET", "/instances?searchText=same").await;
    assert_eq!(listed.header("elements-total-count"), Some("100"), "names need not be unique");
}

#[tokio::test]
async fn a_slow_creation_gets_its_id_when_it_commits_and_does_so_without_its_client() {
    let slow_post = Duration::from_millis(400);
    let world = World::with(SandboxOptions { slow_post, ..SandboxOptions::default() }).await;
    let request = world.request("POST", "/instances").json(&servicenow("Given up"));
    let request = request.header("authorization", world.authorization());
    let error = request.timeout(Duration::from_millis(50)).send().await.unwrap_err();
    assert!(error.is_timeout());
    world.call("GET", "/instances").await.failed(404);
    let second = world.create(&servicenow("Waited for")).await;
    assert_eq!(second["id"], 20932);
    let listed = world.get("/instances?hydrate=false").await;
    assert_eq!((&listed[0]["name"], &listed[0]["id"]), (&json!("Given up"), &json!(20931)));
}

#[tokio::test]
async fn only_loopback_is_listened_on() {
    let options =
        SandboxOptions { listen: "0.0.0.0:0".parse().unwrap(), ..SandboxOptions::default() };
    let error = sandbox::start(options).await.unwrap_err();
    assert!(matches!(error, SandboxError::NotLoopback { .. }), "{error}");
    let world = World::start().await;
    let taken = world.sandbox.url().split('/').nth(2).unwrap().parse().unwrap();
    let error = sandbox::start(SandboxOptions { listen: taken, ..SandboxOptions::default() })
        .await
        .unwrap_err();
    assert!(matches!(error, SandboxError::Bind { .. }), "{error}");
    assert!(error.to_string().contains(&taken.to_string()), "{error}");
}

#[tokio::test]
async fn a_stopped_sandbox_does_not_answer() {
    for graceful in [true, false] {
        let World { sandbox, client: first } = World::start().await;
        let url = format!("{}/elements/keys", sandbox.url());
        assert_eq!(first.get(&url).send().await.unwrap().status(), 401);
        if graceful {
            sandbox.stop().await;
        } else {
            drop(sandbox);
        }
        // Another client: the first one still holds a connection, which fails in its own way.
        assert!(client().get(&url).send().await.unwrap_err().is_connect());
    }
}

#[tokio::test]
async fn a_graceful_stop_waits_for_requests_in_flight() {
    let slow_post = Duration::from_millis(400);
    let world = World::with(SandboxOptions { slow_post, ..SandboxOptions::default() }).await;
    let request = world.request("POST", "/instances").json(&servicenow("In flight"));
    let reply = tokio::spawn(request.header("authorization", world.authorization()).send());
    tokio::time::sleep(slow_post / 2).await;
    world.sandbox.stop().await;
    assert_eq!(reply.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn seeds_are_inserted_whole_or_not_at_all() {
    let world = World::start().await;
    let error = world.sandbox.seed(2, |index| json!({ "name": index.to_string() })).unwrap_err();
    assert!(matches!(error, SandboxError::Seed { index: 0, .. }), "{error}");
    world.call("GET", "/instances").await.failed(404);
    let ids = world.sandbox.seed(2, |_| json!({ "element": { "key": "slack" }, "name": "x" }));
    let ids = ids.unwrap();
    assert_eq!(world.get(&format!("/instances/{}", ids[1])).await["element"]["key"], "slack");
    assert_eq!(world.sandbox.journal().len(), 2, "seeds are not requests");
}

#[tokio::test]
async fn no_request_makes_the_server_fail() {
    let world = World::start().await;
    let paths = [
        "/instances",
        "/instances/{id}",
        "/instances/18446744073709551615",
        "/instances/99999999999999999999",
        "/instances/-1",
        "/instances/{id}/configuration",
        "/instances/{id}/configuration/1",
        "/instances/configuration/x",
        "/instances/enabled",
        "/instances/{id}/events",
        "/instances/%00%ff",
        "/instances?pageSize=-1&pageSize=%ff&tags[]=%&nextPage=OjE=&searchText=%F0%9F",
        "/elements/%2e%2e/instances",
        "/elements/servicenow/instances",
        "/elements/hootsuite/oauth/url/default?callbackUrl=%00",
        "/elements/hootsuite/clone",
        "/elements/hootsuite/export",
        "/elements/keys?pageSize=1",
        "/elements/metadata?nextPage=x",
        "/elements?where=key%20in%20(%27%ff",
        "/events/box?ticket=%ff",
        "/events/zuorav2/{id}",
        "/instances/{id}/events/%00",
        "/elements/hootsuite/oauth/url?apiKey=%ff&apiSecret=&callbackUrl=%00",
        "/elements?nextPage=MDo5OTk5OTk5OTk5OTk5OTk5OTk5OQ%3D%3D",
        "/hubs/a/b/c/d",
        "/sandbox/journal",
    ];
    let element = json!({ "key": "servicenow" });
    let bodies = [
        json!(null),
        json!({}),
        json!({ "name": "\u{0}\u{202e}<", "tags": ["", "<"], "configuration": { "": {} } }),
        json!({ "element": { "id": -1 } }),
        json!({ "element": element, "name": "x", "configuration": { "username": [[[]]] } }),
        json!({ "propertyValue": { "a": null } }),
        json!({ "providerData": { "code": {} }, "oauthProxy": { "isOauthProxy": [] } }),
        json!({ "apiKey": null, "apiSecret": 1, "callbackUrl": [] }),
    ];
    for path in paths {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "BREW"] {
            let created = world.create(&servicenow("One")).await;
            let path = path.replace("{id}", &created["id"].to_string());
            let token = created["token"].as_str().unwrap();
            for body in &bodies {
                let reply = world.call_as(token, method, &path, Some(body)).await;
                let about = format!("{method} {path} {body}: {} {}", reply.status, reply.text);
                assert!(reply.status < 500, "{about}");
                let id = reply.header("elements-request-id");
                assert_eq!(id.map(str::len), Some(24), "{about}");
                assert!(reply.status == 200 || method == "HEAD" || reply.json().is_object());
            }
        }
    }
}
