//! `ocon authorize` without a grant: nothing is created (`--wait`, `--no-browser`).

#![cfg(unix)]

use std::io::Write as _;

use serde_json::json;
use snapbox::str;

use crate::authorize::{Prompt, curl, world, written};
use crate::snapshot::Snapshot as _;

#[test]
fn without_a_grant_nothing_is_created() {
    let world = world("http://localhost:PORT/callback");
    let prompt = Prompt::begin(&world, "authorize social --no-browser");
    let page = curl(&[&prompt.press("deny")]);
    let says = "<h1>Access denied</h1>\n<p>Nothing was created or changed. To try again, run ocon again. You can close this page.</p>";
    assert!(page.contains(says), "{page}");
    prompt.rest(&world).is(str![[r#"
--- stderr ---

Open this URL and grant access:


Waiting for the answer at http://localhost:[CALLBACK]/callback
error: access was not granted, so nothing was created or changed
  caused by: the provider denied access: `access_denied`

hint: to ask again, run the same command
--- exit 1 ---
"#]]);

    let prompt = Prompt::begin(&world, "authorize social --no-browser");
    let back = prompt.press("allow");
    let (address, state) = back.split_once("?code=").unwrap();
    let (_, state) = state.split_once('&').unwrap();
    curl(&[&format!("{address}?{state}")]);
    prompt.rest(&world).is(str![[r#"
--- stderr ---

Open this URL and grant access:


Waiting for the answer at http://localhost:[CALLBACK]/callback
error: access was not granted, so nothing was created or changed
  caused by: the answer has neither an authorization code nor an error

hint: run the same command again, and open only the URL that it prints
--- exit 1 ---
"#]]);

    assert_eq!(written(&world), "");
}

#[test]
fn other_requests_are_refused_and_the_wait_continues() {
    let world = world("http://localhost:PORT/callback");
    let prompt = Prompt::begin(&world, "authorize social --no-browser");
    let back = prompt.press("allow");
    let (address, state) = back.split_once("?code=").unwrap();
    let (_, state) = state.split_once("&state=").unwrap();
    // Other requests are refused and do not count as an answer.
    let host = "Host: evil.example";
    for arguments in [
        vec!["-X".to_owned(), "POST".to_owned(), back.clone()],
        vec!["-H".to_owned(), host.to_owned(), back.clone()],
        vec![back.replace("/callback", "/favicon.ico")],
    ] {
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let says = "<h1>Not found</h1>\n<p>ocon only waits for the answer of a provider here.</p>";
        assert!(curl(&arguments).contains(says), "{arguments:?}");
    }
    curl(&[&format!("{address}?code=a&code=b&state={state}")]);
    prompt.rest(&world).is(str![[r#"
--- stderr ---

Open this URL and grant access:


Waiting for the answer at http://localhost:[CALLBACK]/callback
Refused POST /callback: its method is not GET
Refused GET /callback: its host is not localhost:[CALLBACK]
Refused GET /favicon.ico: the path of the callback URL is /callback
error: access was not granted, so nothing was created or changed
  caused by: the answer has `code` more than once

hint: run the same command again, and open only the URL that it prints
--- exit 1 ---
"#]]);
    assert_eq!(written(&world), "");
}

#[test]
fn requests_without_the_state_do_not_end_the_wait() {
    let world = world("http://localhost:PORT/callback");
    let prompt = Prompt::begin(&world, "authorize social --no-browser");
    let back = prompt.press("allow");
    let (address, query) = back.split_once('?').unwrap();
    let (code, _) = query.split_once("&state=").unwrap();
    let says = "<h1>This request was refused</h1>\n<p>It does not match the request that ocon made. Nothing was created or changed. ocon is still waiting for the answer.</p>";
    let status = ["-o", "/dev/null", "-w", "%{http_code}"];
    for query in [
        "",
        code,
        "code=evil&state=tampered",
        "error=access_denied&state=tampered",
        "error=access_denied",
        &format!("{query}&state=tampered"),
        "denied=x",
    ] {
        let url = format!("{address}?{query}");
        assert!(curl(&[&url]).contains(says), "{query}");
        assert_eq!(curl(&[&status[..], &[&url]].concat()), "400", "{query}");
    }
    // Clients that send too much or keep connections open do not end it either.
    let large = format!("X-Large: {}", "x".repeat(100_000));
    let many = ["X: y"; 200].map(|header| ["-H", header]).concat();
    for headers in [vec!["-H", large.as_str()], many] {
        let refused = curl(&[&status[..], &headers, &[address]].concat());
        assert!(matches!(&*refused, "400" | "431"), "{refused}");
    }
    let (_, authority) = address.split_once("//").unwrap();
    let socket = authority.split('/').next().unwrap().replace("localhost", "127.0.0.1");
    let slow = (0..30).map(|_| {
        let mut slow = std::net::TcpStream::connect(&socket).unwrap();
        slow.write_all(b"GET /callback?co").unwrap();
        slow
    });
    let slow: Vec<_> = slow.collect();
    assert!(curl(&[&back]).contains("<h1>Access granted</h1>"));
    drop(slow);
    prompt.rest(&world).is(str![[r#"

  + social  #20931
      webhook URL  http://127.0.0.1:[PORT]/elements/api-v2/events/hootsuite/MjA5MzE=
      Register this webhook URL at the provider: no event arrives before that.

Applied: 1 created.
--- stderr ---

Open this URL and grant access:


Waiting for the answer at http://localhost:[CALLBACK]/callback
Refused GET /callback: its `state` or request token is missing or differs from the one that ocon sent
Refused GET /callback: its `state` or request token is missing or differs from the one that ocon sent
Refused GET /callback: its `state` or request token is missing or differs from the one that ocon sent
Refused GET /callback: its `state` or request token is missing or differs from the one that ocon sent
Refused GET /callback: its `state` or request token is missing or differs from the one that ocon sent
ocon does not report further refused requests.
--- exit 0 ---
"#]]);
}

#[test]
fn a_pasted_address_with_a_wrong_state_may_be_pasted_again() {
    let world = world("https://app.example/callback");
    let mut prompt = Prompt::begin(&world, "authorize social");
    let back = prompt.press("allow");
    prompt.paste("https://app.example/callback?code=evil&state=tampered");
    prompt.paste("https://app.example/callback?error=access_denied");
    prompt.paste(back);
    prompt.rest(&world).is(str![[r#"

  + social  #20931
      webhook URL  http://127.0.0.1:[PORT]/elements/api-v2/events/hootsuite/MjA5MzE=
      Register this webhook URL at the provider: no event arrives before that.

Applied: 1 created.
--- stderr ---

Open this URL and grant access:


Then paste the URL that the browser shows at the end. It starts with https://app.example/callback
This URL was refused: its `state` or request token is missing or differs from the one that ocon sent. Paste the URL of this authorization.
This URL was refused: its `state` or request token is missing or differs from the one that ocon sent. Paste the URL of this authorization.
--- exit 0 ---
"#]]);
}

#[test]
fn a_code_that_was_used_fails_as_a_create_does() {
    let world = world("https://app.example/callback");
    let used = json!({
        "element": { "key": "hootsuite" }, "name": "Other", "providerData": { "code": "used" },
        "configuration": { "oauth.api.key": "a", "oauth.api.secret": "b", "oauth.callback.url": "https://c" },
    });
    world.send("POST", "/instances", &used);
    let mut prompt = Prompt::begin(&world, "authorize social");
    let state = prompt.url.split("state=").last().unwrap().to_owned();
    prompt.paste(format!("https://app.example/callback?code=used&state={state}"));
    prompt.rest(&world).is(str![[r#"

  ! social  create failed
      provider-refused: POST /instances failed: HTTP 400 Bad Request: The authorization code was not
      accepted by Hootsuite; the provider reports: invalid_grant (request [REQUEST])
      Check the credentials. An authorization code works only once and expires soon: the next run
      needs a new one.

Applied: nothing. Failed: 1. Running it again is safe.
--- stderr ---

Open this URL and grant access:


Then paste the URL that the browser shows at the end. It starts with https://app.example/callback
--- exit 3 ---
"#]]);
}

#[test]
fn the_wait_for_a_person_ends() {
    let mut world = world("http://127.0.0.1:PORT/callback");
    world.set("OCON_TEST_CLOCK", "slow");
    let prompt = Prompt::begin(&world, "authorize social --wait 90s");
    prompt.rest(&world).is(str![[r#"
--- stderr ---

Open this URL and grant access:


Waiting for the answer at http://127.0.0.1:[CALLBACK]/callback
error: no answer within 90 s, so nothing was created or changed

hint: run it again with more time: --wait 15m
--- exit 1 ---
"#]]);
    world.unset("OCON_TEST_CLOCK");
    let elsewhere = self::world("https://app.example/callback");
    let prompt = Prompt::begin(&elsewhere, "authorize social");
    prompt.rest(&elsewhere).is(str![[r#"
--- stderr ---

Open this URL and grant access:


Then paste the URL that the browser shows at the end. It starts with https://app.example/callback
error: stdin ended without an answer, so nothing was created or changed

hint: run ocon where you can paste the URL, or declare a callback URL on 127.0.0.1
--- exit 1 ---
"#]]);
}

#[test]
fn instances_that_changed_during_the_question_are_left_alone() {
    let world = world("http://127.0.0.1:PORT/callback");
    let mine = json!({
        "element": { "key": "hootsuite" }, "name": "Social", "providerData": { "code": "mine" },
        "tags": ["ocon:project=tests", "ocon:key=social"],
        "configuration": { "oauth.api.key": "a", "oauth.api.secret": "b", "oauth.callback.url": "https://c" },
    });
    // Another client creates it first.
    let prompt = Prompt::begin(&world, "authorize social");
    let back = prompt.press("allow");
    world.requests();
    world.send("POST", "/instances", &mine);
    curl(&[&back]);
    prompt.rest(&world).is(str![[r#"
--- stderr ---

Open this URL and grant access:


Waiting for the answer at http://127.0.0.1:[CALLBACK]/callback
error: the instance of `social` changed during the authorization, so nothing was written

hint: run the command again for a new grant
--- exit 4 ---
"#]]);
    // Another client replaces it.
    let prompt = Prompt::begin(&world, "authorize social");
    let back = prompt.press("allow");
    world.requests();
    world.send("DELETE", "/instances/20931", &serde_json::Value::Null);
    world.requests();
    let mut other = mine.clone();
    other["providerData"]["code"] = json!("another");
    world.send("POST", "/instances", &other);
    world.requests();
    curl(&[&back]);
    prompt.rest(&world).is(str![[r#"
--- stderr ---
The instance exists: social #20931. It gets a new grant, and keeps its ID and token.

Open this URL and grant access:


Waiting for the answer at http://127.0.0.1:[CALLBACK]/callback
error: the instance of `social` changed during the authorization, so nothing was written

hint: run the command again for a new grant
--- exit 4 ---
"#]]);
    assert_eq!(written(&world), "");
}
