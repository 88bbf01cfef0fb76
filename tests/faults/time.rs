//! One virtual time for a sandbox and all runs against it. It advances only when every run waits.
//!
//! In: runs, the calls that they make, and how long they sleep. Out: the next run. A call takes no
//! time. When every run is asleep, or waits for its turn to call, one of them continues: a run that
//! wants to call before one that sleeps, and of the sleeping ones the one that wakes first, which is
//! when time passes. With [`Order::Seeded`] there is one call at a time, and a seed draws whose: the
//! same seed gives the same order. With [`Order::Free`] calls are concurrent.

mod tests;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant, SystemTime};

use fastrand::Rng;
use ocon::api::{Clock, Sleep};

/// The initial time.
const MORNING: &str = "Tue, 01 Dec 2026 08:00:00 GMT";

tokio::task_local! {
    /// The call that a future is a part of.
    static CALL: u64;
}

/// The time of a test.
#[derive(Clone)]
pub(crate) struct Time {
    start: Instant,
    state: Arc<Mutex<State>>,
}

/// The order in which the calls of several runs continue.
pub(crate) enum Order {
    /// As they come.
    Free,
    /// One after the other, drawn from a seed.
    Seeded(Rng),
}

struct State {
    now: Duration,
    order: Order,
    last: u64,
    runs: BTreeMap<u64, Running>,
    calls: BTreeMap<u64, Calling>,
    waits: BTreeMap<u64, Waiting>,
}

/// A run that has not ended.
#[derive(Default)]
struct Running {
    /// Whether it has begun.
    begun: bool,
    /// How many calls and sleeps of it began or ended.
    events: usize,
    /// The event at which it dies.
    dies_at: Option<usize>,
    dead: bool,
}

/// A call that has not ended.
struct Calling {
    run: u64,
    /// Whether it is running.
    granted: bool,
    waker: Option<Waker>,
}

/// A sleep, or an alarm, that has not ended.
struct Waiting {
    run: u64,
    call: Option<u64>,
    until: Duration,
    /// Whether time passes for it; an alarm only looks on.
    passes: bool,
    woken: bool,
    waker: Option<Waker>,
}

impl Time {
    pub(crate) fn new() -> Self {
        let state = State {
            now: Duration::ZERO,
            order: Order::Free,
            last: 0,
            runs: BTreeMap::new(),
            calls: BTreeMap::new(),
            waits: BTreeMap::new(),
        };
        Self { start: Instant::now(), state: Arc::new(Mutex::new(state)) }
    }

    /// How much has passed.
    pub(crate) fn passed(&self) -> Duration {
        self.state().now
    }

    /// The time of day.
    pub(crate) fn of_day(&self) -> SystemTime {
        httpdate::parse_http_date(MORNING).unwrap() + self.passed()
    }

    /// Advances time while no run is active.
    pub(crate) fn pass(&self, length: Duration) {
        let mut state = self.state();
        assert!(state.runs.is_empty(), "a run is active");
        state.now += length;
    }

    pub(crate) fn order(&self, order: Order) {
        self.state().order = order;
    }

    /// A new run, which dies at that event.
    pub(crate) fn run(&self, dies_at: Option<usize>) -> RunTime {
        let mut state = self.state();
        let run = state.next();
        state.runs.insert(run, Running { dies_at, ..Running::default() });
        RunTime { time: self.clone(), run }
    }

    /// Executes runs until each has ended or died. A run that died returns nothing.
    pub(crate) async fn drive<T>(&self, runs: Vec<(RunTime, RunFuture<'_, T>)>) -> Vec<Option<T>> {
        let mut results: Vec<Option<T>> = runs.iter().map(|_| None).collect();
        let mut open: Vec<_> = runs.into_iter().map(Some).collect();
        std::future::poll_fn(|context| {
            loop {
                for (slot, result) in open.iter_mut().zip(&mut results) {
                    let Some((time, run)) = slot else { continue };
                    time.begins();
                    if let Poll::Ready(ended) = run.as_mut().poll(context) {
                        *result = Some(ended);
                    } else if !time.is_dead() {
                        continue;
                    }
                    time.ends();
                    *slot = None;
                }
                if open.iter().all(Option::is_none) {
                    return Poll::Ready(());
                }
                if !self.state().goes_on() {
                    return Poll::Pending;
                }
            }
        })
        .await;
        results
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl State {
    fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Continues one run if all wait. Returns whether there was one.
    fn goes_on(&mut self) -> bool {
        if !self.is_still() {
            return false;
        }
        let asking: Vec<u64> =
            self.calls.iter().filter(|(_, call)| !call.granted).map(|(id, _)| *id).collect();
        if !asking.is_empty() {
            let drawn = match &mut self.order {
                Order::Free => asking,
                Order::Seeded(random) => vec![asking[random.usize(..asking.len())]],
            };
            for id in drawn {
                self.grant(id);
            }
            return true;
        }
        // An alarm goes off on the way to the end of a sleep; time does not pass for it alone.
        let sleeps = self.waits.values().filter(|wait| wait.passes);
        let Some(next) = sleeps.map(|wait| wait.until).min() else { return false };
        let due = self.waits.iter().filter(|(_, wait)| wait.until <= next);
        let Some((_, id)) = due.map(|(id, wait)| (wait.until, *id)).min() else { return false };
        let Some(wait) = self.waits.get_mut(&id) else { return false };
        self.now = self.now.max(wait.until);
        wait.woken = true;
        wait.waker.take().into_iter().for_each(Waker::wake);
        let run = wait.run;
        self.event(run);
        true
    }

    fn grant(&mut self, id: u64) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.granted = true;
            call.waker.take().into_iter().for_each(Waker::wake);
            let run = call.run;
            self.event(run);
        }
    }

    /// Whether every run waits for time or for its turn.
    fn is_still(&self) -> bool {
        let sleeps = |call: u64| {
            self.waits.values().any(|wait| wait.call == Some(call) && wait.passes && !wait.woken)
        };
        self.runs.values().all(|run| run.begun)
            && self.waits.values().all(|wait| !wait.woken)
            && self.calls.iter().all(|(id, call)| !call.granted || sleeps(*id))
    }

    /// Counts something that happens to a run, which may be what it dies of.
    fn event(&mut self, run: u64) {
        if let Some(run) = self.runs.get_mut(&run) {
            run.events += 1;
            run.dead |= Some(run.events) == run.dies_at;
        }
    }
}

/// The future of a run.
pub(crate) type RunFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// The time as one run sees it.
#[derive(Clone)]
pub(crate) struct RunTime {
    time: Time,
    run: u64,
}

impl RunTime {
    fn begins(&self) {
        if let Some(run) = self.time.state().runs.get_mut(&self.run) {
            run.begun = true;
        }
    }

    fn ends(&self) {
        self.time.state().runs.remove(&self.run);
    }

    fn is_dead(&self) -> bool {
        self.time.state().runs.get(&self.run).is_some_and(|run| run.dead)
    }

    /// Executes a call when it is its turn. A run that dies at its end never sees the reply.
    pub(crate) async fn call<T>(&self, call: impl Future<Output = T>) -> T {
        let turn = self.turn();
        std::future::poll_fn(|context| turn.poll(context)).await;
        let reply = CALL.scope(turn.id, call).await;
        self.time.state().event(self.run);
        if self.is_dead() {
            std::future::pending::<()>().await;
        }
        reply
    }

    fn turn(&self) -> Turn<'_> {
        let mut state = self.time.state();
        let id = state.next();
        let granted = matches!(state.order, Order::Free);
        state.calls.insert(id, Calling { run: self.run, granted, waker: None });
        if granted {
            state.event(self.run);
        }
        Turn { time: &self.time, id }
    }

    fn wait(&self, length: Duration, passes: bool) -> Sleep {
        let call = CALL.try_with(|call| *call).ok();
        let (time, run) = (self.time.clone(), self.run);
        Box::pin(Nap { time, run, call, length, passes, id: None })
    }
}

/// A call that waits for its turn or is active. Dropping it ends it.
struct Turn<'a> {
    time: &'a Time,
    id: u64,
}

impl Turn<'_> {
    fn poll(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.time.state();
        let call = state.calls.get_mut(&self.id).unwrap();
        let dead = call.run;
        if call.granted {
            let dead = state.runs.get(&dead).is_some_and(|run| run.dead);
            return if dead { Poll::Pending } else { Poll::Ready(()) };
        }
        call.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.time.state().calls.remove(&self.id);
    }
}

/// A sleep that begins when it is first polled.
struct Nap {
    time: Time,
    run: u64,
    call: Option<u64>,
    length: Duration,
    passes: bool,
    id: Option<u64>,
}

impl Future for Nap {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let time = self.time.clone();
        let mut state = time.state();
        let id = *self.id.get_or_insert_with(|| state.next());
        let (run, call, passes) = (self.run, self.call, self.passes);
        let until = state.now + self.length;
        let wait = state.waits.entry(id).or_insert(Waiting {
            run,
            call,
            until,
            passes,
            woken: false,
            waker: None,
        });
        if wait.woken {
            state.waits.remove(&id);
            self.id = None;
            let dead = state.runs.get(&run).is_some_and(|run| run.dead);
            return if dead { Poll::Pending } else { Poll::Ready(()) };
        }
        wait.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Nap {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.time.state().waits.remove(&id);
        }
    }
}

impl Clock for RunTime {
    fn sleep(&self, length: Duration) -> Sleep {
        self.wait(length, true)
    }

    fn alarm(&self, after: Duration) -> Sleep {
        self.wait(after, false)
    }

    fn instant(&self) -> Instant {
        self.time.start + self.time.passed()
    }

    fn now(&self) -> SystemTime {
        self.time.of_day()
    }
}
