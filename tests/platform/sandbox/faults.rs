//! Scripted faults: each affects the requests that its rule names, and no others.

use std::io;
use std::time::{Duration, Instant};

use ocon::sandbox::{Faults, SandboxOptions};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::support::{World, path_of, servicenow};

/// A sandbox with these faults.
async fn world(faults: &str) -> World {
    World::with(SandboxOptions {
        faults: Faults::parse(faults).unwrap(),
        ..SandboxOptions::default()
    })
    .await
}

/// A sandbox that gets its faults after an instance was created.
async fn world_with_one(faults: &str) -> (World, Value) {
    let world = World::start().await;
    let one = world.create(&servicenow("One")).await;
    world.sandbox.set_faults(Faults::parse(faults).unwrap());
    (world, one)
}

/// A call whose answer does not come, or not whole.
async fn broken(world: &World, method: &str, path: &str, body: &Value) -> reqwest::Error {
    let request = world.request(method, path).header("authorization", world.authorization());
    match request.json(body).send().await {
        Ok(response) => response.bytes().await.unwrap_err(),
        Err(error) => error,
    }
}

fn causes(error: &dyn std::error::Error) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Status and fault of each request so far.
fn journal(world: &World) -> Vec<(u16, String)> {
    let entries = world.sandbox.journal().into_iter();
    entries.map(|entry| (entry.status, entry.fault.unwrap_or_default())).collect()
}

async fn statuses(world: &World, method: &str, path: &str, count: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..count {
        statuses.push(world.call(method, path).await.status);
    }
    statuses
}

#[tokio::test]
async fn a_status_fault_replaces_the_reply_and_nothing_is_written() {
    let (world, one) = world_with_one(
        "rules: [{ when: { method: DELETE }, status: 503, headers: { Retry-After: '7' } }]",
    )
    .await;
    let reply = world.call("DELETE", &path_of(&one)).await;
    reply.failed(503);
    assert_eq!(reply.header("retry-after"), Some("7"));
    assert_eq!(world.get(&path_of(&one)).await, one);
    assert_eq!(journal(&world)[1..], [(503, "status".to_owned()), (200, String::new())]);
}

#[tokio::test]
async fn a_status_after_the_request_was_processed_hides_that_it_worked() {
    let (world, one) =
        world_with_one("rules: [{ when: { method: DELETE }, status: 504, processed: true }]").await;
    world.call("DELETE", &path_of(&one)).await.failed(504);
    world.call("GET", &path_of(&one)).await.failed(404);
}

#[tokio::test]
async fn a_body_is_a_text_or_json() {
    let world = world(
        "rules:
  - { when: { occurrence: 1 }, status: 500, body: 'Oops' }
  - { when: { occurrence: 2 }, status: 200, body: [{ id: x }] }
  - { when: { occurrence: 3 }, status: 500, body: '', headers: { content-type: text/plain } }",
    )
    .await;
    let text = world.call("GET", "/instances").await;
    assert_eq!((text.status, text.text.as_str()), (500, "Oops"));
    assert_eq!(text.header("content-type"), Some("application/json"));
    assert_eq!(world.get("/instances").await, json!([{ "id": "x" }]));
    let empty = world.call("GET", "/instances").await;
    assert_eq!((empty.status, empty.header("content-type")), (500, Some("text/plain")));
}

#[tokio::test]
async fn a_reset_before_leaves_everything_as_it_was() {
    let (world, one) =
        world_with_one("rules: [{ when: { method: PATCH, occurrence: 1 }, reset: before }]").await;
    let change = json!({ "name": "Two" });
    let error = broken(&world, "PATCH", &path_of(&one), &change).await;
    assert!(causes(&error).contains("reset"), "{}", causes(&error));
    assert_eq!(world.get(&path_of(&one)).await["name"], "One");
    assert_eq!(world.call_with("PATCH", &path_of(&one), &change).await.ok()["name"], "Two");
    assert_eq!(
        journal(&world)[1..],
        [(0, "reset-before".to_owned()), (200, String::new()), (200, String::new())]
    );
}

#[tokio::test]
async fn a_reset_after_loses_the_answer_only() {
    let (world, one) = world_with_one("rules: [{ when: { method: PATCH }, reset: after }]").await;
    let error = broken(&world, "PATCH", &path_of(&one), &json!({ "name": "Two" })).await;
    assert!(error.status().is_none() && causes(&error).contains("reset"), "{}", causes(&error));
    assert_eq!(world.get(&path_of(&one)).await["name"], "Two");
    assert_eq!(journal(&world)[1..], [(200, "reset-after".to_owned()), (200, String::new())]);
}

#[tokio::test]
async fn a_truncated_answer_has_its_length_and_not_its_end() {
    let (world, one) = world_with_one(
        "rules: [{ when: { occurrence: 1 }, truncate: 40 }, { when: { occurrence: 2 }, truncate: 999999 }]",
    )
    .await;
    let request = world.request("GET", &path_of(&one));
    let mut response = request.header("authorization", world.authorization()).send().await.unwrap();
    let whole = response.content_length().unwrap();
    assert_eq!(response.status(), 200);
    let mut received = 0;
    let error = loop {
        match response.chunk().await {
            Ok(chunk) => received += chunk.unwrap().len(),
            Err(error) => break error,
        }
    };
    assert!(whole > 40, "{whole}");
    assert_eq!(received, 40, "{}", causes(&error));
    broken(&world, "GET", &path_of(&one), &json!({})).await;
    assert_eq!(world.get(&path_of(&one)).await, one);
}

#[tokio::test]
async fn a_gateway_answers_with_a_page() {
    let (world, one) = world_with_one(
        "rules:
  - { when: { occurrence: 1 }, html: true }
  - { when: { occurrence: 2 }, html: true, status: 200, processed: true }",
    )
    .await;
    let page = world.call("GET", &path_of(&one)).await;
    assert_eq!((page.status, page.header("content-type")), (502, Some("text/html")));
    assert!(page.text.starts_with("<html>"), "{}", page.text);
    let page = world.call("DELETE", &path_of(&one)).await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html")));
    world.call("GET", &path_of(&one)).await.failed(404);
}

#[tokio::test]
async fn a_delay_can_be_combined_with_a_fault() {
    let world =
        world("rules: [{ when: { occurrence: 1 }, delay: 30ms }, { delay: 20ms, status: 500 }]")
            .await;
    let begun = Instant::now();
    world.call("GET", "/elements/keys").await.failed(500);
    assert!(begun.elapsed() >= Duration::from_millis(50), "both were waited for");
    assert_eq!(journal(&world), [(500, "delay+delay+status".to_owned())]);
}

#[tokio::test]
async fn rules_count_the_requests_that_they_are_about() {
    let world = world(
        "rules:
  - { when: { method: GET, path: /elements/*, occurrence: 2..3 }, status: 500 }
  - { when: { path: /elements/keys, occurrence: 3.. }, status: 502 }",
    )
    .await;
    assert_eq!(statuses(&world, "POST", "/elements/keys", 1).await, [405]);
    assert_eq!(statuses(&world, "GET", "/elements", 2).await, [200, 200]);
    // The second rule counts what the first one takes, and what is of another method.
    assert_eq!(statuses(&world, "GET", "/elements/keys", 4).await, [200, 500, 500, 502]);
}

#[tokio::test]
async fn a_query_is_compared_as_people_write_it() {
    let world = world("rules: [{ when: { query: 'tags[]=a b' }, status: 500 }]").await;
    assert_eq!(statuses(&world, "GET", "/instances?x=y&tags%5B%5D=a+b", 1).await, [500]);
    assert_eq!(statuses(&world, "GET", "/instances?tags%5B%5D=ab", 1).await, [404]);
}

#[tokio::test]
async fn the_same_seed_draws_the_same_requests() {
    let drawn = async |seed: u64| {
        let faults =
            format!("seed: {seed}\nrules: [{{ when: {{ probability: 0.5 }}, status: 500 }}]");
        let world = world(&faults).await;
        statuses(&world, "GET", "/elements/keys", 40).await
    };
    let first = drawn(7).await;
    let failed = first.iter().filter(|status| **status == 500).count();
    assert!((5..35).contains(&failed), "{failed} of 40");
    assert_eq!(drawn(7).await, first);
    assert_ne!(drawn(8).await, first);
}

#[tokio::test]
async fn new_faults_replace_the_old_ones_and_restart_their_counters() {
    let world = World::start().await;
    let faults = Faults::parse("rules: [{ when: { occurrence: 2 }, status: 500 }]").unwrap();
    for _ in 0..2 {
        world.sandbox.set_faults(faults.clone());
        assert_eq!(statuses(&world, "GET", "/elements/keys", 3).await, [200, 500, 200]);
    }
    world.sandbox.set_faults(Faults::default());
    assert_eq!(statuses(&world, "GET", "/elements/keys", 2).await, [200, 200]);
}

#[tokio::test]
async fn the_journal_is_never_faulted() {
    let world = world("rules: [{ status: 500 }]").await;
    world.call("GET", "/instances").await.failed(500);
    let journal = world.get("/sandbox/journal").await;
    assert_eq!((&journal[0]["fault"], journal.as_array().unwrap().len()), (&json!("status"), 1));
}

#[tokio::test]
async fn a_dripping_answer_is_whole_in_the_end() {
    let (world, one) = world_with_one("rules: [{ drip: 1ms }]").await;
    let request = world.request("GET", &path_of(&one));
    let mut response = request.header("authorization", world.authorization()).send().await.unwrap();
    let length = response.content_length().unwrap();
    let (mut body, mut chunks) = (Vec::new(), 0);
    while let Some(chunk) = response.chunk().await.unwrap() {
        body.extend_from_slice(&chunk);
        chunks += 1;
    }
    assert_eq!((serde_json::from_slice::<Value>(&body).unwrap(), body.len() as u64), (one, length));
    assert!(chunks > 10, "{chunks} chunks of {length} bytes");
}

#[tokio::test]
async fn an_answer_without_a_body_has_nothing_to_lose() {
    for fault in ["truncate: 10", "drip: 1ms"] {
        let (world, one) = world_with_one(&format!("rules: [{{ {fault} }}]")).await;
        let reply = world.call("DELETE", &path_of(&one)).await;
        assert_eq!((reply.status, reply.text.as_str()), (200, ""), "{fault}");
    }
}

#[tokio::test]
async fn any_status_is_sent() {
    let world = World::start().await;
    for status in [200, 204, 205, 226, 304, 308, 400, 599] {
        for form in ["html: true", "body: text", "body: ''", "processed: true"] {
            let faults = format!("rules: [{{ status: {status}, {form} }}]");
            world.sandbox.set_faults(Faults::parse(&faults).unwrap());
            assert_eq!(world.call("GET", "/elements/keys").await.status, status, "{faults}");
        }
    }
}

#[tokio::test]
async fn a_redirect_goes_elsewhere() {
    let (world, one) = world_with_one(
        "rules:
  - { when: { occurrence: 1 }, redirect: 'https://elsewhere.invalid/x' }
  - { when: { occurrence: 2 }, redirect: 'https://elsewhere.invalid/x', status: 302 }",
    )
    .await;
    let redirects = reqwest::redirect::Policy::none();
    let client = reqwest::Client::builder().no_proxy().redirect(redirects).build().unwrap();
    let url = format!("{}{}", world.sandbox.url(), path_of(&one));
    for status in [307, 302] {
        let request = client.delete(&url).header("authorization", world.authorization());
        let reply = world.send(request).await;
        assert_eq!(reply.status, status);
        assert_eq!(reply.header("location"), Some("https://elsewhere.invalid/x"));
    }
    assert_eq!(world.get(&path_of(&one)).await, one);
}

/// Sends a request on `connection` and reads the first bytes of the reply.
async fn first_bytes(world: &World, connection: &mut TcpStream, path: &str) -> io::Result<Vec<u8>> {
    let base = "/elements/api-v2";
    let authorization = world.authorization();
    let request =
        format!("GET {base}{path} HTTP/1.1\r\nhost: x\r\nauthorization: {authorization}\r\n\r\n");
    connection.write_all(request.as_bytes()).await?;
    let mut bytes = vec![0; 64 * 1024];
    let read = connection.read(&mut bytes).await?;
    bytes.truncate(read);
    Ok(bytes)
}

#[tokio::test]
async fn a_reset_hits_its_own_connection_without_a_byte_of_an_answer() {
    let world = world("rules: [{ when: { path: /ping }, reset: after }]").await;
    let address = world.sandbox.url().split('/').nth(2).unwrap();
    let mut hit = TcpStream::connect(address).await.unwrap();
    let mut other = TcpStream::connect(address).await.unwrap();
    for connection in [&mut hit, &mut other] {
        let answer = first_bytes(&world, connection, "/organizations/me").await.unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"));
    }
    let error = first_bytes(&world, &mut hit, "/ping").await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    let answer = first_bytes(&world, &mut other, "/organizations/me").await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"));
}
