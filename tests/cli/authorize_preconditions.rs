//! `ocon authorize` fails before it asks a person if it could not use the answer.

#![cfg(unix)]

use std::net::TcpListener;

use ocon::sandbox::Faults;
use serde_json::json;
use snapbox::str;

use crate::authorize::{Prompt, curl, world, written};
use crate::snapshot::Snapshot as _;
use crate::support::{CRM, World};

#[test]
fn a_question_that_cannot_be_asked_is_an_error_before_any_request() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let mut world = world(&format!("http://127.0.0.1:{port}/callback"));
    world.hide(&port.to_string(), "[CALLBACK]");
    world.ocon("authorize social").is(str![[r#"
--- stderr ---
error: ocon cannot listen on port [CALLBACK]
  caused by: 127.0.0.1:[CALLBACK]: Address already in use (os error 98)

hint: stop the program that uses the port, or register another callback URL at the provider and declare it as `oauth.callback.url`
--- exit 1 ---
"#]]);
    let file = world.read("instances/social.yaml");
    world.write(
        "instances/social.yaml",
        file.replace("oauth.callback.url: http", "oauth.callback.url: ftp"),
    );
    world.ocon("authorize social").is(str![[r#"
--- stderr ---
error[invalid-value]: this is not a valid value for `oauth.callback.url` of `hootsuite`
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
--- stderr ---
warning[likely-missing-field]: `hootsuite` usually needs `oauth.api.secret`
 --> instances/social.yaml:3:1
  |
3 | configuration:
  | ^^^^^^^^^^^^^ missing here
  |
  = help: add it: without it, the platform would probably reject the create
error: `social` does not declare `oauth.api.secret`, which an authorization needs

hint: add it under `configuration:` of the document at instances/social.yaml:1
--- exit 5 ---
"#]]);
    world.write("instances/social.yaml", file.replace("env.SOCIAL_SECRET", "env.OTHER"));
    world.ocon("authorize social").is(str![[r#"
--- stderr ---
error: `oauth.api.secret` of `social` has no value

hint: set env.OTHER
--- exit 5 ---
"#]]);
    world.write("instances/social.yaml", file.replace("${{ env.SOCIAL_SECRET }}", "''"));
    world.ocon("authorize social").is(str![[r#"
--- stderr ---
error: `oauth.api.secret` of `social` has no value

hint: set it at instances/social.yaml:5
--- exit 5 ---
"#]]);
    world.write("instances/desk.yaml", CRM);
    world.ocon("authorize desk").is(str![[r#"
--- stderr ---
error: `desk` does not authenticate with OAuth, so `servicenow` needs no grant

hint: create it with: ocon apply
--- exit 5 ---
"#]]);
    world.ocon("authorize socal").is(str![[r#"
--- stderr ---
error: no document has the key or the path `socal`

hint: did you mean `social`?
--- exit 5 ---
"#]]);
    assert_eq!(world.requests(), "");
}

#[test]
fn an_invalid_callback_is_reported_wherever_it_is_declared() {
    let mut world = world("${{ env.CALLBACK }}");
    let callbacks =
        ["ftp://app.example/", "https://login@app.example/", "https://app.example/#x", "app"];
    let refusals = callbacks.map(|callback| {
        world.set("CALLBACK", callback);
        refused(&world)
    });
    refusals.join("\n").is(str![[r#"
error: `oauth.callback.url` of `social` cannot be used
  caused by: it is not an HTTP or HTTPS URL with a host

hint: declare the URL that is registered at the provider, for example http://127.0.0.1:8899/callback
--- exit 5 ---
error: `oauth.callback.url` of `social` cannot be used
  caused by: it has a user name, a password or a fragment, which a callback URL must not have

hint: declare the URL that is registered at the provider, for example http://127.0.0.1:8899/callback
--- exit 5 ---
error: `oauth.callback.url` of `social` cannot be used
  caused by: it has a user name, a password or a fragment, which a callback URL must not have

hint: declare the URL that is registered at the provider, for example http://127.0.0.1:8899/callback
--- exit 5 ---
error: `oauth.callback.url` of `social` cannot be used
  caused by: relative URL without a base

hint: declare the URL that is registered at the provider, for example http://127.0.0.1:8899/callback
--- exit 5 ---
"#]]);
    assert_eq!(world.requests(), "");
}

/// The error before any question.
fn refused(world: &World) -> String {
    let run = world.ocon("authorize social");
    format!("{}--- exit {} ---", world.constant(&run.stderr), run.exit)
}

/// Lets the platform return this authorization URL.
fn return_url(world: &World, url: &str) {
    let text = format!(
        "rules: [{{ when: {{ path: '/elements/*/oauth/url' }}, status: 200, body: {{ oauthUrl: \"{url}\" }} }}]"
    );
    world.set_faults(Faults::parse(&text).unwrap());
}

/// Lets the platform return a URL of the provider with these parameters.
fn send_to(world: &World, parameters: &str) {
    return_url(world, &format!("https://provider.example/?{parameters}"));
}

/// Why an unsafe authorization URL is refused.
fn cause(world: &World) -> String {
    let refused = refused(world);
    let cause = refused
        .strip_prefix("error: the platform returned an unsafe authorization URL\n  caused by: ");
    let cause = cause.and_then(|rest| rest.strip_suffix("\n\nhint: compare `oauth.api.key` and `oauth.callback.url` with the application that is registered at the provider\n--- exit 1 ---"));
    cause.unwrap_or(&refused).to_owned()
}

fn callback_url(world: &World) -> String {
    let file = world.read("instances/social.yaml");
    file.split("oauth.callback.url: ").nth(1).unwrap().lines().next().unwrap().to_owned()
}

#[test]
fn an_address_with_a_credential_of_ocon_is_not_shown() {
    let world = world("http://127.0.0.1:PORT/callback");
    for credential in [crate::support::USER, crate::support::ORGANIZATION] {
        let credential = credential.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        send_to(&world, &format!("x={credential}"));
        let expected = "it contains the client secret or one of ocon's own credentials";
        assert_eq!(cause(&world), expected);
    }
}

#[test]
fn a_misleading_address_is_not_shown() {
    let world = world("http://127.0.0.1:PORT/callback");
    let secret = "s=the-client-s3cret%2Fof%2Bsocial%3D";
    let secret =
        format!("https://provider.example/?redirect_uri={}&{secret}", callback_url(&world));
    for (url, expected) in [
        (
            "https://provider.example/?redirect_uri=https%3A%2F%2Fevil.example",
            "its `redirect_uri` is not the declared `oauth.callback.url`",
        ),
        ("/authorize", "it is not a valid URL: relative URL without a base"),
        ("http://provider.example/", "it uses http instead of https"),
        (&secret, "it contains the client secret or one of ocon's own credentials"),
    ] {
        return_url(&world, url);
        assert_eq!(cause(&world), expected);
    }
    world.set_faults(
        Faults::parse(
            "rules: [{ when: { path: /elements/hootsuite/oauth/url, method: POST }, status: 405 }]",
        )
        .unwrap(),
    );
    refused(&world).is(str![[r#"
error: the platform returned no authorization URL
  caused by: POST /elements/hootsuite/oauth/url failed: HTTP 405 Method Not Allowed: The sandbox simulates this error (request [REQUEST])

hint: some platforms accept only GET here: --allow-get (this puts the client secret into a URL)
--- exit 6 ---
"#]]);
    let prompt = Prompt::begin(&world, "authorize social --allow-get");
    curl(&[&prompt.press("allow")]);
    assert!(prompt.end(&world).ends_with("--- exit 0 ---"));
}

#[test]
fn both_loopback_addresses_must_be_free_for_localhost() {
    let mut world = world("http://localhost:PORT/callback");
    let file = world.read("instances/social.yaml");
    let port = file.split("localhost:").nth(1).unwrap().split('/').next().unwrap().to_owned();
    // A machine without IPv6 has one loopback address.
    let Ok(_taken) = TcpListener::bind(format!("[::1]:{port}")) else { return };
    world.hide(&port, "[CALLBACK]");
    world.ocon("authorize social").is(str![[r#"
--- stderr ---
error: ocon cannot listen on port [CALLBACK]
  caused by: [::1]:[CALLBACK]: Address already in use (os error 98)

hint: stop the program that uses the port, or register another callback URL at the provider and declare it as `oauth.callback.url`
--- exit 1 ---
"#]]);
    assert_eq!(world.requests(), "");
}

#[test]
fn an_address_for_another_application_is_not_shown() {
    let world = world("http://127.0.0.1:PORT/callback");
    let callback = callback_url(&world);
    for (client, expected) in [
        ("client_id=somebody-elses", "its `client_id` is not the declared `oauth.api.key`"),
        ("client_id=the-public-client-id&client_id=x", "it has `client_id` more than once"),
    ] {
        send_to(&world, &format!("redirect_uri={callback}&{client}"));
        assert_eq!(cause(&world), expected);
    }
    assert_eq!(written(&world), "");
}

#[test]
fn an_undeclared_scope_is_named_before_a_person_is_asked() {
    let world = world("https://app.example/callback");
    let file = world.read("instances/social.yaml").replace("hootsuite", "twitter");
    world.write("instances/social.yaml", &file);
    let many: Vec<_> = (1..30).map(|number| format!("s{number}")).collect();
    let mut printed = String::new();
    for (declared, requested) in [
        ("a b", "a,b"),
        ("a b", "a%20admin"),
        ("a b", "%1b[2J%0a::error::x"),
        ("a b", &many.join("+")),
        ("", "read%20write"),
    ] {
        let declared = format!("  oauth.scope: {declared}\n").replace("  oauth.scope: \n", "");
        world.write("instances/social.yaml", file.replace("  oauth.scope: a b\n", &declared));
        send_to(&world, &format!("oauth_token=x&scope={requested}"));
        let run = Prompt::begin(&world, "authorize social --allow unknown-field").rest(&world);
        let (scope, _) = run.split_once("Open this URL").unwrap();
        printed.push_str(scope);
    }
    printed.is(str![[r#"
--- stderr ---

--- stderr ---

warning: the URL requests more than the declared scope: `admin`

--- stderr ---

warning: the URL requests more than the declared scope: `\u{1b}[2J`, `\u{3a}:error::x`

--- stderr ---

warning: the URL requests more than the declared scope: `s1`, `s2`, `s3`, `s4`, `s5`, `s6`, `s7`, `s8`, `s9`, `s10`, `s11`, `s12`, `s13`, `s14`, `s15`, `s16`, `s17`, `s18`, `s19`, `s20`, and 9 more

--- stderr ---

No `oauth.scope` is declared. The URL requests the connector's default: `read`, `write`


"#]]);
}

#[test]
fn an_ambiguous_instance_is_not_authorized() {
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
--- stderr ---
error: `social` cannot be authorized now
  caused by: instances 20931 and 20932 have the document key `social`. Delete all but one, or remove the tag `ocon:key=social` from the others
--- exit 7 ---
"#]]);
}

#[test]
fn an_instance_that_is_not_adopted_is_not_authorized() {
    let world = world("http://127.0.0.1:PORT/callback");
    let theirs = json!({
        "element": { "key": "hootsuite" }, "name": "Social", "providerData": { "code": "theirs" },
        "configuration": { "oauth.api.key": "a", "oauth.api.secret": "b", "oauth.callback.url": "https://c" },
    });
    world.send("POST", "/instances", &theirs);
    world.requests();
    world.write("instances/social.yaml", world.read("instances/social.yaml") + "id: 20931\n");
    world.ocon("authorize social").is(str![[r#"
--- stderr ---
error: the instance of `social` is not adopted yet

hint: adopt it first: ocon apply
--- exit 1 ---
"#]]);
}
