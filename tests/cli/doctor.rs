//! `ocon doctor KEY`: whether events get from the provider to the application.

use std::time::Duration;

use ocon::sandbox::Faults;
use serde_json::{Value, json};
use snapbox::str;

use crate::events::{Listening, conforming, report, world};
use crate::snapshot::Snapshot as _;
use crate::support::World;

/// Sends an event. The callback accepts it if it `listens`.
fn one_event(world: &World, port: u16, listens: bool) {
    let listening =
        listens.then(|| Listening::begin(world, &format!("events listen --port {port} --count 1")));
    report(world, &json!({ "type": "message", "id": 7 }));
    if let Some(mut listening) = listening {
        listening.line();
        listening.end();
    }
}

/// The output of the doctor, without the time of the last event.
fn doctor(world: &World) -> String {
    let run = world.ocon("doctor chat");
    let text = format!("{}{}--- exit {} ---", run.stdout, run.stderr, run.exit);
    let text = world.constant(&text);
    let lines = text.lines().map(|line| match line.find("last event      20") {
        Some(at) => format!("{}[TIME]{}", &line[..at + 16], &line[at + 36..]),
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn patch(world: &World, key: &str, value: &str) {
    world.send("PATCH", "/instances/20931", &json!({ "configuration": { key: value } }));
    world.requests();
}

#[test]
fn a_doctor_reports_ok_for_every_link() {
    let (world, port) = world();
    doctor(&world).is(str![[r#"
chat
  ok      instance        #20931, Support
  ok      authentication  the platform reports it as valid
  ok      enabled         the instance is enabled
  ok      events          events are enabled
  ok      callback        http://127.0.0.1:[CALLBACK]/…
  ok      signature       deliveries are signed with the signature key
  ?       registered      ocon cannot check whether the provider knows the webhook URL
                          register the URL at the provider: http://127.0.0.1:[PORT]/elements/api-v2/events/slack/MjA5MzE=
  ?       last event      the platform has received no event yet
                          trigger an event at the provider, and run `ocon doctor` again

Nothing is broken; 2 cannot be checked from here.
--- exit 0 ---
"#]]);
    one_event(&world, port, true);
    doctor(&world).is(str![[r#"
chat
  ok      instance        #20931, Support
  ok      authentication  the platform reports it as valid
  ok      enabled         the instance is enabled
  ok      events          events are enabled
  ok      callback        http://127.0.0.1:[CALLBACK]/…
  ok      signature       deliveries are signed with the signature key
  ok      registered      an event has arrived
  ok      last event      [TIME], NOTIFIED

Nothing is broken.
--- exit 0 ---
"#]]);
    let document = conforming("doctor", &world.ocon("doctor chat --format json").stdout);
    assert_eq!((&document["healthy"], &document["instance_id"]), (&json!(true), &json!(20931)));
}

#[test]
fn a_doctor_checks_the_other_links_if_the_events_cannot_be_read() {
    let (world, _) = world();
    let text = "rules: [{ when: { path: /instances/20931/events }, status: 403 }]";
    world.set_faults(Faults::parse(text).unwrap());
    let printed = doctor(&world);
    printed[printed.find("  ?       last event").unwrap()..].is(str![[r#"
  ?       last event      the events cannot be read: GET /instances/20931/events failed: HTTP 403 Forbidden: The sandbox simulates this error (request [REQUEST])
                          run `ocon doctor` again, or check in the user interface

Nothing is broken; 2 cannot be checked from here.
--- exit 0 ---
"#]]);
    assert_eq!(printed.matches("\n  ok ").count(), 6, "{printed}");
}

#[test]
fn a_doctor_needs_to_see_the_instance() {
    let (world, _) = world();
    let rule = |status| {
        format!("rules: [{{ when: {{ method: GET, path: /instances/20931 }}, status: {status} }}]")
    };
    let reports = [403, 404].map(|status| {
        world.set_faults(Faults::parse(&rule(status)).unwrap());
        doctor(&world)
    });
    reports.join("\n").is(str![[r#"
error: the instance cannot be read
  caused by: GET /instances/20931 failed: HTTP 403 Forbidden: The sandbox simulates this error (request [REQUEST])

hint: check that the account is active and its user is allowed to read instances
--- exit 6 ---
error: instance 20931 was deleted meanwhile

hint: run the same command again
--- exit 1 ---
"#]]);
}

#[test]
fn a_doctor_confirms_only_what_it_can_check() {
    let document = "\
element: servicenow
name: Help desk
configuration:
  servicenow.subdomain: desk
  username: robot
  password: ${{ env.DESK_PASSWORD }}
  event.notification.enabled: true
  event.notification.callback.url: https://app.example/events
  event.notification.signature.key: ${{ env.DESK_SIGNATURE }}
";
    let world = World::new(&[("instances/desk.yaml", document)])
        .on_sandbox()
        .secret("DESK_PASSWORD", "the-password-of-the-desk")
        .secret("DESK_SIGNATURE", "the-signature-key-of-the-desk");
    assert_eq!(world.ocon("apply --yes").exit, 0);
    let masked = "rules: [{ edit: [{ instance: 20931, set: { event.notification.callback.url: '********' } }] }]";
    world.set_faults(Faults::parse(masked).unwrap());
    world.ocon("doctor desk").is(str![[r#"
desk
  ok      instance        #20931, Help desk
  ok      authentication  the platform reports it as valid
  ok      enabled         the instance is enabled
  ok      events          events are enabled
  ?       callback        the platform does not show the URL
                          to write the declared URL again, run `ocon apply --rotate desk`
  ok      signature       deliveries are signed with the signature key
  –       registered      the platform polls the provider
  ?       last event      the platform has received no event yet
                          trigger an event at the provider, and run `ocon doctor` again

Nothing is broken; 2 cannot be checked from here.
--- exit 0 ---
"#]]);
}

#[test]
fn a_doctor_shows_nothing_that_opens_a_callback() {
    let (world, _) = world();
    let opens = "https://login:passw0rd@app.example/s3cret-path?token=t0ken#x";
    patch(&world, "event.notification.callback.url", opens);
    let printed = doctor(&world);
    assert!(printed.contains("callback        https://app.example/…\n"), "{printed}");
    for secret in ["login", "passw0rd", "s3cret-path", "t0ken"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

/// The one link that is broken.
fn broken(world: &World) -> String {
    let run = world.ocon("doctor chat --format json");
    let document = conforming("doctor", &run.stdout);
    assert_eq!(run.exit, 1, "{}", run.stdout);
    let links = document["links"].as_array().unwrap().iter();
    let broken: Vec<_> = links.filter(|link| link["state"] == "broken").collect();
    assert_eq!(broken.len(), 1, "{}", run.stdout);
    broken[0]["link"].as_str().unwrap().to_owned()
}

/// The broken link, and the change that breaks it.
type Break = (&'static str, fn(&World, u16));

#[test]
fn a_doctor_names_the_link_that_is_broken() {
    let revoked = Duration::from_secs(24 * 60 * 60 + 1);
    let breaks: [Break; 10] = [
        ("instance", |world, _| {
            world.send("DELETE", "/instances/20931", &Value::Null);
        }),
        ("authentication", |world, _| {
            patch(world, "oauth.user.refresh_token", "revoked");
        }),
        ("enabled", |world, _| {
            world.send("DELETE", "/instances/20931/enabled", &Value::Null);
        }),
        ("events", |world, _| {
            patch(world, "event.notification.enabled", "false");
        }),
        ("callback", |world, _| {
            let other = format!("{}/events/slack/NDcxMQ==", world.base_url());
            patch(world, "event.notification.callback.url", &other);
        }),
        ("callback", |world, _| {
            let without = format!("{}/events/slack/", world.base_url());
            patch(world, "event.notification.callback.url", &without);
        }),
        ("callback", |world, _| {
            patch(world, "event.notification.callback.url", "");
        }),
        ("signature", |world, _| {
            patch(world, "event.notification.signature.key", "");
        }),
        ("last event", |world, port| one_event(world, port, false)),
        ("last event", |world, _| {
            patch(world, "event.notification.callback.url", "https://app.example/events");
            report(world, &json!({ "type": "message", "id": 8 }));
        }),
    ];
    let mut reported = String::new();
    for (link, breaks) in breaks {
        let (world, port) = world();
        one_event(&world, port, true);
        breaks(&world, port);
        if link == "authentication" {
            world.advance(revoked);
        }
        assert_eq!(broken(&world), link);
        let printed = doctor(&world);
        let lines = printed.lines().skip_while(|line| !line.starts_with("  BROKEN")).take(2);
        reported.extend(lines.flat_map(|line| [line, "\n"]));
    }
    reported.is(str![[r#"
  BROKEN  instance        it does not exist yet
                          create the instance: `ocon apply`, or `ocon authorize chat` if a person must grant access
  BROKEN  authentication  the provider no longer accepts it
                          run `ocon authorize chat`. Without OAuth, set new credentials and run `ocon apply --rotate chat`
  BROKEN  enabled         the instance is disabled, by a person or by the platform after five failed token refreshes
                          if the authentication fails, run `ocon authorize chat`. Otherwise, declare `enabled: true` and run `ocon apply`
  BROKEN  events          events are declared, but the platform has them disabled
                          run `ocon apply`. Some connectors subscribe at the provider only when an instance is created
  BROKEN  callback        the URL contains the ID of instance 4711
                          declare it as `${{ instance.webhook_url }}` and run `ocon apply`
  BROKEN  callback        the URL contains no instance ID
                          declare it as `${{ instance.webhook_url }}` and run `ocon apply`
  BROKEN  callback        no callback URL is set
                          run `ocon apply` to write the declared URL
  BROKEN  signature       a signature key is declared, but the platform has none
                          run `ocon apply` to write the key
  BROKEN  last event      [TIME], DISPATCHED: the callback URL has not accepted it yet
                          check whether the callback URL is reachable and responds with 2xx. `ocon events listen` shows the deliveries
  BROKEN  last event      [TIME], RECEIVED: the platform received it and did not forward it
                          check whether the callback URL responds. After ten attempts, the platform sends no more events until the instance is changed

"#]]);
}

#[test]
fn the_examples_have_no_broken_link() {
    let mut world = World::example().on_sandbox();
    for name in [
        "CLOSEIO_API_KEY",
        "CLOSEIO_PASSWORD",
        "HOOTSUITE_CLIENT_ID",
        "HOOTSUITE_CLIENT_SECRET",
        "HOOTSUITE_CODE",
        "SLACK_CLIENT_ID",
        "SLACK_CLIENT_SECRET",
        "SLACK_CODE",
        "SLACK_SIGNATURE_KEY",
    ] {
        world = world.secret(name, &format!("demo value of {name}"));
    }
    assert_eq!(world.ocon("apply --yes --quiet").exit, 0);
    let reports = ["closeio", "hootsuite", "slack"].map(|key| {
        let run = world.ocon(&format!("doctor {key}"));
        format!("{}--- exit {} ---\n", world.constant(&run.stdout), run.exit)
    });
    reports.concat().is(str![[r#"
closeio
  ok      instance        #20931, Sales Close.io
  ok      authentication  the platform reports it as valid
  ok      enabled         the instance is enabled
  ok      events          events are enabled
  ok      callback        https://mycoolapp.com/…
  warn    signature       no signature key is declared, so the application cannot detect forged deliveries
                          declare `event.notification.signature.key: ${{ env.NAME }}` and run `ocon apply`
  –       registered      the platform polls the provider
  ?       last event      the platform has received no event yet
                          trigger an event at the provider, and run `ocon doctor` again

Nothing is broken; 1 warning; 1 cannot be checked from here.
--- exit 0 ---
hootsuite
  ok      instance        #20932, Marketing Hootsuite
  ok      authentication  the platform reports it as valid
  ok      enabled         the instance is enabled
  ok      events          events are enabled
  ok      callback        the platform's webhook URL of this instance
  –       signature       events stay on the platform
  ?       registered      ocon cannot check whether the provider knows the webhook URL
                          register the URL at the provider: http://127.0.0.1:[PORT]/elements/api-v2/events/hootsuite/MjA5MzI=
  ?       last event      the platform has received no event yet
                          trigger an event at the provider, and run `ocon doctor` again

Nothing is broken; 2 cannot be checked from here.
--- exit 0 ---
slack
  ok      instance        #20933, Support Slack
  ok      authentication  the platform reports it as valid
  ok      enabled         the instance is enabled
  ok      events          events are enabled
  ok      callback        https://mycoolapp.com/…
  ok      signature       deliveries are signed with the signature key
  ?       registered      ocon cannot check whether the provider knows the webhook URL
                          register the URL at the provider: http://127.0.0.1:[PORT]/elements/api-v2/events/slack/MjA5MzM=
  ?       last event      the platform has received no event yet
                          trigger an event at the provider, and run `ocon doctor` again

Nothing is broken; 2 cannot be checked from here.
--- exit 0 ---

"#]]);
}
