//! Listings whose page tokens expire, and listings beyond their bounds.

use std::time::Duration;

use ocon::api::{Error, Listing, Projection, Read as _, Scope};

use super::support::{Server, Wire, pause};

async fn account(server: &Server) -> Result<Listing, Error> {
    server.client().0.list(&Scope::Account, &Projection::All).await
}

fn ids(listing: &Listing) -> Vec<u64> {
    listing.records.iter().map(|record| record.id.get()).collect()
}

fn refuse(wire: &mut Wire, status: u16) {
    wire.json(status, r#"{"message":"nextPage is not valid"}"#);
}

#[tokio::test]
async fn a_page_token_that_expired_starts_the_listing_again_from_its_first_page() {
    for status in [400, 404, 410] {
        let server = Server::start(move |_, number, wire| match number {
            0 => wire.page(&[1], Some("old")),
            1 => refuse(wire, status),
            2 => wire.page(&[1, 2], Some("new")),
            _ => wire.page(&[3], None),
        });
        let listing = account(&server).await.unwrap();
        assert_eq!((ids(&listing), listing.pages), (vec![1, 2, 3], 4), "{status}");
        let first = "GET /instances?hydrate=false&pageSize=200";
        let next = |token| format!("{first}&nextPage={token}");
        assert_eq!(server.lines(), [first.into(), next("old"), first.into(), next("new")]);
    }
}

#[tokio::test]
async fn a_page_token_that_expires_again_is_an_error() {
    let server = Server::start(|_, number, wire| match number {
        0 | 2 => wire.page(&[1], Some("two")),
        _ => refuse(wire, 400),
    });
    assert_eq!(
        account(&server).await.unwrap_err().to_string(),
        "GET /instances?hydrate=false&pageSize=200 (page 2) failed: the platform refused a page token \
         again after the listing was restarted: HTTP 400 Bad Request: nextPage is not valid"
    );
    assert_eq!(server.lines().len(), 4);
}

#[tokio::test]
async fn a_first_page_that_is_refused_is_not_requested_again() {
    let server = Server::script(vec![|wire| refuse(wire, 400)]);
    assert_eq!(account(&server).await.unwrap_err().status(), Some(400));
    assert_eq!(server.lines().len(), 1);
}

#[tokio::test]
async fn the_end_of_a_listing_is_not_an_expired_token() {
    let server = Server::start(|_, number, wire| match number {
        0 => wire.page(&[1], Some("two")),
        _ => wire.json(404, r#"{"message":"No element instances found"}"#),
    });
    assert_eq!(ids(&account(&server).await.unwrap()), [1]);
    assert_eq!(server.lines().len(), 2);
}

#[tokio::test]
async fn all_pages_of_a_listing_together_have_a_bound_in_bytes() {
    let server = Server::start(|_, number, wire| {
        wire.page(&[number as u64 + 1], Some(&format!("token-{number}")));
    });
    let (client, _) = server.client_with(|settings| settings.max_listing = 1000);
    let error = client.list(&Scope::Account, &Projection::All).await.unwrap_err().to_string();
    let end = "failed: the listing is larger than 1000 bytes";
    assert!(error.starts_with("GET /instances?hydrate=false&pageSize=200 (page "), "{error}");
    assert!(error.ends_with(end), "{error}");
}

#[tokio::test]
async fn all_pages_of_a_listing_together_have_a_bound_in_time() {
    let server = Server::start(|_, number, wire| {
        pause(Duration::from_millis(50));
        wire.page(&[number as u64 + 1], Some(&format!("token-{number}")));
    });
    let (client, _) = server.client_with(|settings| {
        settings.listing_timeout = Duration::from_millis(200);
    });
    assert_eq!(
        client.list(&Scope::Account, &Projection::All).await.unwrap_err().to_string(),
        "GET /instances?hydrate=false failed: the listing is not complete after 200 ms"
    );
}
