//! Two processes apply at the same time against one sandbox.

use std::collections::BTreeMap;
use std::process::{Output, Stdio};

use serde_json::{Value, json};

use crate::support::World;

/// The number of races in a test run. `OCON_RACES` sets another number.
const RACES: usize = 10;

const FILES: [(&str, &str); 3] = [
    (
        "instances/a.yaml",
        "element: gotowebinar\nname: A\nproviderData: { code: \"${{ env.CODE }}\" }\nconfiguration: { oauth.api.key: \"${{ env.CODE }}\", oauth.api.secret: \"${{ env.CODE }}\", oauth.callback.url: https://app.example/ }\n",
    ),
    (
        "instances/b.yaml",
        "element: servicenow\nname: B\nconfiguration: { username: b, password: \"${{ env.DESK_PASSWORD }}\", servicenow.subdomain: b }\n",
    ),
    (
        "instances/c.yaml",
        "element: hootsuite\nname: C\nconfiguration: { oauth.api.key: \"${{ env.DESK_PASSWORD }}\", oauth.api.secret: \"${{ env.DESK_PASSWORD }}\", oauth.callback.url: https://app.example/, event.notification.callback.url: \"${{ instance.webhook_url }}\" }\nproviderData: { code: \"${{ env.CODE }}\" }\n",
    ),
];

#[test]
fn two_concurrent_applies_leave_one_instance_per_key() {
    let races = asked_for().unwrap_or(RACES);
    let mut lost = 0;
    for race in 0..races {
        lost += run(race);
    }
    eprintln!("{races} races, {lost} instances taken back");
}

#[expect(clippy::disallowed_methods, reason = "a test may be asked for more")]
fn asked_for() -> Option<usize> {
    std::env::var("OCON_RACES").ok()?.parse().ok()
}

/// Runs one race. Returns the number of instances that a run created and deleted again.
fn run(race: usize) -> usize {
    let mut world = World::new(&FILES).on_sandbox().with_password().secret("CODE", "demo-code-c");
    world.unset("OCON_TEST_CLOCK");
    let start = || {
        let mut command = world.command("apply --yes --format json --concurrency 4");
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let both = [start(), start()].map(|child| child.wait_with_output().unwrap());
    world.requests();
    let instances = world.send("GET", "/instances?hydrate=false", &Value::Null);
    let mut keys: BTreeMap<String, usize> = BTreeMap::new();
    for instance in instances.as_array().unwrap() {
        *keys.entry(instance["name"].to_string()).or_default() += 1;
    }
    let printed =
        || both.each_ref().map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    assert!(
        keys.len() == 3 && keys.values().all(|number| *number == 1),
        "race {race}: {:#?}",
        printed()
    );
    let lost: usize = both.iter().map(lost_races).sum();
    let plan = world.ocon("plan --detailed-exitcode");
    if lost == 0 {
        assert_eq!(plan.exit, 0, "race {race}: {}", plan.stdout);
    }
    lost
}

/// Returns the number of results that lost the race. Checks that all others are done.
fn lost_races(output: &Output) -> usize {
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let results = document["results"].as_array().unwrap();
    let failed: Vec<_> =
        results.iter().filter(|result| result["outcome"] != json!("done")).collect();
    for result in &failed {
        assert_eq!(result["error"]["code"], json!("concurrent-apply"), "{result:#}");
    }
    assert_eq!(output.status.code(), Some(if failed.is_empty() { 0 } else { 3 }));
    failed.len()
}
