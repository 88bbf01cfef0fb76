//! Lists: filters, pages, order, and how much of an instance they show.

use std::collections::BTreeSet;

use ocon::sandbox::SandboxOptions;
use serde_json::{Value, json};

use super::support::{Reply, World, servicenow};

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

/// Follows the tokens to the end and returns the pages.
async fn pages(world: &World, query: &str) -> Vec<Reply> {
    let mut pages = Vec::new();
    let mut token = Some(String::new());
    while let Some(next) = token {
        let request = world.request("GET", &format!("/instances?{query}"));
        let request = request.query(&[("nextPage", &next)]);
        let page = world.send(request.header("authorization", world.authorization())).await;
        assert_eq!(page.status, 200, "{}", page.text);
        token = page.header("elements-next-page-token").map(str::to_owned);
        pages.push(page);
    }
    pages
}

fn seed(index: usize) -> Value {
    let mut body = servicenow(&format!("Instance {index}"));
    body["tags"] = json!(["all", if index.is_multiple_of(2) { "even" } else { "odd" }, "x y+z"]);
    body
}

#[tokio::test]
async fn nothing_found_is_a_404_and_not_an_empty_list() {
    let world = World::start().await;
    for path in ["/instances", "/accounts/instances", "/elements/hootsuite/instances"] {
        let message = world.call("GET", path).await.failed(404);
        assert_eq!(message, "No element instances found");
    }
    world.create(&servicenow("One")).await;
    world.call("GET", "/instances?tags[]=none").await.failed(404);
    world.call("GET", "/elements/hootsuite/instances").await.failed(404);
    let message = world.call("GET", "/elements/nosuch/instances").await.failed(404);
    assert_eq!(message, "No element found with key nosuch");
}

#[tokio::test]
async fn filters_narrow_together() {
    let world = World::start().await;
    world.sandbox.seed(6, seed).unwrap();
    let even = world.get("/instances?tags[]=even").await;
    assert_eq!(names(&even), ["Instance 0", "Instance 2", "Instance 4"]);
    assert_eq!(world.get("/instances?tags%5B%5D=even&tags%5B%5D=all").await, even);
    assert_eq!(world.get("/instances?tags[]=even&tags[]=x%20y%2Bz&nextPage=").await, even);
    world.call("GET", "/instances?tags[]=even&tags[]=odd").await.failed(404);
    world.call("GET", "/instances?tags[]=EVEN").await.failed(404);
    assert_eq!(names(&world.get("/instances?searchText=stance+4").await), ["Instance 4"]);
    assert_eq!(world.get("/instances?searchText=servicenow&tags[]=even").await, even);
    world.call("GET", "/instances?searchText=4&tags[]=odd").await.failed(404);
    assert_eq!(world.get("/elements/145/instances?tags[]=even").await, even);
}

#[tokio::test]
async fn pages_cover_everything_once_and_count_it() {
    let world = World::start().await;
    world.sandbox.seed(7, seed).unwrap();
    let pages = pages(&world, "pageSize=3&hydrate=false").await;
    let counts: Vec<_> = pages.iter().map(|p| p.header("elements-returned-count")).collect();
    assert_eq!(counts, [Some("3"), Some("3"), Some("1")]);
    assert!(pages.iter().all(|page| page.header("elements-total-count") == Some("7")));
    assert!(pages.iter().all(|page| page.header("elements-error").is_none()));
    let ids: Vec<_> = pages
        .iter()
        .flat_map(|page| page.json().as_array().unwrap().clone())
        .map(|item| item["id"].as_u64().unwrap())
        .collect();
    assert_eq!(ids, (20931..20938).collect::<Vec<_>>(), "by id");
    for bad in ["nextPage=1", "nextPage=%00", "nextPage=MTox%21", "pageSize=0", "pageSize=ten"] {
        world.call("GET", &format!("/instances?{bad}")).await.failed(400);
    }
}

#[tokio::test]
async fn a_page_follows_the_last_item_even_when_instances_come_and_go() {
    let world = World::start().await;
    world.sandbox.seed(4, seed).unwrap();
    let first = world.call("GET", "/instances?pageSize=2").await;
    let token = first.header("elements-next-page-token").unwrap().replace('=', "%3D");
    assert_eq!(world.call("DELETE", "/instances/20931").await.status, 200);
    assert_eq!(world.call("DELETE", "/instances/20932").await.status, 200);
    let second = world.get(&format!("/instances?pageSize=2&nextPage={token}")).await;
    assert_eq!(names(&second), ["Instance 2", "Instance 3"]);
}

#[tokio::test]
async fn a_page_size_that_is_too_large_is_clamped_with_a_warning() {
    let world = World::start().await;
    world.sandbox.seed(201, seed).unwrap();
    let page = world.call("GET", "/instances?pageSize=500&hydrate=false").await;
    assert_eq!(page.header("elements-returned-count"), Some("200"));
    assert!(page.header("elements-error").unwrap().contains("200"));
    let page = world.call("GET", "/instances?hydrate=false").await;
    assert_eq!(page.header("elements-returned-count"), Some("200"));
    assert_eq!(page.header("elements-error"), None);
    let page = world.call("GET", "/elements?pageSize=1000").await;
    assert_eq!(page.header("elements-returned-count"), Some("167"));
    assert!(page.header("elements-error").is_some());
}

#[tokio::test]
async fn lists_show_less_than_a_single_read() {
    let world = World::start().await;
    let created = world.create(&servicenow("One")).await;
    let hydrated = &world.get("/instances").await[0];
    assert_eq!(hydrated["configuration"], created["configuration"]);
    let slim = &world.get("/instances?hydrate=false").await[0];
    assert!(slim.get("configuration").is_none());
    for member in ["id", "name", "token", "tags", "valid", "disabled", "createdDate"] {
        assert_eq!(slim[member], created[member], "{member}");
    }
    assert_eq!(slim["element"]["authentication"]["type"], "basic");
    let account = &world.get("/accounts/instances").await[0];
    assert_eq!(account["configuration"], json!({}));
    assert_eq!(account["element"]["key"], "servicenow");
    assert!(account.get("tags").is_none());
}

#[tokio::test]
async fn a_shuffled_listing_changes_its_order_and_loses_nothing() {
    let world =
        World::with(SandboxOptions { shuffle: true, page_size: 7, ..SandboxOptions::default() })
            .await;
    let expected: BTreeSet<_> = world.sandbox.seed(50, seed).unwrap().into_iter().collect();
    let mut orders = BTreeSet::new();
    let mut tag_orders = BTreeSet::new();
    for _ in 0..4 {
        let pages = pages(&world, "tags[]=all").await;
        assert_eq!(pages.len(), 8);
        let items: Vec<_> =
            pages.iter().flat_map(|page| page.json().as_array().unwrap().clone()).collect();
        let ids: Vec<_> = items.iter().map(|item| item["id"].as_u64().unwrap()).collect();
        assert_eq!(ids.len(), expected.len());
        assert_eq!(ids.iter().copied().collect::<BTreeSet<_>>(), expected);
        orders.insert(ids);
        tag_orders.extend(items.iter().map(|item| item["tags"].to_string()));
    }
    assert!(orders.len() > 1, "four listings in one order");
    assert!(tag_orders.len() > 2, "tags in one order");
}
