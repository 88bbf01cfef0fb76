//! Scripted faults of the platform itself: listings, writes without effect, edits by others.

use std::collections::BTreeSet;

use ocon::sandbox::{Faults, SandboxOptions};
use serde_json::{Value, json};

use super::support::{World, path_of, servicenow};

/// A sandbox with pages of two instances, five of them, and these faults.
async fn world_with_five(faults: &str) -> World {
    let faults = Faults::parse(faults).unwrap();
    let world =
        World::with(SandboxOptions { faults, page_size: 2, ..SandboxOptions::default() }).await;
    world.sandbox.seed(5, |index| servicenow(&format!("Instance {index}"))).unwrap();
    world
}

/// The ids of the first pages, and their tokens; at most `most` pages.
async fn pages(world: &World, most: usize) -> (Vec<Vec<u64>>, Vec<String>) {
    let (mut pages, mut tokens) = (Vec::new(), vec![String::new()]);
    while pages.len() < most && tokens.len() > pages.len() {
        let request = world.request("GET", "/instances?hydrate=false");
        let request = request.query(&[("nextPage", tokens.last().unwrap())]);
        let page = world.send(request.header("authorization", world.authorization())).await;
        let items = page.ok();
        let ids = items.as_array().unwrap().iter().map(|item| item["id"].as_u64().unwrap());
        pages.push(ids.collect());
        tokens.extend(page.header("elements-next-page-token").map(str::to_owned));
    }
    (pages, tokens)
}

/// Writes, and returns the reply, which equals a later read.
async fn written(world: &World, method: &str, path: &str, body: &Value) -> Value {
    let answer = world.call_with(method, path, body).await.ok();
    assert_eq!(world.get(&path_of(&answer)).await, answer);
    answer
}

#[tokio::test]
async fn endless_pages_never_end_and_never_repeat_a_token() {
    let world = world_with_five("rules: [{ endless_pages: true }]").await;
    let (pages, tokens) = pages(&world, 30).await;
    assert_eq!(pages.len(), 30);
    assert!(pages.iter().all(|page| !page.is_empty()));
    assert_eq!(tokens.iter().collect::<BTreeSet<_>>().len(), 31);
    assert_eq!(pages.concat().into_iter().collect::<BTreeSet<_>>().len(), 5);
}

#[tokio::test]
async fn a_listing_shifts_between_two_pages() {
    let skipping = world_with_five("rules: [{ shift_listing: skip }]").await;
    assert_eq!(pages(&skipping, 9).await.0, [vec![20931, 20932], vec![20934, 20935]]);
    let repeating = world_with_five("rules: [{ shift_listing: repeat }]").await;
    let expected = [vec![20931, 20932], vec![20932, 20933], vec![20933, 20934], vec![20934, 20935]];
    assert_eq!(pages(&repeating, 9).await.0, expected);
    let once = world_with_five("rules: [{ when: { occurrence: 2 }, shift_listing: repeat }]").await;
    let expected = [vec![20931, 20932], vec![20932, 20933], vec![20934, 20935]];
    assert_eq!(pages(&once, 9).await.0, expected);
}

#[tokio::test]
async fn a_blind_tag_filter_finds_nothing() {
    let world = world_with_five("rules: [{ tag_filter_empty: true }]").await;
    let message = world.call("GET", "/instances?tags[]=Instance%201").await.failed(404);
    assert_eq!(message, "No element instances found");
    world.call("GET", "/instances").await.ok();
    world.sandbox.set_faults(Faults::default());
    world.call("GET", "/instances?tags[]=Instance%201").await.ok();
}

#[tokio::test]
async fn an_ignored_key_keeps_its_value() {
    let world =
        world_with_five("rules: [{ when: { method: PATCH }, ignore_keys: [username, new] }]").await;
    let change =
        json!({ "name": "New", "configuration": { "username": "x", "new": "x", "other": "x" } });
    let kept = written(&world, "PATCH", "/instances/20931", &change).await;
    let configuration = &kept["configuration"];
    assert_eq!((&kept["name"], &configuration["username"]), (&json!("New"), &json!("admin")));
    assert_eq!((&configuration["other"], configuration.get("new")), (&json!("x"), None));
    let entries = world.get("/instances/20931/configuration").await;
    let entry = entries.as_array().unwrap().iter().find(|entry| entry["key"] == "username");
    let path = format!("/instances/20931/configuration/{}", entry.unwrap()["id"]);
    let answer = world.call_with("PATCH", &path, &json!({ "propertyValue": "y" })).await.ok();
    assert_eq!(answer["propertyValue"], "admin");
}

#[tokio::test]
async fn an_ignored_key_stays_unset_in_a_creation_even_if_it_is_required() {
    let world =
        world_with_five("rules: [{ when: { method: POST }, ignore_keys: [username] }]").await;
    let created = written(&world, "POST", "/instances", &servicenow("New")).await;
    assert_eq!(created["configuration"]["username"], "");
}

#[tokio::test]
async fn dropped_tags_do_not_take() {
    let world = world_with_five("rules: [{ drop_tags: true }]").await;
    let tags = json!({ "tags": ["a"], "name": "New" });
    let changed = written(&world, "PATCH", "/instances/20931", &tags).await;
    assert_eq!((&changed["tags"], &changed["name"]), (&json!(["Instance 0"]), &json!("New")));
    let mut body = servicenow("One");
    body["tags"] = json!(["a"]);
    assert_eq!(written(&world, "POST", "/instances", &body).await["tags"], json!(["One"]));
}

#[tokio::test]
async fn credentials_can_stop_being_valid_between_two_requests() {
    let world = world_with_five("rules: [{ when: { occurrence: 2.. }, unauthorized: true }]").await;
    world.call("GET", "/instances/20931").await.ok();
    let message = world.call("DELETE", "/instances/20931").await.failed(401);
    assert!(message.starts_with("Invalid Organization or User secret"), "{message}");
    world.sandbox.set_faults(Faults::default());
    world.call("GET", "/instances/20931").await.ok();
}

#[tokio::test]
async fn third_parties_edit_between_two_requests() {
    let world = world_with_five(
        "rules:
  - when: { method: GET, occurrence: 2 }
    edit:
      - { instance: Instance 0, set: { username: other, filter.response.nulls: null } }
      - { instance: 20931, rename: Renamed, retag: [theirs], disabled: true }
      - { instance: 20932, delete: true }
      - { instance: nobody, delete: true }
      - create: { element: { key: stripe }, name: Shop }",
    )
    .await;
    let before = world.get("/instances/20931").await;
    let after = world.get("/instances/20931").await;
    assert_eq!((&before["name"], &before["disabled"]), (&json!("Instance 0"), &json!(false)));
    assert_eq!((&after["name"], &after["disabled"]), (&json!("Renamed"), &json!(true)));
    assert_eq!(after["tags"], json!(["theirs"]));
    assert_eq!(after["configuration"]["username"], "other");
    assert_eq!(after["configuration"]["filter.response.nulls"], "");
    assert_eq!(after["configuration"]["servicenow.subdomain"], "dev12345");
    world.call("GET", "/instances/20932").await.failed(404);
    assert_eq!(world.get("/instances/20936").await["name"], "Shop");
    let journal = world.sandbox.journal();
    let faults: Vec<_> = journal.iter().map(|entry| entry.fault.as_deref()).collect();
    assert_eq!(faults, [None, Some("edit"), None, None]);
}

#[tokio::test]
async fn an_edit_goes_with_a_fault() {
    let world =
        world_with_five("rules: [{ edit: [{ instance: 20931, delete: true }], status: 500 }]")
            .await;
    world.call("PATCH", "/instances/20931").await.failed(500);
    world.sandbox.set_faults(Faults::default());
    world.call("GET", "/instances/20931").await.failed(404);
}

#[tokio::test]
async fn a_response_can_have_an_empty_configuration() {
    let world =
        world_with_five("rules: [{ when: { method: POST }, empty_configuration: true }]").await;
    let created = world.create(&servicenow("New")).await;
    assert_eq!(created["configuration"], json!({}));
    let stored = world.get(&path_of(&created)).await;
    assert_eq!(stored["configuration"]["username"], "admin");
    let all = "rules: [{ empty_configuration: true }]";
    world.sandbox.set_faults(Faults::parse(all).unwrap());
    assert_eq!(world.get("/instances").await[0]["configuration"], json!({}));
    assert!(world.get("/instances?hydrate=false").await[0].get("configuration").is_none());
}

#[tokio::test]
async fn responses_can_lack_the_tags() {
    let world = world_with_five(
        "rules:
  - { when: { method: PATCH }, hide_tags: true }
  - { when: { query: hydrate=false }, hide_tags: true }",
    )
    .await;
    let tags = json!({ "tags": ["a"] });
    let changed = world.call_with("PATCH", "/instances/20931", &tags).await.ok();
    assert!(changed.get("tags").is_none() && changed["configuration"]["username"] == "admin");
    assert_eq!(
        world.get("/instances/20931").await["tags"],
        json!(["a"]),
        "only the reply lacks them"
    );
    let items = world.get("/instances?hydrate=false&tags[]=a").await;
    assert_eq!((&items[0]["id"], items[0].get("tags")), (&json!(20931), None));
    assert_eq!(items[0]["element"]["authentication"]["type"], "basic");
    assert_eq!(world.get("/instances?tags[]=a").await[0]["tags"], json!(["a"]));
}

#[tokio::test]
async fn without_a_privilege_only_its_requests_are_refused() {
    let world = world_with_five("rules: [{ missing_privileges: [createElementInstances] }]").await;
    let body = servicenow("New");
    for (method, path) in [
        ("POST", "/instances"),
        ("POST", "/elements/servicenow/instances"),
        ("PUT", "/instances/20931"),
        ("PUT", "/elements/servicenow/instances/20931"),
    ] {
        let message = world.call_with(method, path, &body).await.failed(403);
        assert_eq!(message, "Insufficient privileges: createElementInstances is required");
    }
    world.call_with("PATCH", "/instances/20931", &json!({ "name": "New" })).await.ok();
    world.get("/elements/servicenow/configuration").await;

    let viewing = "rules: [{ missing_privileges: [viewElements, createElements] }]";
    world.sandbox.set_faults(Faults::parse(viewing).unwrap());
    for path in [
        "/elements",
        "/elements/box",
        "/elements/22/configuration",
        "/elements/box/export",
        "/elements/key",
    ] {
        let message = world.call("GET", path).await.failed(403);
        assert_eq!(message, "Insufficient privileges: viewElements is required", "{path}");
    }
    let message = world.call("POST", "/elements/box/clone").await.failed(403);
    assert_eq!(message, "Insufficient privileges: createElements is required");
    for path in ["/instances", "/instances/20931", "/elements/servicenow/instances"] {
        world.get(path).await;
    }
    world.create(&body).await;
}
