//! Instances of this project that no document describes: what to do with them, and what to ask the
//! reader before they are given up.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::matching::Matching;
use super::matching::doubt::shortened;
use super::matching::moves::remembers;
use super::{Action, Cause, Note, NoteCode, OrphanPolicy, Plan, PlanContext, Step};
use crate::desired::Desired;
use crate::instance::{ConnectorKey, Key};
use crate::observed::{Observed, ObservedInstance};
use crate::untrusted::{quoted, unquoted};

/// What is decided about orphans with.
#[derive(Clone, Copy)]
pub(super) struct OrphanPlanner<'a> {
    pub(super) desired: &'a Desired,
    pub(super) observed: &'a Observed,
    pub(super) context: &'a PlanContext<'a>,
    pub(super) matching: &'a Matching<'a>,
}

/// What becomes of an orphan.
enum Fate {
    Delete(ConnectorKey),
    /// It is left alone, for now or for good.
    Keep(NoteCode, String),
}

impl OrphanPlanner<'_> {
    /// Adds a note to each create, blocked or not, whose connector also has an orphan: a file that
    /// was moved and renamed at once looks like that.
    pub(super) fn note_possible_moves(&self, plan: &mut Plan) {
        let mut orphans: BTreeMap<&str, Vec<(&Key, &ObservedInstance)>> = BTreeMap::new();
        for (key, found) in self.matching.orphans.iter().chain(&self.matching.left_behind) {
            orphans.entry(&found.connector).or_default().push((key, found));
        }
        let creates = self.matching.without_instance.iter();
        for key in creates.filter(|key| self.context.options.selects(key)) {
            let connector = self.desired.instances[*key].connector.as_str();
            if let Some(orphans) = orphans.get(connector) {
                let instance_id = match orphans.as_slice() {
                    [(_, found)] => Some(found.id),
                    _ => None,
                };
                let (code, message) = (NoteCode::MaybeMoved, possible_move(connector, orphans));
                plan.notes.push(Note {
                    code,
                    key: (*key).clone(),
                    instance_id,
                    host: None,
                    message,
                });
            }
        }
    }

    /// Adds a note to each create whose document says that it was moved, while no instance carries any
    /// of those document keys: the line may be misspelled.
    pub(super) fn note_unmatched_moves(&self, plan: &mut Plan) {
        let creates = self.matching.without_instance.iter();
        for key in creates.filter(|key| self.context.options.selects(key)) {
            let moved_from = &self.desired.instances[*key].moved_from;
            if !moved_from.is_empty() {
                let names = shortened(moved_from.iter().map(|old| quoted(old).to_string()));
                plan.notes.push(Note {
                    code: NoteCode::MovedFromUnmatched,
                    key: (*key).clone(),
                    instance_id: None,
                    host: None,
                    message: format!(
                        "no instance of this project carries a document key of `moved_from` ({names}), so a new \
                         instance is planned"
                    ),
                });
            }
        }
    }

    /// Adds a note to each instance of the project that is taken from and that no document takes: it
    /// stays with a project that may have no files any more.
    pub(super) fn note_left_behind(&self, plan: &mut Plan) {
        let taken = self.context.options.take_from.iter();
        let left = taken.flat_map(|project| {
            self.matching.left_behind.iter().map(move |(key, found)| (project, key, found))
        });
        plan.notes.extend(left.map(|(project, key, found)| Note {
            code: NoteCode::LeftBehind,
            key: key.clone(),
            instance_id: Some(found.id),
            host: None,
            message: format!(
                "{} {} stays with project {}, because no document describes it. If a document continues it, add \
                 `moved_from: {key}`",
                unquoted(&found.connector),
                quoted(&found.name),
                quoted(project)
            ),
        }));
    }

    /// Adds what has to be done with the orphans.
    pub(super) fn plan_orphans(&self, plan: &mut Plan) {
        let in_doubt = self.connectors_in_doubt(plan);
        for (key, found) in &self.matching.orphans {
            match self.fate(plan, &in_doubt, found) {
                Fate::Delete(connector) => {
                    plan.untouched.orphans -= 1;
                    plan.steps.push(self.delete(key, found, connector));
                }
                Fate::Keep(code, advice) => plan.notes.push(Note {
                    code,
                    key: key.clone(),
                    instance_id: Some(found.id),
                    host: None,
                    message: format!(
                        "no file describes {} {}: {advice}",
                        unquoted(&found.connector),
                        quoted(&found.name)
                    ),
                }),
            }
        }
    }

    /// The document that an orphan remembers exactly, where another instance becomes that document in
    /// this run: files that changed places look like that.
    fn remembered(&self, plan: &Plan, found: &ObservedInstance) -> Option<&Key> {
        let mut steps = plan.steps.iter().filter(|step| {
            matches!(step.action, Action::Update | Action::Finish | Action::Adopt)
                && step.connector.as_str() == found.connector
        });
        let fingerprints = self.context.fingerprints;
        let step = steps.find(|step| {
            let wanted = self.desired.instances.get(&step.key);
            wanted.is_some_and(|wanted| remembers(found, fingerprints, &wanted.as_written()))
        })?;
        Some(self.desired.instances.get_key_value(&step.key)?.0)
    }

    /// The connectors of which a document is created, blocked, or matched by its name or path only,
    /// with that document and what becomes of it: an orphan of one of them may be what it continues.
    fn connectors_in_doubt(&self, plan: &Plan) -> BTreeMap<&str, (&Key, &'static str)> {
        let creates = plan.steps.iter().filter(|step| step.action == Action::Create);
        let keys: BTreeSet<&Key> = creates
            .map(|step| &step.key)
            .chain(plan.blocked.iter().map(|blocked| &blocked.key))
            .collect();
        let mut connectors = BTreeMap::new();
        for (key, wanted) in &self.desired.instances {
            let doubt = if keys.contains(key) {
                "is created or blocked"
            } else if self.matching.by_name.contains(key) {
                "was matched with another instance by its name or path only"
            } else {
                continue;
            };
            connectors.entry(wanted.connector.as_str()).or_insert((key, doubt));
        }
        connectors
    }

    fn fate(
        &self,
        plan: &Plan,
        in_doubt: &BTreeMap<&str, (&Key, &str)>,
        found: &ObservedInstance,
    ) -> Fate {
        if found.marks.protect() {
            return Fate::Keep(
                NoteCode::Orphan,
                "it is protected, so it is never deleted".to_owned(),
            );
        }
        let prunes = self.context.options.orphans == OrphanPolicy::Prune && !plan.partial;
        let in_doubt = in_doubt.get(found.connector.as_str()).copied().or_else(|| {
            let another = "is exactly what this instance was, while another one becomes it";
            Some((self.remembered(plan, found)?, another))
        });
        match (prunes, in_doubt) {
            (false, None) => {
                return Fate::Keep(
                    NoteCode::Orphan,
                    "it is left alone; --prune deletes it".to_owned(),
                );
            }
            (false, Some((document, doubt))) => {
                let advice = format!(
                    "it is left alone. {document} has the same connector and {doubt}: before you run \
                     --prune, make sure that it does not continue this instance",
                    document = quoted(&document)
                );
                return Fate::Keep(NoteCode::Orphan, advice);
            }
            (true, Some((document, doubt))) => {
                let advice = format!(
                    "it is not deleted in this run, because {document} has the same connector and \
                     {doubt}. If that is not the same instance, the next --prune deletes it",
                    document = quoted(&document)
                );
                return Fate::Keep(NoteCode::KeptFromPrune, advice);
            }
            (true, None) => {}
        }
        if self.observed.is_unreadable(found.id) {
            let advice = "it cannot be read yet, so it is left alone; the next --prune deletes it";
            return Fate::Keep(NoteCode::KeptFromPrune, advice.to_owned());
        }
        match found.connector.parse() {
            Ok(connector) => Fate::Delete(connector),
            Err(_) => Fate::Keep(
                NoteCode::Orphan,
                "it is left alone, its connector key is not valid".to_owned(),
            ),
        }
    }

    fn delete(&self, key: &Key, found: &ObservedInstance, connector: ConnectorKey) -> Step {
        let seen = json!([found.id.get(), found.connector, found.name, found.marks.as_set()]);
        Step {
            key: key.clone(),
            at: None,
            connector,
            name: found.name.clone(),
            id: Some(found.id),
            action: Action::Delete,
            cause: Cause::Requested,
            changes: Vec::new(),
            unchanged: 0,
            tags: None,
            second_tags: None,
            hides_stored: false,
            webhook_url_at_provider: false,
            basis: self.context.basis("", Action::Delete, &seen),
        }
    }
}

fn possible_move(connector: &str, orphans: &[(&Key, &ObservedInstance)]) -> String {
    match orphans {
        [(key, found)] => format!(
            "no file describes instance {}, {connector} {}, any more. If this document continues it, add \
             `moved_from: {key}` to keep its ID and token",
            found.id,
            quoted(&found.name)
        ),
        several => format!(
            "no file describes {} instances of {connector} any more. If this document continues one of them, \
             add its line to keep the ID and token: {}",
            several.len(),
            shortened(
                several
                    .iter()
                    .map(|(key, found)| format!("`moved_from: {key}` (instance {})", found.id))
            )
        ),
    }
}
