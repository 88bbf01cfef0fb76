//! Where a person grants access: the first step of OAuth.
//!
//! It must never check a client ID or secret, because the platform passes them to the provider without
//! a check.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::sandbox::{
    ApiRequest, AuthMethod, ConnectorRef, ErrorReply, Provider, Reply, ReplyResult,
    provider::DEFAULT_CLIENT, provider::push_query,
};

/// Parameters of an OAuth application.
type Parameters = BTreeMap<String, String>;

/// `GET` and `POST /elements/{keyOrId}/oauth/url`.
///
/// The default of `state` is the connector key. An empty scope is kept.
pub(in crate::sandbox) fn oauth_url(
    request: &ApiRequest,
    connector: &ConnectorRef,
    base_url: &str,
) -> ReplyResult {
    check_oauth(connector)?;
    let url = authorization_url(connector, &application(request)?, base_url);
    Reply::json(&json!({ "element": connector.key(), "oauthUrl": url }))
}

/// `GET /elements/{id}/oauth/url/default`: the same for the OAuth application of the platform.
///
/// The response also has `configuration`, in OAuth 1 with the secret of the request token
/// (docs/platform.md#connectors-and-their-fields). Without `callbackUrl` the browser returns to the
/// sandbox.
pub(in crate::sandbox) fn default_oauth_url(
    request: &ApiRequest,
    connector: &ConnectorRef,
    base_url: &str,
    provider: &mut Provider,
) -> ReplyResult {
    check_oauth(connector)?;
    let callback =
        request.parameter("callbackUrl").map_or_else(|| base_url.to_owned(), str::to_owned);
    let mut parameters: Parameters = request.query().iter().cloned().collect();
    parameters.insert("apiKey".to_owned(), DEFAULT_CLIENT.to_owned());
    let mut configuration = Map::new();
    if connector.original().methods.first() == Some(&AuthMethod::Oauth1) {
        let (token, secret) =
            provider.request_token(connector.original(), DEFAULT_CLIENT, &callback);
        parameters.insert("requestToken".to_owned(), token);
        configuration.insert("secret".to_owned(), secret.into());
    }
    parameters.insert("callbackUrl".to_owned(), callback);
    let url = authorization_url(connector, &parameters, base_url);
    let element = connector.key();
    Reply::json(&json!({ "element": element, "oauthUrl": url, "configuration": configuration }))
}

/// `GET /elements/{keyOrId}/oauth/token`: the request token of OAuth 1.
pub(in crate::sandbox) fn oauth_token(
    request: &ApiRequest,
    connector: &ConnectorRef,
    provider: &mut Provider,
) -> ReplyResult {
    let original = connector.original();
    if !original.methods.contains(&AuthMethod::Oauth1) {
        return Err(not_supported());
    }
    let parameters = application(request)?;
    let given = |name| parameters.get(name).map(String::as_str).unwrap_or_default();
    let (token, secret) = provider.request_token(original, given("apiKey"), given("callbackUrl"));
    Reply::json(&json!({ "token": token, "secret": secret }))
}

fn authorization_url(connector: &ConnectorRef, application: &Parameters, base_url: &str) -> String {
    let given = |name| application.get(name).map(String::as_str);
    let mut url = format!("{base_url}/sandbox/authorize/{}", connector.original().key);
    let oauth_1 = given("requestToken").map(|token| vec![("oauth_token", Some(token))]);
    let parameters = oauth_1.unwrap_or_else(|| {
        vec![
            ("response_type", Some("code")),
            ("client_id", given("apiKey")),
            ("redirect_uri", given("callbackUrl")),
            ("scope", given("scope")),
            ("state", given("state").or(Some(connector.key()))),
        ]
    });
    push_query(&mut url, parameters.into_iter().filter_map(|(name, value)| Some((name, value?))));
    url
}

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

fn check_oauth(connector: &ConnectorRef) -> Result<(), ErrorReply> {
    if connector.original().is_oauth() { Ok(()) } else { Err(not_supported()) }
}

fn not_supported() -> ErrorReply {
    ErrorReply::bad_request("This API is not currently supported for this element")
}
