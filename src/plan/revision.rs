//! A plan made anew, held against one that was approved.
//!
//! Nothing is done that the approved plan does not contain, and nothing that rests on something
//! else than it did then: such an instance is stale, and the others go on.

use std::collections::{BTreeMap, BTreeSet};

use super::note::HOST_NOTES;
use super::{Action, Note, NoteCode, Plan, Step};
use crate::instance::{Key, Span};

/// The steps that were approved.
pub struct ApprovedSteps<'a> {
    /// The documents with steps, each with its first action.
    pub keys: BTreeMap<Key, Action>,
    /// Whether these, and only these, are the steps that were approved for their document.
    pub same: &'a dyn Fn(&Key, &[&Step]) -> bool,
}

/// A document whose approved steps cannot be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stale {
    /// The document.
    pub key: Key,
    /// What was approved.
    pub action: Action,
    /// Where it begins, if it is still there.
    pub at: Option<Span>,
    /// Whether ownership of it is in doubt now.
    pub guarded: bool,
    /// What is different, and what to do.
    pub message: String,
    /// What would have to be done now.
    pub steps: Vec<Step>,
}

impl Plan {
    /// Keeps of this plan, made again after `approved` was shown to a person, what is still the same.
    #[must_use]
    pub fn as_approved(self, approved: &Self) -> Self {
        let mut keys = BTreeMap::new();
        for step in &approved.steps {
            keys.entry(step.key.clone()).or_insert(step.action);
        }
        let same = |key: &Key, steps: &[&Step]| {
            approved.steps.iter().filter(|step| step.key == *key).eq(steps.iter().copied())
        };
        self.revised(&ApprovedSteps { keys, same: &same })
    }

    /// Keeps what was approved and is still the same.
    #[must_use]
    pub fn revised(mut self, planned: &ApprovedSteps<'_>) -> Self {
        let mut fresh: BTreeMap<Key, Vec<Step>> = BTreeMap::new();
        for step in std::mem::take(&mut self.steps) {
            fresh.entry(step.key.clone()).or_default().push(step);
        }
        for (key, action) in &planned.keys {
            let steps = fresh.remove(key).unwrap_or_default();
            if (planned.same)(key, &steps.iter().collect::<Vec<_>>()) {
                self.steps.extend(steps);
            } else {
                let stale = self.stale(key, *action, steps);
                self.stale.push(stale);
            }
        }
        self.blocked.retain(|blocked| !planned.keys.contains_key(&blocked.key));
        for (key, steps) in fresh {
            self.leave_alone(key, &steps);
        }
        self.forget_what_is_not_sent();
        self.order();
        self
    }

    /// Drops what was said of credentials that no step sends or moves any more.
    fn forget_what_is_not_sent(&mut self) {
        let kept: BTreeSet<&Key> = self.steps.iter().map(|step| &step.key).collect();
        let is_said_of_steps = |note: &Note| HOST_NOTES.contains(&note.code);
        self.notes.retain(|note| !is_said_of_steps(note) || kept.contains(&note.key));
    }

    /// Mentions what differs and was not approved.
    fn leave_alone(&mut self, key: Key, steps: &[Step]) {
        let is_orphan = steps.iter().any(|step| step.action == Action::Delete);
        self.untouched.orphans += usize::from(is_orphan);
        let message = if is_orphan {
            "no file describes it, and the plan does not delete it"
        } else {
            "differs from its file, and the plan does not mention it: plan again"
        };
        let instance_id = steps.first().and_then(|step| step.id);
        self.notes.push(Note {
            code: NoteCode::NotPlanned,
            key,
            instance_id,
            host: None,
            message: message.to_owned(),
        });
    }

    fn stale(&self, key: &Key, action: Action, steps: Vec<Step>) -> Stale {
        let blocked = self.blocked.iter().find(|blocked| blocked.key == *key);
        let message = match (blocked, steps.as_slice()) {
            (Some(blocked), _) => format!("it is blocked now ({}): {}", blocked.code, blocked.message),
            (None, []) => "nothing is left to do for it: it was applied already, its instance or its file is gone, \
                           or its document key changed. Plan again"
                .to_owned(),
            (None, _) => "its file or its instance changed since the plan was made; what would have to be done \
                          now is below. Plan again"
                .to_owned(),
        };
        let guarded = blocked.is_some_and(|blocked| blocked.code.is_guard());
        let at = blocked.map(|blocked| blocked.at.clone()).or_else(|| steps.first()?.at.clone());
        Stale { key: key.clone(), action, at, guarded, message, steps }
    }
}
