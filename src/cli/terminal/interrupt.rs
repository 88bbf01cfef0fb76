//! The state of an interruption by Ctrl-C, SIGTERM or SIGHUP, shared by a command and its supervisor.
//!
//! The first signal ends the process immediately with exit code 130. A command that must not end
//! halfway registers a [`GracefulStop`]: the signal asks it to stop, and the second signal aborts it.
//! Temporary files, folders and processes register their cleanup ([`with_cleanup`]).
//!
//! There is one state per process because signals are sent to the process.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::api::StopSignal;
use crate::cli::terminal::failure::{Exit, Failure};

pub(crate) type Cleanup = Box<dyn FnOnce() + Send>;

/// Turns a failure into the one that is reported, for example by adding a document for stdout.
pub(crate) type FailureReporter = Box<dyn FnOnce(Failure) -> Failure + Send>;

/// How a command reacts to the first signal instead of ending immediately.
pub(crate) struct GracefulStop {
    pub(super) stop: StopSignal,
    /// The message after `Interrupted: `, at the first signal.
    pub(super) announcement: &'static str,
}

struct State {
    /// The message after `Interrupted: `: a sentence about what was done.
    consequence: Cow<'static, str>,
    exit: Exit,
    reporter: Option<FailureReporter>,
    graceful_stop: Option<GracefulStop>,
    is_result_started: bool,
    is_interrupted: bool,
    /// Whether the process ends now, whatever the command does.
    is_ending: bool,
    cleanups: BTreeMap<u64, Cleanup>,
}

static STATE: LazyLock<Mutex<State>> = LazyLock::new(|| {
    Mutex::new(State {
        consequence: "nothing was done.".into(),
        exit: Exit::Interrupted,
        reporter: None,
        graceful_stop: None,
        is_result_started: false,
        is_interrupted: false,
        is_ending: false,
        cleanups: BTreeMap::new(),
    })
});

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Locks the state. A command stops here if the process is ending, so that its message stays true.
fn command_state() -> MutexGuard<'static, State> {
    let state = state();
    if state.is_ending {
        drop(state);
        loop {
            thread::park();
        }
    }
    state
}

/// Sets the consequence of an interruption until [`set_consequence`], its exit code and its reporter.
pub(crate) fn set_command(consequence: &'static str, exit: Exit, reporter: FailureReporter) {
    let mut state = command_state();
    (state.consequence, state.exit) = (consequence.into(), exit);
    state.reporter = Some(reporter);
}

pub(crate) fn set_consequence(consequence: impl Into<Cow<'static, str>>) {
    command_state().consequence = consequence.into();
}

/// Sets the reporter of failures before the command is known.
pub(crate) fn set_reporter(reporter: FailureReporter) {
    command_state().reporter = Some(reporter);
}

/// Whether stdout has a result, or a part of it.
pub(crate) fn is_result_started() -> bool {
    state().is_result_started
}

/// Records that stdout has a part of a stream, so that no document may follow.
pub(crate) fn stream_started() {
    command_state().is_result_started = true;
}

pub(crate) fn result_started() {
    let mut state = command_state();
    state.consequence = "the output is incomplete.".into();
    state.is_result_started = true;
}

/// Makes the next signal a request to stop, until the returned guard is dropped. The messages follow
/// `Interrupted: ` at that signal, and `Aborted: ` at the one after it.
pub(crate) fn stop_gracefully(
    stop: &StopSignal,
    announcement: &'static str,
    aborted: &'static str,
) -> GracefulStopGuard {
    let mut state = command_state();
    state.consequence = aborted.into();
    state.graceful_stop = Some(GracefulStop { stop: stop.clone(), announcement });
    GracefulStopGuard
}

/// The period in which a signal is a request to stop.
#[must_use]
pub(crate) struct GracefulStopGuard;

impl Drop for GracefulStopGuard {
    fn drop(&mut self) {
        command_state().graceful_stop = None;
    }
}

/// Creates something temporary together with its cleanup. No interruption comes in between.
pub(crate) fn with_cleanup<T, E>(
    create: impl FnOnce() -> Result<T, E>,
    cleanup: impl FnOnce(&T) -> Cleanup,
) -> Result<(T, CleanupGuard), E> {
    let mut state = command_state();
    let created = create()?;
    let number = state.cleanups.last_key_value().map_or(0, |(last, _)| last + 1);
    state.cleanups.insert(number, cleanup(&created));
    Ok((created, CleanupGuard(number)))
}

/// A registered cleanup. It runs if the process is interrupted before this guard is dropped.
#[must_use]
pub(crate) struct CleanupGuard(u64);

impl Drop for CleanupGuard {
    fn drop(&mut self) {
        command_state().cleanups.remove(&self.0);
    }
}

/// Runs `act` without interruption, then sets the consequence that it returns.
pub(crate) fn uninterrupted<T>(act: impl FnOnce() -> (T, Option<String>)) -> T {
    let mut state = command_state();
    let (result, consequence) = act();
    if let Some(consequence) = consequence {
        state.consequence = consequence.into();
    }
    result
}

/// Records the first signal. Returns how the command stops, or `None` if the process ends now.
pub(super) fn first_signal() -> Option<GracefulStop> {
    let mut state = state();
    state.is_interrupted = true;
    state.is_ending = state.graceful_stop.is_none();
    state.graceful_stop.take()
}

pub(super) fn second_signal() {
    state().is_ending = true;
}

/// Runs every registered cleanup, the latest first.
pub(super) fn clean_up() {
    let cleanups = std::mem::take(&mut state().cleanups);
    cleanups.into_values().rev().for_each(|cleanup| cleanup());
}

pub(super) fn exit_code() -> Exit {
    state().exit
}

/// The exit code of a command that ended by itself, possibly after a request to stop.
pub(crate) fn exit_after(exit: Exit) -> Exit {
    let state = state();
    if state.is_interrupted { exit.min(state.exit) } else { exit }
}

pub(super) fn failure(word: &str) -> Failure {
    let (message, exit) = {
        let state = state();
        (format!("{word}: {}", state.consequence), state.exit)
    };
    reported(Failure::interrupted(exit, message))
}

/// Turns a failure of the process into the one that is reported.
pub(super) fn reported(failure: Failure) -> Failure {
    // The reporter must not hold the lock.
    let reporter = state().reporter.take();
    match reporter {
        Some(reporter) => reporter(failure),
        None => failure,
    }
}
