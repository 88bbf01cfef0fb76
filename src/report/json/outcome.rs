//! The JSON form of what became of a plan.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::apply::{Outcome, OutcomeNote, StepOutcome, StepResult};
use crate::plan::Action;

/// What became of a plan of ocon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "ocon result")]
pub struct ResultDocument {
    /// Always `ocon-result`.
    #[schemars(regex(pattern = "^ocon-result$"))]
    pub format: String,
    /// The version of this form; 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// How many steps ended in which way.
    pub summary: ResultSummary,
    /// One entry per step and per blocked document.
    pub results: Vec<ResultEntry>,
    /// What a reader should know besides; left out where there is nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<ResultNote>,
}

/// What a reader should know besides the results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResultNote {
    /// The kind of note.
    pub code: String,
    /// What happened, and what follows.
    pub message: String,
}

/// The numbers of an outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResultSummary {
    /// Steps that are done.
    pub done: usize,
    /// Steps that failed.
    pub failed: usize,
    /// Steps whose answer was lost.
    pub unknown: usize,
    /// Steps that were not done because the world moved since the plan.
    pub stale: usize,
    /// Documents that nothing could be done for.
    pub blocked: usize,
    /// Steps that were not begun.
    pub not_started: usize,
    /// Instances that matched their file and were left alone.
    pub unchanged: usize,
}

/// What became of one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResultEntry {
    /// The document's key.
    pub key: String,
    /// What was to be done.
    #[schemars(regex(pattern = "^(create|finish|adopt|update|enable|disable|delete|blocked)$"))]
    pub action: String,
    /// How it ended.
    #[schemars(regex(pattern = "^(done|failed|unknown|stale|blocked|not-started)$"))]
    pub outcome: String,
    /// The instance; null where it is not known.
    pub instance_id: Option<u64>,
    /// Where the provider sends its events; null where the instance is not known.
    pub webhook_url: Option<String>,
    /// True where a person has to register that URL at the provider before any event arrives.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub register_webhook: bool,
    /// What went wrong; null where nothing did.
    pub error: Option<ResultError>,
}

/// What went wrong with a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResultError {
    /// The kind of failure.
    pub code: String,
    /// What happened, and what to do.
    pub message: String,
    /// The platform's id of the request.
    pub request_id: Option<String>,
}

impl ResultDocument {
    /// The document for an outcome of a plan that left `unchanged` instances alone.
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
}

fn note(note: &OutcomeNote) -> ResultNote {
    ResultNote { code: note.code.as_str().to_owned(), message: note.message.clone() }
}

fn entry(result: &StepResult) -> ResultEntry {
    ResultEntry {
        key: result.key.to_string(),
        action: result.action.map_or("blocked", Action::as_str).to_owned(),
        outcome: result.status.outcome().as_str().to_owned(),
        instance_id: result.instance.as_ref().map(|touched| touched.id.get()),
        webhook_url: result.instance.as_ref().map(|touched| touched.webhook_url.clone()),
        register_webhook: result.register_webhook,
        error: result.status.failure().map(|failure| ResultError {
            code: failure.code.to_string(),
            message: failure.message.clone(),
            request_id: failure.request_id.clone(),
        }),
    }
}
