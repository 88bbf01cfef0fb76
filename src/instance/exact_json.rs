//! JSON documents with exact numbers.
//!
//! In: a JSON text of at most 128 levels. Out: its structure, which compares by value. Numbers compare
//! by their exact decimal value, members in any order, and a `null` member equals an omitted one.
//! Numbers keep their original text. A number must never become a float.
//!
//! `serde_json` reads a number with a fraction as a float unless its feature `arbitrary_precision`
//! is enabled. That feature applies to the whole program and changes how untagged and flattened types
//! are read. Therefore, numbers pass through `serde_json` as strings. Before a text is parsed, every
//! string gets a marker as its first character, and every number becomes a string with another marker.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

const STRING: char = 's';
const NUMBER: char = 'n';

/// A JSON document with exact numbers. `{}` is compact with sorted members, `{:#}` is indented. There
/// is no `Debug`, because the document may contain secrets.
#[derive(Clone, Serialize)]
#[serde(untagged)]
pub enum ExactJson {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number in its original text.
    Number(Box<RawValue>),
    /// A string.
    String(String),
    /// A list.
    List(Vec<Self>),
    /// A map.
    Map(BTreeMap<String, Self>),
}

impl ExactJson {
    /// Parses a JSON text. `None` if it is invalid or too deep.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::unmarked(serde_json::from_str(&marked(text)?).ok()?)
    }

    pub(crate) fn is_composite(&self) -> bool {
        matches!(self, Self::List(_) | Self::Map(_))
    }

    /// Takes the text of equal parts from `other`. Then the two texts differ only where their values
    /// differ.
    pub(crate) fn adopt_formatting(&mut self, other: &Self) {
        if self == other {
            self.clone_from(other);
            return;
        }
        match (self, other) {
            (Self::List(items), Self::List(others)) => {
                for (item, other) in items.iter_mut().zip(others) {
                    item.adopt_formatting(other);
                }
            }
            (Self::Map(members), Self::Map(others)) => {
                members.retain(|name, member| {
                    !matches!(member, Self::Null) || others.contains_key(name)
                });
                for (name, other) in others {
                    match (members.get_mut(name), other) {
                        (Some(member), other) => member.adopt_formatting(other),
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
            // `marked` turned every number into a string.
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

/// Adds a marker to every string and turns every number into a marked string. `None` if a number is
/// not valid JSON. Any other error in the text remains an error in the result.
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

fn begins_token(c: char) -> bool {
    matches!(c, '"' | '-' | '0'..='9')
}

/// The length of the string at the start of a text, with its quotes.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 2)
}

/// The length of the possible number at the start of a text.
fn number_length(text: &str) -> usize {
    let end = text.find(|c: char| !matches!(c, '-' | '+' | '.' | 'e' | 'E' | '0'..='9'));
    end.unwrap_or(text.len())
}

fn unmarked(text: &str) -> Option<String> {
    text.strip_prefix(STRING).map(str::to_owned)
}

/// The most digits of an exponent that is compared by value. Longer ones do not fit the platform's
/// types, so they are equal only if their text is equal.
const MAX_EXPONENT_DIGITS: usize = 30;

/// A decimal number `0.digits × 10^exponent` without leading or trailing zeros, so each value has one
/// form. It takes as much memory as its text, however large the exponent is.
#[derive(Debug, PartialEq, Eq)]
struct Decimal {
    is_negative: bool,
    /// Empty for zero.
    digits: String,
    exponent: Exponent,
}

#[derive(Debug, PartialEq, Eq)]
enum Exponent {
    Number(i128),
    /// The text of a number whose exponent has too many digits.
    Text(String),
}

impl Decimal {
    fn parse(text: &str) -> Option<Self> {
        let (is_negative, unsigned) = match text.strip_prefix('-') {
            Some(unsigned) => (true, unsigned),
            None => (false, text),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (unsigned, None),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (mantissa, None),
        };
        let exponent_digits =
            exponent.map(|exponent| exponent.strip_prefix(['+', '-']).unwrap_or(exponent));
        let is_number = are_digits(whole)
            && (whole == "0" || !whole.starts_with('0'))
            && fraction.is_none_or(are_digits)
            && exponent_digits.is_none_or(are_digits);
        if !is_number {
            return None;
        }
        let digits = [whole, fraction.unwrap_or_default()].concat();
        let significant = digits.trim_start_matches('0');
        let leading_zeros = digits.len() - significant.len();
        let significant = significant.trim_end_matches('0');
        if significant.is_empty() {
            return Some(Self {
                is_negative: false,
                digits: String::new(),
                exponent: Exponent::Number(0),
            });
        }
        let shift = i128::try_from(whole.len()).ok()? - i128::try_from(leading_zeros).ok()?;
        let exponent = match small_exponent(exponent.unwrap_or("0")) {
            Some(exponent) => Exponent::Number(exponent + shift),
            None => Exponent::Text(text.to_owned()),
        };
        Some(Self { is_negative, digits: significant.to_owned(), exponent })
    }
}

fn are_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn small_exponent(text: &str) -> Option<i128> {
    let digits = text.trim_start_matches(['+', '-']).trim_start_matches('0');
    match digits {
        "" => Some(0),
        digits if digits.len() > MAX_EXPONENT_DIGITS => None,
        digits => {
            let magnitude: i128 = digits.parse().ok()?;
            Some(if text.starts_with('-') { -magnitude } else { magnitude })
        }
    }
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
            ("15", "1.5E+01"),
            ("15", "0.15e2"),
            ("15", "150e-1"),
            ("15", "0.00015e5"),
            ("0e5", "0.000"),
            ("0e5", "-0e999999999999999999999999999999999999999999"),
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
            ("15", "150"),
            ("15", "15.00000000000000000000000000001"),
            ("1e400", "1e401"),
            ("1e999999999", "1e999999998"),
            ("1", "\"1\""),
        ] {
            assert!(!same(one, other), "{one} ≠ {other}");
        }
    }

    #[test]
    fn a_null_member_equals_an_omitted_one_at_any_depth() {
        assert!(same(r#"{"a":null}"#, "{}"));
        assert!(same(r#"[{"a":{"b":null,"c":1}}]"#, r#"[{"a":{"c":1.0}}]"#));
        assert!(!same(r#"{"a":{"b":null}}"#, "{}"), "an empty map is a value");
        assert!(!same("[null]", "[]"), "a list element keeps its position");
        assert!(!same(r#"{"a":""}"#, "{}"));
    }

    #[test]
    fn strings_never_become_numbers() {
        assert!(same(r#"{"n1":"n1","s":"s\"n\\"}"#, r#"{"s":"s\u0022n\u005c","n1":"\u006e1"}"#));
        assert!(!same(r#""n1""#, "1"));
        assert!(!same(r#"{"1":0}"#, r#"{"n1":0}"#));
    }

    #[test]
    fn invalid_json_is_rejected() {
        for text in [
            "", "01", "-", "1.", ".5", "1e", "1 2", "1a", "+1", "1-2", "1\"a\"", "\"a", "\"\\\"",
            "[1,]", "{1:2}", "nan", "'a'", "\"\t\"", "{}}",
        ] {
            assert!(ExactJson::parse(text).is_none(), "{text}");
        }
        assert!(ExactJson::parse(&"[".repeat(100_000)).is_none());
    }

    #[test]
    fn equal_parts_adopt_the_other_formatting() {
        let other = r#"{"a":{"size":15,"none":null,"s":"x"},"l":[1,{"m":2.50}],"n":1}"#;
        let mut one = ExactJson::parse(
            r#"{"a":{"size":15.0,"gone":null,"s":"y"},"l":[1.0,{"m":2.5},3e0],"n":1e0}"#,
        )
        .unwrap();
        one.adopt_formatting(&ExactJson::parse(other).unwrap());
        assert_eq!(
            one.to_string(),
            r#"{"a":{"none":null,"s":"y","size":15},"l":[1,{"m":2.50},3e0],"n":1}"#
        );
    }

    #[test]
    fn a_number_keeps_its_text() {
        let document =
            ExactJson::parse(r#" {"b": [1.50, null], "a": 9007199254740993.0} "#).unwrap();
        assert_eq!(document.to_string(), r#"{"a":9007199254740993.0,"b":[1.50,null]}"#);
        assert_eq!(
            format!("{document:#}"),
            "{\n  \"a\": 9007199254740993.0,\n  \"b\": [\n    1.50,\n    null\n  ]\n}"
        );
    }

    #[test]
    fn an_exponent_of_any_size_takes_no_more_than_its_text() {
        let huge = format!("1e{}", "9".repeat(100));
        assert_eq!(Decimal::parse(&huge), Decimal::parse(&huge));
        assert_ne!(Decimal::parse(&huge), Decimal::parse(&huge.replace("1e", "1e-")));
        let small = "1e-00000000000000000000000000000000005";
        assert_eq!(Decimal::parse(small), Decimal::parse("0.00001"));
    }
}
