//! Canonical JSON (RFC 8785).

use serde_json::Value;

/// Every integer up to this magnitude has an exact double.
const MAX_EXACT_INTEGER: u64 = 1 << 53;

pub(super) fn canonical(document: &Value) -> String {
    serde_json_canonicalizer::to_string(document).expect("every JSON value has a canonical form")
}

/// Replaces integers that a double cannot hold with strings (RFC 8785, appendix D). Otherwise two of
/// them could have the same canonical form.
pub(super) fn with_exact_integers(value: Value) -> Value {
    let is_inexact = |number: &serde_json::Number| {
        let magnitude = number.as_u64().or_else(|| Some(number.as_i64()?.unsigned_abs()));
        magnitude.is_some_and(|magnitude| magnitude > MAX_EXACT_INTEGER)
    };
    match value {
        Value::Number(number) if is_inexact(&number) => number.to_string().into(),
        Value::Array(items) => items.into_iter().map(with_exact_integers).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (name, with_exact_integers(value))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}
