//! The names of everything that can go wrong with a step.
//!
//! A code is stable: scripts refer to it. `docs/diagnostics.md` explains each; a test keeps the page
//! and this list equal. A document that nothing could be done for has a
//! [`BlockCode`](crate::plan::BlockCode) instead.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::{Error, Kind};
use crate::instance::vocabulary;
use crate::plan::BlockCode;

vocabulary! {
    /// Why a step failed, or what a note of an outcome is about.
    pub enum FailureCode {
        /// The connection ended before the answer was there.
        AnswerLost = "answer-lost",
        /// Another run created the same instance first.
        ConcurrentApply = "concurrent-apply",
        /// Two instances carry one key.
        DuplicateInstance = "duplicate-instance",
        /// The platform did not keep the tags that say whose the instance is.
        MarkNotStored = "mark-not-stored",
        /// A write needs a secret that is not set.
        MissingVariable = "missing-variable",
        /// No listing shows a new instance yet; a note, and no failure.
        NotListedYet = "not-listed-yet",
        /// The platform failed.
        PlatformError = "platform-error",
        /// The platform does not take the request.
        PlatformRefused = "platform-refused",
        /// The provider does not take what the platform asked of it.
        ProviderRefused = "provider-refused",
        /// No further request was allowed.
        RequestLimit = "request-limit",
        /// The world moved since the plan.
        Stale = "stale",
        /// The platform does not take the credentials.
        Unauthorized = "unauthorized",
        /// Whether another run created the same instance could not be seen; a note, and no failure.
        UncheckedRivals = "unchecked-rivals",
        /// The answer is none of the platform's.
        UnexpectedAnswer = "unexpected-answer",
        /// There is no connection.
        Unreachable = "unreachable",
        /// The platform kept another value than the one that was sent.
        ValueNotStored = "value-not-stored",
    }
}

/// The code of a step that is not done: of its failure, or of what blocks its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum StepCode {
    /// The step failed.
    Failure(FailureCode),
    /// The document is blocked.
    Blocked(BlockCode),
}

impl StepCode {
    /// Whether the message is an answer to the values that were sent.
    pub fn is_answer(self) -> bool {
        self.is_refusal() || self == Self::Failure(FailureCode::ValueNotStored)
    }

    /// Whether the platform or the provider refused the request.
    pub fn is_refusal(self) -> bool {
        matches!(self, Self::Failure(FailureCode::PlatformRefused | FailureCode::ProviderRefused))
    }

    /// The word in JSON documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Failure(code) => code.as_str(),
            Self::Blocked(code) => code.as_str(),
        }
    }
}

impl fmt::Display for StepCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl From<FailureCode> for StepCode {
    fn from(code: FailureCode) -> Self {
        Self::Failure(code)
    }
}

impl From<BlockCode> for StepCode {
    fn from(code: BlockCode) -> Self {
        Self::Blocked(code)
    }
}

impl FailureCode {
    /// What kind of failure an error of the API is.
    pub(super) fn of(error: &Error) -> Self {
        if error.request_limit().is_some() && !error.may_have_happened() {
            return Self::RequestLimit;
        }
        match &error.kind {
            Kind::Connect { .. } => Self::Unreachable,
            Kind::Transport { .. } | Kind::Timeout { .. } => Self::AnswerLost,
            Kind::Status { status: 401, .. } => Self::Unauthorized,
            Kind::Status { provider_message: Some(_), .. } => Self::ProviderRefused,
            Kind::Status { status: 400..500, .. } => Self::PlatformRefused,
            Kind::Status { .. } | Kind::Listing(_) => Self::PlatformError,
            Kind::Redirect { .. } | Kind::Decode { .. } => Self::UnexpectedAnswer,
            Kind::MissingValue { .. } => Self::MissingVariable,
            Kind::RequestLimit { .. } => Self::RequestLimit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted() {
        assert!(FailureCode::ALL.is_sorted_by_key(|code| code.as_str()));
    }
}
