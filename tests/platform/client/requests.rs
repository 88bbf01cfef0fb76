//! The requests that the platform receives.

use std::cell::RefCell;
use std::io::Write;

use ocon::api::{ErrorKind, Projection, Read as _, Scope, Write as _};
use ocon::instance::{
    Draft, InstanceId, InstanceReference, Part, RenderContext, SecretReference, SecretSource,
    Template, Value, WebhookUrlForm,
};

use super::support::{ORGANIZATION, Server, USER, at, granted, id, instance, named};

fn server() -> Server {
    Server::script(vec![|wire| wire.json(200, &instance(7))])
}

fn webhook() -> Draft {
    let url =
        Template::new(vec![Part::Instance(InstanceReference::WebhookUrl(WebhookUrlForm::Base64))]);
    Draft { configuration: [("url".into(), Value::Text(url))].into(), ..Draft::default() }
}

#[tokio::test]
async fn every_request_has_the_credentials_and_json() {
    let server = server();
    let (client, _) = server.client();
    at(async |place| {
        client.instance(id(7), &Projection::All).await.unwrap();
        client.create(&named("n"), place).await.unwrap();
        client.patch(id(7), &named("n"), place).await.unwrap();
        client.enable(id(7)).await.unwrap();
        client.disable(id(7)).await.unwrap();
        client.delete(id(7)).await.unwrap();
    })
    .await;
    let lines = [
        "GET /instances/7",
        "POST /instances",
        "PATCH /instances/7",
        "PUT /instances/7/enabled",
        "DELETE /instances/7/enabled",
        "DELETE /instances/7",
    ];
    assert_eq!(server.lines(), lines);
    let authorization = format!("User {USER}, Organization {ORGANIZATION}");
    for arrived in server.requests() {
        assert_eq!(arrived.header("authorization"), Some(authorization.as_str()));
        assert_eq!(arrived.header("accept"), Some("application/json"));
        assert_eq!(arrived.header("content-type"), Some("application/json"));
        assert_eq!(arrived.header("accept-encoding"), Some("gzip"));
        let agent = format!("ocon/{}", env!("CARGO_PKG_VERSION"));
        assert_eq!(arrived.header("user-agent"), Some(agent.as_str()));
        assert_eq!(arrived.connection, 1, "the connection is kept");
    }
}

#[tokio::test]
async fn a_create_sends_placeholders_and_a_patch_sends_the_id() {
    let server = Server::script(vec![|wire| wire.json(200, &instance(20931))]);
    let (client, _) = server.client();
    at(async |place| {
        let elsewhere = RenderContext { id: Some(InstanceId::new(1)), ..*place };
        client.create(&webhook(), &elsewhere).await.unwrap();
        client.patch(InstanceId::new(20931), &webhook(), &elsewhere).await.unwrap();
    })
    .await;
    let bodies: Vec<_> = server.requests().into_iter().map(|arrived| arrived.body).collect();
    let events = "https://shown.example/elements/api-v2/events/hootsuite";
    assert_eq!(
        bodies,
        [
            format!(r#"{{"element":{{"key":"hootsuite"}},"configuration":{{"url":"{events}"}}}}"#),
            format!(r#"{{"configuration":{{"url":"{events}/MjA5MzE="}}}}"#),
        ]
    );
}

#[tokio::test]
async fn a_draft_with_a_missing_value_is_not_sent() {
    let server = server();
    let (client, _) = server.client();
    let missing = Template::new(vec![Part::Secret(SecretReference {
        source: SecretSource::Env("PASSWORD".into()),
        value: None,
    })]);
    let draft = Draft {
        configuration: [("password".into(), Value::Text(missing))].into(),
        ..Draft::default()
    };
    let error = at(async |place| client.create(&draft, place).await.unwrap_err()).await;
    assert!(matches!(error.kind, ErrorKind::MissingValue { .. }));
    assert_eq!(error.to_string(), "POST /instances failed: configuration.password has no value");
    assert_eq!((client.requests(), server.lines().len()), (0, 0));
}

thread_local! {
    /// The log of the test on this thread.
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Appends to [`LOG`].
struct ThreadLog;

impl Write for ThreadLog {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.with_borrow_mut(|log| log.write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_has_one_line_per_request_and_no_secret() {
    // A subscriber of this thread alone could miss events: whether an event is logged is cached for the
    // whole process, and a test on another thread may come first.
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .without_time()
        .with_writer(|| ThreadLog)
        .init();
    let server = Server::script(vec![
        |wire| {
            wire.answer(503, &[("Elements-Request-Id", "5b04\tx")], b"tok3n-in-reply");
        },
        |wire| {
            wire.json(
                200,
                r#"[{"id":7,"element":{"key":"a"},"tags":[],"token":"tok3n-in-reply"}]"#,
            );
        },
        |wire| wire.json(400, r#"{"message":"bad gr4nt-c0de"}"#),
    ]);
    let (client, _) = server.client();
    client.list(&Scope::Account, &Projection::All).await.unwrap();
    let error = at(async |place| client.create(&granted("gr4nt-c0de"), place).await).await;
    assert_eq!(
        error.unwrap_err().to_string(),
        "POST /instances failed: HTTP 400 Bad Request: bad (secret)"
    );
    let text = String::from_utf8(LOG.take()).unwrap();
    let is_request = |line: &&str| line.contains("INFO") && line.contains("ocon::api");
    let lines: Vec<_> = text.lines().filter(is_request).collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[0].contains(r#"method="GET""#) && lines[0].contains("status=503"), "{text}");
    assert!(lines[1].contains("status=200") && lines[1].contains("attempt=2"), "{text}");
    for secret in [USER, ORGANIZATION, "tok3n-in-reply", "gr4nt-c0de"] {
        assert!(!text.contains(secret), "{text}");
    }
}
