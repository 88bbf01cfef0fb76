//! A connector: what the platform reports about it, its OAuth authorization, and the events of its provider.

use serde_json::Value;

use crate::instance::{ConnectorKey, LiveProperty, Secret};
use crate::safe_text::bounded_line;

/// The configuration that a connector accepts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectorDescription {
    pub(crate) properties: Vec<LiveProperty>,
    /// The members of `providerData` that a create accepts.
    pub(crate) grant: Vec<String>,
}

/// An application that is registered at a provider, and the access that it requests.
#[derive(Clone, Copy, Debug)]
pub struct OAuthApplication<'a> {
    pub(crate) connector: &'a ConnectorKey,
    pub(crate) client_id: &'a Secret,
    pub(crate) client_secret: &'a Secret,
    /// The URL to which the provider redirects the browser.
    pub(crate) callback: &'a str,
    /// The requested scope, or `None` for the default of the connector.
    pub(crate) scope: Option<&'a str>,
    /// The value that the provider returns with its answer.
    pub(crate) state: &'a Secret,
    pub(crate) request_token: Option<&'a Secret>,
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
    pub(crate) token: Secret,
    pub(crate) secret: Secret,
}

/// An event, without the data that the provider sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderEvent {
    /// The ID that the platform gave it.
    pub id: String,
    /// The time at which it arrived, as the platform writes it.
    pub date: String,
    /// `NEW`, `RECEIVED`, `DISPATCHED`, `CONSUMED` or `NOTIFIED`.
    pub status: String,
    /// The changed objects.
    pub objects: Vec<ChangedObject>,
}

/// A change of one object at the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedObject {
    /// `CREATED`, `UPDATED` or `DELETED`.
    pub what: String,
    /// The type of the object.
    pub kind: String,
    /// Its ID at the provider.
    pub id: String,
}

impl ChangedObject {
    /// Reads an object as the platform writes it. Missing members become empty.
    pub(crate) fn read(object: &Value) -> Self {
        let member = |name: &str| object.get(name).map(scalar_text).unwrap_or_default();
        Self { what: member("eventType"), kind: member("objectType"), id: member("objectId") }
    }
}

/// A string on one line, or the digits of a number. Other values become empty.
pub(super) fn scalar_text(value: &Value) -> String {
    match value {
        Value::String(text) => bounded_line(text),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}
