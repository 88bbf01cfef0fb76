//! The schemas that documents are checked with.
//!
//! In: the built-in catalogue and the folder `schemas/connectors` of the repository. Out: one
//! [`ConnectorSchema`] per connector that a document names, read when the first one does. A schema
//! in the repository takes the place of the built-in one. It comes from a pull request like any
//! other file, so it can make a key secret and never public, and it must stand by itself: without
//! references its size bounds what checking costs.

mod bounds;

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternCache, PatternOptions, Validator};
use serde_json::Value;

use self::bounds::Cost;
use super::problem::Problem;
use super::text::{Cover, Mark, Text};
use super::totals::{Counted, Totals};
use super::{Code, files, schema};
use crate::catalog::{Catalog, ConnectorSpec, named_like_a_secret};
use crate::instance::{ConnectorKey, Secrecy};

/// How many rules are looked at for one document: a million take a second or two.
const MOST_CHECKS: usize = 1 << 20;

/// How many states of patterns are visited for one document: as many take a few seconds.
const MAX_STEPS: usize = 1 << 30;

/// The most bytes of all patterns of all schemas in the repository, once they are compiled. The schema of
/// a connector has about ten, and most connectors share theirs.
const MAX_PATTERNS_BYTES: usize = 1 << 28;

/// The most bytes of all schemas in the repository, for the trees that are made of them. The built-in ones
/// together have an eighth of it.
const MAX_SCHEMAS_BYTES: usize = 1 << 24;

/// The schemas that were asked for so far.
pub(super) struct Schemas<'a> {
    catalog: &'a Catalog,
    root: &'a Path,
    /// The folder that holds `connectors/`.
    folder: &'a Path,
    on_text: &'a (dyn Fn(&str) + Sync),
    known: RwLock<BTreeMap<ConnectorKey, Option<Arc<ConnectorSchema>>>>,
    problems: Mutex<Vec<Problem>>,
    /// What the schemas of the repository need so far.
    needs: Mutex<Needs>,
}

/// What the schemas of the repository need.
#[derive(Default)]
struct Needs {
    /// Schemas that have a pattern in common share it.
    patterns: HashSet<String>,
    /// The bytes of these patterns, compiled.
    pattern_bytes: usize,
    /// The bytes of the schemas themselves.
    schema_bytes: usize,
    cache: PatternCache,
}

/// The schema of one connector.
pub(super) struct ConnectorSchema {
    value: Value,
    pub(super) validator: Validator,
    /// What it was made of, unless the repository has it.
    built_in: Option<Arc<ConnectorSpec>>,
    cost: Cost,
}

impl<'a> Schemas<'a> {
    pub(super) fn new(
        catalog: &'a Catalog,
        root: &'a Path,
        folder: &'a Path,
        on_text: &'a (dyn Fn(&str) + Sync),
    ) -> Self {
        let (known, problems, needs) = (RwLock::default(), Mutex::default(), Mutex::default());
        Self { catalog, root, folder, on_text, known, problems, needs }
    }

    pub(super) fn catalog(&self) -> &'a Catalog {
        self.catalog
    }

    /// The schema of a connector; `None` where neither the repository nor the catalogue has a
    /// usable one.
    pub(super) fn of(&self, connector: &ConnectorKey) -> Option<Arc<ConnectorSchema>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(connector) {
            return known.clone();
        }
        drop(known);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // Others may have waited for the same one: it is read, and complained of, once.
        let read = || self.read(connector).map(Arc::new);
        known.entry(connector.clone()).or_insert_with(read).clone()
    }

    /// What the catalogue knows of a connector whose schema the repository does not replace.
    pub(super) fn built_in_shape(&self, connector: &ConnectorKey) -> Option<Arc<ConnectorSpec>> {
        self.of(connector)?.built_in.clone()
    }

    /// Whether a value of the connector's configuration key may be shown.
    pub(super) fn secrecy(&self, connector: Option<&ConnectorKey>, key: &str) -> Secrecy {
        let Some(connector) = connector else {
            return if named_like_a_secret(key) { Secrecy::Secret } else { Secrecy::Unknown };
        };
        let secret = self.of(connector).is_some_and(|schema| schema.makes_secret(key));
        if secret { Secrecy::Secret } else { self.catalog.secrecy(connector, key) }
    }

    /// What is wrong in the schemas themselves.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, connector: &ConnectorKey) -> Option<ConnectorSchema> {
        let file = Path::new("connectors").join(format!("{connector}.schema.json"));
        match files::read_known(self.root, self.folder, &file) {
            Ok(None) => self.built_in(connector),
            Ok(Some(text)) => {
                (self.on_text)(&text.content);
                let mut needs = self.needs.lock().unwrap_or_else(PoisonError::into_inner);
                parse(&text, &mut needs).map_err(|problem| self.report(*problem)).ok()
            }
            Err(problem) => {
                self.report(*problem);
                None
            }
        }
    }

    fn report(&self, problem: Problem) {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).push(problem);
    }

    fn built_in(&self, connector: &ConnectorKey) -> Option<ConnectorSchema> {
        let shape = self.catalog.connector(connector)?.spec(connector);
        let value = schema::connector_value(&shape).ok()?;
        let validator = compile(&value, None).ok()?;
        let (built_in, cost) = (Some(Arc::new(shape)), bounds::cost(&value));
        Some(ConnectorSchema { value, validator, built_in, cost })
    }
}

impl ConnectorSchema {
    /// Whether a document with so many values, and with so many bytes in its texts and names, can be
    /// checked without looking at rules and patterns for minutes. The built-in patterns are few and
    /// short, so that the size of the document bounds what they cost.
    pub(super) fn can_check(&self, values: usize, bytes: usize) -> bool {
        values.saturating_mul(self.cost.rules) <= MOST_CHECKS
            && (self.is_built_in() || bytes.saturating_mul(self.cost.states) <= MAX_STEPS)
    }

    /// Adds what checking such a document costs, unless the built-in rules bound it.
    pub(super) fn count(&self, values: usize, bytes: usize, totals: &Totals) {
        if !self.is_built_in() {
            totals.add(Counted::Rules, values.saturating_mul(self.cost.rules));
            totals.add(Counted::Steps, bytes.saturating_mul(self.cost.states) >> 10);
        }
    }

    /// Whether it is the catalogue's, and not one of the repository.
    pub(super) fn is_built_in(&self) -> bool {
        self.built_in.is_some()
    }

    /// What the schema says of a member of `configuration` or `providerData`.
    pub(super) fn property(&self, section: &str, key: &str) -> Option<&Value> {
        self.properties(section)?.get(key)
    }

    /// The keys of a section.
    pub(super) fn keys(&self, section: &str) -> impl Iterator<Item = &str> {
        self.properties(section).into_iter().flatten().map(|(key, _)| key.as_str())
    }

    fn properties(&self, section: &str) -> Option<&serde_json::Map<String, Value>> {
        self.value.get("properties")?.get(section)?.get("properties")?.as_object()
    }

    fn makes_secret(&self, key: &str) -> bool {
        let property = self.property("configuration", key);
        property.and_then(|schema| schema.get("writeOnly")) == Some(&Value::Bool(true))
    }
}

impl Needs {
    /// Adds what a schema needs; whether that is too much.
    fn exceeded_by(&mut self, text: &Text, schema: &Value) -> bool {
        self.schema_bytes = self.schema_bytes.saturating_add(text.content.len());
        for pattern in bounds::patterns(schema) {
            if self.pattern_bytes <= MAX_PATTERNS_BYTES && !self.patterns.contains(pattern) {
                self.patterns.insert(pattern.to_owned());
                self.pattern_bytes += bounds::bytes(pattern);
            }
        }
        self.schema_bytes > MAX_SCHEMAS_BYTES || self.pattern_bytes > MAX_PATTERNS_BYTES
    }
}

fn compile(schema: &Value, cache: Option<&PatternCache>) -> Result<Validator, String> {
    // The engine that takes time in proportion to the text, whatever the pattern.
    let (options, patterns) = (jsonschema::options(), PatternOptions::regex());
    let options = match cache {
        Some(cache) => {
            let patterns = patterns.size_limit(bounds::MAX_PATTERN_BYTES);
            let patterns = patterns.dfa_size_limit(bounds::MAX_SEARCH_BYTES);
            options.with_pattern_options(patterns).with_pattern_cache(cache.clone())
        }
        None => options.with_pattern_options(patterns),
    };
    options.build(schema).map_err(|error| {
        let cause = match error.kind() {
            ValidationErrorKind::Format { format } if format == "regex" => {
                "a pattern is invalid, or takes more than 1 MiB once it is compiled,".to_owned()
            }
            _ => error.masked().to_string(),
        };
        match error.instance_path().to_string() {
            place if place.is_empty() => cause,
            place => format!("{cause} at {place}"),
        }
    })
}

fn parse(text: &Text, needs: &mut Needs) -> Result<ConnectorSchema, Box<Problem>> {
    let value: Value = serde_json::from_str(&text.content).map_err(|error| {
        let message = format!("this is not valid JSON: {}", cause(&error));
        Box::new(located(text, error.line(), error.column(), &message))
    })?;
    if !value.is_object() {
        return Err(Box::new(whole(text, "a schema is a JSON object")));
    }
    if let Some((message, help)) = bounds::refusal(&value) {
        return Err(Box::new(whole(text, &message).help(help)));
    }
    if needs.exceeded_by(text, &value) {
        let message = "the schemas of this repository are too large, or their patterns";
        return Err(Box::new(
            whole(text, message).help("remove schemas, or shorten their patterns"),
        ));
    }
    let validator = compile(&value, Some(&needs.cache))
        .map_err(|error| Box::new(whole(text, &format!("this is no JSON Schema: {error}"))))?;
    let cost = bounds::cost(&value);
    Ok(ConnectorSchema { value, validator, built_in: None, cost })
}

/// The error of a JSON reader without the place, which the problem has.
fn cause(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

fn whole(text: &Text, message: &str) -> Problem {
    let message = message.chars().take(300).collect::<String>();
    Problem::of_file(Code::InvalidSchema, &text.file, message)
        .help("`ocon schema pull` writes the schema of a connector anew")
}

fn located(text: &Text, line: usize, column: usize, message: &str) -> Problem {
    let start = text.content.split('\n').take(line.saturating_sub(1)).map(|l| l.len() + 1).sum();
    let start_of_line = Mark { line: line.max(1), column: 1, start, end: start };
    let mark = text.piece(start_of_line, column.saturating_sub(1), 1);
    Problem {
        at: text.span(mark),
        excerpt: Some(text.excerpt(mark, &Cover::guessing())),
        ..whole(text, message)
    }
}
