//! The time that the client and `apply` use: a clock that tests replace, the signal that ends waits early,
//! and the wait for an instance that exists but cannot be read yet.

use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;

use super::{Error, Projection, Read};
use crate::instance::{InstanceId, Record};

/// A wait in progress.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Provides the time and waits.
pub trait Clock: Send + Sync {
    /// Waits for `duration`.
    fn sleep(&self, duration: Duration) -> Sleep;

    /// Completes after this time, as a signal to check on other work. Never completes on a clock
    /// that does not wait.
    fn alarm(&self, after: Duration) -> Sleep {
        let _ = after;
        Box::pin(std::future::pending())
    }

    /// The current instant, to measure durations.
    fn instant(&self) -> Instant;

    /// The current date and time, to compare with dates from a server.
    fn now(&self) -> SystemTime;
}

/// The clock of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }

    fn alarm(&self, after: Duration) -> Sleep {
        self.sleep(after)
    }

    fn instant(&self) -> Instant {
        Instant::now()
    }

    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// Asks a run to start nothing new. Work in progress is completed. Clones share the signal.
#[derive(Clone, Debug)]
pub struct StopSignal(watch::Sender<bool>);

impl Default for StopSignal {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl StopSignal {
    /// Asks the run to stop.
    pub fn request(&self) {
        self.0.send_replace(true);
    }

    pub(crate) fn is_requested(&self) -> bool {
        *self.0.borrow()
    }

    pub(crate) async fn requested(&self) {
        // This cannot fail, because `self` is the sender.
        let _ = self.0.subscribe().wait_for(|requested| *requested).await;
    }

    /// Waits for this time, or until the run is asked to stop.
    pub(crate) async fn pause(&self, clock: &dyn Clock, length: Duration) {
        let mut changes = self.0.subscribe();
        tokio::select! {
            biased;
            _ = changes.wait_for(|requested| *requested) => {}
            () = clock.sleep(length) => {}
        }
    }
}

/// The waits before further GETs, 30 s in total.
const READ_DELAYS_IN_SECONDS: [u64; 5] = [1, 2, 4, 8, 15];

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
    pub(crate) async fn instance(
        &self,
        remote: &impl Read,
        id: InstanceId,
        projection: &Projection,
    ) -> Result<(Option<Record>, usize), Error> {
        let mut record = remote.instance(id, projection).await?;
        let mut reads = 1;
        for delay in READ_DELAYS_IN_SECONDS.map(Duration::from_secs) {
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
