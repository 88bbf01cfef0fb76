//! The wish that a run should end early, which somebody may have at any time.

use std::time::Duration;

use tokio::sync::watch;

use super::Clock;

/// A request to begin nothing more; what is under way is finished. Copies are about the same run.
#[derive(Clone, Debug)]
pub struct Stop(watch::Sender<bool>);

impl Default for Stop {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Stop {
    /// Asks the run to end.
    pub fn request(&self) {
        self.0.send_replace(true);
    }

    /// Whether the run was asked to end.
    pub fn is_requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until the run is asked to end.
    pub async fn requested(&self) {
        // It cannot fail: the sender is here.
        let _ = self.0.subscribe().wait_for(|requested| *requested).await;
    }

    /// Waits for so long, or until the run is asked to end: nobody is kept waiting for a wait.
    pub async fn pause(&self, clock: &dyn Clock, length: Duration) {
        let mut changes = self.0.subscribe();
        tokio::select! {
            biased;
            _ = changes.wait_for(|requested| *requested) => {}
            () = clock.sleep(length) => {}
        }
    }
}
