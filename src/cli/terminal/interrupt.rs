//! Ctrl-C, SIGTERM and SIGHUP: how every command answers them.
//!
//! [`supervise`] runs the command on a thread, and another thread owns the signals. So nothing that
//! blocks the command delays the answer: no read from a terminal, no request, no pipe that nobody
//! reads. This is also true for the first process of a container, which no signal ends by default.
//!
//! The first signal ends the process at once with exit code 130. A command that must not end in the
//! middle takes [`Grace`]: it is asked to stop, and ends by itself. The second signal aborts it. What must
//! not be left behind registers how it is undone ([`undoable`]).
//!
//! There is one state for the process, since signals are sent to the process.

mod signals;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::mpsc::{self, Sender};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::cli::terminal::failure::{Exit, Failure};
use crate::cli::terminal::output;
use crate::cli::terminal::progress;
use signals::Signals;

/// How long the last words may take: stderr may be a pipe that nobody reads.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// The stack of the command's thread: as large as that of a main thread.
const STACK: usize = 8 << 20;

/// The exit code after a panic, as Rust has it for a main thread.
const PANICKED: u8 = 101;

/// What undoes something that must not be left behind.
pub(crate) type Undo = Box<dyn FnOnce() + Send>;

/// What makes of a failure the one that is reported, with a document on stdout for one.
pub(crate) type Report = Box<dyn FnOnce(Failure) -> Failure + Send>;

/// How a command ends by itself when it is interrupted.
pub(crate) struct Grace {
    /// What is said at the first signal, after `Interrupted: `.
    pub(crate) announcement: &'static str,
    /// What is said at the second signal, after `Aborted: `.
    pub(crate) aborted: &'static str,
    /// What asks the command to stop. It must not block.
    pub(crate) stop: Box<dyn FnOnce() + Send>,
}

/// What an interruption means at the moment.
struct State {
    /// What is said after `Interrupted: `: what was done, as a sentence.
    consequence: Cow<'static, str>,
    exit: Exit,
    report: Option<Report>,
    grace: Option<Grace>,
    /// Whether stdout has the beginning of a result.
    is_result_begun: bool,
    is_interrupted: bool,
    /// Whether the process ends now, whatever the command does.
    is_ending: bool,
    undo: BTreeMap<u64, Undo>,
}

static STATE: LazyLock<Mutex<State>> = LazyLock::new(|| {
    Mutex::new(State {
        consequence: "nothing was done.".into(),
        exit: Exit::Interrupted,
        report: None,
        grace: None,
        is_result_begun: false,
        is_interrupted: false,
        is_ending: false,
        undo: BTreeMap::new(),
    })
});

enum Event {
    /// The command has ended.
    Ended(Exit),
    Panicked,
    /// The first signal, and the command ends by itself.
    Stop(Grace),
    /// The first signal, and the process ends.
    End,
    /// The second signal.
    Abort,
}

/// Runs a command, unless a signal ends the process before.
///
/// # Errors
/// When signals cannot be received or no thread can be started.
pub(crate) fn supervise(
    command: impl FnOnce() -> Exit + Send + 'static,
) -> Result<ExitCode, Failure> {
    let refused = |error: io::Error| {
        Failure::new(Exit::Other, "signals cannot be received").caused_by(&error)
    };
    let (events, received) = mpsc::channel();
    watch(events.clone()).map_err(refused)?;
    let run = move || {
        // The panic was reported by the hook.
        let ended = catch_unwind(AssertUnwindSafe(command));
        let _ = events.send(ended.map_or(Event::Panicked, Event::Ended));
    };
    thread::Builder::new().stack_size(STACK).spawn(run).map_err(refused)?;
    loop {
        match received.recv() {
            Ok(Event::Ended(exit)) => return Ok(last(exit).into()),
            Ok(Event::Stop(grace)) => {
                (grace.stop)();
                progress::above(|| output::fresh_line(&interrupted(grace.announcement)));
            }
            Ok(Event::End) => return Ok(end("Interrupted").into()),
            Ok(Event::Abort) => return Ok(end("Aborted").into()),
            Ok(Event::Panicked) | Err(_) => return Ok(PANICKED.into()),
        }
    }
}

/// The exit code of a command that ended by itself.
fn last(exit: Exit) -> Exit {
    let state = state();
    if state.is_interrupted { exit.min(state.exit) } else { exit }
}

fn interrupted(what: &str) -> String {
    format!("Interrupted: {what}\n")
}

/// Receives signals from now on, none of which is lost.
fn watch(events: Sender<Event>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let signals = {
        let _entered = runtime.enter();
        Signals::listen()?
    };
    let answer = move || runtime.block_on(answer(signals, events));
    thread::Builder::new().spawn(answer).map(drop)
}

async fn answer(mut signals: Signals, events: Sender<Event>) {
    signals.first().await;
    let grace = {
        let mut state = state();
        state.is_interrupted = true;
        state.is_ending = state.grace.is_none();
        state.grace.take()
    };
    // Nobody listens any more where the process ends by itself.
    if let Some(grace) = grace {
        let _ = events.send(Event::Stop(grace));
        signals.another().await;
        state().is_ending = true;
        let _ = events.send(Event::Abort);
    } else {
        let _ = events.send(Event::End);
    }
    let _ = tokio::time::timeout(LAST_WORDS, signals.another()).await;
    undo_all();
    exit_now();
}

#[expect(clippy::exit, reason = "the main thread may be blocked by a pipe that nobody reads")]
fn exit_now() -> ! {
    let exit = state().exit;
    std::process::exit(exit.code().into())
}

/// Ends the process: nothing is left behind, and a person reads what was done.
fn end(word: &str) -> Exit {
    undo_all();
    progress::clear();
    let (consequence, exit, report) = {
        let mut state = state();
        // A document would be the second one on stdout.
        let report = state.report.take().filter(|_| !state.is_result_begun);
        (state.consequence.clone(), state.exit, report)
    };
    let failure = Failure::interrupted(exit, format!("{word}: {consequence}"));
    let failure = match report {
        Some(report) => report(failure),
        None => failure,
    };
    output::fresh_line(&failure.render(None));
    // There is nobody left to hear that this one failed as well.
    let _ = failure.result().map(output::last_result);
    exit
}

fn undo_all() {
    let undo = std::mem::take(&mut state().undo);
    undo.into_values().rev().for_each(|undo| undo());
}

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The state, for the command. Where the process is ending, the command goes no further: what was said of it
/// stays true.
fn of_command() -> MutexGuard<'static, State> {
    let state = state();
    if state.is_ending {
        drop(state);
        loop {
            thread::park();
        }
    }
    state
}

/// Says which command runs: what an interruption means until it says otherwise, its exit code, and
/// how its failures are reported.
pub(crate) fn begin(consequence: &'static str, exit: Exit, report: Report) {
    let mut state = of_command();
    (state.consequence, state.exit) = (consequence.into(), exit);
    state.report = Some(report);
}

/// Says what an interruption means from now on.
pub(crate) fn means(consequence: impl Into<Cow<'static, str>>) {
    of_command().consequence = consequence.into();
}

/// Says that a result is being written.
pub(crate) fn result_begins() {
    let mut state = of_command();
    state.consequence = "the output is incomplete.".into();
    state.is_result_begun = true;
}

/// From now on the command ends by itself when it is interrupted, until what this returns is dropped.
pub(crate) fn grace(grace: Grace) -> Graceful {
    let mut state = of_command();
    state.consequence = grace.aborted.into();
    state.grace = Some(grace);
    Graceful
}

/// The time in which a command ends by itself.
#[must_use]
pub(crate) struct Graceful;

impl Drop for Graceful {
    fn drop(&mut self) {
        of_command().grace = None;
    }
}

/// Makes something that must not be left behind; an interruption comes before it or after it.
pub(crate) fn undoable<T, E>(
    make: impl FnOnce() -> Result<T, E>,
    undo: impl FnOnce(&T) -> Undo,
) -> Result<(T, Undoable), E> {
    let mut state = of_command();
    let thing = make()?;
    let number = state.undo.last_key_value().map_or(0, |(last, _)| last + 1);
    state.undo.insert(number, undo(&thing));
    Ok((thing, Undoable(number)))
}

/// Something that is undone if the process is interrupted before this is dropped.
#[must_use]
pub(crate) struct Undoable(u64);

impl Drop for Undoable {
    fn drop(&mut self) {
        of_command().undo.remove(&self.0);
    }
}

/// Does something that no interruption divides, and says what one means afterward.
pub(crate) fn undivided<T>(act: impl FnOnce() -> (T, Option<String>)) -> T {
    let mut state = of_command();
    let (made, consequence) = act();
    if let Some(consequence) = consequence {
        state.consequence = consequence.into();
    }
    made
}
