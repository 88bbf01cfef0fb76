//! A document and its instance, field by field.

use std::collections::BTreeSet;

use serde_json::{Value as Observation, json};

use super::document::Document;
use super::{Cause, Change};
use crate::desired::Field;
use crate::instance::{Key, RenderContext, Secrecy, StoredValue, Value, ValueComparison};
use crate::observed::ObservedInstance;
use crate::ownership::{FingerprintScope, LastApplied, SecretState};

/// What a comparison found.
pub(super) struct Comparison {
    /// What differs, in the order of the fields.
    pub(super) changes: Vec<Change>,
    /// The number of declared fields that do not differ.
    pub(super) unchanged: usize,
    /// The keys of which nothing can be told.
    pub(super) unverified: Vec<String>,
    /// The keys whose value is, or will be, the declared one.
    pub(super) applied: BTreeSet<String>,
    /// The keys of secrets that changed here since the plan that is carried out was made.
    pub(super) unplanned: Vec<String>,
    /// The unset secrets that a requested rotation needs.
    pub(super) lacking: Vec<String>,
    /// Why each field is to be written.
    reasons: Vec<(String, Reason)>,
    /// Whether the name or the tags differ.
    differs: bool,
    /// Whether the document is the one last applied.
    same_document: Option<bool>,
}

/// What is to be done with one field.
enum Judgement {
    Same,
    Change(Reason),
    Unverified,
    /// It changed here, and the saved plan does not mention it.
    Unplanned,
    Lacking(Vec<String>),
}

/// Why a field is to be written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// The stored value is another one.
    Differs,
    /// A secret reads unset.
    Lost,
    /// A secret is not the one last applied.
    Rotated,
    /// A secret that holds the instance's id was never written.
    AwaitsId,
    /// A flag asks for it.
    Requested,
}

impl Document<'_> {
    /// Compares all that is declared with what is stored. `carried` is the key in the instance's
    /// mark, where it is another one. Digests are checked under what the mark says.
    pub(super) fn compare(&self, found: &ObservedInstance, carried: Option<&Key>) -> Comparison {
        let memory = found.marks.applied();
        let owner = found.marks.owner();
        let subject = match &owner {
            Some((project, key)) => FingerprintScope { project, key },
            None => self.subject(),
        };
        let mut comparison = Comparison {
            changes: Vec::new(),
            unchanged: 0,
            unverified: Vec::new(),
            applied: BTreeSet::new(),
            unplanned: Vec::new(),
            lacking: Vec::new(),
            reasons: Vec::new(),
            differs: false,
            same_document: self.context.fingerprints.same_document(
                &memory,
                subject,
                &self.wanted.as_written(),
            ),
        };
        self.compare_mark(&mut comparison, found, carried, &memory);
        self.compare_plain(&mut comparison, found);
        for (key, field) in self.compared_fields(found) {
            let judgement =
                self.as_planned(key, field, self.judge(key, field, found, &memory, subject));
            let was_secret = || self.context.fingerprints.was_secret(&memory, subject, key);
            comparison.take(key, field, found.configuration(key), judgement, was_secret);
        }
        comparison
    }

    /// A mark is rewritten when it says something else, or lacks the fingerprints altogether.
    fn compare_mark(
        &self,
        comparison: &mut Comparison,
        found: &ObservedInstance,
        carried: Option<&Key>,
        memory: &LastApplied,
    ) {
        if carried.is_some() || matches!(memory, LastApplied::Absent | LastApplied::Garbled) {
            let change = Change::Mark { before: carried.cloned(), after: self.key.clone() };
            comparison.changes.push(change);
        }
        let protect = self.wanted.lifecycle.protect;
        if found.marks.protect() != protect {
            comparison.changes.push(Change::Protect { after: protect });
        }
    }

    fn compare_plain(&self, comparison: &mut Comparison, found: &ObservedInstance) {
        let wanted = self.wanted;
        if !self.ignores("name") {
            comparison.add(wanted.name != found.name, || Change::Name {
                before: Some(found.name.clone()),
                after: wanted.name.clone(),
            });
        }
        if let Some(tags) = wanted.tags.as_ref().filter(|_| !self.ignores("tags")) {
            comparison.add(tags != found.tags.as_set(), || Change::Tags {
                before: Some(found.tags.as_set().clone()),
                after: tags.clone(),
            });
        }
    }

    fn judge(
        &self,
        key: &str,
        field: &Field,
        found: &ObservedInstance,
        memory: &LastApplied,
        subject: FingerprintScope<'_>,
    ) -> Judgement {
        let seen = found.configuration(key);
        let is_secret = field.secrecy == Secrecy::Secret || *seen == StoredValue::Masked;
        let remembered = || self.judge_masked(key, field, memory, subject);
        if is_secret && self.context.options.rotate.asks(self.key, key) {
            return match (unset_sources(&field.value), remembered()) {
                (unset, _) if !unset.is_empty() => Judgement::Lacking(unset),
                // A request does not complete a create, so it does not hide that one is incomplete.
                (_, Judgement::Change(Reason::AwaitsId)) => Judgement::Change(Reason::AwaitsId),
                _ => Judgement::Change(Reason::Requested),
            };
        }
        match field.value.compare(key, seen, &self.place(found)) {
            // A mask may hide that nothing is set, unless something else is known to be.
            ValueComparison::Same if *seen == StoredValue::Masked => match remembered() {
                Judgement::Unverified => Judgement::Same,
                other => other,
            },
            ValueComparison::Same => Judgement::Same,
            ValueComparison::Different if is_secret && *seen == StoredValue::Unset => {
                Judgement::Change(Reason::Lost)
            }
            ValueComparison::Different => Judgement::Change(Reason::Differs),
            ValueComparison::CannotTell => remembered(),
        }
    }

    /// Judges by the digests what the API does not show: a secret by its own, a value that stands in
    /// the file by that of the document.
    fn judge_masked(
        &self,
        key: &str,
        field: &Field,
        memory: &LastApplied,
        subject: FingerprintScope<'_>,
    ) -> Judgement {
        if field.secrecy != Secrecy::Secret {
            let document = self.wanted.as_written();
            return match self.context.fingerprints.same_document(memory, subject, &document) {
                Some(true) => Judgement::Same,
                Some(false) => Judgement::Change(Reason::Differs),
                None => Judgement::Unverified,
            };
        }
        let value = field.value.render_unplaced();
        match self.context.fingerprints.state(memory, subject, key, value.as_ref()) {
            SecretState::Unchanged => Judgement::Same,
            _ if self.awaits_id(key, field, memory, subject) => Judgement::Change(Reason::AwaitsId),
            SecretState::WillRotate => Judgement::Change(Reason::Rotated),
            SecretState::Unverified => Judgement::Unverified,
        }
    }

    /// What was seen of the declared fields: a part of what a step rests on. Of secrets it holds only
    /// whether there is one, so that a plan made without secrets rests on the same as one made with
    /// them.
    pub(super) fn observation(&self, found: &ObservedInstance) -> Observation {
        let fields = self.compared_fields(found);
        let fields: serde_json::Map<String, Observation> = fields
            .map(|(key, field)| (key.clone(), observation(field, found.configuration(key))))
            .collect();
        let tags = self.wanted.tags.as_ref().map(|_| found.tags.as_set());
        json!({ "name": found.name, "tags": tags, "configuration": fields })
    }

    /// A saved plan names every secret that it writes; another one is only mentioned.
    fn as_planned(&self, key: &str, field: &Field, judgement: Judgement) -> Judgement {
        let planned = self.context.options.planned_secrets.as_ref();
        let is_planned =
            planned.is_none_or(|planned| planned.contains(&(self.key.clone(), key.to_owned())));
        match judgement {
            Judgement::Change(_) if field.secrecy == Secrecy::Secret && !is_planned => {
                Judgement::Unplanned
            }
            other => other,
        }
    }

    /// Whether the value is a secret with the instance's id in it that was never written: the create
    /// sent its placeholder, or the instance is being adopted.
    fn awaits_id(
        &self,
        key: &str,
        field: &Field,
        memory: &LastApplied,
        subject: FingerprintScope<'_>,
    ) -> bool {
        if field.secrecy != Secrecy::Secret || !field.value.refers_to_instance() {
            return false;
        }
        let sent = field.value.render(&self.placeholder());
        let state = self.context.fingerprints.state(memory, subject, key, sent.as_ref());
        state == SecretState::Unchanged || (sent.is_some() && *memory == LastApplied::Absent)
    }

    pub(super) fn place<'b>(&'b self, found: &ObservedInstance) -> RenderContext<'b> {
        RenderContext { id: Some(found.id), ..self.placeholder() }
    }

    pub(super) fn ignores(&self, path: &str) -> bool {
        self.wanted.lifecycle.ignore.iter().any(|ignore| ignore.path == path)
    }

    /// The configuration that is ours: declared, and not written by the platform itself.
    fn own_fields(&self) -> impl Iterator<Item = (&String, &Field)> {
        self.wanted.configuration.iter().filter(|(_, field)| !field.platform_written)
    }

    /// What of it is to be compared: all that is not ignored. An ignored value still belongs to the
    /// create, so one that reads the placeholder of an interrupted create is compared as well.
    fn compared_fields(&self, found: &ObservedInstance) -> impl Iterator<Item = (&String, &Field)> {
        self.own_fields().filter(|(key, field)| {
            !self.ignores(&format!("configuration.{key}"))
                || self.reads_placeholder(key, field, found)
        })
    }

    fn reads_placeholder(&self, key: &str, field: &Field, found: &ObservedInstance) -> bool {
        let compare = |place| field.value.compare(key, found.configuration(key), &place);
        field.value.refers_to_instance()
            && compare(self.placeholder()) == ValueComparison::Same
            && compare(self.place(found)) == ValueComparison::Different
    }

    /// The fields whose values are remembered by their digest.
    pub(super) fn remembered_fields(&self) -> impl Iterator<Item = (&String, &Field)> {
        self.own_fields().filter(|(key, field)| {
            field.secrecy == Secrecy::Secret && !self.ignores(&format!("configuration.{key}"))
        })
    }

    /// Whether the second request of a create is missing: every value that names the instance
    /// still reads its placeholder, or is a secret that was never written.
    pub(super) fn is_unfinished(&self, found: &ObservedInstance, comparison: &Comparison) -> bool {
        let placeholder = self.placeholder();
        let own = self.compared_fields(found).filter(|(_, field)| field.value.refers_to_instance());
        let verdicts: Vec<ValueComparison> = own
            .map(|(key, field)| match found.configuration(key) {
                StoredValue::Masked if comparison.awaits_id(key) => ValueComparison::Same,
                seen => field.value.compare(key, seen, &placeholder),
            })
            .collect();
        verdicts.contains(&ValueComparison::Same) && !verdicts.contains(&ValueComparison::Different)
    }
}

impl Comparison {
    /// Why the two differ: the file, if it is not the one last applied; otherwise the platform,
    /// unless all that differs is a secret whose value here is a new one.
    pub(super) fn cause(&self, carried: Option<&Key>) -> Cause {
        let any = |reason| self.reasons.iter().any(|(_, given)| *given == reason);
        if any(Reason::Requested) {
            return Cause::Requested;
        }
        if carried.is_some() || self.same_document == Some(false) {
            return Cause::File;
        }
        if any(Reason::Lost) {
            return Cause::Remote;
        }
        match self.same_document {
            Some(_) if self.differs || any(Reason::Differs) => Cause::Remote,
            Some(_) => Cause::File,
            None => Cause::Unknown,
        }
    }

    /// Whether the field is a secret that holds the instance's id and was never written.
    fn awaits_id(&self, key: &str) -> bool {
        self.reasons.iter().any(|(name, reason)| name == key && *reason == Reason::AwaitsId)
    }

    fn add(&mut self, differs: bool, change: impl FnOnce() -> Change) {
        if differs {
            self.differs = true;
            self.changes.push(change());
        } else {
            self.unchanged += 1;
        }
    }

    fn take(
        &mut self,
        key: &str,
        field: &Field,
        seen: &StoredValue,
        judgement: Judgement,
        was_secret: impl FnOnce() -> bool,
    ) {
        match judgement {
            Judgement::Same => {
                self.unchanged += 1;
                self.applied.insert(key.to_owned());
            }
            Judgement::Change(reason) => {
                self.reasons.push((key.to_owned(), reason));
                self.applied.insert(key.to_owned());
                let mut after = field.clone();
                // What was written as a secret stays one, even where its key is known as public.
                if field.secrecy == Secrecy::Public && was_secret() {
                    after.secrecy = Secrecy::Unknown;
                }
                self.changes.push(Change::Configuration {
                    key: key.to_owned(),
                    before: Some(seen.clone()),
                    after,
                });
            }
            Judgement::Unverified => self.unverified.push(key.to_owned()),
            Judgement::Unplanned => self.unplanned.push(key.to_owned()),
            Judgement::Lacking(unset) => self.lacking.extend(unset),
        }
    }
}

/// The stored value of a field, or for a secret only whether there is one.
fn observation(field: &Field, seen: &StoredValue) -> Observation {
    match seen {
        StoredValue::Text(text) if field.secrecy != Secrecy::Secret => {
            json!({ "value": text.expose() })
        }
        StoredValue::Unset => json!({ "value": null }),
        StoredValue::Text(_) => json!({ "state": "set" }),
        StoredValue::Masked => json!({ "state": "masked" }),
    }
}

fn unset_sources(value: &Value) -> Vec<String> {
    let unset = value.secrets().filter(|reference| reference.value.is_none());
    unset.map(|reference| reference.source.to_string()).collect()
}
