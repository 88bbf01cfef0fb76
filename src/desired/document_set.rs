//! The documents of all files, with one document per key.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::diagnostics::MAX_DIAGNOSTICS;
use super::document::ParsedDocument;
use super::limits::Resource;
use super::node_reader::DocumentInputs;
use super::reference::References;
use super::{
    Code, Desired, DesiredInstance, Diagnostic, Diagnostics, Excerpt, Node, Problem, Problems,
    Related, START, Schemas, Sources, Text, Usage, VariableUse, document, files, problem, yaml,
};
use crate::instance::{Key, Span, WebhookUrlKnowledge};
use crate::safe_text::quoted;

const ANOTHER_KEY: &str = "give one of them another `key:`";

/// The desired state and its warnings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// The desired state.
    pub desired: Desired,
    /// Warnings with excerpts, sorted by location.
    pub warnings: Vec<Problem>,
    /// Whether the instances folder contains files that look like documents but are not read, even if
    /// the user allows that.
    pub unread_files: bool,
    /// The references to public variables, in the order of the files.
    pub variable_uses: Vec<VariableUse>,
}

/// The documents and problems of the files so far.
pub(super) struct DocumentSet<'a> {
    pub(super) problems: Vec<Problem>,
    schemas: Schemas<'a>,
    usage: Usage,
    documents: BTreeMap<Key, (KeyLocation, DesiredInstance)>,
    /// The keys in `moved_from`, each with the document that names it.
    moves: BTreeMap<Key, (Key, KeyLocation)>,
    /// The first key of each lowercase spelling.
    lowercase: BTreeMap<String, Key>,
    variable_uses: Vec<VariableUse>,
}

/// The location of a document key. It includes the excerpt, because the file is closed when a conflict is
/// found.
struct KeyLocation {
    at: Span,
    excerpt: Excerpt,
}

#[derive(Default)]
pub(super) struct FileContent {
    documents: Vec<LocatedDocument>,
    problems: Vec<Problem>,
}

struct LocatedDocument {
    key: Key,
    location: KeyLocation,
    moved_from: Vec<(Key, KeyLocation)>,
    variables: Vec<VariableUse>,
    wanted: DesiredInstance,
}

impl FileContent {
    fn of(
        text: &Text,
        stem: &str,
        sources: &Sources<'_>,
        schemas: &Schemas<'_>,
        usage: &Usage,
    ) -> Self {
        let mut diagnostics = Diagnostics::default();
        let roots = yaml::read(text, &mut diagnostics);
        usage.add(Resource::Bytes, text.content.len());
        usage.add(Resource::Documents, roots.len());
        usage.add(Resource::Values, roots.iter().map(Node::value_count).sum());
        if usage.is_exceeded() {
            return Self::default();
        }
        if roots.is_empty() && diagnostics.items.is_empty() {
            let empty = Diagnostic::new(Code::EmptyDocument, START, "this file is empty");
            diagnostics.add(empty.help("write `element:` and `name:`, or delete the file"));
        }
        let inputs = DocumentInputs {
            text,
            references: References {
                variables: sources.variables,
                secrets: sources.secrets,
                webhook_url: WebhookUrlKnowledge::default(),
            },
            schemas,
            usage,
            today: sources.today,
            stem,
            is_only_document: roots.len() == 1,
        };
        let documents = roots.iter().map(|root| document::read(root, inputs, &mut diagnostics));
        let documents: Vec<_> = documents.collect();
        usage.add(Resource::Bytes, diagnostics.expanded);
        usage.add(Resource::Problems, diagnostics.items.len().min(MAX_DIAGNOSTICS));
        let redactions = diagnostics.redactions();
        let locate =
            |range| KeyLocation { at: text.span(range), excerpt: redactions.excerpt(text, range) };
        let located = |ParsedDocument { key, key_range, moved_from, variables, wanted }| {
            let variables = variables.into_iter();
            let used = |(range, name)| VariableUse { key: key.clone(), name, at: text.span(range) };
            LocatedDocument {
                variables: variables.map(used).collect(),
                location: locate(key_range),
                moved_from: moved_from.into_iter().map(|(key, at)| (key, locate(at))).collect(),
                key,
                wanted,
            }
        };
        let documents = documents.into_iter().flatten().map(located).collect();
        Self { documents, problems: diagnostics.into_problems(text) }
    }
}

impl<'a> DocumentSet<'a> {
    pub(super) fn new(sources: &Sources<'a>) -> Self {
        Self {
            problems: Vec::new(),
            schemas: Schemas::new(sources.catalog, sources.root, sources.schemas, sources.on_text),
            usage: Usage::default(),
            documents: BTreeMap::new(),
            moves: BTreeMap::new(),
            lowercase: BTreeMap::new(),
            variable_uses: Vec::new(),
        }
    }

    /// Reads a file, on any thread. The content is added later, in the order of the files. Reads nothing
    /// once a limit is exceeded.
    pub(super) fn read(
        &self,
        text: impl FnOnce() -> Result<Text, Box<Problem>>,
        stem: &str,
        sources: &Sources<'_>,
    ) -> FileContent {
        if self.usage.is_exceeded() {
            return FileContent::default();
        }
        match text() {
            Ok(text) => {
                (sources.on_text)(&text.content);
                FileContent::of(&text, stem, sources, &self.schemas, &self.usage)
            }
            Err(problem) => FileContent { documents: Vec::new(), problems: vec![*problem] },
        }
    }

    pub(super) fn add_file(&mut self, content: FileContent) {
        let before = self.problems.len();
        for LocatedDocument { key, location, moved_from, variables, wanted } in content.documents {
            self.variable_uses.extend(variables);
            for (old, location) in moved_from {
                self.add_move(&key, old, location);
            }
            self.add(key, location, wanted);
        }
        self.truncate_problems(before + MAX_DIAGNOSTICS);
        self.problems.extend(content.problems);
    }

    /// Records that `key` was `old` before. A document may name the same key twice.
    fn add_move(&mut self, key: &Key, old: Key, location: KeyLocation) {
        match self.moves.entry(old) {
            Entry::Vacant(vacant) => {
                vacant.insert((key.clone(), location));
            }
            Entry::Occupied(occupied) if occupied.get().0 == *key => {}
            Entry::Occupied(occupied) => {
                let message = format!("two documents were moved from {}", quoted(&occupied.key()));
                let (_, other) = occupied.get();
                let problem = conflict(Code::MovedFromConflict, message, &location, other)
                    .help("keep the line only in the document that keeps the instance");
                self.problems.push(problem);
            }
        }
    }

    /// The conflicts between `moved_from` and keys that are still in use.
    fn moves_from_documents(&self) -> Vec<Problem> {
        let in_use = |(old, (_, location)): (&Key, &(Key, KeyLocation))| {
            let (other, _) = self.documents.get(old)?;
            let message =
                format!("`moved_from` names {}, the key of another document", quoted(&old));
            let problem = conflict(Code::MovedFromConflict, message, location, other);
            Some(problem.help("remove the line, or give the other document another document key"))
        };
        self.moves.iter().filter_map(in_use).collect()
    }

    fn add(&mut self, key: Key, location: KeyLocation, wanted: DesiredInstance) {
        let first =
            self.lowercase.entry(key.as_str().to_ascii_lowercase()).or_insert_with(|| key.clone());
        if *first != key
            && let Some((other, _)) = self.documents.get(first)
        {
            let (new, old) = (quoted(&key), quoted(&first));
            let message = format!("the document keys {new} and {old} differ only in case");
            let problem = conflict(Code::KeysDifferByCase, message, &location, other);
            self.problems.push(problem.help(ANOTHER_KEY));
        }
        match self.documents.entry(key) {
            Entry::Vacant(vacant) => {
                vacant.insert((location, wanted));
            }
            Entry::Occupied(occupied) => {
                let message = format!("two documents have the key {}", quoted(&occupied.key()));
                let other = &occupied.get().0;
                let problem = conflict(Code::DuplicateDocumentKey, message, &location, other);
                self.problems.push(problem.help(ANOTHER_KEY));
            }
        }
    }

    /// Keeps at most `max` problems: one file can contain any number of documents with the same key.
    fn truncate_problems(&mut self, max: usize) {
        let rest = self.problems.split_off(self.problems.len().min(max));
        self.problems.extend(rest.first().map(|first| {
            let message = format!("there are at least {} more problems in this file", rest.len());
            let problem = Problem::of_file(Code::TooManyProblems, "", message);
            Problem { at: first.at.clone(), excerpt: first.excerpt.clone(), ..problem }
        }));
    }

    /// The desired state, or the problems if any of them is an error.
    pub(super) fn finish(self, sources: &Sources<'_>) -> Result<Loaded, Problems> {
        // The progress of each thread is not deterministic, so no other problem is reported.
        let folder = files::display_folder(sources.root, sources.instances);
        if let Some(problem) = self.usage.problem(&folder) {
            return Err(Problems::of(problem));
        }
        let moves_from_documents = self.moves_from_documents();
        let Self { mut problems, schemas, documents, variable_uses, .. } = self;
        problems.extend(moves_from_documents);
        problems.extend(schemas.into_problems());
        let unread_files = problems.iter().any(|problem| problem.code == Code::JsonFile);
        deduplicate_odd_secrets(&mut problems);
        let judged = problems.into_iter().filter_map(|problem| sources.levels.judge(problem));
        let mut problems = Problems::unless_error(judged.collect())?;
        problem::sort(&mut problems);
        let instances = documents.into_iter().map(|(key, (_, wanted))| (key, wanted));
        let desired = Desired { instances: instances.collect() };
        Ok(Loaded { desired, warnings: problems, unread_files, variable_uses })
    }
}

/// Keeps the first warning about the value of each variable. Every reference to it has the same one.
fn deduplicate_odd_secrets(problems: &mut Vec<Problem>) {
    problem::sort(problems);
    let mut seen = BTreeSet::new();
    problems
        .retain(|problem| problem.code != Code::OddSecret || seen.insert(problem.message.clone()));
}

fn conflict(code: Code, message: String, location: &KeyLocation, other: &KeyLocation) -> Problem {
    let related = Related {
        at: other.at.clone(),
        excerpt: Some(other.excerpt.clone()),
        label: "the other document".to_owned(),
    };
    Problem {
        at: location.at.clone(),
        excerpt: Some(location.excerpt.clone()),
        related: Some(related),
        ..Problem::of_file(code, "", message)
    }
}
