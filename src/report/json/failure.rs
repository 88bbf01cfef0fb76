//! A failed command: its exit code, the reason and what the reader can do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::diagnostics::Diagnostic;
use crate::apply::{Outcome, StepOutcome};
use crate::instance::vocabulary;
use crate::plan::Plan;

vocabulary! {
    /// How a command ends. Pipelines rely on the exit codes. If several apply, the first value wins.
    Exit {
        /// ocon has a bug, and ended at the place where it noticed.
        Bug "bug",
        /// The command was interrupted.
        Interrupted "interrupted",
        /// The command line is invalid.
        Usage "usage",
        /// Files are invalid, or variables are not set. Nothing was contacted.
        Invalid "invalid",
        /// The credentials are not accepted, or the API is unreachable. No plan was made.
        Unreachable "unreachable",
        /// A guard stopped the command: too many deletes, or a document key whose ownership is in doubt.
        Guarded "guarded",
        /// Some instances failed, are unknown or are blocked.
        Incomplete "incomplete",
        /// Some steps were not applied because the state changed since the plan.
        Stale "stale",
        /// The plan has changes or blocked instances. Only with `--detailed-exitcode`.
        Changes "changes",
        /// Another error.
        Other "other",
        /// Success.
        Success "success",
    }
}

impl Exit {
    /// Returns the exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Other => 1,
            Self::Changes => 2,
            Self::Incomplete => 3,
            Self::Stale => 4,
            Self::Invalid => 5,
            Self::Unreachable => 6,
            Self::Guarded => 7,
            Self::Usage => 64,
            Self::Bug => 101,
            Self::Interrupted => 130,
        }
    }

    /// Returns how an apply ends.
    pub fn of_apply(outcome: &Outcome, plan: &Plan) -> Self {
        let results = outcome.results.iter();
        let of_steps = results.map(|result| match result.status.outcome() {
            StepOutcome::Done => Self::Success,
            StepOutcome::Stale => Self::Stale,
            StepOutcome::Failed
            | StepOutcome::Unknown
            | StepOutcome::Blocked
            | StepOutcome::NotStarted => Self::Incomplete,
        });
        let is_guarded = plan.is_guarded() || outcome.is_guarded();
        let of_run = [
            outcome.interrupted.then_some(Self::Interrupted),
            outcome.has_bug().then_some(Self::Bug),
            is_guarded.then_some(Self::Guarded),
            (!outcome.is_checked()).then_some(Self::Incomplete),
        ];
        of_steps.chain(of_run.into_iter().flatten()).min().unwrap_or(Self::Success)
    }
}

/// Why a command failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "ocon failure")]
pub struct FailureDocument {
    /// Always `ocon-failure`.
    #[schemars(extend("const" = "ocon-failure"))]
    pub format: String,
    /// Version of this format: 1.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// The exit code.
    pub exit: u8,
    /// The kind of failure.
    pub code: Exit,
    /// What failed.
    pub message: String,
    /// Why, from the outermost to the innermost cause.
    pub causes: Vec<String>,
    /// What the reader can do.
    pub hints: Vec<String>,
    /// The platform and the project, as far as they are known.
    pub target: Option<FailureTarget>,
    /// The problems in the files, if these are the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Diagnostic>,
}

/// The platform and the project of a command that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FailureTarget {
    /// The base URL of the API. Null if no valid one is set.
    pub base_url: Option<String>,
    /// The project whose instances are managed.
    pub project: String,
}

impl FailureDocument {
    /// Creates the document of a failure without causes, hints, target and problems.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            format: "ocon-failure".to_owned(),
            version: 1,
            exit: exit.code(),
            code: exit,
            message: message.into(),
            causes: Vec::new(),
            hints: Vec::new(),
            target: None,
            problems: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_exit_codes_the_first_in_the_list_wins() {
        let codes = Exit::ALL.map(Exit::code);
        assert!(Exit::ALL.is_sorted());
        assert_eq!(codes, [101, 130, 64, 5, 6, 7, 3, 4, 2, 1, 0]);
    }
}
