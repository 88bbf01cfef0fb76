//! Whether `configuration` and `providerData` are what the connector takes.
//!
//! In: a document and the schema of its connector. Out: findings at the keys and values that do not
//! fit, in words of our own: the schema decides, and what it says beside the rule explains.

mod rule;

use std::collections::{BTreeMap, HashSet};

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Broken;
use serde_json::Value;

use self::rule::{options, text, types};
use super::document::{KEYS, Reader, first_line};
use super::reference::OPENING;
use super::schemas::ConnectorSchema;
use super::text::{Finding, MOST_FINDINGS, Mark, Notes};
use super::yaml::{Kind, Member, Node};
use super::{Code, DesiredInstance};
use crate::catalog::{Condition, Need, closest, platform_written};
use crate::instance::ConnectorKey;
use crate::untrusted::quoted;

/// The sections that a connector has a say in.
const SECTIONS: [&str; 2] = ["configuration", "providerData"];

/// The keys that any document has, whatever its connector.
const EVERYWHERE: [&str; 2] = ["connector", "name"];

/// How many characters of a rule that somebody else wrote are told.
const LONGEST_RULE: usize = 300;

/// How many of the words that a key takes are told.
const MOST_WORDS: usize = 20;

/// Where a rule was broken, and by what.
struct Place<'n> {
    section: &'static str,
    /// The members from the section down to the value; empty for the section itself.
    members: Vec<&'n Member>,
    node: &'n Node,
}

impl Reader<'_, '_> {
    /// Reports what the connector does not take.
    pub(super) fn conform(&mut self, root: &Node, connector: &ConnectorKey) {
        let Some(schema) = self.context.schemas.of(connector) else {
            return;
        };
        // All that is told one by one is found already.
        if self.notes.is_full() {
            return;
        }
        let (values, bytes) = (root.values(), root.bytes());
        if !schema.can_check(values, bytes) {
            let message = format!(
                "this document is too large for the schema of {connector}",
                connector = quoted(&connector)
            );
            let finding = Finding::new(Code::FileTooLarge, first_line(root), message);
            self.notes.add(finding.help("an instance file has a few kilobytes"));
            return;
        }
        schema.count(values, bytes, self.context.totals);
        if self.context.totals.is_exceeded() {
            return;
        }
        let document = json(root);
        if schema.validator.is_valid(&document) {
            return;
        }
        let is_there = member(root, "id").is_some();
        let before = self.notes.findings.len();
        let mut missing: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for error in schema.validator.iter_errors(&document) {
            if let Broken::Required { property: Value::String(name) } = error.kind() {
                let names = missing.entry(error.instance_path().to_string()).or_default();
                names.push(name.clone());
            }
            if self.notes.is_full() {
                continue;
            }
            for finding in findings(&error, root, connector, &schema, self.notes) {
                self.add_news(finding, before);
            }
        }
        // What is not declared of an instance that is there is left alone.
        for (path, mut names) in missing.into_iter().filter(|_| !is_there) {
            names.sort();
            names.dedup();
            self.notes.findings.extend(missing_fields(&path, &names, root, connector));
        }
    }

    /// Warns of keys that every documented example has, where an instance is still to be created. A
    /// schema in the repository says itself what is needed.
    pub(super) fn likely_missing(&mut self, wanted: &DesiredInstance, mark: Mark) {
        let Some(shape) = self.context.schemas.built_in_shape(&wanted.connector) else {
            return;
        };
        let value = |key: &str| wanted.configuration.get(key).map(|field| &field.value);
        let applies = |when: &Condition| {
            let given = value(&when.key).and_then(crate::instance::Value::render_secrets);
            given.is_some_and(|given| given.expose().eq_ignore_ascii_case(&when.value))
        };
        let likely = shape.properties.iter().filter(|(key, property)| {
            property.need == Need::Likely
                && property.when.as_ref().is_none_or(applies)
                && value(key).is_none()
        });
        let names: Vec<_> = likely.map(|(key, _)| quoted(key).to_string()).collect();
        if !names.is_empty() && wanted.adopt.is_none() {
            let message =
                format!("{} as a rule needs {}", quoted(&wanted.connector), names.join(", "));
            let finding =
                Finding::new(Code::LikelyMissingField, mark, message).label("not in here");
            self.notes.add(finding.help("the platform would refuse to create the instance"));
        }
    }

    /// Adds a finding unless one of the first `before`, or the same from another rule, says it.
    fn add_news(&mut self, finding: Finding, before: usize) {
        let (loader, schema) = self.notes.findings.split_at(before);
        let mark = finding.mark();
        let known = finding.judges_a_value() && loader.iter().any(|known| known.is_within(mark));
        if !known && !schema.iter().any(|other| other.repeats(&finding)) {
            self.notes.add(finding);
        }
    }
}

/// What to say of a broken rule: nothing where the loader knows better.
fn findings(
    error: &ValidationError<'_>,
    root: &Node,
    connector: &ConnectorKey,
    schema: &ConnectorSchema,
    notes: &mut Notes,
) -> Vec<Finding> {
    let path = error.instance_path().to_string();
    // All that are missing are named at once.
    if matches!(error.kind(), Broken::Required { .. }) {
        return Vec::new();
    }
    let Some(place) = place(root, &path) else {
        return other_rule(error, root, connector, schema).into_iter().collect();
    };
    match error.kind() {
        Broken::AdditionalProperties { unexpected }
        | Broken::UnevaluatedProperties { unexpected } => {
            let unexpected: HashSet<_> = unexpected.iter().map(String::as_str).collect();
            let is_unknown = |member: &&Member| unexpected.contains(member.name.as_str());
            let unknown = members(place.node).iter().filter(is_unknown).take(MOST_FINDINGS + 1);
            unknown
                .filter_map(|member| unknown_field(member, &place, connector, schema, notes))
                .collect()
        }
        Broken::Not { .. } | Broken::FalseSchema => {
            place.refused(connector, schema).into_iter().collect()
        }
        Broken::Pattern { .. } if place.is_secret(schema) => Vec::new(),
        _ if place.rule(schema).is_none() => {
            other_rule(error, root, connector, schema).into_iter().collect()
        }
        _ => place.unfit(connector, schema).into_iter().collect(),
    }
}

/// A rule that is not one of a key: only somebody who wrote it into the repository knows more of it
/// than the loader.
fn other_rule(
    error: &ValidationError<'_>,
    root: &Node,
    connector: &ConnectorKey,
    schema: &ConnectorSchema,
) -> Option<Finding> {
    let (members, node) = judged(root, &error.instance_path().to_string())?;
    let told = match error.kind() {
        Broken::AdditionalProperties { .. } => members.is_empty(),
        Broken::Type { .. } => members.len() == 1,
        // A tag that is repeated is one tag, whatever an older schema says.
        Broken::UniqueItems => members.first().is_some_and(|member| member.name == "tags"),
        _ => false,
    };
    if schema.is_built_in() || told {
        return None;
    }
    if matches!(&node.kind, Kind::Text(text) if text.contains(OPENING)) {
        return None;
    }
    let mark = match (&node.kind, members.last()) {
        (Kind::Map(_) | Kind::List(_), Some(member)) => member.mark,
        (_, Some(_)) => node.mark,
        (_, None) => first_line(root),
    };
    let message = format!(
        "the schema of {connector} in this repository does not allow this",
        connector = quoted(&connector)
    );
    let rule: String = error.masked_with("it").to_string().chars().take(LONGEST_RULE).collect();
    Some(Finding::new(Code::InvalidValue, mark, message).help(format!("its rule says: {rule}")))
}

/// Follows a JSON pointer into the document; `None` outside of the sections.
fn place<'n>(root: &'n Node, pointer: &str) -> Option<Place<'n>> {
    let (mut members, node) = walk(root, pointer)?;
    let first = &members.first()?.name;
    let section = SECTIONS.into_iter().find(|section| section == first)?;
    members.remove(0);
    Some(Place { section, members, node })
}

/// Follows a JSON pointer, except into the one part whose rules only the loader has.
fn judged<'n>(root: &'n Node, pointer: &str) -> Option<(Vec<&'n Member>, &'n Node)> {
    walk(root, pointer).filter(|(members, _)| members.first().is_none_or(|m| m.name != "lifecycle"))
}

/// Follows a JSON pointer; the members on the way and the value at its end.
fn walk<'n>(root: &'n Node, pointer: &str) -> Option<(Vec<&'n Member>, &'n Node)> {
    let names = pointer.split('/').skip(1).map(|name| name.replace("~1", "/").replace("~0", "~"));
    let (mut members, mut node) = (Vec::new(), root);
    for name in names {
        if let Kind::List(items) = &node.kind {
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
        Kind::Map(members) => members,
        _ => &[],
    }
}

impl Place<'_> {
    /// The key of the section that the place is in.
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

    fn refused(&self, connector: &ConnectorKey, schema: &ConnectorSchema) -> Option<Finding> {
        let [member] = self.members.as_slice() else {
            return self.unfit(connector, schema);
        };
        let message = format!(
            "{connector} does not take the key {}",
            quoted(&member.name),
            connector = quoted(&connector)
        );
        let advice = self.rule(schema).and_then(|rule| text(rule, "deprecationMessage"));
        let finding = Finding::new(Code::RefusedField, member.mark, message);
        Some(match advice {
            Some(advice) => finding.help(advice),
            None => finding.help("remove the line"),
        })
    }

    fn unfit(&self, connector: &ConnectorKey, schema: &ConnectorSchema) -> Option<Finding> {
        // What a reference will yield is not known here.
        if matches!(&self.node.kind, Kind::Text(text) if text.contains(OPENING)) {
            return None;
        }
        let key = self.key()?;
        let message = format!(
            "this is no value for {key} of {connector}",
            key = quoted(&key),
            connector = quoted(&connector)
        );
        let finding = Finding::new(Code::InvalidValue, self.node.mark, message);
        let rule = self.rule(schema)?;
        let options = options(rule);
        if options.is_empty() {
            let finding = match self.node.kind {
                Kind::Text(_) => finding,
                _ => finding.label(format!("this is {}", self.node.noun())),
            };
            let advice = ["patternErrorMessage", "errorMessage"];
            let advice = advice.into_iter().find_map(|key| text(rule, key));
            let advice = advice.unwrap_or_else(|| types(rule));
            return Some(finding.help(advice));
        }
        let written = match &self.node.kind {
            Kind::Text(text) => text.as_str(),
            _ => "",
        };
        let mut words: Vec<_> =
            options.iter().take(MOST_WORDS).map(|word| quoted(word).to_string()).collect();
        if options.len() > MOST_WORDS {
            words.push(format!("and {} more", options.len() - MOST_WORDS));
        }
        let finding = finding.suggest(closest(written, options.iter().copied()));
        Some(finding.help(format!("it takes {}", words.join(", "))))
    }
}

fn unknown_field(
    member: &Member,
    place: &Place<'_>,
    connector: &ConnectorKey,
    schema: &ConnectorSchema,
    notes: &mut Notes,
) -> Option<Finding> {
    let name = member.name.as_str();
    // Of those there is a warning already.
    if platform_written(name) {
        return None;
    }
    if !place.members.is_empty() {
        return place.unfit(connector, schema);
    }
    let what = if place.section == "configuration" { "configuration key" } else { "grant" };
    let message = format!(
        "{connector} documents no {what} {name}",
        connector = quoted(&connector),
        name = quoted(&name)
    );
    if let Some(advice) = misplaced(member, place.section, schema) {
        return Some(Finding::new(Code::RefusedField, member.mark, message).help(advice));
    }
    let finding = Finding::new(Code::UnknownField, member.mark, message);
    let nearest = notes.closest(name, schema.keys(place.section));
    if nearest.is_some() {
        return Some(finding.suggest(nearest));
    }
    let no_events = name.starts_with("event.")
        && schema.property("configuration", "event.notification.enabled").is_none();
    Some(if no_events {
        finding.help(format!(
            "the catalogue knows of no events of {connector}",
            connector = quoted(&connector)
        ))
    } else {
        finding.help(format!(
            "the platform takes any key in silence; `ocon schema pull {connector}` reads those of your tenant"
        ))
    })
}

/// What to do with a key that is certainly at the wrong place: one of the document, or the first part
/// of one with dots, taken apart into maps.
fn misplaced(member: &Member, section: &str, schema: &ConnectorSchema) -> Option<String> {
    let name = member.name.as_str();
    if KEYS.contains(&name) {
        return Some(format!(
            "{name} is a key of the document: it begins in the column in which {section} begins",
            name = quoted(&name),
            section = quoted(&section)
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
    let apart = is_part && path.len() > name.len();
    apart.then(|| {
        format!("keys are flat, their dots included: write {}", quoted(format!("{path}: …")))
    })
}

/// The keys that a section lacks, or the section itself.
fn missing_fields(
    path: &str,
    names: &[String],
    root: &Node,
    connector: &ConnectorKey,
) -> Option<Finding> {
    // What every document needs is told already.
    let own: Vec<_> = names
        .iter()
        .filter(|name| !path.is_empty() || !EVERYWHERE.contains(&name.as_str()))
        .collect();
    let mark = match path {
        _ if own.is_empty() => return None,
        "" => first_line(root),
        path => judged(root, path)?.0.last()?.mark,
    };
    let names: Vec<_> = own.iter().map(|name| quoted(name).to_string()).collect();
    let noun = if names.len() == 1 { "the key" } else { "the keys" };
    let message =
        format!("{connector} needs {noun} {}", names.join(", "), connector = quoted(&connector));
    Some(Finding::new(Code::MissingField, mark, message).label("not in here"))
}

/// A node as an editor would read it.
fn json(node: &Node) -> Value {
    match &node.kind {
        Kind::Null => Value::Null,
        Kind::Bool(flag) => Value::Bool(*flag),
        Kind::Number(number) => Value::Number(number.clone()),
        Kind::Text(text) => Value::String(text.clone()),
        Kind::List(items) => items.iter().map(json).collect(),
        Kind::Map(members) => {
            members.iter().map(|member| (member.name.clone(), json(&member.value))).collect()
        }
    }
}
