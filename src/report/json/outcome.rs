//! The document of an outcome: the results of applying a plan.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::apply::{
    AffectedInstance, FailureCode, Outcome, OutcomeNote, StepErrorCode, StepOutcome, StepResult,
};
use crate::instance::InstanceId;
use crate::plan::Action;

/// The results of applying a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "ocon result")]
pub struct ResultDocument {
    /// Always `ocon-result`.
    #[schemars(extend("const" = "ocon-result"))]
    pub format: String,
    /// Version of this format: 1.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// Number of steps per outcome.
    pub summary: ResultSummary,
    /// One entry per step and per blocked document.
    pub results: Vec<ResultEntry>,
    /// What else the reader should know. Omitted if there is nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<ResultNote>,
}

/// What else the reader of the results should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResultNote {
    /// The kind of note.
    pub code: FailureCode,
    /// What happened, and what follows.
    pub message: String,
}

/// The counters of an outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResultSummary {
    /// Steps that are done.
    pub done: usize,
    /// Steps that failed.
    pub failed: usize,
    /// Steps whose response was lost.
    pub unknown: usize,
    /// Steps that were not applied because the state changed since the plan.
    pub stale: usize,
    /// Blocked documents.
    pub blocked: usize,
    /// Steps that did not start.
    pub not_started: usize,
    /// Instances that match their file.
    pub unchanged: usize,
}

/// The result of one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResultEntry {
    /// The document key.
    pub key: String,
    /// The planned action.
    pub action: ResultAction,
    /// How the step ended.
    pub outcome: StepOutcome,
    /// The instance ID. Null if it is not known.
    pub instance_id: Option<u64>,
    /// The URL to which the provider must send its events. Null if there is nothing to register.
    pub webhook_url: Option<String>,
    /// True if you must register that URL at the provider before any event arrives.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub register_webhook: bool,
    /// True if no source documents the form of that URL (`webhook-url-assumed`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub webhook_url_assumed: bool,
    /// What went wrong. Null if nothing did.
    pub error: Option<ResultError>,
}

/// The planned action of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ResultAction {
    /// The action of a step.
    Step(Action),
    /// None, because the document is blocked.
    None(BlockedAction),
}

/// The word in place of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum BlockedAction {
    /// The document is blocked.
    #[serde(rename = "blocked")]
    Blocked,
}

impl fmt::Display for ResultAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// What went wrong with a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResultError {
    /// The kind of failure.
    pub code: StepErrorCode,
    /// What happened, and what to do.
    pub message: String,
    /// The platform's request ID.
    pub request_id: Option<String>,
}

impl ResultDocument {
    /// Creates the document for the outcome of a plan that left `unchanged` instances alone.
    pub fn new(outcome: &Outcome, unchanged: usize) -> Self {
        Self {
            format: "ocon-result".to_owned(),
            version: 1,
            summary: ResultSummary {
                done: outcome.count(StepOutcome::Done),
                failed: outcome.count(StepOutcome::Failed),
                unknown: outcome.count(StepOutcome::Unknown),
                stale: outcome.count(StepOutcome::Stale),
                blocked: outcome.count(StepOutcome::Blocked),
                not_started: outcome.count(StepOutcome::NotStarted),
                unchanged,
            },
            results: outcome.results.iter().map(entry).collect(),
            notes: outcome.notes.iter().map(note).collect(),
        }
    }

    pub(in crate::report) fn done(&self, action: Action) -> usize {
        self.results.iter().filter(|entry| entry.is_done(action)).count()
    }
}

impl ResultEntry {
    pub(in crate::report) fn is_done(&self, action: Action) -> bool {
        self.action == ResultAction::Step(action) && self.outcome == StepOutcome::Done
    }
}

impl ResultError {
    /// Returns the request ID, unless the message contains it.
    pub(in crate::report) fn further_request_id(&self) -> Option<&str> {
        self.request_id.as_deref().filter(|id| !self.message.contains(*id))
    }
}

fn note(note: &OutcomeNote) -> ResultNote {
    ResultNote { code: note.code, message: note.message.clone() }
}

fn entry(result: &StepResult) -> ResultEntry {
    let instance = result.instance.as_ref();
    ResultEntry {
        key: result.key.to_string(),
        action: result
            .action
            .map_or(ResultAction::None(BlockedAction::Blocked), ResultAction::Step),
        outcome: result.status.outcome(),
        instance_id: instance.map(|instance| instance.id).map(InstanceId::get),
        webhook_url: instance.and_then(|instance| instance.webhook_url.clone()),
        register_webhook: result.register_webhook,
        webhook_url_assumed: instance.is_some_and(AffectedInstance::has_assumed_url),
        error: result.status.failure().map(|failure| ResultError {
            code: failure.code,
            message: failure.message.clone(),
            request_id: failure.request_id.clone(),
        }),
    }
}
