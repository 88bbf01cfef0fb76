//! Problems as workflow commands, which GitHub shows at the lines of a pull request.
//!
//! `::error file=…,line=…,col=…,endColumn=…,title=…::message`, one line per problem. Paths and
//! messages hold text from files: whatever could end a property, a command or a line is written the
//! way the runner decodes it, and no text can become a command of its own.

use super::json::severity;
use super::region;
use crate::desired::Problem;
use crate::safe_text::escaped;

/// Writes the problems in the given order.
pub fn render(problems: &[Problem]) -> String {
    problems.iter().map(line).collect()
}

fn line(problem: &Problem) -> String {
    let mut properties = Vec::new();
    if !problem.at.file.is_empty() {
        properties.push(file(&problem.at.file));
    }
    if let Some(region) = region(&problem.at, problem.excerpt.as_ref()) {
        properties.push(format!("line={},col={}", region.line, region.column));
        properties.extend(region.end_column.map(|end| format!("endColumn={end}")));
    }
    properties.push(format!("title={}", problem.code));
    command(severity(problem.severity), &properties, &message(problem))
}

/// One command, on a line.
pub(in crate::report) fn command(name: &str, properties: &[String], message: &str) -> String {
    format!("::{name} {}::{}\n", properties.join(","), data(message))
}

/// The property that names a file.
pub(in crate::report) fn file(path: &str) -> String {
    format!("file={}", property(path))
}

/// What a reader of the pull request sees: there is no line below it that could be marked.
fn message(problem: &Problem) -> String {
    let mut message = problem.message.clone();
    if let Some(label) = &problem.label {
        message.push_str(&format!(" ({label})"));
    }
    if let Some(related) = &problem.related {
        let at = &related.at;
        message.push_str(&format!("\n{}: {}:{}:{}", related.label, at.file, at.line, at.column));
    }
    for help in &problem.help {
        message.push_str(&format!("\nhelp: {help}"));
    }
    message
}

/// Escapes the value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Escapes a message. Of the control characters only line breaks are left by [`escaped`].
fn data(text: &str) -> String {
    escaped(text).replace('%', "%25").replace('\n', "%0A")
}
