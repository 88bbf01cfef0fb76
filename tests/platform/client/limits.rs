//! The maximum number of requests, and of concurrent writes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

use ocon::api::client::Client;
use ocon::api::{Clock as _, ErrorKind, NotRetried, Projection, Read as _, Scope, Write as _};

use super::support::{
    Server, at, client_of, id, instance, named, pause, signalled, was_never_sent,
};

#[tokio::test]
async fn no_more_requests_are_sent_than_allowed() {
    let server = Server::script(vec![|wire| wire.answer(503, &[], b"")]);
    let (client, clock) = server.client_with(|settings| settings.max_requests = Some(3));
    let error = client.enable(id(7)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "PUT /instances/7/enabled failed after 3 tries: HTTP 503 Service Unavailable; it was not sent \
         again because the limit of 3 requests is reached"
    );
    assert_eq!(error.request_limit(), Some(3));
    assert!(error.may_have_happened(), "what was sent before may have been carried out");
    assert_eq!((client.requests(), clock.waits().len()), (3, 2), "no wait is for nothing");
    let error = client.delete(id(7)).await.unwrap_err();
    assert_eq!(error.to_string(), "DELETE /instances/7 failed: the limit of 3 requests is reached");
    assert!(matches!(error.kind, ErrorKind::RequestLimit { limit: 3 }));
    assert!(!error.may_have_happened(), "nothing was sent");
    assert_eq!((client.requests(), server.lines().len()), (3, 3));
}

#[tokio::test]
async fn reads_writes_and_their_repetitions_have_one_allowance() {
    let server = Server::start(|_, number, wire| match number {
        0 | 3 => wire.json(503, "{}"),
        _ => wire.json(200, &instance(7)),
    });
    let (client, _) = server.client_with(|settings| settings.max_requests = Some(5));
    client.instance(id(7), &Projection::All).await.unwrap();
    client.enable(id(7)).await.unwrap();
    client.enable(id(7)).await.unwrap();
    assert_eq!(client.requests(), 5);
    let error = client.instance(id(7), &Projection::All).await.unwrap_err();
    assert_eq!(error.to_string(), "GET /instances/7 failed: the limit of 5 requests is reached");
    assert_eq!(server.lines().len(), 5);
}

#[tokio::test]
async fn a_listing_that_needs_more_pages_than_allowed_is_not_half_a_listing() {
    let server = Server::start(|_, number, wire| wire.page(&[1], Some(&number.to_string())));
    let (client, _) = server.client_with(|settings| settings.max_requests = Some(2));
    let error = client.list(&Scope::Account, &Projection::All).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "GET /instances?hydrate=false&pageSize=200 (page 3) failed: the limit of 2 requests is reached"
    );
    assert_eq!(server.lines().len(), 2);
}

#[tokio::test]
async fn smaller_pages_are_counted_once() {
    let server = Server::start(|arrived, _, wire| {
        if arrived.line.contains("pageSize=200") {
            wire.answer(429, &[], b"");
        } else {
            wire.page(&[1], None);
        }
    });
    let (client, _) = server.client_with(|settings| settings.max_requests = Some(3));
    client.list(&Scope::Account, &Projection::All).await.unwrap();
    assert_eq!((client.requests(), server.lines().len()), (3, 3));
}

#[tokio::test]
async fn nothing_is_retried_after_the_run_was_asked_to_stop() {
    let server = Server::start(|_, _, wire| wire.answer(503, &[], b""));
    let (client, _) = server.client_with(|settings| settings.stop.request());
    let error = client.list(&Scope::Account, &Projection::All).await.unwrap_err();
    assert_eq!(error.not_retried.as_deref(), Some(&NotRetried::Interrupted));
    assert_eq!((client.requests(), server.lines().len()), (1, 1));
}

#[tokio::test]
async fn a_create_that_was_surely_not_processed_is_surely_not_there_at_the_limit() {
    let address = ([127, 0, 0, 1], crate::ports::free()).into();
    let (client, _) = client_of(address, |settings| settings.max_requests = Some(2));
    let error = at(async |place| client.create(&named("n"), place).await.unwrap_err()).await;
    assert_eq!(error.not_retried.as_deref(), Some(&NotRetried::RequestLimit(2)));
    was_never_sent(&error);
}

/// A server whose first answers, so many at once, are 429, and how many requests it saw at once
/// after those.
fn overloaded(at_once: usize) -> (Server, Arc<AtomicUsize>) {
    let (under_way, seen) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let most = Arc::clone(&seen);
    let all_there = Barrier::new(at_once);
    let server = Server::start(move |_, number, wire| {
        if number < at_once {
            all_there.wait();
            wire.answer(429, &[], b"");
            return;
        }
        most.fetch_max(under_way.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        pause(Duration::from_millis(20));
        under_way.fetch_sub(1, Ordering::SeqCst);
        wire.json(200, &instance(7));
    });
    (server, seen)
}

/// This number of concurrent writes and reads.
async fn write_and_read(client: &Client, of_each: usize) {
    let keep = Projection::All;
    let each = (0..of_each).map(|_| async {
        let (written, read) = tokio::join!(client.enable(id(7)), client.instance(id(7), &keep));
        written.unwrap();
        read.unwrap();
    });
    futures_util::future::join_all(each).await;
}

#[tokio::test]
async fn a_429_lowers_the_number_of_concurrent_requests() {
    let (server, most) = overloaded(8);
    let (client, _) = server.client_with(|settings| settings.concurrency = 8);
    write_and_read(&client, 4).await;
    // The barrier shows that all eight were sent at the same time, which the server refuses with 429.
    assert_eq!(server.lines().len(), 16);
    assert!((1..=4).contains(&most.load(Ordering::SeqCst)), "{most:?}");
}

#[tokio::test]
async fn at_most_the_allowed_number_of_requests_is_in_flight() {
    let (server, most) = overloaded(0);
    let (client, _) = server.client_with(|settings| settings.concurrency = 3);
    write_and_read(&client, 5).await;
    assert!((1..=3).contains(&most.load(Ordering::SeqCst)), "{most:?}");
}

#[tokio::test]
async fn the_time_in_the_queue_is_not_taken_from_the_budget() {
    let (go, gone) = channel();
    let gone = Mutex::new(gone);
    let server = Server::start(move |_, number, wire| match number {
        0 => {
            assert!(signalled(&gone, Duration::from_secs(3)));
            wire.json(200, &instance(7));
        }
        1 => wire.json(503, "{}"),
        _ => wire.json(200, &instance(7)),
    });
    let (client, clock) = server.client_with(|settings| settings.concurrency = 1);
    let pass_time = async {
        while server.lines().is_empty() {
            tokio::task::yield_now().await;
        }
        // Longer than a request may take with all its repetitions.
        clock.sleep(Duration::from_mins(3)).await;
        go.send(()).unwrap();
    };
    let (first, second, ()) = tokio::join!(client.enable(id(7)), client.enable(id(8)), pass_time);
    first.unwrap();
    second.unwrap();
    assert_eq!(server.lines().len(), 3, "the second was repeated");
}
