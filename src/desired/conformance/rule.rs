//! The rule of one key in a schema, as text.

use jsonschema::JsonType;
use serde_json::Value;

/// The values that a key accepts.
pub(super) fn options(rule: &Value) -> Vec<&str> {
    let direct = rule.get("enum").and_then(Value::as_array);
    let any = rule.get("anyOf").and_then(Value::as_array).into_iter().flatten();
    let nested = any.filter_map(|branch| branch.get("enum")?.as_array());
    direct.into_iter().chain(nested).flatten().filter_map(Value::as_str).collect()
}

/// The types that a key accepts, as a fix.
pub(super) fn types(rule: &Value) -> String {
    let listed: Vec<&str> = match rule.get("type") {
        Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => vec![one.as_str()],
        _ => Vec::new(),
    };
    let listed = listed.into_iter().filter_map(|name| name.parse().ok());
    let nouns: Vec<_> = listed.filter_map(noun).collect();
    match nouns.split_last() {
        None => "see its schema for the accepted values".to_owned(),
        Some((one, [])) => format!("write {one}"),
        Some((last, others)) => format!("write {} or {last}", others.join(", ")),
    }
}

fn noun(kind: JsonType) -> Option<&'static str> {
    Some(match kind {
        JsonType::Object => "a map",
        JsonType::Array => "a list",
        JsonType::String => "a string",
        JsonType::Number => "a number",
        JsonType::Integer => "a whole number",
        JsonType::Boolean => "a boolean",
        JsonType::Null => return None,
    })
}

pub(super) fn text(rule: &Value, key: &str) -> Option<String> {
    rule.get(key).and_then(Value::as_str).map(str::to_owned)
}
