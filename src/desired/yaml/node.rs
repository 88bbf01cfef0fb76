//! The parsed values of a YAML file, with their locations.

use serde_json::Number;

use crate::desired::redactions::literal_ranges;
use crate::desired::{Diagnostics, TextRange};

/// The text that the API shows instead of a secret.
pub(in crate::desired) const MASK: &str = "********";

#[derive(Clone, Debug)]
pub(in crate::desired) struct Node {
    pub(in crate::desired) range: TextRange,
    pub(in crate::desired) kind: NodeKind,
}

#[derive(Clone, Debug)]
pub(in crate::desired) enum NodeKind {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    /// The members in the order of the file, without duplicate keys.
    Map(Vec<Member>),
}

#[derive(Clone, Debug)]
pub(in crate::desired) struct Member {
    pub(in crate::desired) name: String,
    /// The key alone.
    pub(in crate::desired) range: TextRange,
    pub(in crate::desired) value: Node,
    /// The other values of a key that occurs more than once. The duplicate is reported, and the values
    /// are needed only to hide secrets among them.
    pub(in crate::desired) repeats: Vec<Node>,
}

impl Node {
    /// The type of the value, for a message.
    pub(in crate::desired) fn noun(&self) -> &'static str {
        match self.kind {
            NodeKind::Null => "null",
            NodeKind::Bool(_) => "a boolean",
            NodeKind::Number(_) => "a number",
            NodeKind::Text(_) => "a string",
            NodeKind::List(_) => "a list",
            NodeKind::Map(_) => "a map",
        }
    }

    /// The strings and numbers in the value that are not empty, including those of duplicate keys.
    pub(in crate::desired) fn literals(&self) -> Vec<&Self> {
        match &self.kind {
            NodeKind::Null | NodeKind::Bool(_) => Vec::new(),
            NodeKind::Text(text) if text.is_empty() || text == MASK => Vec::new(),
            NodeKind::Text(_) | NodeKind::Number(_) => vec![self],
            NodeKind::List(items) => items.iter().flat_map(Self::literals).collect(),
            NodeKind::Map(members) => members.iter().flat_map(Member::literals).collect(),
        }
    }

    /// The number of values in it, including itself.
    pub(in crate::desired) fn value_count(&self) -> usize {
        1 + match &self.kind {
            NodeKind::List(items) => items.iter().map(Self::value_count).sum::<usize>(),
            NodeKind::Map(members) => members.iter().map(|member| member.value.value_count()).sum(),
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Text(_) => 0,
        }
    }

    pub(in crate::desired) fn byte_count(&self) -> usize {
        match &self.kind {
            NodeKind::Text(text) => text.len(),
            NodeKind::List(items) => items.iter().map(Self::byte_count).sum(),
            NodeKind::Map(members) => {
                members.iter().map(|member| member.name.len() + member.value.byte_count()).sum()
            }
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) => 0,
        }
    }

    /// Hides the value in excerpts, except for its references.
    pub(in crate::desired) fn hide(&self, content: &str, diagnostics: &mut Diagnostics) {
        match &self.kind {
            NodeKind::Null | NodeKind::Bool(_) => {}
            NodeKind::Text(text) if text.is_empty() || text == MASK => {}
            NodeKind::Text(_) | NodeKind::Number(_) => {
                diagnostics.hidden.extend(literal_ranges(content, self.range));
            }
            NodeKind::List(_) | NodeKind::Map(_) if !diagnostics.hide_collection(self.range) => {}
            NodeKind::List(items) => items.iter().for_each(|item| item.hide(content, diagnostics)),
            NodeKind::Map(members) => members.iter().for_each(|it| it.hide(content, diagnostics)),
        }
    }
}

impl Member {
    fn values(&self) -> impl Iterator<Item = &Node> {
        std::iter::once(&self.value).chain(&self.repeats)
    }

    fn literals(&self) -> Vec<&Node> {
        self.values().flat_map(Node::literals).collect()
    }

    /// Hides all values of the key in excerpts.
    pub(in crate::desired) fn hide(&self, content: &str, diagnostics: &mut Diagnostics) {
        self.values().for_each(|value| value.hide(content, diagnostics));
    }
}
