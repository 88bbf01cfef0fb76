//! The time of a sandbox: that of its source, and how far a test has moved it.
//!
//! In: a source of time, and how far to move. Out: moments. It only goes forward, and nothing here
//! waits.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Where a sandbox reads the time: the machine by default. A test that has its own time gives
/// its own source.
///
/// The time of a source must not go back. Delays of a request (`delay:`, `drip:`,
/// `SandboxOptions::slow_post`) are always those of the machine.
#[derive(Clone)]
pub struct TimeSource(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl TimeSource {
    /// A source that calls `now` for each moment.
    pub fn new(now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }
}

impl Default for TimeSource {
    fn default() -> Self {
        Self::new(SystemTime::now)
    }
}

impl fmt::Debug for TimeSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TimeSource").finish_non_exhaustive()
    }
}

/// A clock that can be moved forward.
#[derive(Clone, Debug, Default)]
pub(super) struct SandboxClock {
    source: TimeSource,
    ahead: Duration,
    /// The moment at which something was due that is done now.
    due: Option<SystemTime>,
}

impl SandboxClock {
    /// A clock that shows the time of `source`.
    pub(super) fn new(source: TimeSource) -> Self {
        Self { source, ahead: Duration::ZERO, due: None }
    }

    /// The moment that it is in this sandbox.
    pub(super) fn now(&self) -> SystemTime {
        self.due.unwrap_or_else(|| (self.source.0)() + self.ahead)
    }

    /// Moves it forward.
    pub(super) fn advance(&mut self, by: Duration) {
        self.ahead = self.ahead.saturating_add(by);
    }

    /// Shows the moment at which something was due, or the time again.
    pub(super) fn show(&mut self, due: Option<SystemTime>) {
        self.due = due;
    }
}
