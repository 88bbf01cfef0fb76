//! The model's files: few keys and names, so that collisions are common.

use std::collections::{BTreeMap, BTreeSet};

use ocon::desired::Desired;
use ocon::instance::Key;
use proptest::prelude::*;

use crate::model_documents::{
    Document, FIELDS, NAMES, Rotations, a_document, a_kind, a_plain_document,
};
use crate::world::key;

/// The document keys. Several end alike, and a whole folder can move below `regions`.
pub(crate) const KEYS: [&str; 6] =
    ["desk", "emea/desk", "apac/desk", "regions/emea/desk", "regions/apac/desk", "emea/shop"];
/// The projects that the files may belong to. The last one also has its own instances.
pub(crate) const PROJECTS: [&str; 3] = ["test", "renamed", "other"];

/// All files, and what else a run gets from its environment.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    documents: BTreeMap<usize, Document>,
    rotations: Rotations,
    fingerprint_key: usize,
    project: usize,
    /// How many documents there ever were.
    identities: usize,
}

/// An edit of the files or their environment. A document is the one at that index, counted
/// round and round.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    Add(usize, Document),
    /// Writes another document with the same content.
    Copy(usize, usize),
    Remove(usize),
    Value(usize, usize, usize),
    Rename(usize, usize),
    Move(usize, usize),
    /// Moves a document and adds its `moved_from` line.
    MoveWithLine(usize, usize),
    /// Moves a document and gives it another name in the same edit.
    MoveAndRename(usize, usize, usize),
    /// Moves the folders below `regions`, or back.
    MoveFolders(bool),
    /// Writes or removes a `moved_from` line, true or not.
    MovedFrom(usize, Option<usize>),
    SwapNames(usize, usize),
    SwapFiles(usize, usize),
    Adopt(usize, Option<u64>),
    Tags(usize, Option<usize>),
    Switch(usize, Option<bool>),
    Protect(usize, bool),
    Ignore(usize, Option<usize>),
    RotateSecret(usize),
    RotateFingerprintKey,
    /// Gives the project another name.
    Project(usize),
}

/// Some documents, made by this strategy.
pub(crate) fn some_files(
    document: impl Strategy<Value = Document>,
) -> impl Strategy<Value = Files> {
    proptest::collection::btree_map(0..KEYS.len(), document, 0..5).prop_map(|mut documents| {
        for (identity, document) in documents.values_mut().enumerate() {
            document.identity = identity;
        }
        let identities = documents.len();
        Files { documents, rotations: [0; 2], fingerprint_key: 0, project: 0, identities }
    })
}

/// Edits that move documents, or that make them alike.
pub(crate) fn edit_of_place() -> impl Strategy<Value = Edit> {
    let at = || 0..KEYS.len();
    let maybe = |range| proptest::option::weighted(0.8, range);
    let maybe_id = || proptest::option::weighted(0.7, 20931..20936_u64);
    prop_oneof![
        2 => (at(), a_plain_document()).prop_map(|(key, document)| Edit::Add(key, document)),
        4 => (at(), at()).prop_map(|(at, to)| Edit::Copy(at, to)),
        3 => at().prop_map(Edit::Remove),
        2 => (at(), prop::sample::select(vec![0, 3])).prop_map(|(at, kind)| Edit::Value(at, 0, kind)),
        2 => (at(), 0..2_usize).prop_map(|(at, name)| Edit::Rename(at, name)),
        8 => (at(), at()).prop_map(|(at, to)| Edit::Move(at, to)),
        2 => (at(), at()).prop_map(|(at, to)| Edit::MoveWithLine(at, to)),
        3 => (at(), at(), 0..2_usize).prop_map(|(at, to, name)| Edit::MoveAndRename(at, to, name)),
        4 => any::<bool>().prop_map(Edit::MoveFolders),
        3 => (at(), maybe(at())).prop_map(|(at, old)| Edit::MovedFrom(at, old)),
        1 => (at(), at()).prop_map(|(one, other)| Edit::SwapFiles(one, other)),
        2 => (at(), maybe_id()).prop_map(|(at, id)| Edit::Adopt(at, id)),
        1 => (0..2_usize).prop_map(Edit::Project),
    ]
}

pub(crate) fn edit() -> impl Strategy<Value = Edit> {
    let at = || 0..KEYS.len();
    let maybe = |range| proptest::option::of(range);
    let maybe_id = || proptest::option::weighted(0.7, 20931..20936_u64);
    prop_oneof![
        3 => (at(), a_document()).prop_map(|(key, document)| Edit::Add(key, document)),
        3 => (at(), at()).prop_map(|(at, to)| Edit::Copy(at, to)),
        2 => at().prop_map(Edit::Remove),
        5 => (at(), 0..FIELDS.len(), a_kind()).prop_map(|(at, field, kind)| Edit::Value(at, field, kind)),
        2 => (at(), 0..NAMES).prop_map(|(at, name)| Edit::Rename(at, name)),
        5 => (at(), at()).prop_map(|(at, to)| Edit::Move(at, to)),
        2 => (at(), at()).prop_map(|(at, to)| Edit::MoveWithLine(at, to)),
        3 => any::<bool>().prop_map(Edit::MoveFolders),
        2 => (at(), maybe(at())).prop_map(|(at, old)| Edit::MovedFrom(at, old)),
        1 => (at(), at()).prop_map(|(one, other)| Edit::SwapNames(one, other)),
        1 => (at(), at()).prop_map(|(one, other)| Edit::SwapFiles(one, other)),
        2 => (at(), maybe_id()).prop_map(|(at, id)| Edit::Adopt(at, id)),
        1 => (at(), maybe(0..3_usize)).prop_map(|(at, count)| Edit::Tags(at, count)),
        1 => (at(), any::<Option<bool>>()).prop_map(|(at, enabled)| Edit::Switch(at, enabled)),
        1 => (at(), any::<bool>()).prop_map(|(at, protect)| Edit::Protect(at, protect)),
        1 => (at(), maybe(0..FIELDS.len())).prop_map(|(at, field)| Edit::Ignore(at, field)),
        2 => (0..2_usize).prop_map(Edit::RotateSecret),
        1 => Just(Edit::RotateFingerprintKey),
        2 => (0..PROJECTS.len()).prop_map(Edit::Project),
    ]
}

impl Files {
    pub(crate) fn take(&mut self, edit: &Edit) {
        match edit {
            Edit::Add(key, document) => self.add(*key, document),
            Edit::Copy(at, to) => self.copy(*at, *to),
            Edit::Remove(at) => drop(self.key(*at).and_then(|key| self.documents.remove(&key))),
            Edit::Value(at, field, kind) => self.change(*at, |it| it.values[*field] = *kind),
            Edit::Rename(at, name) => self.change(*at, |it| it.name = *name),
            Edit::Move(at, to) => self.swap(*at, *to),
            Edit::MoveWithLine(at, to) => {
                let from = self.key(*at);
                self.swap(*at, *to);
                self.documents.get_mut(to).into_iter().for_each(|it| it.moved_from = from);
            }
            Edit::MoveAndRename(at, to, name) => {
                self.change(*at, |it| it.name = *name);
                self.swap(*at, *to);
            }
            Edit::MoveFolders(below) => self.move_folders(*below),
            Edit::MovedFrom(at, old) => self.change(*at, |it| it.moved_from = *old),
            Edit::SwapFiles(one, other) => {
                self.key(*other).into_iter().for_each(|other| self.swap(*one, other));
            }
            Edit::SwapNames(one, other) => self.swap_names(*one, *other),
            Edit::Adopt(at, id) => self.change(*at, |it| it.adopt = *id),
            Edit::Tags(at, count) => self.change(*at, |it| it.tags = *count),
            Edit::Switch(at, enabled) => self.change(*at, |it| it.enabled = *enabled),
            Edit::Protect(at, protect) => self.change(*at, |it| it.protect = *protect),
            Edit::Ignore(at, field) => self.change(*at, |it| it.ignored = *field),
            Edit::RotateSecret(which) => self.rotations[*which] += 1,
            Edit::RotateFingerprintKey => self.fingerprint_key += 1,
            Edit::Project(project) => self.project = *project,
        }
    }

    /// A document that replaces another one in its file is that one with other content.
    fn add(&mut self, key: usize, document: &Document) {
        let replaced = self.documents.get(&key).map(|document| document.identity);
        let identity = replaced.unwrap_or(self.identities);
        self.identities += usize::from(replaced.is_none());
        self.documents.insert(key, Document { identity, ..document.clone() });
    }

    fn copy(&mut self, at: usize, to: usize) {
        let document = self.key(at).map(|key| self.documents[&key].clone());
        if let Some(document) = document {
            self.add(to, &Document { adopt: None, moved_from: None, ..document });
        }
    }

    fn key(&self, at: usize) -> Option<usize> {
        self.documents.keys().nth(at % self.documents.len().max(1)).copied()
    }

    fn change(&mut self, at: usize, change: impl FnOnce(&mut Document)) {
        let key = self.key(at);
        key.and_then(|key| self.documents.get_mut(&key)).map(change);
    }

    /// Gives a document another key; one that has it already gets the first one's.
    fn swap(&mut self, at: usize, to: usize) {
        let Some(from) = self.key(at) else { return };
        let (moved, other) = (self.documents.remove(&from), self.documents.remove(&to));
        self.documents.extend(moved.map(|document| (to, document)));
        self.documents.extend(other.filter(|_| from != to).map(|document| (from, document)));
    }

    fn move_folders(&mut self, below: bool) {
        let moves = [(1, 3), (2, 4)]
            .map(|(above, under)| if below { (above, under) } else { (under, above) });
        for (from, to) in moves {
            if let Some(document) = self.documents.remove(&from) {
                self.documents.insert(to, document);
            }
        }
    }

    fn swap_names(&mut self, one: usize, other: usize) {
        let name = |at| self.key(at).map(|key| self.documents[&key].name);
        if let (Some(first), Some(second)) = (name(one), name(other)) {
            self.change(one, |document| document.name = second);
            self.change(other, |document| document.name = first);
        }
    }

    pub(crate) fn fingerprint_key(&self) -> &'static str {
        ["k1", "k2", "k3"][self.fingerprint_key % 3]
    }

    pub(crate) fn project(&self) -> &'static str {
        PROJECTS[self.project]
    }

    /// The documents by what makes each the same wherever it moves.
    pub(crate) fn identities(&self) -> BTreeMap<usize, Key> {
        let identity =
            |(number, document): (&usize, &Document)| (document.identity, numbered(*number));
        self.documents.iter().map(identity).collect()
    }

    /// The files as a run loads them. A `moved_from` line that would be an error of the files is
    /// left out.
    pub(crate) fn load(&self) -> Desired {
        let mut named = BTreeSet::new();
        let load = |(number, document): (&usize, &Document)| {
            let (key, mut wanted) = document.load(*number, self.rotations);
            let old = document.moved_from.filter(|old| !self.documents.contains_key(old));
            wanted.moved_from.extend(old.filter(|old| named.insert(*old)).map(numbered));
            (key, wanted)
        };
        Desired { instances: self.documents.iter().map(load).collect() }
    }
}

/// The text of the document key with this number.
pub(crate) fn key_of(number: usize) -> &'static str {
    KEYS[number % KEYS.len()]
}

/// The document key with this number.
pub(crate) fn numbered(number: usize) -> Key {
    key(key_of(number))
}

/// The display name with this number.
pub(crate) fn named(number: usize) -> String {
    format!("n{}", number % NAMES)
}
