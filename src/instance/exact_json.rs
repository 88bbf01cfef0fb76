//! A JSON document whose numbers are exact.
//!
//! In: a JSON text of at most 128 levels. Out: its structure, which compares by value: numbers by
//! their exact decimal value, members in any order, and a member that is `null` like one that is
//! absent. Numbers keep the text that they were written with. It must never turn a number into a
//! float.
//!
//! `serde_json` reads a number with a fraction as a float unless its feature `arbitrary_precision`
//! is on. That feature applies to the whole program and changes how untagged and flattened types
//! are read. So numbers pass `serde_json` as strings: before a text is parsed, every string gets a
//! marker as its first character, and every number becomes a string with another marker.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::decimal::Decimal;

/// The first character of a string that is a string.
const STRING: char = 's';
/// The first character of a string that is a number.
const NUMBER: char = 'n';

/// A JSON document with exact numbers. Its text form is compact, with sorted members; the alternate
/// form is indented. It has no `Debug`, as it may hold secrets.
#[derive(Clone, Serialize)]
#[serde(untagged)]
pub enum ExactJson {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as it is written.
    Number(Box<RawValue>),
    /// A string.
    String(String),
    /// A list.
    List(Vec<Self>),
    /// A map.
    Map(BTreeMap<String, Self>),
}

impl ExactJson {
    /// Reads a JSON text; `None` if it is not valid or too deep.
    pub fn parse(text: &str) -> Option<Self> {
        Self::unmarked(serde_json::from_str(&marked(text)?).ok()?)
    }

    /// Whether it is a map or a list.
    pub fn is_composite(&self) -> bool {
        matches!(self, Self::List(_) | Self::Map(_))
    }

    /// Writes everything that is equal in `other` as it is written there, so that the texts of the two
    /// differ only where their values do.
    pub fn write_like(&mut self, other: &Self) {
        if self == other {
            self.clone_from(other);
            return;
        }
        match (self, other) {
            (Self::List(items), Self::List(others)) => {
                for (item, other) in items.iter_mut().zip(others) {
                    item.write_like(other);
                }
            }
            (Self::Map(members), Self::Map(others)) => {
                members.retain(|name, member| {
                    !matches!(member, Self::Null) || others.contains_key(name)
                });
                for (name, other) in others {
                    match (members.get_mut(name), other) {
                        (Some(member), other) => member.write_like(other),
                        (None, Self::Null) => {
                            members.insert(name.clone(), Self::Null);
                        }
                        (None, _) => {}
                    }
                }
            }
            _ => {}
        }
    }

    fn unmarked(value: Value) -> Option<Self> {
        Some(match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Bool(flag),
            // Every number of the text is a string by now.
            Value::Number(_) => return None,
            Value::String(text) => match text.strip_prefix(NUMBER) {
                Some(number) => Self::Number(RawValue::from_string(number.to_owned()).ok()?),
                None => Self::String(unmarked(&text)?),
            },
            Value::Array(items) => {
                Self::List(items.into_iter().map(Self::unmarked).collect::<Option<_>>()?)
            }
            Value::Object(members) => {
                let member = |(name, value): (String, Value)| {
                    Some((unmarked(&name)?, Self::unmarked(value)?))
                };
                Self::Map(members.into_iter().map(member).collect::<Option<_>>()?)
            }
        })
    }
}

impl PartialEq for ExactJson {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(one), Self::Bool(other)) => one == other,
            (Self::Number(one), Self::Number(other)) => {
                one.get() == other.get()
                    || matches!(
                        (Decimal::parse(one.get()), Decimal::parse(other.get())),
                        (Some(one), Some(other)) if one == other
                    )
            }
            (Self::String(one), Self::String(other)) => one == other,
            (Self::List(one), Self::List(other)) => one == other,
            (Self::Map(one), Self::Map(other)) => present(one).eq(present(other)),
            _ => false,
        }
    }
}

/// The members of a map that are not `null`.
fn present(members: &BTreeMap<String, ExactJson>) -> impl Iterator<Item = (&String, &ExactJson)> {
    members.iter().filter(|(_, member)| !matches!(member, ExactJson::Null))
}

impl fmt::Display for ExactJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = if f.alternate() {
            serde_json::to_string_pretty(self)
        } else {
            serde_json::to_string(self)
        };
        f.write_str(&text.map_err(|_| fmt::Error)?)
    }
}

/// The text with a marker in every string, and with every number as a marked string; `None` if a
/// number is none of JSON. Whatever else is wrong with the text is still wrong with the result.
fn marked(text: &str) -> Option<String> {
    let mut marked = String::with_capacity(text.len() + text.len() / 4);
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let length = match next {
            '"' => string_length(rest),
            '-' | '0'..='9' => number_length(rest),
            _ => rest.find(begins_token).unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at_checked(length)?;
        match next {
            '"' => {
                marked.extend(['"', STRING]);
                marked.push_str(token.strip_prefix('"')?);
            }
            '-' | '0'..='9' => {
                Decimal::parse(token)?;
                marked.extend(['"', NUMBER]);
                marked.push_str(token);
                marked.push('"');
            }
            _ => marked.push_str(token),
        }
        rest = after;
    }
    Some(marked)
}

/// Whether a string or a number begins with this character.
fn begins_token(c: char) -> bool {
    matches!(c, '"' | '-' | '0'..='9')
}

/// The length of the string at the beginning of a text, with its quotes.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 2)
}

/// The length of what could be a number at the beginning of a text.
fn number_length(text: &str) -> usize {
    let end = text.find(|c: char| !matches!(c, '-' | '+' | '.' | 'e' | 'E' | '0'..='9'));
    end.unwrap_or(text.len())
}

fn unmarked(text: &str) -> Option<String> {
    text.strip_prefix(STRING).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &str, other: &str) -> bool {
        let parse = |text| ExactJson::parse(text).unwrap();
        let same = parse(one) == parse(other);
        assert_eq!(same, parse(other) == parse(one), "equality has no direction");
        same
    }

    #[test]
    fn numbers_compare_by_their_exact_value() {
        for (one, other) in [
            ("15", "15.0"),
            ("15", "1.5e1"),
            ("0.1", "0.10"),
            ("-0", "0.0e7"),
            ("[100000000000000000000000000]", "[1E+26]"),
            ("1e999999999", "10e999999998"),
        ] {
            assert!(same(one, other), "{one} = {other}");
        }
        for (one, other) in [
            ("9007199254740993", "9007199254740992"),
            ("9007199254740993.0", "9007199254740992.0"),
            ("0.1", "0.1000000000000000055511151231257827"),
            ("1", "-1"),
            ("1e400", "1e401"),
            ("1e999999999", "1e999999998"),
            ("1", "\"1\""),
        ] {
            assert!(!same(one, other), "{one} ≠ {other}");
        }
    }

    #[test]
    fn a_member_that_is_null_equals_an_absent_one_at_any_depth() {
        assert!(same(r#"{"a":null}"#, "{}"));
        assert!(same(r#"[{"a":{"b":null,"c":1}}]"#, r#"[{"a":{"c":1.0}}]"#));
        assert!(!same(r#"{"a":{"b":null}}"#, "{}"), "an empty map is there");
        assert!(!same("[null]", "[]"), "an element of a list has its place");
        assert!(!same(r#"{"a":""}"#, "{}"));
    }

    #[test]
    fn strings_are_not_taken_for_numbers_whatever_they_begin_with() {
        assert!(same(r#"{"n1":"n1","s":"s\"n\\"}"#, r#"{"s":"s\u0022n\u005c","n1":"\u006e1"}"#));
        assert!(!same(r#""n1""#, "1"));
        assert!(!same(r#"{"1":0}"#, r#"{"n1":0}"#));
    }

    #[test]
    fn what_is_not_json_is_not_read() {
        for text in [
            "",
            "01",
            "-",
            "1.",
            ".5",
            "1e",
            "1 2",
            "1a",
            "+1",
            "1-2",
            "1\"a\"",
            "\"a",
            "\"\\\"",
            "[1,]",
            "{1:2}",
            "nan",
            "'a'",
            "\"\u{1}\"",
            "{\"a\":1}}",
        ] {
            assert!(ExactJson::parse(text).is_none(), "{text}");
        }
        assert!(ExactJson::parse(&"[".repeat(100_000)).is_none());
    }

    #[test]
    fn what_is_equal_can_be_written_alike() {
        let other = r#"{"a":{"size":15,"none":null,"s":"x"},"l":[1,{"m":2.50}],"n":1}"#;
        let mut one = ExactJson::parse(
            r#"{"a":{"size":15.0,"gone":null,"s":"y"},"l":[1.0,{"m":2.5},3e0],"n":1e0}"#,
        )
        .unwrap();
        one.write_like(&ExactJson::parse(other).unwrap());
        assert_eq!(
            one.to_string(),
            r#"{"a":{"none":null,"s":"y","size":15},"l":[1,{"m":2.50},3e0],"n":1}"#
        );
    }

    #[test]
    fn a_number_is_shown_as_it_is_written() {
        let document =
            ExactJson::parse(r#" {"b": [1.50, null], "a": 9007199254740993.0} "#).unwrap();
        assert_eq!(document.to_string(), r#"{"a":9007199254740993.0,"b":[1.50,null]}"#);
        assert_eq!(
            format!("{document:#}"),
            "{\n  \"a\": 9007199254740993.0,\n  \"b\": [\n    1.50,\n    null\n  ]\n}"
        );
    }
}
