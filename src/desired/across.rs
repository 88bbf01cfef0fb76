//! What all files say together: one document per key.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::document::{self, Context, Document};
use super::problem::{self, Excerpt, Problem, Problems, Related, Severity};
use super::reference::References;
use super::schemas::Schemas;
use super::text::{MOST_FINDINGS, Notes, Text};
use super::totals::{Counted, Totals};
use super::yaml::Node;
use super::{Code, Desired, DesiredInstance, Loaded, Sources, files, yaml};
use crate::instance::{Key, Span};
use crate::untrusted::quoted;

/// The documents and problems of the files read so far.
pub(super) struct Collected<'a> {
    pub(super) problems: Vec<Problem>,
    schemas: Schemas<'a>,
    totals: Totals,
    documents: BTreeMap<Key, (Place, DesiredInstance)>,
    /// The document keys that documents had before, each with the document that says so.
    moves: BTreeMap<Key, (Key, Place)>,
    /// The first key of each spelling in small letters.
    folded: BTreeMap<String, Key>,
}

/// Where a document has its key, with the line, since the file is gone when another one clashes.
struct Place {
    at: Span,
    excerpt: Excerpt,
}

/// What one file says by itself.
#[derive(Default)]
pub(super) struct Content {
    documents: Vec<Placed>,
    problems: Vec<Problem>,
}

/// A document, with the places that a clash with another file names.
struct Placed {
    key: Key,
    place: Place,
    moved_from: Vec<(Key, Place)>,
    wanted: DesiredInstance,
}

impl Content {
    fn of(
        text: &Text,
        stem: &str,
        sources: &Sources<'_>,
        schemas: &Schemas<'_>,
        totals: &Totals,
    ) -> Self {
        let mut notes = Notes::default();
        let roots = yaml::read(text, &mut notes);
        totals.add(Counted::Bytes, text.content.len());
        totals.add(Counted::Documents, roots.len());
        totals.add(Counted::Values, roots.iter().map(Node::values).sum());
        if totals.is_exceeded() {
            return Self::default();
        }
        if roots.is_empty() && notes.findings.is_empty() {
            notes.add(yaml::empty("write `element:` and `name:`, or delete the file"));
        }
        let context = Context {
            text,
            references: References { variables: sources.variables, secrets: sources.secrets },
            schemas,
            totals,
            today: sources.today,
            stem,
            alone: roots.len() == 1,
        };
        let documents = roots.iter().map(|root| document::read(root, context, &mut notes));
        let documents: Vec<_> = documents.collect();
        totals.add(Counted::Bytes, notes.expanded);
        totals.add(Counted::Problems, notes.findings.len().min(MOST_FINDINGS));
        let cover = notes.cover();
        let place = |mark| Place { at: text.span(mark), excerpt: text.excerpt(mark, &cover) };
        let placed = |Document { key, key_mark, moved_from, wanted }| Placed {
            key,
            place: place(key_mark),
            moved_from: moved_from.into_iter().map(|(key, mark)| (key, place(mark))).collect(),
            wanted,
        };
        Self {
            documents: documents.into_iter().flatten().map(placed).collect(),
            problems: notes.into_problems(text),
        }
    }
}

impl<'a> Collected<'a> {
    pub(super) fn new(sources: &Sources<'a>) -> Self {
        Self {
            problems: Vec::new(),
            schemas: Schemas::new(sources.catalog, sources.root, sources.schemas, sources.on_text),
            totals: Totals::default(),
            documents: BTreeMap::new(),
            moves: BTreeMap::new(),
            folded: BTreeMap::new(),
        }
    }

    /// Reads a file on any thread; it is added later, in its turn. Nothing is read once the files have
    /// too much of anything.
    pub(super) fn read(
        &self,
        text: impl FnOnce() -> Result<Text, Box<Problem>>,
        stem: &str,
        sources: &Sources<'_>,
    ) -> Content {
        if self.totals.is_exceeded() {
            return Content::default();
        }
        match text() {
            Ok(text) => {
                (sources.on_text)(&text.content);
                Content::of(&text, stem, sources, &self.schemas, &self.totals)
            }
            Err(problem) => Content { documents: Vec::new(), problems: vec![*problem] },
        }
    }

    /// Adds what a file says.
    pub(super) fn add_file(&mut self, content: Content) {
        let before = self.problems.len();
        for Placed { key, place, moved_from, wanted } in content.documents {
            for (old, place) in moved_from {
                self.add_move(&key, old, place);
            }
            self.add(key, place, wanted);
        }
        self.cut_short(before + MOST_FINDINGS);
        self.problems.extend(content.problems);
    }

    /// Notes that `key` was `old` before; a document that names it twice says the same twice.
    fn add_move(&mut self, key: &Key, old: Key, place: Place) {
        match self.moves.entry(old) {
            Entry::Vacant(vacant) => {
                vacant.insert((key.clone(), place));
            }
            Entry::Occupied(occupied) if occupied.get().0 == *key => {}
            Entry::Occupied(occupied) => {
                let message = format!("two documents were moved from {}", quoted(&occupied.key()));
                let (_, other) = occupied.get();
                let problem = clash(Code::MovedFromConflict, message, &place, other)
                    .help("keep the line in the document that keeps the instance");
                self.problems.push(problem);
            }
        }
    }

    /// The moves from document keys that are still in use.
    fn moves_from_documents(&self) -> Vec<Problem> {
        let claimed = |(old, (_, place)): (&Key, &(Key, Place))| {
            let (other, _) = self.documents.get(old)?;
            let message =
                format!("`moved_from` names {old}, which another document has", old = quoted(&old));
            let problem = clash(Code::MovedFromConflict, message, place, other);
            Some(problem.help("remove the line, or give the other document another document key"))
        };
        self.moves.iter().filter_map(claimed).collect()
    }

    fn add(&mut self, key: Key, place: Place, wanted: DesiredInstance) {
        let first =
            self.folded.entry(key.as_str().to_ascii_lowercase()).or_insert_with(|| key.clone());
        if *first != key
            && let Some((other, _)) = self.documents.get(first)
        {
            let message = format!(
                "the keys {key} and {first} differ by case only",
                key = quoted(&key),
                first = quoted(&first)
            );
            let problem = clash(Code::KeysDifferByCase, message, &place, other);
            self.problems.push(problem.help(ANOTHER_KEY));
        }
        match self.documents.entry(key) {
            Entry::Vacant(vacant) => {
                vacant.insert((place, wanted));
            }
            Entry::Occupied(occupied) => {
                let message = format!("two documents have the key {}", quoted(&occupied.key()));
                let other = &occupied.get().0;
                let problem = clash(Code::DuplicateDocumentKey, message, &place, other);
                self.problems.push(problem.help(ANOTHER_KEY));
            }
        }
    }

    /// Keeps so many problems; documents without number in one file may all have the same key.
    fn cut_short(&mut self, most: usize) {
        let rest = self.problems.split_off(self.problems.len().min(most));
        self.problems.extend(rest.first().map(|first| {
            let message = format!("there are at least {} more problems in this file", rest.len());
            let problem = Problem::of_file(Code::TooManyProblems, "", message);
            Problem { at: first.at.clone(), excerpt: first.excerpt.clone(), ..problem }
        }));
    }

    /// The desired state, if nothing is wrong.
    pub(super) fn finish(self, sources: &Sources<'_>) -> Result<Loaded, Problems> {
        // How far each thread came is a matter of chance, so nothing else is reported.
        if let Some(problem) = self.totals.problem(&files::shown(sources.root, sources.instances)) {
            return Err(Problems::of(problem));
        }
        let moves_from_documents = self.moves_from_documents();
        let Self { mut problems, schemas, documents, totals: _, moves: _, folded: _ } = self;
        problems.extend(moves_from_documents);
        problems.extend(schemas.into_problems());
        let unread_files = problems.iter().any(|problem| problem.code == Code::JsonFile);
        said_once(&mut problems);
        let judged = problems.into_iter().filter_map(|problem| sources.levels.judge(problem));
        let mut problems: Vec<_> = judged.collect();
        if problems.iter().any(|problem| problem.severity == Severity::Error)
            && let Some(problems) = Problems::new(std::mem::take(&mut problems))
        {
            return Err(problems);
        }
        problem::sort(&mut problems);
        let instances = documents.into_iter().map(|(key, (_, wanted))| (key, wanted));
        let desired = Desired { instances: instances.collect() };
        Ok(Loaded { desired, warnings: problems, unread_files })
    }
}

/// What helps where two documents have one document key.
const ANOTHER_KEY: &str = "give one of them another `key:`";

/// Keeps the first of all warnings about the value of one variable: it is the same at every reference.
fn said_once(problems: &mut Vec<Problem>) {
    problem::sort(problems);
    let mut said = BTreeSet::new();
    problems
        .retain(|problem| problem.code != Code::OddSecret || said.insert(problem.message.clone()));
}

fn clash(code: Code, message: String, place: &Place, other: &Place) -> Problem {
    let related = Related {
        at: other.at.clone(),
        excerpt: Some(other.excerpt.clone()),
        label: "the other document".to_owned(),
    };
    Problem {
        at: place.at.clone(),
        excerpt: Some(place.excerpt.clone()),
        related: Some(related),
        ..Problem::of_file(code, "", message)
    }
}
