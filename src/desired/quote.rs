//! The lines of problems that are found when the files are no longer at hand.
//!
//! In: problems with a place and without a line: a variable that is not set, a field that the
//! platform refuses. Out: the same with their lines. The files are read once more for that, and
//! read like any other, so that a secret in clear is hidden here as everywhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::document::{self, Context};
use super::files;
use super::problem::Problem;
use super::reference::References;
use super::schemas::Schemas;
use super::secrets::Withheld;
use super::text::{Cover, Mark, Notes, Text};
use super::totals::Totals;
use super::yaml::{self, Kind, Node};
use crate::catalog::Catalog;

/// Adds its line to every problem that has a place in an instance file and no line. `root` and
/// `schemas` are those of [`Sources`](super::Sources). A file that is gone adds nothing.
pub fn quote(root: &Path, schemas: &Path, problems: &mut [Problem]) {
    let bare = |problem: &&mut Problem| problem.excerpt.is_none() && !problem.at.file.is_empty();
    let names: BTreeSet<Arc<str>> =
        problems.iter_mut().filter(bare).map(|problem| Arc::clone(&problem.at.file)).collect();
    let schemas = Schemas::new(Catalog::embedded(), root, schemas, &|_| ());
    let files: BTreeMap<_, _> = names
        .into_iter()
        .filter_map(|name| Some((Arc::clone(&name), File::read(root, &name, &schemas)?)))
        .collect();
    for problem in problems.iter_mut().filter(bare) {
        if let Some(file) = files.get(&problem.at.file) {
            let mark =
                file.roots.iter().find_map(|root| root.at(problem.at.line, problem.at.column));
            problem.excerpt = mark.map(|mark| file.text.excerpt(mark, &file.cover));
        }
    }
}

/// A file with what no excerpt of it may show.
struct File {
    text: Text,
    roots: Vec<Node>,
    cover: Cover,
}

impl File {
    fn read(root: &Path, name: &str, schemas: &Schemas<'_>) -> Option<Self> {
        let text = files::read_given(root, Path::new(name)).ok()?;
        let mut notes = Notes::default();
        let roots = yaml::read(&text, &mut notes);
        let references = References { variables: &BTreeMap::new(), secrets: &Withheld::default() };
        for root in &roots {
            let (stem, today, alone) = ("", "", false);
            let totals = &Totals::default();
            let context = Context { text: &text, references, schemas, totals, today, stem, alone };
            document::read(root, context, &mut notes);
        }
        let cover = notes.cover();
        Some(Self { text, roots, cover })
    }
}

impl Node {
    /// The value, or the key of a value, that begins at this place.
    fn at(&self, line: usize, column: usize) -> Option<Mark> {
        let here = |mark: Mark| mark.line == line && mark.column == column;
        match &self.kind {
            _ if here(self.mark) => Some(self.mark),
            Kind::List(items) => items.iter().find_map(|item| item.at(line, column)),
            Kind::Map(members) => members.iter().find_map(|member| {
                let key = Some(member.mark).filter(|mark| here(*mark));
                key.or_else(|| member.value.at(line, column))
            }),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => None,
        }
    }
}
