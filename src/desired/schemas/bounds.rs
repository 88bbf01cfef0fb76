//! Limits on schemas in the repository, so that checks stay cheap and every secret key counts.

use serde_json::{Map, Value};

use super::section::Section;
use crate::safe_text::quoted;

/// Keywords whose cost is not limited by the size of the schema and the document.
const COSTLY: [&str; 5] =
    ["$ref", "$dynamicRef", "$recursiveRef", "unevaluatedProperties", "unevaluatedItems"];

/// Keywords whose value maps names to schemas.
const NAMED: [&str; 4] = ["properties", "patternProperties", "$defs", "dependentSchemas"];

/// Keywords whose value maps names to schemas that may all apply to the same value, including those of
/// older drafts.
const NAMED_FOR_ONE_VALUE: [&str; 4] = ["$defs", "definitions", "dependencies", "dependentSchemas"];

/// The most states of one pattern. The engine needs about 32 bytes for each and rejects patterns that
/// need more than [`MAX_PATTERN_BYTES`].
const MAX_STATES: usize = MAX_PATTERN_BYTES / 32;

/// The most bytes of one compiled pattern.
pub(super) const MAX_PATTERN_BYTES: usize = 1 << 20;

/// The reason that the schema cannot be used, and a fix.
pub(super) fn rejection(schema: &Value) -> Option<(String, &'static str)> {
    if let Some(keyword) = costly(schema) {
        let message = format!("a schema in the repository cannot use {}", quoted(&keyword));
        return Some((message, "write out the schema that it refers to"));
    }
    let message =
        "`writeOnly` has an effect only directly at a key of `configuration` or `providerData`";
    let help = "list the secret keys under `properties` of `configuration`";
    (secrets(schema) > effective_secrets(schema)).then(|| (message.to_owned(), help))
}

fn costly(schema: &Value) -> Option<&'static str> {
    match schema {
        Value::Array(items) => items.iter().find_map(costly),
        Value::Object(members) => {
            let own = COSTLY.into_iter().find(|keyword| members.contains_key(*keyword));
            own.or_else(|| {
                let mut members = members.iter();
                members.find_map(|(keyword, value)| match value {
                    // The keys are names here, not keywords.
                    Value::Object(named) if NAMED.contains(&keyword.as_str()) => {
                        named.values().find_map(costly)
                    }
                    _ => costly(value),
                })
            })
        }
        _ => None,
    }
}

/// The number of `writeOnly` rules.
fn secrets(schema: &Value) -> usize {
    match schema {
        Value::Array(items) => items.iter().map(secrets).sum(),
        Value::Object(members) => {
            usize::from(is_secret(members)) + members.values().map(secrets).sum::<usize>()
        }
        _ => 0,
    }
}

/// The number of `writeOnly` rules that have an effect.
fn effective_secrets(schema: &Value) -> usize {
    let properties = Section::ALL.into_iter().filter_map(|section| section.properties(schema));
    properties.flat_map(Map::values).filter_map(Value::as_object).filter(|it| is_secret(it)).count()
}

fn is_secret(schema: &Map<String, Value>) -> bool {
    schema.get("writeOnly") == Some(&Value::Bool(true))
}

/// The maximum cost of a check with a schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cost {
    /// The rules that are checked for one value of a document.
    pub(super) rules: usize,
    /// The pattern states that are visited for one byte of text.
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

/// The maximum cost of checking one value of a document.
///
/// Rules for the same value add up. Of the rules for the keys of a map, only one applies to a value.
pub(super) fn cost(schema: &Value) -> Cost {
    let Value::Object(members) = schema else {
        return Cost::RULE;
    };
    let mut sum = Cost::RULE;
    let mut most_expensive = Cost::default();
    for (keyword, value) in members {
        let more = match (keyword.as_str(), value) {
            ("properties", Value::Object(named)) => {
                most_expensive = named.values().map(cost).fold(most_expensive, Cost::or);
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
        sum = sum.and(more);
    }
    sum.and(most_expensive)
}

/// An upper bound for the states of a pattern. A repetition such as `{2,80}` becomes 80 copies, and nested
/// repetitions multiply.
fn states(pattern: &str) -> usize {
    // The braces may contain comments, so any number in them counts.
    let repetitions = pattern.split('{').skip(1).filter_map(|rest| {
        let counts = rest.rsplit_once('}').map_or(rest, |(counts, _)| counts);
        let counts = counts.split(|c: char| !c.is_ascii_digit());
        counts.filter_map(|count| count.parse::<usize>().ok()).max()
    });
    let copies = repetitions.fold(1_usize, |copies, count| copies.saturating_mul(count.max(1)));
    pattern.len().saturating_mul(copies).min(MAX_STATES)
}

/// The patterns of a schema, including those for keys. A key can have the name of a keyword, so there can
/// be more than the engine compiles.
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

/// An upper bound for the memory of a compiled pattern, including that of a search. A Unicode class such
/// as `\p{L}` has hundreds of states.
pub(super) fn pattern_bytes(pattern: &str) -> usize {
    let wide = if pattern.contains("\\p") || pattern.contains("\\P") { 1024 } else { 8 };
    let states = states(pattern).saturating_mul(wide).min(MAX_STATES);
    MAX_SEARCH_BYTES + states * 32
}

/// The most memory of the engine for a search with one pattern, in bytes.
pub(super) const MAX_SEARCH_BYTES: usize = 1 << 16;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_with_the_name_of_a_keyword_are_allowed() {
        assert_eq!(rejection(&json!({ "properties": { "$ref": { "type": "string" } } })), None);
        assert!(rejection(&json!({ "allOf": [{ "unevaluatedProperties": false }] })).is_some());
    }

    #[test]
    fn write_only_has_an_effect_only_at_the_keys_of_a_section() {
        let at = |section: Value| json!({ "properties": { "configuration": section } });
        assert_eq!(rejection(&at(json!({ "properties": { "pin": { "writeOnly": true } } }))), None);
        for schema in [
            json!({ "patternProperties": { "pin": { "writeOnly": true } } }),
            json!({ "properties": { "a": { "properties": { "pin": { "writeOnly": true } } } } }),
            json!({ "properties": { "pin": { "allOf": [{ "writeOnly": true }] } } }),
        ] {
            assert!(rejection(&at(schema.clone())).is_some(), "{schema}");
        }
    }

    #[test]
    fn rules_for_one_value_add_up_and_those_of_other_keys_do_not() {
        let rules = |schema| cost(&schema).rules;
        assert_eq!(rules(json!({ "properties": { "a": {}, "b": {} } })), 2);
        assert_eq!(rules(json!({ "allOf": [{}, {}, {}] })), 4);
        assert_eq!(rules(json!({ "additionalProperties": { "allOf": [{}, {}] } })), 4);
        // The keys are names here, even `enum`.
        let rule = json!({ "allOf": [{}, {}, {}] });
        assert_eq!(rules(json!({ "dependentSchemas": { "properties": rule, "enum": rule } })), 9);
    }

    #[test]
    fn a_repetition_in_a_pattern_multiplies_its_states() {
        assert_eq!(states("abc"), 3);
        assert_eq!(states("[ab]{2,80}"), 10 * 80);
        assert_eq!(states("([ab]{20}){30}"), 14 * 600);
        assert_eq!(states("((a{999}){999}){999}"), MAX_STATES);
        let schema = json!({ "allOf": [{ "pattern": "ab" }], "patternProperties": { "abc": {} } });
        assert_eq!(cost(&schema).states, 5);
        assert_eq!(patterns(&schema).len(), 2);
    }
}
