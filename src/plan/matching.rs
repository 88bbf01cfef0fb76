//! Decides which instance belongs to which document.
//!
//! In: the documents and what was observed. Out: one [`Match`] per document, and the orphans. The first
//! rule that applies decides:
//!
//! 1. the `id:` in the file
//! 2. an instance with the document's own key
//! 3. an instance with a key in `moved_from`
//! 4. an orphan that only this document can have been ([`moves`])
//! 5. otherwise, the instance must be created, unless a similar one exists ([`name_conflicts`])
//!
//! With `--take-from`, these rules also apply to the instances of that project.
//!
//! Matching is a pure function. If the ownership is in doubt, the document is blocked with a message
//! that names both sides ([`blocked`]). The other documents continue.

mod blocked;
mod instances;
mod moves;
mod name_conflicts;
mod rules;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use blocked::shortened;
pub(super) use instances::{Match, is_unreadable, missed_by_filter};
pub(super) use moves::was_last_applied;

use super::options::PlanOptions;
use crate::desired::Desired;
use crate::instance::{InstanceId, Key};
use crate::observed::{Observed, ObservedInstance};
use crate::ownership::{Fingerprints, Ownership};
use instances::Candidate;
use rules::Rules;

#[derive(Debug)]
pub(super) struct Matching<'a> {
    pub(super) by_key: BTreeMap<&'a Key, Match<'a>>,
    /// The documents whose own key no observed instance has. Only the listing of the account can
    /// confirm that, and show the candidates.
    pub(super) unmarked: BTreeSet<&'a Key>,
    /// The documents without an instance by any rule. They can only be created, even if they are
    /// blocked.
    pub(super) without_instance: BTreeSet<&'a Key>,
    /// The documents that were matched by name or path, which may be a coincidence.
    pub(super) by_name: BTreeSet<&'a Key>,
    /// The instances of this project that no document describes, with their document key.
    pub(super) orphans: Vec<(&'a Key, &'a ObservedInstance)>,
    /// The instances of the project of `--take-from` that no document takes over.
    pub(super) left_behind: Vec<(&'a Key, &'a ObservedInstance)>,
    /// For each blocked document key, the instances that have it.
    pub(super) instances_of_blocked: BTreeMap<&'a Key, Vec<&'a ObservedInstance>>,
}

impl<'a> Matching<'a> {
    pub(super) fn new(
        desired: &'a Desired,
        observed: &'a Observed,
        options: &PlanOptions,
        fingerprints: &Fingerprints,
    ) -> Self {
        let rules = Rules::new(desired, observed, options, fingerprints);
        let mut by_key: BTreeMap<_, _> =
            desired.instances.iter().map(|(key, wanted)| (key, rules.apply(key, wanted))).collect();
        let mut candidates = rules.unclaimed(&by_key);
        let by_name = moves::follow(&rules, &mut by_key, &mut candidates);
        let missing = by_key.iter().filter(|(_, matched)| **matched == Match::Missing);
        let without_instance = missing.map(|(key, _)| *key).collect();
        name_conflicts::check(&rules, &mut by_key);
        rules.check_listings(&mut by_key);
        let (taken, ours): (Vec<_>, Vec<_>) =
            candidates.into_iter().partition(|candidate| candidate.is_taken);
        let keyed = |candidates: Vec<Candidate<'a>>| {
            candidates.into_iter().map(|candidate| (candidate.key, candidate.found)).collect()
        };
        let (orphans, left_behind) = (keyed(ours), keyed(taken));
        let keys = desired.instances.keys();
        let unmarked = keys.filter(|key| !rules.ours.contains_key(*key)).collect();
        let mut instances_of_blocked = rules.ours;
        instances_of_blocked.retain(|key, _| matches!(by_key.get(*key), Some(Match::Blocked(..))));
        Self {
            by_key,
            unmarked,
            without_instance,
            by_name,
            orphans,
            left_behind,
            instances_of_blocked,
        }
    }

    /// The instances without an owner that no document adopts, sorted by ID. `None` if the account was not
    /// listed.
    pub(super) fn unmanaged(&self, observed: &'a Observed) -> Option<Vec<&'a ObservedInstance>> {
        let adopted: BTreeSet<InstanceId> = self
            .by_key
            .values()
            .filter(|matched| matches!(matched, Match::Adopt(..)))
            .filter_map(|matched| Some(matched.instance()?.id))
            .collect();
        let is_unmanaged = |found: &&ObservedInstance| {
            found.marks.ownership(&observed.project) == Ownership::Unmanaged
                && !adopted.contains(&found.id)
        };
        Some(observed.account.as_ref()?.values().filter(is_unmanaged).collect())
    }
}
