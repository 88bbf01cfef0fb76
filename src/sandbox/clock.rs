//! The time of a sandbox. It only moves forward, and nothing here waits.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Where a sandbox reads the time. The default is the clock of the machine.
///
/// The time of a source must not go backward. Delays of a request (`delay:`, `drip:`,
/// `SandboxOptions::slow_post`) always use the clock of the machine.
#[derive(Clone)]
pub struct TimeSource(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl TimeSource {
    /// Creates a source that calls `now` for each timestamp.
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

#[derive(Clone, Debug, Default)]
pub(super) struct SandboxClock {
    source: TimeSource,
    ahead: Duration,
    /// Time that the clock shows while an overdue request is processed.
    pub(super) fixed: Option<SystemTime>,
}

impl SandboxClock {
    pub(super) fn new(source: TimeSource) -> Self {
        Self { source, ..Self::default() }
    }

    pub(super) fn now(&self) -> SystemTime {
        self.fixed.unwrap_or_else(|| (self.source.0)() + self.ahead)
    }

    pub(super) fn advance(&mut self, by: Duration) {
        self.ahead = self.ahead.saturating_add(by);
    }
}
