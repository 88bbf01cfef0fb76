//! Renders problems as workflow commands, which GitHub shows at the lines of a pull request.
//!
//! One line per problem: `::error file=…,line=…,col=…,endColumn=…,title=…::message`. Paths and messages
//! contain text from files. Everything that could end a property, a command or a line is encoded as
//! the runner decodes it, so no text can become a command.

use crate::report::json::Diagnostic;
use crate::safe_text::escaped;

/// Renders the problems in the given order.
pub fn render(problems: &[Diagnostic]) -> String {
    problems.iter().map(line).collect()
}

fn line(problem: &Diagnostic) -> String {
    let place = &problem.place;
    let mut properties: Vec<String> = place.file.iter().map(|path| file(path)).collect();
    if let Some((line, column)) = place.start() {
        properties.push(format!("line={line},col={column}"));
        properties.extend(place.end_column.map(|end| format!("endColumn={end}")));
    }
    properties.push(format!("title={}", problem.code));
    command(problem.severity.as_str(), &properties, &message(problem))
}

pub(in crate::report) fn command(name: &str, properties: &[String], message: &str) -> String {
    format!("::{name} {}::{}\n", properties.join(","), data(message))
}

pub(in crate::report) fn file(path: &str) -> String {
    format!("file={}", property(path))
}

/// Returns the message with label, related place and help: the pull request shows no marks.
fn message(problem: &Diagnostic) -> String {
    let mut message = problem.message.clone();
    if let Some(label) = &problem.label {
        message.push_str(&format!(" ({label})"));
    }
    if let Some(related) = &problem.related {
        let file = related.place.file.as_deref().unwrap_or_default();
        let (line, column) = related.place.start().unwrap_or((1, 1));
        message.push_str(&format!("\n{}: {file}:{line}:{column}", related.label));
    }
    for help in &problem.help {
        message.push_str(&format!("\nhelp: {help}"));
    }
    message
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Encodes a message. The only control characters that [`escaped`] leaves are line breaks.
fn data(text: &str) -> String {
    escaped(text).replace('%', "%25").replace('\n', "%0A")
}
