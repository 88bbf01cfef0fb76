//! Listings whose items lack the tags of their instances.

use ocon::api::{Projection, Read as _, Scope};

use super::support::{Server, id, instance};

const UNTAGGED: &str = r#"[{"id":7,"element":{"key":"a"}},{"id":8,"element":{"key":"a"}}]"#;

/// Items without tags if the query contains `hidden`. A read by ID shows the tags of `by_id`.
fn server(hidden: &'static str, by_id: &'static str) -> Server {
    Server::start(move |arrived, _, wire| {
        if arrived.line.contains("/instances/") {
            wire.json(200, by_id);
        } else if arrived.line.contains(hidden) {
            wire.json(200, UNTAGGED);
        } else {
            wire.page(&[7, 8], None);
        }
    })
}

#[tokio::test]
async fn an_account_whose_short_items_lack_tags_is_listed_with_configuration() {
    let server = server("hydrate=false", "");
    let (client, _) = server.client();
    for _ in 0..2 {
        let listing = client.list(&Scope::Account, &Projection::All).await.unwrap();
        assert!(listing.records.iter().all(|record| record.tags == ["t"]), "{listing:?}");
    }
    let (short, full) =
        ("GET /instances?hydrate=false&pageSize=200", "GET /instances?pageSize=200");
    assert_eq!(server.lines(), [short, full, full]);
}

#[tokio::test]
async fn a_listing_that_never_shows_tags_is_an_error() {
    let by_id = r#"{"id":7,"element":{"key":"a"},"tags":["ocon:project=a"]}"#;
    let server = server("GET", by_id);
    let (client, _) = server.client();
    for scope in [Scope::Account, Scope::Everything, Scope::Tag("t".to_owned())] {
        let error = client.list(&scope, &Projection::All).await.unwrap_err();
        let text = "no item of the listing shows tags, but instance 7 has tags";
        assert!(error.to_string().ends_with(text), "{error}");
    }
}

#[tokio::test]
async fn an_account_may_have_only_instances_without_tags() {
    let server = server("GET", r#"{"id":7,"element":{"key":"a"}}"#);
    let (client, _) = server.client();
    let listing = client.list(&Scope::Everything, &Projection::All).await.unwrap();
    assert_eq!(listing.records.iter().map(|record| record.id).collect::<Vec<_>>(), [id(7), id(8)]);
    assert_eq!(server.lines(), ["GET /instances?pageSize=200", "GET /instances/7"]);
}

#[tokio::test]
async fn one_item_with_tags_shows_that_the_others_have_none() {
    let mixed = format!("[{},{}]", instance(7), r#"{"id":8,"element":{"key":"a"}}"#);
    let server = Server::start(move |_, _, wire| wire.json(200, &mixed));
    let (client, _) = server.client();
    assert_eq!(client.list(&Scope::Account, &Projection::All).await.unwrap().records.len(), 2);
    assert_eq!(server.lines(), ["GET /instances?hydrate=false&pageSize=200"]);
}
