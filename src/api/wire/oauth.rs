//! The JSON of the first OAuth steps (`/elements/{key}/oauth/url` and `/elements/{key}/oauth/token`).

use std::collections::BTreeMap;

use super::Body;
use super::node::{decode, string, text};
use crate::api::{ErrorKind, OAuthApplication, RequestToken};
use crate::instance::Secret;

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
    decode(body, "an authorization URL", |reply| {
        reply.object()?;
        reply.required("oauthUrl", string)
    })
}

pub(in crate::api) fn request_token(body: &Body) -> Result<RequestToken, ErrorKind> {
    decode(body, "a request token", |reply| {
        reply.object()?;
        let secret = |name| reply.required(name, text).map(Secret::new);
        Ok(RequestToken { token: secret("token")?, secret: secret("secret")? })
    })
}
