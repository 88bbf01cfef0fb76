//! The first steps of OAuth on the wire: `/elements/{key}/oauth/url` and `/oauth/token`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Body;
use crate::api::Kind;
use crate::api::client::Application;
use crate::instance::Secret;

/// The first token of OAuth 1, with the secret that the create sends along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestToken {
    /// The token.
    pub token: Secret,
    /// Its secret.
    pub secret: Secret,
}

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

/// What describes an application, as query parameters and as members.
pub(in crate::api) fn parameters<'a>(
    application: &'a Application<'_>,
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

pub(in crate::api) fn application(application: &Application<'_>) -> Vec<u8> {
    let members: BTreeMap<_, _> = parameters(application).collect();
    serde_json::to_vec(&members).expect("maps with text keys are JSON")
}

pub(in crate::api) fn authorization_url(body: &Body) -> Result<String, Kind> {
    body.parse("an address to authorize at").map(|url: Url| url.oauth_url)
}

pub(in crate::api) fn request_token(body: &Body) -> Result<RequestToken, Kind> {
    let Token { token, secret } = body.parse("a request token")?;
    Ok(RequestToken { token: Secret::new(token), secret: Secret::new(secret) })
}
