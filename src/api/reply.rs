//! What the bytes of a reply mean, without a request: for whoever tries any bytes at all.
//!
//! In: a body. Out: what the client would make of it, or the same [`Kind`] of error.

use super::wire::{self, Body, Redaction, Refusal};
use super::{Description, Keep, Kind};
use crate::instance::{Record, Secret};

fn body(bytes: &[u8]) -> Body {
    Body::new(None, bytes.to_vec())
}

/// The body as an instance.
///
/// # Errors
/// When it is none.
pub fn instance(bytes: &[u8], keep: &Keep) -> Result<Record, Kind> {
    body(bytes).record(keep)
}

/// The body as a page of a listing.
///
/// # Errors
/// When it is none.
pub fn instances(bytes: &[u8], keep: &Keep) -> Result<Vec<Record>, Kind> {
    body(bytes).records(keep)
}

/// The body as the description of a connector.
///
/// # Errors
/// When it is none.
pub fn description(bytes: &[u8]) -> Result<Description, Kind> {
    wire::description(&body(bytes))
}

/// The body as the keys of connectors.
///
/// # Errors
/// When it is none.
pub fn connectors(bytes: &[u8]) -> Result<Vec<String>, Kind> {
    wire::connector_keys(&body(bytes))
}

/// The body as what comes with an error status, with `secrets` taken out of its texts.
pub fn refusal(status: u16, bytes: &[u8], secrets: &[Secret]) -> Kind {
    Refusal { status, request_id: None, body: &body(bytes) }.kind(&Redaction::new(secrets))
}
