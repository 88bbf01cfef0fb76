//! What third parties do between two requests.
//!
//! In: edits of a rule. Out: changes in the store, as if somebody had made them in the web
//! interface: no request is recorded for them. An edit of an instance that is not there changes
//! nothing. It must never leave an edit half done.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::form::mapping;
use crate::sandbox::body::InstanceBody;
use crate::sandbox::instance::StoredInstance;
use crate::sandbox::platform::Platform;
use crate::sandbox::reply::ErrorReply;
use crate::sandbox::store::Change;

/// One edit.
#[derive(Clone, Debug)]
pub(in crate::sandbox) enum Edit {
    /// An instance appears, described by a body of `POST /instances`.
    Create(Value),
    /// Every instance of this name or id goes.
    Delete(EditTarget),
    /// Every instance of this name or id changes.
    Alter(EditTarget, InstanceEdit),
}

/// InstanceSelector instances are meant.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "`instance:` takes an id, which is a number, or a name")]
pub(in crate::sandbox) enum EditTarget {
    Id(u64),
    Name(String),
}

/// What changes; the rest stays.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct InstanceEdit {
    /// Keys of the configuration; null unsets one.
    set: Map<String, Value>,
    rename: Option<String>,
    retag: Option<Vec<String>>,
    disabled: Option<bool>,
}

/// An edit as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    create: Option<Value>,
    instance: Option<EditTarget>,
    #[serde(default)]
    delete: bool,
    #[serde(default)]
    set: Map<String, Value>,
    rename: Option<String>,
    retag: Option<Vec<String>>,
    disabled: Option<bool>,
}

impl TryFrom<Form> for Edit {
    type Error = String;

    fn try_from(form: Form) -> Result<Self, String> {
        let Form { create, instance, delete, set, rename, retag, disabled } = form;
        let alters = !set.is_empty() || rename.is_some() || retag.is_some() || disabled.is_some();
        match (create, instance, delete, alters) {
            (Some(body), None, false, false) => checked(body).map(Self::Create),
            (None, Some(target), true, false) => Ok(Self::Delete(target)),
            (None, Some(target), false, true) => {
                Ok(Self::Alter(target, InstanceEdit { set, rename, retag, disabled }))
            }
            _ => {
                Err("an edit has `create:` alone, or `instance:` with `delete: true` or with some \
                      of `set`, `rename`, `retag` and `disabled`"
                    .to_owned())
            }
        }
    }
}

/// Refuses now what could not be created later.
fn checked(body: Value) -> Result<Value, String> {
    let wrong = |reason: String| format!("`create:` does not describe an instance: {reason}");
    let read: InstanceBody =
        serde_json::from_value(body.clone()).map_err(|error| wrong(error.to_string()))?;
    read.connector().map_err(|failure| wrong(failure.into_message()))?;
    match read.name().map_err(|failure| wrong(failure.into_message()))? {
        Some(_) => Ok(body),
        None => Err(wrong("Missing required member: name".to_owned())),
    }
}

impl<'de> Deserialize<'de> for Edit {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        mapping::<D, Form, Self>(deserializer)
    }
}

impl EditTarget {
    fn is(&self, instance: &StoredInstance) -> bool {
        match self {
            Self::Id(id) => instance.id == *id,
            Self::Name(name) => instance.name == *name,
        }
    }
}

impl Platform {
    /// Carries edits out, one after the other.
    pub(in crate::sandbox) fn edit(&mut self, edits: &[Edit]) -> Result<(), ErrorReply> {
        for edit in edits {
            let changes = match edit {
                Edit::Create(body) => vec![self.creation(body)?],
                Edit::Delete(target) => {
                    self.matching(target).map(|found| Change::Remove(found.id)).collect()
                }
                Edit::Alter(target, alteration) => {
                    let keep_masked = self.behavior.keep_masked;
                    let altered =
                        self.matching(target).map(|found| alteration.of(found, keep_masked));
                    altered.map(|instance| Change::Put(Box::new(instance))).collect()
                }
            };
            self.commit(changes)?;
        }
        Ok(())
    }

    fn matching(&self, target: &EditTarget) -> impl Iterator<Item = &StoredInstance> {
        self.store.instances().filter(|instance| target.is(instance))
    }

    fn creation(&mut self, body: &Value) -> Result<Change, ErrorReply> {
        let mut instance = self.draft_from(body.clone()).map_err(ErrorReply::bad_request)?;
        instance.id = self.store.next_id();
        Ok(Change::Put(Box::new(instance)))
    }
}

impl InstanceEdit {
    fn of(&self, instance: &StoredInstance, keep_masked: bool) -> StoredInstance {
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
