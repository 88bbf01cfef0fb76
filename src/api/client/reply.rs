//! A complete reply.

use super::body_budget::BodyMemory;
use super::connection::Connection;
use super::request::Request;
use crate::api::wire::{self, Body};
use crate::api::{Error, ErrorKind};

/// A reply with the request that it answers. Its status is a success, or a 404 that the request
/// expects.
pub(super) struct Reply {
    pub(super) request: Request,
    pub(super) body: Body,
    /// Reserved as long as the body exists.
    #[expect(dead_code, reason = "dropping it releases the memory")]
    pub(super) memory: BodyMemory,
    pub(super) attempts: u32,
    pub(super) status: u16,
    pub(super) request_id: Option<String>,
}

impl Reply {
    /// Whether the status is not 404.
    pub(super) fn is_found(&self) -> bool {
        self.status != 404
    }

    pub(super) fn decode<T>(
        &self,
        decode: impl FnOnce(&Body) -> Result<T, ErrorKind>,
    ) -> Result<T, Error> {
        decode(&self.body).map_err(|kind| self.error(kind))
    }

    /// Decodes the body, or returns `None` if the platform reports that the object does not exist.
    pub(super) fn decode_if_found<T>(
        &self,
        connection: &Connection,
        decode: impl FnOnce(&Body) -> Result<T, ErrorKind>,
    ) -> Result<Option<T>, Error> {
        if self.is_found() {
            self.decode(decode).map(Some)
        } else if wire::is_refusal(&self.body) {
            Ok(None)
        } else {
            Err(self.refusal(connection))
        }
    }

    /// The error of a 404.
    pub(super) fn refusal(&self, connection: &Connection) -> Error {
        let scrubber = connection.scrubber(&self.request);
        let request_id = self.request_id.as_deref();
        self.error(wire::refusal(self.status, request_id, &self.body, &scrubber))
    }

    pub(super) fn error(&self, kind: ErrorKind) -> Error {
        self.request.error(self.attempts, kind)
    }
}
