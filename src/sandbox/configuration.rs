//! The configuration of an instance.
//!
//! Reads show every key of the connector's schema and every key that was ever sent, with its value, its
//! default or an unset value. The platform masks properties of type PASSWORD and the two keys of the
//! OAuth application. It shows other secrets in plain text. No reply may show a masked value, not even
//! the reply to the write that set it (docs/platform.md#secrets).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Connector, SchemaProperty, schema::is_password, schema::property_id, schema::stored_text,
};

/// What reads show instead of a secret.
const MASK: &str = "********";

/// How an unset configuration value reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnsetValue {
    /// As `null`, as observed in 2017.
    Null,
    /// As `""`, as observed in 2020.
    #[default]
    Empty,
}

/// The values that were set. `None` is a key that was unset explicitly, which hides its default.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(transparent)]
pub(super) struct StoredConfiguration(BTreeMap<String, Option<String>>);

/// How reads show values for which the facts are not clear.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReadOptions {
    pub(super) unset: UnsetValue,
    pub(super) mask_unset_passwords: bool,
}

impl StoredConfiguration {
    /// Sets the keys of `changes`. Other keys do not change.
    ///
    /// With `keep_masked`, the mask as the value of a masked key keeps the stored value.
    pub(super) fn merge(&mut self, changes: &Map<String, Value>, keep_masked: bool) {
        for (key, value) in changes {
            let is_kept = keep_masked && is_masked(key) && value == MASK;
            if !is_kept {
                self.0.insert(key.clone(), (!value.is_null()).then(|| stored_text(value)));
            }
        }
    }

    pub(super) fn restore(&mut self, keys: &BTreeSet<String>, before: Option<&Self>) {
        for key in keys {
            match before.and_then(|before| before.0.get(key)) {
                Some(value) => self.0.insert(key.clone(), value.clone()),
                None => self.0.remove(key),
            };
        }
    }

    pub(super) fn set(&mut self, key: &str, value: String) {
        self.0.insert(key.to_owned(), Some(value));
    }

    /// The value of a key, if it is not empty.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_deref().filter(|value| !value.is_empty())
    }

    /// The required keys of `connector` that have no value.
    pub(super) fn missing<'a>(&self, connector: &'a Connector) -> Vec<&'a str> {
        let required = connector.properties.iter().filter(|p| p.is_required(|key| self.get(key)));
        required.map(|p| p.key.as_str()).filter(|key| self.get(key).is_none()).collect()
    }

    pub(super) fn read<'a>(
        &'a self,
        connector: &'a Connector,
        read_options: ReadOptions,
    ) -> BTreeMap<&'a str, Option<&'a str>> {
        let defaults = connector.properties.iter();
        let mut values: BTreeMap<_, _> =
            defaults.map(|property| (property.key.as_str(), property.default.as_deref())).collect();
        values.extend(self.0.iter().map(|(key, value)| (key.as_str(), value.as_deref())));
        for (key, value) in &mut values {
            *value = shown(key, *value, read_options);
        }
        values
    }

    pub(super) fn entries(&self, connector: &Connector, read_options: ReadOptions) -> Vec<Value> {
        let values = self.read(connector, read_options);
        values.into_iter().map(|(key, value)| entry(connector, key, value)).collect()
    }

    pub(super) fn entry(
        &self,
        connector: &Connector,
        id: u64,
        read_options: ReadOptions,
    ) -> Option<Value> {
        let (key, value) = self
            .read(connector, read_options)
            .into_iter()
            .find(|(key, _)| property_id(&connector.key, key) == id)?;
        Some(entry(connector, key, value))
    }

    pub(super) fn key_of(&self, connector: &Connector, id: u64) -> Option<String> {
        let known = connector.properties.iter().map(|property| &property.key);
        known.chain(self.0.keys()).find(|key| property_id(&connector.key, key) == id).cloned()
    }
}

fn entry(connector: &Connector, key: &str, value: Option<&str>) -> Value {
    let property = connector.properties.iter().find(|property| property.key == key);
    let unknown = || SchemaProperty::unknown(key).entry(&connector.key, value);
    property.map_or_else(unknown, |property| property.entry(&connector.key, value))
}

fn shown<'a>(key: &str, value: Option<&'a str>, read_options: ReadOptions) -> Option<&'a str> {
    let set = value.is_some_and(|value| !value.is_empty());
    match read_options.unset {
        _ if set && is_masked(key) => Some(MASK),
        _ if is_password(key) && read_options.mask_unset_passwords => Some(MASK),
        UnsetValue::Empty => Some(value.unwrap_or_default()),
        UnsetValue::Null => value,
    }
}

fn is_masked(key: &str) -> bool {
    is_password(key) || matches!(key, "oauth.api.key" | "oauth.api.secret")
}
