//! The model's files: a small space, so that collisions and coincidences are common.

use std::collections::BTreeMap;

use ocon::desired::{Adopt, Desired, Ignore, Wanted};
use ocon::instance::{
    InstanceId, Json, Key, OwnReference, Part, Secrecy, Secret, SecretReference, Source, Template,
    Value,
};
use proptest::prelude::*;

use crate::remote::CANARY;
use crate::world::{document, key, tags};

/// The configuration keys that documents may declare.
pub(crate) const FIELDS: [&str; 5] =
    ["plain", "second.url", "third.secret", "fourth.secret", "event.poller.configuration"];
/// The one of which stored values are shown, so that no secret is ever stored there.
const PUBLIC: &str = FIELDS[1];
/// The number of kinds of values; 0 is a field that is not declared.
const KINDS: usize = 13;
/// The keys and the names that documents may have.
const KEYS: usize = 4;
const NAMES: usize = 3;

/// All files, and what else a run gets from its environment.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    documents: BTreeMap<usize, Document>,
    /// How often each of two secrets was replaced.
    secrets: [usize; 2],
    fingerprint_key: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Document {
    connector: bool,
    name: usize,
    tags: Option<usize>,
    values: [usize; FIELDS.len()],
    enabled: Option<bool>,
    protect: bool,
    ignored: Option<usize>,
    adopt: Option<u64>,
}

/// Somebody edits the files or their environment. A document is the one at that place, counted
/// round and round.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    Add(usize, Document),
    Remove(usize),
    Value(usize, usize, usize),
    Rename(usize, usize),
    Move(usize, usize),
    SwapNames(usize, usize),
    SwapFiles(usize, usize),
    Adopt(usize, Option<u64>),
    Tags(usize, Option<usize>),
    Switch(usize, Option<bool>),
    Protect(usize, bool),
    Ignore(usize, Option<usize>),
    RotateSecret(usize),
    RotateFingerprintKey,
}

fn a_document() -> impl Strategy<Value = Document> {
    let values = proptest::array::uniform5(prop_oneof![2 => Just(0), 5 => 0..KINDS]);
    let tags = proptest::option::of(0..3_usize);
    (prop::bool::weighted(0.1), 0..NAMES, tags, values, proptest::option::of(any::<bool>()))
        .prop_map(|(connector, name, tags, values, enabled)| Document {
            connector,
            name,
            tags,
            values,
            enabled,
            protect: false,
            ignored: None,
            adopt: None,
        })
}

pub(crate) fn some_files() -> impl Strategy<Value = Files> {
    proptest::collection::btree_map(0..KEYS, a_document(), 0..4).prop_map(|documents| Files {
        documents,
        secrets: [0; 2],
        fingerprint_key: 0,
    })
}

pub(crate) fn edit() -> impl Strategy<Value = Edit> {
    let at = || 0..KEYS;
    prop_oneof![
        3 => (at(), a_document()).prop_map(|(key, document)| Edit::Add(key, document)),
        2 => at().prop_map(Edit::Remove),
        6 => (at(), 0..FIELDS.len(), 0..KINDS).prop_map(|(at, field, kind)| Edit::Value(at, field, kind)),
        2 => (at(), 0..NAMES).prop_map(|(at, name)| Edit::Rename(at, name)),
        3 => (at(), at()).prop_map(|(at, to)| Edit::Move(at, to)),
        1 => (at(), at()).prop_map(|(one, other)| Edit::SwapNames(one, other)),
        1 => (at(), at()).prop_map(|(one, other)| Edit::SwapFiles(one, other)),
        2 => (at(), proptest::option::of(20931..20939_u64)).prop_map(|(at, id)| Edit::Adopt(at, id)),
        1 => (at(), proptest::option::of(0..3_usize)).prop_map(|(at, count)| Edit::Tags(at, count)),
        1 => (at(), any::<Option<bool>>()).prop_map(|(at, enabled)| Edit::Switch(at, enabled)),
        1 => (at(), any::<bool>()).prop_map(|(at, protect)| Edit::Protect(at, protect)),
        1 => (at(), proptest::option::of(0..FIELDS.len())).prop_map(|(at, field)| Edit::Ignore(at, field)),
        2 => (0..2_usize).prop_map(Edit::RotateSecret),
        1 => Just(Edit::RotateFingerprintKey),
    ]
}

impl Files {
    pub(crate) fn take(&mut self, edit: &Edit) {
        match edit {
            Edit::Add(key, document) => drop(self.documents.insert(*key, document.clone())),
            Edit::Remove(at) => drop(self.key(*at).and_then(|key| self.documents.remove(&key))),
            Edit::Value(at, field, kind) => self.change(*at, |it| it.values[*field] = *kind),
            Edit::Rename(at, name) => self.change(*at, |it| it.name = *name),
            Edit::Move(at, to) => self.swap(*at, *to),
            Edit::SwapFiles(one, other) => {
                self.key(*other).into_iter().for_each(|other| self.swap(*one, other));
            }
            Edit::SwapNames(one, other) => self.swap_names(*one, *other),
            Edit::Adopt(at, id) => self.change(*at, |it| it.adopt = *id),
            Edit::Tags(at, count) => self.change(*at, |it| it.tags = *count),
            Edit::Switch(at, enabled) => self.change(*at, |it| it.enabled = *enabled),
            Edit::Protect(at, protect) => self.change(*at, |it| it.protect = *protect),
            Edit::Ignore(at, field) => self.change(*at, |it| it.ignored = *field),
            Edit::RotateSecret(which) => self.secrets[*which] += 1,
            Edit::RotateFingerprintKey => self.fingerprint_key += 1,
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

    /// The files as a run loads them.
    pub(crate) fn load(&self) -> Desired {
        let load = |(key, document): (&usize, _)| self.load_document(*key, document);
        Desired { instances: self.documents.iter().map(load).collect() }
    }

    fn load_document(&self, number: usize, it: &Document) -> (Key, Wanted) {
        let declared = FIELDS.into_iter().zip(it.values);
        let declared: Vec<_> =
            declared.filter_map(|(name, kind)| Some((name, self.value(name, kind)?))).collect();
        let (key, mut wanted) = document(&format!("k{number}"), &declared);
        for (name, field) in &mut wanted.configuration {
            field.secrecy = match field.secrecy {
                _ if name.ends_with("secret") => Secrecy::Secret,
                Secrecy::Public if name != PUBLIC => Secrecy::Unknown,
                known => known,
            };
        }
        let at = wanted.at.clone();
        wanted.connector = if it.connector { "slack" } else { "hootsuite" }.parse().unwrap();
        wanted.name = format!("n{}", it.name);
        wanted.tags = it.tags.map(|count| tags(&["a", "b", "c"][..count]));
        wanted.enabled = it.enabled;
        wanted.adopt = it.adopt.map(|id| Adopt { id: InstanceId::new(id), at: at.clone() });
        wanted.lifecycle.protect = it.protect;
        wanted.lifecycle.ignore.extend(it.ignored.map(|field| Ignore {
            path: format!("configuration.{}", FIELDS[field]),
            reason: "by hand".into(),
            until: None,
            at,
        }));
        (key, wanted)
    }

    fn value(&self, field: &str, kind: usize) -> Option<Value> {
        let text = |parts| Some(Value::Text(Template::new(parts)));
        match kind {
            7.. if field == PUBLIC => Some(Value::text("public")),
            0 => None,
            1 => Some(Value::Unset),
            2 => Some(Value::text("1 < 2 & \"three\"")),
            3 => Some(Value::text("15")),
            4 => Some(Value::text("{\"b\": [1.50, null], \"a\": \"x\"}")),
            5 => text(vec![Part::Own(OwnReference::WebhookUrl)]),
            6 => text(vec![Part::Text("id ".into()), Part::Own(OwnReference::Id)]),
            7 => text(vec![self.secret(0)]),
            8 => text(vec![Part::Text("Bearer ".into()), self.secret(1)]),
            9 => text(vec![self.secret(0), Part::Own(OwnReference::IdBase64)]),
            10 => Some(Value::Json(Json::List(vec![Json::Null, Json::Bool(true)]))),
            11 => Some(Value::Json(Json::Map(BTreeMap::from([
                ("key".into(), Json::Text(Template::new(vec![self.secret(1)]))),
                ("own".into(), Json::Text(Template::new(vec![Part::Own(OwnReference::Id)]))),
            ])))),
            _ => text(vec![Part::Secret(reference("UNSET", None))]),
        }
    }

    fn secret(&self, which: usize) -> Part {
        let value = format!("{CANARY}{which}.{}", self.secrets[which]);
        Part::Secret(reference(["FIRST", "SECOND"][which], Some(Secret::new(value))))
    }
}

fn reference(name: &str, value: Option<Secret>) -> SecretReference {
    SecretReference { source: Source::Env(name.into()), value }
}

/// The key of the document with this number.
pub(crate) fn numbered(number: usize) -> Key {
    key(&format!("k{}", number % KEYS))
}

/// The display name with this number.
pub(crate) fn named(number: usize) -> String {
    format!("n{}", number % NAMES)
}
