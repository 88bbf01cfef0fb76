//! `ocon authorize`: a person grants access, or does not.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use ocon::sandbox::{Faults, Options};
use serde_json::{Value, json};
use snapbox::str;

use crate::leaks::LOGS;
use crate::support::{CRM, World, is};

const SOCIAL: &str = "\
element: hootsuite
name: Social
configuration:
  oauth.api.key: ${{ env.SOCIAL_ID }}
  oauth.api.secret: ${{ env.SOCIAL_SECRET }}
  oauth.callback.url: CALLBACK
  oauth.scope: a b
  event.notification.enabled: true
  event.notification.callback.url: ${{ instance.webhook_url }}
";

/// A port that nobody has.
pub(crate) fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A tenant with an application whose answers go to this callback, with `PORT` replaced.
pub(crate) fn world(callback: &str) -> World {
    world_with(SOCIAL, callback, Options::default())
}

fn world_with(file: &str, callback: &str, options: Options) -> World {
    let port = port().to_string();
    let callback = callback.replace("PORT", &port);
    let world = World::new(&[("instances/social.yaml", &file.replace("CALLBACK", &callback))]);
    let mut world = world
        .on_sandbox_with(options)
        .secret("SOCIAL_ID", "the-public-client-id")
        .secret("SOCIAL_SECRET", "the-client-s3cret/of+social=");
    world.hide(&port, "[CALLBACK]");
    world
}

/// `ocon authorize`, as far as the address that it prints.
pub(crate) struct Asking {
    child: Child,
    said: BufReader<std::process::ChildStderr>,
    before: String,
    pub(crate) url: String,
}

impl Asking {
    pub(crate) fn begin(world: &World, line: &str) -> Self {
        let mut command = world.command(line);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut before = String::new();
        let mut line = String::new();
        while !line.starts_with("  http") {
            before.push_str(&std::mem::take(&mut line));
            if said.read_line(&mut line).unwrap() == 0 {
                child.wait().unwrap();
                panic!("no address: {before}");
            }
        }
        let url = line.trim().to_owned();
        Self { child, said, before, url }
    }

    /// Presses a button of the provider's page; the address to which the browser is sent.
    pub(crate) fn press(&self, button: &str) -> String {
        let (page, query) = self.url.split_once('?').unwrap();
        let head = curl(&[
            "-X",
            "POST",
            "-D",
            "-",
            "-o",
            "/dev/null",
            &format!("{page}/{button}?{query}"),
        ]);
        let location = head.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
        location.trim().to_owned()
    }

    fn paste(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Waits for the end: what was said, without the address, and how it ended.
    pub(crate) fn end(mut self, world: &World) -> String {
        drop(self.child.stdin.take());
        let mut stdout = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        let mut stderr = self.before;
        self.said.read_to_string(&mut stderr).unwrap();
        let exit = self.child.wait().unwrap().code().unwrap();
        let text = format!("{stdout}--- stderr ---{stderr}--- exit {exit} ---\n");
        world.refuse_secrets(&text);
        world.constant(&text)
    }
}

pub(crate) fn curl(arguments: &[&str]) -> String {
    let output = Command::new("curl").arg("-sS").args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The instance, as the platform shows it.
pub(crate) fn instance(world: &World) -> Value {
    world.requests();
    world.send("GET", "/instances/20931", &Value::Null)
}

/// What was written to instances, without the code.
pub(crate) fn written(world: &World) -> String {
    let writes = world.writes();
    let lines = writes.lines().filter(|line| line.contains(" /instances"));
    let lines = lines.map(|line| match line.split_once("\"granted/") {
        Some((before, after)) => {
            format!("{before}\"[CODE]{}\n", &after[after.find('"').unwrap()..])
        }
        None => format!("{line}\n"),
    });
    lines.collect()
}

#[test]
fn an_instance_is_created_with_what_a_person_grants() {
    let world = world("http://127.0.0.1:PORT/callback");
    let asking = Asking::begin(&world, "authorize social");
    assert!(!asking.url.contains("s3cret"), "{}", asking.url);
    assert!(asking.url.contains("scope=a%20b"), "{}", asking.url);
    let back = asking.press("allow");
    let page = curl(&[&back]);
    assert!(page.contains("<h1>Access granted</h1>"), "{page}");
    assert!(!page.contains("granted/") && !page.contains("<script"), "{page}");
    is(
        &asking.end(&world),
        str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + social  Social                                                           instances/social.yaml:1
      configuration
        + event.notification.callback.url
            http://127.0.0.1:[PORT]/elements/api-v2/events/hootsuite/(base64 of the id, known after
            create)
        + event.notification.enabled       true
        + oauth.api.key                    (secret, env.SOCIAL_ID)
        + oauth.api.secret                 (secret, env.SOCIAL_SECRET)
        + oauth.callback.url               http://127.0.0.1:[CALLBACK]/callback
        + oauth.scope                      a b
      providerData
        + code                             (secret, granted by a person)

Plan: 1 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged. This is a partial plan.
Requests: 2 read, 2 to write.

  + social  #20931
      webhook URL  http://127.0.0.1:[PORT]/elements/api-v2/events/hootsuite/MjA5MzE=
      Register this webhook URL at the provider: no event arrives before that.

Applied: 1 created.
--- stderr ---
Open this address and grant access:


Waiting for the answer at http://127.0.0.1:[CALLBACK]/callback
--- exit 0 ---

"#]],
    );
    is(
        &written(&world),
        str![[r#"
POST /instances {"configuration":{"event.notification.callback.url":"http://127.0.0.1:[PORT]/elements/api-v2/events/hootsuite","event.notification.enabled":"true","oauth.api.key":"the-public-client-id","oauth.api.secret":"the-client-s3cret/of+social=","oauth.callback.url":"http://127.0.0.1:[CALLBACK]/callback","oauth.scope":"a b"},"element":{"key":"hootsuite"},"name":"Social","providerData":{"code":"[CODE]"},"tags":["ocon:applied=[FINGERPRINTS]","ocon:key=social","ocon:project=tests"]}
PATCH /instances/20931 {"configuration":{"event.notification.callback.url":"http://127.0.0.1:[PORT]/elements/api-v2/events/hootsuite/MjA5MzE="}}

"#]],
    );
    world.requests();
    world.ocon("plan --detailed-exitcode").is(str![[r#"
$ ocon plan --detailed-exitcode
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

No changes. 1 instance matches the files.
--- exit 0 ---

"#]]);
}

#[test]
fn what_is_not_granted_creates_nothing() {
    let world = world("http://localhost:PORT/callback");
    let asking = Asking::begin(&world, "authorize social --no-browser");
    let page = curl(&[&asking.press("deny")]);
    assert!(page.contains("<h1>Access denied</h1>"), "{page}");
    is(
        &asking.end(&world),
        str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + social  Social                                                           instances/social.yaml:1
      configuration
        + event.notification.callback.url
            http://127.0.0.1:[PORT]/elements/api-v2/events/hootsuite/(base64 of the id, known after
            create)
        + event.notification.enabled       true
        + oauth.api.key                    (secret, env.SOCIAL_ID)
        + oauth.api.secret                 (secret, env.SOCIAL_SECRET)
        + oauth.callback.url               http://localhost:[CALLBACK]/callback
        + oauth.scope                      a b
      providerData
        + code                             (secret, granted by a person)

Plan: 1 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged. This is a partial plan.
Requests: 2 read, 2 to write.
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
        &asking.end(&world),
        str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + social  Social                                                           instances/social.yaml:1
      configuration
        + event.notification.callback.url
            http://127.0.0.1:[PORT]/elements/api-v2/events/hootsuite/(base64 of the id, known after
            create)
        + event.notification.enabled       true
        + oauth.api.key                    (secret, env.SOCIAL_ID)
        + oauth.api.secret                 (secret, env.SOCIAL_SECRET)
        + oauth.callback.url               http://localhost:[CALLBACK]/callback
        + oauth.scope                      a b
      providerData
        + code                             (secret, granted by a person)

Plan: 1 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged. This is a partial plan.
Requests: 2 read, 2 to write.
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
        &asking.end(&world),
        str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + social  Social                                                           instances/social.yaml:1
      configuration
        + event.notification.callback.url
            http://127.0.0.1:[PORT]/elements/api-v2/events/hootsuite/(base64 of the id, known after
            create)
        + event.notification.enabled       true
        + oauth.api.key                    (secret, env.SOCIAL_ID)
        + oauth.api.secret                 (secret, env.SOCIAL_SECRET)
        + oauth.callback.url               http://localhost:[CALLBACK]/callback
        + oauth.scope                      a b
      providerData
        + code                             (secret, granted by a person)

Plan: 1 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged. This is a partial plan.
Requests: 2 read, 2 to write.
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
fn an_instance_is_authenticated_again_and_stays_what_it_is() {
    let world = world("http://127.0.0.1:PORT/callback");
    let authorize = || {
        let asking = Asking::begin(&world, "authorize social");
        curl(&[&asking.press("allow")]);
        asking.end(&world)
    };
    authorize();
    world.requests();
    let before = instance(&world);
    world.requests();
    world.send("DELETE", "/instances/20931/enabled", &Value::Null);
    is(
        &authorize(),
        str![[r#"
Authorized again: social #20931.
It was switched off, and is on again.
--- stderr ---
Open this address and grant access:


Waiting for the answer at http://127.0.0.1:[CALLBACK]/callback
--- exit 0 ---

"#]],
    );
    is(
        &written(&world),
        str![[r#"
PATCH /instances/20931 {"providerData":{"code":"[CODE]"}}
PUT /instances/20931/enabled

"#]],
    );
    let after = instance(&world);
    assert_eq!((&before["id"], &before["token"]), (&after["id"], &after["token"]));
    assert_ne!(
        before["configuration"]["oauth.user.token"],
        after["configuration"]["oauth.user.token"]
    );
    assert_eq!(after["disabled"], false);
    // Who wants it off keeps it off.
    world.write("instances/social.yaml", world.read("instances/social.yaml") + "enabled: false\n");
    world.requests();
    world.send("DELETE", "/instances/20931/enabled", &Value::Null);
    is(
        &authorize(),
        str![[r#"
Authorized again: social #20931.
--- stderr ---
Open this address and grant access:


Waiting for the answer at http://127.0.0.1:[CALLBACK]/callback
--- exit 0 ---

"#]],
    );
    assert_eq!(instance(&world)["disabled"], true);
}

#[test]
fn an_answer_that_goes_elsewhere_is_pasted() {
    let world = world("https://app.example/callback");
    let mut asking = Asking::begin(&world, "authorize social");
    let back = asking.press("allow");
    asking.paste("https://app.example/other?code=a");
    asking.paste("");
    asking.paste(&format!("  {back}#_=_"));
    is(
        &asking.end(&world),
        str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + social  Social                                                           instances/social.yaml:1
      configuration
        + event.notification.callback.url
            http://127.0.0.1:[PORT]/elements/api-v2/events/hootsuite/(base64 of the id, known after
            create)
        + event.notification.enabled       true
        + oauth.api.key                    (secret, env.SOCIAL_ID)
        + oauth.api.secret                 (secret, env.SOCIAL_SECRET)
        + oauth.callback.url               https://app.example/callback
        + oauth.scope                      a b
      providerData
        + code                             (secret, granted by a person)

Plan: 1 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged. This is a partial plan.
Requests: 2 read, 2 to write.

  + social  #20931
      webhook URL  http://127.0.0.1:[PORT]/elements/api-v2/events/hootsuite/MjA5MzE=
      Register this webhook URL at the provider: no event arrives before that.

Applied: 1 created.
--- stderr ---
Open this address and grant access:


Then paste here the address at which the browser ends up, which begins with https://app.example/callback
This is not the address at which the browser ends up: it begins with https://app.example/callback
--- exit 0 ---

"#]],
    );
    assert_eq!(instance(&world)["name"], "Social");
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
    asking.paste(&format!("https://app.example/callback?code=used&state={state}"));
    is(
        &asking.end(&world),
        str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + social  Social                                                           instances/social.yaml:1
      configuration
        + event.notification.callback.url
            http://127.0.0.1:[PORT]/elements/api-v2/events/hootsuite/(base64 of the id, known after
            create)
        + event.notification.enabled       true
        + oauth.api.key                    (secret, env.SOCIAL_ID)
        + oauth.api.secret                 (secret, env.SOCIAL_SECRET)
        + oauth.callback.url               https://app.example/callback
        + oauth.scope                      a b
      providerData
        + code                             (secret, granted by a person)

Plan: 1 to create, 0 to update, 0 to delete; 0 unchanged, 1 unmanaged. This is a partial plan.
Requests: 2 read, 2 to write.

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
fn oauth_1_begins_with_a_token() {
    let file = SOCIAL.replace("hootsuite", "twitter").replace("  oauth.scope: a b\n", "");
    let world = world_with(&file, "http://127.0.0.1:PORT/callback", Options::default());
    let asking = Asking::begin(&world, "authorize social");
    curl(&[&asking.press("allow")]);
    is(
        &asking.end(&world),
        str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + social  Social                                                           instances/social.yaml:1
      configuration
        + event.notification.callback.url
            http://127.0.0.1:[PORT]/elements/api-v2/events/twitter/(base64 of the id, known after
            create)
        + event.notification.enabled       true
        + oauth.api.key                    (secret, env.SOCIAL_ID)
        + oauth.api.secret                 (secret, env.SOCIAL_SECRET)
        + oauth.callback.url               http://127.0.0.1:[CALLBACK]/callback
      providerData
        + oauth_verifier                   (secret, granted by a person)

Plan: 1 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged. This is a partial plan.
Requests: 2 read, 2 to write.

  + social  #20931
      webhook URL  http://127.0.0.1:[PORT]/elements/api-v2/events/twitter/MjA5MzE=

Applied: 1 created.
--- stderr ---
Open this address and grant access:


Waiting for the answer at http://127.0.0.1:[CALLBACK]/callback
--- exit 0 ---

"#]],
    );
    let read = instance(&world);
    assert_eq!(read["configuration"]["oauth.user.token.secret"].as_str().unwrap().len(), 44);
}

#[test]
fn who_does_not_answer_is_not_waited_for_for_ever() {
    let mut world = world("http://127.0.0.1:PORT/callback");
    world.set("OCON_TEST_CLOCK", "slow");
    let asking = Asking::begin(&world, "authorize social --wait 90s");
    is(
        &asking.end(&world),
        str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + social  Social                                                           instances/social.yaml:1
      configuration
        + event.notification.callback.url
            http://127.0.0.1:[PORT]/elements/api-v2/events/hootsuite/(base64 of the id, known after
            create)
        + event.notification.enabled       true
        + oauth.api.key                    (secret, env.SOCIAL_ID)
        + oauth.api.secret                 (secret, env.SOCIAL_SECRET)
        + oauth.callback.url               http://127.0.0.1:[CALLBACK]/callback
        + oauth.scope                      a b
      providerData
        + code                             (secret, granted by a person)

Plan: 1 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged. This is a partial plan.
Requests: 2 read, 2 to write.
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
        &asking.end(&elsewhere),
        str![[r#"
Project tests at http://127.0.0.1:[PORT]/elements/api-v2

  + social  Social                                                           instances/social.yaml:1
      configuration
        + event.notification.callback.url
            http://127.0.0.1:[PORT]/elements/api-v2/events/hootsuite/(base64 of the id, known after
            create)
        + event.notification.enabled       true
        + oauth.api.key                    (secret, env.SOCIAL_ID)
        + oauth.api.secret                 (secret, env.SOCIAL_SECRET)
        + oauth.callback.url               https://app.example/callback
        + oauth.scope                      a b
      providerData
        + code                             (secret, granted by a person)

Plan: 1 to create, 0 to update, 0 to delete; 0 unchanged, 0 unmanaged. This is a partial plan.
Requests: 2 read, 2 to write.
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
fn no_log_says_the_code_or_the_client_secret() {
    let file = SOCIAL.replace("hootsuite", "twitter").replace("  oauth.scope: a b\n", "");
    for file in [SOCIAL, &file] {
        let world = world_with(file, "http://127.0.0.1:PORT/callback", Options::default());
        for log in LOGS {
            // By GET, whose address is what would be told.
            let asking = Asking::begin(&world, &format!("authorize social --allow-get {log}"));
            let back = asking.press("allow");
            curl(&[&back]);
            let code = back.split(['=', '&']).find(|part| part.starts_with("granted")).unwrap();
            let said = asking.end(&world);
            assert!(said.ends_with("--- exit 0 ---\n"), "{said}");
            let random = code.trim_start_matches("granted%2F");
            assert!(!said.contains(&random[..10]), "{random} is in:\n{said}");
        }
    }
}
