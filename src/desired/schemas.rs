//! The schemas of connectors, against which documents are checked.
//!
//! In: the built-in catalog and the folder `schemas/connectors` of the repository. Out: one
//! [`ConnectorSchema`] per connector, read when the first document names the connector. A schema in the
//! repository replaces the built-in one. A pull request can change it, so it can make a key secret but
//! never public. It must be self-contained, so that its size limits the cost of a check.

mod bounds;
mod section;

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternCache, PatternOptions, Validator};
use serde_json::{Map, Value};

use self::bounds::Cost;
pub(super) use self::section::Section;
use super::limits::Resource;
use super::redactions::Redactions;
use super::{Code, Problem, Text, TextRange, Usage, files, schema};
use crate::catalog::{Catalog, Certainty, ConnectorSpec, named_like_a_secret};
use crate::instance::{ConnectorKey, EventSupport, Secrecy, WebhookUrlKnowledge};

/// The most rules that are checked for one document. A million take 1 or 2 seconds.
const MAX_RULES: usize = 1 << 20;

/// The most pattern states that are visited for one document. They take a few seconds.
const MAX_STEPS: usize = 1 << 30;

/// The most bytes of all compiled patterns in the repository. The schema of a connector has about 10
/// patterns, and most connectors share theirs.
const MAX_PATTERNS_BYTES: usize = 1 << 28;

/// The most bytes of all schemas in the repository, because each becomes a tree in memory. The built-in
/// schemas together have an eighth of it.
const MAX_SCHEMAS_BYTES: usize = 1 << 24;

/// The longest message about a schema, in characters: it may quote the schema.
const MAX_MESSAGE_CHARS: usize = 300;

/// The schemas that documents need, read on demand.
pub(super) struct Schemas<'a> {
    catalog: &'a Catalog,
    root: &'a Path,
    /// The folder that holds `connectors/`.
    folder: &'a Path,
    on_text: &'a (dyn Fn(&str) + Sync),
    known: RwLock<BTreeMap<ConnectorKey, Option<Arc<ConnectorSchema>>>>,
    problems: Mutex<Vec<Problem>>,
    compiled: Mutex<CompiledSchemas>,
}

/// The total size of the schemas in the repository.
#[derive(Default)]
struct CompiledSchemas {
    /// Schemas share equal patterns.
    patterns: HashSet<String>,
    /// The bytes of these patterns when compiled.
    pattern_bytes: usize,
    schema_bytes: usize,
    cache: PatternCache,
}

pub(super) struct ConnectorSchema {
    value: Value,
    pub(super) validator: Validator,
    /// The shape of the connector, unless the schema is from the repository.
    built_in: Option<Arc<ConnectorSpec>>,
    /// The webhook URL of the connector, if the schema states it.
    webhook_url: Option<WebhookUrlKnowledge>,
    cost: Cost,
}

impl<'a> Schemas<'a> {
    pub(super) fn new(
        catalog: &'a Catalog,
        root: &'a Path,
        folder: &'a Path,
        on_text: &'a (dyn Fn(&str) + Sync),
    ) -> Self {
        let (known, problems, compiled) = (RwLock::default(), Mutex::default(), Mutex::default());
        Self { catalog, root, folder, on_text, known, problems, compiled }
    }

    pub(super) fn catalog(&self) -> &'a Catalog {
        self.catalog
    }

    /// The schema of a connector. Returns `None` if neither the repository nor the catalog has a usable
    /// one.
    pub(super) fn of(&self, connector: &ConnectorKey) -> Option<Arc<ConnectorSchema>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(connector) {
            return known.clone();
        }
        drop(known);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // Other threads may wait for the same schema. It is read, and its problems reported, once.
        let read = || self.read(connector).map(Arc::new);
        known.entry(connector.clone()).or_insert_with(read).clone()
    }

    /// The shape of a connector, unless the repository replaces its schema.
    pub(super) fn built_in_shape(&self, connector: &ConnectorKey) -> Option<Arc<ConnectorSpec>> {
        self.of(connector)?.built_in.clone()
    }

    /// How the events of the connector can arrive. A schema in the repository may state the form of the
    /// webhook URL.
    pub(super) fn event_support(&self, connector: &ConnectorKey) -> EventSupport {
        let known = self.catalog.event_support(connector);
        let stated = self.of(connector).and_then(|schema| schema.webhook_url);
        EventSupport { webhook_url: stated.unwrap_or(known.webhook_url), ..known }
    }

    /// Whether the value of a configuration key may be shown.
    pub(super) fn secrecy(&self, connector: Option<&ConnectorKey>, key: &str) -> Secrecy {
        let Some(connector) = connector else {
            return if named_like_a_secret(key) { Secrecy::Secret } else { Secrecy::Unknown };
        };
        let secret = self.of(connector).is_some_and(|schema| schema.makes_secret(key));
        if secret { Secrecy::Secret } else { self.catalog.secrecy(connector, key) }
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, connector: &ConnectorKey) -> Option<ConnectorSchema> {
        let file = Path::new("connectors").join(format!("{connector}.schema.json"));
        match files::read_optional(self.root, self.folder, &file) {
            Ok(None) => self.built_in(connector),
            Ok(Some(text)) => {
                (self.on_text)(&text.content);
                let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
                parse(&text, &mut compiled).map_err(|problem| self.report(*problem)).ok()
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
        let value = schema::connector_value(&shape, schema::Rules::All).ok()?;
        let validator = compile(&value, None).ok()?;
        let (built_in, cost) = (Some(Arc::new(shape)), bounds::cost(&value));
        Some(ConnectorSchema { value, validator, built_in, webhook_url: None, cost })
    }
}

impl ConnectorSchema {
    /// Whether a document with this number of values and bytes can be checked in a few seconds. The
    /// built-in patterns are few and short, so only their rules count.
    pub(super) fn can_check(&self, values: usize, bytes: usize) -> bool {
        values.saturating_mul(self.cost.rules) <= MAX_RULES
            && (self.is_built_in() || bytes.saturating_mul(self.cost.states) <= MAX_STEPS)
    }

    /// Adds the cost of checking such a document, unless the schema is built in.
    pub(super) fn count(&self, values: usize, bytes: usize, usage: &Usage) {
        if !self.is_built_in() {
            usage.add(Resource::Rules, values.saturating_mul(self.cost.rules));
            usage.add(Resource::Steps, bytes.saturating_mul(self.cost.states) >> 10);
        }
    }

    /// Whether the schema is from the catalog, not from the repository.
    pub(super) fn is_built_in(&self) -> bool {
        self.built_in.is_some()
    }

    pub(super) fn property(&self, section: Section, key: &str) -> Option<&Value> {
        section.properties(&self.value)?.get(key)
    }

    /// How certain the rule of a configuration key is. A schema in the repository is what its author wants.
    pub(super) fn certainty(&self, key: &str) -> Certainty {
        let property = self.built_in.as_ref().and_then(|shape| shape.properties.get(key));
        // A secret never belongs in a file, whatever its type.
        let property = property.filter(|property| !property.secret);
        property.map_or(Certainty::Certain, |property| property.certainty)
    }

    pub(super) fn keys(&self, section: Section) -> impl Iterator<Item = &str> {
        section.properties(&self.value).into_iter().flat_map(Map::keys).map(String::as_str)
    }

    fn makes_secret(&self, key: &str) -> bool {
        let property = self.property(Section::Configuration, key);
        property.is_some_and(schema::marks_secret)
    }
}

impl CompiledSchemas {
    /// Adds a schema. Returns whether the total exceeds a limit.
    fn exceeds_limits_with(&mut self, text: &Text, schema: &Value) -> bool {
        self.schema_bytes = self.schema_bytes.saturating_add(text.content.len());
        for pattern in bounds::patterns(schema) {
            if self.pattern_bytes <= MAX_PATTERNS_BYTES && !self.patterns.contains(pattern) {
                self.patterns.insert(pattern.to_owned());
                self.pattern_bytes += bounds::pattern_bytes(pattern);
            }
        }
        self.schema_bytes > MAX_SCHEMAS_BYTES || self.pattern_bytes > MAX_PATTERNS_BYTES
    }
}

fn compile(schema: &Value, cache: Option<&PatternCache>) -> Result<Validator, String> {
    // This engine takes linear time for every pattern.
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
                "a pattern is invalid or takes more than 1 MiB when compiled,".to_owned()
            }
            _ => error.masked().to_string(),
        };
        let pointer = error.instance_path().to_string();
        if pointer.is_empty() { cause } else { format!("{cause} at {pointer}") }
    })
}

fn parse(text: &Text, compiled: &mut CompiledSchemas) -> Result<ConnectorSchema, Box<Problem>> {
    let value: Value =
        serde_json::from_str(&text.content).map_err(|error| invalid_json(text, &error))?;
    if !value.is_object() {
        return Err(invalid_schema(text, "a schema must be a JSON object").into());
    }
    if let Some((message, help)) = bounds::rejection(&value) {
        return Err(invalid_schema(text, &message).help(help).into());
    }
    let webhook_url =
        schema::webhook_url(&value).map_err(|message| invalid_schema(text, &message))?;
    if compiled.exceeds_limits_with(text, &value) {
        let message = "the schemas of this repository, or their patterns, are too large";
        let help = "remove schemas, or shorten their patterns";
        return Err(invalid_schema(text, message).help(help).into());
    }
    let validator = compile(&value, Some(&compiled.cache))
        .map_err(|error| invalid_schema(text, &format!("this is not a JSON Schema: {error}")))?;
    let cost = bounds::cost(&value);
    Ok(ConnectorSchema { value, validator, built_in: None, webhook_url, cost })
}

fn invalid_schema(text: &Text, message: &str) -> Problem {
    let message = message.chars().take(MAX_MESSAGE_CHARS).collect::<String>();
    Problem::of_file(Code::InvalidSchema, &text.file, message)
        .help("run `ocon schema pull` to write the schema of a connector again")
}

fn invalid_json(text: &Text, error: &serde_json::Error) -> Problem {
    let lines = text.content.split('\n').take(error.line().saturating_sub(1));
    let start = lines.map(|line| line.len() + 1).sum();
    let start_of_line = TextRange { line: error.line().max(1), column: 1, start, end: start };
    let range = text.part(start_of_line, error.column().saturating_sub(1), 1);
    // The problem has a location, so the message needs none.
    let cause = error.to_string();
    let cause = cause.split(" at line ").next().unwrap_or_default();
    Problem {
        at: text.span(range),
        excerpt: Some(Redactions::guessing().excerpt(text, range)),
        ..invalid_schema(text, &format!("this is not valid JSON: {cause}"))
    }
}
