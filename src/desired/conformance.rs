//! Checks of `configuration` and `providerData` against the schema of the connector.
//!
//! In: a document and the schema. Out: diagnostics at the keys and values that do not conform. The schema
//! decides whether a value is valid. The messages are those of ocon, with explanations from the schema.

mod likely_fields;
mod nodes;
mod rule;

use std::collections::{BTreeMap, HashSet};

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Violation;
use serde_json::Value;

pub(super) use self::likely_fields::check_likely_fields;
use self::nodes::{follow, json, member, members};
use self::rule::{options, text, types};
use super::diagnostics::MAX_DIAGNOSTICS;
use super::node_reader::first_line;
use super::reference::syntax::OPENING;
use super::schemas::{ConnectorSchema, Section};
use super::unknown_keys::DOCUMENT_KEYS;
use super::{Code, Diagnostic, Diagnostics, Member, Node, NodeKind, NodeReader};
use crate::catalog::{Certainty, closest, platform_written};
use crate::instance::ConnectorKey;
use crate::safe_text::quoted;

/// The required keys of every document. The loader reports them if they are missing.
const ALWAYS_REQUIRED: [&str; 2] = ["element", "name"];

/// The longest quote of a rule from a schema in the repository, in characters.
const MAX_RULE_CHARS: usize = 300;

/// The number of accepted values that a message lists.
const MAX_OPTIONS: usize = 20;

#[derive(Clone, Copy)]
struct Checked<'n> {
    root: &'n Node,
    connector: &'n ConnectorKey,
    schema: &'n ConnectorSchema,
}

struct Violated<'n> {
    section: Section,
    /// The members from the section down to the value. Empty for the section itself.
    members: Vec<&'n Member>,
    node: &'n Node,
}

/// Reports keys and values that the connector does not accept.
pub(super) fn check(reader: &mut NodeReader<'_>, root: &Node, connector: &ConnectorKey) {
    let (usage, diagnostics) = (reader.inputs.usage, &mut *reader.diagnostics);
    let Some(schema) = reader.inputs.schemas.of(connector) else { return };
    // No further problem would be listed.
    if diagnostics.is_full() {
        return;
    }
    let (values, bytes) = (root.value_count(), root.byte_count());
    if !schema.can_check(values, bytes) {
        let message =
            format!("this document is too large for the schema of {}", quoted(&connector));
        let diagnostic = Diagnostic::new(Code::FileTooLarge, first_line(root), message);
        diagnostics.add(diagnostic.help("make the document smaller: a typical one has a few KB"));
        return;
    }
    schema.count(values, bytes, usage);
    if usage.is_exceeded() {
        return;
    }
    let document = json(root);
    let checked = Checked { root, connector, schema: &schema };
    if !schema.validator.is_valid(&document) {
        report(checked, &document, diagnostics);
    }
    report_likely_refused(checked, diagnostics);
}

fn report(checked: Checked<'_>, document: &Value, diagnostics: &mut Diagnostics) {
    let is_existing = member(checked.root, "id").is_some();
    let before = diagnostics.items.len();
    let mut missing: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for error in checked.schema.validator.iter_errors(document) {
        if let Violation::Required { property: Value::String(name) } = error.kind() {
            let names = missing.entry(error.instance_path().to_string()).or_default();
            names.push(name.clone());
        }
        if diagnostics.is_full() {
            continue;
        }
        for diagnostic in violations(&error, checked, diagnostics) {
            add_new(diagnostics, diagnostic, before);
        }
    }
    // Undeclared keys of an existing instance are not managed.
    for (path, mut names) in missing.into_iter().filter(|_| !is_existing) {
        names.sort();
        names.dedup();
        diagnostics.items.extend(missing_fields(&path, &names, checked));
    }
}

/// Warns of keys that the connector probably does not accept: the schema advises against them, but its
/// rules allow them.
fn report_likely_refused(checked: Checked<'_>, diagnostics: &mut Diagnostics) {
    let Some(section) = member(checked.root, Section::Configuration.as_str()) else { return };
    for member in members(&section.value).iter().take(MAX_DIAGNOSTICS) {
        let rule = checked.schema.property(Section::Configuration, &member.name);
        let Some(advice) = rule.and_then(|rule| text(rule, "deprecationMessage")) else { continue };
        if diagnostics.items.iter().any(|known| known.range() == member.range) {
            continue;
        }
        let (connector, name) = (quoted(&checked.connector), quoted(&member.name));
        let message = format!("{connector} probably does not accept the key {name}");
        let diagnostic = Diagnostic::new(Code::LikelyRefusedField, member.range, message);
        diagnostics.add(diagnostic.help(advice).help(correction(checked.connector)));
    }
}

/// How to correct a fact of the catalog, which may differ from the tenant of the reader.
fn correction(connector: &ConnectorKey) -> String {
    format!("if your tenant accepts it, get its schema: `ocon schema pull {connector}`")
}

/// Adds a diagnostic, unless one of the first `before` covers the value or another rule has the same
/// one.
fn add_new(diagnostics: &mut Diagnostics, diagnostic: Diagnostic, before: usize) {
    let (loader, schema) = diagnostics.items.split_at(before);
    let range = diagnostic.range();
    let is_known =
        diagnostic.is_invalid_value() && loader.iter().any(|known| known.is_within(range));
    if !is_known && !schema.iter().any(|other| other.repeats(&diagnostic)) {
        diagnostics.add(diagnostic);
    }
}

/// The diagnostics of a violation. Empty if the loader has a better one.
fn violations(
    error: &ValidationError<'_>,
    checked: Checked<'_>,
    diagnostics: &mut Diagnostics,
) -> Vec<Diagnostic> {
    // All missing keys are reported together.
    if matches!(error.kind(), Violation::Required { .. }) {
        return Vec::new();
    }
    let schema = checked.schema;
    let Some(violated) = violated(checked.root, &error.instance_path().to_string()) else {
        return other_rule(error, checked).into_iter().collect();
    };
    let diagnostic = match error.kind() {
        Violation::AdditionalProperties { unexpected }
        | Violation::UnevaluatedProperties { unexpected } => {
            let unexpected: HashSet<_> = unexpected.iter().map(String::as_str).collect();
            let is_unknown = |member: &&Member| unexpected.contains(member.name.as_str());
            let unknown = members(violated.node).iter().filter(is_unknown);
            return unknown
                .take(MAX_DIAGNOSTICS + 1)
                .filter_map(|member| unknown_field(member, &violated, checked, diagnostics))
                .collect();
        }
        Violation::Not { .. } | Violation::FalseSchema => violated.refused_field(checked),
        Violation::Pattern { .. } if violated.is_secret(schema) => None,
        _ if violated.rule(schema).is_none() => other_rule(error, checked),
        _ => violated.invalid_value(checked),
    };
    diagnostic.into_iter().collect()
}

/// The violation of a rule that does not belong to one key. Only a schema in the repository can have a
/// rule that the loader does not check.
fn other_rule(error: &ValidationError<'_>, checked: Checked<'_>) -> Option<Diagnostic> {
    let Checked { root, connector, schema } = checked;
    let (members, node) = follow_outside_lifecycle(root, &error.instance_path().to_string())?;
    let is_reported = match error.kind() {
        Violation::AdditionalProperties { .. } => members.is_empty(),
        Violation::Type { .. } => members.len() == 1,
        // Tags are a set. Older schemas do not allow repeated ones.
        Violation::UniqueItems => members.first().is_some_and(|member| member.name == "tags"),
        _ => false,
    };
    if schema.is_built_in() || is_reported {
        return None;
    }
    if has_reference(node) {
        return None;
    }
    let range = match (&node.kind, members.last()) {
        (NodeKind::Map(_) | NodeKind::List(_), Some(member)) => member.range,
        (_, Some(_)) => node.range,
        (_, None) => first_line(root),
    };
    let message =
        format!("the schema of {} in this repository does not allow this", quoted(&connector));
    let rule: String = error.masked_with("it").to_string().chars().take(MAX_RULE_CHARS).collect();
    let diagnostic = Diagnostic::new(Code::InvalidValue, range, message);
    Some(diagnostic.help(format!("change it to follow the schema: {rule}")))
}

/// Follows a JSON pointer into a section. Returns `None` outside the sections.
fn violated<'n>(root: &'n Node, pointer: &str) -> Option<Violated<'n>> {
    let (mut members, node) = follow(root, pointer)?;
    let section = Section::parse(&members.first()?.name)?;
    members.remove(0);
    Some(Violated { section, members, node })
}

/// Follows a JSON pointer, except into `lifecycle`, whose rules only the loader has.
fn follow_outside_lifecycle<'n>(
    root: &'n Node,
    pointer: &str,
) -> Option<(Vec<&'n Member>, &'n Node)> {
    follow(root, pointer)
        .filter(|(members, _)| members.first().is_none_or(|member| member.name != "lifecycle"))
}

fn has_reference(node: &Node) -> bool {
    matches!(&node.kind, NodeKind::Text(text) if text.contains(OPENING))
}

impl Violated<'_> {
    fn key(&self) -> Option<&str> {
        self.members.first().map(|member| member.name.as_str())
    }

    fn rule<'s>(&self, schema: &'s ConnectorSchema) -> Option<&'s Value> {
        schema.property(self.section, self.key()?)
    }

    fn is_secret(&self, schema: &ConnectorSchema) -> bool {
        self.rule(schema).is_some_and(|rule| rule["writeOnly"] == true)
    }

    fn refused_field(&self, checked: Checked<'_>) -> Option<Diagnostic> {
        let [member] = self.members.as_slice() else {
            return self.invalid_value(checked);
        };
        let (connector, name) = (quoted(&checked.connector), quoted(&member.name));
        let message = format!("{connector} does not accept the key {name}");
        let advice = self.rule(checked.schema).and_then(|rule| text(rule, "deprecationMessage"));
        let advice = advice.unwrap_or_else(|| "remove the line".to_owned());
        Some(Diagnostic::new(Code::RefusedField, member.range, message).help(advice))
    }

    fn invalid_value(&self, checked: Checked<'_>) -> Option<Diagnostic> {
        // The value of a reference is not known here.
        if has_reference(self.node) {
            return None;
        }
        let (connector, key) = (quoted(&checked.connector), self.key()?);
        let certainty = match self.section {
            Section::Configuration => checked.schema.certainty(key),
            Section::ProviderData => Certainty::Certain,
        };
        let (code, is_not, correction) = match certainty {
            Certainty::Certain => (Code::InvalidValue, "is not", None),
            Certainty::Likely => {
                let correction = correction(checked.connector);
                (Code::LikelyInvalidValue, "is probably not", Some(correction))
            }
        };
        let message = format!("this {is_not} a valid value for {} of {connector}", quoted(&key));
        let diagnostic = Diagnostic::new(code, self.node.range, message);
        let diagnostic = self.with_advice(diagnostic, self.rule(checked.schema)?);
        Some(correction.into_iter().fold(diagnostic, Diagnostic::help))
    }

    /// Adds the values that the rule accepts.
    fn with_advice(&self, diagnostic: Diagnostic, rule: &Value) -> Diagnostic {
        let options = options(rule);
        if options.is_empty() {
            let diagnostic = match self.node.kind {
                NodeKind::Text(_) => diagnostic,
                _ => diagnostic.label(format!("this is {}", self.node.noun())),
            };
            let advice = ["patternErrorMessage", "errorMessage"];
            let advice = advice.into_iter().find_map(|key| text(rule, key));
            return diagnostic.help(advice.unwrap_or_else(|| types(rule)));
        }
        let written = if let NodeKind::Text(text) = &self.node.kind { text } else { "" };
        let mut words: Vec<_> =
            options.iter().take(MAX_OPTIONS).map(|word| quoted(word).to_string()).collect();
        if options.len() > MAX_OPTIONS {
            words.push(format!("and {} more", options.len() - MAX_OPTIONS));
        }
        let diagnostic = diagnostic.suggest(closest(written, options.iter().copied()));
        diagnostic.help(format!("write one of {}", words.join(", ")))
    }
}

fn unknown_field(
    member: &Member,
    violated: &Violated<'_>,
    checked: Checked<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Diagnostic> {
    let name = member.name.as_str();
    // They already have a warning.
    if platform_written(name) {
        return None;
    }
    if !violated.members.is_empty() {
        return violated.invalid_value(checked);
    }
    let Checked { connector, schema, .. } = checked;
    let (section, range) = (violated.section, member.range);
    let noun = match section {
        Section::Configuration => "configuration key",
        Section::ProviderData => "grant",
    };
    let message =
        format!("the {noun} {} is not documented for {}", quoted(&name), quoted(&connector));
    if let Some(advice) = misplaced(member, section, schema) {
        return Some(Diagnostic::new(Code::RefusedField, range, message).help(advice));
    }
    let diagnostic = Diagnostic::new(Code::UnknownField, range, message);
    let nearest = diagnostics.closest(name, schema.keys(section));
    if nearest.is_some() {
        return Some(diagnostic.suggest(nearest));
    }
    let has_no_events = name.starts_with("event.")
        && schema.property(Section::Configuration, "event.notification.enabled").is_none();
    let help = if has_no_events {
        format!("remove the line: the catalog has no events for {}", quoted(&connector))
    } else {
        let reason = "the platform accepts unknown keys silently";
        format!("run `ocon schema pull {connector}` to get the keys of your tenant: {reason}")
    };
    Some(diagnostic.help(help))
}

/// The fix for a key that is certainly misplaced: a key of the document, or the first part of
/// a key with dots that was split into nested maps.
fn misplaced(member: &Member, section: Section, schema: &ConnectorSchema) -> Option<String> {
    let name = member.name.as_str();
    if DOCUMENT_KEYS.contains(&name) {
        let (name, section) = (quoted(&name), quoted(section.as_str()));
        return Some(format!("indent {name} like {section}: it is a key of the document"));
    }
    let mut path = name.to_owned();
    let mut node = &member.value;
    while let Some(first) = members(node).first() {
        path = format!("{path}.{}", first.name);
        node = &first.value;
    }
    let start = format!("{name}.");
    let is_part = schema.keys(section).any(|key| key.starts_with(&start));
    let is_nested = is_part && path.len() > name.len();
    let flat = format!("{path}: …");
    is_nested.then(|| format!("write {}: configuration keys are not nested", quoted(flat)))
}

/// The missing keys of a section, or the missing section itself.
fn missing_fields(path: &str, names: &[String], checked: Checked<'_>) -> Option<Diagnostic> {
    let is_new = |name: &&String| !path.is_empty() || !ALWAYS_REQUIRED.contains(&name.as_str());
    let names: Vec<_> = names.iter().filter(is_new).map(|name| quoted(name).to_string()).collect();
    let range = match path {
        _ if names.is_empty() => return None,
        "" => first_line(checked.root),
        path => follow_outside_lifecycle(checked.root, path)?.0.last()?.range,
    };
    let noun = if names.len() == 1 { "the key" } else { "the keys" };
    let message = format!("{} requires {noun} {}", quoted(&checked.connector), names.join(", "));
    Some(Diagnostic::new(Code::MissingField, range, message).label("missing here"))
}
