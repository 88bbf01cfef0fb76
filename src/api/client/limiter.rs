//! Limits the number of concurrent requests: a 429 halves the limit, and it recovers slowly.
//!
//! In: the outcome of each request. Out: a [`Permit`] for the next read or write. [`Window`] is the
//! arithmetic, without clock or network. [`Limiter`] makes requests wait.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tracing::debug;

/// The number of successful requests after which the limit grows by one.
const SUCCESSES_TO_GROW: u32 = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Accepted,
    Throttled,
    /// Another outcome, which says nothing about the load.
    Other,
}

#[derive(Debug)]
struct Window {
    max: usize,
    width: usize,
    in_progress: usize,
    /// The number of successes since the limit last changed.
    accepted: u32,
    /// The number of times the limit was halved. A 429 for a request that began before the last
    /// halving is not new information.
    halvings: u32,
}

impl Window {
    fn new(max: usize) -> Self {
        let max = max.max(1);
        Self { max, width: max, in_progress: 0, accepted: 0, halvings: 0 }
    }

    /// Begins a request if the limit allows it. Returns the value to pass to [`end`](Self::end).
    fn begin(&mut self) -> Option<u32> {
        let is_allowed = self.in_progress < self.width;
        self.in_progress += usize::from(is_allowed);
        is_allowed.then_some(self.halvings)
    }

    /// Ends a request that began after this number of halvings. Returns the limit if it changed.
    fn end(&mut self, halvings: u32, outcome: Outcome) -> Option<usize> {
        self.in_progress = self.in_progress.saturating_sub(1);
        let before = self.width;
        match outcome {
            Outcome::Accepted => self.accepted += 1,
            Outcome::Throttled => self.accepted = 0,
            Outcome::Other => {}
        }
        if outcome == Outcome::Throttled && halvings == self.halvings {
            self.width = (self.width / 2).max(1);
            self.halvings = self.halvings.wrapping_add(1);
        } else if self.accepted >= SUCCESSES_TO_GROW {
            self.width = (self.width + 1).min(self.max);
            self.accepted = 0;
        }
        (self.width != before).then_some(self.width)
    }
}

/// Hands out permits for concurrent requests.
#[derive(Debug)]
pub(super) struct Limiter {
    window: Mutex<Window>,
    released: Notify,
}

impl Limiter {
    /// Allows up to `max` concurrent requests, as long as the platform accepts them.
    pub(super) fn new(max: usize) -> Self {
        Self { window: Mutex::new(Window::new(max)), released: Notify::new() }
    }

    pub(super) async fn acquire(&self) -> Permit<'_> {
        loop {
            // Created before the check, so that no release in between is missed.
            let released = self.released.notified();
            let begun = self.window().begin();
            if let Some(halvings) = begun {
                return Permit { limiter: self, halvings, outcome: Outcome::Other };
            }
            released.await;
        }
    }

    /// A panic cannot leave the window in an inconsistent state.
    fn window(&self) -> MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Permission for a request. Dropping it ends the request, even if the request was abandoned.
#[derive(Debug)]
pub(super) struct Permit<'a> {
    limiter: &'a Limiter,
    halvings: u32,
    outcome: Outcome,
}

impl Permit<'_> {
    pub(super) fn release(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let changed = self.limiter.window().end(self.halvings, self.outcome);
        if let Some(at_once) = changed {
            debug!(at_once, "pace");
        }
        self.limiter.released.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn widths(window: &mut Window, outcomes: &[Outcome]) -> Vec<usize> {
        let width = |outcome: &Outcome| {
            let halvings = window.begin().expect("nothing else is in progress");
            window.end(halvings, *outcome);
            window.width
        };
        outcomes.iter().map(width).collect()
    }

    fn begin_all(window: &mut Window, number: usize) -> Vec<u32> {
        (0..number).map(|_| window.begin().expect("the limit is not reached")).collect()
    }

    #[test]
    fn a_429_halves_the_limit_down_to_one() {
        for (max, halves) in [(4, [2, 1, 1]), (9, [4, 2, 1]), (1, [1, 1, 1]), (0, [1, 1, 1])] {
            assert_eq!(widths(&mut Window::new(max), &[Outcome::Throttled; 3]), halves);
        }
    }

    #[test]
    fn ten_successes_raise_the_limit_by_one_up_to_the_maximum() {
        let mut window = Window::new(4);
        widths(&mut window, &[Outcome::Throttled; 2]);
        let mut expected = vec![1; 9];
        expected.extend([2; 10]);
        expected.extend([3; 10]);
        expected.extend([4; 20]);
        assert_eq!(widths(&mut window, &[Outcome::Accepted; 49]), expected);
    }

    #[test]
    fn a_429_restarts_the_count_of_successes_and_other_failures_do_not() {
        let mut window = Window::new(4);
        widths(&mut window, &[Outcome::Throttled; 2]);
        widths(&mut window, &[Outcome::Accepted; 9]);
        assert_eq!(widths(&mut window, &[Outcome::Throttled, Outcome::Accepted]), [1, 1]);
        assert_eq!(widths(&mut window, &[Outcome::Accepted; 8]), [1; 8]);
        assert_eq!(widths(&mut window, &[Outcome::Other, Outcome::Accepted]), [1, 2]);
    }

    /// One overload affects all requests in progress. Halving for each would stop the run.
    #[test]
    fn a_request_that_began_before_a_halving_does_not_halve_again() {
        let mut window = Window::new(8);
        let begun = begin_all(&mut window, 8);
        assert_eq!(window.begin(), None);
        let changes: Vec<_> =
            begun.into_iter().map(|begun| window.end(begun, Outcome::Throttled)).collect();
        assert_eq!(changes, [Some(4), None, None, None, None, None, None, None]);
        assert_eq!(widths(&mut window, &[Outcome::Throttled]), [2]);
    }

    #[test]
    fn no_request_begins_until_enough_have_ended() {
        let mut window = Window::new(4);
        let begun = begin_all(&mut window, 4);
        window.end(begun[0], Outcome::Throttled);
        assert_eq!(window.begin(), None, "three in progress, two allowed");
        window.end(begun[1], Outcome::Other);
        assert_eq!(window.begin(), None, "two in progress, two allowed");
        window.end(begun[2], Outcome::Other);
        assert!(window.begin().is_some());
    }

    #[tokio::test]
    async fn a_dropped_permit_allows_another_request() {
        let limiter = Limiter::new(1);
        let first = limiter.acquire().await;
        let second = async {
            limiter.acquire().await.release(Outcome::Accepted);
        };
        let abandon = async {
            tokio::task::yield_now().await;
            drop(first);
        };
        tokio::join!(second, abandon);
        assert_eq!(limiter.window().in_progress, 0);
    }
}
