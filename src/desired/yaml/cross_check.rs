//! A check of the values with a second parser.
//!
//! If two YAML parsers disagree on a value, a reviewer sees another value than the platform receives.
//! `serde_yaml` therefore parses the file too, and the first difference is an error.

use serde::Deserialize as _;
use serde_json::Number;
use serde_yaml::{Deserializer, Value};

use super::node::{Node, NodeKind};
use crate::desired::{Code, Diagnostic, START, Text, TextRange};

/// The first location at which the two parsers differ.
pub(super) fn check(text: &Text, documents: &[Node]) -> Option<Diagnostic> {
    if documents.is_empty() {
        return None;
    }
    let mut second = Deserializer::from_str(&text.content);
    for document in documents {
        let Some(reader) = second.next() else {
            return Some(differs(document.range));
        };
        let difference = match Value::deserialize(reader) {
            Ok(value) => difference(document, &value),
            Err(error) => Some(location(text, &error).unwrap_or(document.range)),
        };
        if let Some(range) = difference {
            return Some(differs(range));
        }
    }
    let last = documents.last().map(|document| document.range);
    second.next().and(last).map(differs)
}

fn differs(range: TextRange) -> Diagnostic {
    Diagnostic::new(Code::AmbiguousYaml, range, "YAML parsers disagree on this value")
        .help("put the value in quotes")
}

/// The location at which the second parser stopped. It counts characters, and it has more kinds of line
/// breaks.
fn location(text: &Text, error: &serde_yaml::Error) -> Option<TextRange> {
    let index = error.location()?.index();
    let before = text.content.char_indices().nth(index);
    let offset = before.map_or(text.content.len(), |(offset, _)| offset);
    Some(text.part(START, offset, 0))
}

/// The first node that has another value for the second parser.
fn difference(node: &Node, value: &Value) -> Option<TextRange> {
    let same = match (&node.kind, value) {
        (NodeKind::Null, Value::Null) => true,
        (NodeKind::Bool(a), Value::Bool(b)) => a == b,
        (NodeKind::Number(a), Value::Number(b)) => same_number(a, b),
        (NodeKind::Text(a), Value::String(b)) => a == b,
        (NodeKind::List(a), Value::Sequence(b)) if a.len() == b.len() => {
            return a.iter().zip(b).find_map(|(a, b)| difference(a, b));
        }
        (NodeKind::Map(a), Value::Mapping(b)) if a.len() == b.len() => {
            return a.iter().zip(b).find_map(|(a, (name, b))| {
                let same_name = name.as_str() == Some(a.name.as_str());
                if same_name { difference(&a.value, b) } else { Some(a.range) }
            });
        }
        _ => false,
    };
    (!same).then_some(node.range)
}

fn same_number(a: &Number, b: &serde_yaml::Number) -> bool {
    a.as_u64() == b.as_u64() && a.as_i64() == b.as_i64() && a.as_f64() == b.as_f64()
}
