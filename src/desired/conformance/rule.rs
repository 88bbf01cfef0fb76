//! The rule of one key, in words.

use serde_json::Value;

/// The words that a key takes.
pub(super) fn options(rule: &Value) -> Vec<&str> {
    let direct = rule.get("enum").and_then(Value::as_array);
    let any = rule.get("anyOf").and_then(Value::as_array).into_iter().flatten();
    let nested = any.filter_map(|branch| branch.get("enum")?.as_array());
    direct.into_iter().chain(nested).flatten().filter_map(Value::as_str).collect()
}

/// What a key takes, by its types.
pub(super) fn types(rule: &Value) -> String {
    let listed = match rule.get("type") {
        Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => vec![one.as_str()],
        _ => Vec::new(),
    };
    let noun = |name: &&str| match *name {
        "object" => Some("a map"),
        "array" => Some("a list"),
        "string" => Some("a text"),
        "number" => Some("a number"),
        "integer" => Some("a whole number"),
        "boolean" => Some("a boolean"),
        _ => None,
    };
    let nouns: Vec<_> = listed.iter().filter_map(noun).collect();
    match nouns.split_last() {
        None => "its schema says what it takes".to_owned(),
        Some((one, [])) => format!("it takes {one}"),
        Some((last, others)) => format!("it takes {} or {last}", others.join(", ")),
    }
}

/// A member of the rule that is a text.
pub(super) fn text(rule: &Value, key: &str) -> Option<String> {
    rule.get(key).and_then(Value::as_str).map(str::to_owned)
}
