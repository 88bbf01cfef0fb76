//! The time limit of one attempt.

use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};

use super::request::TimeoutPolicy;
use crate::api::error::ErrorKind;

/// A time limit for a reply.
#[derive(Clone, Copy)]
pub(super) struct Deadline {
    limit: Duration,
    /// The end of the whole reply. Without it, the limit applies to each chunk.
    end: Option<Instant>,
}

impl Deadline {
    /// Starts the time limit of a policy, up to `max`.
    pub(super) fn start(policy: TimeoutPolicy, max: Duration) -> Self {
        match policy {
            TimeoutPolicy::Total(limit) => {
                let limit = limit.min(max);
                Self { limit, end: Instant::now().checked_add(limit) }
            }
            TimeoutPolicy::PerChunk(limit) => Self { limit: limit.min(max), end: None },
        }
    }

    pub(super) async fn apply<F: Future>(&self, future: F) -> Result<F::Output, ErrorKind> {
        let result = match self.end {
            Some(end) => timeout_at(end, future).await,
            None => timeout(self.limit, future).await,
        };
        result.map_err(|_| ErrorKind::Timeout { after: self.limit })
    }
}
