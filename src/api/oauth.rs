//! The data of an OAuth authorization.

use crate::instance::{ConnectorKey, Secret};

/// An application that is registered at a provider, and the access that it requests.
#[derive(Clone, Copy, Debug)]
pub struct OAuthApplication<'a> {
    /// The connector.
    pub connector: &'a ConnectorKey,
    /// The client ID.
    pub client_id: &'a Secret,
    /// The client secret.
    pub client_secret: &'a Secret,
    /// The URL to which the provider redirects the browser.
    pub callback: &'a str,
    /// The requested scope, or `None` for the default of the connector.
    pub scope: Option<&'a str>,
    /// The value that the provider returns with its answer.
    pub state: &'a Secret,
    /// The request token of OAuth 1.
    pub request_token: Option<&'a Secret>,
}

/// The part of a request that contains the client secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretPlacement {
    /// The body of a POST.
    InBody,
    /// The query of a GET, which is written to access logs.
    InQuery,
}

/// The request token of OAuth 1, and the secret that the create request includes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestToken {
    /// The token.
    pub token: Secret,
    /// Its secret.
    pub secret: Secret,
}
