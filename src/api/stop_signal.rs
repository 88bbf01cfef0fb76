//! A signal that asks a run to stop early.

use std::time::Duration;

use tokio::sync::watch;

use super::clock::Clock;

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

    /// Whether the run was asked to stop.
    pub fn is_requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until the run is asked to stop.
    pub async fn requested(&self) {
        // This cannot fail, because `self` is the sender.
        let _ = self.0.subscribe().wait_for(|requested| *requested).await;
    }

    /// Waits for this time, or until the run is asked to stop.
    pub async fn pause(&self, clock: &dyn Clock, length: Duration) {
        let mut changes = self.0.subscribe();
        tokio::select! {
            biased;
            _ = changes.wait_for(|requested| *requested) => {}
            () = clock.sleep(length) => {}
        }
    }
}
