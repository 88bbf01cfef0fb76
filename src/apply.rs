//! Carrying out a plan.
//!
//! In: an [`Approved`] plan and a remote that can be read and written. Out: an [`Outcome`], one
//! result per step, and on the way [`Event`]s for whoever shows progress. All hard choices were
//! made in the plan: this room compares nothing and decides nothing, except whether a reply shows
//! what was asked for. Steps of one instance run in order, those of different instances side by
//! side, and one that fails does not stop the others.
//!
//! It never sends a create twice: when the answer to one is lost, it looks for our mark.

mod code;
mod concurrent_create;
mod instance;
mod lost_create;
mod proof;

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;

use crate::api::{Clock, Read, Stop, Write};
use crate::instance::{InstanceId, Key, Secret, vocabulary};
use crate::plan::{Action, Approved, Blocked, Stale, Step};

pub use code::{FailureCode, StepCode};

/// How a plan is carried out.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    /// How many instances are written at once.
    pub concurrency: usize,
    /// Time, for the waits after a lost answer.
    pub clock: &'a dyn Clock,
    /// Set by whoever wants the run to end early.
    pub stop: &'a Stop,
}

/// What happens while a plan is carried out.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A step begins.
    StepStarted(&'a Step),
    /// A step is still under way after so much time.
    StepStillRunning(&'a Step, Duration),
    /// All steps have ended, and after so much time listings do not show all that was created.
    WaitingForListings(Duration),
    /// A step has ended, well or not.
    StepFinished(&'a StepResult),
}

/// What became of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// One result per step and per blocked document, in the order of the plan.
    pub results: Vec<StepResult>,
    /// What a reader should know besides.
    pub notes: Vec<OutcomeNote>,
    /// Whether the run was asked to end.
    pub interrupted: bool,
}

/// What a reader of an outcome should know besides its results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutcomeNote {
    /// The kind of note.
    pub code: FailureCode,
    /// What happened, and what follows.
    pub message: String,
}

/// What became of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepResult {
    /// The document.
    pub key: Key,
    /// What was to be done; `None` for a blocked document.
    pub action: Option<Action>,
    /// The instance, as far as it is known.
    pub instance: Option<AffectedInstance>,
    /// How it ended.
    pub status: StepStatus,
    /// Whether a person still has to register the webhook URL at the provider.
    pub register_webhook: bool,
}

/// An instance that a step created or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AffectedInstance {
    /// The platform's number for it.
    pub id: InstanceId,
    /// Where the provider sends its events.
    pub webhook_url: String,
    /// The credential for calls through the instance, where a reply gave it.
    pub token: Option<Secret>,
    /// Whether the id came in answer to this run's own create.
    pub from_own_create: bool,
}

vocabulary! {
    /// How a step ended, in a word.
    pub enum StepOutcome {
        /// The step is done.
        Done = "done",
        /// The step failed.
        Failed = "failed",
        /// The response was lost, so the effect of the step is unknown.
        Unknown = "unknown",
        /// The state changed since the plan.
        Stale = "stale",
        /// The document is blocked.
        Blocked = "blocked",
        /// The step did not start.
        NotStarted = "not-started",
    }
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepStatus {
    /// Done, and the reply shows it.
    Done,
    /// Not done, or not completely.
    Failed(StepFailure),
    /// A request was sent and its answer lost: the next run settles it.
    Unknown(StepFailure),
    /// Not done, because the world moved since the plan was approved.
    Stale(StepFailure),
    /// Not done, because the plan said that it cannot be.
    Blocked(StepFailure),
    /// Not begun.
    NotStarted,
}

impl StepStatus {
    /// The outcome in a word.
    pub fn outcome(&self) -> StepOutcome {
        match self {
            Self::Done => StepOutcome::Done,
            Self::Failed(_) => StepOutcome::Failed,
            Self::Unknown(_) => StepOutcome::Unknown,
            Self::Stale(_) => StepOutcome::Stale,
            Self::Blocked(_) => StepOutcome::Blocked,
            Self::NotStarted => StepOutcome::NotStarted,
        }
    }

    /// What went wrong.
    pub fn failure(&self) -> Option<&StepFailure> {
        match self {
            Self::Failed(failure)
            | Self::Unknown(failure)
            | Self::Stale(failure)
            | Self::Blocked(failure) => Some(failure),
            Self::Done | Self::NotStarted => None,
        }
    }
}

/// What went wrong with a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepFailure {
    /// The kind of failure.
    pub code: StepCode,
    /// What happened, and what to do.
    pub message: String,
    /// The platform's id of the request, for its support.
    pub request_id: Option<String>,
}

impl Outcome {
    /// Whether two instances were left with one key.
    pub fn is_guarded(&self) -> bool {
        let failures = self.results.iter().filter_map(|result| result.status.failure());
        failures.into_iter().any(|failure| failure.code == FailureCode::DuplicateInstance.into())
    }

    /// Whether every step is done, nothing was blocked and everything could be checked.
    pub fn is_complete(&self) -> bool {
        self.is_checked() && self.results.iter().all(|result| result.status == StepStatus::Done)
    }

    /// Whether listings show all that was created, so that it is there once and the next run finds it.
    pub fn is_checked(&self) -> bool {
        self.notes.is_empty()
    }

    /// The number of results with this outcome.
    pub fn count(&self, outcome: StepOutcome) -> usize {
        self.results.iter().filter(|result| result.status.outcome() == outcome).count()
    }
}

/// Carries out an approved plan.
pub async fn run<R: Read + Write>(
    approved: &Approved,
    remote: &R,
    settings: Settings<'_>,
    tell: &(dyn Fn(Event<'_>) + Sync),
) -> Outcome {
    let plan = approved.plan();
    let run = instance::Run::new(plan, remote, settings, tell);
    let groups = plan.steps.chunk_by(|a, b| a.key == b.key && a.id == b.id).enumerate();
    let run = &run;
    let work =
        groups.map(|(position, steps)| async move { (position, run.carry_out(steps).await) });
    // Unordered, so that one slow create does not hold up the others behind it.
    let done: BTreeMap<usize, Vec<StepResult>> =
        stream::iter(work).buffer_unordered(settings.concurrency.max(1)).collect().await;
    let blocked = plan.blocked.iter().map(blocked_result);
    let stale = plan.stale.iter().map(stale_result);
    let mut done: Vec<_> = done.into_values().flatten().collect();
    let notes = run.check_listings(&mut done).await;
    let results: Vec<_> = done.into_iter().chain(stale).chain(blocked).collect();
    Outcome { results, notes, interrupted: settings.stop.is_requested() }
}

fn stale_result(stale: &Stale) -> StepResult {
    StepResult {
        key: stale.key.clone(),
        action: Some(stale.action),
        instance: None,
        status: StepStatus::Stale(StepFailure {
            code: FailureCode::Stale.into(),
            message: stale.message.clone(),
            request_id: None,
        }),
        register_webhook: false,
    }
}

fn blocked_result(blocked: &Blocked) -> StepResult {
    StepResult {
        key: blocked.key.clone(),
        action: None,
        instance: None,
        status: StepStatus::Blocked(StepFailure {
            code: blocked.code.into(),
            message: blocked.message.clone(),
            request_id: None,
        }),
        register_webhook: false,
    }
}
