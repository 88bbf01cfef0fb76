//! A 404 of a listing: an account without instances, or a wrong address
//! (docs/platform.md#list-and-read).

use ocon::api::{Projection, Read as _, Scope};

use super::support::{Answer, Server};

const UNKNOWN_TEXT: &str = r#"{"requestId":"5b04","message":"Keine Instanzen"}"#;
const LISTING: &str = "GET /instances?hydrate=false&pageSize=200";
const PROBE: &str = "GET /elements/keys?pageSize=1";

/// Answers listings with a 404 of an unknown text, and the request for the connectors with `connectors`.
fn server(connectors: Answer) -> Server {
    Server::start(move |arrived, _, wire| {
        if arrived.line.starts_with("GET /instances") {
            wire.json(404, UNKNOWN_TEXT);
        } else {
            connectors(wire);
        }
    })
}

async fn list(server: &Server) -> Result<usize, String> {
    let (client, _) = server.client();
    let listing = client.list(&Scope::Account, &Projection::All).await;
    listing.map(|listing| listing.records.len()).map_err(|error| error.to_string())
}

#[tokio::test]
async fn an_unknown_text_is_an_empty_account_if_the_platform_answers_another_request() {
    let answers: [Answer; 3] = [
        |wire| wire.json(200, r#"["box"]"#),
        |wire| wire.json(200, r#"[{"key":"box"}]"#),
        |wire| wire.json(403, r#"{"requestId":"5b05","message":"Missing privilege"}"#),
    ];
    for answer in answers {
        let server = server(answer);
        assert_eq!(list(&server).await, Ok(0));
        assert_eq!(server.lines(), [LISTING, PROBE]);
    }
}

#[tokio::test]
async fn a_run_asks_once() {
    let server = server(|wire| wire.json(200, r#"["box"]"#));
    let (client, _) = server.client();
    for scope in [Scope::Account, Scope::Everything] {
        client.list(&scope, &Projection::All).await.unwrap();
    }
    assert_eq!(server.lines(), [LISTING, PROBE, "GET /instances?pageSize=200"]);
}

#[tokio::test]
async fn a_known_text_and_instances_need_no_further_request() {
    let answers: [Answer; 3] = [
        |wire| wire.json(404, r#"{"message":"No element instances found"}"#),
        |wire| wire.json(200, "[]"),
        |wire| wire.page(&[], None),
    ];
    for answer in answers {
        let server = Server::script(vec![answer]);
        assert_eq!(list(&server).await, Ok(0));
        assert_eq!(server.lines(), [LISTING]);
    }
}

#[tokio::test]
async fn another_404_is_a_wrong_address() {
    let wrong = server(|wire| wire.json(404, r#"{"message":"No route"}"#));
    let failed = format!("{LISTING} failed: HTTP 404 Not Found: Keine Instanzen (request 5b04)");
    assert_eq!(list(&wrong).await, Err(failed));
    assert_eq!(wrong.lines(), [LISTING, PROBE]);
    let not_of_the_platform: [(Answer, &str); 4] = [
        (|wire| wire.answer(404, &[], b"nothing here"), "HTTP 404 Not Found: nothing here"),
        (|wire| wire.answer(404, &[], b""), "HTTP 404 Not Found"),
        (|wire| wire.json(404, r#"{"error":"no"}"#), r#"HTTP 404 Not Found: {"error":"no"}"#),
        (|wire| wire.json(404, "[]"), "HTTP 404 Not Found: []"),
    ];
    for (answer, text) in not_of_the_platform {
        let server = Server::script(vec![answer]);
        assert_eq!(list(&server).await, Err(format!("{LISTING} failed: {text}")));
        assert_eq!(server.lines(), [LISTING]);
    }
}

#[tokio::test]
async fn an_answer_that_does_not_decide_is_reported() {
    let answers: [(Answer, &str); 5] = [
        (|wire| wire.json(200, "[]"), "the answer is not a list of connectors: it is empty"),
        (
            |wire| wire.json(200, r#"{"ok":true}"#),
            "the answer is not a list of connectors: it is an object, not an array",
        ),
        (
            |wire| wire.answer(200, &[("Content-Type", "text/html")], b"<p>"),
            "the answer is not JSON: HTML (text/html, 3 bytes)",
        ),
        (|wire| wire.json(403, "{}"), "HTTP 403 Forbidden: {}"),
        (|wire| wire.json(503, ""), "HTTP 503 Service Unavailable"),
    ];
    for (answer, text) in answers {
        let server = server(answer);
        let expected = format!(
            "{LISTING} failed: the answer (HTTP 404 Not Found: Keine Instanzen (request 5b04)) means an \
             account without instances or a wrong address, and another request did not decide which: GET \
             /elements/keys: {text}"
        );
        assert_eq!(list(&server).await, Err(expected));
    }
}

#[tokio::test]
async fn refused_credentials_are_the_error() {
    let server = server(|wire| wire.json(401, r#"{"message":"Invalid"}"#));
    assert_eq!(
        list(&server).await,
        Err("GET /elements/keys failed: HTTP 401 Unauthorized: Invalid".to_owned())
    );
}
