//! Instances of this project that no document describes, and the notes that help before they are
//! deleted.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::contents::NoteText;
use super::matching::{Matching, is_unreadable, shortened, was_last_applied};
use super::{Action, Cause, NoteCode, OrphanPolicy, Plan, PlanContext, Step};
use crate::desired::Desired;
use crate::instance::{ConnectorKey, Key};
use crate::observed::{Observed, ObservedInstance};
use crate::safe_text::{quoted, unquoted};

#[derive(Clone, Copy)]
pub(super) struct OrphanPlanner<'a> {
    pub(super) desired: &'a Desired,
    pub(super) observed: &'a Observed,
    pub(super) context: &'a PlanContext<'a>,
    pub(super) matching: &'a Matching<'a>,
}

enum Decision {
    Delete(ConnectorKey),
    /// Keep it in this run, with a note that ends with this advice.
    Keep(NoteCode, String),
}

impl<'a> OrphanPlanner<'a> {
    /// Adds a note to each create, blocked or not, whose connector also has an orphan. The file may
    /// have been moved and renamed.
    pub(super) fn note_possible_moves(&self, plan: &mut Plan) {
        let mut orphans: BTreeMap<&str, Vec<(&Key, &ObservedInstance)>> = BTreeMap::new();
        for (key, found) in self.matching.orphans.iter().chain(&self.matching.left_behind) {
            orphans.entry(&found.connector).or_default().push((key, found));
        }
        for key in self.creates() {
            let connector = self.desired.instances[key].connector.as_str();
            if let Some(orphans) = orphans.get(connector) {
                let instance_id = match orphans.as_slice() {
                    [(_, found)] => Some(found.id),
                    _ => None,
                };
                let message = possible_move(connector, orphans);
                plan.add_note(NoteCode::MaybeMoved, key, instance_id, message);
            }
        }
    }

    /// Adds a note to each create whose document has a `moved_from` that matches no instance. The line
    /// may be misspelled.
    pub(super) fn note_unmatched_moves(&self, plan: &mut Plan) {
        for key in self.creates() {
            let moved_from = &self.desired.instances[key].moved_from;
            if !moved_from.is_empty() {
                let names = shortened(moved_from.iter().map(|old| quoted(old).to_string()));
                let message = format!(
                    "no instance of this project has a document key of `moved_from` ({names}), so the plan creates a \
                     new instance"
                );
                plan.add_note(NoteCode::MovedFromUnmatched, key, None, message);
            }
        }
    }

    /// The selected documents that can only be created.
    fn creates(&self) -> impl Iterator<Item = &'a Key> {
        let options = self.context.options;
        self.matching.without_instance.iter().copied().filter(|key| options.selects(key))
    }

    /// Adds a note to each instance of the project of `--take-from` that no document takes over. That
    /// project may have no files anymore.
    pub(super) fn note_left_behind(&self, plan: &mut Plan) {
        let Some(project) = &self.context.options.take_from else { return };
        for (key, found) in &self.matching.left_behind {
            let message = format!(
                "{} {} stays in project {}, because no document describes it",
                unquoted(&found.connector),
                quoted(&found.name),
                quoted(project)
            );
            let help =
                format!("If a document continues it, add `moved_from: {key}` to that document");
            let text = NoteText::new(message, help);
            plan.add_note(NoteCode::LeftBehind, key, Some(found.id), text);
        }
    }

    pub(super) fn plan_orphans(&self, plan: &mut Plan) {
        let uncertain = self.uncertain_connectors(plan);
        for (key, found) in &self.matching.orphans {
            match self.decide(plan, &uncertain, found) {
                Decision::Delete(connector) => {
                    plan.untouched.orphans -= 1;
                    plan.steps.push(self.delete(key, found, connector));
                }
                Decision::Keep(code, advice) => {
                    let (connector, name) = (unquoted(&found.connector), quoted(&found.name));
                    let message = format!("no document describes {connector} {name}");
                    plan.add_note(code, key, Some(found.id), NoteText::new(message, advice));
                }
            }
        }
    }

    /// The document that was last applied to the orphan, if another instance becomes that document in
    /// this run. Files may have been swapped.
    fn swapped_document(&self, plan: &Plan, found: &ObservedInstance) -> Option<&'a Key> {
        let fingerprints = self.context.fingerprints;
        let is_swapped = |step: &&Step| {
            let wanted = self.desired.instances.get(&step.key);
            matches!(step.action, Action::Update | Action::Finish | Action::Adopt)
                && step.connector.as_str() == found.connector
                && wanted.is_some_and(|wanted| {
                    was_last_applied(&wanted.canonical_json(), found, fingerprints)
                })
        };
        let step = plan.steps.iter().find(is_swapped)?;
        Some(self.desired.instances.get_key_value(&step.key)?.0)
    }

    /// The connectors with a document that is created, blocked, or matched by name or path only. Such a
    /// document may be the continuation of an orphan. Each connector has one document and the reason.
    fn uncertain_connectors(&self, plan: &Plan) -> BTreeMap<&'a str, (&'a Key, &'static str)> {
        let creates = plan.steps.iter().filter(|step| step.action == Action::Create);
        let keys: BTreeSet<&Key> = creates
            .map(|step| &step.key)
            .chain(plan.blocked.iter().map(|blocked| &blocked.key))
            .collect();
        let mut connectors = BTreeMap::new();
        for (key, wanted) in &self.desired.instances {
            let reason = if keys.contains(key) {
                "is created or blocked"
            } else if self.matching.by_name.contains(key) {
                "was matched with another instance by its name or path only"
            } else {
                continue;
            };
            connectors.entry(wanted.connector.as_str()).or_insert((key, reason));
        }
        connectors
    }

    fn decide(
        &self,
        plan: &Plan,
        uncertain: &BTreeMap<&str, (&Key, &'static str)>,
        found: &ObservedInstance,
    ) -> Decision {
        if found.marks.protect() {
            return keep(NoteCode::Orphan, "It is protected, so it is never deleted");
        }
        let prunes = self.context.options.orphans == OrphanPolicy::Prune && !plan.partial;
        let doubt = uncertain.get(found.connector.as_str()).copied().or_else(|| {
            let reason = "was last applied to this instance, but now belongs to another one";
            Some((self.swapped_document(plan, found)?, reason))
        });
        if let Some((document, reason)) = doubt {
            let document = quoted(document);
            return if prunes {
                let advice = format!(
                    "It is not deleted in this run, because {document} has the same connector and {reason}. If \
                     {document} is not this instance under another document key, the next `--prune` deletes it"
                );
                Decision::Keep(NoteCode::KeptFromPrune, advice)
            } else {
                let advice = format!(
                    "It is not changed. {document} has the same connector and {reason}. Before you run `--prune`, make \
                     sure that {document} is not this instance under another document key"
                );
                Decision::Keep(NoteCode::Orphan, advice)
            };
        }
        if !prunes {
            return keep(NoteCode::Orphan, "It is not changed. To delete it, use `--prune`");
        }
        if is_unreadable(self.observed, found.id) {
            let advice =
                "It cannot be read yet, so it is not changed. The next `--prune` deletes it";
            return keep(NoteCode::KeptFromPrune, advice);
        }
        match found.connector.parse() {
            Ok(connector) => Decision::Delete(connector),
            Err(_) => {
                keep(NoteCode::Orphan, "It is not changed, because its connector key is invalid")
            }
        }
    }

    fn delete(&self, key: &Key, found: &ObservedInstance, connector: ConnectorKey) -> Step {
        let observed = json!([found.id.get(), found.connector, found.name, found.marks.as_set()]);
        let basis = self.context.basis("", Action::Delete, &observed);
        let cause = (Action::Delete, Cause::Requested);
        Step { id: Some(found.id), basis, ..Step::new(key, connector, &found.name, cause) }
    }
}

fn keep(code: NoteCode, advice: &str) -> Decision {
    Decision::Keep(code, advice.to_owned())
}

fn possible_move(connector: &str, orphans: &[(&Key, &ObservedInstance)]) -> String {
    match orphans {
        [(key, found)] => format!(
            "no document describes instance {}, {connector} {}, anymore. If this document continues it, add \
             `moved_from: {key}` to keep its ID and token",
            found.id,
            quoted(&found.name)
        ),
        several => {
            let line = |(key, found): &(&Key, &ObservedInstance)| {
                format!("`moved_from: {key}` (instance {})", found.id)
            };
            format!(
                "no document describes {} instances of {connector} anymore. If this document continues one of them, \
                 add its line to keep the ID and token: {}",
                several.len(),
                shortened(several.iter().map(line))
            )
        }
    }
}
