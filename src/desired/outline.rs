//! The keys and names of the documents in files that may be invalid: for completions.
//!
//! In: the `instances/` folder. Out: an [`Outline`] per document whose key can be read. A file or document
//! with a mistake is left out, or has no name. Nothing is reported, and no reference is resolved.

use std::collections::BTreeMap;
use std::path::Path;

use super::files::SourceFile;
use super::{Diagnostics, Node, NodeKind, files, on_all_cores, yaml};
use crate::instance::Key;

/// A document that may be invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outline {
    pub(crate) key: Key,
    /// The `name:`, as it is written.
    pub(crate) name: Option<String>,
}

/// The outlines of the documents below a folder that is relative to the root, by key.
pub(crate) fn outlines(root: &Path, folder: &Path) -> Vec<Outline> {
    let files = files::find(root, folder, &mut Vec::new());
    let outlines = on_all_cores(&files, outlines_in).into_iter().flatten();
    let by_key: BTreeMap<Key, Outline> =
        outlines.map(|outline| (outline.key.clone(), outline)).collect();
    by_key.into_values().collect()
}

/// The texts of the files below a folder that is relative to the root, without those that cannot be read.
pub(crate) fn file_texts(root: &Path, folder: &Path) -> Vec<String> {
    let files = files::find(root, folder, &mut Vec::new());
    let texts = on_all_cores(&files, |file| files::read(file).ok()).into_iter().flatten();
    texts.map(|text| text.content).collect()
}

fn outlines_in(file: &SourceFile) -> Vec<Outline> {
    let Ok(text) = files::read(file) else { return Vec::new() };
    let documents = yaml::read(&text, &mut Diagnostics::default());
    let default_key = if documents.len() == 1 { file.stem.parse().ok() } else { None };
    let outline = |document: &Node| {
        let key = match member(document, "key") {
            Some(node) => written(node)?.parse().ok(),
            None => default_key.clone(),
        };
        let name = member(document, "name").and_then(written).map(ToOwned::to_owned);
        Some(Outline { key: key?, name })
    };
    documents.iter().filter_map(outline).collect()
}

fn member<'n>(document: &'n Node, name: &str) -> Option<&'n Node> {
    let NodeKind::Map(members) = &document.kind else { return None };
    members.iter().find(|member| member.name == name).map(|member| &member.value)
}

fn written(node: &Node) -> Option<&str> {
    match &node.kind {
        NodeKind::Text(text) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn documents_with_a_readable_key_are_found_even_beside_broken_files() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("instances");
        let files: &[(&str, &[u8])] = &[
            ("shop.yaml", b"element: stripe\nname: Shop\n"),
            ("unfinished.yaml", b"nmae: 1\n"),
            ("eu/chat.yml", b"element: slack\nname: ${{ var.region }} chat\n"),
            ("pair.yaml", b"key: one\nname: One\n---\nkey: two\n---\nname: Without a key\n"),
            ("renamed.yaml", b"key: other\n"),
            ("bad key.yaml", b"name: A blank\n"),
            ("reference.yaml", b"key: ${{ env.KEY }}\n"),
            ("number.yaml", b"key: 1\n"),
            ("broken.yaml", b"name: [\n"),
            ("binary.yaml", b"\xff\xfe"),
            ("empty.yaml", b""),
            ("notes.txt", b"key: notes\n"),
        ];
        for (path, content) in files {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let found = outlines(root.path(), Path::new("instances"));
        let found: Vec<_> = found.iter().map(|it| (it.key.as_str(), it.name.as_deref())).collect();
        let expected = [
            ("eu/chat", Some("${{ var.region }} chat")),
            ("one", Some("One")),
            ("other", None),
            ("shop", Some("Shop")),
            ("two", None),
            ("unfinished", None),
        ];
        assert_eq!(found, expected);
        assert_eq!(outlines(root.path(), Path::new("nowhere")), []);
    }
}
