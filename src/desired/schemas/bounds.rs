//! What a schema in the repository may hold, so that checking with it stays cheap and loses nothing.

use serde_json::{Map, Value};

use crate::safe_text::quoted;

/// Keywords that make checking cost more than the size of schema and document.
const COSTLY: [&str; 5] =
    ["$ref", "$dynamicRef", "$recursiveRef", "unevaluatedProperties", "unevaluatedItems"];

/// Keywords whose value maps names to schemas.
const NAMED: [&str; 4] = ["properties", "patternProperties", "$defs", "dependentSchemas"];

/// More keywords whose value maps names to schemas, those of older drafts included. Each of the schemas
/// may be checked for the same value.
const NAMED_FOR_ONE_VALUE: [&str; 4] = ["$defs", "definitions", "dependencies", "dependentSchemas"];

/// The most states of one pattern. The engine needs about 32 bytes for each, and more than that for
/// [`MAX_PATTERN_BYTES`] are refused when it is compiled.
const MAX_STATES: usize = MAX_PATTERN_BYTES / 32;

/// The most bytes of one compiled pattern.
pub(super) const MAX_PATTERN_BYTES: usize = 1 << 20;

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

/// What checking with a schema costs at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cost {
    /// The rules that are looked at for one value of a document.
    pub(super) rules: usize,
    /// The states of patterns that are visited for one byte of a text.
    pub(super) states: usize,
}

impl Cost {
    const RULE: Self = Self { rules: 1, states: 0 };

    fn of_pattern(pattern: &str) -> Self {
        Self { states: states(pattern), ..Self::RULE }
    }

    fn and(self, other: Self) -> Self {
        Self {
            rules: self.rules.saturating_add(other.rules),
            states: self.states.saturating_add(other.states),
        }
    }

    fn or(self, other: Self) -> Self {
        Self { rules: self.rules.max(other.rules), states: self.states.max(other.states) }
    }

    fn sum(costs: impl Iterator<Item = Self>) -> Self {
        costs.fold(Self::default(), Self::and)
    }
}

/// The most that checking one value of a document costs.
///
/// Rules for the same value add up; of the keys of a map only one belongs to a value.
pub(super) fn cost(schema: &Value) -> Cost {
    let Value::Object(members) = schema else {
        return Cost::RULE;
    };
    let mut together = Cost::RULE;
    let mut dearest = Cost::default();
    for (keyword, value) in members {
        let more = match (keyword.as_str(), value) {
            ("properties", Value::Object(named)) => {
                dearest = named.values().map(cost).fold(dearest, Cost::or);
                continue;
            }
            ("patternProperties", Value::Object(named)) => {
                let patterns = named.iter().map(|(pattern, schema)| {
                    Cost { rules: 0, ..Cost::of_pattern(pattern) }.and(cost(schema))
                });
                Cost::sum(patterns)
            }
            (name, Value::Object(named)) if NAMED_FOR_ONE_VALUE.contains(&name) => {
                Cost::sum(named.values().map(cost))
            }
            ("pattern", Value::String(pattern)) => Cost::of_pattern(pattern),
            ("enum", Value::Array(words)) => Cost { rules: words.len() / 8, ..Cost::default() },
            (_, Value::Array(items)) => Cost::sum(items.iter().map(cost)),
            (_, Value::Object(_)) => cost(value),
            _ => continue,
        };
        together = together.and(more);
    }
    together.and(dearest)
}

/// A bound on the states of a pattern. A repetition such as `{2,80}` stands for as many copies, and
/// repetitions within each other multiply.
fn states(pattern: &str) -> usize {
    // Comments may be between the braces, so any number there counts.
    let repetitions = pattern.split('{').skip(1).filter_map(|rest| {
        let counts = rest.rsplit_once('}').map_or(rest, |(counts, _)| counts);
        let counts = counts.split(|c: char| !c.is_ascii_digit());
        counts.filter_map(|count| count.parse::<usize>().ok()).max()
    });
    let copies = repetitions.fold(1_usize, |copies, count| copies.saturating_mul(count.max(1)));
    pattern.len().saturating_mul(copies).min(MAX_STATES)
}

/// The patterns of a schema, those for names of keys included. A key may have the name of a keyword, so
/// there may be more than the engine compiles.
pub(super) fn patterns(schema: &Value) -> Vec<&str> {
    match schema {
        Value::Array(items) => items.iter().flat_map(patterns).collect(),
        Value::Object(members) => {
            let own = members.iter().flat_map(|(keyword, value)| match (keyword.as_str(), value) {
                ("pattern", Value::String(pattern)) => vec![pattern.as_str()],
                ("patternProperties", Value::Object(named)) => {
                    named.keys().map(String::as_str).collect()
                }
                _ => Vec::new(),
            });
            own.chain(members.values().flat_map(patterns)).collect()
        }
        _ => Vec::new(),
    }
}

/// A bound on the bytes that a compiled pattern takes, with what the engine keeps while it searches. A
/// class of Unicode such as `\p{L}` has hundreds of states.
pub(super) fn bytes(pattern: &str) -> usize {
    let wide = if pattern.contains("\\p") || pattern.contains("\\P") { 1024 } else { 8 };
    let states = states(pattern).saturating_mul(wide).min(MAX_STATES);
    MAX_SEARCH_BYTES + states * 32
}

/// The most bytes that the engine keeps for one pattern while it searches.
pub(super) const MAX_SEARCH_BYTES: usize = 1 << 16;

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
        let rules = |schema| cost(&schema).rules;
        assert_eq!(rules(json!({ "properties": { "a": {}, "b": {} } })), 2);
        assert_eq!(rules(json!({ "allOf": [{}, {}, {}] })), 4);
        assert_eq!(rules(json!({ "additionalProperties": { "allOf": [{}, {}] } })), 4);
        // There the keys are names, whatever they look like.
        let rule = json!({ "allOf": [{}, {}, {}] });
        assert_eq!(rules(json!({ "dependentSchemas": { "properties": rule, "enum": rule } })), 9);
    }

    #[test]
    fn a_repetition_in_a_pattern_stands_for_as_many_copies() {
        assert_eq!(states("abc"), 3);
        assert_eq!(states("[ab]{2,80}"), 10 * 80);
        assert_eq!(states("([ab]{20}){30}"), 14 * 600);
        assert_eq!(states("((a{999}){999}){999}"), MAX_STATES);
        let schema = json!({ "allOf": [{ "pattern": "ab" }], "patternProperties": { "abc": {} } });
        assert_eq!(cost(&schema).states, 5);
        assert_eq!(patterns(&schema).len(), 2);
    }
}
