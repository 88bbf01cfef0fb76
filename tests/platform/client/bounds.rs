//! Bounds of time and memory: servers that drip, stall or send too much at the same time.

use std::net::TcpListener;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ocon::api::{Projection, Read as _, Scope, Write as _};
use ocon::instance::BaseUrl;

use super::replies::BOMB;
use super::support::{
    Server, Wire, at, client_of, granted, id, instance, named, pause, was_never_sent,
};

/// A reply with this status that never ends, one byte at a time.
fn drip(wire: &mut Wire, status: &str) {
    wire.send(&format!("HTTP/1.1 {status}\r\nContent-Length: 1000\r\n\r\n["));
    for _ in 0..100 {
        pause(Duration::from_millis(50));
        wire.send(" ");
    }
}

#[tokio::test]
async fn a_body_that_drips_ends_with_the_time_of_the_whole_request() {
    let server = Server::start(|_, _, wire| drip(wire, "200 OK"));
    let (client, _) = server.client_with(|settings| {
        settings.read_timeout = Duration::from_millis(200);
        settings.create_timeout = Duration::from_millis(300);
    });
    let begun = Instant::now();
    let error = client.instance(id(7), &Projection::All).await.unwrap_err();
    assert_eq!(error.to_string(), "GET /instances/7 failed after 5 tries: no answer within 200 ms");
    let error = at(async |place| client.create(&granted("c"), place).await.unwrap_err()).await;
    assert_eq!(error.to_string(), "POST /instances failed: no answer within 300 ms");
    let error = at(async |place| client.patch(id(7), &named("n"), place).await.unwrap_err()).await;
    assert!(error.to_string().ends_with("no answer within 200 ms"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
}

/// Checks that a create ends after 200 ms on a server that answers so.
async fn create_ends_with_the_time(answer: fn(&mut Wire)) {
    let server = Server::script(vec![answer]);
    let (client, _) = server.client_with(|settings| {
        settings.create_timeout = Duration::from_millis(200);
    });
    let error = at(async |place| client.create(&granted("c"), place).await.unwrap_err()).await;
    assert_eq!(error.to_string(), "POST /instances failed: no answer within 200 ms");
}

/// The refusal is a body as well.
#[tokio::test]
async fn a_refusal_that_drips_ends_with_the_time() {
    create_ends_with_the_time(|wire| drip(wire, "500 No")).await;
}

#[tokio::test]
async fn a_head_that_drips_ends_with_the_time() {
    create_ends_with_the_time(|wire| {
        for byte in "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".chars() {
            pause(Duration::from_millis(50));
            wire.send(&byte.to_string());
        }
    })
    .await;
}

#[tokio::test]
async fn a_handshake_that_stalls_ends_with_the_time() {
    // The system accepts connections, and nothing replies.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let (client, _) = client_of(address, |settings| {
        settings.base_url = BaseUrl::new(&format!("https://{address}/elements/api-v2"));
        settings.ca_certificates = Some(include_bytes!("tls/authority.pem").to_vec());
        settings.read_timeout = Duration::from_millis(200);
    });
    let begun = Instant::now();
    let error = at(async |place| client.create(&named("n"), place).await.unwrap_err()).await;
    was_never_sent(&error);
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_page_that_drips_ends_with_the_time_of_the_listing_or_of_the_page() {
    let server = Server::start(|_, _, wire| drip(wire, "200 OK"));
    let (client, _) = server.client_with(|settings| {
        settings.listing_timeout = Duration::from_millis(300);
    });
    assert_eq!(
        client.list(&Scope::Account, &Projection::All).await.unwrap_err().to_string(),
        "GET /instances?hydrate=false failed: the listing is not complete after 300 ms"
    );
    let (client, _) = server.client_with(|settings| {
        settings.page_timeout = Some(Duration::from_millis(150));
    });
    assert_eq!(
        client.list(&Scope::Account, &Projection::All).await.unwrap_err().to_string(),
        "GET /instances?hydrate=false&pageSize=200 failed after 5 tries: no answer within 150 ms"
    );
}

#[tokio::test]
async fn the_bound_of_a_listing_counts_decompressed_bytes() {
    let bomb = STANDARD.decode(BOMB).unwrap();
    assert!(bomb.len() < 1_000);
    let server = Server::start(move |_, number, wire| {
        let token = format!("token-{number}");
        let headers = [("Content-Encoding", "gzip"), ("Elements-Next-Page-Token", &*token)];
        wire.answer(200, &headers, &bomb);
    });
    let (client, _) = server.client_with(|settings| settings.max_listing = 100_000);
    let error = client.list(&Scope::Account, &Projection::All).await.unwrap_err().to_string();
    assert!(error.ends_with("failed: the listing is larger than 100000 bytes"), "{error}");
}

/// A body with an instance, as long as this.
fn padded(length: usize) -> String {
    format!("{:length$}", instance(7))
}

#[tokio::test]
async fn eight_bodies_at_once_stay_within_the_bound_of_one() {
    // Each of the eight has taken its share before any of them continues.
    let all_begun = Barrier::new(8);
    let server = Server::start(move |_, number, wire| {
        let body = padded(if number < 8 { 1_000 } else { 6_000 });
        wire.send(&format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()));
        let (first, rest) = body.split_at(900);
        wire.send(first);
        if number < 8 {
            all_begun.wait();
        }
        wire.send(rest);
    });
    let (client, _) = server.client_with(|settings| {
        (settings.max_body, settings.concurrency) = (8_000, 8);
    });
    let read = || async { client.instance(id(7), &Projection::All).await };
    let eight = futures_util::future::join_all((0..8).map(|_| read())).await;
    assert!(eight.iter().all(Result::is_ok), "{eight:?}");
    // Larger ones are read one after the other.
    let large = futures_util::future::join_all((0..3).map(|_| read())).await;
    assert!(large.iter().all(Result::is_ok), "{large:?}");
}

#[tokio::test]
async fn bodies_that_would_take_too_much_together_wait_for_their_time() {
    // The first body holds all memory and does not end.
    let server = Server::start(|_, number, wire| {
        if number > 0 {
            return wire.answer(200, &[], padded(2_000).as_bytes());
        }
        wire.send("HTTP/1.1 200 OK\r\nContent-Length: 8000\r\n\r\n");
        wire.send(&" ".repeat(7_900));
        pause(Duration::from_secs(1));
        wire.close();
    });
    let (client, _) = server.client_with(|settings| {
        settings.max_body = 8_000;
        settings.create_timeout = Duration::from_millis(200);
    });
    let keep = Projection::All;
    let first = async {
        let error = at(async |place| client.create(&granted("c"), place).await.unwrap_err()).await;
        (error, Instant::now())
    };
    let second = async {
        while server.lines().is_empty() {
            tokio::task::yield_now().await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        (client.instance(id(7), &keep).await, Instant::now())
    };
    let ((first, first_end), (second, second_end)) = tokio::join!(first, second);
    assert_eq!(first.to_string(), "POST /instances failed: no answer within 200 ms");
    assert!(second.unwrap().is_some(), "the memory is free again");
    assert!(second_end >= first_end, "the second body waits for the memory of the first");
}
