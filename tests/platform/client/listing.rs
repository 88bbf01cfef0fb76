//! Listings: pages, their overlap, their end, and too many pages.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ocon::api::client::PageRead;
use ocon::api::{Error, Listing, Projection, Read as _, Scope};
use ocon::instance::StoredValue;

use super::support::{Answer, Server, Wire, instance, pause, signalled};

const TAG: &str = "ocon:project=a&b";

fn scope() -> Scope {
    Scope::Tag(TAG.into())
}

async fn list(server: &Server) -> Result<Listing, Error> {
    let (client, _) = server.client();
    client.list(&scope(), &Projection::All).await
}

fn ids(listing: &Listing) -> Vec<u64> {
    listing.records.iter().map(|record| record.id.get()).collect()
}

/// A server with three pages, named by hard tokens.
fn three_pages() -> Server {
    Server::start(|arrived, _, wire| {
        if arrived.line.contains("nextPage=a%2Fb%2Bc%3D") {
            wire.page(&[4], Some("100%&x"));
        } else if arrived.line.contains("nextPage=100%25%26x") {
            wire.page(&[1, 5], None);
        } else {
            wire.page(&[3, 2], Some("a/b+c="));
        }
    })
}

#[tokio::test]
async fn pages_are_joined_in_their_order_and_every_parameter_is_repeated() {
    let server = three_pages();
    let listing = list(&server).await.unwrap();
    assert_eq!(ids(&listing), [3, 2, 4, 1, 5]);
    assert_eq!(listing.pages, 3);
    let first = "GET /instances?tags%5B%5D=ocon%3Aproject%3Da%26b&pageSize=200";
    assert_eq!(
        server.lines(),
        [
            first.to_owned(),
            format!("{first}&nextPage=a%2Fb%2Bc%3D"),
            format!("{first}&nextPage=100%25%26x")
        ]
    );
}

#[tokio::test]
async fn every_page_is_told_of() {
    let server = three_pages();
    let retries = Arc::new(Mutex::new(Vec::new()));
    let telling = Arc::clone(&retries);
    let (client, _) = server.client_with(|settings| {
        settings.on_page = Arc::new(move |page| telling.lock().unwrap().push(*page));
    });
    client.list(&scope(), &Projection::All).await.unwrap();
    let page = |pages, instances| PageRead { pages, instances, announced: None };
    assert_eq!(*retries.lock().unwrap(), [page(1, 2), page(2, 3), page(3, 5)]);
}

#[tokio::test]
async fn a_listing_of_the_account_is_slim() {
    let server = three_pages();
    let (client, _) = server.client();
    let listing = client.list(&Scope::Account, &Projection::All).await.unwrap();
    assert_eq!(listing.records.len(), 5);
    let first = "GET /instances?hydrate=false&pageSize=200";
    assert_eq!(server.lines()[0], first);
    assert_eq!(server.lines()[1], format!("{first}&nextPage=a%2Fb%2Bc%3D"));
}

#[tokio::test]
async fn an_instance_that_moves_to_the_next_page_is_listed_once() {
    let server = Server::script(vec![|wire| wire.page(&[1, 2], Some("two")), |wire| {
        wire.page(&[2, 3], None);
    }]);
    assert_eq!(ids(&list(&server).await.unwrap()), [1, 2, 3]);
}

#[tokio::test]
async fn a_token_that_cannot_be_used_is_not_the_end() {
    let server = Server::script(vec![|wire| wire.page(&[1], Some("ü"))]);
    assert_eq!(
        list(&server).await.unwrap_err().kind.to_string(),
        "the answer is not a page of a listing: the token of the next page is not ASCII text"
    );
}

#[tokio::test]
async fn an_empty_page_token_ends_the_listing() {
    let server = Server::script(vec![|wire| wire.page(&[1], Some(""))]);
    assert_eq!(list(&server).await.unwrap().pages, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_page_is_asked_for_before_this_one_is_complete() {
    let (arrived, arrival) = channel();
    let (arrived, arrival) = (Mutex::new(arrived), Mutex::new(arrival));
    let server = Server::start(move |_, number, wire| {
        if number == 0 {
            let body = format!("[{}]", instance(1));
            let (early, late) = body.split_at(5);
            wire.send("HTTP/1.1 200 OK\r\nElements-Next-Page-Token: two\r\n");
            wire.send(&format!("Content-Length: {}\r\n\r\n{early}", body.len()));
            if signalled(&arrival, Duration::from_secs(3)) {
                wire.send(late);
            } else {
                wire.close();
            }
        } else {
            arrived.lock().unwrap().send(()).unwrap();
            wire.page(&[2], None);
        }
    });
    assert_eq!(ids(&list(&server).await.unwrap()), [1, 2]);
    assert_eq!(server.lines().len(), 2, "no page was asked for twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_most_two_pages_are_in_flight() {
    let (arrived, arrival) = channel();
    let (arrived, arrival) = (Mutex::new(arrived), Mutex::new(arrival));
    let server = Server::start(move |_, number, wire| {
        if number == 0 {
            wire.send(
                "HTTP/1.1 200 OK\r\nElements-Next-Page-Token: two\r\nContent-Length: 2\r\n\r\n",
            );
            assert!(signalled(&arrival, Duration::from_secs(3)), "page two is asked for");
            let third = signalled(&arrival, Duration::from_millis(150));
            wire.send(if third { "no" } else { "[]" });
        } else {
            let next = (number == 1).then_some("three");
            wire.page(&[], next);
            arrived.lock().unwrap().send(()).unwrap();
        }
    });
    assert_eq!(list(&server).await.unwrap().pages, 3);
}

#[tokio::test]
async fn a_token_that_comes_back_ends_the_listing() {
    let server = Server::start(|_, number, wire| {
        wire.page(&[1], Some(["two", "three", "two"][number % 3]));
    });
    assert_eq!(
        list(&server).await.unwrap_err().to_string(),
        "GET /instances?tags%5B%5D=ocon%3Aproject%3Da%26b&pageSize=200 (page 3) failed: the answer is \
         not a listing that ends: page 3 leads back to an earlier one"
    );
    assert_eq!(server.lines().len(), 3);
}

#[tokio::test]
async fn a_404_no_instances_found_is_an_empty_listing() {
    let server = Server::script(vec![|wire| {
        wire.json(404, r#"{"requestId":"1","message":"No element instances found"}"#);
    }]);
    let listing = list(&server).await.unwrap();
    assert_eq!((ids(&listing), listing.pages), (vec![], 1));
}

#[tokio::test]
async fn any_other_404_is_an_error() {
    let answers: [(Answer, &str); 3] = [
        (
            |wire| wire.json(404, r#"{"message":"No account found with ID 1"}"#),
            "HTTP 404 Not Found: No account found with ID 1",
        ),
        (
            |wire| wire.answer(404, &[("Content-Type", "text/html")], b"<p>No page found"),
            "HTTP 404 Not Found: HTML (text/html, 16 bytes)",
        ),
        (|wire| wire.answer(404, &[], b""), "HTTP 404 Not Found"),
    ];
    for (answer, text) in answers {
        let server = Server::script(vec![answer]);
        let error = list(&server).await.unwrap_err();
        assert_eq!(error.kind.to_string(), text);
        assert_eq!((error.status(), error.attempts), (Some(404), 1));
    }
}

#[tokio::test]
async fn only_the_values_asked_for_are_kept() {
    let server = Server::script(vec![|wire| {
        wire.json(
            200,
            r#"[{"id":1,"element":{"key":"box"},"tags":["t"],"configuration":{"a":true,"b":"s3cret","c":"********"}}]"#,
        );
    }]);
    let (client, _) = server.client();
    let keep = Projection::Only(["a".into(), "c".into(), "d".into()].into());
    let listing = client.list(&scope(), &keep).await.unwrap();
    let kept = &listing.records[0].configuration;
    let expected =
        [("a".into(), StoredValue::new(Some("true"))), ("c".into(), StoredValue::Masked)];
    assert_eq!(*kept, expected.into());
}

#[tokio::test]
async fn an_incomplete_page_is_requested_again() {
    let server = Server::start(|_, number, wire| match number {
        0 => wire.page(&[1], Some("two")),
        1 => {
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{\"id\":2,");
            wire.close();
        }
        _ => wire.page(&[2], None),
    });
    let (client, clock) = server.client();
    let listing = client.list(&scope(), &Projection::All).await.unwrap();
    assert_eq!(ids(&listing), [1, 2]);
    assert_eq!((server.lines().len(), clock.waits().len()), (3, 1));
    assert_eq!(server.lines()[1], server.lines()[2]);
}

#[tokio::test]
async fn a_page_that_keeps_coming_is_not_late() {
    let server = Server::start(|_, _, wire| {
        wire.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n");
        for piece in ["[", " ", " ", " ", " ", "]"] {
            pause(Duration::from_millis(100));
            wire.send(piece);
        }
    });
    let (client, _) = server.client_with(|settings| {
        settings.read_timeout = Duration::from_millis(400);
    });
    assert_eq!(client.list(&scope(), &Projection::All).await.unwrap().pages, 1);
    assert_eq!(client.requests(), 1);
}

#[tokio::test]
async fn a_page_that_is_twice_too_much_starts_the_listing_again_with_half_the_size() {
    let server = Server::start(|arrived, _, wire| {
        let second = arrived.line.contains("nextPage");
        if arrived.line.contains("pageSize=200") && second {
            wire.answer(429, &[("Retry-After", "5")], b"");
        } else if second {
            wire.page(&[2], None);
        } else {
            wire.page(&[1], Some("two"));
        }
    });
    let (client, clock) = server.client();
    let listing = client.list(&scope(), &Projection::All).await.unwrap();
    assert_eq!(ids(&listing), [1, 2]);
    let asked: Vec<_> = server
        .lines()
        .iter()
        .map(|line| line.split_once("pageSize=").unwrap().1.to_owned())
        .collect();
    assert_eq!(asked, ["200", "200&nextPage=two", "200&nextPage=two", "100", "100&nextPage=two"]);
    assert_eq!(clock.waits(), [Duration::from_secs(5); 2]);
}

#[tokio::test]
async fn a_page_of_one_is_repeated_like_any_other_request() {
    let server = Server::script(vec![|wire| wire.answer(429, &[], b"")]);
    let (client, _) = server.client_with(|settings| settings.page_size = 2);
    let error = client.list(&scope(), &Projection::All).await.unwrap_err();
    assert_eq!((error.status(), error.attempts), (Some(429), 5));
    let sizes: Vec<_> = server
        .lines()
        .iter()
        .map(|line| line.split_once("pageSize=").unwrap().1.to_owned())
        .collect();
    assert_eq!(sizes, ["2", "2", "1", "1", "1", "1", "1"]);
}

#[tokio::test]
async fn smaller_pages_share_one_budget() {
    let server = Server::script(vec![|wire| wire.answer(429, &[("Retry-After", "50")], b"")]);
    let (client, clock) = server.client();
    let error = client.list(&scope(), &Projection::All).await.unwrap_err();
    assert_eq!(error.status(), Some(429));
    assert_eq!(clock.waits(), [Duration::from_secs(50); 2]);
    assert_eq!(server.lines().len(), 3);
}

/// A page of the account, of so many instances in all.
fn page_of(wire: &mut Wire, ids: &[u64], total: &str, next: Option<&str>) {
    let entries: Vec<String> = ids.iter().copied().map(instance).collect();
    let token = next.map(|token| ("Elements-Next-Page-Token", token));
    let headers: Vec<_> = token.into_iter().chain([("Elements-Total-Count", total)]).collect();
    wire.answer(200, &headers, format!("[{}]", entries.join(",")).as_bytes());
}

async fn account(server: &Server) -> Result<Listing, Error> {
    server.client().0.list(&Scope::Account, &Projection::All).await
}

fn sizes(server: &Server) -> Vec<String> {
    let size = |line: String| {
        let (_, rest) = line.split_once("pageSize=").unwrap();
        rest.split('&').next().unwrap().to_owned()
    };
    server.lines().into_iter().map(size).collect()
}

/// An instance that such a listing omits would be created a second time.
#[tokio::test]
async fn a_listing_of_the_account_that_lacks_an_instance_is_read_again() {
    let server = Server::script(vec![
        |wire| page_of(wire, &[1, 2], "4", Some("two")),
        |wire| page_of(wire, &[4], "4", None),
        |wire| page_of(wire, &[1, 2, 3, 4], "4", None),
    ]);
    let listing = account(&server).await.unwrap();
    assert_eq!((ids(&listing), listing.pages), (vec![1, 2, 3, 4], 3));
    assert_eq!(sizes(&server), ["200", "200", "199"]);
}

#[tokio::test]
async fn a_total_count_that_is_wrong_each_time_is_ignored() {
    let server = Server::script(vec![|wire| page_of(wire, &[1, 2], "3", None)]);
    let listing = account(&server).await.unwrap();
    assert_eq!((ids(&listing), listing.pages), (vec![1, 2], 2));
}

#[tokio::test]
async fn a_listing_of_the_account_that_lacks_others_each_time_is_an_error() {
    let server = Server::script(vec![
        |wire| page_of(wire, &[1, 2], "3", None),
        |wire| page_of(wire, &[1, 3], "3", None),
        |wire| page_of(wire, &[2, 3], "3", None),
    ]);
    assert_eq!(
        account(&server).await.unwrap_err().to_string(),
        "GET /instances?hydrate=false failed: the account changes while it is listed: it has 2 of 3 instances, \
         and each of 3 reads missed different ones"
    );
}

#[tokio::test]
async fn a_listing_by_tag_is_read_once_whatever_the_number_is() {
    let server = Server::script(vec![|wire| page_of(wire, &[1, 2], "3", None)]);
    assert_eq!(ids(&list(&server).await.unwrap()), [1, 2]);
    assert_eq!(server.lines().len(), 1);
}

#[tokio::test]
async fn a_listing_that_begins_again_under_other_tokens_ends() {
    let server = Server::start(|_, number, wire| {
        let next = format!("token-{number}");
        wire.page(&[[1, 2], [3, 4]][number % 2], Some(&next));
    });
    assert_eq!(
        list(&server).await.unwrap_err().to_string(),
        "GET /instances?tags%5B%5D=ocon%3Aproject%3Da%26b&pageSize=200 (page 7) failed: the account changes while it \
         is listed: 3 consecutive pages have no new instance"
    );
}
