//! Waits for an instance that exists but cannot be read yet.
//!
//! The views of the platform are updated at different times. A listing or the reply to a POST may
//! contain an instance that a GET by ID does not find for a while
//! (docs/platform.md#limits-and-consistency).

use std::time::Duration;

use super::clock::Clock;
use super::error::Error;
use super::remote::{Projection, Read};
use super::stop_signal::StopSignal;
use crate::instance::{InstanceId, Record};

/// The waits before further GETs, 30 s in total.
const READ_DELAYS: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(15),
];

/// The clock for waits, and the signal that ends them early.
#[derive(Clone, Copy)]
pub struct Waiter<'a> {
    /// The clock.
    pub clock: &'a dyn Clock,
    /// The signal that asks the run to stop.
    pub stop: &'a StopSignal,
}

impl Waiter<'_> {
    /// Reads an instance that exists. Waits up to 30 s until it can be read. Returns the instance, if
    /// it was found, and the number of requests.
    ///
    /// # Errors
    /// If a request fails for another reason.
    pub async fn instance(
        &self,
        remote: &impl Read,
        id: InstanceId,
        projection: &Projection,
    ) -> Result<(Option<Record>, usize), Error> {
        let mut record = remote.instance(id, projection).await?;
        let mut reads = 1;
        for delay in READ_DELAYS {
            if record.is_some() || self.stop.is_requested() {
                break;
            }
            self.stop.pause(self.clock, delay).await;
            record = remote.instance(id, projection).await?;
            reads += 1;
        }
        Ok((record, reads))
    }
}
