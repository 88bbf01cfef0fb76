//! Renders problems in the Static Analysis Results Interchange Format (SARIF) 2.1.0, for code scanning.
//!
//! There is one run. Each diagnostic code that occurs is a rule, with its section of
//! `docs/diagnostics.md` as help.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::desired::Code;
use crate::report::explanation;
use crate::report::json::{self, Diagnostic, DiagnosticPlace, FailureDocument};
use crate::report::style::percent_encoded;
use crate::safe_text::escaped;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Renders the problems in the given order.
pub fn render(problems: &[Diagnostic]) -> String {
    let codes: BTreeSet<Code> = problems.iter().map(|problem| problem.code).collect();
    let codes: Vec<Code> = codes.into_iter().collect();
    let results: Vec<_> = problems.iter().map(|problem| result(problem, &codes)).collect();
    log(&json!({ "tool": tool(&codes), "columnKind": "unicodeCodePoints", "results": results }))
}

/// Renders a command that failed before it could check the files, as an unsuccessful run without results.
pub fn failure(failure: &FailureDocument) -> String {
    let causes = failure.causes.iter().map(|cause| format!("\ncaused by: {cause}"));
    let hints = failure.hints.iter().map(|hint| format!("\nhint: {hint}"));
    let text: String =
        std::iter::once(failure.message.clone()).chain(causes).chain(hints).collect();
    log(&json!({
        "tool": tool(&[]),
        "columnKind": "unicodeCodePoints",
        "invocations": [{
            "executionSuccessful": false,
            "exitCode": failure.exit,
            "toolExecutionNotifications": [{
                "descriptor": { "id": failure.code },
                "level": "error",
                "message": { "text": plain(&text) },
            }],
        }],
    }))
}

/// The file with one run.
fn log(run: &Value) -> String {
    json::render(&json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] }))
}

fn tool(codes: &[Code]) -> Value {
    json!({ "driver": {
        "name": "ocon",
        "version": env!("CARGO_PKG_VERSION"),
        "rules": codes.iter().map(|code| rule(*code)).collect::<Vec<_>>(),
    }})
}

fn rule(code: Code) -> Value {
    let mut rule = json!({
        "id": code,
        "defaultConfiguration": { "level": code.level().severity() },
    });
    if let Some(explanation) = explanation::of(code.as_str()) {
        rule["shortDescription"] = json!({ "text": explanation.summary() });
        rule["help"] = json!({ "text": explanation.text, "markdown": explanation.text });
    }
    rule
}

fn result(problem: &Diagnostic, codes: &[Code]) -> Value {
    let mut result = json!({
        "ruleId": problem.code,
        "ruleIndex": codes.binary_search(&problem.code).ok(),
        "level": problem.severity,
        "message": { "text": plain(&message(problem)) },
    });
    if problem.place.file.is_some() {
        result["locations"] = json!([location(&problem.place)]);
    }
    if let Some(related) = &problem.related {
        let mut location = location(&related.place);
        location["message"] = json!({ "text": plain(&related.label) });
        result["relatedLocations"] = json!([location]);
    }
    result
}

fn message(problem: &Diagnostic) -> String {
    let label = problem.label.iter().map(|label| format!(" ({label})"));
    let help = problem.help.iter().map(|help| format!("\nhelp: {help}"));
    std::iter::once(problem.message.clone()).chain(label).chain(help).collect()
}

/// Breaks `[text](target)`: SARIF viewers show it as a link, and text from a file must not become one.
fn plain(text: &str) -> String {
    escaped(text).replace("](", "] (")
}

fn location(at: &DiagnosticPlace) -> Value {
    let mut physical =
        json!({ "artifactLocation": artifact(at.file.as_deref().unwrap_or_default()) });
    if let Some((line, column)) = at.start() {
        let mut region = json!({ "startLine": line, "startColumn": column });
        if let Some(end) = at.end_column {
            region["endColumn"] = json!(end);
        }
        physical["region"] = region;
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
