//! `moved_from`: the previous document keys of a document.

use super::node_reader::wrong_type;
use super::{Code, Diagnostic, Diagnostics, Node, NodeKind, NodeReader, TextRange};
use crate::instance::Key;
use crate::safe_text::quoted;

/// `moved_from: old` or `moved_from: [old, older]`
pub(super) fn read(reader: &mut NodeReader<'_>, node: &Node) -> Option<Vec<(Key, TextRange)>> {
    let items = match &node.kind {
        NodeKind::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let keys: Vec<_> = items.iter().map(|item| previous_key(reader, item)).collect();
    keys.into_iter().collect()
}

fn previous_key(reader: &mut NodeReader<'_>, node: &Node) -> Option<(Key, TextRange)> {
    if !matches!(node.kind, NodeKind::Text(_)) {
        let expected = "a document key or a list of document keys";
        let diagnostic = wrong_type(node, "`moved_from`", expected).help("put it in quotes");
        return reader.diagnostics.reject(diagnostic);
    }
    let name = reader.literal(node, "`moved_from`")?;
    Some((reader.identifier(&name, node.range)?, node.range))
}

/// Checks that a document does not name its own key. Returns `None` after adding a diagnostic.
pub(super) fn check(
    diagnostics: &mut Diagnostics,
    key: &Key,
    moved_from: &[(Key, TextRange)],
) -> Option<()> {
    let Some((_, range)) = moved_from.iter().find(|(old, _)| old == key) else {
        return Some(());
    };
    let message = format!("`moved_from` names {}, the current key of this document", quoted(&key));
    let help = "name the previous document key, or remove the line";
    diagnostics.reject(Diagnostic::new(Code::MovedFromConflict, *range, message).help(help))
}
