//! Reads the members of a JSON value tolerantly: an absent member and `null` are the same, a number or a
//! boolean can be in place of a text, and a text in place of a boolean
//! (docs/platform.md#response-shapes).

use serde_json::Value;

use super::Body;
use super::path::{JsonType, Path, Problem};
use crate::api::{ErrorKind, Reading};

/// A value and its place in the reply.
#[derive(Clone, Copy)]
pub(super) struct Node<'n> {
    path: Path<'n>,
    value: &'n Value,
}

impl<'n> Node<'n> {
    pub(super) fn root(value: &'n Value) -> Self {
        Self { path: Path::Root, value }
    }

    pub(super) fn value(&self) -> &'n Value {
        self.value
    }

    pub(super) fn unexpected(&self, expected: &str) -> Problem {
        self.path.unexpected(JsonType::from(self.value), expected)
    }

    /// The first of these members that is present. Newer names come first.
    fn member(&self, names: [&'static str; 2]) -> Option<Node<'_>> {
        names.into_iter().find_map(|name| {
            let value = self.value.get(name).filter(|value| !value.is_null())?;
            Some(Node { path: Path::Member(&self.path, name), value })
        })
    }

    /// Reads a member, or an older name of it. `None` if it is absent or `null`.
    pub(super) fn optional<T>(
        &self,
        names: [&'static str; 2],
        read: impl FnOnce(&Node<'_>) -> Result<T, Problem>,
    ) -> Result<Option<T>, Problem> {
        self.member(names).map(|member| read(&member)).transpose()
    }

    /// Reads a member that must be present.
    pub(super) fn required<T>(
        &self,
        name: &'static str,
        read: impl FnOnce(&Node<'_>) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let missing = || Path::Member(&self.path, name).missing();
        self.optional([name; 2], read)?.ok_or_else(missing)
    }

    pub(super) fn is_object(&self) -> bool {
        self.value.is_object()
    }

    pub(super) fn object(&self) -> Result<(), Problem> {
        if self.is_object() { Ok(()) } else { Err(self.unexpected("an object")) }
    }

    /// Reads the items of a list, and leaves out those that cannot be read.
    pub(super) fn items<T>(
        &self,
        expected: &str,
        mut read: impl FnMut(&Node<'_>, &mut Vec<Problem>) -> Result<T, Problem>,
    ) -> Result<Reading<Vec<T>>, Problem> {
        let items = self.value.as_array().ok_or_else(|| self.unexpected(expected))?;
        let mut reading = Reading { value: Vec::new(), left_out: Vec::new() };
        for (index, value) in items.iter().enumerate() {
            let item = Node { path: Path::Item(&self.path, index), value };
            match read(&item, &mut reading.left_out) {
                Ok(value) => reading.value.push(value),
                Err(problem) => reading.left_out.push(problem),
            }
        }
        Ok(reading)
    }
}

/// A string.
pub(super) fn string(node: &Node<'_>) -> Result<String, Problem> {
    node.value.as_str().map(str::to_owned).ok_or_else(|| node.unexpected("a string"))
}

/// A string, or the text of a number or a boolean.
pub(super) fn text(node: &Node<'_>) -> Result<String, Problem> {
    match node.value {
        Value::Number(_) | Value::Bool(_) => Ok(node.value.to_string()),
        _ => string(node),
    }
}

/// A boolean, or its text.
pub(super) fn flag(node: &Node<'_>) -> Result<bool, Problem> {
    match node.value {
        Value::Bool(flag) => Ok(*flag),
        Value::String(text) if text == "true" => Ok(true),
        Value::String(text) if text == "false" => Ok(false),
        _ => Err(node.unexpected("true or false")),
    }
}

impl<T> Reading<Vec<T>> {
    /// A list of which nothing can be read is not such a list.
    pub(super) fn unless_all_are_left_out(self) -> Result<Self, Problem> {
        match self.left_out.first() {
            Some(first) if self.value.is_empty() => Err(first.clone()),
            _ => Ok(self),
        }
    }
}

/// Parses a reply and reads it.
pub(super) fn decode<T>(
    body: &Body,
    expected: &'static str,
    read: impl FnOnce(&Node<'_>) -> Result<T, Problem>,
) -> Result<T, ErrorKind> {
    let value: Value = body.parse(expected)?;
    read(&Node::root(&value)).map_err(|found| ErrorKind::Decode { expected, found })
}
