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
}

#[tokio::test]
async fn the_keys_are_texts_in_pages() {
    let world = World::start().await;
    let keys = world.call("GET", "/elements/keys").await;
    assert_eq!(keys.header("elements-total-count"), Some("167"));
    let all = keys.ok();
    let all = all.as_array().unwrap();
    assert!(all.iter().all(Value::is_string) && all.contains(&json!("hootsuite")));
    let (mut paged, mut token) = (Vec::new(), Some(String::new()));
    while let Some(next) = token {
        let request = world.request("GET", "/elements/keys?pageSize=50");
        let request = request.query(&[("nextPage", &next)]);
        let page = world.send(request.header("authorization", world.authorization())).await;
        paged.extend(page.ok().as_array().unwrap().clone());
        token = page.header("elements-next-page-token").map(str::to_owned);
    }
    assert_eq!(&paged, all);
}

#[tokio::test]
async fn the_metadata_of_all_connectors_is_a_list() {
    let world = World::start().await;
    let page = world.call("GET", "/elements/metadata?pageSize=500").await;
    let all = page.ok();
    assert_eq!(all.as_array().unwrap().len(), 167);
    let hootsuite = all.as_array().unwrap().iter().find(|one| one["key"] == "hootsuite");
    assert_eq!(hootsuite, Some(&world.get("/elements/hootsuite/metadata").await));
}

#[tokio::test]
async fn metadata_has_a_map_of_resources_for_each_way_of_events() {
    let world = World::start().await;
    let types = json!(["created", "updated", "deleted"]);
    for (key, methods) in [
        ("netsuitecrmv2", vec!["polling"]),
        ("sfdc", vec!["polling", "webhook"]),
        ("box", vec!["webhook"]),
    ] {
        let events = world.get(&format!("/elements/{key}/metadata")).await["events"].clone();
        assert_eq!((&events["supported"], &events["methods"]), (&json!(true), &json!(methods)));
        for method in ["polling", "webhook"] {
            let resource = &events[method]["contacts"];
            assert_eq!(!resource.is_null(), methods.contains(&method), "{key} {method}");
            assert!(resource.is_null() || resource["eventTypes"] == types);
            assert_eq!(resource["pollUrl"].is_string(), method == "polling" && !resource.is_null());
        }
    }
    let none = world.get("/elements/stripe/metadata").await["events"].clone();
    assert_eq!(none["supported"], !none["methods"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn a_where_filters_the_connectors_or_is_refused() {
    let world = World::start().await;
    let found = async |condition: &str| {
        let request = world.request("GET", "/elements").query(&[("where", condition)]);
        world.send(request.header("authorization", world.authorization())).await
    };
    let keys = |list: &Value| -> Vec<String> {
        let list = list.as_array().unwrap().iter();
        list.map(|one| one["key"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(found("private='true'").await.ok(), json!([]));
    assert_eq!(found("extended='true'").await.ok(), json!([]));
    let named = found("key in ('box', 'sfdc','nosuch')").await;
    assert_eq!(
        (keys(&named.ok()), named.header("elements-total-count")),
        (vec!["box".into(), "sfdc".into()], Some("2"))
    );
    let copy = world.call("POST", "/elements/box/clone").await.ok();
    let copy = copy["key"].as_str().unwrap();
    assert_eq!(keys(&found("private='true'").await.ok()), [copy]);
    let both = format!("private='true' AND key in ('box','{copy}')");
    assert_eq!(keys(&found(&both).await.ok()), [copy]);
    for other in ["hub='crm'", "private='false'", "private=true", "key in (box)", "", "a AND"] {
        let message = found(other).await.failed(400);
        assert_eq!(message, format!("The condition is not supported: {other}"));
    }
}

#[tokio::test]
async fn an_export_is_the_connector_with_its_schema() {
    let world = World::start().await;
    let exported = world.get("/elements/hootsuite/export").await;
    assert_eq!(exported, world.get("/elements/4066/export?extendedOnly=true").await);
    assert_eq!(exported, world.get("/elements/hootsuite").await);
    for member in ["name", "key", "description", "authentication", "configuration"] {
        assert!(!exported[member].is_null(), "{member}");
    }
    world.call("POST", "/elements/hootsuite/export").await.failed(405);
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
    assert_eq!(metadata["events"]["methods"], json!(["webhook"]));
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
