//! Time as the client and the apply see it: waiting goes through here, so that no test waits.

use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime};

/// A wait that ends by itself.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What tells the time and waits.
pub trait Clock: Send + Sync {
    /// Waits for `duration`.
    fn sleep(&self, duration: Duration) -> Sleep;

    /// Ends when so much time has passed, for whoever looks up from something else then. On a clock
    /// that does not wait it never does.
    fn alarm(&self, after: Duration) -> Sleep {
        let _ = after;
        Box::pin(std::future::pending())
    }

    /// The moment, for measuring how long something takes.
    fn instant(&self) -> Instant;

    /// The time of day, for dates that a server names.
    fn now(&self) -> SystemTime;
}

/// The clock of the machine.
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
