//! The plan: the steps that bring the platform to the state that the files declare.
//!
//! In: [`Desired`] and [`Observed`], both normalized. Out: first the [`Question`]s that need an answer
//! ([`questions`]), then a complete [`Plan`] ([`compute`]). It is ordered, comparable, and complete
//! before the first write. A step sends exactly what it shows, because its requests are derived from
//! its changes.
//!
//! This module is pure: no files, no network, no clock, no environment, and no way to write.

mod account;
mod change;
mod codes;
mod comparison;
mod contents;
mod document;
mod document_steps;
mod matching;
mod note;
mod options;
mod orphan;
mod revision;
mod samples;
pub mod status;
mod step;

use std::collections::{BTreeMap, BTreeSet};

pub use account::{AccountContent, ConnectorUse};
pub use change::{Change, ChangeKind, DisplayValue, RedactedChange};
pub use codes::{BlockCode, NoteCode};
pub use contents::{
    AccountSize, Approved, Blocked, DeleteLimitExceeded, HostUse, Limits, Note, Plan, Stale,
    UnsetSecret, UntouchedCounts,
};
pub use note::declared_hosts;
pub use options::{
    OrphanPolicy, PlanContext, PlanOptions, Rotate, RotationRequest, StoredValueVisibility, Target,
};
pub use revision::ApprovedSteps;
pub use step::{Action, Cause, Step, StepRequest};

use crate::desired::Desired;
use crate::instance::{InstanceId, Key};
use crate::observed::{Observed, ObservedInstance, Question};
use crate::ownership::Fingerprints;
use document::Document;
use matching::{Matching, missed_by_filter};
use orphan::OrphanPlanner;

/// The questions to answer before [`compute`] can decide. Ask again until there are none.
pub fn questions(
    desired: &Desired,
    observed: &Observed,
    context: &PlanContext<'_>,
) -> BTreeSet<Question> {
    let options = context.options;
    let named = desired.instances.values().filter_map(|wanted| Some(wanted.adopt.as_ref()?.id));
    let missed = missed_by_filter(observed, options.take_from.as_ref()).map(|(_, found)| found.id);
    let unknown =
        |id: &InstanceId| !observed.ours.contains_key(id) && !observed.by_id.contains_key(id);
    let mut questions: BTreeSet<Question> =
        named.chain(missed).filter(unknown).map(Question::Instance).collect();
    if let (Some(project), None) = (&options.take_from, &observed.taken) {
        questions.insert(Question::Project(project.clone()));
    } else if observed.account.is_none() {
        let matching = Matching::new(desired, observed, options, context.fingerprints);
        if matching.unmarked.iter().any(|key| options.selects(key)) {
            questions.insert(Question::Account);
        }
    }
    questions
}

/// Computes the plan. Call it when [`questions`] returns none.
pub fn compute(desired: &Desired, observed: &Observed, context: &PlanContext<'_>) -> Plan {
    let options = context.options;
    let matching = Matching::new(desired, observed, options, context.fingerprints);
    let size = |instances| AccountSize { instances, page_size: observed.page_size.max(1) };
    let mut plan = Plan {
        target: context.target.clone(),
        partial: options.selection.is_some(),
        steps: Vec::new(),
        blocked: Vec::new(),
        stale: Vec::new(),
        notes: Vec::new(),
        unset: unset_secrets(desired, options),
        untouched: UntouchedCounts {
            unchanged: 0,
            orphans: matching.orphans.len(),
            unmanaged: matching.unmanaged(observed).map(|instances| instances.len()),
        },
        reads: observed.reads,
        account: observed.account.as_ref().map(|account| size(account.len())),
        managed: size(observed.ours.len()),
        content: (desired.instances.is_empty() && options.selection.is_none())
            .then(|| AccountContent::new(observed))
            .flatten(),
    };
    for (key, wanted) in &desired.instances {
        if options.selects(key) {
            let document = Document::new(key, wanted, context);
            document_steps::add(&mut plan, &document, &matching.by_key[key]);
        }
    }
    let orphans = OrphanPlanner { desired, observed, context, matching: &matching };
    orphans.note_possible_moves(&mut plan);
    orphans.note_unmatched_moves(&mut plan);
    orphans.note_left_behind(&mut plan);
    orphans.plan_orphans(&mut plan);
    note::add_missed(&mut plan, observed, context);
    plan.sort();
    plan
}

/// The unset secrets of the selected documents, by place.
fn unset_secrets(desired: &Desired, options: &PlanOptions) -> Vec<UnsetSecret> {
    let selected = desired.instances.iter().filter(|(key, _)| options.selects(key));
    let mut unset: Vec<UnsetSecret> = selected
        .flat_map(|(key, wanted)| {
            let secrets = wanted.unset_secrets().configuration.into_iter();
            secrets.map(|(at, source)| UnsetSecret { at, key: key.clone(), source })
        })
        .collect();
    unset.sort();
    unset
}

/// The instance of each document that has one, whether or not a step touches it.
pub fn matched<'a>(
    desired: &'a Desired,
    observed: &'a Observed,
    fingerprints: &Fingerprints,
) -> BTreeMap<&'a Key, &'a ObservedInstance> {
    let matching = Matching::new(desired, observed, &PlanOptions::default(), fingerprints);
    matching.by_key.into_iter().filter_map(|(key, found)| Some((key, found.instance()?))).collect()
}
