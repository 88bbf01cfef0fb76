//! The names of everything that can go wrong with a step.
//!
//! A code is stable: scripts refer to it. `docs/diagnostics.md` explains each; a test keeps the page
//! and this list equal. A document that nothing could be done for has a
//! [`BlockCode`](crate::plan::BlockCode) instead.

use crate::api::{Error, Kind};

/// Declares [`FailureCode`] from lines of `Variant "name"`.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident $name:literal,)+) => {
        /// A kind of failure.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum FailureCode { $($(#[doc = $doc])+ $variant,)+ }

        impl FailureCode {
            /// All codes, by name.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable name, such as `answer-lost`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

codes! {
    /// The connection ended before the answer was there.
    AnswerLost "answer-lost",
    /// Another run created the same instance first.
    ConcurrentApply "concurrent-apply",
    /// Two instances carry one key.
    DuplicateInstance "duplicate-instance",
    /// The platform did not keep the tags that say whose the instance is.
    MarkNotStored "mark-not-stored",
    /// A write needs a secret that is not set.
    MissingVariable "missing-variable",
    /// No listing shows a new instance yet; a note, and no failure.
    NotListedYet "not-listed-yet",
    /// The platform failed.
    PlatformError "platform-error",
    /// The platform does not take the request.
    PlatformRefused "platform-refused",
    /// The provider does not take what the platform asked of it.
    ProviderRefused "provider-refused",
    /// No further request was allowed.
    RequestLimit "request-limit",
    /// The world moved since the plan.
    Stale "stale",
    /// The platform does not take the credentials.
    Unauthorized "unauthorized",
    /// Whether another run created the same instance could not be seen; a note, and no failure.
    UncheckedRivals "unchecked-rivals",
    /// The answer is none of the platform's.
    UnexpectedAnswer "unexpected-answer",
    /// There is no connection.
    Unreachable "unreachable",
    /// The platform kept another value than the one that was sent.
    ValueNotStored "value-not-stored",
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
