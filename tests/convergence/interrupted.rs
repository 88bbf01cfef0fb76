//! Runs that take their time, and runs that somebody asks to end.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use ocon::api::{Clock, Sleep, Stop};
use ocon::apply::{self, Event, Settings};
use ocon::plan::Limits;

use crate::world::{Instantly, World, block_on, document, key};

/// Time in which somebody asks the run to end as soon as it waits; counts the waits.
struct Impatient<'a> {
    stop: &'a Stop,
    waits: AtomicUsize,
}

impl Clock for Impatient<'_> {
    fn sleep(&self, _: Duration) -> Sleep {
        self.waits.fetch_add(1, Ordering::Relaxed);
        self.stop.request();
        Box::pin(std::future::ready(()))
    }

    fn instant(&self) -> Instant {
        Instantly.instant()
    }

    fn now(&self) -> SystemTime {
        Instantly.now()
    }
}

#[test]
fn a_run_that_was_asked_to_end_looks_for_a_lost_create_once_and_waits_no_more() {
    let world = World::new([document("a", &[]), document("b", &[])]);
    let approved = world.plan().within(Limits { max_deletes: 0 }).unwrap();
    *world.remote.lost.lock().unwrap() = Some((0, false));
    let stop = Stop::default();
    let clock = Impatient { stop: &stop, waits: AtomicUsize::new(0) };
    let settings = Settings { concurrency: 1, clock: &clock, stop: &stop };
    let outcome = block_on(apply::run(&approved, &world.remote, settings, &|_| ()));
    assert_eq!(clock.waits.load(Ordering::Relaxed), 1);
    let statuses: Vec<_> =
        outcome.results.iter().map(|result| result.status.outcome().as_str()).collect();
    assert_eq!(statuses, ["unknown", "not-started"]);
    let message = &outcome.results[0].status.failure().unwrap().message;
    let ending = "Whether the instance exists is unknown: it had not shown up when the run was asked to end. \
                  Wait 2 minutes, then run again, which finds it or creates it";
    assert!(message.ends_with(ending), "{message}");
}

#[test]
fn a_run_that_was_asked_to_end_says_so_even_when_all_is_done() {
    let world = World::new([document("desk", &[])]);
    let approved = world.plan().within(Limits { max_deletes: 0 }).unwrap();
    let stop = Stop::default();
    let settings = Settings { concurrency: 1, clock: &Instantly, stop: &stop };
    let outcome = block_on(apply::run(&approved, &world.remote, settings, &|_| stop.request()));
    assert!(outcome.interrupted && outcome.is_complete());
    assert!(world.plan().is_empty() && world.desired.instances.contains_key(&key("desk")));
}

/// Time of which each wait takes half a minute.
struct Slow;

impl Clock for Slow {
    fn sleep(&self, _: Duration) -> Sleep {
        Box::pin(tokio::task::yield_now())
    }

    fn alarm(&self, _: Duration) -> Sleep {
        Box::pin(std::future::ready(()))
    }

    fn instant(&self) -> Instant {
        Instantly.instant()
    }

    fn now(&self) -> SystemTime {
        Instantly.now()
    }
}

#[test]
fn a_step_that_goes_on_is_told_of_every_half_minute() {
    let world = World::new([document("slow", &[])]);
    let approved = world.plan().within(Limits { max_deletes: 0 }).unwrap();
    // Its answer is lost, and it is looked for three times.
    *world.remote.lost.lock().unwrap() = Some((0, false));
    let stop = Stop::default();
    let settings = Settings { concurrency: 1, clock: &Slow, stop: &stop };
    let told = Mutex::new(Vec::new());
    let outcome = block_on(apply::run(&approved, &world.remote, settings, &|event| {
        told.lock().unwrap().push(match event {
            Event::StepStarted(begun) => format!("{} begins", begun.key),
            Event::StepStillRunning(slow, passed) => format!("{} goes on: {passed:?}", slow.key),
            Event::WaitingForListings(waited) => format!("awaited: {waited:?}"),
            Event::StepFinished(result) => format!("{} ends", result.key),
        });
    }));
    assert_eq!(outcome.results[0].status.outcome().as_str(), "unknown");
    let expected =
        ["slow begins", "slow goes on: 30s", "slow goes on: 60s", "slow goes on: 90s", "slow ends"];
    assert_eq!(*told.lock().unwrap(), expected);
}
