//! `ocon events KEY` and `ocon events listen`: what a provider reported, and deliveries.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::process::{Child, ChildStdout, Command, Stdio};

use ocon::sandbox::Faults;
use serde_json::{Value, json};
use snapbox::str;

use crate::ports;
use crate::snapshot::Snapshot as _;
use crate::support::{World, terminate};

const CHAT: &str = "\
element: slack
name: Support
configuration:
  oauth.api.key: ${{ env.CHAT_ID }}
  oauth.api.secret: ${{ env.CHAT_SECRET }}
  oauth.callback.url: https://app.example/callback
  oauth.scope: channels:read
  event.notification.enabled: true
  event.notification.callback.url: CALLBACK
  event.notification.signature.key: ${{ env.CHAT_SIGNATURE }}
providerData:
  code: ${{ env.CHAT_CODE }}
";

const KEY: &str = "s1gnature-key/of=the+chat";

/// An instance whose events go to a port of this machine.
pub(crate) fn world() -> (World, u16) {
    let port = ports::free();
    let callback = format!("http://127.0.0.1:{port}/slack/events");
    let file = CHAT.replace("CALLBACK", &callback);
    let mut world = World::new(&[("instances/chat.yaml", &file)])
        .on_sandbox()
        .secret("CHAT_ID", "the-client-id")
        .secret("CHAT_SECRET", "the-client-secret")
        .secret("CHAT_CODE", "demo-code-of-the-chat")
        .secret("CHAT_SIGNATURE", KEY);
    world.hide(&port.to_string(), "[CALLBACK]");
    assert_eq!(world.ocon("apply --yes").exit, 0);
    world.requests();
    (world, port)
}

/// A running `ocon events listen` that accepts deliveries.
pub(crate) struct Listening {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Listening {
    pub(crate) fn begin(world: &World, line: &str) -> Self {
        let mut command = world.command(line);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut printed = String::new();
        let read = BufReader::new(child.stderr.take().unwrap()).read_line(&mut printed).unwrap();
        if read == 0 || !printed.starts_with("Listening") {
            child.wait().unwrap();
            panic!("{printed}");
        }
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout }
    }

    /// The next line without its time and the random IDs.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line.get("2026-01-01T00:00:00Z  ".len()..).unwrap().to_owned()
    }

    /// Waits for the end. Returns the exit code.
    pub(crate) fn end(mut self) -> i32 {
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "");
        self.child.wait().unwrap().code().unwrap()
    }
}

/// Parses a document that must conform to its schema.
pub(crate) fn conforming(schema: &str, text: &str) -> Value {
    let file = format!("{}/schemas/{schema}.schema.json", env!("CARGO_MANIFEST_DIR"));
    let schema = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let document: Value = serde_json::from_str(text).unwrap();
    jsonschema::draft202012::new(&schema).unwrap().validate(&document).unwrap();
    document
}

/// An event from the provider to the platform.
pub(crate) fn report(world: &World, body: &Value) {
    world.requests();
    world.send("POST", "/events/slack/MjA5MzE=", body);
    world.notified();
    world.requests();
}

/// Sends a forged delivery. Returns the status of the reply.
fn deliver(port: u16, headers: &[&str], body: &str) -> String {
    let url = format!("http://127.0.0.1:{port}/slack/events");
    let mut curl = Command::new("curl");
    curl.args(["-sS", "-o", "/dev/null", "-w", "%{http_code}", "--data-binary", body, &url]);
    for header in headers {
        curl.args(["-H", header]);
    }
    String::from_utf8(curl.output().unwrap().stdout).unwrap()
}

fn signature(body: &str) -> String {
    use base64::Engine as _;
    use hmac::{KeyInit as _, Mac as _};
    let mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(KEY.as_bytes()).unwrap();
    let tag = mac.chain_update(body).finalize().into_bytes();
    let tag = base64::engine::general_purpose::STANDARD.encode(tag);
    format!("Elements-Webhook-Signature: sha256={tag}")
}

#[test]
fn an_event_arrives_with_a_valid_signature() {
    let (world, port) = world();
    let mut listening =
        Listening::begin(&world, &format!("events listen chat --port {port} --count 1"));
    report(&world, &json!([{ "type": "message", "id": 7 }, { "type": "message", "id": 8 }]));
    let line = listening.line();
    assert!(line.starts_with("CREATED message 7 and 1 more  (the signature is valid; "), "{line}");
    assert_eq!(listening.end(), 0);
    let run = world.ocon("events chat");
    assert!(
        run.stdout.ends_with("Z  NOTIFIED    CREATED message 7 and 1 more\n"),
        "{}",
        run.stdout
    );
    let run = world.ocon("events chat --format json");
    let document = conforming("events", &run.stdout);
    assert_eq!(document["instance_id"], 20931);
    assert_eq!(document["events"][0]["objects"][1]["object_id"], "8");
    assert!(!run.stdout.contains("providerData"), "{}", run.stdout);
}

#[test]
fn changed_forged_and_repeated_deliveries_are_reported() {
    let (world, port) = world();
    let mut listening = Listening::begin(&world, &format!("events listen chat --port {port}"));
    let body = r#"{"message":{"eventId":"e1","events":[{"eventType":"UPDATED","objectType":"m","objectId":"1"}]}}"#;
    let (signed, id) = (signature(body), "Elements-Webhook-Id: n1");
    assert_eq!(deliver(port, &[&signed, id], body), "200");
    assert_eq!(listening.line(), "UPDATED m 1  (the signature is valid; notification n1)\n");
    assert_eq!(deliver(port, &[&signed, id], body), "200");
    assert_eq!(
        listening.line(),
        "UPDATED m 1, which was delivered before  (the signature is valid; notification n1)\n"
    );
    assert_eq!(deliver(port, &[&signed, id], &body.replace("\"1\"", "\"2\"")), "401");
    assert_eq!(
        listening.line(),
        "refused: its content is not shown  (the signature is not valid; notification n1)\n"
    );
    assert_eq!(deliver(port, &[], body), "401");
    assert_eq!(
        listening.line(),
        "refused: its content is not shown  (the delivery has no signature; no notification ID)\n"
    );
    let text = "a=b";
    assert_eq!(deliver(port, &[&signature(text)], text), "400");
    let line = listening.line();
    assert!(
        line.starts_with("refused: the body is not a JSON object  (the signature is valid; "),
        "{line}"
    );
    // A body contains no escape sequence for the terminal.
    let body =
        r#"{"message":{"eventId":"e1","events":[{"eventType":"\u001b[2J","objectId":"1"}]}}"#;
    assert_eq!(deliver(port, &[&signature(body)], body), "200");
    let line = listening.line();
    assert!(!line.contains('\u{1b}') && line.contains("\\u{1b}[2J"), "{line:?}");
    terminate(&listening.child);
    assert_eq!(listening.end(), 130);
}

#[test]
fn a_delivery_that_is_refused_is_an_exit_code_where_they_are_counted() {
    let (mut world, port) = world();
    world.set("OCON_SIGNATURE_KEY", "another key");
    let line = format!("events listen --port {port} --count 1 --format json");
    let mut listening = Listening::begin(&world, &line);
    assert_eq!(deliver(port, &[&signature("{}")], "{}"), "401");
    let mut printed = String::new();
    listening.stdout.read_line(&mut printed).unwrap();
    let printed = conforming("delivery", &printed);
    assert_eq!((&printed["signature"], &printed["status"]), (&json!("broken"), &json!(401)));
    assert_eq!(listening.end(), 1);
    world.unset("OCON_SIGNATURE_KEY");
    let mut listening = Listening::begin(&world, &format!("events listen --port {port} --count 1"));
    assert_eq!(deliver(port, &[], "{}"), "200");
    let line = listening.line();
    assert!(line.contains("(the signature is not verified; "), "{line}");
    assert_eq!(listening.end(), 0);
}

#[test]
fn listening_that_cannot_start_is_an_error() {
    let (mut world, _) = world();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    world.hide(&port.to_string(), "[TAKEN]");
    world.ocon(&format!("events listen --port {port}")).is(str![[r#"
--- stderr ---
error: ocon cannot listen on 127.0.0.1:[TAKEN]
  caused by: Address already in use (os error 98)

hint: stop the program that uses the port, or use another one: --port 8901
--- exit 1 ---
"#]]);
    world.ocon("events listen caht").is(str![[r#"
--- stderr ---
error: no document has the key or the path `caht`

hint: did you mean `chat`?
--- exit 5 ---
"#]]);
    world.unset("CHAT_SIGNATURE");
    world.ocon("events listen chat").is(str![[r#"
--- stderr ---
error: `event.notification.signature.key` of `chat` has no value

hint: set env.CHAT_SIGNATURE
--- exit 5 ---
"#]]);
    let file = world.read("instances/chat.yaml");
    world.write("instances/chat.yaml", file.replace("${{ env.CHAT_SIGNATURE }}", "''"));
    world.ocon("events listen chat").is(str![[r#"
--- stderr ---
error: `event.notification.signature.key` of `chat` has no value

hint: set it at instances/chat.yaml:10
--- exit 5 ---
"#]]);
    let without = file.lines().filter(|line| !line.contains("signature"));
    world.write("instances/chat.yaml", without.flat_map(|line| [line, "\n"]).collect::<String>());
    world.ocon("events listen chat").is(str![[r#"
--- stderr ---
error: `chat` does not declare `event.notification.signature.key`

hint: declare it, or name no document: then signatures are not verified
--- exit 5 ---
"#]]);
}

#[test]
fn events_that_cannot_be_shown_are_explained() {
    let (world, _) = world();
    world.ocon("events chat").is(str![[r#"
chat #20931 has received no events yet. Run `ocon doctor chat` to find out why.
--- exit 0 ---
"#]]);
    world.ocon("events caht").is(str![[r#"
--- stderr ---
error: no document has the key or the path `caht`

hint: did you mean `chat`?
--- exit 5 ---
"#]]);
    let text = "rules: [{ when: { path: /instances/20931/events }, status: 403 }]";
    world.set_faults(Faults::parse(text).unwrap());
    world.ocon("events chat").is(str![[r#"
--- stderr ---
error: the events cannot be read
  caused by: GET /instances/20931/events failed: HTTP 403 Forbidden: The sandbox simulates this error (request [REQUEST])

hint: check that the account is active and its user is allowed to read instances
--- exit 6 ---
"#]]);
    // The platform answers other empty listings with such a text.
    let text = text.replace("403", "404, body: '{\"message\":\"No events found\"}'");
    world.set_faults(Faults::parse(&text).unwrap());
    world.ocon("events chat").is(str![[r#"
chat #20931 has received no events yet. Run `ocon doctor chat` to find out why.
--- exit 0 ---
"#]]);
    let text = text.replace("No events found", "No service");
    world.set_faults(Faults::parse(&text).unwrap());
    world.ocon("events chat").is(str![[r#"
--- stderr ---
error: the events cannot be read
  caused by: GET /instances/20931/events failed: HTTP 404 Not Found: No service

hint: check http://127.0.0.1:[PORT]/elements/api-v2
--- exit 6 ---
"#]]);
    world.requests();
    world.send("DELETE", "/instances/20931", &Value::Null);
    world.ocon("events chat").is(str![[r#"
--- stderr ---
error: `chat` has no instance yet, so it has no events

hint: create it first: ocon apply; if somebody must grant access: ocon authorize chat
--- exit 1 ---
"#]]);
    assert_eq!(world.ocon("events chat --limit 0").exit, 64);
    world.ocon("events").is(str![[r#"
--- stderr ---
error: the following required arguments were not provided:
  <KEY|PATH>

Usage: ocon events <KEY|PATH>

For more information, try '--help'.
--- exit 64 ---
"#]]);
}

#[test]
fn listening_ends_when_its_output_is_closed() {
    let (world, port) = world();
    let line = format!("events listen --port {port}");
    let Listening { mut child, stdout } = Listening::begin(&world, &line);
    drop(stdout);
    assert_eq!(deliver(port, &[], "{}"), "200");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    // A lost line is reported.
    let mut command = world.command(&line);
    command.stdout(File::create("/dev/full").unwrap()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut printed = String::new();
    stderr.read_line(&mut printed).unwrap();
    assert_eq!(deliver(port, &[], "{}"), "200");
    stderr.read_to_string(&mut printed).unwrap();
    let ended = format!("{printed}--- exit {} ---", child.wait().unwrap().code().unwrap());
    world.constant(&ended).is(str![[r#"
Listening at http://127.0.0.1:[CALLBACK] until Ctrl-C. Signatures are not verified: name a document, or set OCON_SIGNATURE_KEY.
error: the result could not be written to stdout
  caused by: No space left on device (os error 28)

hint: free some disk space, then run the command again
--- exit 1 ---
"#]]);
}

#[test]
fn a_page_of_another_site_delivers_nothing() {
    let (world, port) = world();
    let line = format!("events listen --port {port} --count 2 --allow-host tunnel.example");
    let mut command = world.command(&line);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut printed = String::new();
    stderr.read_line(&mut printed).unwrap();
    for headers in [
        // A web page whose host name resolves to loopback.
        vec!["Host: evil.example"],
        vec!["Host: evil.example:8900"],
        // A web page that posts to loopback.
        vec!["Origin: https://evil.example"],
        vec!["Origin: null"],
        // A service on another port of the machine.
        vec!["Origin: http://localhost:1"],
        vec!["Host:"],
    ] {
        let refused = deliver(port, &headers, "{}");
        // If there is no host, the HTTP library may answer.
        assert!(refused == "403" || (headers == ["Host:"] && refused == "400"), "{headers:?}");
    }
    assert_eq!(deliver(port, &["Host: tunnel.example"], "{}"), "200");
    assert_eq!(deliver(port, &[&format!("Host: localhost:{port}")], "{}"), "200");
    stderr.read_to_string(&mut printed).unwrap();
    let mut stdout = String::new();
    child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    assert_eq!((child.wait().unwrap().code(), stdout.lines().count()), (Some(0), 2));
    world.constant(&printed).is(str![[r#"
Listening at http://127.0.0.1:[CALLBACK] until Ctrl-C. Signatures are not verified: name a document, or set OCON_SIGNATURE_KEY.
Refused POST /slack/events: it is for another host. For a tunnel, add --allow-host HOST
Refused POST /slack/events: it is for another host. For a tunnel, add --allow-host HOST
Refused POST /slack/events: a web page of another site sent it
Refused POST /slack/events: a web page of another site sent it
Refused POST /slack/events: a web page of another site sent it
ocon does not report further refused requests.

"#]]);
}

#[test]
fn a_malformed_delivery_is_reported() {
    let (world, port) = world();
    let mut command = world.command(&format!("events listen --port {port} --count 1"));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut printed = String::new();
    stderr.read_line(&mut printed).unwrap();
    world.write("large.json", vec![b' '; (8 << 20) + 1]);
    let large = format!("@{}", world.path("large.json").display());
    assert_eq!(deliver(port, &["Expect:"], &large), "413");
    assert_eq!(deliver(port, &[], "{}"), "200");
    stderr.read_to_string(&mut printed).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    world.constant(&printed).is(str![[r#"
Listening at http://127.0.0.1:[CALLBACK] until Ctrl-C. Signatures are not verified: name a document, or set OCON_SIGNATURE_KEY.
A delivery was refused (413 Payload Too Large): it is incomplete or too large.

"#]]);
}
