//! `lifecycle`: the protection of an instance and its ignored fields.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::node_reader::{first_line, missing_key, wrong_type};
use super::{
    Code, Diagnostic, IgnoredField, Lifecycle, Member, Node, NodeKind, NodeReader, TextRange,
    unknown_keys,
};
use crate::safe_text::quoted;

/// Reads `lifecycle`. An ignored path must be declared in `document`.
pub(super) fn read(
    reader: &mut NodeReader<'_>,
    node: &Node,
    document: &[Member],
) -> Option<Lifecycle> {
    let members = reader.map(node, "`lifecycle`", "write `protect` or `ignore` below it")?;
    let known = ["protect", "ignore"];
    unknown_keys::check(reader.diagnostics, members, &known, "`lifecycle`", |_| None);
    let value = |name| members.iter().find(|it| it.name == name).map(|member| &member.value);
    let protect = value("protect").map_or(Some(false), |node| reader.boolean(node, "protect"));
    let ignore = value("ignore")
        .map_or(Some(Vec::new()), |node| ignored_fields(reader, node, &declared_paths(document)));
    Some(Lifecycle { protect: protect?, ignore: ignore? })
}

fn ignored_fields(
    reader: &mut NodeReader<'_>,
    node: &Node,
    declared: &BTreeSet<String>,
) -> Option<Vec<IgnoredField>> {
    let NodeKind::List(items) = &node.kind else {
        let help = "write `- path: …` and `reason: …` below it";
        return reader.diagnostics.reject(wrong_type(node, "`ignore`", "a list").help(help));
    };
    let entries: Vec<_> = items.iter().map(|item| ignored_field(reader, item, declared)).collect();
    let mut current = Vec::new();
    for (entry, range) in entries.into_iter().collect::<Option<Vec<_>>>()? {
        if entry.until.as_deref().is_some_and(|day| day < reader.inputs.today) {
            reader.diagnostics.add(expired_ignore(range, &entry.path));
        } else {
            current.push(entry);
        }
    }
    Some(current)
}

/// Reads one entry. The range is that of `until`, or else of the entry.
fn ignored_field(
    reader: &mut NodeReader<'_>,
    node: &Node,
    declared: &BTreeSet<String>,
) -> Option<(IgnoredField, TextRange)> {
    let what = "an entry of `ignore`";
    let help = "write `path:` and `reason:`, and `until:` if it should end";
    let members = reader.map(node, what, help)?;
    let known = ["path", "reason", "until"];
    unknown_keys::check(reader.diagnostics, members, &known, what, |_| None);
    let first = first_line(node);
    let value =
        |name: &str| members.iter().find(|member| member.name == name).map(|member| &member.value);
    for name in ["path", "reason"] {
        if value(name).is_none() {
            reader.diagnostics.add(missing_key(first, name, "this entry of `ignore`"));
        }
    }
    let path = value("path").and_then(|node| path(reader, node, declared));
    let reason = value("reason").and_then(|node| reader.public(node, "`reason`"));
    let (until, range) = match value("until") {
        Some(node) => (Some(until(reader, node)?), node.range),
        None => (None, first),
    };
    let at = reader.inputs.text.span(first);
    Some((IgnoredField { path: path?, reason: reason?, until, at }, range))
}

fn path(reader: &mut NodeReader<'_>, node: &Node, declared: &BTreeSet<String>) -> Option<String> {
    let path = reader.public(node, "`path`")?;
    if declared.contains(&path) {
        return Some(path);
    }
    let nearest = reader.diagnostics.closest(&path, declared.iter().map(String::as_str));
    let message = format!("this document does not declare {}", quoted(&path));
    let diagnostic = Diagnostic::new(Code::UnknownPath, node.range, message)
        .quoting(&path)
        .suggest(nearest)
        .help("write `name`, `tags` or `configuration.KEY`: fields that are not declared are never compared");
    reader.diagnostics.reject(diagnostic)
}

fn until(reader: &mut NodeReader<'_>, node: &Node) -> Option<String> {
    let date = reader.public(node, "`until`")?;
    if is_date(&date) {
        return Some(date);
    }
    let diagnostic = Diagnostic::new(Code::UnknownValue, node.range, "`until` must be a date")
        .help("write it as YYYY-MM-DD, for example `2027-03-31` (that day is included)");
    reader.diagnostics.reject(diagnostic)
}

fn expired_ignore(range: TextRange, path: &str) -> Diagnostic {
    let message = format!("{} is compared again: its `ignore` has expired", quoted(&path));
    Diagnostic::new(Code::ExpiredIgnore, range, message)
        .help("remove the entry, or write a later date and a current reason")
}

/// The fields of a document that are compared.
fn declared_paths(document: &[Member]) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for member in document {
        match (member.name.as_str(), &member.value.kind) {
            ("name" | "tags", _) => {
                paths.insert(member.name.clone());
            }
            ("configuration", NodeKind::Map(keys)) => {
                paths.extend(keys.iter().map(|key| format!("configuration.{}", key.name)));
            }
            _ => {}
        }
    }
    paths
}

/// Whether the text is an existing day, as `YYYY-MM-DD`. Such dates sort as text.
fn is_date(text: &str) -> bool {
    text.parse::<Date>().is_ok_and(|date| date.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_existing_days_are_dates() {
        for good in ["2026-11-23", "2024-02-29", "2000-02-29"] {
            assert!(is_date(good), "{good}");
        }
        let bad = "2026-1-1 2026-02-29 1900-02-29 2026-13-01 2026-00-10 2026-01-00 2026-01-01- \
                   tomorrow +026-01-01 20260101 2026-01-01T00:00 12026-01-01";
        for bad in bad.split(' ').chain([""]) {
            assert!(!is_date(bad), "{bad}");
        }
    }
}
