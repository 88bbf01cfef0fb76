//! The time that the client and `apply` use. Tests replace it, so that no test waits.

use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime};

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
