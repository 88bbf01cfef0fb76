//! The limits that a plan must respect before anything is written.

use super::contents::Plan;
use super::step::Action;

/// The limits of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The maximum number of instances to delete.
    pub max_deletes: usize,
}

/// A plan that may be applied. Only [`Plan::within`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approved(Plan);

/// A plan that exceeds its limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the plan deletes {deletes} of {managed} managed instances, but the limit is {allowed}")]
pub struct DeleteLimitExceeded {
    /// The number of deletes in the plan.
    pub deletes: usize,
    /// The number of managed instances.
    pub managed: usize,
    /// The limit.
    pub allowed: usize,
}

impl Plan {
    /// Approves the plan if it stays within `limits`.
    ///
    /// # Errors
    /// Fails if the plan deletes more instances than allowed. No step may run then.
    pub fn within(self, limits: Limits) -> Result<Approved, DeleteLimitExceeded> {
        let deletes = self.count(Action::Delete);
        if deletes <= limits.max_deletes {
            return Ok(Approved(self));
        }
        let enables = |action| matches!(action, Action::Enable | Action::Disable);
        let written =
            self.steps.iter().filter(|step| step.id.is_some() && !enables(step.action)).count();
        let managed = written + self.untouched.unchanged + self.untouched.orphans;
        Err(DeleteLimitExceeded { deletes, managed, allowed: limits.max_deletes })
    }
}

impl Approved {
    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.0
    }
}
