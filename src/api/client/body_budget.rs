//! Limits the memory of all reply bodies together.
//!
//! In: the limit in the settings. Out: a [`BodyMemory`] for each body, held until the body is
//! decoded. Replies have at most 8 MB (docs/platform.md#limits-and-consistency), so an eighth of the
//! limit is enough for each of eight concurrent bodies. One larger body at a time gets the rest.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The number of concurrent bodies, each with a share of the memory.
const MAX_BODIES: usize = 8;

/// The bytes that bodies may still use.
pub(super) struct BodyBudget {
    free: Arc<Semaphore>,
    /// Allows one body at a time to exceed its share. Two would wait for each other.
    large: Arc<Semaphore>,
    share: u32,
}

/// The bytes of one body. Dropping it releases them.
pub(super) struct BodyMemory {
    free: Arc<Semaphore>,
    large: Arc<Semaphore>,
    reserved: Option<OwnedSemaphorePermit>,
    /// Held by a body that exceeds its share.
    large_permit: Option<OwnedSemaphorePermit>,
}

impl BodyBudget {
    /// Allows up to `max` bytes for all bodies together.
    pub(super) fn new(max: usize) -> Self {
        let max = max.clamp(1, Semaphore::MAX_PERMITS);
        let share = u32::try_from(max / MAX_BODIES).unwrap_or(u32::MAX).max(1);
        Self { free: Arc::new(Semaphore::new(max)), large: Arc::new(Semaphore::new(1)), share }
    }

    /// Waits for the share of one body, and reserves it.
    pub(super) async fn begin(&self) -> BodyMemory {
        BodyMemory {
            // The semaphores are never closed.
            reserved: Arc::clone(&self.free).acquire_many_owned(self.share).await.ok(),
            free: Arc::clone(&self.free),
            large: Arc::clone(&self.large),
            large_permit: None,
        }
    }
}

impl BodyMemory {
    /// Waits for memory for a body of this length, and reserves it. The caller limits both the length
    /// and the wait.
    pub(super) async fn grow(&mut self, length: usize) {
        let reserved = self.reserved.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let missing = length.saturating_sub(reserved);
        if missing == 0 {
            return;
        }
        if self.large_permit.is_none() {
            self.large_permit = Arc::clone(&self.large).acquire_owned().await.ok();
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

    /// The memory for a body, if it is available immediately.
    fn begin(budget: &BodyBudget) -> Option<BodyMemory> {
        budget.begin().now_or_never()
    }

    /// Whether a body can grow to this length immediately.
    fn grows(body: &mut BodyMemory, length: usize) -> bool {
        body.grow(length).now_or_never().is_some()
    }

    #[test]
    fn eight_concurrent_bodies_share_the_limit() {
        let budget = BodyBudget::new(64 << 20);
        let mut bodies: Vec<_> =
            (0..8).map(|_| begin(&budget).expect("its share is free")).collect();
        assert!(begin(&budget).is_none(), "a ninth body waits");
        for body in &mut bodies {
            assert!(grows(body, 8 << 20) && !grows(body, (8 << 20) + 1));
        }
        bodies.truncate(6);
        assert!(grows(&mut bodies[0], 16 << 20), "a body uses memory that others released");
        assert!(!grows(&mut bodies[1], (8 << 20) + 1), "one body at a time is large");
        drop(bodies.remove(0));
        assert!(grows(&mut bodies[0], 16 << 20));
    }

    #[test]
    fn a_single_body_can_use_all_memory_and_releases_it() {
        let budget = BodyBudget::new(64 << 20);
        let mut body = begin(&budget).expect("nothing is reserved");
        assert!(grows(&mut body, 64 << 20) && !grows(&mut body, (64 << 20) + 1));
        assert!(begin(&budget).is_none());
        drop(body);
        assert_eq!(budget.free.available_permits(), 64 << 20);
    }

    #[test]
    fn an_empty_body_passes_a_limit_of_zero() {
        let mut body = begin(&BodyBudget::new(0)).expect("nothing is reserved");
        assert!(grows(&mut body, 0) && !grows(&mut body, 2));
    }
}
