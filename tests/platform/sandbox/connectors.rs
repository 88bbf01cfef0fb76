//! The description of connectors in the API.

use serde_json::{Value, json};

use super::support::World;

#[tokio::test]
async fn the_catalog_is_listed_in_pages() {
    let world = World::start().await;
    let all = world.get("/elements").await;
    assert_eq!(all.as_array().unwrap().len(), 167);
    let page = world.call("GET", "/elements?pageSize=100&abridged=true").await;
    assert_eq!(page.header("elements-total-count"), Some("167"));
    let token = page.header("elements-next-page-token").unwrap().replace('=', "%3D");
    let rest = world.get(&format!("/elements?pageSize=100&nextPage={token}")).await;
    assert_eq!(rest.as_array().unwrap().len(), 67);
    let keys = world.get("/elements/keys").await;
    assert!(keys.as_array().unwrap().iter().any(|entry| entry["key"] == "hootsuite"));
}

#[tokio::test]
async fn a_connector_is_found_by_key_and_by_id() {
    let world = World::start().await;
    let by_key = world.get("/elements/hootsuite").await;
    assert_eq!(by_key, world.get("/elements/4066").await);
    assert_eq!((&by_key["id"], &by_key["typeOauth"]), (&json!(4066), &json!(true)));
    assert_eq!(by_key["hub"], "social");
    assert!(by_key["configuration"].is_array());
    let message = world.call("GET", "/elements/nosuch").await.failed(404);
    assert_eq!(message, "No element found with key nosuch");
    world.call("GET", "/elements/999999999999/metadata").await.failed(404);
    let metadata = world.get("/elements/4066/metadata").await;
    assert_eq!(metadata["events"], json!({ "supported": true, "methods": ["webhook"] }));
    assert_eq!(metadata["authenticationTypes"], json!(["oauth2"]));
}

#[tokio::test]
async fn the_schema_is_an_object_with_documented_properties() {
    let world = World::start().await;
    let schema = world.get("/elements/hubspot/configuration").await;
    assert_eq!(schema["providerData"][0]["key"], "code");
    let properties = schema["configuration"].as_array().unwrap();
    let find = |key: &str| -> &Value { properties.iter().find(|p| p["key"] == key).unwrap() };
    let choice = find("authentication.type");
    assert_eq!((&choice["type"], &choice["required"]), (&json!("COMBO"), &json!(true)));
    assert_eq!(choice["options"][0], json!({ "value": "oauth2", "description": "oauth2" }));
    let interval = find("event.poller.refresh_interval");
    assert_eq!(interval["defaultValue"], "15");
    let nulls = find("filter.response.nulls");
    assert_eq!((&nulls["type"], &nulls["hideFromConsole"]), (&json!("BOOLEAN"), &json!(true)));
    assert_eq!(find("oauth.user.token")["internal"], true);
    assert_eq!(find("oauth.api.secret")["type"], "TEXTFIELD_128");
    let created = json!({
        "element": { "key": "hubspot" }, "name": "x",
        "configuration": { "authentication.type": "apiKey", "hubspot.authorization.apikey": "k" },
    });
    let configuration = world.create(&created).await["configuration"].clone();
    for property in properties {
        let key = property["key"].as_str().unwrap();
        assert!(configuration.get(key).is_some(), "a read lacks {key}");
    }
}

#[tokio::test]
async fn the_organization_shows_its_secret() {
    let world = World::start().await;
    let organization = world.get("/organizations/me").await;
    assert_eq!(organization["secret"], world.sandbox.credentials().organization);
}
