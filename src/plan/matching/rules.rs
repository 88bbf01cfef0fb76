//! Rules 1 to 3, and the data that all rules share.

use std::collections::{BTreeMap, BTreeSet};

use super::instances::{Candidate, InstancesByKey, find, instances_by_key};
use super::{Match, blocked, is_unreadable};
use crate::desired::{Adopt, Desired, DesiredInstance};
use crate::instance::{InstanceId, Key, Project, Span};
use crate::observed::{Observed, ObservedInstance};
use crate::ownership::{Fingerprints, Ownership};
use crate::plan::PlanOptions;

/// The documents that name an instance, with the position of each `id:`.
type Claimants<'a> = BTreeMap<InstanceId, Vec<(&'a Key, &'a Span)>>;

pub(super) struct Rules<'a, 'b> {
    pub(super) desired: &'a Desired,
    pub(super) observed: &'a Observed,
    pub(super) options: &'b PlanOptions,
    pub(super) fingerprints: &'b Fingerprints,
    /// The instances of this project.
    pub(super) ours: InstancesByKey<'a>,
    taken: InstancesByKey<'a>,
    pub(super) claimants: Claimants<'a>,
}

fn claimants(desired: &Desired) -> Claimants<'_> {
    let mut claimants = Claimants::new();
    for (key, wanted) in &desired.instances {
        if let Some(adopt) = &wanted.adopt {
            claimants.entry(adopt.id).or_default().push((key, &adopt.at));
        }
    }
    claimants
}

impl<'a, 'b> Rules<'a, 'b> {
    pub(super) fn new(
        desired: &'a Desired,
        observed: &'a Observed,
        options: &'b PlanOptions,
        fingerprints: &'b Fingerprints,
    ) -> Self {
        let taken = options.take_from.as_ref();
        Self {
            desired,
            observed,
            options,
            fingerprints,
            ours: instances_by_key(observed, &observed.project),
            taken: taken.map(|project| instances_by_key(observed, project)).unwrap_or_default(),
            claimants: claimants(desired),
        }
    }

    /// Applies rules 1 to 3, and checks the result.
    pub(super) fn apply(&self, key: &Key, wanted: &'a DesiredInstance) -> Match<'a> {
        let matched = match &wanted.adopt {
            Some(adopt) => self.by_id(key, adopt),
            None => self.by_key(key).unwrap_or_else(|| self.by_moved_from(key, wanted)),
        };
        match matched.instance() {
            Some(found) if found.connector != wanted.connector.as_str() => {
                blocked::connector_changed(found, wanted)
            }
            Some(found) => match self.contradiction(wanted, found) {
                Some(other) => blocked::moved_from_contradicted(key, found, &other),
                None => matched,
            },
            None => matched,
        }
    }

    /// Another instance of this project than `found` that has a key of `moved_from`.
    fn contradiction(
        &self,
        wanted: &DesiredInstance,
        found: &ObservedInstance,
    ) -> Option<Candidate<'a>> {
        let moved = wanted.moved_from.iter().flat_map(|key| candidates(&self.ours, key, false));
        moved.into_iter().find(|candidate| candidate.found.id != found.id)
    }

    /// Rule 1: the instance that the file names.
    fn by_id(&self, key: &Key, adopt: &Adopt) -> Match<'a> {
        let id = adopt.id;
        if let Some(other) = self.other_claimant(key, id) {
            return blocked::id_claimed_twice(adopt, other);
        }
        let Some(found) = find(self.observed, id) else {
            return blocked::id_not_found(id);
        };
        let with_key = self.ours.get(key).into_iter().flatten();
        if let Some(other) = with_key.into_iter().find(|other| other.id != id) {
            return blocked::key_taken(key, id, other.id);
        }
        if let Some(old_key) = found.marks.key_in(&self.observed.project) {
            return if old_key == key {
                Match::Managed(found)
            } else if self.desired.instances.contains_key(old_key) {
                blocked::of_another_document(id, old_key)
            } else {
                Match::Moved(found, old_key)
            };
        }
        let Ownership::Foreign(owner) = found.marks.ownership(&self.observed.project) else {
            return Match::Adopt(found, None);
        };
        let taken = self.options.take_from.as_ref();
        match taken.and_then(|project| found.marks.key_in(project)) {
            Some(old_key) if old_key != key && self.takes_by_key(old_key) => {
                blocked::of_another_document(id, old_key)
            }
            Some(old_key) => Match::Adopt(found, Some(old_key)),
            None => blocked::foreign_project(id, &owner),
        }
    }

    /// Rule 2: the instance with the document's own key, in this project or else in the one of
    /// `--take-from`.
    fn by_key(&self, key: &Key) -> Option<Match<'a>> {
        let ours = self.ours.get_key_value(key).map(|(_, found)| found.as_slice());
        let taken = self.taken.get_key_value(key);
        match (ours.unwrap_or_default(), taken) {
            ([], None) => None,
            ([found], _) => Some(Match::Managed(found)),
            ([], Some((old_key, found))) => Some(match found.as_slice() {
                [found] => Match::Adopt(found, Some(old_key)),
                several => blocked::ambiguous_key(key, several),
            }),
            (several, _) => Some(blocked::ambiguous_key(key, several)),
        }
    }

    /// Rule 3: the instance with a former key of the document.
    fn by_moved_from(&self, key: &Key, wanted: &DesiredInstance) -> Match<'a> {
        let candidates: Vec<Candidate<'a>> = wanted
            .moved_from
            .iter()
            .flat_map(|old| {
                candidates(&self.ours, old, false).chain(candidates(&self.taken, old, true))
            })
            .collect();
        match candidates.as_slice() {
            [] => Match::Missing,
            [one] => match self.other_claimant(key, one.found.id) {
                Some(at) => blocked::moved_from_and_id(one, at),
                None => self.follow(*one),
            },
            [first, rest @ ..] if rest.iter().all(|other| other.key == first.key) => {
                let found: Vec<_> = candidates.iter().map(|candidate| candidate.found).collect();
                blocked::ambiguous_key(first.key, &found)
            }
            several => blocked::ambiguous_moved_from(several),
        }
    }

    /// The match with an instance whose document was moved. A partial plan changes no document keys.
    pub(super) fn follow(&self, Candidate { key, found, is_taken }: Candidate<'a>) -> Match<'a> {
        if self.options.selection.is_some() {
            blocked::partial_rekey(key, found)
        } else if is_taken {
            Match::Adopt(found, Some(key))
        } else {
            Match::Moved(found, key)
        }
    }

    /// The instances that no document claims by `id:`, key or `moved_from`. A blocked document keeps
    /// its claims.
    pub(super) fn unclaimed(&self, by_key: &BTreeMap<&'a Key, Match<'a>>) -> Vec<Candidate<'a>> {
        let matched = by_key.values().filter_map(Match::instance).map(|found| found.id);
        let matched: BTreeSet<_> = matched.chain(self.claimants.keys().copied()).collect();
        let documents = &self.desired.instances;
        let blocked = by_key.iter().filter(|(_, matched)| matches!(matched, Match::Blocked(..)));
        let claimed: BTreeSet<&Key> =
            blocked.flat_map(|(key, _)| &documents[*key].moved_from).collect();
        let is_unclaimed = |candidate: &Candidate<'_>| {
            !documents.contains_key(candidate.key)
                && !claimed.contains(candidate.key)
                && !matched.contains(&candidate.found.id)
        };
        let ours = self.ours.keys().flat_map(|key| candidates(&self.ours, key, false));
        let taken = self.taken.keys().flat_map(|key| candidates(&self.taken, key, true));
        ours.chain(taken).filter(is_unclaimed).collect()
    }

    /// Blocks the documents whose instance the platform does not show consistently yet: it cannot be
    /// read, or two listings show it with different document keys. It must not be compared or written,
    /// and no other instance may be created for the document.
    pub(super) fn check_listings(&self, by_key: &mut BTreeMap<&'a Key, Match<'a>>) {
        let disagreements = self.disagreements();
        let keys: BTreeMap<&Key, InstanceId> =
            disagreements.iter().filter_map(|(id, key)| Some(((*key)?, *id))).collect();
        for (key, matched) in by_key {
            let instance = matched.instance().map(|found| found.id);
            let disagreeing = instance.filter(|id| disagreements.contains_key(id));
            if let Some(id) = instance.filter(|id| is_unreadable(self.observed, *id)) {
                *matched = blocked::not_yet_readable(id);
            } else if let Some(id) = disagreeing.or_else(|| keys.get(key).copied()) {
                *matched = blocked::listings_disagree(id);
            }
        }
    }

    /// The instances that the listing of the account shows with another document key than the tag
    /// listing or GET by ID, each with that key. One of them is outdated, and it is unknown which. A
    /// listing without reserved tags proves nothing.
    fn disagreements(&self) -> BTreeMap<InstanceId, Option<&'a Key>> {
        let taken = self.options.take_from.iter();
        let projects: Vec<&Project> =
            std::iter::once(&self.observed.project).chain(taken).collect();
        let key_of = |found: &'a ObservedInstance| {
            projects.iter().find_map(|project| found.marks.key_in(project))
        };
        let account = self.observed.account.iter().flat_map(BTreeMap::values);
        let marked = account.filter(|listed| listed.marks.owner().is_some());
        let disagreeing = marked.filter_map(|listed| {
            let key = key_of(listed);
            (key_of(find(self.observed, listed.id)?) != key).then_some((listed.id, key))
        });
        disagreeing.collect()
    }

    /// Whether a document takes over the instance that has this key.
    fn takes_by_key(&self, key: &Key) -> bool {
        self.desired.instances.contains_key(key) && !self.ours.contains_key(key)
    }

    fn other_claimant(&self, key: &Key, id: InstanceId) -> Option<&'a Span> {
        let claimants = self.claimants.get(&id)?;
        claimants.iter().find(|(other, _)| *other != key).map(|(_, at)| *at)
    }
}

fn candidates<'a>(
    by_key: &InstancesByKey<'a>,
    key: &Key,
    is_taken: bool,
) -> impl Iterator<Item = Candidate<'a>> {
    let found = by_key.get_key_value(key).map(|(key, found)| (*key, found.clone()));
    found.into_iter().flat_map(move |(key, found)| {
        found.into_iter().map(move |found| Candidate { key, found, is_taken })
    })
}
