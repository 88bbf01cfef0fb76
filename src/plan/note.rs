//! What a reader of a plan should know besides its steps.

mod credentials;
mod host;

use std::collections::BTreeMap;

use serde_json::json;

use super::comparison::Comparison;
use super::document::Document;
use super::{Action, Cause, Change, Note, Orphans, Plan, Step, Terms};
use crate::desired::Ignore;
use crate::instance::{Key, Seen, Value};
use crate::observed::{Found, Observed};
use crate::ownership::{Claim, Memory};

pub use credentials::CREDENTIAL_NOTES;

impl Document<'_> {
    /// Adds what there is to say about the document's instance.
    pub(super) fn note(&self, plan: &mut Plan, found: &Found, comparison: &Comparison) {
        let notes = [
            self.disabled(found),
            self.not_authenticated(found),
            self.unverified(comparison),
            unplanned(comparison),
            self.late_events(comparison),
            garbled(found),
            self.ignored(),
        ];
        for (code, message) in notes.into_iter().flatten() {
            let (key, instance_id) = (self.key.clone(), Some(found.id));
            plan.notes.push(Note { code, key, instance_id, message });
        }
    }

    fn disabled(&self, found: &Found) -> Option<(&'static str, String)> {
        (found.disabled && self.wanted.enabled.is_none()).then(|| {
            let message = "the instance is switched off, and no file asks for that: the platform does so after \
                           failed token refreshes. Say `enabled: true` to switch it on";
            ("disabled", message.to_owned())
        })
    }

    fn unverified(&self, comparison: &Comparison) -> Option<(&'static str, String)> {
        (!comparison.unverified.is_empty()).then(|| {
            let (fields, key) = (comparison.unverified.join("`, `"), self.key);
            let message = format!(
                "not compared and not written: `{fields}`; `--rotate {key}` writes what is set here"
            );
            ("unverified", message)
        })
    }

    fn not_authenticated(&self, found: &Found) -> Option<(&'static str, String)> {
        (!found.valid).then(|| {
            let message = format!(
                "its authentication at the provider no longer works: `ocon authorize {}`, since apply never does",
                self.key
            );
            ("not-authenticated", message)
        })
    }

    fn ignored(&self) -> Option<(&'static str, String)> {
        let fields: Vec<String> = self.wanted.lifecycle.ignore.iter().map(described).collect();
        (!fields.is_empty()).then(|| ("ignored", format!("not compared: {}", fields.join("; "))))
    }

    /// Webhook connectors subscribe at the provider when an instance is created; switching events
    /// on later may not.
    fn late_events(&self, comparison: &Comparison) -> Option<(&'static str, String)> {
        let switches_on = |change: &Change| {
            matches!(change, Change::Configuration { key, before: Some(before), after }
                if key == "event.notification.enabled"
                    && after.value == Value::text("true")
                    && *before != Seen::new(Some("true")))
        };
        let late = self.wanted.facts.webhooks && comparison.changes.iter().any(switches_on);
        late.then(|| {
            let message = "events are switched on after the create: the platform may not subscribe at the \
                           provider. Check that events arrive, or create the instance anew";
            ("late-events", message.to_owned())
        })
    }
}

fn described(ignore: &Ignore) -> String {
    let until = ignore.until.as_ref().map(|until| format!(", until {until}")).unwrap_or_default();
    format!("{} ({}{until})", ignore.path, ignore.reason)
}

fn unplanned(comparison: &Comparison) -> Option<(&'static str, String)> {
    (!comparison.unplanned.is_empty()).then(|| {
        let fields = comparison.unplanned.join(", ");
        (
            "rotation-not-planned",
            format!("changed here since the plan was made, and is not written: {fields}"),
        )
    })
}

fn garbled(found: &Found) -> Option<(&'static str, String)> {
    (found.marks.applied() == Memory::Garbled).then(|| {
        let message = "its `ocon:applied` tag was edited or doubled by hand, and is written anew";
        ("garbled-mark", message.to_owned())
    })
}

/// Adds a note where a create and an orphan are the only ones of their connector: a file that was
/// moved and renamed at once looks like that.
pub(super) fn note_possible_moves(plan: &mut Plan, orphans: &[(Key, &Found)]) {
    let mut creates: BTreeMap<&str, Vec<&Key>> = BTreeMap::new();
    for step in plan.steps.iter().filter(|step| step.action == Action::Create) {
        creates.entry(step.connector.as_str()).or_default().push(&step.key);
    }
    let mut left: BTreeMap<&str, Vec<&(Key, &Found)>> = BTreeMap::new();
    for orphan in orphans {
        left.entry(orphan.1.connector.as_str()).or_default().push(orphan);
    }
    let mut notes = Vec::new();
    for (connector, keys) in creates {
        if let ([key], Some([(carried, found)])) =
            (keys.as_slice(), left.get(connector).map(Vec::as_slice))
        {
            let message = format!(
                "is created, while no file describes {connector} `{}` any more: if it is the same one, \
                 write `key: {carried}` in its file",
                found.name
            );
            let (key, instance_id) = ((*key).clone(), Some(found.id));
            notes.push(Note { code: "maybe-moved", key, instance_id, message });
        }
    }
    plan.notes.extend(notes);
}

/// Adds what has to be done with the instances that no document describes.
pub(super) fn plan_orphans(plan: &mut Plan, orphans: &[(Key, &Found)], terms: &Terms<'_>) {
    for (key, found) in orphans {
        let prune =
            terms.wishes.orphans == Orphans::Prune && !plan.partial && !found.marks.protect();
        match (prune, found.connector.parse()) {
            (true, Ok(connector)) => {
                plan.tally.orphans -= 1;
                plan.steps.push(Step {
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
                    webhook_url_at_provider: false,
                    basis: terms.basis(
                        "",
                        Action::Delete,
                        &json!([found.id.get(), found.connector, found.name, found.marks.as_set()]),
                    ),
                });
            }
            _ => plan.notes.push(orphan(key, found)),
        }
    }
}

fn orphan(key: &Key, found: &Found) -> Note {
    let advice = if found.marks.protect() {
        "it is protected, so it is never deleted"
    } else {
        "it is left alone; --prune deletes it"
    };
    Note {
        code: "orphan",
        key: key.clone(),
        instance_id: Some(found.id),
        message: format!("no file describes {} `{}`: {advice}", found.connector, found.name),
    }
}

/// Adds a note where a create would stand beside an instance of another project that looks the
/// same: the project may have been renamed.
pub(super) fn note_foreign_namesakes(plan: &mut Plan, observed: &Observed) {
    let creates = plan.steps.iter().filter(|step| step.action == Action::Create);
    let creates: BTreeMap<(&str, &str), &Key> =
        creates.map(|step| ((step.connector.as_str(), step.name.as_str()), &step.key)).collect();
    let account = observed.account.iter().flat_map(BTreeMap::values);
    let note = |found: &Found| {
        let key = *creates.get(&(found.connector.as_str(), found.name.as_str()))?;
        let Claim::Foreign(owner) = found.marks.claim(&observed.project) else {
            return None;
        };
        let message = format!(
            "has the same connector and name and belongs to {owner}: if the project was renamed, \
             --take-from adopts it"
        );
        let (key, instance_id) = (key.clone(), Some(found.id));
        Some(Note { code: "foreign-namesake", key, instance_id, message })
    };
    let notes: Vec<Note> = account.filter_map(note).collect();
    plan.notes.extend(notes);
}

/// Adds a note for each instance of ours that only the listing of the whole account showed.
pub(super) fn note_missed(plan: &mut Plan, observed: &Observed) {
    for found in observed.missed_by_filter() {
        if let Claim::Ours(key) = found.marks.claim(&observed.project) {
            plan.notes.push(Note {
                code: "tag-filter-unreliable",
                key,
                instance_id: Some(found.id),
                message:
                    "the listing by tag left this instance out, the listing of the account has it"
                        .to_owned(),
            });
        }
    }
}
