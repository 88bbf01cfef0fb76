//! The memory for all reply bodies that are held at once.
//!
//! In: the bound of the settings. Out: a [`BodyMemory`] for each body, which it keeps until it is
//! decoded. The platform refuses replies beyond 8 MB, so an eighth of the bound is enough for any of
//! them, and eight can be read at once. One larger body at a time gets what the others leave.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The number of bodies that are read at once, each with its share.
const BODIES: usize = 8;

/// The bytes that bodies may still take.
pub(super) struct BodyBudget {
    free: Arc<Semaphore>,
    /// Lets one body at a time grow beyond its share: two would wait for each other.
    large: Arc<Semaphore>,
    share: u32,
}

/// The bytes of one body; dropping it makes them available again.
pub(super) struct BodyMemory {
    free: Arc<Semaphore>,
    large: Arc<Semaphore>,
    reserved: Option<OwnedSemaphorePermit>,
    /// Held by a body that has grown beyond its share.
    turn: Option<OwnedSemaphorePermit>,
}

impl BodyBudget {
    /// Bodies together take this number of bytes at most.
    pub(super) fn new(max: usize) -> Self {
        let max = max.clamp(1, Semaphore::MAX_PERMITS);
        let share = u32::try_from(max / BODIES).unwrap_or(u32::MAX).max(1);
        Self { free: Arc::new(Semaphore::new(max)), large: Arc::new(Semaphore::new(1)), share }
    }

    /// Reserves the share of one body, as soon as there is one.
    pub(super) async fn begin(&self) -> BodyMemory {
        BodyMemory {
            // Nobody closes the semaphores.
            reserved: Arc::clone(&self.free).acquire_many_owned(self.share).await.ok(),
            free: Arc::clone(&self.free),
            large: Arc::clone(&self.large),
            turn: None,
        }
    }
}

impl BodyMemory {
    /// Reserves memory for a body of this length, as soon as there is enough. The caller bounds both
    /// the length and the wait.
    pub(super) async fn grow(&mut self, length: usize) {
        let reserved = self.reserved.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let missing = length.saturating_sub(reserved);
        if missing == 0 {
            return;
        }
        if self.turn.is_none() {
            self.turn = Arc::clone(&self.large).acquire_owned().await.ok();
        }
        let missing = u32::try_from(missing).unwrap_or(u32::MAX);
        let more = Arc::clone(&self.free).acquire_many_owned(missing).await;
        if let (Some(reserved), Ok(more)) = (&mut self.reserved, more) {
            reserved.merge(more);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    /// The memory for a body, if it is there at once.
    fn begin(budget: &BodyBudget) -> Option<BodyMemory> {
        budget.begin().now_or_never()
    }

    /// Whether a body can be this long at once.
    fn grows(body: &mut BodyMemory, length: usize) -> bool {
        body.grow(length).now_or_never().is_some()
    }

    #[test]
    fn eight_bodies_at_once_share_the_bound() {
        let budget = BodyBudget::new(64 << 20);
        let mut bodies: Vec<_> =
            (0..8).map(|_| begin(&budget).expect("its share is free")).collect();
        assert!(begin(&budget).is_none(), "a ninth body waits");
        for body in &mut bodies {
            assert!(grows(body, 8 << 20) && !grows(body, (8 << 20) + 1));
        }
        bodies.truncate(6);
        assert!(grows(&mut bodies[0], 16 << 20), "a body takes what another one left");
        assert!(!grows(&mut bodies[1], (8 << 20) + 1), "one body at a time is large");
        drop(bodies.remove(0));
        assert!(grows(&mut bodies[0], 16 << 20));
    }

    #[test]
    fn a_body_alone_takes_all_and_gives_it_back() {
        let budget = BodyBudget::new(64 << 20);
        let mut body = begin(&budget).expect("nothing is taken");
        assert!(grows(&mut body, 64 << 20) && !grows(&mut body, (64 << 20) + 1));
        assert!(begin(&budget).is_none());
        drop(body);
        assert_eq!(budget.free.available_permits(), 64 << 20);
    }

    #[test]
    fn a_bound_of_nothing_still_lets_an_empty_body_pass() {
        let mut body = begin(&BodyBudget::new(0)).expect("nothing is taken");
        assert!(grows(&mut body, 0) && !grows(&mut body, 2));
    }
}
