//! The second reading: does the common reader see the same values?
//!
//! Values that two readers of YAML take differently look one way to a reviewer and another way to
//! the platform. So the file is read once more by `serde_yaml`, and the first difference is an error.

use serde::Deserialize as _;
use serde_json::Number;
use serde_yaml::{Deserializer, Value};

use super::{Kind, Node};
use crate::desired::Code;
use crate::desired::text::{Finding, Mark, START, Text};

/// The first place at which the two readers differ.
pub(super) fn check(text: &Text, documents: &[Node]) -> Option<Finding> {
    if documents.is_empty() {
        return None;
    }
    let mut second = Deserializer::from_str(&text.content);
    for document in documents {
        let Some(reader) = second.next() else {
            return Some(differs(document.mark));
        };
        let difference = match Value::deserialize(reader) {
            Ok(value) => difference(document, &value),
            Err(error) => Some(place(text, &error).unwrap_or(document.mark)),
        };
        if let Some(mark) = difference {
            return Some(differs(mark));
        }
    }
    let last = documents.last().map(|document| document.mark);
    second.next().and(last).map(differs)
}

fn differs(mark: Mark) -> Finding {
    Finding::new(Code::AmbiguousYaml, mark, "this is read differently by different YAML readers")
        .help("put the value in quotes")
}

/// Where the second reader stopped. It counts characters, and has more kinds of line breaks.
fn place(text: &Text, error: &serde_yaml::Error) -> Option<Mark> {
    let index = error.location()?.index();
    let before = text.content.char_indices().nth(index);
    let offset = before.map_or(text.content.len(), |(offset, _)| offset);
    Some(text.piece(START, offset, 0))
}

/// The first node that is another value to the second reader.
fn difference(node: &Node, value: &Value) -> Option<Mark> {
    let same = match (&node.kind, value) {
        (Kind::Null, Value::Null) => true,
        (Kind::Bool(a), Value::Bool(b)) => a == b,
        (Kind::Number(a), Value::Number(b)) => same_number(a, b),
        (Kind::Text(a), Value::String(b)) => a == b,
        (Kind::List(a), Value::Sequence(b)) if a.len() == b.len() => {
            return a.iter().zip(b).find_map(|(a, b)| difference(a, b));
        }
        (Kind::Map(a), Value::Mapping(b)) if a.len() == b.len() => {
            return a.iter().zip(b).find_map(|(a, (name, b))| {
                let same_name = name.as_str() == Some(a.name.as_str());
                if same_name { difference(&a.value, b) } else { Some(a.mark) }
            });
        }
        _ => false,
    };
    (!same).then_some(node.mark)
}

fn same_number(a: &Number, b: &serde_yaml::Number) -> bool {
    a.as_u64() == b.as_u64() && a.as_i64() == b.as_i64() && a.as_f64() == b.as_f64()
}
