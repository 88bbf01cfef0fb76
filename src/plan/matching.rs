//! Decides which instance belongs to which document.
//!
//! In: the documents and what was observed. Out: one [`Match`] per document, and the orphans. The
//! rules are tried in the order of the contract, and the first one that answers counts: the `id:` in
//! the file; our mark with the document's own key; our mark with a key in `moved_from`; an orphan
//! that only this document can have been ([`moves`]); none of them, so that the instance has to be
//! created. With `--take-from`, the marks of that project count as ours in all of these rules.
//!
//! Matching is a pure function. Where ownership is in doubt, the document is blocked and the message
//! names both sides ([`doubt`]); the other documents continue.

pub(super) mod doubt;
pub(super) mod moves;
mod namesakes;

use std::collections::{BTreeMap, BTreeSet};

use super::{BlockCode, PlanOptions};
use crate::desired::{Adopt, Desired, DesiredInstance};
use crate::instance::{InstanceId, Key, Project, Span};
use crate::observed::{Observed, ObservedInstance};
use crate::ownership::{Fingerprints, Ownership};
use moves::Candidate;

/// What a document is matched with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Match<'a> {
    /// Its instance.
    Managed(&'a ObservedInstance),
    /// An instance of this project, with the document key that it carries until now.
    Moved(&'a ObservedInstance, Key),
    /// An instance without our mark, with the document key that it carries in the project it is
    /// taken from.
    Adopt(&'a ObservedInstance, Option<Key>),
    /// No instance.
    Missing,
    /// Nothing can be done.
    Blocked(BlockCode, String),
}

/// The matches of all documents.
#[derive(Debug)]
pub(super) struct Matching<'a> {
    /// One match per document.
    pub(super) by_key: BTreeMap<&'a Key, Match<'a>>,
    /// The documents whose own key no observed instance carries. Only the whole account can show
    /// whether that is so, and which instances are candidates, whatever blocks the document.
    pub(super) unmarked: BTreeSet<&'a Key>,
    /// The documents that have no instance by any rule, so that a create is all that is left for
    /// them, even if it is blocked.
    pub(super) without_instance: BTreeSet<&'a Key>,
    /// The documents whose instance was recognized by their name or path, which may be a coincidence.
    pub(super) by_name: BTreeSet<&'a Key>,
    /// Instances of ours that belong to no document, with the key they carry.
    pub(super) orphans: Vec<(Key, &'a ObservedInstance)>,
    /// Instances of the project that is taken from that no document takes.
    pub(super) left_behind: Vec<(Key, &'a ObservedInstance)>,
}

/// Instances under the document key that each carries for one project.
type ByKey<'a> = BTreeMap<Key, Vec<&'a ObservedInstance>>;

impl Observed {
    /// Instances of this project, or of the one that is taken from, that the filtered listings did
    /// not return.
    pub(super) fn missed_by_filter(
        &self,
        taken: Option<&Project>,
    ) -> impl Iterator<Item = (Key, &ObservedInstance)> {
        let listed = |id| {
            self.ours.contains_key(id) || self.taken.as_ref().is_some_and(|it| it.contains_key(id))
        };
        let missed =
            self.account.iter().flat_map(BTreeMap::values).filter(move |it| !listed(&it.id));
        missed.filter_map(move |found| {
            let mut projects = std::iter::once(&self.project).chain(taken);
            let key = projects.find_map(|project| key_in(found, project))?;
            Some((key, found))
        })
    }

    /// All instances that carry a document key of `project`. Of those that a listing names and that
    /// cannot be read by ID yet, only what the slim listing says is known.
    pub(super) fn carriers(&self, project: &Project) -> ByKey<'_> {
        let read = self.by_id.values().flatten();
        let unreadable = self.account.iter().flat_map(BTreeMap::values);
        let unreadable = unreadable.filter(|found| self.is_unreadable(found.id));
        let listed = self.ours.values().chain(self.taken.iter().flat_map(BTreeMap::values));
        let mut seen = BTreeSet::new();
        let mut carriers = ByKey::new();
        for found in listed.chain(read).chain(unreadable) {
            if let (Some(key), true) = (key_in(found, project), seen.insert(found.id)) {
                carriers.entry(key).or_default().push(found);
            }
        }
        carriers
    }

    /// Whether GET by ID does not find the instance, although it may exist.
    pub(super) fn is_unreadable(&self, id: InstanceId) -> bool {
        self.by_id.get(&id) == Some(&None)
            && !self.ours.contains_key(&id)
            && self.taken.as_ref().is_none_or(|taken| !taken.contains_key(&id))
    }

    fn find(&self, id: InstanceId) -> Option<&ObservedInstance> {
        let taken = || self.taken.as_ref()?.get(&id);
        let listed = || self.account.as_ref()?.get(&id);
        self.ours
            .get(&id)
            .or_else(|| self.by_id.get(&id)?.as_ref())
            .or_else(taken)
            .or_else(|| listed().filter(|found| self.is_unreadable(found.id)))
    }
}

/// The document key that the instance carries in this project.
fn key_in(found: &ObservedInstance, project: &Project) -> Option<Key> {
    match found.marks.ownership(project) {
        Ownership::Ours(key) => Some(key),
        Ownership::Unmanaged | Ownership::Foreign(_) | Ownership::Broken => None,
    }
}

impl<'a> Matching<'a> {
    pub(super) fn new(
        desired: &'a Desired,
        observed: &'a Observed,
        options: &PlanOptions,
        fingerprints: &Fingerprints,
    ) -> Self {
        let taken = options.take_from.as_ref();
        let rules = Rules {
            desired,
            observed,
            options,
            fingerprints,
            carriers: observed.carriers(&observed.project),
            taken: taken.map(|project| observed.carriers(project)).unwrap_or_default(),
            claimants: claimants(desired),
        };
        let answers =
            desired.instances.iter().map(|(key, wanted)| (key, rules.answer(key, wanted)));
        let mut by_key: BTreeMap<_, _> = answers.collect();
        let mut candidates = rules.unclaimed(&by_key);
        let by_name = rules.follow_moves(&mut by_key, &mut candidates);
        let missing = by_key.iter().filter(|(_, matched)| **matched == Match::Missing);
        let without_instance = missing.map(|(key, _)| *key).collect();
        rules.check_namesakes(&mut by_key);
        rules.check_settled(&mut by_key);
        let (taken, ours): (Vec<_>, Vec<_>) =
            candidates.into_iter().partition(|candidate| candidate.is_taken);
        let keyed = |candidates: Vec<Candidate<'a>>| {
            candidates.into_iter().map(|candidate| (candidate.key, candidate.found)).collect()
        };
        let (orphans, left_behind) = (keyed(ours), keyed(taken));
        let keys = desired.instances.keys();
        let unmarked = keys.filter(|key| !rules.carriers.contains_key(*key)).collect();
        Self { by_key, unmarked, without_instance, by_name, orphans, left_behind }
    }

    /// The number of instances without any mark that no document adopts, where the account was
    /// listed.
    pub(super) fn unmanaged(&self, observed: &Observed) -> Option<usize> {
        let adopted = self.by_key.values().filter_map(|found| match found {
            Match::Adopt(found, _) => Some(found.id),
            _ => None,
        });
        let adopted: BTreeSet<_> = adopted.collect();
        let is_left_alone = |found: &&ObservedInstance| {
            found.marks.ownership(&observed.project) == Ownership::Unmanaged
                && !adopted.contains(&found.id)
        };
        Some(observed.account.as_ref()?.values().filter(is_left_alone).count())
    }
}

impl<'a> Match<'a> {
    /// The instance, if there is one.
    pub(super) fn instance(&self) -> Option<&'a ObservedInstance> {
        match self {
            Self::Managed(found) | Self::Moved(found, _) | Self::Adopt(found, _) => Some(found),
            Self::Missing | Self::Blocked(..) => None,
        }
    }
}

/// The documents that name an instance, with the place of each `id:`.
type Claimants<'a> = BTreeMap<InstanceId, Vec<(&'a Key, &'a Span)>>;

fn claimants(desired: &Desired) -> Claimants<'_> {
    let mut claimants = Claimants::new();
    for (key, wanted) in &desired.instances {
        if let Some(adopt) = &wanted.adopt {
            claimants.entry(adopt.id).or_default().push((key, &adopt.at));
        }
    }
    claimants
}

struct Rules<'a, 'b> {
    desired: &'a Desired,
    observed: &'a Observed,
    options: &'b PlanOptions,
    fingerprints: &'b Fingerprints,
    /// The instances of this project.
    carriers: ByKey<'a>,
    /// The instances of the project that is taken from.
    taken: ByKey<'a>,
    claimants: Claimants<'a>,
}

impl<'a> Rules<'a, '_> {
    /// Rules 1 to 3, with what rules out any match.
    fn answer(&self, key: &Key, wanted: &'a DesiredInstance) -> Match<'a> {
        let answer = match &wanted.adopt {
            Some(adopt) => self.adopt(key, adopt),
            None => self.marked(key).unwrap_or_else(|| self.moved_from(key, wanted)),
        };
        match answer.instance() {
            Some(found) if found.connector != wanted.connector.as_str() => {
                doubt::connector_changed(found, wanted)
            }
            Some(found) => match self.contradiction(wanted, found) {
                Some(other) => doubt::moved_from_contradicted(key, found, &other),
                None => answer,
            },
            None => answer,
        }
    }

    /// Another instance of this project than the one that was found, with a key of `moved_from`.
    fn contradiction(
        &self,
        wanted: &DesiredInstance,
        found: &ObservedInstance,
    ) -> Option<Candidate<'a>> {
        let carried =
            wanted.moved_from.iter().filter_map(|key| Some((key, self.carriers.get(key)?)));
        let mut others = carried.flat_map(|(key, found)| found.iter().map(move |it| (key, *it)));
        let (key, other) = others.find(|(_, other)| other.id != found.id)?;
        Some(Candidate { key: key.clone(), found: other, is_taken: false })
    }

    /// Rule 1: the instance that the file names.
    fn adopt(&self, key: &Key, adopt: &Adopt) -> Match<'a> {
        let id = adopt.id;
        if let Some(other) = self.other_claimant(key, id) {
            return doubt::id_claimed_twice(adopt, other);
        }
        let Some(found) = self.observed.find(id) else {
            return doubt::id_not_found(id);
        };
        let carriers = self.carriers.get(key).into_iter().flatten();
        if let Some(other) = carriers.into_iter().find(|carrier| carrier.id != id) {
            return doubt::key_taken(key, id, other.id);
        }
        match found.marks.ownership(&self.observed.project) {
            Ownership::Unmanaged | Ownership::Broken => Match::Adopt(found, None),
            Ownership::Ours(carried) if carried == *key => Match::Managed(found),
            Ownership::Ours(carried) if !self.desired.instances.contains_key(&carried) => {
                Match::Moved(found, carried)
            }
            Ownership::Ours(carried) => doubt::of_another_document(id, &carried),
            Ownership::Foreign(owner) => match self.key_in_taken(found) {
                Some(carried) if carried != *key && self.takes_by_key(&carried) => {
                    doubt::of_another_document(id, &carried)
                }
                Some(carried) => Match::Adopt(found, Some(carried)),
                None => doubt::foreign_project(id, &owner),
            },
        }
    }

    /// Rule 2: the instance that carries the document's own key, in this project or else in the one
    /// that is taken from.
    fn marked(&self, key: &Key) -> Option<Match<'a>> {
        let carriers = |by_key: &ByKey<'a>| by_key.get(key).cloned().unwrap_or_default();
        match (carriers(&self.carriers).as_slice(), carriers(&self.taken).as_slice()) {
            ([], []) => None,
            ([found], _) => Some(Match::Managed(found)),
            ([], [found]) => Some(Match::Adopt(found, Some(key.clone()))),
            ([], several) | (several, _) => Some(doubt::ambiguous_key(key, several)),
        }
    }

    /// Rule 3: the instance that carries a key which the document had before.
    fn moved_from(&self, key: &Key, wanted: &DesiredInstance) -> Match<'a> {
        let carriers = |key| {
            let ours = self.carriers.get(key).into_iter().flatten();
            let taken = self.taken.get(key).into_iter().flatten();
            let candidate = move |found: &&'a ObservedInstance, is_taken| Candidate {
                key: Key::clone(key),
                found,
                is_taken,
            };
            ours.map(move |found| candidate(found, false))
                .chain(taken.map(move |found| candidate(found, true)))
        };
        let candidates: Vec<Candidate<'a>> = wanted.moved_from.iter().flat_map(carriers).collect();
        match candidates.as_slice() {
            [] => Match::Missing,
            [one] => match self.other_claimant(key, one.found.id) {
                Some(at) => doubt::moved_from_and_id(one, at),
                None => self.follow(one),
            },
            [first, rest @ ..] if rest.iter().all(|other| other.key == first.key) => {
                let found: Vec<_> = candidates.iter().map(|candidate| candidate.found).collect();
                doubt::ambiguous_key(&first.key, &found)
            }
            several => doubt::ambiguous_moved_from(several),
        }
    }

    /// The match with an instance whose document was moved. A partial plan changes no document key.
    fn follow(&self, Candidate { key, found, is_taken }: &Candidate<'a>) -> Match<'a> {
        if self.options.selection.is_some() {
            return doubt::partial_rekey(key, found);
        }
        if *is_taken {
            Match::Adopt(found, Some(key.clone()))
        } else {
            Match::Moved(found, key.clone())
        }
    }

    /// The instances that no document claims by `id:`, by its key or by `moved_from`, even where
    /// that document is blocked.
    fn unclaimed(&self, by_key: &BTreeMap<&'a Key, Match<'a>>) -> Vec<Candidate<'a>> {
        let matched = by_key.values().filter_map(Match::instance).map(|found| found.id);
        let matched: BTreeSet<_> = matched.chain(self.claimants.keys().copied()).collect();
        let blocked = self
            .desired
            .instances
            .iter()
            .filter(|(key, _)| matches!(by_key.get(*key), Some(Match::Blocked(..))));
        let named: BTreeSet<&Key> = blocked.flat_map(|(_, wanted)| &wanted.moved_from).collect();
        let candidates = |by_key: &ByKey<'a>, is_taken| -> Vec<Candidate<'a>> {
            let of_key = |(key, found): (&Key, &Vec<&'a ObservedInstance>)| {
                let candidate =
                    |found: &&'a ObservedInstance| Candidate { key: key.clone(), found, is_taken };
                found.iter().map(candidate).collect::<Vec<_>>()
            };
            by_key
                .iter()
                .filter(|(key, _)| {
                    !self.desired.instances.contains_key(*key) && !named.contains(key)
                })
                .flat_map(of_key)
                .filter(|candidate| !matched.contains(&candidate.found.id))
                .collect()
        };
        let ours = candidates(&self.carriers, false);
        ours.into_iter().chain(candidates(&self.taken, true)).collect()
    }

    /// Blocks the documents whose instance the platform does not show in one way yet: it cannot be
    /// read, or two listings show it with different document keys. Nothing is compared with, written
    /// over, or created beside what nobody can see.
    fn check_settled(&self, by_key: &mut BTreeMap<&'a Key, Match<'a>>) {
        let disagreements = self.disagreements();
        let keys: BTreeMap<&Key, InstanceId> =
            disagreements.iter().filter_map(|(id, key)| Some((key.as_ref()?, *id))).collect();
        for (key, matched) in by_key {
            let instance = matched.instance().map(|found| found.id);
            let disagreeing = instance.filter(|id| disagreements.contains_key(id));
            if let Some(id) = instance.filter(|id| self.observed.is_unreadable(*id)) {
                *matched = doubt::not_yet_readable(id);
            } else if let Some(id) = disagreeing.or_else(|| keys.get(key).copied()) {
                *matched = doubt::listings_disagree(id);
            }
        }
    }

    /// The instances that the listing of the account shows with another document key than the tag
    /// listing or GET by ID did, each with that key. One of them is late, and nothing says which. An
    /// account listing that shows no marks at all says nothing.
    fn disagreements(&self) -> BTreeMap<InstanceId, Option<Key>> {
        let taken = self.options.take_from.iter();
        let projects: Vec<&Project> =
            std::iter::once(&self.observed.project).chain(taken).collect();
        let key_of =
            |found: &ObservedInstance| projects.iter().find_map(|project| key_in(found, project));
        let account = self.observed.account.iter().flat_map(BTreeMap::values);
        let marked = account.filter(|listed| listed.marks.owner().is_some());
        let disagreeing = marked.filter_map(|listed| {
            let other = self.observed.find(listed.id)?;
            let key = key_of(listed);
            (key_of(other) != key).then_some((listed.id, key))
        });
        disagreeing.collect()
    }

    /// Whether the document with this key, if there is one, takes over the instance that carries it.
    fn takes_by_key(&self, key: &Key) -> bool {
        self.desired.instances.contains_key(key) && !self.carriers.contains_key(key)
    }

    fn key_in_taken(&self, found: &ObservedInstance) -> Option<Key> {
        key_in(found, self.options.take_from.as_ref()?)
    }

    fn other_claimant(&self, key: &Key, id: InstanceId) -> Option<&'a Span> {
        let claimants = self.claimants.get(&id)?;
        claimants.iter().find(|(other, _)| *other != key).map(|(_, at)| *at)
    }
}
