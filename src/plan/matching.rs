//! Which instance belongs to which document.
//!
//! The rules, first one that answers: the `id:` in the file; our mark with the document's key; an
//! orphan with the same connector and name, if there is exactly one (the file was moved); none,
//! so that the instance has to be created. Where ownership is in doubt the document is blocked and
//! both sides are named; the other documents go on.

use std::collections::{BTreeMap, BTreeSet};

use super::{BlockCode, Wishes};
use crate::desired::{Adopt, Desired, Wanted};
use crate::instance::{InstanceId, Key, Span};
use crate::observed::{Found, Observed};
use crate::ownership::Claim;

/// What a document is matched with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Match<'a> {
    /// Its instance.
    Managed(&'a Found),
    /// The instance of a document that was moved or got another key.
    Moved(&'a Found, Key),
    /// An instance that its `id:` names and that carries no mark yet.
    Adopt(&'a Found),
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
    /// Instances of ours that belong to no document, with the key they carry.
    pub(super) orphans: Vec<(Key, &'a Found)>,
}

impl Observed {
    /// Instances of ours that the filtered listing did not return.
    pub(super) fn missed_by_filter(&self) -> impl Iterator<Item = &Found> {
        let all = self.account.iter().flat_map(BTreeMap::values);
        all.filter(|found| !self.ours.contains_key(&found.id))
            .filter(|found| matches!(found.marks.claim(&self.project), Claim::Ours(_)))
    }

    /// All instances of ours whose configuration is known, under the key that each carries.
    pub(super) fn carriers(&self) -> BTreeMap<Key, Vec<&Found>> {
        let read = self.by_id.values().flatten().filter(|found| !self.ours.contains_key(&found.id));
        let mut carriers: BTreeMap<Key, Vec<&Found>> = BTreeMap::new();
        for found in self.ours.values().chain(read) {
            if let Claim::Ours(key) = found.marks.claim(&self.project) {
                carriers.entry(key).or_default().push(found);
            }
        }
        carriers
    }

    fn find(&self, id: InstanceId) -> Option<&Found> {
        let taken = || self.taken.as_ref()?.get(&id);
        self.ours.get(&id).or_else(|| self.by_id.get(&id)?.as_ref()).or_else(taken)
    }
}

impl<'a> Matching<'a> {
    /// The number of instances without any mark that no document adopts, where the account was
    /// listed.
    pub(super) fn unmanaged(&self, observed: &Observed) -> Option<usize> {
        let adopted = self.by_key.values().filter_map(|found| match found {
            Match::Adopt(found) => Some(found.id),
            _ => None,
        });
        let adopted: BTreeSet<_> = adopted.collect();
        let is_left_alone = |found: &&Found| {
            found.marks.claim(&observed.project) == Claim::Unmanaged && !adopted.contains(&found.id)
        };
        Some(observed.account.as_ref()?.values().filter(is_left_alone).count())
    }

    pub(super) fn new(desired: &'a Desired, observed: &'a Observed, wishes: &Wishes) -> Self {
        let carriers = observed.carriers();
        let mut claimants: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (key, wanted) in &desired.instances {
            if let Some(adopt) = &wanted.adopt {
                claimants.entry(adopt.id).or_default().push((key, &adopt.at));
            }
        }
        let named: BTreeSet<InstanceId> = claimants.keys().copied().collect();
        let rules = Rules { desired, observed, wishes, carriers: &carriers, claimants };
        let mut by_key: BTreeMap<_, _> = desired
            .instances
            .iter()
            .map(|(key, wanted)| (key, rules.answer(key, wanted)))
            .collect();
        // An instance that a file names is no orphan, even where the file is blocked.
        let taken: BTreeSet<InstanceId> = by_key
            .values()
            .filter_map(Match::instance)
            .map(|found| found.id)
            .chain(named)
            .collect();
        let mut orphans: Vec<(Key, &Found)> = carriers
            .iter()
            .filter(|(key, _)| !desired.instances.contains_key(*key))
            .flat_map(|(key, found)| found.iter().map(|found| (key.clone(), *found)))
            .filter(|(_, found)| !taken.contains(&found.id))
            .collect();
        rules.follow_moves(&mut by_key, &mut orphans);
        rules.check_namesakes(&mut by_key);
        Self { by_key, orphans }
    }

    /// The documents of which nothing that was seen carries the key: whether nothing does at all,
    /// only the whole account can tell.
    pub(super) fn unmarked(&self) -> impl Iterator<Item = &'a Key> {
        let unmarked = self.by_key.iter().filter(|(_, found)| match found {
            Match::Missing | Match::Moved(..) | Match::Adopt(_) => true,
            Match::Managed(_) | Match::Blocked(..) => false,
        });
        unmarked.map(|(key, _)| *key)
    }
}

impl<'a> Match<'a> {
    /// The instance, if there is one.
    pub(super) fn instance(&self) -> Option<&'a Found> {
        match self {
            Self::Managed(found) | Self::Moved(found, _) | Self::Adopt(found) => Some(found),
            Self::Missing | Self::Blocked(..) => None,
        }
    }
}

struct Rules<'a, 'b> {
    desired: &'a Desired,
    observed: &'a Observed,
    wishes: &'b Wishes,
    carriers: &'b BTreeMap<Key, Vec<&'a Found>>,
    /// The documents that name an instance, with the place of its `id:`.
    claimants: BTreeMap<InstanceId, Vec<(&'a Key, &'a Span)>>,
}

impl<'a> Rules<'a, '_> {
    /// The first two rules.
    fn answer(&self, key: &Key, wanted: &'a Wanted) -> Match<'a> {
        let carriers = self.carriers.get(key).map_or(&[][..], Vec::as_slice);
        let answer = match (&wanted.adopt, carriers) {
            (Some(adopt), _) => self.adopt(key, adopt, carriers),
            (None, []) => self.take(key),
            (None, [found]) => Match::Managed(found),
            (None, several) => ambiguous(key, several),
        };
        match answer {
            Match::Managed(found) | Match::Adopt(found) | Match::Moved(found, _)
                if found.connector != wanted.connector.as_str() =>
            {
                connector_changed(found, wanted)
            }
            other => other,
        }
    }

    /// An instance of the project that is being taken over, or none.
    fn take(&self, key: &Key) -> Match<'a> {
        let owner = self.wishes.take_from.clone().map(|project| (project, key.clone()));
        let taken = self.observed.taken.iter().flat_map(BTreeMap::values);
        let found: Vec<&Found> =
            taken.filter(|found| owner.is_some() && found.marks.owner() == owner).collect();
        match found.as_slice() {
            [] => Match::Missing,
            [found] => Match::Adopt(found),
            several => ambiguous(key, several),
        }
    }

    /// The first rule: the instance that the file names.
    fn adopt(&self, key: &Key, adopt: &Adopt, carriers: &[&'a Found]) -> Match<'a> {
        let id = adopt.id;
        if let Some(other) = self.other_claimant(key, id) {
            let message =
                format!("`id: {id}` stands at {} and at {other}: keep it in one of them", adopt.at);
            return Match::Blocked(BlockCode::IdClaimedTwice, message);
        }
        let Some(found) = self.observed.find(id) else {
            let message = format!(
                "there is no instance {id}: remove the line `id: {id}` to create a new one"
            );
            return Match::Blocked(BlockCode::IdNotFound, message);
        };
        if let Some(other) = carriers.iter().find(|carrier| carrier.id != id) {
            let message = format!(
                "instance {} already carries the key `{key}`, so instance {id} cannot be adopted under it: \
                 remove the line `id: {id}`, or give the document another `key:`",
                other.id
            );
            return Match::Blocked(BlockCode::KeyTaken, message);
        }
        match found.marks.claim(&self.observed.project) {
            Claim::Unmanaged | Claim::Broken => Match::Adopt(found),
            Claim::Ours(carried) if carried == *key => Match::Managed(found),
            Claim::Ours(carried) if !self.desired.instances.contains_key(&carried) => {
                Match::Moved(found, carried)
            }
            Claim::Ours(carried) => {
                foreign(id, &format!("the document `{carried}`"), "delete that document")
            }
            Claim::Foreign(_) if self.is_taken(found) => Match::Adopt(found),
            Claim::Foreign(owner) => foreign(id, &owner, "take it over with --take-from"),
        }
    }

    fn is_taken(&self, found: &Found) -> bool {
        let owner = found.marks.owner();
        owner.is_some_and(|(project, _)| self.wishes.take_from.as_ref() == Some(&project))
    }

    fn other_claimant(&self, key: &Key, id: InstanceId) -> Option<&Span> {
        let claimants = self.claimants.get(&id)?;
        claimants.iter().find(|(other, _)| *other != key).map(|(_, at)| *at)
    }

    /// The third rule: a missing document and an orphan that are each other's only candidate.
    fn follow_moves(
        &self,
        by_key: &mut BTreeMap<&'a Key, Match<'a>>,
        orphans: &mut Vec<(Key, &'a Found)>,
    ) {
        let likeness = |found: &'a Found| (found.connector.as_str(), found.name.as_str());
        let mut documents: BTreeMap<_, Vec<&Key>> = BTreeMap::new();
        for (key, wanted) in &self.desired.instances {
            if by_key[key] == Match::Missing {
                let likeness = (wanted.connector.as_str(), wanted.name.as_str());
                documents.entry(likeness).or_default().push(key);
            }
        }
        let mut candidates: BTreeMap<_, Vec<(Key, &'a Found)>> = BTreeMap::new();
        for (carried, found) in orphans.iter() {
            candidates.entry(likeness(found)).or_default().push((carried.clone(), found));
        }
        let mut moved = BTreeSet::new();
        for (likeness, keys) in documents {
            if let ([key], Some([(carried, found)])) =
                (keys.as_slice(), candidates.get(&likeness).map(Vec::as_slice))
            {
                moved.insert(found.id);
                by_key.insert(key, self.moved(found, carried));
            }
        }
        orphans.retain(|(_, orphan)| !moved.contains(&orphan.id));
    }

    fn moved(&self, found: &'a Found, carried: &Key) -> Match<'a> {
        if self.wishes.selection.is_none() {
            return Match::Moved(found, carried.clone());
        }
        let message = format!(
            "instance {} carries the key `{carried}` of a document that is gone, so this one was moved: \
             plan all documents, since a partial plan changes no keys",
            found.id
        );
        Match::Blocked(BlockCode::PartialRekey, message)
    }

    /// The fourth rule's exceptions: something whose mark is broken may be the document's instance,
    /// something unmanaged may be what it describes.
    fn check_namesakes(&self, by_key: &mut BTreeMap<&'a Key, Match<'a>>) {
        let mut unmanaged: BTreeMap<(&str, &str), Vec<InstanceId>> = BTreeMap::new();
        let mut broken: Vec<&Found> = Vec::new();
        for found in self.observed.account.iter().flat_map(BTreeMap::values) {
            match found.marks.claim(&self.observed.project) {
                Claim::Unmanaged => {
                    unmanaged.entry((&found.connector, &found.name)).or_default().push(found.id);
                }
                Claim::Broken => broken.push(found),
                Claim::Ours(_) | Claim::Foreign(_) => {}
            }
        }
        for (key, matched) in by_key.iter_mut().filter(|(_, matched)| **matched == Match::Missing) {
            let wanted = &self.desired.instances[*key];
            let likeness = (wanted.connector.as_str(), wanted.name.as_str());
            let is_alike = |found: &&&Found| {
                found.marks.names(key)
                    || (found.connector.as_str(), found.name.as_str()) == likeness
            };
            let allowed = self.wishes.allow_duplicates.contains(*key);
            if let Some(found) = broken.iter().find(is_alike) {
                *matched = broken_mark(found.id);
            } else if let (Some(ids), false) = (unmanaged.get(&likeness), allowed) {
                *matched = namesake(key, ids);
            }
        }
    }
}

fn broken_mark<'a>(id: InstanceId) -> Match<'a> {
    let message = format!(
        "instance {id} may be this document's, and its `ocon:` tags are incomplete or contradictory: add \
         `id: {id}` to the document to take it, or take those tags off the instance"
    );
    Match::Blocked(BlockCode::BrokenMark, message)
}

fn ambiguous<'a>(key: &Key, carriers: &[&Found]) -> Match<'a> {
    let message = format!(
        "instances {} carry the key `{key}`: delete all but one, or take the tag `ocon:key={key}` off the others",
        list(carriers.iter().map(|found| found.id), "and")
    );
    Match::Blocked(BlockCode::AmbiguousKey, message)
}

fn connector_changed<'a>(found: &Found, wanted: &Wanted) -> Match<'a> {
    let message = format!(
        "instance {} has the connector `{}`, the file says `{}`: the platform cannot change it, and a new \
         instance has a new token. Give the document another `key:` to create one",
        found.id, found.connector, wanted.connector
    );
    Match::Blocked(BlockCode::ConnectorChanged, message)
}

fn foreign<'a>(id: InstanceId, owner: &str, way_out: &str) -> Match<'a> {
    let message =
        format!("instance {id} belongs to {owner}: {way_out}, or remove the line `id: {id}`");
    Match::Blocked(BlockCode::ForeignInstance, message)
}

fn namesake<'a>(key: &Key, ids: &[InstanceId]) -> Match<'a> {
    let message = match ids {
        [id] => format!(
            "instance {id}, which nobody manages, has the same connector and name: add `id: {id}` to the \
             document to adopt it, or allow a second one with --allow-duplicate {key}"
        ),
        several => format!(
            "instances {}, which nobody manages, have the same connector and name: add `id: ` with one of \
             them to the document to adopt it, or allow another one with --allow-duplicate {key}",
            list(several.iter().copied(), "and")
        ),
    };
    Match::Blocked(BlockCode::UnmanagedNamesake, message)
}

/// `1`, `1 and 2`, `1, 2 and 3`.
fn list(ids: impl Iterator<Item = InstanceId>, last: &str) -> String {
    let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
    match ids.split_last() {
        Some((end, rest)) if !rest.is_empty() => format!("{} {last} {end}", rest.join(", ")),
        _ => ids.concat(),
    }
}
