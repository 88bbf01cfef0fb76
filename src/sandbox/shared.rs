//! State that the tasks of the server share.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::{Platform, faults::hold::Holds};

/// State of the server. Nothing may wait while it holds the lock of the platform.
pub(super) struct Shared {
    platform: Mutex<Platform>,
    /// How long it takes to create an instance.
    pub(super) slow_post: Duration,
    /// Requests that a fault holds.
    pub(super) holds: Holds,
    /// Signals that a notification may be due.
    pub(super) wake: Notify,
    /// Signals that no notification is due or being sent.
    pub(super) idle: Notify,
}

impl Shared {
    pub(super) fn new(platform: Platform, slow_post: Duration) -> Self {
        Self {
            platform: Mutex::new(platform),
            slow_post,
            holds: Holds::default(),
            wake: Notify::new(),
            idle: Notify::new(),
        }
    }

    pub(super) fn platform(&self) -> MutexGuard<'_, Platform> {
        // Each change is applied completely, so the state is valid even after a panic.
        self.platform.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until no notification is due or being sent.
    pub(super) async fn wait_until_idle(&self) {
        loop {
            let idle = self.idle.notified();
            if self.platform().is_idle() {
                return;
            }
            idle.await;
        }
    }
}
