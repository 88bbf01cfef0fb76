//! What people do on the platform of the model, beside all runs.

use ocon::instance::{InstanceId, Record, StoredValue};
use proptest::prelude::*;

use crate::documents::{FIELDS, NAMES};
use crate::files::{KEYS, named, numbered};
use crate::remote::{Remote, record};

/// Somebody edits the platform: one of its instances, or another one that appears there.
#[derive(Clone, Debug)]
pub(crate) enum Disturbance {
    Value(usize, &'static str),
    Rename(usize),
    Tag(&'static str),
    Disable(bool),
    Delete,
    /// Takes away the reserved tags that begin like this, and puts another in their place.
    Marks(&'static str, Option<&'static str>),
    /// The listing by tag leaves the instance out, or has it again.
    Unlist(bool),
    /// Beside that, GET by ID does not find the instance, or finds it again.
    Hide(bool),
    Double,
    Unmanaged(usize),
    Foreign(usize, usize),
}

pub(crate) fn disturbance() -> impl Strategy<Value = Disturbance> {
    let text = prop::sample::select(vec!["", "15", "by hand", "{\"a\":\"x\",\"b\":[1.5,null]}"]);
    let marks = prop::sample::select(vec![
        ("ocon:", None),
        ("ocon:applied=", None),
        ("ocon:applied=", Some("ocon:applied=nonsense")),
        ("ocon:applied=", Some("ocon:applied=v2.newer")),
        ("ocon:key=", None),
        ("ocon:project=", None),
        ("ocon:project=", Some("ocon:project=other")),
        ("ocon:protect", Some("ocon:protect")),
    ]);
    prop_oneof![
        4 => (0..FIELDS.len(), text).prop_map(|(field, text)| Disturbance::Value(field, text)),
        2 => (0..NAMES).prop_map(Disturbance::Rename),
        1 => prop::sample::select(vec!["a", "by hand"]).prop_map(Disturbance::Tag),
        1 => any::<bool>().prop_map(Disturbance::Disable),
        1 => Just(Disturbance::Delete),
        2 => marks.prop_map(|(name, with)| Disturbance::Marks(name, with)),
        3 => any::<bool>().prop_map(Disturbance::Unlist),
        1 => any::<bool>().prop_map(Disturbance::Hide),
        1 => Just(Disturbance::Double),
        1 => (0..NAMES).prop_map(Disturbance::Unmanaged),
        1 => (0..KEYS.len(), 0..NAMES).prop_map(|(key, name)| Disturbance::Foreign(key, name)),
    ]
}

/// What people do to what the rules for moves go by.
pub(crate) fn disturbance_of_place() -> impl Strategy<Value = Disturbance> {
    prop_oneof![
        2 => (0..2_usize).prop_map(Disturbance::Rename),
        1 => Just(Disturbance::Delete),
        1 => Just(Disturbance::Marks("ocon:applied=", None)),
        2 => any::<bool>().prop_map(Disturbance::Unlist),
        1 => any::<bool>().prop_map(Disturbance::Hide),
        1 => Just(Disturbance::Double),
    ]
}

impl Disturbance {
    /// Does this to the instance at that place, counted round and round.
    pub(crate) fn make(&self, remote: &Remote, at: usize) {
        let ids: Vec<InstanceId> = remote.records().into_keys().collect();
        match self {
            Self::Unmanaged(name) => {
                remote.insert(|id| record(id, "hootsuite", &named(*name)));
            }
            Self::Foreign(key, name) => {
                let key = format!("ocon:key={}", numbered(*key));
                let tags = vec![key, "ocon:project=other".to_owned()];
                remote.insert(|id| Record { tags, ..record(id, "hootsuite", &named(*name)) });
            }
            edit => {
                if let Some(id) = ids.get(at % ids.len().max(1)) {
                    edit.make_to(remote, *id);
                }
            }
        }
    }

    fn make_to(&self, remote: &Remote, id: InstanceId) {
        match self {
            Self::Delete => drop(remote.instances.lock().unwrap().remove(&id)),
            Self::Unlist(true) => drop(remote.unlisted.lock().unwrap().insert(id)),
            Self::Unlist(false) => drop(remote.unlisted.lock().unwrap().remove(&id)),
            Self::Hide(hidden) => {
                Self::Unlist(*hidden).make_to(remote, id);
                let mut unreadable = remote.unreadable.lock().unwrap();
                if *hidden {
                    unreadable.insert(id)
                } else {
                    unreadable.remove(&id)
                };
            }
            Self::Double => {
                let mut twin = remote.records().remove(&id).unwrap();
                // Whoever copies an instance cannot read its secrets.
                twin.configuration.retain(|key, _| !key.ends_with("secret"));
                remote.insert(|id| Record { id, ..twin });
            }
            edit => remote.edit(id, |record| edit.edit(record)),
        }
    }

    fn edit(&self, record: &mut Record) {
        match self {
            // Nobody can see that a masked value was replaced, only that it is gone.
            Self::Value(field, text) => {
                let key = FIELDS[*field];
                let text = if key.ends_with("secret") { "" } else { text };
                record.configuration.insert(key.into(), StoredValue::new(Some(text)));
            }
            Self::Rename(name) => record.name = named(*name),
            Self::Tag(tag) => {
                record.tags.retain(|known| known != tag);
                record.tags.push((*tag).to_owned());
            }
            Self::Disable(disabled) => record.disabled = *disabled,
            Self::Marks(name, with) => {
                record.tags.retain(|tag| !tag.starts_with(name));
                record.tags.extend(with.map(str::to_owned));
            }
            Self::Delete
            | Self::Unlist(_)
            | Self::Hide(_)
            | Self::Double
            | Self::Unmanaged(_)
            | Self::Foreign(..) => {}
        }
    }
}
