//! Slow runs, and runs that are asked to stop.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use ocon::api::{Clock, Sleep, StopSignal};
use ocon::apply::{self, Event, FailureCode, Settings};
use ocon::report::json::Exit;

use crate::world::{NoWait, World, block_on, document, first_failure, key, outcomes};

/// A clock that calls a function for each wait, and whose alarms go off at once.
struct StubClock<F>(F);

impl<F: Fn() -> Sleep + Send + Sync> Clock for StubClock<F> {
    fn sleep(&self, _: Duration) -> Sleep {
        (self.0)()
    }

    fn alarm(&self, _: Duration) -> Sleep {
        Box::pin(std::future::ready(()))
    }

    fn instant(&self) -> Instant {
        NoWait.instant()
    }

    fn now(&self) -> SystemTime {
        NoWait.now()
    }
}

#[test]
fn an_interrupted_run_looks_for_a_lost_create_once_without_waiting() {
    let world = World::new([document("a", &[]), document("b", &[])]);
    let approved = world.approved();
    *world.remote.lost.lock().unwrap() = Some((0, false));
    let stop = StopSignal::default();
    let waits = AtomicUsize::new(0);
    let clock = StubClock(|| -> Sleep {
        waits.fetch_add(1, Ordering::Relaxed);
        stop.request();
        Box::pin(std::future::ready(()))
    });
    let settings = Settings { concurrency: 1, clock: &clock, stop: &stop };
    let outcome = block_on(apply::run(&approved, &world.remote, settings, &|_| ()));
    assert_eq!(waits.load(Ordering::Relaxed), 1);
    assert_eq!(outcomes(&outcome), ["unknown", "not-started"]);
    let message = &first_failure(&outcome).message;
    let ending = "It is unknown whether the instance exists: it did not appear before the run was asked to \
        stop. Wait 2 minutes, then run again. The next run finds the instance or creates it";
    assert!(message.ends_with(ending), "{message}");
}

#[test]
fn an_interrupted_run_is_reported_even_if_everything_is_done() {
    let world = World::new([document("desk", &[])]);
    let approved = world.approved();
    let stop = StopSignal::default();
    let settings = Settings { concurrency: 1, clock: &NoWait, stop: &stop };
    let outcome = block_on(apply::run(&approved, &world.remote, settings, &|_| stop.request()));
    assert!(outcome.interrupted && outcome.is_complete());
    assert!(world.plan().is_empty() && world.desired.instances.contains_key(&key("desk")));
}

#[test]
fn a_long_step_is_reported_every_30_seconds() {
    let world = World::new([document("slow", &[])]);
    let approved = world.approved();
    // Its answer is lost, and it is looked for three times.
    *world.remote.lost.lock().unwrap() = Some((0, false));
    let clock = StubClock(|| -> Sleep { Box::pin(tokio::task::yield_now()) });
    let settings = Settings { concurrency: 1, clock: &clock, stop: &StopSignal::default() };
    let reported = Mutex::new(Vec::new());
    let outcome = block_on(apply::run(&approved, &world.remote, settings, &|event| {
        reported.lock().unwrap().push(match event {
            Event::StepStarted(begun) => format!("{} begins", begun.key),
            Event::StepStillRunning(slow, passed) => format!("{} goes on: {passed:?}", slow.key),
            Event::WaitingForListings(waited) => format!("awaited: {waited:?}"),
            Event::StepFinished(result) => format!("{} ends", result.key),
        });
    }));
    assert_eq!(outcome.results[0].status.outcome().as_str(), "unknown");
    let expected =
        ["slow begins", "slow goes on: 30s", "slow goes on: 60s", "slow goes on: 90s", "slow ends"];
    assert_eq!(*reported.lock().unwrap(), expected);
}

/// A create waits for its reply while another step panics.
#[test]
fn a_panic_in_one_step_loses_no_request_of_another() {
    let world = World::new(["a", "b", "c"].map(|name| document(name, &[])));
    let approved = world.approved();
    // The reply to the first create is lost, so it waits and is searched. The second create panics.
    *world.remote.lost.lock().unwrap() = Some((0, true));
    *world.remote.panics.lock().unwrap() = Some(1);
    let clock = StubClock(|| -> Sleep { Box::pin(tokio::task::yield_now()) });
    *world.remote.late.lock().unwrap() = 1;
    let settings = Settings { concurrency: 2, clock: &clock, stop: &StopSignal::default() };
    let outcome = block_on(apply::run(&approved, &world.remote, settings, &|_| ()));
    assert_eq!(outcomes(&outcome), ["done", "unknown", "not-started"]);
    assert!(outcome.results[0].instance.is_some());
    let failure = outcome.results[1].status.failure().unwrap();
    assert!(failure.code.is(FailureCode::Bug));
    assert_eq!(
        failure.message,
        "this is a bug in ocon. Its message is in the log of this run. It is unknown whether the step took \
         effect. Run again: the next run continues from the state of the platform"
    );
    assert_eq!(Exit::of_apply(&outcome, approved.plan()).code(), 101);
    world.converges();
}
