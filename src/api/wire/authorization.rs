//! The JSON of the first OAuth steps: `/elements/{key}/oauth/url` and `/oauth/token`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Body;
use crate::api::{ErrorKind, OAuthApplication, RequestToken};
use crate::instance::Secret;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Url {
    oauth_url: String,
}

#[derive(Deserialize)]
struct Token {
    token: String,
    secret: String,
}

/// The parameters of an application, for a query or a JSON body.
pub(in crate::api) fn parameters<'a>(
    application: &'a OAuthApplication<'_>,
) -> impl Iterator<Item = (&'static str, &'a str)> {
    let always = [
        ("apiKey", application.client_id.expose()),
        ("apiSecret", application.client_secret.expose()),
        ("callbackUrl", application.callback),
        ("state", application.state.expose()),
    ];
    let token = application.request_token.map(|token| ("requestToken", token.expose()));
    let scope = application.scope.map(|scope| ("scope", scope));
    always.into_iter().chain(token).chain(scope)
}

pub(in crate::api) fn application(application: &OAuthApplication<'_>) -> Vec<u8> {
    let members: BTreeMap<_, _> = parameters(application).collect();
    serde_json::to_vec(&members).expect("maps with text keys are JSON")
}

pub(in crate::api) fn authorization_url(body: &Body) -> Result<String, ErrorKind> {
    body.parse("an authorization URL").map(|url: Url| url.oauth_url)
}

pub(in crate::api) fn request_token(body: &Body) -> Result<RequestToken, ErrorKind> {
    let Token { token, secret } = body.parse("a request token")?;
    Ok(RequestToken { token: Secret::new(token), secret: Secret::new(secret) })
}
