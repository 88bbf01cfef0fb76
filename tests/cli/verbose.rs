//! `-v`, `-vv`, `-vvv` and `--log-format`: what the log contains, and what it never contains.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::thread;

use snapbox::str;

use crate::scripted_server::ScriptedServer;
use crate::snapshot::Snapshot as _;
use crate::support::{CRM, SHOP, World};

fn shop() -> World {
    World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox()
}

/// The lines of the log, with placeholders for everything that differs from run to run.
fn log(world: &World, arguments: &str) -> String {
    let run = world.ocon(arguments);
    assert_eq!(run.exit, 0, "{}", run.stderr);
    let lines = run.stderr.lines().map(without_time).collect::<String>();
    world.constant(&lines)
}

/// A line without the value of its first member, which must be a time of RFC 3339.
fn without_time(line: &str) -> String {
    let Some(rest) = line.strip_prefix("{\"time\":\"") else { return format!("{line}\n") };
    let (time, rest) = rest.split_once('"').unwrap();
    assert!(time.parse::<jiff::Timestamp>().is_ok(), "{time}");
    format!("{{\"time\":\"[TIME]\"{rest}\n")
}

#[test]
fn a_request_is_one_line() {
    let world = shop();
    log(&world, "apply --yes -v").is(str![[r#"
request method=GET path=/instances?tags%5B%5D=ocon%3Aproject%3Dtests&pageSize=200 status=404 ms=[MS] attempt=1 request_id=[REQUEST]
request method=GET path=/instances?hydrate=false&pageSize=200 status=404 ms=[MS] attempt=1 request_id=[REQUEST]
request method=POST path=/instances status=200 ms=[MS] attempt=1 request_id=[REQUEST]
request method=GET path=/instances?hydrate=false&pageSize=200 status=200 ms=[MS] attempt=1 request_id=[REQUEST]

"#]]);
    log(&world, "plan -v --log-format json").is(str![[r#"
{"time":"[TIME]","level":"info","target":"ocon::api::client::call","message":"request","attempt":1,"method":"GET","ms":[MS],"path":"/instances?tags%5B%5D=ocon%3Aproject%3Dtests&pageSize=200","request_id":"[REQUEST]","status":200}

"#]]);
    assert_eq!(log(&world, "plan --log-format json"), "", "a form is no log");
}

#[test]
fn vv_logs_decisions() {
    let world = shop();
    log(&world, "apply --yes -vv").is(str![[r#"
request method=GET path=/instances?tags%5B%5D=ocon%3Aproject%3Dtests&pageSize=200 status=404 ms=[MS] attempt=1 request_id=[REQUEST]
question what="the whole account"
request method=GET path=/instances?hydrate=false&pageSize=200 status=404 ms=[MS] attempt=1 request_id=[REQUEST]
plan steps=1 blocked=0 stale=0 reads=2
step started key=shop action=create
request method=POST path=/instances status=200 ms=[MS] attempt=1 request_id=[REQUEST]
step finished key=shop outcome=done
request method=GET path=/instances?hydrate=false&pageSize=200 status=200 ms=[MS] attempt=1 request_id=[REQUEST]
page instances=1 size=200

"#]]);
    log(&world, "plan -vv --log-format json").is(str![[r#"
{"time":"[TIME]","level":"info","target":"ocon::api::client::call","message":"request","attempt":1,"method":"GET","ms":[MS],"path":"/instances?tags%5B%5D=ocon%3Aproject%3Dtests&pageSize=200","request_id":"[REQUEST]","status":200}
{"time":"[TIME]","level":"debug","target":"ocon::api::client::listing","message":"page","instances":1,"size":200}
{"time":"[TIME]","level":"debug","target":"ocon::cli::setup::connection","message":"plan","blocked":0,"reads":1,"stale":0,"steps":0}

"#]]);
}

/// `OCON_LOG`
#[test]
fn a_filter_selects_the_events() {
    let mut world = shop();
    world.set("OCON_LOG", "ocon::cli=debug");
    log(&world, "plan --log-format json").is(str![[r#"
{"time":"[TIME]","level":"debug","target":"ocon::cli::setup::connection","message":"question","what":"the whole account"}
{"time":"[TIME]","level":"debug","target":"ocon::cli::setup::connection","message":"plan","blocked":0,"reads":2,"stale":0,"steps":1}

"#]]);
    assert_eq!(log(&world, "plan --quiet"), "");
    world.set("OCON_LOG", "ocon::api=info");
    log(&world, "plan -vvv").is(str![[r#"
request method=GET path=/instances?tags%5B%5D=ocon%3Aproject%3Dtests&pageSize=200 status=404 ms=[MS] attempt=1 request_id=[REQUEST]
request method=GET path=/instances?hydrate=false&pageSize=200 status=404 ms=[MS] attempt=1 request_id=[REQUEST]

"#]]);
    world.set("OCON_LOG", "trace");
    let all = log(&world, "plan");
    assert!(all.contains("library source=hyper_util::") && all.contains("question what="), "{all}");
    world.set("OCON_LOG", "ocon=loud");
    world.ocon("plan --format json").is(str![[r#"
{
  "format": "ocon-failure",
  "version": 1,
  "exit": 64,
  "code": "usage",
  "message": "OCON_LOG is not a filter of the log",
  "causes": [
    "error parsing level filter: expected one of \"off\", \"error\", \"warn\", \"info\", \"debug\", \"trace\", or a number 0-5"
  ],
  "hints": [
    "write a level, or targets with levels: OCON_LOG=ocon=debug,hyper=info"
  ],
  "target": {
    "base_url": "http://127.0.0.1:[PORT]/elements/api-v2",
    "project": "tests"
  }
}
--- stderr ---
error: OCON_LOG is not a filter of the log
  caused by: error parsing level filter: expected one of "off", "error", "warn", "info", "debug", "trace", or a number 0-5

hint: write a level, or targets with levels: OCON_LOG=ocon=debug,hyper=info
--- exit 64 ---
"#]]);
}

#[test]
fn a_request_without_a_reply_has_a_reason_and_one_report_per_retry() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]);
    let port = crate::ports::free();
    let world = world.at(&format!("http://127.0.0.1:{port}/elements/api-v2"));
    world.ocon("plan -vv --max-requests 2").is(str![[r#"
--- stderr ---
request method=GET path=/instances?tags%5B%5D=ocon%3Aproject%3Dtests&pageSize=200 error="cannot connect: tcp connect error: Connection refused (os error 111)" ms=[MS] attempt=1
retry method=GET path=/instances?tags%5B%5D=ocon%3Aproject%3Dtests&pageSize=200 attempt=1 reason="cannot connect: tcp connect error: Connection refused (os error 111)" wait_ms=[MS]
request method=GET path=/instances?tags%5B%5D=ocon%3Aproject%3Dtests&pageSize=200 error="cannot connect: tcp connect error: Connection refused (os error 111)" ms=[MS] attempt=2
error: the request limit is reached, and more requests are needed
  caused by: GET /instances?tags%5B%5D=ocon%3Aproject%3Dtests&pageSize=200 failed after 2 tries: cannot connect: tcp connect error: Connection refused (os error 111); it was not sent again because the limit of 2 requests is reached

hint: nothing was changed. Raise --max-requests, or omit it: one request reads 200 instances
--- exit 6 ---
"#]]);
}

#[test]
fn a_body_is_in_no_log() {
    let body = r#"{"message": "the-b0dy-of-the-answer"}"#;
    let server = ScriptedServer::answering("503 Service Unavailable", "x-header: the-v4lue", body);
    let mut world = World::new(&[("instances/shop.yaml", SHOP)]).at(&server.base_url());
    world.set("OCON_LOG", "trace");
    for form in ["text", "json"] {
        let run = world.ocon(&format!("plan -vvv --log-format {form}"));
        assert_eq!(run.exit, 6);
        let (log, reported) = run.stderr.split_once("error: ").unwrap();
        assert!(log.contains("503") && !log.contains("the-b0dy") && !log.contains("the-v4lue"));
        assert!(
            reported.contains("the-b0dy-of-the-answer"),
            "the message itself is reported: {reported}"
        );
    }
}

#[test]
fn vvv_logs_the_http_library() {
    let log = log(&shop(), "plan -vvv");
    for printed in [
        "library source=reqwest::connect message=\"starting new connection",
        "library source=hyper_util::client::legacy::connect::http message=\"connected to 127.0.0.1:[PORT]\"",
        "request method=GET",
        "question what=",
    ] {
        assert!(log.contains(printed), "{printed}\n{log}");
    }
}

/// Each run searches its output for all secrets of its world, in all encodings.
#[test]
fn a_whole_life_is_logged_without_a_secret() {
    for form in ["text", "json"] {
        let files = [("instances/desk.yaml", CRM), ("instances/shop.yaml", SHOP)];
        let mut world = World::new(&files).on_sandbox().with_password();
        for arguments in ["plan", "apply --yes", "apply --yes --rotate desk", "status"] {
            let run = world.ocon(&format!("{arguments} -vvv --log-format {form}"));
            assert!(run.exit == 0 && run.stderr.contains("/instances"), "{}", run.stderr);
        }
        world = world.secret("OCON_USER_SECRET", "an0ther-s3cret+/of=the-tests");
        let run = world.ocon(&format!("plan -vvv --log-format {form}"));
        assert!(run.exit == 6 && run.stderr.contains("401"), "{}", run.stderr);
    }
}

/// A proxy that refuses every request. Returns its address and the requests.
fn proxy() -> (String, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let asked = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
        let refusal = "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n";
        reader.get_mut().write_all(refusal.as_bytes()).unwrap();
        head
    });
    (address, asked)
}

#[test]
fn the_password_of_a_proxy_is_in_no_log() {
    let (address, asked) = proxy();
    let world = World::new(&[("instances/shop.yaml", SHOP)])
        .at("https://api.cloud-elements.com/elements/api-v2");
    let mut world = world.secret("PASSWORD_OF_THE_PROXY", "pr0xy-s3cret-of-the-tests");
    let authority = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/platform/client/tls/authority.pem");
    world.set("SSL_CERT_FILE", authority);
    world.set("HTTPS_PROXY", &format!("http://me:pr0xy-s3cret-of-the-tests@{address}"));
    let run = world.ocon("plan -vvv --max-requests 1");
    let asked = asked.join().unwrap().to_lowercase();
    assert!(asked.contains("proxy-authorization: basic "), "{asked}");
    assert_eq!(run.exit, 6);
    assert!(run.stderr.contains("message=\"proxy("), "{}", run.stderr);
}
