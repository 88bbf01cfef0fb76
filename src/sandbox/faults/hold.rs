//! Requests that wait until somebody lets them go on.
//!
//! In: requests to be held, and the word to release them. Out: who waits for a request to be held is
//! told so at once, without asking again and again. It must never forget a request whose client went
//! away: on the platform, too, it is carried out.

use tokio::sync::watch;

/// The requests that are held.
pub(in crate::sandbox) struct Holds(watch::Sender<State>);

#[derive(Clone, Copy, Debug, Default)]
struct State {
    /// How many are held.
    held: usize,
    /// How often all of them were released.
    releases: u64,
}

impl Default for Holds {
    fn default() -> Self {
        Self(watch::Sender::new(State::default()))
    }
}

impl Holds {
    /// Waits until the next release.
    pub(in crate::sandbox) async fn hold(&self) {
        let mut changes = self.0.subscribe();
        let mut release = 0;
        self.0.send_modify(|state| {
            state.held += 1;
            release = state.releases + 1;
        });
        // It cannot fail: the sender is here.
        let _ = changes.wait_for(|state| state.releases >= release).await;
    }

    /// Lets those that are held go on.
    pub(in crate::sandbox) fn release(&self) {
        self.0.send_modify(|state| {
            *state = State { held: 0, releases: state.releases + 1 };
        });
    }

    /// Waits until so many are held.
    pub(in crate::sandbox) async fn held(&self, count: usize) {
        let mut changes = self.0.subscribe();
        let _ = changes.wait_for(|state| state.held >= count).await;
    }
}
