//! Problems in the Static Analysis Results Interchange Format, version 2.1.0, for code scanning.
//!
//! One run; one rule per code that occurs, described by its section of `docs/diagnostics.md`.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::json::severity;
use super::region;
use crate::desired::{Code, Excerpt, Problem};
use crate::instance::Span;
use crate::report::explanation;
use crate::report::json as document;
use crate::safe_text::escaped;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Writes the problems in the given order.
pub fn render(problems: &[Problem]) -> String {
    let codes: BTreeSet<Code> = problems.iter().map(|problem| problem.code).collect();
    let codes: Vec<Code> = codes.into_iter().collect();
    let results: Vec<_> = problems.iter().map(|problem| result(problem, &codes)).collect();
    document::render(&json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "ocon",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": codes.iter().map(|code| rule(*code)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    }))
}

fn rule(code: Code) -> Value {
    let mut rule = json!({
        "id": code.as_str(),
        "defaultConfiguration": { "level": severity(code.level().severity()) },
    });
    if let Some(explanation) = explanation::of(code.as_str()) {
        rule["shortDescription"] = json!({ "text": explanation.summary() });
        rule["help"] = json!({ "text": explanation.text, "markdown": explanation.text });
    }
    rule
}

fn result(problem: &Problem, codes: &[Code]) -> Value {
    let mut result = json!({
        "ruleId": problem.code.as_str(),
        "ruleIndex": codes.binary_search(&problem.code).ok(),
        "level": severity(problem.severity),
        "message": { "text": plain(&message(problem)) },
    });
    if !problem.at.file.is_empty() {
        result["locations"] = json!([location(&problem.at, problem.excerpt.as_ref())]);
    }
    if let Some(related) = &problem.related {
        let mut location = location(&related.at, related.excerpt.as_ref());
        location["message"] = json!({ "text": plain(&related.label) });
        result["relatedLocations"] = json!([location]);
    }
    result
}

fn message(problem: &Problem) -> String {
    let label = problem.label.iter().map(|label| format!(" ({label})"));
    let help = problem.help.iter().map(|help| format!("\nhelp: {help}"));
    std::iter::once(problem.message.clone()).chain(label).chain(help).collect()
}

/// Readers of the format take `[text](target)` in a message for a link, which a file must not set.
fn plain(text: &str) -> String {
    escaped(text).replace("](", "] (")
}

fn location(at: &Span, excerpt: Option<&Excerpt>) -> Value {
    let mut physical = Map::new();
    physical.insert("artifactLocation".to_owned(), artifact(&at.file));
    if let Some(region) = region(at, excerpt) {
        let mut piece = json!({ "startLine": region.line, "startColumn": region.column });
        if let Some(end) = region.end_column {
            piece["endColumn"] = json!(end);
        }
        physical.insert("region".to_owned(), piece);
    }
    json!({ "physicalLocation": physical })
}

fn artifact(file: &str) -> Value {
    let path = percent_encoded(file);
    if file.starts_with('/') {
        return json!({ "uri": format!("file://{path}") });
    }
    json!({ "uri": path, "uriBaseId": "%SRCROOT%" })
}

/// A path as a relative reference: nothing in it can be a scheme, a query or a fragment.
fn percent_encoded(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
