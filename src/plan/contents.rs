//! The contents of a plan, and the limits that it must respect before anything is written.

use super::{AccountContent, Action, BlockCode, NoteCode, Step, Target};
use crate::instance::{InstanceId, Key, SecretSource, Span};

/// A complete plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The platform and the project.
    pub target: Target,
    /// Whether the plan covers only selected documents.
    pub partial: bool,
    /// The steps, sorted by key.
    pub steps: Vec<Step>,
    /// The documents that are blocked.
    pub blocked: Vec<Blocked>,
    /// The documents whose approved steps are no longer possible.
    pub stale: Vec<Stale>,
    /// Notes for the reader.
    pub notes: Vec<Note>,
    /// The secrets of the selected documents that are not set here, apart from those of grants: only a
    /// create needs these.
    pub unset: Vec<UnsetSecret>,
    /// The numbers of instances that no step touches.
    pub untouched: UntouchedCounts,
    /// The number of requests that the plan needed.
    pub reads: usize,
    /// The size of the account. `None` if it was not listed.
    pub account: Option<AccountSize>,
    /// The size of the project.
    pub managed: AccountSize,
    /// What the account contains. Only if there is no document, and if the account was listed.
    pub content: Option<AccountContent>,
}

/// The size of an account or a project, which determines the number of requests of a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountSize {
    /// The number of instances.
    pub instances: usize,
    /// The number of instances on a full page.
    pub page_size: usize,
}

impl AccountSize {
    /// The number of pages of a listing after these instances were added and deleted.
    fn pages(self, added: usize, deleted: usize) -> usize {
        (self.instances + added).saturating_sub(deleted).div_ceil(self.page_size).max(1)
    }
}

/// The numbers of instances that no step touches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UntouchedCounts {
    /// Selected instances that match their file.
    pub unchanged: usize,
    /// Instances of the project that no document describes.
    pub orphans: usize,
    /// Instances without an owner. `None` if the account was not listed.
    pub(crate) unmanaged: Option<usize>,
}

/// A document for which no step is possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// The document key.
    pub key: Key,
    /// The start of the document.
    pub at: Span,
    /// The kind of obstacle.
    pub code: BlockCode,
    /// The obstacle and the remedy.
    pub message: String,
}

/// A document whose approved steps are no longer possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stale {
    /// The document key.
    pub key: Key,
    /// The approved action.
    pub action: Action,
    /// The start of the document, if it still exists.
    pub at: Option<Span>,
    /// Whether the ownership of the instance is in doubt now.
    pub guarded: bool,
    /// The difference and the remedy.
    pub message: String,
    /// The steps that a new plan would have.
    pub steps: Vec<Step>,
}

/// A note for the reader of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The kind of note.
    pub code: NoteCode,
    /// The document key, or the one that the instance has.
    pub key: Key,
    /// The instance ID, if the note is about an instance.
    pub instance_id: Option<InstanceId>,
    /// The host, if the note is about one.
    pub host: Option<HostUse>,
    /// The fact, and what follows from it.
    pub message: String,
    /// What to do, as a sentence without its period. Notes with the same advice are shown together.
    pub help: Option<String>,
}

impl Note {
    /// The fact and the advice, in sentences without the last period.
    pub fn text(&self) -> String {
        match &self.help {
            Some(help) => format!("{}. {help}", self.message),
            None => self.message.clone(),
        }
    }
}

/// A secret without a value here. Its fields can be neither compared nor written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnsetSecret {
    /// The place of the value that refers to it.
    pub at: Span,
    /// The document key.
    pub key: Key,
    /// Where its value comes from.
    pub source: SecretSource,
}

/// The text of a note.
pub(super) struct NoteText {
    message: String,
    help: Option<String>,
}

impl NoteText {
    pub(super) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: Some(help.into()) }
    }
}

impl<T: Into<String>> From<T> for NoteText {
    fn from(message: T) -> Self {
        Self { message: message.into(), help: None }
    }
}

/// A host and what a step sends to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostUse {
    /// The full host name, or a phrase if it is unknown. The phrase quotes foreign text in backticks.
    pub host: String,
    /// What the host gets, as the object of a sentence.
    pub gets: String,
}

impl Plan {
    /// Whether the plan has no steps, and no document is blocked or stale.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.blocked.is_empty() && self.stale.is_empty()
    }

    /// Whether the ownership of an instance is in doubt.
    pub fn is_guarded(&self) -> bool {
        self.blocked.iter().any(|blocked| blocked.code.is_guard())
            || self.stale.iter().any(|stale| stale.guarded)
    }

    /// The number of steps with this action.
    pub fn count(&self, action: Action) -> usize {
        self.steps.iter().filter(|step| step.action == action).count()
    }

    /// The number of write requests of an apply.
    pub fn writes(&self) -> usize {
        self.steps.iter().map(|step| step.requests().len()).sum()
    }

    /// The number of read requests of an apply if the platform does not lag. Creates need one listing
    /// of the account, moves one of the project. Each enable, disable and delete needs one GET: their
    /// replies have no content, and a delete cannot be undone.
    pub fn checks(&self) -> usize {
        let single = [Action::Enable, Action::Disable, Action::Delete];
        let single: usize = single.into_iter().map(|action| self.count(action)).sum();
        let (creates, deletes) = (self.count(Action::Create), self.count(Action::Delete));
        let account = self.account.filter(|_| creates > 0);
        let account = account.map_or(0, |size| size.pages(creates, deletes));
        let moves = self.steps.iter().any(Step::moves);
        let added = creates + self.count(Action::Adopt);
        let project = if moves { self.managed.pages(added, deletes) } else { 0 };
        single + account + project
    }

    pub(super) fn add_note(
        &mut self,
        code: NoteCode,
        key: &Key,
        instance_id: Option<InstanceId>,
        text: impl Into<NoteText>,
    ) {
        let NoteText { message, help } = text.into();
        self.notes.push(Note { code, key: key.clone(), instance_id, host: None, message, help });
    }

    /// Sorts steps and notes, so equal inputs give equal plans.
    pub(super) fn sort(&mut self) {
        self.steps.sort_by(|a, b| (&a.key, a.action).cmp(&(&b.key, b.action)));
        self.notes
            .sort_by(|a, b| (a.code, &a.key, a.instance_id).cmp(&(b.code, &b.key, b.instance_id)));
    }
}

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
    pub(crate) deletes: usize,
    pub(crate) managed: usize,
    pub(crate) allowed: usize,
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
