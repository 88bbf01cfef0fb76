//! The diagnostic codes of failed steps. `docs/diagnostics.md` explains each of them.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::{Error, ErrorKind};
use crate::instance::vocabulary;
use crate::plan::BlockCode;

vocabulary! {
    /// The kind of a failure.
    FailureCode {
        /// The connection ended before the reply.
        AnswerLost "answer-lost",
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
    /// The kind of an API error.
    pub(super) fn of(error: &Error) -> Self {
        if error.request_limit().is_some() && !error.may_have_happened() {
            return Self::RequestLimit;
        }
        match &error.kind {
            ErrorKind::Connect { .. } => Self::Unreachable,
            ErrorKind::Transport { .. } | ErrorKind::Timeout { .. } => Self::AnswerLost,
            ErrorKind::Status { status: 401, .. } => Self::Unauthorized,
            ErrorKind::Status { provider_message: Some(_), .. } => Self::ProviderRefused,
            ErrorKind::Status { status: 400..500, .. } => Self::PlatformRefused,
            ErrorKind::Status { .. } | ErrorKind::Listing(_) => Self::PlatformError,
            ErrorKind::Redirect { .. } | ErrorKind::Decode { .. } => Self::UnexpectedAnswer,
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

    /// Whether the platform or the provider refused the request.
    pub fn is_refusal(self) -> bool {
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

/// Compares with a stable name.
impl PartialEq<&str> for StepErrorCode {
    fn eq(&self, name: &&str) -> bool {
        self.as_str() == *name
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
