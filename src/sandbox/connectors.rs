//! The calls on connectors, which the API calls elements.
//!
//! They never change a public connector. A copy of one is private and can be deleted.

pub(super) mod authorization_url;
mod filter;

use serde_json::{Map, Value, json};

use super::{
    ApiRequest, Change, ConnectorRef, ElementMembers, ErrorReply, ListOrder, ListPage,
    PrivateConnectors, Reply, ReplyResult, Storage, body::no_element,
};
use filter::ConnectorFilter;

/// Default and maximum number of connectors on a page.
const PAGE_SIZE: usize = 200;

/// The resource of which [`metadata_of`] says that it has events. The catalog has no resources.
const EVENT_RESOURCE: &str = "contacts";

/// The last poll, which the poller inserts.
const POLL_DATE: &str = "${date:yyyy-MM-dd'T'HH:mm:ss'Z'}";

pub(super) fn find(
    connectors: &PrivateConnectors,
    key_or_id: &str,
) -> Result<ConnectorRef, ErrorReply> {
    connectors.find(key_or_id).ok_or_else(|| no_element(key_or_id))
}

/// `GET /elements`. `abridged=true` returns fewer members, and `where` fewer connectors, also none.
pub(super) fn list(request: &ApiRequest, connectors: &PrivateConnectors) -> ReplyResult {
    let filter = request.parameter("where").map(ConnectorFilter::parse).transpose()?;
    let filter = filter.unwrap_or_default();
    let abridged = request.parameter("abridged") == Some("true");
    let members = if abridged { ElementMembers::Slim } else { ElementMembers::Full };
    let mut matches = connectors.all();
    matches.retain(|connector| filter.contains(connector));
    page(request, &matches, |connector| connector.element(members))
}

/// `GET /elements/keys`: texts.
pub(super) fn keys(request: &ApiRequest, connectors: &PrivateConnectors) -> ReplyResult {
    page(request, &connectors.all(), |connector| connector.key().to_owned())
}

/// `GET /elements/metadata`: the metadata of all connectors.
pub(super) fn all_metadata(request: &ApiRequest, connectors: &PrivateConnectors) -> ReplyResult {
    page(request, &connectors.all(), metadata_of)
}

fn page<T: serde::Serialize>(
    request: &ApiRequest,
    connectors: &[ConnectorRef],
    render: impl Fn(&ConnectorRef) -> T,
) -> ReplyResult {
    let all = connectors.iter().collect();
    let page = ListPage::select(request, all, ConnectorRef::id, PAGE_SIZE, ListOrder::ById)?;
    page.reply(&page.items.iter().map(|connector| render(connector)).collect::<Vec<_>>())
}

/// `GET /elements/{keyOrId}` and `GET /elements/{keyOrId}/export`: the connector with its schema.
pub(super) fn show(connector: &ConnectorRef) -> ReplyResult {
    let element = connector.element(ElementMembers::Full);
    let mut element: Map<String, Value> = serde_json::from_str(element.get())
        .map_err(|error| ErrorReply::new(500, format!("The catalog cannot be read: {error}")))?;
    element.insert("configuration".to_owned(), schema(connector));
    Reply::json(&element)
}

/// `POST /elements/{keyOrId}/clone`: adds a private copy and shows it. Any body is ignored.
pub(super) fn clone(connector: &ConnectorRef, storage: &mut Storage) -> ReplyResult {
    let copy = storage.store.new_copy(connector.original());
    storage.commit(vec![Change::AddConnector(copy.clone())])?;
    show(&ConnectorRef::Private(copy))
}

/// `DELETE /elements/{keyOrId}`. Instances keep the connector, and nobody else owns a public one.
pub(super) fn delete(connector: &ConnectorRef, storage: &mut Storage) -> ReplyResult {
    let ConnectorRef::Private(copy) = connector else {
        let message = format!("No access to the element {}", connector.key());
        return Err(ErrorReply::new(403, message));
    };
    storage.commit(vec![Change::RemoveConnector(copy.id)])?;
    Ok(Reply::empty())
}

/// `GET /elements/{keyOrId}/configuration`: an object, not the bare list.
pub(super) fn properties(connector: &ConnectorRef) -> ReplyResult {
    let members = &connector.original().provider_data;
    let provider_data: Vec<_> = members
        .iter()
        .map(|key| json!({ "key": key, "name": key, "type": "TEXTFIELD_128", "required": true }))
        .collect();
    Reply::json(&json!({ "configuration": schema(connector), "providerData": provider_data }))
}

/// `GET /elements/{id}/metadata`.
pub(super) fn metadata(connector: &ConnectorRef) -> ReplyResult {
    Reply::json(&metadata_of(connector))
}

fn metadata_of(connector: &ConnectorRef) -> Value {
    let original = connector.original();
    json!({
        "id": connector.id(),
        "key": connector.key(),
        "name": original.name,
        "description": format!("Add a {} instance", original.name),
        "hub": original.hub,
        "authenticationTypes": original.methods,
        "events": events_of(connector),
        "bulk": {},
        "discovery": {},
    })
}

/// How events arrive, with a map of resources for each way (docs/platform.md#events).
fn events_of(connector: &ConnectorRef) -> Value {
    let original = connector.original();
    let types = json!(["created", "updated", "deleted"]);
    let url =
        format!("/hubs/{}/{EVENT_RESOURCE}?where=lastModifiedDate>'{POLL_DATE}'", original.hub);
    let polled = json!({ EVENT_RESOURCE: { "eventTypes": types, "pollUrl": url } });
    let reported = json!({ EVENT_RESOURCE: { "eventTypes": types } });
    let mut events = Map::new();
    if original.polling {
        events.insert("polling".to_owned(), polled);
    }
    if original.webhook {
        events.insert("webhook".to_owned(), reported);
    }
    let methods: Vec<_> = events.keys().cloned().collect();
    events.insert("supported".to_owned(), (!methods.is_empty()).into());
    events.insert("methods".to_owned(), methods.into());
    events.into()
}

fn schema(connector: &ConnectorRef) -> Value {
    let original = connector.original();
    original.properties.iter().map(|property| property.describe(&original.key)).collect()
}
