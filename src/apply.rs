//! Applies a plan.
//!
//! In: an [`Approved`] plan and a remote with read and write access. Out: an [`Outcome`] with one result
//! per step, and [`Event`]s for progress. The plan made all decisions. This module only checks whether
//! replies show the requested values. The steps of one instance run in order, those of different
//! instances concurrently. A failed step does not stop the other instances.
//!
//! A create is never sent twice. If its reply is lost, the instance is searched by its reserved tags.

mod concurrent_create;
mod lost_create;
mod outcome;
mod run;
mod steps;
mod verification;

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use futures_util::stream;

use crate::api::{Read, Write};
use crate::plan::Approved;

pub use outcome::{
    AffectedInstance, Event, FailureCode, Outcome, OutcomeNote, StepErrorCode, StepFailure,
    StepOutcome, StepResult, StepStatus,
};
pub use run::Settings;

/// Applies an approved plan.
pub async fn run<R: Read + Write>(
    approved: &Approved,
    remote: &R,
    settings: Settings<'_>,
    on_event: &(dyn Fn(Event<'_>) + Sync),
) -> Outcome {
    let plan = approved.plan();
    let run = &run::Run::new(plan, remote, settings, on_event);
    let groups = plan.steps.chunk_by(|a, b| a.key == b.key && a.id == b.id).enumerate();
    let work =
        groups.map(|(position, group)| async move { (position, steps::execute(run, group).await) });
    // Unordered, so that a slow create does not delay the ones after it.
    let done: BTreeMap<usize, Vec<StepResult>> =
        stream::iter(work).buffer_unordered(settings.concurrency.max(1)).collect().await;
    let mut results: Vec<_> = done.into_values().flatten().collect();
    let notes = concurrent_create::check_listings(run, &mut results).await;
    results.extend(plan.stale.iter().map(StepResult::from));
    results.extend(plan.blocked.iter().map(StepResult::from));
    Outcome { results, notes, interrupted: settings.stop.is_requested() }
}
