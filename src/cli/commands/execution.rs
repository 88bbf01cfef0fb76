//! Executes an approved plan.

use crate::api::StopSignal;
use crate::apply::{self, Outcome, Settings};
use crate::cli::setup::{Connection, GlobalArgs};
use crate::cli::terminal::{
    interrupt::{self, GracefulStopGuard},
    progress, redaction,
};
use crate::plan::Approved;

/// After an interruption, lets requests in flight finish and starts no new step.
pub(crate) fn stop_gracefully(stop: &StopSignal) -> GracefulStopGuard {
    interrupt::stop_gracefully(
        stop,
        "requests in flight finish, and no new step starts. Interrupt again to abort.",
        "the outcome of the requests in flight is unknown. The next run detects it.",
    )
}

pub(crate) async fn execute(
    approved: &Approved,
    connection: &Connection,
    globals: &GlobalArgs,
) -> Outcome {
    let Connection { client, stop, progress, .. } = connection;
    let clock = globals.environment.clock();
    let settings = Settings { concurrency: globals.concurrency, clock: &*clock, stop };
    progress.start_applying(approved.plan().steps.len());
    let on_event = |event: apply::Event<'_>| progress.apply_event(event);
    let outcome = apply::run(approved, client, settings, &on_event).await;
    progress::clear();
    let instances = outcome.results.iter().filter_map(|result| result.instance.as_ref());
    redaction::register_tokens(instances.filter_map(|instance| instance.token.as_ref()));
    outcome
}
