//! The time of a sandbox: that of the machine, and how far a test has moved it.
//!
//! In: how far to move. Out: moments. It only goes forward, and nothing here waits.

use std::time::{Duration, SystemTime};

/// A clock that can be moved forward.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    ahead: Duration,
}

impl Clock {
    /// The moment that it is in this sandbox.
    pub(super) fn now(self) -> SystemTime {
        SystemTime::now() + self.ahead
    }

    /// Moves it forward.
    pub(super) fn advance(&mut self, by: Duration) {
        self.ahead = self.ahead.saturating_add(by);
    }
}
