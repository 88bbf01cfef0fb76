//! Requests whose answer was lost, and which the platform processes only later.
//!
//! In: a request, and how late it is processed. Out: its changes, as of the moment at which it was
//! due. What is due is done when somebody looks: nobody can see the difference. Such a request lives
//! in memory: a sandbox that ends before never processes it.

use std::time::SystemTime;

use super::faults::lag::ReplicationLag;
use super::platform::Platform;
use super::reply::ErrorReply;
use super::request::ApiRequest;
use super::routes::Route;

/// How many requests may be late at once; each can hold a body of 8 MB.
const CAPACITY: usize = 1_000;

/// A request that is processed later.
pub(super) struct PostponedRequest {
    due: SystemTime,
    request: ApiRequest,
    lag: ReplicationLag,
}

impl Platform {
    /// Refuses a late commit that could not be kept.
    pub(super) fn check_late(&self, lag: ReplicationLag) -> Result<(), ErrorReply> {
        if !lag.commit.is_zero() && self.late.len() >= CAPACITY {
            let message = format!(
                "The sandbox keeps at most {CAPACITY} late commits: write a shorter lag, or change less"
            );
            return Err(ErrorReply::new(500, message));
        }
        Ok(())
    }

    /// Keeps a request until its commit is due.
    pub(super) fn postpone(&mut self, request: &ApiRequest, lag: ReplicationLag) {
        let due = self.clock.now() + lag.commit;
        let at = self.late.partition_point(|late| late.due <= due);
        self.late.insert(at, PostponedRequest { due, request: request.clone(), lag });
    }

    /// Processes the requests whose commit is due by now, in the order in which they are due.
    pub(super) fn commit_late(&mut self) {
        let now = self.clock.now();
        while self.late.front().is_some_and(|late| late.due <= now)
            && let Some(PostponedRequest { due, request, lag }) = self.late.pop_front()
        {
            self.lag = lag;
            self.clock.show(Some(due));
            let route = request.segments().and_then(|segments| Route::parse(&segments));
            if let Err(failure) = self.answer(&request, route) {
                let reason = failure.into_message();
                tracing::debug!(path = request.path, reason, "a late request was refused");
            }
            self.clock.show(None);
            self.lag = ReplicationLag::default();
        }
    }
}
