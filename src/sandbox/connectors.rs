//! The calls on connectors, which the API calls elements.
//!
//! They never change a connector, and must never check a client ID or secret: the platform passes them
//! to the provider without a check.

use serde_json::{Map, Value, json};

use super::{
    ApiRequest, AuthMethod, Connector, ErrorReply, ListOrder, ListPage, Provider, Reply,
    ReplyResult, body::no_element, catalog, provider::push_query,
};

/// Default and maximum number of connectors on a page.
const PAGE_SIZE: usize = 200;

pub(super) fn find(key_or_id: &str) -> Result<&'static Connector, ErrorReply> {
    catalog().find(key_or_id).ok_or_else(|| no_element(key_or_id))
}

/// `GET /elements`. `abridged=true` returns fewer members.
pub(super) fn list(request: &ApiRequest) -> ReplyResult {
    let all = catalog().iter().collect();
    let page =
        ListPage::select(request, all, |connector| connector.id, PAGE_SIZE, ListOrder::ById)?;
    let abridged = request.parameter("abridged") == Some("true");
    let items: Vec<_> =
        page.items.iter().map(|c| if abridged { &c.slim } else { &c.full }).collect();
    page.reply(&items)
}

/// `GET /elements/keys`.
pub(super) fn keys() -> ReplyResult {
    let keys = catalog().iter().map(|c| json!({ "id": c.id, "key": c.key, "name": c.name }));
    Reply::json(&keys.collect::<Vec<_>>())
}

/// `GET /elements/{keyOrId}`: the connector with its schema.
pub(super) fn show(connector: &Connector) -> ReplyResult {
    let mut element: Map<String, Value> = serde_json::from_str(connector.full.get())
        .map_err(|error| ErrorReply::new(500, format!("The catalog cannot be read: {error}")))?;
    element.insert("configuration".to_owned(), schema(connector));
    Reply::json(&element)
}

/// `GET /elements/{keyOrId}/configuration`: an object, not the bare list.
pub(super) fn properties(connector: &Connector) -> ReplyResult {
    let provider_data: Vec<_> = connector
        .provider_data
        .iter()
        .map(|key| json!({ "key": key, "name": key, "type": "TEXTFIELD_128", "required": true }))
        .collect();
    Reply::json(&json!({ "configuration": schema(connector), "providerData": provider_data }))
}

/// `GET /elements/{id}/metadata`.
pub(super) fn metadata(connector: &Connector) -> ReplyResult {
    let known = [("polling", connector.polling), ("webhook", connector.webhook)];
    let methods: Vec<_> = known.iter().filter(|(_, has)| *has).map(|(name, _)| name).collect();
    Reply::json(&json!({
        "id": connector.id,
        "key": connector.key,
        "name": connector.name,
        "description": format!("Add a {} instance", connector.name),
        "hub": connector.hub,
        "authenticationTypes": connector.methods,
        "events": { "supported": !methods.is_empty(), "methods": methods },
        "bulk": {},
        "discovery": {},
    }))
}

/// `GET` and `POST /elements/{keyOrId}/oauth/url`: the URL where a person grants access.
///
/// The default of `state` is the connector key. An empty scope is kept.
pub(super) fn oauth_url(
    request: &ApiRequest,
    connector: &Connector,
    base_url: &str,
) -> ReplyResult {
    if !connector.is_oauth() {
        return Err(not_supported());
    }
    let application = application(request)?;
    let given = |name| application.get(name).map(String::as_str);
    let mut url = format!("{base_url}/sandbox/authorize/{}", connector.key);
    let oauth_1 = given("requestToken").map(|token| vec![("oauth_token", Some(token))]);
    let parameters = oauth_1.unwrap_or_else(|| {
        vec![
            ("response_type", Some("code")),
            ("client_id", given("apiKey")),
            ("redirect_uri", given("callbackUrl")),
            ("scope", given("scope")),
            ("state", given("state").or(Some(&connector.key))),
        ]
    });
    push_query(&mut url, parameters.into_iter().filter_map(|(name, value)| Some((name, value?))));
    Reply::json(&json!({ "element": connector.key, "oauthUrl": url }))
}

/// `GET /elements/{keyOrId}/oauth/token`: the request token of OAuth 1.
pub(super) fn oauth_token(
    request: &ApiRequest,
    connector: &'static Connector,
    provider: &mut Provider,
) -> ReplyResult {
    if !connector.methods.contains(&AuthMethod::Oauth1) {
        return Err(not_supported());
    }
    let parameters = application(request)?;
    let given = |name| parameters.get(name).map(String::as_str).unwrap_or_default();
    let (token, secret) = provider.request_token(connector, given("apiKey"), given("callbackUrl"));
    Reply::json(&json!({ "token": token, "secret": secret }))
}

type Parameters = std::collections::BTreeMap<String, String>;

/// Parameters of the caller's OAuth application, from the query or from the body of a POST. A body keeps
/// the secret out of access logs.
fn application(request: &ApiRequest) -> Result<Parameters, ErrorReply> {
    let mut parameters: Parameters = request.query().iter().cloned().collect();
    if request.method == axum::http::Method::POST {
        let body: Map<String, Value> = request.json()?;
        let texts = body.into_iter().filter_map(|(name, value)| match value {
            Value::String(text) => Some((name, text)),
            _ => None,
        });
        parameters.extend(texts);
    }
    let required = ["apiKey", "apiSecret", "callbackUrl"];
    let missing: Vec<_> =
        required.into_iter().filter(|name| !parameters.contains_key(*name)).collect();
    if missing.is_empty() {
        return Ok(parameters);
    }
    Err(ErrorReply::bad_request(format!("Missing required parameters: {}", missing.join(", "))))
}

fn schema(connector: &Connector) -> Value {
    connector.properties.iter().map(|property| property.describe(&connector.key)).collect()
}

fn not_supported() -> ErrorReply {
    ErrorReply::bad_request("This API is not currently supported for this element")
}
