//! Held requests: none is answered before it is released.

use ocon::sandbox::Faults;
use serde_json::json;

use super::support::{World, path_of, servicenow};

/// A sandbox with an instance `One` that holds the first PATCH.
async fn world(moment: &str) -> (World, String) {
    let world = World::start().await;
    let path = path_of(&world.create(&servicenow("One")).await);
    let faults = format!("rules: [{{ when: {{ method: PATCH, occurrence: 1 }}, hold: {moment} }}]");
    world.sandbox.set_faults(Faults::parse(&faults).unwrap());
    (world, path)
}

#[tokio::test]
async fn a_request_is_held_before_or_after_it_is_processed_and_answered_when_released() {
    for (moment, meanwhile) in [("before", "One"), ("after", "Two")] {
        let (world, path) = world(moment).await;
        let change = json!({ "name": "Two" });
        let beside = async {
            world.sandbox.wait_until_held(1).await;
            let name = world.get(&path).await["name"].clone();
            world.sandbox.release();
            name
        };
        let (reply, name) = tokio::join!(world.call_with("PATCH", &path, &change), beside);
        assert_eq!((reply.ok()["name"].as_str(), name.as_str()), (Some("Two"), Some(meanwhile)));
        let faults: Vec<_> =
            world.sandbox.journal().into_iter().filter_map(|it| it.fault).collect();
        assert_eq!(faults, [format!("hold-{moment}")]);
    }
}

#[tokio::test]
async fn a_held_request_whose_client_disconnected_is_executed_on_release() {
    let (world, path) = world("before").await;
    let change = json!({ "name": "Two" });
    tokio::select! {
        biased;
        () = world.sandbox.wait_until_held(1) => {}
        _ = world.call_with("PATCH", &path, &change) => panic!("it is held"),
    }
    assert_eq!(world.get(&path).await["name"], "One");
    world.sandbox.release();
    // There is no reply, so nothing reports the time.
    while world.get(&path).await["name"] != "Two" {}
}

#[tokio::test]
async fn a_held_request_does_not_keep_a_sandbox_from_ending() {
    let (world, path) = world("after").await;
    tokio::select! {
        biased;
        () = world.sandbox.wait_until_held(1) => {}
        _ = world.call("PATCH", &path) => panic!("it is held"),
    }
    world.sandbox.stop().await;
}
