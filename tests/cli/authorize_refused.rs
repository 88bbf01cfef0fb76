//! `ocon authorize` where no access is granted, or cannot be asked for: nothing is created.

use std::net::TcpListener;

use ocon::sandbox::Faults;
use serde_json::json;
use snapbox::str;

use crate::authorize::{Asking, curl, world, written};
use crate::support::{CRM, World, is};

#[test]
fn what_is_not_granted_creates_nothing() {
    let world = world("http://localhost:PORT/callback");
    let asking = Asking::begin(&world, "authorize social --no-browser");
    let page = curl(&[&asking.press("deny")]);
    assert!(page.contains("<h1>Access denied</h1>"), "{page}");
    is(
        &asking.rest(&world),
        str![[r#"
--- stderr ---

Open this address and grant access:


Waiting for the answer at http://localhost:[CALLBACK]/callback
error: no access was granted, so nothing was created or changed
  caused by: access was not granted: the provider says `access_denied`

hint: run it again to ask again
--- exit 1 ---

"#]],
    );

    let asking = Asking::begin(&world, "authorize social --no-browser");
    let back = asking.press("allow");
    let (address, _) = back.split_once("&state=").unwrap();
    let page = curl(&[&format!("{address}&state=tampered")]);
    assert!(page.contains("<h1>This answer was refused</h1>"), "{page}");
    is(
        &asking.rest(&world),
        str![[r#"
--- stderr ---

Open this address and grant access:


Waiting for the answer at http://localhost:[CALLBACK]/callback
error: no access was granted, so nothing was created or changed
  caused by: the answer does not belong to this request: its `state` is missing or another one

hint: run it again, and use only the address that it prints
--- exit 1 ---

"#]],
    );

    assert_eq!(written(&world), "");
}

#[test]
fn what_is_no_answer_is_refused_and_the_answer_waited_for() {
    let world = world("http://localhost:PORT/callback");
    let asking = Asking::begin(&world, "authorize social --no-browser");
    let back = asking.press("allow");
    let (address, state) = back.split_once("?code=").unwrap();
    let (_, state) = state.split_once("&state=").unwrap();
    // Somebody else's requests are refused, and no answer.
    let host = "Host: evil.example";
    for arguments in [
        vec![address.to_owned()],
        vec!["-X".to_owned(), "POST".to_owned(), back.clone()],
        vec!["-H".to_owned(), host.to_owned(), back.clone()],
        vec![back.replace("/callback", "/favicon.ico")],
    ] {
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        assert!(curl(&arguments).contains("<h1>Nothing here</h1>"), "{arguments:?}");
    }
    curl(&[&format!("{address}?code=a&code=b&state={state}")]);
    is(
        &asking.rest(&world),
        str![[r#"
--- stderr ---

Open this address and grant access:


Waiting for the answer at http://localhost:[CALLBACK]/callback
error: no access was granted, so nothing was created or changed
  caused by: the answer has `code` twice

hint: run it again, and use only the address that it prints
--- exit 1 ---

"#]],
    );
    assert_eq!(written(&world), "");
}

#[test]
fn a_code_that_was_used_fails_as_a_create_does() {
    let world = world("https://app.example/callback");
    let used = json!({
        "element": { "key": "hootsuite" }, "name": "Other", "providerData": { "code": "used" },
        "configuration": { "oauth.api.key": "a", "oauth.api.secret": "b", "oauth.callback.url": "https://c" },
    });
    world.send("POST", "/instances", &used);
    let mut asking = Asking::begin(&world, "authorize social");
    let state = asking.url.split("state=").last().unwrap().to_owned();
    asking.paste(format!("https://app.example/callback?code=used&state={state}"));
    is(
        &asking.rest(&world),
        str![[r#"

  ! social  create failed
      provider-refused: POST /instances failed: HTTP 400 Bad Request: The authorization code was not
      accepted by Hootsuite; the provider says: invalid_grant (request [REQUEST])
      Check the credentials. An authorization code works once and not for long: the next run needs
      another one.

Applied: nothing. Failed: 1. Running it again is safe.
--- stderr ---

Open this address and grant access:


Then paste here the address at which the browser ends up, which begins with https://app.example/callback
--- exit 3 ---

"#]],
    );
}

#[test]
fn who_does_not_answer_is_not_waited_for_for_ever() {
    let mut world = world("http://127.0.0.1:PORT/callback");
    world.set("OCON_TEST_CLOCK", "slow");
    let asking = Asking::begin(&world, "authorize social --wait 90s");
    is(
        &asking.rest(&world),
        str![[r#"
--- stderr ---

Open this address and grant access:


Waiting for the answer at http://127.0.0.1:[CALLBACK]/callback
error: nobody answered within 90 s, so nothing was created or changed

hint: run it again, with more time: --wait 15m
--- exit 1 ---

"#]],
    );
    world.unset("OCON_TEST_CLOCK");
    let elsewhere = self::world("https://app.example/callback");
    let asking = Asking::begin(&elsewhere, "authorize social");
    is(
        &asking.rest(&elsewhere),
        str![[r#"
--- stderr ---

Open this address and grant access:


Then paste here the address at which the browser ends up, which begins with https://app.example/callback
error: there was no answer, so nothing was created or changed

hint: run it where you can paste the address, or declare a callback on 127.0.0.1
--- exit 1 ---

"#]],
    );
}

#[test]
fn what_cannot_be_asked_is_told_before_anything_is_sent() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let mut world = world(&format!("http://127.0.0.1:{port}/callback"));
    world.hide(&port.to_string(), "[CALLBACK]");
    world.ocon("authorize social").is(str![[r#"
$ ocon authorize social
--- stderr ---
error: nothing can listen for the answer on port [CALLBACK]
  caused by: Address already in use (os error 98)

hint: end the program that has the port, or register another callback at the provider and declare it as `oauth.callback.url`
--- exit 1 ---

"#]]);
    let file = world.read("instances/social.yaml");
    world.write(
        "instances/social.yaml",
        file.replace("oauth.callback.url: http", "oauth.callback.url: ftp"),
    );
    world.ocon("authorize social").is(str![[r#"
$ ocon authorize social
--- stderr ---
error[invalid-value]: this is no value for `oauth.callback.url` of `hootsuite`
 --> instances/social.yaml:6:23
  |
6 |   oauth.callback.url: ftp://127.0.0.1:[CALLBACK]/callback
  |                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: write a URL that begins with https://
--- exit 5 ---

"#]]);
    world.write(
        "instances/social.yaml",
        file.replace("  oauth.api.secret: ${{ env.SOCIAL_SECRET }}\n", ""),
    );
    world.ocon("authorize social").is(str![[r#"
$ ocon authorize social
--- stderr ---
warning[likely-missing-field]: `hootsuite` as a rule needs `oauth.api.secret`
 --> instances/social.yaml:3:1
  |
3 | configuration:
  | ^^^^^^^^^^^^^ not in here
  |
  = help: the platform would refuse to create the instance
error: `social` does not declare `oauth.api.secret`, which an authorization needs

hint: add it under `configuration:` of the document at instances/social.yaml:1
--- exit 5 ---

"#]]);
    world.write("instances/social.yaml", file.replace("env.SOCIAL_SECRET", "env.OTHER"));
    world.ocon("authorize social").is(str![[r#"
$ ocon authorize social
--- stderr ---
error: `oauth.api.secret` of `social` has no value

hint: set env.OTHER
--- exit 5 ---

"#]]);
    world.write("instances/desk.yaml", CRM);
    world.ocon("authorize desk").is(str![[r#"
$ ocon authorize desk
--- stderr ---
error: `desk` does not authenticate by OAuth: nobody has to grant `servicenow` anything

hint: create it as it is: ocon apply
--- exit 5 ---

"#]]);
    world.ocon("authorize socal").is(str![[r#"
$ ocon authorize socal
--- stderr ---
error: no document has the key `socal`

hint: did you mean `social`?
--- exit 5 ---

"#]]);
    assert_eq!(world.requests(), "");
}

/// Why nobody was asked.
fn refused(world: &World) -> String {
    let run = world.ocon("authorize social");
    format!("{}--- exit {} ---\n", world.constant(&run.stderr), run.exit)
}

#[test]
fn an_address_that_leads_astray_is_not_shown() {
    let world = world("http://127.0.0.1:PORT/callback");
    let fault = |url: &str| {
        let text = format!(
            "rules: [{{ when: {{ path: /elements/hootsuite/oauth/url }}, status: 200, body: {{ oauthUrl: \"{url}\" }} }}]"
        );
        world.go_wrong(Faults::parse(&text).unwrap());
    };
    fault("https://provider.example/?redirect_uri=https%3A%2F%2Fevil.example");
    is(
        &refused(&world),
        str![[r#"
error: the platform gave an address that nobody should open
  caused by: its answer would not go to the declared callback

hint: compare `oauth.callback.url` with what is registered at the provider
--- exit 1 ---

"#]],
    );
    fault("http://provider.example/");
    is(
        &refused(&world),
        str![[r#"
error: the platform gave an address that nobody should open
  caused by: it is not https, but http

hint: compare `oauth.callback.url` with what is registered at the provider
--- exit 1 ---

"#]],
    );
    let back = world.read("instances/social.yaml");
    let back = back.split("oauth.callback.url: ").nth(1).unwrap().lines().next().unwrap();
    fault(&format!(
        "https://provider.example/?redirect_uri={back}&s=the-client-s3cret%2Fof%2Bsocial%3D"
    ));
    is(
        &refused(&world),
        str![[r#"
error: the platform gave an address that nobody should open
  caused by: it carries the client secret

hint: compare `oauth.callback.url` with what is registered at the provider
--- exit 1 ---

"#]],
    );
    world.go_wrong(
        Faults::parse(
            "rules: [{ when: { path: /elements/hootsuite/oauth/url, method: POST }, status: 405 }]",
        )
        .unwrap(),
    );
    is(
        &refused(&world),
        str![[r#"
error: the platform gave no address to authorize at, so nobody was asked
  caused by: POST /elements/hootsuite/oauth/url failed: HTTP 405 Method Not Allowed: The sandbox was told to answer with this status (request [REQUEST])

hint: some platforms take this by GET only: --allow-get (the client secret is in the address then)
--- exit 6 ---

"#]],
    );
    let asking = Asking::begin(&world, "authorize social --allow-get");
    curl(&[&asking.press("allow")]);
    assert!(asking.end(&world).ends_with("--- exit 0 ---\n"));
}

#[test]
fn what_is_in_doubt_is_not_authorized() {
    let world = world("http://127.0.0.1:PORT/callback");
    for name in ["A", "B"] {
        let twin = json!({
            "element": { "key": "hootsuite" }, "name": name, "providerData": { "code": name },
            "tags": ["ocon:project=tests", "ocon:key=social"],
            "configuration": { "oauth.api.key": "a", "oauth.api.secret": "b", "oauth.callback.url": "https://c" },
        });
        world.send("POST", "/instances", &twin);
        world.requests();
    }
    world.ocon("authorize social").is(str![[r#"
$ ocon authorize social
--- stderr ---
error: `social` cannot be authorized now, so nobody was asked
  caused by: instances 20931 and 20932 carry the key `social`: delete all but one, or take the tag `ocon:key=social` off the others
--- exit 7 ---

"#]]);
}

#[test]
fn what_moved_while_somebody_was_asked_is_left_alone() {
    let world = world("http://127.0.0.1:PORT/callback");
    let mine = json!({
        "element": { "key": "hootsuite" }, "name": "Social", "providerData": { "code": "mine" },
        "tags": ["ocon:project=tests", "ocon:key=social"],
        "configuration": { "oauth.api.key": "a", "oauth.api.secret": "b", "oauth.callback.url": "https://c" },
    });
    // Somebody creates it first.
    let asking = Asking::begin(&world, "authorize social");
    let back = asking.press("allow");
    world.requests();
    world.send("POST", "/instances", &mine);
    curl(&[&back]);
    is(
        &asking.rest(&world),
        str![[r#"
--- stderr ---

Open this address and grant access:


Waiting for the answer at http://127.0.0.1:[CALLBACK]/callback
error: the instance of `social` changed while you were asked, so nothing was written

hint: run it again; the grant is lost
--- exit 4 ---

"#]],
    );
    // Somebody replaces it.
    let asking = Asking::begin(&world, "authorize social");
    let back = asking.press("allow");
    world.requests();
    world.send("DELETE", "/instances/20931", &serde_json::Value::Null);
    world.requests();
    let mut other = mine.clone();
    other["providerData"]["code"] = json!("another");
    world.send("POST", "/instances", &other);
    world.requests();
    curl(&[&back]);
    is(
        &asking.rest(&world),
        str![[r#"
--- stderr ---
The instance is there: social #20931. It gets a new grant, and keeps its id and token.

Open this address and grant access:


Waiting for the answer at http://127.0.0.1:[CALLBACK]/callback
error: the instance of `social` changed while you were asked, so nothing was written

hint: run it again; the grant is lost
--- exit 4 ---

"#]],
    );
    assert_eq!(written(&world), "");
}
