//! How many requests wait for the platform at once: fewer where it says that it is too much, and
//! slowly more again.
//!
//! In: how each request ended. Out: the turn of the next one, be it a read or a write. [`Pace`] is
//! the arithmetic, without clock or network; [`Gate`] makes requests wait.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tracing::debug;

/// So many requests in a row have to go well before there is one more at once.
const RUN: u32 = 10;

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The platform took it.
    Taken,
    /// The platform said that it is too much.
    TooMuch,
    /// In a way that says nothing of how much the platform can take.
    Otherwise,
}

/// How much is allowed, and how much is under way.
#[derive(Debug)]
struct Pace {
    /// Never more at once than this.
    most: usize,
    /// As many at once as seems to do.
    width: usize,
    under_way: usize,
    /// How many went well since the width last changed.
    taken: u32,
    /// How often the width was halved. What began before that says nothing new by being too much.
    halvings: u32,
}

impl Pace {
    fn new(most: usize) -> Self {
        let most = most.max(1);
        Self { most, width: most, under_way: 0, taken: 0, halvings: 0 }
    }

    /// Begins a request, if there is room for it; gives what has to be told at its end.
    fn begin(&mut self) -> Option<u32> {
        let room = self.under_way < self.width;
        self.under_way += usize::from(room);
        room.then_some(self.halvings)
    }

    /// Ends a request that was begun after so many halvings; gives the width if that changes.
    fn end(&mut self, begun_after: u32, ending: Ending) -> Option<usize> {
        self.under_way = self.under_way.saturating_sub(1);
        let before = self.width;
        match ending {
            Ending::Taken => self.taken += 1,
            Ending::TooMuch => self.taken = 0,
            Ending::Otherwise => {}
        }
        if ending == Ending::TooMuch && begun_after == self.halvings {
            self.width = (self.width / 2).max(1);
            self.halvings = self.halvings.wrapping_add(1);
        } else if self.taken >= RUN {
            self.width = (self.width + 1).min(self.most);
            self.taken = 0;
        }
        (self.width != before).then_some(self.width)
    }
}

/// Where requests wait for their turn.
#[derive(Debug)]
pub(super) struct Gate {
    pace: Mutex<Pace>,
    ended: Notify,
}

impl Gate {
    /// Lets so many pass at once, as long as the platform takes them.
    pub(super) fn new(most: usize) -> Self {
        Self { pace: Mutex::new(Pace::new(most)), ended: Notify::new() }
    }

    /// Waits until there is room for one more.
    pub(super) async fn turn(&self) -> Turn<'_> {
        loop {
            // Made before looking, so that no end in between is missed.
            let ended = self.ended.notified();
            let begun = self.pace().begin();
            if let Some(begun_after) = begun {
                return Turn { gate: self, begun_after, ending: Ending::Otherwise };
            }
            ended.await;
        }
    }

    /// Nothing in there can be half done.
    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request under way; it ends when this is dropped, whether it was completed or given up.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    gate: &'a Gate,
    begun_after: u32,
    ending: Ending,
}

impl Turn<'_> {
    /// Ends the request in this way.
    pub(super) fn end(mut self, ending: Ending) {
        self.ending = ending;
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let changed = self.gate.pace().end(self.begun_after, self.ending);
        if let Some(at_once) = changed {
            debug!(at_once, "pace");
        }
        self.gate.ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn widths(pace: &mut Pace, endings: &[Ending]) -> Vec<usize> {
        let width = |ending: &Ending| {
            let begun_after = pace.begin().expect("nothing else is under way");
            pace.end(begun_after, *ending);
            pace.width
        };
        endings.iter().map(width).collect()
    }

    #[test]
    fn what_is_too_much_halves_the_width_down_to_one() {
        for (most, halves) in [(4, [2, 1, 1]), (9, [4, 2, 1]), (1, [1, 1, 1]), (0, [1, 1, 1])] {
            assert_eq!(widths(&mut Pace::new(most), &[Ending::TooMuch; 3]), halves);
        }
    }

    #[test]
    fn a_run_of_good_ends_widens_by_one_up_to_the_bound() {
        let mut pace = Pace::new(4);
        widths(&mut pace, &[Ending::TooMuch; 2]);
        let mut expected = vec![1; 9];
        expected.extend([2; 10]);
        expected.extend([3; 10]);
        expected.extend([4; 20]);
        assert_eq!(widths(&mut pace, &[Ending::Taken; 49]), expected);
    }

    #[test]
    fn a_run_begins_anew_with_what_is_too_much_and_is_not_broken_by_other_failures() {
        let mut pace = Pace::new(4);
        widths(&mut pace, &[Ending::TooMuch; 2]);
        widths(&mut pace, &[Ending::Taken; 9]);
        assert_eq!(widths(&mut pace, &[Ending::TooMuch, Ending::Taken]), [1, 1]);
        assert_eq!(widths(&mut pace, &[Ending::Taken; 8]), [1; 8]);
        assert_eq!(widths(&mut pace, &[Ending::Otherwise, Ending::Taken]), [1, 2]);
    }

    /// One overload is told to all that are under way: that is no reason to stand still.
    #[test]
    fn what_was_begun_before_a_halving_does_not_halve_again() {
        let mut pace = Pace::new(8);
        let begun: Vec<_> = (0..8).map(|_| pace.begin().expect("there is room")).collect();
        assert_eq!(pace.begin(), None);
        let changes: Vec<_> =
            begun.into_iter().map(|begun| pace.end(begun, Ending::TooMuch)).collect();
        assert_eq!(changes, [Some(4), None, None, None, None, None, None, None]);
        assert_eq!(widths(&mut pace, &[Ending::TooMuch]), [2]);
    }

    #[test]
    fn there_is_no_room_until_enough_has_ended() {
        let mut pace = Pace::new(4);
        let begun: Vec<_> = (0..4).map(|_| pace.begin().expect("there is room")).collect();
        pace.end(begun[0], Ending::TooMuch);
        assert_eq!(pace.begin(), None, "three under way, two allowed");
        pace.end(begun[1], Ending::Otherwise);
        assert_eq!(pace.begin(), None, "two under way, two allowed");
        pace.end(begun[2], Ending::Otherwise);
        assert!(pace.begin().is_some());
    }

    #[tokio::test]
    async fn a_turn_that_is_given_up_makes_room() {
        let gate = Gate::new(1);
        let first = gate.turn().await;
        let second = async {
            gate.turn().await.end(Ending::Taken);
        };
        let give_up = async {
            tokio::task::yield_now().await;
            drop(first);
        };
        tokio::join!(second, give_up);
        assert_eq!(gate.pace().under_way, 0);
    }
}
