//! Decodes the bytes of a reply without a request, for tests with arbitrary bytes.
//!
//! In: a body. Out: the same value or [`ErrorKind`] that the client would return.

use super::wire::{self, Body};
use super::{ConnectorDescription, ErrorKind, Projection, ProviderEvent, Reading, RequestToken};
use crate::instance::{ConnectorKey, Record, Secret};
use crate::scrub::Scrubber;

fn body(bytes: &[u8]) -> Body {
    Body::new(None, bytes.to_vec())
}

/// Decodes an instance.
///
/// # Errors
/// If the body is not an instance.
pub fn instance(bytes: &[u8], projection: &Projection) -> Result<Record, ErrorKind> {
    wire::record(&body(bytes), projection)
}

/// Decodes a page of a listing.
///
/// # Errors
/// If the body is not a page of a listing.
pub fn instances(bytes: &[u8], projection: &Projection) -> Result<Vec<Record>, ErrorKind> {
    wire::records(&body(bytes), projection)
}

/// Decodes the description of a connector.
///
/// # Errors
/// If the body is not a description.
pub fn description(bytes: &[u8]) -> Result<Reading<ConnectorDescription>, ErrorKind> {
    wire::description(&body(bytes))
}

/// Decodes a page of connector keys.
///
/// # Errors
/// If the body is not a list of connectors.
pub fn connectors(bytes: &[u8]) -> Result<Reading<Vec<ConnectorKey>>, ErrorKind> {
    wire::connector_keys(&body(bytes))
}

/// Decodes the events of an instance.
///
/// # Errors
/// If the body is not a list of events.
pub fn events(bytes: &[u8]) -> Result<Reading<Vec<ProviderEvent>>, ErrorKind> {
    wire::events(&body(bytes))
}

/// Decodes the URL where a person grants access.
///
/// # Errors
/// If the body has no such URL.
pub fn authorization_url(bytes: &[u8]) -> Result<String, ErrorKind> {
    wire::authorization_url(&body(bytes))
}

/// Decodes a request token of OAuth 1.
///
/// # Errors
/// If the body is not a request token.
pub fn request_token(bytes: &[u8]) -> Result<RequestToken, ErrorKind> {
    wire::request_token(&body(bytes))
}

/// Whether a 404 with this body is the answer to a listing without instances.
pub fn is_empty_listing(bytes: &[u8]) -> bool {
    wire::is_empty_listing(&body(bytes))
}

/// Decodes the body of an error status, and removes `secrets` from its texts.
pub fn refusal(status: u16, bytes: &[u8], secrets: &[Secret]) -> ErrorKind {
    wire::refusal(status, None, &body(bytes), &Scrubber::for_reply(secrets))
}
