//! The last word before anything is written.

use super::{Action, Plan};

/// What a run may do at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest number of instances to delete.
    pub max_deletes: usize,
}

/// A plan that may be carried out. There is no other way to make one than [`Plan::within`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approved(Plan);

/// A plan that goes beyond its limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the plan deletes {deletes} of {managed} managed instances, and at most {allowed} are allowed"
)]
pub struct Refused {
    /// The number of deletes in the plan.
    pub deletes: usize,
    /// The number of instances that carry the project's mark.
    pub managed: usize,
    /// The largest number allowed.
    pub allowed: usize,
}

impl Plan {
    /// Approves the plan if it stays within `limits`.
    ///
    /// # Errors
    /// When it deletes more instances than allowed: then nothing of it may be done.
    pub fn within(self, limits: Limits) -> Result<Approved, Refused> {
        let deletes = self.count(Action::Delete);
        if deletes > limits.max_deletes {
            let touched =
                self.steps.iter().filter(|step| step.id.is_some() && step.action.rank() != 1);
            let managed = touched.count() + self.untouched.unchanged + self.untouched.orphans;
            return Err(Refused { deletes, managed, allowed: limits.max_deletes });
        }
        Ok(Approved(self))
    }
}

impl Approved {
    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.0
    }
}
