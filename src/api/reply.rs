//! Decodes the bytes of a reply without a request, for tests with arbitrary bytes.
//!
//! In: a body. Out: the same value or [`ErrorKind`] that the client would return.

use super::wire::{self, Body};
use super::{ConnectorDescription, ErrorKind, Projection};
use crate::instance::{Record, Secret};
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
pub fn description(bytes: &[u8]) -> Result<ConnectorDescription, ErrorKind> {
    wire::description(&body(bytes))
}

/// Decodes a list of connector keys.
///
/// # Errors
/// If the body is not a list of connectors.
pub fn connectors(bytes: &[u8]) -> Result<Vec<String>, ErrorKind> {
    wire::connector_keys(&body(bytes))
}

/// Decodes the body of an error status, and removes `secrets` from its texts.
pub fn refusal(status: u16, bytes: &[u8], secrets: &[Secret]) -> ErrorKind {
    wire::refusal(status, None, &body(bytes), &Scrubber::for_reply(secrets))
}
