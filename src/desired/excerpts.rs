//! Excerpts for problems that are found after the files are loaded.
//!
//! In: problems with a location but without an excerpt, such as a variable that is not set or a field
//! that the platform rejects. Out: the same problems with excerpts. The files are read again with all
//! checks, so that secrets in plain text stay hidden.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::node_reader::DocumentInputs;
use super::redactions::Redactions;
use super::reference::References;
use super::secrets::WithheldSecrets;
use super::{
    Diagnostics, Node, NodeKind, Problem, Schemas, Text, TextRange, Usage, document, files, yaml,
};
use crate::catalog::Catalog;
use crate::instance::WebhookUrlKnowledge;

/// Adds an excerpt to every problem that has a location in an instance file and no excerpt. `root` and
/// `schemas` are those of [`Sources`](super::sources::Sources). Problems of files that no longer exist stay
/// unchanged.
pub fn add_excerpts(root: &Path, schemas: &Path, problems: &mut [Problem]) {
    let lacks_excerpt =
        |problem: &&mut Problem| problem.excerpt.is_none() && !problem.at.file.is_empty();
    let lacking = problems.iter_mut().filter(lacks_excerpt);
    let names: BTreeSet<Arc<str>> = lacking.map(|it| Arc::clone(&it.at.file)).collect();
    let schemas = Schemas::new(Catalog::embedded(), root, schemas, &|_| ());
    let files: BTreeMap<_, _> = names
        .into_iter()
        .filter_map(|name| Some((Arc::clone(&name), ParsedFile::read(root, &name, &schemas)?)))
        .collect();
    for problem in problems.iter_mut().filter(lacks_excerpt) {
        if let Some(file) = files.get(&problem.at.file) {
            let (line, column) = (problem.at.line, problem.at.column);
            let range = file.roots.iter().find_map(|root| range_at(root, line, column));
            problem.excerpt = range.map(|range| file.redactions.excerpt(&file.text, range));
        }
    }
}

struct ParsedFile {
    text: Text,
    roots: Vec<Node>,
    redactions: Redactions,
}

impl ParsedFile {
    fn read(root: &Path, name: &str, schemas: &Schemas<'_>) -> Option<Self> {
        let text = files::read_given(root, Path::new(name)).ok()?;
        let mut diagnostics = Diagnostics::default();
        let roots = yaml::read(&text, &mut diagnostics);
        let inputs = DocumentInputs {
            text: &text,
            references: References {
                variables: &BTreeMap::new(),
                secrets: &WithheldSecrets::default(),
                webhook_url: WebhookUrlKnowledge::default(),
            },
            schemas,
            usage: &Usage::default(),
            today: "",
            stem: "",
            is_only_document: false,
        };
        for root in &roots {
            document::read(root, inputs, &mut diagnostics);
        }
        let redactions = diagnostics.redactions();
        Some(Self { text, roots, redactions })
    }
}

/// The range of the value, or of the key, that begins at this location.
fn range_at(node: &Node, line: usize, column: usize) -> Option<TextRange> {
    let begins_here = |range: TextRange| range.line == line && range.column == column;
    if begins_here(node.range) {
        return Some(node.range);
    }
    match &node.kind {
        NodeKind::List(items) => items.iter().find_map(|item| range_at(item, line, column)),
        NodeKind::Map(members) => members.iter().find_map(|member| {
            let key = Some(member.range).filter(|range| begins_here(*range));
            key.or_else(|| range_at(&member.value, line, column))
        }),
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Text(_) => None,
    }
}
