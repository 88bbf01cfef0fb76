//! A document as it is written, in one canonical form: what a fingerprint of it is made of.

use serde_json::{Value, json};

use super::DesiredInstance;

/// The largest integer below which a double holds every integer exactly.
const MAX_EXACT_INTEGER: u64 = 1 << 53;

impl DesiredInstance {
    /// The canonical JSON (RFC 8785) of the document: public variables substituted, other references
    /// as text, scalars as strings, tags sorted. Left out is what only steers ocon, and the grant.
    pub fn as_written(&self) -> String {
        let configuration = self.configuration.iter();
        let configuration: serde_json::Map<String, Value> = configuration
            .map(|(key, field)| (key.clone(), exact(field.value.as_written())))
            .collect();
        canonical(&json!({
            "configuration": configuration,
            "element": self.connector.as_str(),
            "externalAuthentication": self.external_authentication,
            "name": self.name,
            "tags": self.tags,
        }))
    }
}

fn canonical(document: &Value) -> String {
    serde_json_canonicalizer::to_string(document).expect("every JSON value has a canonical form")
}

/// Replaces integers that a double cannot hold with strings, as RFC 8785 advises (appendix D): its
/// canonical form would write two of them alike.
fn exact(value: Value) -> Value {
    let is_inexact = |number: &serde_json::Number| {
        let magnitude = number.as_u64().or_else(|| Some(number.as_i64()?.unsigned_abs()));
        magnitude.is_some_and(|magnitude| magnitude > MAX_EXACT_INTEGER)
    };
    match value {
        Value::Number(number) if is_inexact(&number) => number.to_string().into(),
        Value::Array(items) => items.into_iter().map(exact).collect(),
        Value::Object(members) => {
            let members = members.into_iter().map(|(name, member)| (name, exact(member)));
            Value::Object(members.collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}
