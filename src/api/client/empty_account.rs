//! Decides what a 404 of a listing means: an account without instances, or a wrong address.
//!
//! The platform answers 404 for an empty listing, and only some of its texts are known
//! (docs/platform.md#list-and-read). One further request for the connectors decides about other texts,
//! because only the platform has connectors.

use super::connection::{Connection, Reply};
use super::request::Method;
use super::{call, connector_keys};
use crate::api::{Error, ErrorKind, ListingFailure, wire};

/// Succeeds if the 404 is that of an account without instances.
pub(super) async fn check(connection: &Connection, reply: &Reply) -> Result<(), Error> {
    if wire::is_empty_account(&reply.body) {
        return Ok(());
    }
    if !wire::has_refusal_members(&reply.body) {
        return Err(reply.refusal(connection));
    }
    let undecided = |found: &str| {
        let refusal = Box::new(reply.refusal(connection).kind);
        let probe = format!("GET {}: {found}", connector_keys::PATH);
        reply.error(ErrorKind::Listing(ListingFailure::Undecided { refusal, probe }))
    };
    let is_platform = connection.is_platform.get_or_try_init(|| is_platform(connection)).await;
    match is_platform {
        Ok(()) => Ok(()),
        Err(error) if error.status() == Some(404) => Err(reply.refusal(connection)),
        Err(error) if error.status() == Some(401) || error.request_limit().is_some() => Err(error),
        Err(error) => Err(undecided(&error.kind.to_string())),
    }
}

/// Succeeds if the connectors can be listed, or if the platform refuses to list them: a user can lack
/// the privilege `viewElements` (docs/platform.md#errors).
async fn is_platform(connection: &Connection) -> Result<(), Error> {
    let mut request = connection.request(Method::Get, connector_keys::PATH.to_owned());
    request.url.query_pairs_mut().append_pair("pageSize", "1");
    let reply = match call::send(connection, request).await {
        Ok(reply) => reply,
        Err(error) if is_refusal_of_the_platform(&error) => return Ok(()),
        Err(error) => return Err(error),
    };
    if reply.decode(wire::connector_keys)?.value.is_empty() {
        let (expected, found) = ("a list of connectors", "it is empty".to_owned());
        return Err(reply.error(ErrorKind::Decode { expected, found }));
    }
    Ok(())
}

/// Every refusal of the platform has a request ID.
fn is_refusal_of_the_platform(error: &Error) -> bool {
    matches!(
        &error.kind,
        ErrorKind::Status { status: 403, message: Some(_), request_id: Some(_), .. }
    )
}
