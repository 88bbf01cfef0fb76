//! Which requests are repeated, how often, and after which delay.

use std::time::Duration;

use ocon::api::client::{Client, Retrying};
use ocon::api::{Error, NotRetried, Projection, Read as _, Write as _};

use super::support::{
    Answer, Retries, Server, Wire, at, client_of, granted, id, instance, named, pause,
    was_never_sent,
};

/// The requests, by whether they may be processed twice.
const REPEATABLE: [&str; 5] = ["read", "patch", "enable", "disable", "delete"];
const ONCE: [&str; 2] = ["create", "reauthenticate"];

const FIVE_MINUTES: Duration = Duration::from_mins(5);

async fn perform(client: &Client, what: &str) -> Result<(), Error> {
    at(async |place| match what {
        "read" => client.instance(id(7), &Projection::All).await.map(drop),
        "patch" => client.patch(id(7), &named("n"), place).await.map(drop),
        "enable" => client.enable(id(7)).await,
        "disable" => client.disable(id(7)).await,
        "delete" => client.delete(id(7)).await,
        "create" => client.create(&named("n"), place).await.map(drop),
        "reauthenticate" => client.patch(id(7), &granted("code"), place).await.map(drop),
        other => unreachable!("{other}"),
    })
    .await
}

/// Fails once, then answers with an instance.
fn once(fail: impl Fn(&mut Wire) + Send + Sync + 'static) -> Server {
    Server::start(move |_, number, wire| match number {
        0 => fail(wire),
        _ => wire.json(200, &instance(7)),
    })
}

#[tokio::test]
async fn repeatable_requests_are_retried_after_a_server_error() {
    for what in REPEATABLE {
        for status in [429, 500, 502, 503, 504] {
            let server = once(move |wire| wire.json(status, r#"{"providerMessage":"x"}"#));
            let (client, clock) = server.client();
            perform(&client, what).await.unwrap();
            assert_eq!(server.lines().len(), 2, "{what} {status}");
            assert_eq!((client.requests(), clock.waits().len()), (2, 1));
        }
    }
}

#[tokio::test]
async fn repeatable_requests_are_retried_after_a_broken_connection() {
    for what in REPEATABLE {
        let server = once(Wire::close);
        let (client, _) = server.client();
        perform(&client, what).await.unwrap();
        assert_eq!(server.lines().len(), 2, "{what}");
    }
}

#[tokio::test]
async fn a_refused_request_is_not_retried() {
    for what in REPEATABLE.into_iter().chain(ONCE) {
        for status in [400, 401, 403, 405, 409, 415, 501] {
            let server = once(move |wire| wire.json(status, "{}"));
            let (client, _) = server.client();
            let error = perform(&client, what).await.unwrap_err();
            assert_eq!((error.status(), error.attempts), (Some(status), 1), "{what}");
            assert_eq!(server.lines().len(), 1, "{what} {status}");
        }
    }
}

#[tokio::test]
async fn unrepeatable_requests_are_never_retried_after_a_lost_reply() {
    let lost: [Answer; 8] = [
        |wire| wire.json(500, "{}"),
        |wire| wire.json(502, "{}"),
        |wire| wire.json(503, "{}"),
        |wire| wire.json(504, "{}"),
        |wire| wire.answer(503, &[("Retry-After", "1")], b""),
        Wire::close,
        |wire| {
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id\":7");
            wire.close();
        },
        |wire| wire.answer(200, &[("Content-Type", "text/html")], b"<html>"),
    ];
    for what in ONCE {
        for fail in lost {
            let server = once(fail);
            let (client, clock) = server.client();
            let error = perform(&client, what).await.unwrap_err();
            assert!(error.may_have_happened(), "{error}");
            assert_eq!(server.lines().len(), 1, "{what}: {error}");
            assert_eq!(clock.waits(), []);
        }
    }
}

#[tokio::test]
async fn a_create_is_sent_again_where_the_platform_itself_was_too_busy_for_it() {
    for what in ONCE {
        let server = once(|wire| wire.answer(429, &[("Retry-After", "3")], b"slow down"));
        let (client, clock) = server.client();
        perform(&client, what).await.unwrap();
        assert_eq!(server.lines().len(), 2);
        assert_eq!(clock.waits(), [Duration::from_secs(3)]);
    }
}

#[tokio::test]
async fn a_create_that_the_provider_was_too_busy_for_is_not_sent_again() {
    for what in ONCE {
        let server = once(|wire| wire.json(429, r#"{"providerMessage":"quota"}"#));
        let (client, _) = server.client();
        let error = perform(&client, what).await.unwrap_err();
        assert_eq!(
            error.kind.to_string(),
            "HTTP 429 Too Many Requests; the provider reports: quota"
        );
        assert!(!error.may_have_happened());
        assert_eq!(server.lines().len(), 1);
    }
}

#[tokio::test]
async fn a_refused_connection_is_tried_five_times_by_every_request() {
    let address = ([127, 0, 0, 1], crate::ports::free()).into();
    for what in REPEATABLE.into_iter().chain(ONCE) {
        let (client, clock) = client_of(address, |_| {});
        let error = perform(&client, what).await.unwrap_err();
        was_never_sent(&error);
        assert_eq!((error.attempts, clock.waits().len()), (5, 4));
        assert_eq!(
            error.kind.to_string(),
            "cannot connect: tcp connect error: Connection refused (os error 111)"
        );
    }
}

#[tokio::test]
async fn delays_grow_and_are_reported_with_the_reason() {
    let server = Server::script(vec![|wire| wire.json(503, r#"{"message":"busy"}"#)]);
    let retries = Retries::default();
    let (client, clock) = server.client_with(|settings| retries.listen(settings));
    let error = client.enable(id(7)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "PUT /instances/7/enabled failed after 5 tries: HTTP 503 Service Unavailable: busy"
    );
    let waits = clock.waits();
    for (wait, bound) in waits.iter().zip([1, 2, 4, 8]) {
        assert!(*wait < Duration::from_secs(bound));
    }
    let retries = retries.0.lock().unwrap();
    let retrying = Retrying {
        method: "PUT",
        path: "/instances/7/enabled".into(),
        attempt: 4,
        wait: waits[3],
        reason: "HTTP 503 Service Unavailable: busy".into(),
    };
    assert_eq!((retries.len(), &retries[3]), (4, &retrying));
}

#[tokio::test]
async fn retry_after_is_honored_as_seconds_and_as_a_date() {
    let server = Server::script(vec![
        |wire| wire.answer(429, &[("Retry-After", "7")], b""),
        |wire| {
            wire.answer(503, &[("Retry-After", "Tue, 01 Dec 2026 08:00:11 GMT")], b"");
        },
        |wire| wire.json(200, &instance(7)),
    ]);
    let (client, clock) = server.client();
    client.instance(id(7), &Projection::All).await.unwrap();
    assert_eq!(clock.waits(), [Duration::from_secs(7), Duration::from_secs(11)]);
}

#[tokio::test]
async fn all_tries_of_a_request_fit_into_two_minutes() {
    let server = Server::script(vec![|wire| {
        wire.answer(429, &[("Retry-After", "86400")], b"");
    }]);
    let (client, clock) = server.client();
    let error = client.delete(id(7)).await.unwrap_err();
    assert_eq!(clock.waits(), [Duration::from_mins(1)]);
    assert_eq!(
        error.to_string(),
        "DELETE /instances/7 failed after 2 tries: HTTP 429 Too Many Requests; the platform asks to wait \
         86400 s"
    );
}

#[tokio::test]
async fn a_delay_beyond_the_cap_is_reported_in_both_forms_and_for_every_request() {
    let seconds: Answer = |wire| wire.answer(429, &[("Retry-After", "300")], b"");
    let date: Answer = |wire| {
        wire.answer(429, &[("Retry-After", "Tue, 01 Dec 2026 08:05:00 GMT")], b"");
    };
    for what in REPEATABLE.into_iter().chain(ONCE) {
        for answer in [seconds, date] {
            let (client, _) = Server::script(vec![answer]).client();
            let error = perform(&client, what).await.unwrap_err();
            assert_eq!(
                error.not_retried.as_deref(),
                Some(&NotRetried::RetryAfterTooLong(FIVE_MINUTES))
            );
            let text = error.to_string();
            assert!(text.ends_with("; the platform asks to wait 300 s"), "{text}");
        }
    }
}

#[tokio::test]
async fn a_delay_within_the_cap_is_not_reported() {
    let server = Server::script(vec![|wire| wire.answer(503, &[("Retry-After", "9")], b"")]);
    let (client, clock) = server.client();
    let error = client.delete(id(7)).await.unwrap_err();
    assert_eq!(clock.waits(), [Duration::from_secs(9); 4]);
    assert_eq!((error.attempts, error.not_retried), (5, None));
}

#[tokio::test]
async fn a_late_answer_is_a_lost_one() {
    for (what, tries) in [("read", 2), ("patch", 2), ("create", 1), ("reauthenticate", 1)] {
        let server = once(|_| pause(Duration::from_millis(800)));
        let (client, _) = server.client_with(|settings| {
            settings.read_timeout = Duration::from_millis(250);
            settings.create_timeout = Duration::from_millis(300);
        });
        match perform(&client, what).await {
            Ok(()) => assert_eq!((tries, client.requests()), (2, 2), "{what}"),
            Err(error) => {
                assert_eq!((tries, client.requests()), (1, 1), "{what}");
                assert_eq!(error.kind.to_string(), "no answer within 300 ms");
                assert!(error.may_have_happened());
            }
        }
    }
}
