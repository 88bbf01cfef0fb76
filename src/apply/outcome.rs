//! The outcome of an apply, the events on the way, and the diagnostic codes of failed steps, which
//! `docs/diagnostics.md` explains.

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::{Error, ErrorKind};
use crate::instance::{EventArrival, InstanceId, Key, Secret, vocabulary};
use crate::plan::{Action, BlockCode, Blocked, Stale, Step};

/// An event during an apply.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A step starts.
    StepStarted(&'a Step),
    /// A step is still running after this time.
    StepStillRunning(&'a Step, Duration),
    /// All steps ended, but after this time no listing shows all new instances.
    WaitingForListings(Duration),
    /// A step ended.
    StepFinished(&'a StepResult),
}

/// The outcome of an apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// One result per step, in the order of the plan, then one per stale and blocked document.
    pub results: Vec<StepResult>,
    /// Notes for the reader.
    pub notes: Vec<OutcomeNote>,
    /// Whether the run was asked to stop.
    pub interrupted: bool,
}

/// A note for the reader of an outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutcomeNote {
    /// The kind of note.
    pub code: FailureCode,
    /// The text.
    pub message: String,
}

/// The result of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepResult {
    /// The document key.
    pub key: Key,
    /// The action. `None` for a blocked document.
    pub action: Option<Action>,
    /// The instance, if it is known.
    pub instance: Option<AffectedInstance>,
    /// How the step ended.
    pub status: StepStatus,
    /// Whether a person must register the webhook URL at the provider.
    pub register_webhook: bool,
}

/// An instance that a step created or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AffectedInstance {
    /// The instance ID.
    pub id: InstanceId,
    /// How its events arrive.
    pub arrival: EventArrival,
    /// The URL that a person registers at the provider. `None` if there is nothing to register.
    pub webhook_url: Option<String>,
    /// The credential for calls through the instance, if a reply contained it.
    pub token: Option<Secret>,
    /// Whether the ID is from the reply to this run's own create.
    pub from_own_create: bool,
}

impl AffectedInstance {
    /// Whether the form of the webhook URL is only assumed.
    pub fn has_assumed_url(&self) -> bool {
        matches!(self.arrival, EventArrival::Registered { is_assumed: true, .. })
    }
}

vocabulary! {
    /// How a step ended, without details.
    StepOutcome {
        /// The step is done.
        Done "done",
        /// The step failed.
        Failed "failed",
        /// It is unknown whether the step took effect.
        Unknown "unknown",
        /// The instance changed since the plan.
        Stale "stale",
        /// The document is blocked.
        Blocked "blocked",
        /// The step was not started.
        NotStarted "not-started",
    }
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepStatus {
    /// The step is done, and a reply shows that.
    Done,
    /// The step failed, or is not complete.
    Failed(StepFailure),
    /// A request was sent, and its reply was lost. The next run resolves this.
    Unknown(StepFailure),
    /// The step did not run, because the state changed since the plan was approved.
    Stale(StepFailure),
    /// The plan has no step, because the document is blocked.
    Blocked(StepFailure),
    /// The step was not started.
    NotStarted,
}

impl StepStatus {
    /// How the step ended, without details.
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

    /// The failure, if there is one.
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

/// Why a step is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepFailure {
    /// The kind of failure.
    pub code: StepErrorCode,
    /// The failure and the remedy.
    pub message: String,
    /// The platform's ID of the request, for its support.
    pub request_id: Option<String>,
    /// The message of the platform or of the provider, if one of them refused the request.
    pub refusal: Option<String>,
}

impl StepFailure {
    pub(super) fn new(code: impl Into<StepErrorCode>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), request_id: None, refusal: None }
    }
}

impl StepResult {
    /// The result of a document without a step.
    fn without_step(key: &Key, action: Option<Action>, status: StepStatus) -> Self {
        Self { key: key.clone(), action, instance: None, status, register_webhook: false }
    }
}

impl From<&Stale> for StepResult {
    fn from(stale: &Stale) -> Self {
        let failure = StepFailure::new(FailureCode::Stale, &stale.message);
        Self::without_step(&stale.key, Some(stale.action), StepStatus::Stale(failure))
    }
}

impl From<&Blocked> for StepResult {
    fn from(blocked: &Blocked) -> Self {
        let failure = StepFailure::new(blocked.code, &blocked.message);
        Self::without_step(&blocked.key, None, StepStatus::Blocked(failure))
    }
}

impl Outcome {
    /// Whether two instances have one document key.
    pub fn is_guarded(&self) -> bool {
        self.has_failure(FailureCode::DuplicateInstance)
    }

    fn has_failure(&self, code: FailureCode) -> bool {
        let mut failures = self.results.iter().filter_map(|result| result.status.failure());
        failures.any(|failure| failure.code.is(code))
    }

    /// Whether a step panicked.
    pub fn has_bug(&self) -> bool {
        self.has_failure(FailureCode::Bug)
    }

    /// Whether every step is done and every check succeeded.
    pub fn is_complete(&self) -> bool {
        self.is_checked() && self.results.iter().all(|result| result.status == StepStatus::Done)
    }

    /// Whether listings show everything that was created, so the next run finds it.
    pub(crate) fn is_checked(&self) -> bool {
        self.notes.is_empty()
    }

    /// The number of results with this outcome.
    pub fn count(&self, outcome: StepOutcome) -> usize {
        self.results.iter().filter(|result| result.status.outcome() == outcome).count()
    }
}

vocabulary! {
    /// The kind of a failure.
    FailureCode {
        /// The connection ended before the reply.
        AnswerLost "answer-lost",
        /// The step panicked, which is a bug in ocon.
        Bug "bug",
        /// Another run created the same instance first.
        ConcurrentApply "concurrent-apply",
        /// Two instances have one document key.
        DuplicateInstance "duplicate-instance",
        /// The platform did not store the tags with the owner.
        MarkNotStored "mark-not-stored",
        /// A write needs a secret that is not set.
        MissingVariable "missing-variable",
        /// No listing shows a new instance yet. This is a note, not a failure.
        NotListedYet "not-listed-yet",
        /// The platform failed.
        PlatformError "platform-error",
        /// The platform refused the request.
        PlatformRefused "platform-refused",
        /// The provider refused a request of the platform.
        ProviderRefused "provider-refused",
        /// The limit of requests is reached.
        RequestLimit "request-limit",
        /// The state changed since the plan.
        Stale "stale",
        /// The platform refused the credentials.
        Unauthorized "unauthorized",
        /// It could not be checked whether another run created the same instance. This is a note, not
        /// a failure.
        UncheckedRivals "unchecked-rivals",
        /// The reply does not have the platform's format.
        UnexpectedAnswer "unexpected-answer",
        /// There is no connection.
        Unreachable "unreachable",
        /// The platform stored another value than the one that was sent.
        ValueNotStored "value-not-stored",
    }
}

impl FailureCode {
    pub(super) fn of(error: &Error) -> Self {
        if error.request_limit().is_some() && !error.may_have_happened() {
            return Self::RequestLimit;
        }
        match &error.kind {
            ErrorKind::Connect { .. } | ErrorKind::ProxyAuthentication => Self::Unreachable,
            ErrorKind::Transport { .. } | ErrorKind::Timeout { .. } => Self::AnswerLost,
            ErrorKind::Status { status: 401, .. } => Self::Unauthorized,
            ErrorKind::Status { provider_message: Some(_), .. } => Self::ProviderRefused,
            ErrorKind::Status { status: 400..500, .. } => Self::PlatformRefused,
            ErrorKind::Status { .. } | ErrorKind::Listing(_) => Self::PlatformError,
            ErrorKind::Redirect { .. }
            | ErrorKind::Decode { .. }
            | ErrorKind::ForeignContent { .. } => Self::UnexpectedAnswer,
            ErrorKind::MissingValue { .. } => Self::MissingVariable,
            ErrorKind::RequestLimit { .. } => Self::RequestLimit,
        }
    }
}

/// The code of a result that is not done.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(untagged)]
pub enum StepErrorCode {
    /// The step failed.
    Failure(FailureCode),
    /// The document was blocked.
    Blocked(BlockCode),
}

impl StepErrorCode {
    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Failure(code) => code.as_str(),
            Self::Blocked(code) => code.as_str(),
        }
    }

    pub(crate) fn is_refusal(self) -> bool {
        self.is(FailureCode::PlatformRefused) || self.is(FailureCode::ProviderRefused)
    }

    /// Whether this is a failure of that kind.
    pub fn is(self, code: FailureCode) -> bool {
        self == Self::Failure(code)
    }
}

impl From<FailureCode> for StepErrorCode {
    fn from(code: FailureCode) -> Self {
        Self::Failure(code)
    }
}

impl From<BlockCode> for StepErrorCode {
    fn from(code: BlockCode) -> Self {
        Self::Blocked(code)
    }
}

impl fmt::Display for StepErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_by_name() {
        assert!(FailureCode::ALL.is_sorted_by_key(|code| code.as_str()));
    }

    #[test]
    fn a_code_has_its_stable_name_in_json() {
        let codes: [StepErrorCode; 2] = [FailureCode::Stale.into(), BlockCode::KeyTaken.into()];
        assert_eq!(serde_json::to_value(codes).unwrap(), serde_json::json!(["stale", "key-taken"]));
    }
}
