//! Compares a document with its instance, field by field.

use std::collections::BTreeSet;

use serde_json::{Value as Observation, json};

use super::document::Document;
use super::{Cause, Change};
use crate::desired::DeclaredValue;
use crate::instance::{Key, Secrecy, StoredValue, Value, ValueComparison};
use crate::observed::ObservedInstance;
use crate::ownership::{Baseline, FingerprintScope, LastApplied, SecretState};

#[derive(Default)]
pub(super) struct Comparison {
    /// The differences, in the order of the fields.
    pub(super) changes: Vec<Change>,
    /// The number of declared fields that are equal.
    pub(super) unchanged: usize,
    /// The keys that could not be compared.
    pub(super) unverified: Vec<String>,
    /// The keys whose value is, or will be, the declared one.
    pub(super) applied: BTreeSet<String>,
    /// The keys of secrets that changed after the approved plan was made.
    pub(super) unplanned: Vec<String>,
    /// The sources of the unset secrets that a requested rotation needs.
    pub(super) unset: Vec<String>,
    /// Whether the second request of a create is missing: every value that refers to the instance
    /// still holds its placeholder, or is a secret that was never written.
    pub(super) is_incomplete_create: bool,
    /// Why each changed configuration key must be written.
    reasons: Vec<(String, Reason)>,
    differs: bool,
    /// Whether the document is the one last applied. `None` if that is unknown.
    same_document: Option<bool>,
}

enum Decision {
    Same,
    Change(Reason),
    Unverified,
    /// The value changed after the approved plan was made.
    Unplanned,
    /// A requested rotation needs these unset sources.
    Unset(Vec<String>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// The stored value differs.
    Differs,
    /// The platform lost a secret (docs/platform.md#secrets).
    Lost,
    /// A secret is not the one last applied.
    Rotated,
    /// A secret that refers to the instance ID was never written.
    AwaitsId,
    /// A flag requests it.
    Requested,
}

/// Compares everything that is declared with what is stored. `old_key` is the document key of the
/// instance, if it is another one.
pub(super) fn compare(
    document: &Document<'_>,
    found: &ObservedInstance,
    old_key: Option<&Key>,
) -> Comparison {
    // The digests depend on the owner that the tags name.
    let scope = found.marks.owner();
    let scope = scope.map(|(project, key)| FingerprintScope { project, key });
    let scope = scope.unwrap_or_else(|| document.scope());
    let baseline = document.context.fingerprints.baseline(found.marks.last_applied(), scope);
    let same_document = baseline.same_document(&document.as_written);
    let mut comparison = Comparison { same_document, ..Comparison::default() };
    comparison.compare_mark(document, found, old_key);
    comparison.compare_name_and_tags(document, found);
    let comparer = Comparer { document, found, baseline, same_document };
    for (key, field) in document.compared_fields(found) {
        let decision = comparer.as_planned(key, field, comparer.decide(key, field));
        comparison.add(key, found.configuration(key), decision, || comparer.wanted(key, field));
    }
    comparison.is_incomplete_create = comparer.is_incomplete_create(&comparison);
    comparison
}

struct Comparer<'a> {
    document: &'a Document<'a>,
    found: &'a ObservedInstance,
    baseline: Baseline<'a>,
    same_document: Option<bool>,
}

impl Comparer<'_> {
    fn decide(&self, key: &str, field: &DeclaredValue) -> Decision {
        let stored = self.found.configuration(key);
        let is_secret = field.secrecy == Secrecy::Secret || *stored == StoredValue::Masked;
        if is_secret && self.document.context.options.rotate.includes(self.document.key, key) {
            let unset = unset_sources(&field.value);
            // A request must not hide that the create is incomplete.
            return match self.decide_by_digest(key, field) {
                _ if !unset.is_empty() => Decision::Unset(unset),
                Decision::Change(Reason::AwaitsId) => Decision::Change(Reason::AwaitsId),
                _ => Decision::Change(Reason::Requested),
            };
        }
        let context = self.document.render_context(Some(self.found.id));
        match field.value.compare(key, stored, &context) {
            // A mask may hide an unset value, unless the digest shows that there is one.
            ValueComparison::Same if *stored == StoredValue::Masked => {
                match self.decide_by_digest(key, field) {
                    Decision::Unverified => Decision::Same,
                    other => other,
                }
            }
            ValueComparison::Same => Decision::Same,
            ValueComparison::Different if is_secret && *stored == StoredValue::Unset => {
                Decision::Change(Reason::Lost)
            }
            ValueComparison::Different if is_secret && self.is_last_applied(key, stored) => {
                Decision::Change(Reason::Rotated)
            }
            ValueComparison::Different => Decision::Change(Reason::Differs),
            ValueComparison::Unknown => self.decide_by_digest(key, field),
        }
    }

    /// Whether the platform shows the secret that was last applied. If so, the wanted value is new.
    fn is_last_applied(&self, key: &str, stored: &StoredValue) -> bool {
        let StoredValue::Text(stored) = stored else { return false };
        self.baseline.state(key, Some(stored)) == SecretState::Unchanged
    }

    /// Decides about a value that the API does not show. A secret has its own digest. Any other value
    /// is in the document, which has one.
    fn decide_by_digest(&self, key: &str, field: &DeclaredValue) -> Decision {
        if field.secrecy != Secrecy::Secret {
            return match self.same_document {
                Some(true) => Decision::Same,
                Some(false) => Decision::Change(Reason::Differs),
                None => Decision::Unverified,
            };
        }
        let value = field.value.render_secrets();
        match self.baseline.state(key, value.as_ref()) {
            SecretState::Unchanged => Decision::Same,
            _ if self.awaits_id(key, field) => Decision::Change(Reason::AwaitsId),
            SecretState::WillRotate => Decision::Change(Reason::Rotated),
            SecretState::Unverified => Decision::Unverified,
        }
    }

    /// Whether a secret that refers to the instance ID was never written: the create sent its
    /// placeholder, or the instance is being adopted.
    fn awaits_id(&self, key: &str, field: &DeclaredValue) -> bool {
        if !field.value.refers_to_instance() {
            return false;
        }
        let sent = field.value.render(&self.document.render_context(None));
        let is_absent = *self.found.marks.last_applied() == LastApplied::Absent;
        self.baseline.state(key, sent.as_ref()) == SecretState::Unchanged
            || (sent.is_some() && is_absent)
    }

    /// A saved plan lists every secret that it writes. Any other one is only reported.
    fn as_planned(&self, key: &str, field: &DeclaredValue, decision: Decision) -> Decision {
        let planned = self.document.context.options.planned_secrets.as_ref();
        let is_planned = planned
            .is_none_or(|planned| planned.contains(&(self.document.key.clone(), key.to_owned())));
        match decision {
            Decision::Change(_) if field.secrecy == Secrecy::Secret && !is_planned => {
                Decision::Unplanned
            }
            other => other,
        }
    }

    /// The field to write. A value that was written as a secret remains one, even if its key is public.
    fn wanted(&self, key: &str, field: &DeclaredValue) -> DeclaredValue {
        let mut field = field.clone();
        if field.secrecy == Secrecy::Public && self.baseline.was_secret(key) {
            field.secrecy = Secrecy::Unknown;
        }
        field
    }

    fn is_incomplete_create(&self, comparison: &Comparison) -> bool {
        let placeholder = self.document.render_context(None);
        let fields = self.document.compared_fields(self.found);
        let results: Vec<ValueComparison> = fields
            .filter(|(_, field)| field.value.refers_to_instance())
            .map(|(key, field)| match self.found.configuration(key) {
                StoredValue::Masked if comparison.awaits_id(key) => ValueComparison::Same,
                stored => field.value.compare(key, stored, &placeholder),
            })
            .collect();
        results.contains(&ValueComparison::Same) && !results.contains(&ValueComparison::Different)
    }
}

impl Comparison {
    /// The mark is rewritten if its content differs, or if it has no valid digests.
    fn compare_mark(
        &mut self,
        document: &Document<'_>,
        found: &ObservedInstance,
        old_key: Option<&Key>,
    ) {
        let last = found.marks.last_applied();
        if old_key.is_some() || matches!(last, LastApplied::Absent | LastApplied::Invalid) {
            let (before, after) = (old_key.cloned(), document.key.clone());
            self.changes.push(Change::Mark { before, after });
        }
        let protect = document.wanted.lifecycle.protect;
        if found.marks.protect() != protect {
            self.changes.push(Change::Protect { after: protect });
        }
    }

    fn compare_name_and_tags(&mut self, document: &Document<'_>, found: &ObservedInstance) {
        let wanted = document.wanted;
        if !document.ignores("name") {
            self.add_if(wanted.name != found.name, || Change::Name {
                before: Some(found.name.clone()),
                after: wanted.name.clone(),
            });
        }
        if let Some(tags) = wanted.tags.as_ref().filter(|_| !document.ignores("tags")) {
            self.add_if(tags != found.tags.as_set(), || Change::Tags {
                before: Some(found.tags.as_set().clone()),
                after: tags.clone(),
            });
        }
    }

    fn add_if(&mut self, differs: bool, change: impl FnOnce() -> Change) {
        if differs {
            self.differs = true;
            self.changes.push(change());
        } else {
            self.unchanged += 1;
        }
    }

    fn add(
        &mut self,
        key: &str,
        stored: &StoredValue,
        decision: Decision,
        wanted: impl FnOnce() -> DeclaredValue,
    ) {
        let key = key.to_owned();
        match decision {
            Decision::Same => {
                self.unchanged += 1;
                self.applied.insert(key);
            }
            Decision::Change(reason) => {
                self.reasons.push((key.clone(), reason));
                self.applied.insert(key.clone());
                let (before, after) = (Some(stored.clone()), wanted());
                self.changes.push(Change::Configuration { key, before, after });
            }
            Decision::Unverified => self.unverified.push(key),
            Decision::Unplanned => self.unplanned.push(key),
            Decision::Unset(sources) => self.unset.extend(sources),
        }
    }

    /// Whether the field is a secret that refers to the instance ID and was never written.
    fn awaits_id(&self, key: &str) -> bool {
        self.reasons.iter().any(|(name, reason)| name == key && *reason == Reason::AwaitsId)
    }

    /// Why document and instance differ. It is the file if it is not the one last applied. Otherwise
    /// it is the platform, unless the only differences are secrets with a new value here.
    pub(super) fn cause(&self, old_key: Option<&Key>) -> Cause {
        let any = |reason| self.reasons.iter().any(|(_, given)| *given == reason);
        if any(Reason::Requested) {
            return Cause::Requested;
        }
        if old_key.is_some() || self.same_document == Some(false) {
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
}

/// The observed values of the declared fields, a part of what a step depends on. For a secret it is
/// only whether there is one, so plans with and without secrets have the same basis.
pub(super) fn observation(document: &Document<'_>, found: &ObservedInstance) -> Observation {
    let fields = document.compared_fields(found);
    let fields: serde_json::Map<String, Observation> = fields
        .map(|(key, field)| (key.clone(), field_observation(field, found.configuration(key))))
        .collect();
    let tags = document.wanted.tags.as_ref().map(|_| found.tags.as_set());
    json!({ "name": found.name, "tags": tags, "configuration": fields })
}

fn field_observation(field: &DeclaredValue, stored: &StoredValue) -> Observation {
    match stored {
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
