//! YAML text to values with locations.
//!
//! In: the text of a file. Out: one [`Node`] per document. Two parsers read each file: granit-parser,
//! whose events have locations, and `serde_yaml`. If they disagree on a value, other tools would too,
//! and the user must put it in quotes.
//!
//! Each of these is an error with its location: duplicate keys, merge keys, tags, keys that are not
//! strings, numbers whose text would change, excessive nesting and aliases, and text pasted from a web
//! page (see [`pasted`]).

mod cross_check;
mod errors;
mod node;
mod pasted;
mod scalar;
mod tree;

pub(super) use node::{MASK, Member, Node, NodeKind};

use super::{Diagnostics, Text};

/// Reads the documents of a file, without the empty ones.
pub(super) fn read(text: &Text, diagnostics: &mut Diagnostics) -> Vec<Node> {
    let before = diagnostics.items.len();
    diagnostics.items.extend(pasted::check(&text.content));
    if diagnostics.items.len() > before {
        diagnostics.incomplete = true;
        return Vec::new();
    }
    let mut documents = tree::read(&text.content, diagnostics);
    if diagnostics.items.len() == before {
        diagnostics.items.extend(cross_check::check(text, &documents));
    }
    documents.retain(|document| !matches!(document.kind, NodeKind::Null));
    documents
}
