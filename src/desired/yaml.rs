//! YAML text to trees of nodes with places.
//!
//! In: the text of a file. Out: one [`Node`] per document. A file is read twice: by granit-parser,
//! whose events carry places, and by `serde_yaml`, which decides what a value means; where the two
//! disagree, so would other tools, and the user is asked to quote the value.
//!
//! Refused here, each with its place: duplicate keys, merge keys, tags, keys that are no texts,
//! numbers that would not be sent as they are written, nesting and aliases beyond bounds, and what
//! was pasted from a page (see [`pasted`]).

mod agreement;
mod pasted;
mod scalar;
mod syntax;
mod tree;

use serde_json::Number;

use super::Code;
use super::clear;
use super::text::{Finding, Mark, Notes, START, Text};

/// What the API shows in place of a secret.
pub(super) const MASK: &str = "********";

/// A value in a file.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) mark: Mark,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    /// The members in the order of the file, without repetitions.
    Map(Vec<Member>),
}

/// A key and its value.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) name: String,
    /// The key alone.
    pub(super) mark: Mark,
    pub(super) value: Node,
    /// What else the key was given, where it occurs more than once: reported, and of no use but to
    /// keep a secret among them out of sight.
    pub(super) repeats: Vec<Node>,
}

impl Node {
    /// What the value is, for a message.
    pub(super) fn noun(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Bool(_) => "a boolean",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "a text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a map",
        }
    }
}

impl Member {
    fn literals(&self) -> Vec<&Node> {
        let values = std::iter::once(&self.value).chain(&self.repeats);
        values.flat_map(Node::literals).collect()
    }

    /// Keeps all that the key was given out of excerpts.
    pub(super) fn hide(&self, content: &str, notes: &mut Notes) {
        let values = std::iter::once(&self.value).chain(&self.repeats);
        values.for_each(|value| value.hide(content, notes));
    }
}

impl Node {
    /// The texts and numbers in the value that tell something, repetitions included.
    pub(super) fn literals(&self) -> Vec<&Self> {
        match &self.kind {
            Kind::Null | Kind::Bool(_) => Vec::new(),
            Kind::Text(text) if text.is_empty() || text == MASK => Vec::new(),
            Kind::Text(_) | Kind::Number(_) => vec![self],
            Kind::List(items) => items.iter().flat_map(Self::literals).collect(),
            Kind::Map(members) => members.iter().flat_map(Member::literals).collect(),
        }
    }

    /// How many values there are in it, itself included.
    pub(super) fn values(&self) -> usize {
        1 + match &self.kind {
            Kind::List(items) => items.iter().map(Self::values).sum::<usize>(),
            Kind::Map(members) => members.iter().map(|member| member.value.values()).sum(),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => 0,
        }
    }

    /// The bytes of its texts and of the names of its keys.
    pub(super) fn bytes(&self) -> usize {
        match &self.kind {
            Kind::Text(text) => text.len(),
            Kind::List(items) => items.iter().map(Self::bytes).sum(),
            Kind::Map(members) => {
                members.iter().map(|member| member.name.len() + member.value.bytes()).sum()
            }
            Kind::Null | Kind::Bool(_) | Kind::Number(_) => 0,
        }
    }

    /// Keeps the value out of excerpts, except for its references: they show where it comes from.
    pub(super) fn hide(&self, content: &str, notes: &mut Notes) {
        match &self.kind {
            Kind::Null | Kind::Bool(_) => {}
            Kind::Text(text) if text.is_empty() || text == MASK => {}
            Kind::Text(_) | Kind::Number(_) => {
                clear::hide_around_references(content, self.mark, notes);
            }
            Kind::List(_) | Kind::Map(_) if !notes.covers(self.mark) => {}
            Kind::List(items) => items.iter().for_each(|item| item.hide(content, notes)),
            Kind::Map(members) => members.iter().for_each(|member| member.hide(content, notes)),
        }
    }
}

/// Reads the documents of a file, without the empty ones.
pub(super) fn read(text: &Text, notes: &mut Notes) -> Vec<Node> {
    let before = notes.findings.len();
    notes.findings.extend(pasted::findings(&text.content));
    if notes.findings.len() > before {
        notes.broken_off = true;
        return Vec::new();
    }
    let mut documents = tree::read(&text.content, notes);
    if notes.findings.len() == before {
        notes.findings.extend(agreement::check(text, &documents));
    }
    documents.retain(|document| !matches!(document.kind, Kind::Null));
    documents
}

/// A file with nothing in it: most likely it was meant to hold something, or to be deleted.
pub(super) fn empty(help: &str) -> Finding {
    Finding::new(Code::EmptyDocument, START, "this file declares nothing").help(help)
}
