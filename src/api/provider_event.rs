//! Events that a provider reported to the platform.

use serde_json::Value;

use crate::safe_text::bounded_line;

/// An event, without the data that the provider sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderEvent {
    /// The ID that the platform gave it.
    pub id: String,
    /// The time at which it arrived, as the platform writes it.
    pub date: String,
    /// `NEW`, `RECEIVED`, `DISPATCHED`, `CONSUMED` or `NOTIFIED`.
    pub status: String,
    /// The changed objects.
    pub objects: Vec<ChangedObject>,
}

/// A change of one object at the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedObject {
    /// `CREATED`, `UPDATED` or `DELETED`.
    pub what: String,
    /// The type of the object.
    pub kind: String,
    /// Its ID at the provider.
    pub id: String,
}

impl ChangedObject {
    /// Reads an object as the platform writes it. Missing members become empty.
    pub fn read(object: &Value) -> Self {
        let member = |name: &str| object.get(name).map(scalar_text).unwrap_or_default();
        Self { what: member("eventType"), kind: member("objectType"), id: member("objectId") }
    }
}

/// A string on one line, or the digits of a number. Other values become empty.
pub(super) fn scalar_text(value: &Value) -> String {
    match value {
        Value::String(text) => bounded_line(text),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}
