//! Replies that are not those of the platform: exit code 6, and no plan (`--timeout`).

use ocon::sandbox::Faults;
use snapbox::str;

use crate::scripted_server::ScriptedServer;
use crate::support::{SHOP, World};

const FILES: &[(&str, &str)] = &[("instances/shop.yaml", SHOP)];

#[test]
fn without_credentials_nothing_is_requested() {
    let mut world = World::new(FILES).on_sandbox();
    world.unset("OCON_USER_SECRET");
    world.ocon("plan").is(str![[r#"
--- stderr ---
error: OCON_USER_SECRET is not set

hint: copy the user secret from My Profile and the organization secret from Security in the user interface
hint: or give them as files: --user-secret-file, --organization-secret-file
hint: or try ocon without a tenant: --sandbox
--- exit 6 ---
"#]]);
    world.set("OCON_ORGANIZATION_SECRET", "");
    world.ocon("apply --yes").is(str![[r#"
--- stderr ---
error: OCON_USER_SECRET and OCON_ORGANIZATION_SECRET are not set

hint: copy the user secret from My Profile and the organization secret from Security in the user interface
hint: or give them as files: --user-secret-file, --organization-secret-file
hint: or try ocon without a tenant: --sandbox
--- exit 6 ---
"#]]);
    assert_eq!(world.requests(), "");
}

#[test]
fn credentials_can_be_in_files() {
    let mut world = World::new(FILES).on_sandbox();
    world.write("user", "wr0ng-user-of-the-tests\n");
    world.ocon("plan --user-secret-file user").is(str![[r#"
--- stderr ---
error: the platform does not accept the credentials
  caused by: GET /instances?tags%5B%5D=ocon%3Aproject%3Dtests&pageSize=200 failed: HTTP 401 Unauthorized: Invalid Organization or User secret, or invalid Element token provided. (request [REQUEST])

hint: check that OCON_USER_SECRET and OCON_ORGANIZATION_SECRET, or their files, belong to http://127.0.0.1:[PORT]/elements/api-v2
--- exit 6 ---
"#]]);
    world.ocon("plan --user-secret-file missing").is(str![[r#"
--- stderr ---
error: the user secret cannot be read from missing
  caused by: No such file or directory (os error 2)
--- exit 6 ---
"#]]);
    world.write("empty", "\n");
    world.ocon("plan --user-secret-file empty").is(str![[r#"
--- stderr ---
error: the user secret cannot be read from empty
  caused by: the file is empty
--- exit 6 ---
"#]]);
    world.set("OCON_USER_SECRET", "not a secret");
    world.ocon("plan").is(str![[r#"
--- stderr ---
error: the credentials cannot be used
  caused by: the user secret is empty or contains an invalid character: a space, a comma, a line break or a non-ASCII character

hint: copy them again from the user interface
--- exit 6 ---
"#]]);
}

#[test]
fn wrong_credentials_have_their_own_error() {
    let world =
        World::new(FILES).on_sandbox().secret("OCON_USER_SECRET", "wr0ng-user-of-the-tests");
    for command in ["plan", "apply --yes"] {
        world.ocon(command).is(str![[r#"
--- stderr ---
error: the platform does not accept the credentials
  caused by: GET /instances?tags%5B%5D=ocon%3Aproject%3Dtests&pageSize=200 failed: HTTP 401 Unauthorized: Invalid Organization or User secret, or invalid Element token provided. (request [REQUEST])

hint: check that OCON_USER_SECRET and OCON_ORGANIZATION_SECRET, or their files, belong to http://127.0.0.1:[PORT]/elements/api-v2
--- exit 6 ---
"#]]);
    }
    assert_eq!(world.writes(), "");
}

#[test]
fn a_host_that_refuses_the_connection_is_unreachable() {
    let port = crate::ports::free();
    let world = World::new(FILES).at(&format!("http://127.0.0.1:{port}/elements/api-v2"));
    world.ocon("plan --quiet").is(str![[r#"
--- stderr ---
error: the API cannot be reached
  caused by: GET /instances?tags%5B%5D=ocon%3Aproject%3Dtests&pageSize=200 failed after 5 tries: cannot connect: tcp connect error: Connection refused (os error 111)

hint: check the region or base URL (http://127.0.0.1:[PORT]/elements/api-v2), the network, HTTPS_PROXY and NO_PROXY, and SSL_CERT_FILE for a private CA
--- exit 6 ---
"#]]);
    world.ocon("apply --yes --format json").is(str![[r#"
{
  "format": "ocon-failure",
  "version": 1,
  "exit": 6,
  "code": "unreachable",
  "message": "the API cannot be reached",
  "causes": [
    "GET /instances?tags%5B%5D=ocon%3Aproject%3Dtests&pageSize=200 failed after 5 tries: cannot connect: tcp connect error: Connection refused (os error 111)"
  ],
  "hints": [
    "check the region or base URL (http://127.0.0.1:[PORT]/elements/api-v2), the network, HTTPS_PROXY and NO_PROXY, and SSL_CERT_FILE for a private CA"
  ],
  "target": {
    "base_url": "http://127.0.0.1:[PORT]/elements/api-v2",
    "project": "tests"
  }
}
--- stderr ---
GET /instances: cannot connect: tcp connect error: Connection refused (os error 111); trying again in [SECONDS] s
GET /instances: cannot connect: tcp connect error: Connection refused (os error 111); trying again in [SECONDS] s
GET /instances: cannot connect: tcp connect error: Connection refused (os error 111); trying again in [SECONDS] s
GET /instances: cannot connect: tcp connect error: Connection refused (os error 111); trying again in [SECONDS] s
error: the API cannot be reached
  caused by: GET /instances?tags%5B%5D=ocon%3Aproject%3Dtests&pageSize=200 failed after 5 tries: cannot connect: tcp connect error: Connection refused (os error 111)

hint: check the region or base URL (http://127.0.0.1:[PORT]/elements/api-v2), the network, HTTPS_PROXY and NO_PROXY, and SSL_CERT_FILE for a private CA
--- exit 6 ---
"#]]);
}

#[test]
fn a_page_for_people_is_not_the_api() {
    let page = "<!doctype html><title>Sign in</title><p>token=s3cret-of-the-page";
    let server = ScriptedServer::answering("200 OK", "content-type: text/html", page);
    let world = World::new(FILES).at(&server.base_url());
    world.ocon("plan").is(str![[r#"
--- stderr ---
error: the answer is not from the API
  caused by: GET /instances?tags%5B%5D=ocon%3Aproject%3Dtests&pageSize=200 failed: the answer is not JSON: HTML (text/html, 64 bytes)

hint: check http://127.0.0.1:[PORT]/elements/api-v2: a proxy, a login page or a gateway may have answered instead
--- exit 6 ---
"#]]);
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn json_that_is_not_a_listing_is_described() {
    let server =
        ScriptedServer::answering("200 OK", "content-type: application/json", r#"{"a": 1}"#);
    let world = World::new(FILES).at(&server.base_url());
    world.ocon("plan").is(str![[r#"
--- stderr ---
error: the answer of the API cannot be read
  caused by: GET /instances?tags%5B%5D=ocon%3Aproject%3Dtests&pageSize=200 failed: the answer is not a list of instances: it is an object, not an array

hint: check that http://127.0.0.1:[PORT]/elements/api-v2 is the address of the API. If it is, try again, and then report the text above: docs/platform.md lists the answers that ocon can read
--- exit 6 ---
"#]]);
}

#[test]
fn a_redirect_is_not_followed() {
    let other = ScriptedServer::answering("200 OK", "content-type: application/json", "[]");
    let location = format!("location: {}/instances", other.base_url());
    let server = ScriptedServer::answering("302 Found", &location, "");
    let world = World::new(FILES).at(&server.base_url());
    world.ocon("plan").is(str![[r#"
--- stderr ---
error: the answer is not from the API
  caused by: GET /instances?tags%5B%5D=ocon%3Aproject%3Dtests&pageSize=200 failed: HTTP 302 Found redirects to 127.0.0.1, and redirects are not followed

hint: check http://127.0.0.1:[PORT]/elements/api-v2: the API does not redirect
--- exit 6 ---
"#]]);
    assert_eq!((server.requests().len(), other.requests().len()), (1, 0));
}

#[test]
fn a_failing_gateway_is_retried_and_then_reported() {
    let server =
        ScriptedServer::answering("502 Bad Gateway", "content-type: text/html", "<h1>Oops");
    let world = World::new(FILES).at(&server.base_url());
    world.ocon("plan --quiet").is(str![[r#"
--- stderr ---
error: the instances cannot be read, so no plan was made
  caused by: GET /instances?tags%5B%5D=ocon%3Aproject%3Dtests&pageSize=200 failed after 5 tries: HTTP 502 Bad Gateway: HTML (text/html, 8 bytes)

hint: try again in a few minutes; nothing was changed
--- exit 6 ---
"#]]);
    assert_eq!(server.requests().len(), 5);
}

#[test]
fn a_403_shows_the_message_of_the_platform() {
    let body = r#"{"requestId": "53db", "message": "Your trial has expired"}"#;
    let server = ScriptedServer::answering("403 Forbidden", "content-type: application/json", body);
    let world = World::new(FILES).at(&server.base_url());
    world.ocon("plan").is(str![[r#"
--- stderr ---
error: the instances cannot be read, so no plan was made
  caused by: GET /instances?tags%5B%5D=ocon%3Aproject%3Dtests&pageSize=200 failed: HTTP 403 Forbidden: Your trial has expired (request 53db)

hint: check that the account is active and its user is allowed to read instances
--- exit 6 ---
"#]]);
}

const NO_INSTANCES: (&str, &str, &str) = ("200 OK", "content-type: application/json", "[]");

#[test]
fn an_account_that_keeps_changing_is_not_a_wrong_address() {
    let three = "content-type: application/json\r\nelements-total-count: 3";
    let two_of = |one, other| {
        format!(
            r#"[{{"id":{one},"element":{{"key":"box"}},"tags":["t"]}},{{"id":{other},"element":{{"key":"box"}},"tags":["t"]}}]"#
        )
    };
    let pages = [two_of(1, 2), two_of(1, 3), two_of(2, 3)];
    let [first, second, third] = pages.each_ref().map(|page| ("200 OK", three, page.as_str()));
    let server = ScriptedServer::answering_in_turn(&[NO_INSTANCES, first, second, third]);
    let world = World::new(FILES).at(&server.base_url());
    world.ocon("plan").is(str![[r#"
--- stderr ---
error: the account changes while it is being listed
  caused by: GET /instances?hydrate=false failed: the account changes while it is listed: it has 2 of 3 instances, and each of 3 reads missed different ones

hint: run ocon again after other work on the account is done; nothing was changed
hint: if nobody else works on the account, the listing is wrong: contact the support of the platform
--- exit 6 ---
"#]]);
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn a_page_token_that_expires_twice_is_an_error() {
    let next = "content-type: application/json\r\nelements-next-page-token: two";
    let page = ("200 OK", next, r#"[{"id":1,"element":{"key":"box"},"tags":["t"]}]"#);
    let body = r#"{"requestId": "53db", "message": "nextPage has expired"}"#;
    let expired = ("400 Bad Request", "content-type: application/json", body);
    let server = ScriptedServer::answering_in_turn(&[page, expired, page, expired]);
    let world = World::new(FILES).at(&server.base_url());
    world.ocon("plan").is(str![[r#"
--- stderr ---
error: the listing cannot be completed
  caused by: GET /instances?tags%5B%5D=ocon%3Aproject%3Dtests&pageSize=200 (page 2) failed: the platform refused a page token again after the listing was restarted: HTTP 400 Bad Request: nextPage has expired (request 53db)

hint: run ocon again when the network and the platform are less busy: a page token expires if its page is requested too late
--- exit 6 ---
"#]]);
    assert_eq!(server.requests().len(), 4);
}

/// `--timeout`
fn no_answer_within_a_second(world: &World) {
    world.ocon("plan --timeout 1s").is(str![[r#"
--- stderr ---
GET /instances: no answer within 1 s; trying again in [SECONDS] s
GET /instances: no answer within 1 s; trying again in [SECONDS] s
GET /instances: no answer within 1 s; trying again in [SECONDS] s
GET /instances: no answer within 1 s; trying again in [SECONDS] s
error: the API does not answer in time
  caused by: GET /instances?tags%5B%5D=ocon%3Aproject%3Dtests&pageSize=200 failed after 5 tries: no answer within 1 s

hint: try again, or raise the time limit: --timeout 2m
--- exit 6 ---
"#]]);
}

#[test]
fn an_answer_that_does_not_come_ends_with_the_time() {
    let server = ScriptedServer::silent();
    let world = World::new(FILES).at(&server.base_url());
    no_answer_within_a_second(&world);
}

#[test]
fn a_listing_that_drips_ends_with_the_time() {
    let world = World::new(&[("instances/shop.yaml", SHOP)]).on_sandbox();
    assert_eq!(world.ocon("apply --yes").exit, 0);
    world.requests();
    let text = "rules: [{ when: { method: GET, path: /instances }, drip: 400ms }]";
    world.set_faults(Faults::parse(text).unwrap());
    no_answer_within_a_second(&world);
    world.requests();
}

#[test]
fn a_proxy_that_stalls_ends_with_the_time() {
    let server = ScriptedServer::silent();
    let mut world = World::new(FILES).at("https://api.cloud-elements.com/elements/api-v2");
    let authority = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/platform/client/tls/authority.pem");
    world.set("SSL_CERT_FILE", authority);
    world.set("HTTPS_PROXY", server.base_url().trim_end_matches("/elements/api-v2"));
    world.ocon("plan --timeout 1s").is(str![[r#"
--- stderr ---
GET /instances: cannot connect: operation timed out; trying again in [SECONDS] s
GET /instances: cannot connect: operation timed out; trying again in [SECONDS] s
GET /instances: cannot connect: operation timed out; trying again in [SECONDS] s
GET /instances: cannot connect: operation timed out; trying again in [SECONDS] s
error: the API cannot be reached
  caused by: GET /instances?tags%5B%5D=ocon%3Aproject%3Dtests&pageSize=200 failed after 5 tries: cannot connect: operation timed out

hint: check the region or base URL (http://127.0.0.1:[PORT]/elements/api-v2), the network, HTTPS_PROXY and NO_PROXY, and SSL_CERT_FILE for a private CA
--- exit 6 ---
"#]]);
    assert!(server.requests()[0].starts_with("CONNECT api.cloud-elements.com:443"));
}

#[test]
fn without_certificates_nothing_is_trusted() {
    let mut world = World::new(FILES).at("https://api.cloud-elements.com/elements/api-v2");
    world.set("SSL_CERT_FILE", "missing.pem");
    world.ocon("plan").is(str![[r#"
--- stderr ---
error: SSL_CERT_FILE names a file that cannot be used: `missing.pem`
  caused by: No such file or directory (os error 2)

hint: name a PEM file with the certificate of your authority, or unset SSL_CERT_FILE: ocon trusts the authorities of the system in any case
--- exit 6 ---
"#]]);
}

const REFUSED: &str = r#"{"requestId":"5b04","message":"Keine Instanzen"}"#;

#[test]
fn a_404_of_an_unknown_text_is_an_empty_account_or_a_wrong_address() {
    let json = "content-type: application/json";
    let plan = |second: (&str, &str, &str)| {
        let answers = [("404 Not Found", json, REFUSED), second, ("404 Not Found", json, REFUSED)];
        let server = ScriptedServer::answering_in_turn(&answers);
        let world = World::new(FILES).at(&server.base_url());
        (world.ocon("plan"), server.requests().len())
    };
    let (empty, requests) = plan(("200 OK", json, r#"["box"]"#));
    assert_eq!((empty.exit, requests), (0, 3), "{}", empty.stderr);
    let (wrong, _) = plan(("404 Not Found", json, REFUSED));
    wrong.is(str![[r#"
--- stderr ---
error: the instances cannot be read, so no plan was made
  caused by: GET /instances?tags%5B%5D=ocon%3Aproject%3Dtests&pageSize=200 failed: HTTP 404 Not Found: Keine Instanzen (request 5b04)

hint: check http://127.0.0.1:[PORT]/elements/api-v2
--- exit 6 ---
"#]]);
    let (undecided, _) = plan(("200 OK", json, "[]"));
    undecided.is(str![[r#"
--- stderr ---
error: ocon cannot decide whether the account has no instances
  caused by: GET /instances?tags%5B%5D=ocon%3Aproject%3Dtests&pageSize=200 failed: the answer (HTTP 404 Not Found: Keine Instanzen (request 5b04)) means an account without instances or a wrong address, and another request did not decide which: GET /elements/keys: the answer is not a list of connectors: it is empty

hint: check http://127.0.0.1:[PORT]/elements/api-v2, then try again in a few minutes; nothing was changed
--- exit 6 ---
"#]]);
}
