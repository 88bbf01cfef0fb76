//! Reading the values of a document.

use std::str::FromStr;

use super::reference::syntax::Allowed;
use super::reference::{LocatedText, References};
use super::{
    Code, Diagnostic, Diagnostics, Member, Node, NodeKind, Schemas, Text, TextRange, Usage,
};
use crate::instance::InvalidName;
use crate::safe_text::quoted;

#[derive(Clone, Copy)]
pub(super) struct DocumentInputs<'a> {
    pub(super) text: &'a Text,
    pub(super) references: References<'a>,
    pub(super) schemas: &'a Schemas<'a>,
    pub(super) usage: &'a Usage,
    /// `YYYY-MM-DD`
    pub(super) today: &'a str,
    /// The path below the instances folder without extension.
    pub(super) stem: &'a str,
    /// Whether the file has no other document, so that its path can be the document key.
    pub(super) is_only_document: bool,
}

/// Reads values and collects the problems in them. Each method that returns an option returns `None`
/// after adding a diagnostic.
pub(super) struct NodeReader<'a> {
    pub(super) inputs: DocumentInputs<'a>,
    pub(super) diagnostics: &'a mut Diagnostics,
}

impl NodeReader<'_> {
    pub(super) fn boolean(&mut self, node: &Node, name: &str) -> Option<bool> {
        if let NodeKind::Bool(value) = node.kind {
            return Some(value);
        }
        let diagnostic = wrong_type(node, &quoted(name).to_string(), "`true` or `false`")
            .help("write `true` or `false` without quotes: `yes`, `no`, `on` and `off` are strings in YAML 1.2");
        self.diagnostics.reject(diagnostic)
    }

    /// Reads a string without references.
    pub(super) fn literal(&mut self, node: &Node, what: &str) -> Option<String> {
        self.text(node, what, Allowed::Nothing)
    }

    /// Reads a string that may contain `var` references.
    pub(super) fn public(&mut self, node: &Node, what: &str) -> Option<String> {
        self.text(node, what, Allowed::Public)
    }

    fn text(&mut self, node: &Node, what: &str, allowed: Allowed) -> Option<String> {
        if let NodeKind::Text(value) = &node.kind {
            let located = LocatedText { text: self.inputs.text, range: node.range, value };
            return self.inputs.references.text(located, allowed, self.diagnostics);
        }
        let mut diagnostic = wrong_type(node, what, "a string");
        if matches!(node.kind, NodeKind::Number(_) | NodeKind::Bool(_)) {
            diagnostic = diagnostic.help("put it in quotes");
        }
        self.diagnostics.reject(diagnostic)
    }

    pub(super) fn map<'v>(
        &mut self,
        node: &'v Node,
        what: &str,
        help: &str,
    ) -> Option<&'v [Member]> {
        if let NodeKind::Map(members) = &node.kind {
            return Some(members);
        }
        self.diagnostics.reject(wrong_type(node, what, "a map").help(help))
    }

    pub(super) fn identifier<T: FromStr<Err = InvalidName>>(
        &mut self,
        text: &str,
        range: TextRange,
    ) -> Option<T> {
        let parsed = text.parse();
        parsed.map_err(|error| self.diagnostics.add(invalid_name(range, &error))).ok()
    }
}

/// The location for a problem of a whole map: its first key.
pub(super) fn first_line(node: &Node) -> TextRange {
    match &node.kind {
        NodeKind::Map(members) => members.first().map_or(node.range, |first| first.range),
        _ => node.range,
    }
}

pub(super) fn invalid_name(range: TextRange, error: &InvalidName) -> Diagnostic {
    let message = format!("this is not a valid {}", error.kind);
    Diagnostic::new(Code::InvalidName, range, message).help(error.rule)
}

pub(super) fn missing_key(range: TextRange, name: &str, what: &str) -> Diagnostic {
    let message = format!("{what} does not have the required key {}", quoted(&name));
    Diagnostic::new(Code::MissingKey, range, message).label("begins here")
}

pub(super) fn wrong_type(node: &Node, what: &str, expected: &str) -> Diagnostic {
    let message = format!("{what} must be {expected}");
    Diagnostic::new(Code::WrongType, node.range, message).label(format!("this is {}", node.noun()))
}
