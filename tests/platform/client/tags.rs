//! Listings whose items lack the tags of their instances.

use ocon::api::{Projection, Read as _, Scope};

use super::support::{Server, id, instance};

const UNTAGGED: &str = r#"[{"id":7,"element":{"key":"a"}},{"id":8,"element":{"key":"a"}}]"#;

/// Items without tags if the query contains `hidden`. Reads by ID show no tags either.
fn server(hidden: &'static str) -> Server {
    Server::start(move |arrived, _, wire| {
        if let Some(id) = arrived.line.strip_prefix("GET /instances/") {
            wire.json(200, &format!(r#"{{"id":{id},"element":{{"key":"a"}}}}"#));
        } else if arrived.line.contains(hidden) {
            wire.json(200, UNTAGGED);
        } else {
            wire.page(&[7, 8], None);
        }
    })
}

#[tokio::test]
async fn an_account_whose_short_items_lack_tags_is_listed_with_configuration() {
    let server = server("hydrate=false");
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
async fn instances_whose_items_never_show_tags_are_read_by_their_ids() {
    for scope in [Scope::Account, Scope::Everything, Scope::Tag("t".to_owned())] {
        let server = Server::start(|arrived, _, wire| match arrived.line.as_str() {
            "GET /instances/7" => wire.json(200, &instance(7)),
            "GET /instances/8" => wire.json(200, &instance(8)),
            _ => wire.json(200, UNTAGGED),
        });
        let (client, _) = server.client();
        let listing = client.list(&scope, &Projection::All).await.unwrap();
        let tags = listing.records.iter().map(|record| (record.id, record.tags.join(",")));
        let expected = [(id(7), "t".to_owned()), (id(8), "t".to_owned())];
        assert_eq!(tags.collect::<Vec<_>>(), expected, "{scope:?}");
    }
}

#[tokio::test]
async fn one_item_without_tags_is_read_by_its_id() {
    let mixed = format!(r#"[{},{{"id":8,"element":{{"key":"a"}},"tags":null}}]"#, instance(7));
    let server = Server::start(move |arrived, _, wire| match arrived.line.as_str() {
        "GET /instances/8" => wire.json(200, &instance(8)),
        _ => wire.json(200, &mixed),
    });
    let (client, _) = server.client();
    let listing = client.list(&Scope::Tag("t".to_owned()), &Projection::All).await.unwrap();
    assert_eq!(listing.records[1].tags, ["t"]);
    assert_eq!(server.lines(), ["GET /instances?tags%5B%5D=t&pageSize=200", "GET /instances/8"]);
}

#[tokio::test]
async fn an_account_may_have_only_instances_without_tags() {
    let server = server("GET");
    let (client, _) = server.client();
    let listing = client.list(&Scope::Everything, &Projection::All).await.unwrap();
    assert_eq!(listing.records.iter().map(|record| record.id).collect::<Vec<_>>(), [id(7), id(8)]);
    let mut lines = server.lines();
    lines.sort();
    assert_eq!(lines, ["GET /instances/7", "GET /instances/8", "GET /instances?pageSize=200"]);
}

#[tokio::test]
async fn an_instance_that_the_filter_of_a_tag_finds_has_tags() {
    let server = Server::start(|arrived, _, wire| match arrived.line.as_str() {
        "GET /instances/7" => wire.json(200, &instance(7)),
        _ => wire.json(200, r#"[{"id":7,"element":{"key":"a"},"tags":[]}]"#),
    });
    let (client, _) = server.client();
    let listing = client.list(&Scope::Tag("t".to_owned()), &Projection::All).await.unwrap();
    assert_eq!(listing.records[0].tags, ["t"]);
    let listing = client.list(&Scope::Everything, &Projection::All).await.unwrap();
    assert!(listing.records[0].tags.is_empty(), "other listings show what there is");
}
