//! What a schema in the repository may hold, so that checking with it stays cheap and loses nothing.

use serde_json::{Map, Value};

use crate::untrusted::quoted;

/// Keywords that make checking cost more than the size of schema and document.
const COSTLY: [&str; 5] =
    ["$ref", "$dynamicRef", "$recursiveRef", "unevaluatedProperties", "unevaluatedItems"];

/// Keywords whose value maps names to schemas.
const NAMED: [&str; 4] = ["properties", "patternProperties", "$defs", "dependentSchemas"];

/// Why the schema cannot be used, and what to do.
pub(super) fn refusal(schema: &Value) -> Option<(String, &'static str)> {
    if let Some(keyword) = costly(schema) {
        return Some((
            format!("a schema in the repository cannot use {keyword}", keyword = quoted(&keyword)),
            "write out what it stands for",
        ));
    }
    let honoured = honoured(schema);
    (secrets(schema) > honoured).then(|| {
        (
            "`writeOnly` counts only directly at a key of `configuration` or `providerData`"
                .to_owned(),
            "list the secret keys under `properties` of `configuration`",
        )
    })
}

fn costly(schema: &Value) -> Option<&'static str> {
    let below = |value: &Value| costly(value);
    match schema {
        Value::Array(items) => items.iter().find_map(below),
        Value::Object(members) => {
            let own = COSTLY.into_iter().find(|keyword| members.contains_key(*keyword));
            own.or_else(|| {
                let mut members = members.iter();
                members.find_map(|(keyword, value)| match value {
                    // There the keys are names and no keywords.
                    Value::Object(named) if NAMED.contains(&keyword.as_str()) => {
                        named.values().find_map(below)
                    }
                    _ => costly(value),
                })
            })
        }
        _ => None,
    }
}

/// How often the schema says that something is secret.
fn secrets(schema: &Value) -> usize {
    match schema {
        Value::Array(items) => items.iter().map(secrets).sum(),
        Value::Object(members) => {
            usize::from(is_secret(members)) + members.values().map(secrets).sum::<usize>()
        }
        _ => 0,
    }
}

/// How often it says so where that counts.
fn honoured(schema: &Value) -> usize {
    let sections = ["configuration", "providerData"].into_iter();
    let properties = sections.filter_map(|section| {
        schema.get("properties")?.get(section)?.get("properties")?.as_object()
    });
    properties.flat_map(Map::values).filter_map(Value::as_object).filter(|it| is_secret(it)).count()
}

fn is_secret(schema: &Map<String, Value>) -> bool {
    schema.get("writeOnly") == Some(&Value::Bool(true))
}

/// The most rules that are looked at for one value of a document.
///
/// Rules for the same value add up; of the keys of a map only one belongs to a value.
pub(super) fn cost(schema: &Value) -> usize {
    let Value::Object(members) = schema else {
        return 1;
    };
    let mut together = 1_usize;
    let mut dearest = 0;
    for (keyword, value) in members {
        match (keyword.as_str(), value) {
            ("properties", Value::Object(named)) => {
                dearest = named.values().map(cost).max().unwrap_or_default().max(dearest);
            }
            ("patternProperties", Value::Object(named)) => {
                together = together.saturating_add(named.values().map(cost).sum());
            }
            ("enum", Value::Array(words)) => together = together.saturating_add(words.len() / 8),
            (_, Value::Array(items)) => {
                together = together.saturating_add(items.iter().map(cost).sum());
            }
            (_, Value::Object(_)) => together = together.saturating_add(cost(value)),
            _ => {}
        }
    }
    together.saturating_add(dearest)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_of_keys_are_no_keywords() {
        assert_eq!(refusal(&json!({ "properties": { "$ref": { "type": "string" } } })), None);
        assert!(refusal(&json!({ "allOf": [{ "unevaluatedProperties": false }] })).is_some());
    }

    #[test]
    fn secrecy_counts_at_the_keys_of_a_section_only() {
        let at = |section: Value| json!({ "properties": { "configuration": section } });
        assert_eq!(refusal(&at(json!({ "properties": { "pin": { "writeOnly": true } } }))), None);
        for nowhere in [
            json!({ "patternProperties": { "pin": { "writeOnly": true } } }),
            json!({ "properties": { "a": { "properties": { "pin": { "writeOnly": true } } } } }),
            json!({ "properties": { "pin": { "allOf": [{ "writeOnly": true }] } } }),
        ] {
            assert!(refusal(&at(nowhere.clone())).is_some(), "{nowhere}");
        }
    }

    #[test]
    fn rules_for_one_value_add_up_and_those_of_other_keys_do_not() {
        assert_eq!(cost(&json!({ "properties": { "a": {}, "b": {} } })), 2);
        assert_eq!(cost(&json!({ "allOf": [{}, {}, {}] })), 4);
        assert_eq!(cost(&json!({ "additionalProperties": { "allOf": [{}, {}] } })), 4);
    }
}
