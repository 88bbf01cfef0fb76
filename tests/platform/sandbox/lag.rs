//! Lags: each view shows a change as late as a rule says.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use ocon::sandbox::{Faults, SandboxOptions, TimeSource};
use serde_json::{Value, json};

use super::support::{World, path_of, servicenow};

const SECOND: Duration = Duration::from_secs(1);
const TAGGED: &str = "/instances?tags[]=blue";
const SLIM: &str = "/instances?hydrate=false";

/// A sandbox whose time only a test moves.
async fn world(lag: &str) -> World {
    let world = still().await;
    world.sandbox.set_faults(faults(lag));
    world
}

async fn still() -> World {
    let time = TimeSource::new(|| SystemTime::UNIX_EPOCH + Duration::from_hours(24));
    World::with(SandboxOptions { time, ..SandboxOptions::default() }).await
}

fn faults(rule: &str) -> Faults {
    Faults::parse(&format!("rules:\n  - {rule}\n")).unwrap()
}

fn blue(name: &str) -> Value {
    let mut body = servicenow(name);
    body["tags"] = json!(["blue"]);
    body
}

/// The names in a listing; none where it answers that nothing matches.
async fn names(world: &World, listing: &str) -> Vec<String> {
    let reply = world.call("GET", listing).await;
    if reply.status == 404 {
        return Vec::new();
    }
    let listed = reply.ok();
    let names = listed.as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap());
    names.map(str::to_owned).collect()
}

#[tokio::test]
async fn a_tag_listing_shows_a_change_after_its_own_lag() {
    let world = world("lag: { tag_listing: 5s }").await;
    let path = path_of(&world.create(&blue("One")).await);
    for _ in 0..5 {
        assert_eq!(names(&world, TAGGED).await, [""; 0]);
        assert_eq!(names(&world, SLIM).await, ["One"]);
        assert_eq!(world.get(&path).await["name"], "One");
        world.sandbox.advance(SECOND);
    }
    assert_eq!(names(&world, TAGGED).await, ["One"]);
}

#[tokio::test]
async fn every_listing_without_a_tag_has_the_lag_of_the_account() {
    let world = world("lag: { account_listing: 5s }").await;
    world.create(&blue("One")).await;
    let listings = ["/instances", SLIM, "/accounts/instances", "/elements/servicenow/instances"];
    world.sandbox.advance(Duration::from_millis(4_999));
    for listing in listings {
        assert_eq!(names(&world, listing).await, [""; 0], "{listing}");
    }
    assert_eq!(names(&world, TAGGED).await, ["One"]);
    world.sandbox.advance(Duration::from_millis(1));
    for listing in listings {
        assert_eq!(names(&world, listing).await, ["One"], "{listing}");
    }
}

#[tokio::test]
async fn every_read_of_an_instance_has_the_lag_of_get() {
    let world = world("lag: { get: 5s }").await;
    let created = world.create(&blue("One")).await;
    let id = &created["id"];
    let reads = [
        format!("/instances/{id}"),
        format!("/instances/{id}/configuration"),
        format!("/instances/{id}/events"),
        format!("/elements/servicenow/instances/{id}"),
    ];
    for path in &reads {
        world.call("GET", path).await.failed(404);
    }
    assert_eq!(
        (names(&world, TAGGED).await, names(&world, SLIM).await),
        (vec!["One".to_owned()], vec!["One".to_owned()])
    );
    // A write does not depend on what can be read.
    let patched = world.call_with("PATCH", &reads[0], &json!({ "name": "Two" })).await.ok();
    assert_eq!(patched["name"], "Two");
    world.sandbox.advance(SECOND * 5);
    for path in &reads {
        world.call("GET", path).await.ok();
    }
}

#[tokio::test]
async fn a_view_shows_the_old_state_until_it_shows_the_change() {
    let world = still().await;
    let path = path_of(&world.create(&blue("One")).await);
    world.sandbox.set_faults(faults("lag: { tag_listing: 3s, account_listing: 2s, get: 1s }"));
    let change = json!({ "name": "Two", "tags": ["red"] });
    let answer = world.call_with("PATCH", &path, &change).await.ok();
    assert_eq!((&answer["name"], &answer["tags"]), (&json!("Two"), &json!(["red"])));
    let seen = async || {
        let red = names(&world, "/instances?tags[]=red").await;
        let shown = [names(&world, TAGGED).await, red, names(&world, SLIM).await].concat();
        format!("{} {}", shown.join(" "), world.get(&path).await["tags"][0].as_str().unwrap())
    };
    let mut shown = Vec::new();
    for _ in 0..4 {
        shown.push(seen().await);
        world.sandbox.advance(SECOND);
    }
    assert_eq!(shown, ["One One blue", "One One red", "One Two red", "Two Two red"]);
}

#[tokio::test]
async fn an_instance_that_was_deleted_is_still_there_as_it_was() {
    let world = still().await;
    let one = world.create(&blue("One")).await;
    world.create(&blue("Two")).await;
    world.sandbox.set_faults(faults("lag: { tag_listing: 5s, account_listing: 5s, get: 5s }"));
    assert_eq!(world.call("DELETE", &path_of(&one)).await.status, 200);
    assert_eq!(names(&world, TAGGED).await, ["One", "Two"]);
    assert_eq!(names(&world, SLIM).await, ["One", "Two"]);
    assert_eq!(world.get(&path_of(&one)).await, one);
    // A write sees the deletion.
    world.call_with("PATCH", &path_of(&one), &json!({ "name": "Three" })).await.failed(404);
    world.sandbox.advance(SECOND * 5);
    assert_eq!(
        (names(&world, TAGGED).await, names(&world, SLIM).await),
        (vec!["Two".to_owned()], vec!["Two".to_owned()])
    );
    world.call("GET", &path_of(&one)).await.failed(404);
}

/// As where a replica repeats them: otherwise the PATCH after a creation would show it.
#[tokio::test]
async fn the_changes_of_an_instance_become_visible_in_their_order() {
    let world = world("{ when: { method: POST }, lag: { tag_listing: 5s } }").await;
    let path = path_of(&world.create(&blue("One")).await);
    world.sandbox.advance(SECOND);
    world.call_with("PATCH", &path, &json!({ "name": "Two" })).await.ok();
    world.create(&blue("Three")).await;
    assert_eq!(names(&world, TAGGED).await, [""; 0]);
    world.sandbox.advance(SECOND * 4);
    assert_eq!(names(&world, TAGGED).await, ["Two"]);
    world.sandbox.advance(SECOND);
    assert_eq!(names(&world, TAGGED).await, ["Two", "Three"]);
}

#[tokio::test]
async fn pages_are_cut_from_what_is_visible() {
    let world =
        world("{ when: { method: POST, occurrence: 2 }, lag: { account_listing: 5s } }").await;
    for name in ["One", "Two", "Three"] {
        world.create(&blue(name)).await;
    }
    let reply = world.call("GET", "/instances?pageSize=1").await;
    assert_eq!(reply.header("elements-total-count"), Some("2"));
    let next = reply.header("elements-next-page-token").unwrap();
    let next = names(&world, &format!("/instances?pageSize=1&nextPage={next}")).await;
    assert_eq!(next, ["Three"]);
}

#[tokio::test]
async fn a_lag_befalls_the_changes_that_the_rule_is_about_and_the_longest_counts() {
    let world = still().await;
    let rules = "rules:
  - { when: { method: POST, occurrence: 1 }, lag: { account_listing: 2s } }
  - { when: { method: POST, occurrence: 1..2 }, lag: { account_listing: 1s, tag_listing: 3s } }";
    world.sandbox.set_faults(Faults::parse(rules).unwrap());
    for name in ["One", "Two", "Three"] {
        world.create(&blue(name)).await;
    }
    let mut shown = Vec::new();
    for _ in 0..4 {
        shown.push((names(&world, SLIM).await.len(), names(&world, TAGGED).await.len()));
        world.sandbox.advance(SECOND);
    }
    assert_eq!(shown, [(1, 1), (2, 1), (3, 1), (3, 3)]);
    let faults: Vec<_> = world.sandbox.journal().into_iter().filter_map(|it| it.fault).collect();
    assert_eq!(faults, ["lag", "lag"]);
}

#[tokio::test]
async fn changes_of_third_parties_lag_too() {
    let world = still().await;
    let path = path_of(&world.create(&blue("One")).await);
    world.sandbox.set_faults(faults(
        "{ when: { method: GET, occurrence: 1 }, edit: [{ instance: One, rename: Two }], lag: { get: 2s } }",
    ));
    assert_eq!(world.get(&path).await["name"], "One");
    assert_eq!(names(&world, SLIM).await, ["Two"]);
    world.sandbox.advance(SECOND * 2);
    assert_eq!(world.get(&path).await["name"], "Two");
    assert_eq!(world.sandbox.journal()[1].fault.as_deref(), Some("edit+lag"));
}

#[tokio::test]
async fn a_write_whose_reply_was_lost_is_executed_late() {
    let world = world(
        "{ when: { method: POST, occurrence: 1 }, status: 504, processed: true, lag: { commit: 10s, account_listing: 1s } }",
    )
    .await;
    world.call_with("POST", "/instances", &blue("Late")).await.failed(504);
    let second = world.create(&blue("Second")).await;
    world.sandbox.advance(Duration::from_millis(9_999));
    assert_eq!(names(&world, TAGGED).await, ["Second"]);
    world.sandbox.advance(Duration::from_millis(1));
    // Its id is assigned at the commit, and the other lags begin there.
    assert_eq!(names(&world, TAGGED).await, ["Second", "Late"]);
    let late = world.get(TAGGED).await[1].clone();
    assert!(late["id"].as_u64() > second["id"].as_u64(), "{late}");
    assert_eq!(
        (&late["createdDate"], &second["createdDate"]),
        (&json!("1970-01-02T00:00:10Z"), &json!("1970-01-02T00:00:00Z"))
    );
    assert_eq!(names(&world, SLIM).await, ["Second"]);
    world.sandbox.advance(SECOND);
    assert_eq!(names(&world, SLIM).await, ["Second", "Late"]);
    let journal = world.sandbox.journal();
    let posts = journal.iter().filter(|entry| entry.method == "POST");
    let posts: Vec<_> = posts.map(|entry| (entry.status, entry.fault.as_deref())).collect();
    assert_eq!(posts, [(504, Some("lag+status")), (200, None)]);
}

#[tokio::test]
async fn late_commits_come_in_the_order_in_which_they_are_due_and_lags_begin_there() {
    let world = still().await;
    let path = path_of(&world.create(&blue("One")).await);
    let rules = "rules:
  - { when: { method: PATCH, occurrence: 1 }, reset: after, lag: { commit: 4s, get: 1s } }
  - { when: { method: PATCH, occurrence: 2 }, reset: after, lag: { commit: 2s, get: 1s } }";
    world.sandbox.set_faults(Faults::parse(rules).unwrap());
    for name in ["Two", "Three"] {
        let request = world.request("PATCH", &path).header("authorization", world.authorization());
        request.json(&json!({ "name": name })).send().await.unwrap_err();
    }
    let mut shown = Vec::new();
    for _ in 0..6 {
        shown.push(world.get(&path).await["name"].as_str().unwrap().to_owned());
        world.sandbox.advance(SECOND);
    }
    assert_eq!(shown, ["One", "One", "One", "Three", "Three", "Two"]);
    let statuses: Vec<_> = world.sandbox.journal().iter().map(|entry| entry.status).collect();
    assert_eq!(statuses[1..3], [0, 0]);
}

#[tokio::test]
async fn the_time_may_be_that_of_a_test() {
    let seconds = Arc::new(AtomicU64::new(86_400));
    let time = {
        let seconds = Arc::clone(&seconds);
        let now =
            move || SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.load(Ordering::Relaxed));
        TimeSource::new(now)
    };
    let world = World::with(SandboxOptions {
        time,
        faults: faults("lag: { get: 5s }"),
        ..SandboxOptions::default()
    })
    .await;
    let created = world.create(&blue("One")).await;
    assert_eq!(created["createdDate"], "1970-01-02T00:00:00Z");
    world.call("GET", &path_of(&created)).await.failed(404);
    seconds.fetch_add(5, Ordering::Relaxed);
    world.get(&path_of(&created)).await;
}

/// Lags are in memory: what is stored is never late.
#[tokio::test]
async fn after_a_restart_everything_is_visible() {
    let folder = tempfile::tempdir().unwrap();
    let options = || SandboxOptions {
        state: Some(folder.path().join("state.json")),
        ..SandboxOptions::default()
    };
    let world = World::with(SandboxOptions {
        faults: faults("lag: { account_listing: 10m }"),
        ..options()
    })
    .await;
    world.create(&blue("One")).await;
    assert_eq!(names(&world, SLIM).await, [""; 0]);
    drop(world);
    let world = World::with(options()).await;
    assert_eq!(names(&world, SLIM).await, ["One"]);
}

/// A late commit that is not kept must not look like one: its fault does not hide the refusal.
#[tokio::test]
async fn there_is_a_bound_to_late_commits() {
    let late = |fault: &str| {
        faults(&format!("{{ when: {{ method: POST }}, {fault}, lag: {{ commit: 10m }} }}"))
    };
    let world = still().await;
    world.sandbox.set_faults(late("status: 504, processed: true"));
    for _ in 0..1_000 {
        world.call_with("POST", "/instances", &blue("Late")).await.failed(504);
    }
    for fault in ["status: 504, processed: true", "reset: after"] {
        world.sandbox.set_faults(late(fault));
        let message = world.call_with("POST", "/instances", &blue("Late")).await.failed(500);
        assert_eq!(
            message,
            "The sandbox keeps at most 1000 late commits: write a shorter lag, or change less"
        );
    }
    world.sandbox.advance(SECOND * 600);
    assert_eq!(names(&world, "/instances?pageSize=1").await, ["Late"]);
    let reply = world.call("GET", "/instances?pageSize=1").await;
    assert_eq!(reply.header("elements-total-count"), Some("1000"));
}
