//! How the client reads replies, valid and invalid.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ocon::api::client::{ApiCredentials, ClientSettings};
use ocon::api::{Error, ErrorKind, Projection, Read as _, Scope, Write as _};
use ocon::instance::{
    BaseUrl, Draft, Part, Secret, SecretReference, SecretSource, Template, Value,
};

use super::support::{Answer, ORGANIZATION, Server, USER, at, granted, id, instance, named};

const HTML: &[(&str, &str)] = &[("Content-Type", "text/html")];

/// `[{"id":1,"element":{"key":"a"},"tags":["t"]}]`, compressed.
const COMPRESSED: &str =
    "H4sIAAAAAAACA4uuVspMUbIy1FFKzUnNTc0rUbKqVspOrVSyUkpUqtVRKklML1ayilYqUYqtjQUAXprKYS0AAAA=";
/// 200,000 spaces, compressed.
pub(crate) const BOMB: &str = "H4sIAAAAAAACA+3BMQEAAADCoCrrn9IM/kABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAK8BMWFiEEANAwA=";

async fn failure(answer: Answer) -> Error {
    let server = Server::script(vec![answer]);
    let (client, _) = server.client();
    client.instance(id(7), &Projection::All).await.unwrap_err()
}

#[tokio::test]
async fn a_404_of_the_platform_means_that_the_instance_does_not_exist() {
    let server = Server::script(vec![|wire| wire.json(404, r#"{"message":"Whatever"}"#)]);
    let (client, _) = server.client();
    assert_eq!(client.instance(id(7), &Projection::All).await.unwrap(), None);
    let error = failure(|wire| wire.answer(404, HTML, b"<p>not here")).await;
    assert_eq!(
        error.to_string(),
        "GET /instances/7 failed: HTTP 404 Not Found: HTML (text/html, 11 bytes)"
    );
    let error = failure(|wire| wire.answer(404, &[], b"")).await;
    assert_eq!(error.to_string(), "GET /instances/7 failed: HTTP 404 Not Found");
}

#[tokio::test]
async fn deleting_a_missing_instance_succeeds_unless_the_404_is_a_web_page() {
    let answers: [(Answer, bool); 5] = [
        (|wire| wire.answer(200, &[], b""), true),
        (|wire| wire.json(404, r#"{"message":"No instance found"}"#), true),
        (|wire| wire.answer(404, &[], b""), true),
        (|wire| wire.answer(404, HTML, b"<p>not here"), false),
        (|wire| wire.answer(200, HTML, b"<p>log in"), false),
    ];
    for (answer, success) in answers {
        let (client, _) = Server::script(vec![answer]).client();
        assert_eq!(client.delete(id(7)).await.is_ok(), success);
    }
}

#[tokio::test]
async fn a_404_while_enabling_is_an_error() {
    let (client, _) = Server::script(vec![|wire| wire.json(404, "{}")]).client();
    assert_eq!(client.enable(id(7)).await.unwrap_err().status(), Some(404));
    assert_eq!(client.disable(id(7)).await.unwrap_err().status(), Some(404));
}

#[tokio::test]
async fn a_page_in_the_place_of_json_is_described_and_not_shown() {
    let error = failure(|wire| wire.answer(200, HTML, b"<html>s3ssion")).await;
    assert!(matches!(error.kind, ErrorKind::ForeignContent { .. }));
    assert_eq!(
        error.to_string(),
        "GET /instances/7 failed: the answer is not JSON: HTML (text/html, 13 bytes)"
    );
    let (client, _) = Server::script(vec![|wire| wire.answer(200, HTML, b"<html>")]).client();
    assert_eq!(
        client.enable(id(7)).await.unwrap_err().to_string(),
        "PUT /instances/7/enabled failed: the answer is not JSON: HTML (text/html, 6 bytes)"
    );
}

#[tokio::test]
async fn a_redirect_is_named_and_neither_it_nor_the_credentials_go_there() {
    let elsewhere = Server::script(vec![|wire| wire.json(200, "{}")]);
    let address = elsewhere.address;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("http://{address}/login?session=s3cret");
        let server = Server::start(move |_, _, wire| {
            wire.answer(status, &[("Location", &location)], b"");
        });
        let (client, _) = server.client();
        let error = client.instance(id(7), &Projection::All).await.unwrap_err();
        let text = error.kind.to_string();
        assert!(
            text.ends_with(" redirects to 127.0.0.1, and redirects are not followed"),
            "{text}"
        );
        assert_eq!((error.status(), error.attempts), (Some(status), 1));
    }
    assert_eq!(elsewhere.lines().len(), 0);
    let error = failure(|wire| wire.answer(302, &[], b"")).await;
    assert_eq!(
        error.kind.to_string(),
        "HTTP 302 Found redirects to an invalid address, and redirects are not followed"
    );
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_however_it_comes() {
    let answers: [Answer; 3] = [
        |wire| wire.answer(200, &[], &[b' '; 5001]),
        |wire| {
            wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            wire.send(&format!("1389\r\n{}\r\n0\r\n\r\n", " ".repeat(0x1389)));
        },
        |wire| {
            let bomb = STANDARD.decode(BOMB).unwrap();
            wire.answer(200, &[("Content-Encoding", "gzip")], &bomb);
        },
    ];
    for answer in answers {
        let server = Server::script(vec![answer]);
        let (client, _) = server.client_with(|settings| settings.max_body = 5000);
        let error = client.instance(id(7), &Projection::All).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "GET /instances/7 failed: the answer is not of the allowed size: it is larger than 5000 bytes"
        );
    }
}

#[tokio::test]
async fn compressed_answers_are_read() {
    let server = Server::script(vec![|wire| {
        let body = STANDARD.decode(COMPRESSED).unwrap();
        wire.answer(200, &[("Content-Encoding", "gzip")], &body);
    }]);
    let (client, _) = server.client();
    let listing = client.list(&Scope::Account, &Projection::All).await.unwrap();
    assert_eq!(listing.records[0].id.get(), 1);
}

#[tokio::test]
async fn an_unusable_reply_to_a_create_leaves_open_whether_it_happened() {
    let server = Server::script(vec![|wire| wire.json(200, r#"{"id":-1}"#)]);
    let (client, _) = server.client();
    let error = at(async |place| client.create(&named("n"), place).await.unwrap_err()).await;
    assert!(error.may_have_happened());
    assert_eq!(
        error.to_string(),
        "POST /instances failed: the answer is not an instance: id is a number, not a positive 64-bit \
         integer"
    );
}

#[tokio::test]
async fn no_error_contains_a_secret_of_the_request() {
    let server = Server::start(|arrived, _, wire| {
        let echo = serde_json::json!({
            "message": format!("{:?} {}", arrived.headers, arrived.body),
            "providerMessage": arrived.body,
        });
        wire.json(400, &echo.to_string());
    });
    let (client, _) = server.client();
    let password = Template::new(vec![
        Part::Text("user:".into()),
        Part::Secret(SecretReference {
            source: SecretSource::Env("PASSWORD".into()),
            value: Some(Secret::new("hunter\"2")),
        }),
    ]);
    let draft = Draft {
        configuration: [("password".into(), Value::Text(password))].into(),
        ..granted("gr4nt")
    };
    let error = at(async |place| client.create(&draft, place).await.unwrap_err()).await;
    let shown = format!("{error} {error:?} {client:?}");
    for secret in [USER, ORGANIZATION, "hunter", "gr4nt"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains("User (secret), Organization (secret)"), "{shown}");
    assert!(shown.contains(r#""password":"user:(secret)""#), "{shown}");
}

#[tokio::test]
async fn a_reply_does_not_choose_where_the_next_request_goes() {
    let elsewhere = Server::script(vec![|wire| wire.json(200, "{}")]);
    let url = format!("http://{}", elsewhere.address);
    let server = Server::start(move |_, number, wire| {
        let token = if number == 0 { "&tags=x#/../..@evil" } else { "" };
        let link = format!("<{url}>; rel=next");
        let headers = [("Elements-Next-Page-Token", token), ("Link", &link), ("Location", &link)];
        let record = serde_json::json!([{
            "id": 7, "element": { "key": "../../users" }, "url": url, "href": url, "token": "t",
            "tags": ["t"],
        }]);
        wire.answer(200, &headers, record.to_string().as_bytes());
    });
    let (client, _) = server.client();
    let listing = client.list(&Scope::Account, &Projection::All).await.unwrap();
    client.delete(listing.records[0].id).await.unwrap();
    let first = "GET /instances?hydrate=false&pageSize=200";
    let second = format!("{first}&nextPage=%26tags%3Dx%23%2F..%2F..%40evil");
    assert_eq!(server.lines(), [first, &second, "DELETE /instances/7"]);
    assert_eq!(elsewhere.lines().len(), 0);
}

#[tokio::test]
async fn an_id_that_is_not_a_number_is_an_error() {
    for id in [r#""7/../../users""#, "-7", "7.5", "null", "[7]", r#""""#] {
        let server = Server::start(move |_, _, wire| {
            wire.json(200, &format!(r#"{{"id":{id},"element":{{"key":"a"}}}}"#));
        });
        let (client, _) = server.client();
        let error = at(async |place| client.create(&named("n"), place).await.unwrap_err()).await;
        assert!(error.to_string().contains("the answer is not an instance: id is"), "{error}");
    }
}

#[tokio::test]
async fn a_reply_about_another_instance_is_an_error() {
    let server = Server::start(|_, _, wire| wire.json(200, &instance(8)));
    let (client, _) = server.client();
    let text = "the answer is not the requested instance: id is 8, not 7";
    let error = client.instance(id(7), &Projection::All).await.unwrap_err();
    assert_eq!(error.to_string(), format!("GET /instances/7 failed: {text}"));
    let error = at(async |place| client.patch(id(7), &named("n"), place).await.unwrap_err()).await;
    assert_eq!(error.to_string(), format!("PATCH /instances/7 failed: {text}"));
    assert!(error.may_have_happened());
}

#[test]
fn the_policy_is_the_documented_one() {
    let credentials =
        ApiCredentials { user: Secret::new(USER), organization: Secret::new(ORGANIZATION) };
    assert_eq!(
        format!("{credentials:?}"),
        "ApiCredentials { user: (secret), organization: (secret) }"
    );
    let settings = ClientSettings::new(BaseUrl::new("https://api.example"), credentials);
    assert_eq!(settings.read_timeout, Duration::from_secs(30));
    assert_eq!(settings.create_timeout, Duration::from_mins(3));
    assert_eq!(settings.connect_timeout, Duration::from_secs(10));
    assert_eq!(settings.page_size, 200);
    assert_eq!(settings.max_requests, None);
    assert_eq!(settings.max_body, 64 * 1024 * 1024);
}
