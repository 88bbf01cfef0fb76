//! Waiting for an instance that exists and cannot be read yet.
//!
//! The platform shows a change in one view sooner than in another: a listing, or the reply to a
//! POST, may name an instance that GET by ID does not find for a while.

use std::time::Duration;

use super::{Clock, Error, Keep, Read, Stop};
use crate::instance::{InstanceId, Record};

/// The waits before another GET, 30 s in all.
const READ_DELAYS: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(15),
];

/// What waits, and what ends a wait early.
#[derive(Clone, Copy)]
pub struct Waiting<'a> {
    /// Time.
    pub clock: &'a dyn Clock,
    /// Set by whoever wants the run to end early.
    pub stop: &'a Stop,
}

impl Waiting<'_> {
    /// Reads an instance that exists, and waits up to 30 s until it can be read. Returns it, if it
    /// showed up, and the number of requests.
    ///
    /// # Errors
    /// When a request fails otherwise.
    pub async fn instance(
        &self,
        remote: &impl Read,
        id: InstanceId,
        keep: &Keep,
    ) -> Result<(Option<Record>, usize), Error> {
        let mut record = remote.instance(id, keep).await?;
        let mut reads = 1;
        for delay in READ_DELAYS {
            if record.is_some() || self.stop.is_requested() {
                break;
            }
            self.stop.pause(self.clock, delay).await;
            record = remote.instance(id, keep).await?;
            reads += 1;
        }
        Ok((record, reads))
    }
}
