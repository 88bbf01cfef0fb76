//! `ocon authorize` for an instance that exists: it gets a new grant and keeps its ID and token.

#![cfg(unix)]

use ocon::sandbox::Faults;
use serde_json::{Value, json};
use snapbox::str;

use crate::authorize::{Prompt, curl, instance, world, written};
use crate::snapshot::Snapshot as _;
use crate::support::World;

const QUESTION: &str = "\
The instance exists: social #20931. It gets a new grant, and keeps its ID and token.

Open this URL and grant access:


Waiting for the answer at http://127.0.0.1:[CALLBACK]/callback
";

fn authorize(world: &World) -> String {
    let prompt = Prompt::begin(world, "authorize social");
    curl(&[&prompt.press("allow")]);
    prompt.rest(world)
}

/// The output without the question, which is the same for every instance that exists.
fn authorize_again(world: &World) -> String {
    let output = authorize(world);
    assert_eq!(output.matches(QUESTION).count(), 1, "{output}");
    output.replace(QUESTION, "")
}

#[test]
fn an_instance_is_authenticated_again_and_keeps_its_id_and_token() {
    let world = world("http://127.0.0.1:PORT/callback");
    authorize(&world);
    world.requests();
    let before = instance(&world);
    world.requests();
    world.send("DELETE", "/instances/20931/enabled", &Value::Null);
    authorize_again(&world).is(str![[r#"
Authorized again: social #20931.
It was disabled, and is enabled again.
--- stderr ---
--- exit 0 ---
"#]]);
    written(&world).is(str![[r#"
PATCH /instances/20931 {"providerData":{"code":"[CODE]"}}
PUT /instances/20931/enabled
"#]]);
    let after = instance(&world);
    assert_eq!((&before["id"], &before["token"]), (&after["id"], &after["token"]));
    assert_ne!(
        before["configuration"]["oauth.user.token"],
        after["configuration"]["oauth.user.token"]
    );
    assert_eq!(after["disabled"], false);
    // An instance that is declared disabled stays disabled.
    world.write("instances/social.yaml", world.read("instances/social.yaml") + "enabled: false\n");
    world.requests();
    world.send("DELETE", "/instances/20931/enabled", &Value::Null);
    authorize_again(&world).is(str![[r#"
Authorized again: social #20931.
--- stderr ---
--- exit 0 ---
"#]]);
    assert_eq!(instance(&world)["disabled"], true);
}

#[test]
fn a_new_token_is_reported_even_if_enabling_fails() {
    let world = world("http://127.0.0.1:PORT/callback");
    authorize(&world);
    let mut answer = instance(&world);
    answer["token"] = "another-token-of-this-instance".into();
    answer["disabled"] = true.into();
    let fault = |answer: &Value| {
        let rules = json!({ "rules": [
            { "when": { "method": "PATCH" }, "status": 200, "body": answer },
            { "when": { "path": "/instances/*/enabled" }, "status": 403 },
        ] });
        world.set_faults(Faults::parse(&rules.to_string()).unwrap());
    };
    fault(&answer);
    authorize_again(&world).is(str![[r#"
Authorized again: social #20931.
The instance has a new token: ocon token social
--- stderr ---
error: instance 20931 is authorized, but could not be enabled
  caused by: PUT /instances/20931/enabled failed: HTTP 403 Forbidden: The sandbox simulates this error (request [REQUEST])

hint: set `enabled: true`, then run: ocon apply
--- exit 3 ---
"#]]);
    // An answer about another instance is an error.
    answer["id"] = 4711.into();
    fault(&answer);
    authorize_again(&world).is(str![[r#"
--- stderr ---
error: it is unknown whether instance 20931 was authorized again
  caused by: PATCH /instances/20931 failed: the answer is not the requested instance: id is 4711, not 20931

hint: run the same command again: a grant works once, and a new one is harmless
--- exit 3 ---
"#]]);
}

#[test]
fn a_write_that_may_have_succeeded_is_not_reported_as_failed() {
    let world = world("http://127.0.0.1:PORT/callback");
    authorize(&world);
    let before = instance(&world);
    let fault = |fault: &str| {
        let rules = format!("rules: [{{ when: {{ method: PATCH }}, {fault} }}]");
        world.set_faults(Faults::parse(&rules).unwrap());
    };
    world.requests();
    fault("status: 400");
    authorize_again(&world).is(str![[r#"
--- stderr ---
error: instance 20931 was not authorized again
  caused by: PATCH /instances/20931 failed: HTTP 400 Bad Request: The sandbox simulates this error (request [REQUEST])

hint: run the same command again: a grant works once, and a new one is harmless
--- exit 3 ---
"#]]);
    assert_eq!(instance(&world), before);
    world.requests();
    fault("reset: after");
    authorize_again(&world).is(str![[r#"
--- stderr ---
error: it is unknown whether instance 20931 was authorized again
  caused by: PATCH /instances/20931 failed: the connection broke before the answer was complete: [..]

hint: run the same command again: a grant works once, and a new one is harmless
--- exit 3 ---
"#]]);
    assert_eq!(written(&world).lines().count(), 1, "a grant is sent once");
    assert_ne!(instance(&world), before);
}
