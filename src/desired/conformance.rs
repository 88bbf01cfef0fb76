//! Checks of `configuration` and `providerData` against the schema of the connector.
//!
//! In: a document and the schema. Out: diagnostics at the keys and values that do not conform. The schema
//! decides whether a value is valid. The messages are those of ocon, with explanations from the schema.

mod rule;

use std::collections::{BTreeMap, HashSet};

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Violation;
use serde_json::Value;

use self::rule::{options, text, types};
use super::code::Code;
use super::diagnostics::{Diagnostic, Diagnostics, MAX_DIAGNOSTICS};
use super::limits::Usage;
use super::node_reader::first_line;
use super::reference::syntax::OPENING;
use super::schemas::{ConnectorSchema, Schemas};
use super::state::DesiredInstance;
use super::text::TextRange;
use super::unknown_keys::DOCUMENT_KEYS;
use super::yaml::{Member, Node, NodeKind};
use crate::catalog::{Condition, Requirement, closest, platform_written};
use crate::instance::{ConnectorKey, Value as ConfigurationValue};
use crate::safe_text::quoted;

/// The sections that depend on the connector.
const SECTIONS: [&str; 2] = ["configuration", "providerData"];

/// The required keys of every document. The loader reports them if they are missing.
const ALWAYS_REQUIRED: [&str; 2] = ["element", "name"];

/// The longest quote of a rule from a schema in the repository, in characters.
const MAX_RULE_CHARS: usize = 300;

/// The number of accepted values that a message lists.
const MAX_OPTIONS: usize = 20;

/// A document with the schema of its connector.
#[derive(Clone, Copy)]
struct Checked<'n> {
    root: &'n Node,
    connector: &'n ConnectorKey,
    schema: &'n ConnectorSchema,
}

/// The location of a violation.
struct Violated<'n> {
    section: &'static str,
    /// The members from the section down to the value. Empty for the section itself.
    members: Vec<&'n Member>,
    node: &'n Node,
}

/// Reports keys and values that the connector does not accept.
pub(super) fn check(
    root: &Node,
    connector: &ConnectorKey,
    schemas: &Schemas<'_>,
    usage: &Usage,
    diagnostics: &mut Diagnostics,
) {
    let Some(schema) = schemas.of(connector) else {
        return;
    };
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
    if schema.validator.is_valid(&document) {
        return;
    }
    report(Checked { root, connector, schema: &schema }, &document, diagnostics);
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

/// Warns of missing keys that every documented example has, if the instance does not exist yet. A schema
/// in the repository itself states which keys are required.
pub(super) fn check_likely_fields(
    wanted: &DesiredInstance,
    range: TextRange,
    schemas: &Schemas<'_>,
    diagnostics: &mut Diagnostics,
) {
    let Some(shape) = schemas.built_in_shape(&wanted.connector) else {
        return;
    };
    let value = |key: &str| wanted.configuration.get(key).map(|field| &field.value);
    let applies = |when: &Condition| {
        let given = value(&when.key).and_then(ConfigurationValue::render_secrets);
        given.is_some_and(|given| given.expose().eq_ignore_ascii_case(&when.value))
    };
    let likely = shape.properties.iter().filter(|(key, property)| {
        property.requirement == Requirement::Likely
            && property.when.as_ref().is_none_or(applies)
            && value(key).is_none()
    });
    let names: Vec<_> = likely.map(|(key, _)| quoted(key).to_string()).collect();
    if !names.is_empty() && wanted.adopt.is_none() {
        let message = format!("{} usually needs {}", quoted(&wanted.connector), names.join(", "));
        let them = if names.len() == 1 { "it" } else { "them" };
        let help =
            format!("add {them}: without {them}, the platform would probably reject the create");
        let diagnostic = Diagnostic::new(Code::LikelyMissingField, range, message)
            .label("missing here")
            .help(help);
        diagnostics.add(diagnostic);
    }
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
    if matches!(&node.kind, NodeKind::Text(text) if text.contains(OPENING)) {
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
    let first = &members.first()?.name;
    let section = SECTIONS.into_iter().find(|section| section == first)?;
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

/// Follows a JSON pointer. Returns the members on the path and the value at its end.
fn follow<'n>(root: &'n Node, pointer: &str) -> Option<(Vec<&'n Member>, &'n Node)> {
    let names = pointer.split('/').skip(1).map(|name| name.replace("~1", "/").replace("~0", "~"));
    let (mut members, mut node) = (Vec::new(), root);
    for name in names {
        if let NodeKind::List(items) = &node.kind {
            node = items.get(name.parse::<usize>().ok()?)?;
        } else {
            let member = member(node, &name)?;
            members.push(member);
            node = &member.value;
        }
    }
    Some((members, node))
}

fn member<'n>(node: &'n Node, name: &str) -> Option<&'n Member> {
    members(node).iter().find(|member| member.name == name)
}

fn members(node: &Node) -> &[Member] {
    match &node.kind {
        NodeKind::Map(members) => members,
        _ => &[],
    }
}

impl Violated<'_> {
    /// The key in the section.
    fn key(&self) -> Option<&str> {
        self.members.first().map(|member| member.name.as_str())
    }

    fn rule<'s>(&self, schema: &'s ConnectorSchema) -> Option<&'s Value> {
        schema.property(self.section, self.key()?)
    }

    fn is_secret(&self, schema: &ConnectorSchema) -> bool {
        let secret = self.rule(schema).and_then(|rule| rule.get("writeOnly"));
        secret == Some(&Value::Bool(true))
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
        if matches!(&self.node.kind, NodeKind::Text(text) if text.contains(OPENING)) {
            return None;
        }
        let (connector, key) = (quoted(&checked.connector), self.key()?);
        let message = format!("this is not a valid value for {} of {connector}", quoted(&key));
        let diagnostic = Diagnostic::new(Code::InvalidValue, self.node.range, message);
        let rule = self.rule(checked.schema)?;
        let options = options(rule);
        if options.is_empty() {
            let diagnostic = match self.node.kind {
                NodeKind::Text(_) => diagnostic,
                _ => diagnostic.label(format!("this is {}", self.node.noun())),
            };
            let advice = ["patternErrorMessage", "errorMessage"];
            let advice = advice.into_iter().find_map(|key| text(rule, key));
            return Some(diagnostic.help(advice.unwrap_or_else(|| types(rule))));
        }
        let written = match &self.node.kind {
            NodeKind::Text(text) => text.as_str(),
            _ => "",
        };
        let mut words: Vec<_> =
            options.iter().take(MAX_OPTIONS).map(|word| quoted(word).to_string()).collect();
        if options.len() > MAX_OPTIONS {
            words.push(format!("and {} more", options.len() - MAX_OPTIONS));
        }
        let diagnostic = diagnostic.suggest(closest(written, options.iter().copied()));
        Some(diagnostic.help(format!("write one of {}", words.join(", "))))
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
    let noun = if section == "configuration" { "configuration key" } else { "grant" };
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
        && schema.property("configuration", "event.notification.enabled").is_none();
    Some(if has_no_events {
        let connector = quoted(&connector);
        diagnostic.help(format!("remove the line: the catalog has no events for {connector}"))
    } else {
        diagnostic.help(format!(
            "run `ocon schema pull {connector}` to get the keys of your tenant: the platform accepts unknown keys silently"
        ))
    })
}

/// The fix for a key that is certainly misplaced: a key of the document, or the first part of
/// a key with dots that was split into nested maps.
fn misplaced(member: &Member, section: &str, schema: &ConnectorSchema) -> Option<String> {
    let name = member.name.as_str();
    if DOCUMENT_KEYS.contains(&name) {
        return Some(format!(
            "indent {} like {}: it is a key of the document",
            quoted(&name),
            quoted(&section)
        ));
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

/// A node as JSON, without resolving references.
fn json(node: &Node) -> Value {
    match &node.kind {
        NodeKind::Null => Value::Null,
        NodeKind::Bool(flag) => Value::Bool(*flag),
        NodeKind::Number(number) => Value::Number(number.clone()),
        NodeKind::Text(text) => Value::String(text.clone()),
        NodeKind::List(items) => items.iter().map(json).collect(),
        NodeKind::Map(members) => {
            members.iter().map(|member| (member.name.clone(), json(&member.value))).collect()
        }
    }
}
