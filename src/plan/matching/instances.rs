//! Matches of documents with instances, and look-ups in everything that was observed.

use std::collections::{BTreeMap, BTreeSet};

use crate::instance::{InstanceId, Key, Project};
use crate::observed::{Observed, ObservedInstance};
use crate::plan::BlockCode;

/// The instances of one project by their document key.
pub(super) type InstancesByKey<'a> = BTreeMap<&'a Key, Vec<&'a ObservedInstance>>;

/// The instances of this project, or of the one of `--take-from`, that the tag listings omit.
pub(in crate::plan) fn missed_by_filter<'a>(
    observed: &'a Observed,
    taken: Option<&Project>,
) -> impl Iterator<Item = (&'a Key, &'a ObservedInstance)> {
    let account = observed.account.iter().flat_map(BTreeMap::values);
    let missed = account.filter(|found| !is_listed_by_tag(observed, found.id));
    missed.filter_map(move |found| {
        let mut projects = std::iter::once(&observed.project).chain(taken);
        Some((projects.find_map(|project| found.marks.key_in(project))?, found))
    })
}

/// The instances of `project` by their document key. Of those that cannot be read by ID yet, only the
/// content of the slim listing is known.
pub(super) fn instances_by_key<'a>(
    observed: &'a Observed,
    project: &Project,
) -> InstancesByKey<'a> {
    let read = observed.by_id.values().flatten();
    let unreadable = observed.account.iter().flat_map(BTreeMap::values);
    let unreadable = unreadable.filter(|found| is_unreadable(observed, found.id));
    let listed = observed.ours.values().chain(observed.taken.iter().flat_map(BTreeMap::values));
    let mut ids = BTreeSet::new();
    let mut by_key = InstancesByKey::new();
    for found in listed.chain(read).chain(unreadable) {
        if let (Some(key), true) = (found.marks.key_in(project), ids.insert(found.id)) {
            by_key.entry(key).or_default().push(found);
        }
    }
    by_key
}

/// Whether GET by ID does not find the instance, although it may exist.
pub(in crate::plan) fn is_unreadable(observed: &Observed, id: InstanceId) -> bool {
    observed.by_id.get(&id) == Some(&None) && !is_listed_by_tag(observed, id)
}

fn is_listed_by_tag(observed: &Observed, id: InstanceId) -> bool {
    observed.ours.contains_key(&id)
        || observed.taken.as_ref().is_some_and(|taken| taken.contains_key(&id))
}

pub(super) fn find(observed: &Observed, id: InstanceId) -> Option<&ObservedInstance> {
    let listed = || observed.account.as_ref()?.get(&id);
    observed
        .ours
        .get(&id)
        .or_else(|| observed.by_id.get(&id)?.as_ref())
        .or_else(|| observed.taken.as_ref()?.get(&id))
        .or_else(|| listed().filter(|_| is_unreadable(observed, id)))
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::plan) enum Match<'a> {
    Managed(&'a ObservedInstance),
    /// An instance of this project, with its current document key.
    Moved(&'a ObservedInstance, &'a Key),
    /// An instance of another owner, with its document key in the project of `--take-from`.
    Adopt(&'a ObservedInstance, Option<&'a Key>),
    Missing,
    Blocked(BlockCode, String),
}

impl<'a> Match<'a> {
    pub(in crate::plan) fn instance(&self) -> Option<&'a ObservedInstance> {
        match self {
            Self::Managed(found) | Self::Moved(found, _) | Self::Adopt(found, _) => Some(found),
            Self::Missing | Self::Blocked(..) => None,
        }
    }
}

/// An instance that no document claims, with its document key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate<'a> {
    pub(super) key: &'a Key,
    pub(super) found: &'a ObservedInstance,
    /// Whether it has that key in the project of `--take-from`.
    pub(super) is_taken: bool,
}
