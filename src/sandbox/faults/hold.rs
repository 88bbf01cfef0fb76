//! Requests that wait until a test releases them.
//!
//! A request whose client disconnected must still be processed after its release, as on the platform.

use tokio::sync::watch;

pub(in crate::sandbox) struct Holds(watch::Sender<HoldState>);

#[derive(Clone, Copy, Debug, Default)]
struct HoldState {
    /// Number of requests held since the last release.
    held: usize,
    /// Number of releases so far.
    releases: u64,
}

impl Default for Holds {
    fn default() -> Self {
        Self(watch::Sender::new(HoldState::default()))
    }
}

impl Holds {
    pub(in crate::sandbox) async fn hold(&self) {
        let mut changes = self.0.subscribe();
        let mut release = 0;
        self.0.send_modify(|state| {
            state.held += 1;
            release = state.releases + 1;
        });
        // Cannot fail, because `self` owns the sender.
        let _ = changes.wait_for(|state| state.releases >= release).await;
    }

    pub(in crate::sandbox) fn release(&self) {
        self.0.send_modify(|state| {
            *state = HoldState { held: 0, releases: state.releases + 1 };
        });
    }

    pub(in crate::sandbox) async fn wait_for(&self, count: usize) {
        let mut changes = self.0.subscribe();
        let _ = changes.wait_for(|state| state.held >= count).await;
    }
}
