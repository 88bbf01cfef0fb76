//! A new plan, reduced to what was approved.
//!
//! Only steps that the approved plan contains remain, and only if what they depend on did not change.
//! An instance with other steps is stale, and the others continue.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, NoteCode, Plan, Stale, Step};
use crate::instance::Key;

/// The approved steps.
pub struct ApprovedSteps<'a> {
    /// The documents with steps, each with its first action.
    pub keys: BTreeMap<Key, Action>,
    /// Whether exactly these steps were approved for the document.
    pub same: &'a dyn Fn(&Key, &[&Step]) -> bool,
}

impl Plan {
    /// Reduces this plan to the steps of `approved`, the plan that a person has seen.
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

    /// Reduces this plan to the approved steps.
    #[must_use]
    pub fn revised(mut self, approved: &ApprovedSteps<'_>) -> Self {
        let mut current: BTreeMap<Key, Vec<Step>> = BTreeMap::new();
        for step in std::mem::take(&mut self.steps) {
            current.entry(step.key.clone()).or_default().push(step);
        }
        for (key, action) in &approved.keys {
            let steps = current.remove(key).unwrap_or_default();
            if (approved.same)(key, &steps.iter().collect::<Vec<_>>()) {
                self.steps.extend(steps);
            } else {
                self.add_stale(key, *action, steps);
            }
        }
        self.blocked.retain(|blocked| !approved.keys.contains_key(&blocked.key));
        for (key, steps) in current {
            self.note_unplanned(&key, &steps);
        }
        self.drop_notes_of_dropped_steps();
        self.sort();
        self
    }

    fn drop_notes_of_dropped_steps(&mut self) {
        let kept: BTreeSet<&Key> = self.steps.iter().map(|step| &step.key).collect();
        self.notes.retain(|note| !note.code.is_about_sent_value() || kept.contains(&note.key));
    }

    fn note_unplanned(&mut self, key: &Key, steps: &[Step]) {
        let is_orphan = steps.iter().any(|step| step.action == Action::Delete);
        self.untouched.orphans += usize::from(is_orphan);
        let message = if is_orphan {
            "no document describes the instance, and the approved plan does not delete it"
        } else {
            "the instance differs from its file, but the approved plan does not change it. Plan again"
        };
        let instance_id = steps.first().and_then(|step| step.id);
        self.add_note(NoteCode::NotPlanned, key, instance_id, message);
    }

    fn add_stale(&mut self, key: &Key, action: Action, steps: Vec<Step>) {
        let blocked = self.blocked.iter().find(|blocked| blocked.key == *key);
        let message = match (blocked, steps.as_slice()) {
            (Some(blocked), _) => format!("the document is blocked now ({}): {}", blocked.code, blocked.message),
            (None, []) => "nothing is left to do: the plan was already applied, the instance or the file no longer \
                           exists, or the document key changed. Plan again"
                .to_owned(),
            (None, _) => "the file or the instance changed since the plan was made. The current steps are shown \
                          below. Plan again"
                .to_owned(),
        };
        let guarded = blocked.is_some_and(|blocked| blocked.code.is_guard());
        let at = blocked.map(|blocked| blocked.at.clone()).or_else(|| steps.first()?.at.clone());
        self.stale.push(Stale { key: key.clone(), action, at, guarded, message, steps });
    }
}
