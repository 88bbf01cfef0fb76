//! What all files say together: one document per key.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::document::{self, Context, Document};
use super::problem::{self, Excerpt, Problem, Problems, Related, Severity};
use super::reference::References;
use super::schemas::Schemas;
use super::text::{MOST_FINDINGS, Notes, Text};
use super::{Code, Desired, Levels, Loaded, Sources, Wanted, yaml};
use crate::instance::{Key, Span};

/// The documents and problems of the files read so far.
pub(super) struct Collected<'a> {
    pub(super) problems: Vec<Problem>,
    schemas: Schemas<'a>,
    documents: BTreeMap<Key, (Place, Wanted)>,
    /// The first key of each spelling in small letters.
    folded: BTreeMap<String, Key>,
}

/// Where a document has its key, with the line, since the file is gone when another one clashes.
struct Place {
    at: Span,
    excerpt: Excerpt,
}

/// What one file says by itself.
pub(super) struct Content {
    documents: Vec<(Key, Place, Wanted)>,
    problems: Vec<Problem>,
}

impl Content {
    fn of(text: &Text, stem: &str, sources: &Sources<'_>, schemas: &Schemas<'_>) -> Self {
        let mut notes = Notes::default();
        let roots = yaml::read(text, &mut notes);
        if roots.is_empty() && notes.findings.is_empty() {
            notes.add(yaml::empty("write `element:` and `name:`, or delete the file"));
        }
        let context = Context {
            text,
            references: References { variables: sources.variables, secrets: sources.secrets },
            schemas,
            today: sources.today,
            stem,
            alone: roots.len() == 1,
        };
        let documents = roots.iter().map(|root| document::read(root, context, &mut notes));
        let documents: Vec<_> = documents.collect();
        let cover = notes.cover();
        let placed = |Document { key, key_mark, wanted }| {
            let place = Place { at: text.span(key_mark), excerpt: text.excerpt(key_mark, &cover) };
            (key, place, wanted)
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
            schemas: Schemas::new(sources.catalog, sources.root, sources.schemas),
            documents: BTreeMap::new(),
            folded: BTreeMap::new(),
        }
    }

    /// Reads a file on any thread; it is added later, in its turn.
    pub(super) fn read(
        &self,
        text: Result<Text, Box<Problem>>,
        stem: &str,
        sources: &Sources<'_>,
    ) -> Content {
        match text {
            Ok(text) => Content::of(&text, stem, sources, &self.schemas),
            Err(problem) => Content { documents: Vec::new(), problems: vec![*problem] },
        }
    }

    /// Adds what a file says.
    pub(super) fn add_file(&mut self, content: Content) {
        let before = self.problems.len();
        for (key, place, wanted) in content.documents {
            self.add(key, place, wanted);
        }
        self.cut_short(before + MOST_FINDINGS);
        self.problems.extend(content.problems);
    }

    fn add(&mut self, key: Key, place: Place, wanted: Wanted) {
        let first =
            self.folded.entry(key.as_str().to_ascii_lowercase()).or_insert_with(|| key.clone());
        if *first != key
            && let Some((other, _)) = self.documents.get(first)
        {
            let message = format!("the keys `{key}` and `{first}` differ by case only");
            self.problems.push(clash(Code::KeysDifferByCase, message, &place, other));
        }
        match self.documents.entry(key) {
            Entry::Vacant(vacant) => {
                vacant.insert((place, wanted));
            }
            Entry::Occupied(occupied) => {
                let message = format!("two documents have the key `{}`", occupied.key());
                self.problems.push(clash(
                    Code::DuplicateDocumentKey,
                    message,
                    &place,
                    &occupied.get().0,
                ));
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
    pub(super) fn finish(self, levels: &Levels) -> Result<Loaded, Problems> {
        let Self { mut problems, schemas, documents, folded: _ } = self;
        problems.extend(schemas.into_problems());
        let unread_files = problems.iter().any(|problem| problem.code == Code::JsonFile);
        let judged = |problem: Problem| {
            let severity = levels.of(problem.code, problem.severity)?;
            Some(Problem { severity, ..problem })
        };
        let mut problems: Vec<_> = problems.into_iter().filter_map(judged).collect();
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
    .help("give one of them another `key:`")
}
