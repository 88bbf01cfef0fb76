//! Requests whose reply is lost and that the platform processes later.
//!
//! They are processed when the next request arrives, which no client can distinguish from the exact
//! moment. They are only in memory: a sandbox that stops earlier never processes them.

use std::collections::VecDeque;
use std::time::SystemTime;

use super::{ApiRequest, ErrorReply, ReplicationLag};

/// Maximum number of postponed requests. Each can have a body of 8 MB.
const CAPACITY: usize = 1_000;

pub(super) struct PostponedRequest {
    pub(super) due: SystemTime,
    pub(super) request: ApiRequest,
    pub(super) lag: ReplicationLag,
}

/// Postponed requests, by the time when they are due.
#[derive(Default)]
pub(super) struct PostponedRequests(VecDeque<PostponedRequest>);

impl PostponedRequests {
    pub(super) fn check(&self, lag: ReplicationLag) -> Result<(), ErrorReply> {
        if lag.commit.is_zero() || self.0.len() < CAPACITY {
            return Ok(());
        }
        let message = format!(
            "The sandbox keeps at most {CAPACITY} late commits: write a shorter lag, or change less"
        );
        Err(ErrorReply::new(500, message))
    }

    pub(super) fn push(&mut self, request: &ApiRequest, lag: ReplicationLag, now: SystemTime) {
        let due = now + lag.commit;
        let at = self.0.partition_point(|postponed| postponed.due <= due);
        self.0.insert(at, PostponedRequest { due, request: request.clone(), lag });
    }

    pub(super) fn pop_due(&mut self, now: SystemTime) -> Option<PostponedRequest> {
        self.0.pop_front_if(|postponed| postponed.due <= now)
    }
}
