//! `moved_from`: the document keys that a document had before.

use super::Code;
use super::document::{Reader, wrong_type};
use super::text::{Finding, Mark};
use super::yaml::{Kind, Node};
use crate::instance::Key;
use crate::safe_text::quoted;

impl Reader<'_, '_> {
    /// `moved_from: old` or `moved_from: [old, older]`
    pub(super) fn moved_from(&mut self, node: &Node) -> Option<Vec<(Key, Mark)>> {
        let items = match &node.kind {
            Kind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let keys: Vec<_> = items.iter().map(|item| self.old_key(item)).collect();
        keys.into_iter().collect()
    }

    fn old_key(&mut self, node: &Node) -> Option<(Key, Mark)> {
        let Kind::Text(value) = &node.kind else {
            let expected = "a document key or a list of document keys";
            self.notes.add(wrong_type(node, "`moved_from`", expected).help("put it in quotes"));
            return None;
        };
        let written = self.written(node, value);
        let name = self.context.references.literal(written, self.notes)?;
        Some((self.name(&name, node.mark)?, node.mark))
    }

    pub(super) fn not_moved_from_itself(
        &mut self,
        key: &Key,
        moved_from: &[(Key, Mark)],
    ) -> Option<()> {
        let Some((_, mark)) = moved_from.iter().find(|(old, _)| old == key) else {
            return Some(());
        };
        let message = format!(
            "`moved_from` names {key}, the document key of this document",
            key = quoted(&key)
        );
        let finding = Finding::new(Code::MovedFromConflict, *mark, message)
            .help("name the document key that it had before, or remove the line");
        self.notes.add(finding);
        None
    }
}
