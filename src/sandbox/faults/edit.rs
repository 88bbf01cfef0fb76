//! Edits of third parties between two requests.
//!
//! The journal has no request for them. An edit of an unknown instance changes nothing. An edit must
//! never be applied partially.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::mapping::mapping;
use crate::sandbox::{
    Change, ErrorReply, InstanceBody, PrivateConnectors, Storage, StoredInstance,
    body::draft_from_json,
};

#[derive(Clone, Debug)]
pub(in crate::sandbox) enum Edit {
    /// Creates an instance from a body of `POST /instances`.
    Create(Value),
    Delete(EditTarget),
    Update(EditTarget, InstanceEdit),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "`instance:` takes an ID, which is a number, or a name")]
pub(in crate::sandbox) enum EditTarget {
    Id(u64),
    Name(String),
}

/// The changes of an edit. Other members do not change.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct InstanceEdit {
    /// Configuration values. Null unsets a key.
    set: Map<String, Value>,
    rename: Option<String>,
    retag: Option<Vec<String>>,
    disabled: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawEdit {
    create: Option<Value>,
    instance: Option<EditTarget>,
    delete: bool,
    set: Map<String, Value>,
    rename: Option<String>,
    retag: Option<Vec<String>>,
    disabled: Option<bool>,
}

impl<'de> Deserialize<'de> for Edit {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        mapping(deserializer, RawEdit::into_edit)
    }
}

impl RawEdit {
    fn into_edit(self) -> Result<Edit, String> {
        let Self { create, instance, delete, set, rename, retag, disabled } = self;
        let updates = !set.is_empty() || rename.is_some() || retag.is_some() || disabled.is_some();
        match (create, instance, delete, updates) {
            (Some(body), None, false, false) => checked(body).map(Edit::Create),
            (None, Some(target), true, false) => Ok(Edit::Delete(target)),
            (None, Some(target), false, true) => {
                Ok(Edit::Update(target, InstanceEdit { set, rename, retag, disabled }))
            }
            _ => Err("an edit has only `create:`, or `instance:` with `delete: true`, or \
                      `instance:` with some of `set`, `rename`, `retag` and `disabled`"
                .to_owned()),
        }
    }
}

fn checked(body: Value) -> Result<Value, String> {
    let invalid = |reason: String| format!("`create:` does not describe an instance: {reason}");
    let parsed: InstanceBody =
        serde_json::from_value(body.clone()).map_err(|error| invalid(error.to_string()))?;
    let public = PrivateConnectors::default();
    parsed.connector(&public).map_err(|error| invalid(error.into_message()))?;
    match parsed.name().map_err(|error| invalid(error.into_message()))? {
        Some(_) => Ok(body),
        None => Err(invalid("Missing required member: name".to_owned())),
    }
}

pub(in crate::sandbox) fn apply(
    edits: &[Edit],
    storage: &mut Storage,
    keep_masked: bool,
) -> Result<(), ErrorReply> {
    for edit in edits {
        let changes = match edit {
            Edit::Create(body) => {
                let connectors = storage.store.connectors();
                let drafted = draft_from_json(body.clone(), connectors, keep_masked, storage.now());
                let mut instance = drafted.map_err(ErrorReply::bad_request)?;
                instance.id = storage.store.next_id();
                vec![Change::Put(Box::new(instance))]
            }
            Edit::Delete(target) => {
                target.instances(storage).map(|instance| Change::Remove(instance.id)).collect()
            }
            Edit::Update(target, edit) => {
                let updated = target.instances(storage).map(|old| edit.apply(old, keep_masked));
                updated.map(|instance| Change::Put(Box::new(instance))).collect()
            }
        };
        storage.commit(changes)?;
    }
    Ok(())
}

impl EditTarget {
    fn instances<'a>(&'a self, storage: &'a Storage) -> impl Iterator<Item = &'a StoredInstance> {
        storage.store.instances().filter(move |instance| match self {
            Self::Id(id) => instance.id == *id,
            Self::Name(name) => instance.name == *name,
        })
    }
}

impl InstanceEdit {
    fn apply(&self, instance: &StoredInstance, keep_masked: bool) -> StoredInstance {
        let Self { set, rename, retag, disabled } = self;
        let mut instance = instance.clone();
        instance.configuration.merge(set, keep_masked);
        if let Some(name) = rename {
            instance.name.clone_from(name);
        }
        if let Some(tags) = retag {
            instance.tags.clone_from(tags);
        }
        instance.disabled = disabled.unwrap_or(instance.disabled);
        instance
    }
}
