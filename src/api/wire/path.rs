//! Names a place in a reply and the JSON type that is there, never its value.

use std::fmt;

use serde_json::Value;

/// A phrase that names a place in a reply, what is there, and what was expected.
pub(super) type Problem = String;

/// A place in a reply: `configuration[3].key`. The items of a list count from 0.
#[derive(Clone, Copy)]
pub(super) enum Path<'p> {
    /// The whole reply.
    Root,
    Member(&'p Path<'p>, &'static str),
    Item(&'p Path<'p>, usize),
}

impl Path<'_> {
    pub(super) fn unexpected(&self, found: JsonType, expected: &str) -> Problem {
        format!("{self} is {found}, not {expected}")
    }

    pub(super) fn missing(&self) -> Problem {
        format!("{self} is missing")
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("it"),
            Self::Member(Path::Root, name) => f.write_str(name),
            Self::Member(path, name) => write!(f, "{path}.{name}"),
            Self::Item(Path::Root, index) => write!(f, "[{index}]"),
            Self::Item(path, index) => write!(f, "{path}[{index}]"),
        }
    }
}

/// A type of JSON, with its article.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JsonType {
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
}

impl JsonType {
    /// The type of a valid JSON text, which its first byte decides.
    pub(super) fn of_text(json: &str) -> Self {
        match json.trim_ascii_start().as_bytes().first() {
            Some(b'n') => Self::Null,
            Some(b't' | b'f') => Self::Boolean,
            Some(b'"') => Self::String,
            Some(b'[') => Self::Array,
            Some(b'{') => Self::Object,
            _ => Self::Number,
        }
    }
}

impl From<&Value> for JsonType {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::Array,
            Value::Object(_) => Self::Object,
        }
    }
}

impl fmt::Display for JsonType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        })
    }
}
