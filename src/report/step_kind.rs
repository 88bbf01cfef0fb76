//! The kinds of steps of a plan, in the order of a review. Comments and pages have a section for each.

use super::json::PlanStep;
use crate::plan::{Action, Cause, ChangeKind};

/// A kind of steps that a reviewer decides about together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StepKind {
    Create,
    /// The rest of a create that was interrupted.
    Finish,
    Rotate,
    Update,
    Adopt,
    Move,
    Drift,
}

impl StepKind {
    pub(super) const ALL: [Self; 7] = [
        Self::Create,
        Self::Finish,
        Self::Rotate,
        Self::Update,
        Self::Adopt,
        Self::Move,
        Self::Drift,
    ];

    /// Returns the kind of a step; `None` for a delete, which a reviewer sees before all other steps.
    pub(super) fn of(step: &PlanStep) -> Option<Self> {
        let rotates = || step.changes.iter().any(|change| change.kind == ChangeKind::Rotate);
        let only_mark = step.only_mark().is_some();
        Some(match (step.action, step.cause) {
            (Action::Delete, _) => return None,
            (Action::Create, _) => Self::Create,
            (_, Cause::Remote) => Self::Drift,
            // The files can have changed since the create, so it is not drift.
            (_, Cause::Unfinished) => Self::Finish,
            (Action::Adopt, _) if only_mark => Self::Adopt,
            _ if only_mark => Self::Move,
            _ if rotates() => Self::Rotate,
            _ => Self::Update,
        })
    }

    /// A name for links within a page.
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Finish => "finish",
            Self::Rotate => "rotate",
            Self::Update => "update",
            Self::Adopt => "adopt",
            Self::Move => "move",
            Self::Drift => "drift",
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Create => "To create",
            Self::Finish => "To finish",
            Self::Rotate => "To update, with new secrets",
            Self::Update => "To update",
            Self::Adopt => "To adopt, without another change",
            Self::Move => "To mark with another document key, without another change",
            Self::Drift => "Drift",
        }
    }

    /// What an apply does, if the title does not say it.
    pub(super) fn intro(self) -> Option<&'static str> {
        match self {
            Self::Finish => Some("An earlier create of these instances was interrupted."),
            Self::Adopt => {
                Some("An apply adds one tag to each of these instances, the mark of this project.")
            }
            Self::Drift => Some(
                "These changes were made on the platform, not in the files. An apply overwrites them.",
            ),
            Self::Create | Self::Rotate | Self::Update | Self::Move => None,
        }
    }
}
