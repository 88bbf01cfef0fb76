//! The document of the problems in files.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::desired::{Code, Excerpt, Problem, Severity};
use crate::instance::Span;

/// The problems that ocon found in the files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "ocon diagnostics")]
pub struct DiagnosticsDocument {
    /// Always `ocon-diagnostics`.
    #[schemars(extend("const" = "ocon-diagnostics"))]
    pub format: String,
    /// Version of this format: 1.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// The counters.
    pub summary: DiagnosticsSummary,
    /// The problems, ordered by place.
    pub problems: Vec<Diagnostic>,
}

/// The counters of a diagnostics document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DiagnosticsSummary {
    /// Documents in the files. Null if the problems ended the command.
    pub documents: Option<usize>,
    /// Problems that end the command.
    pub errors: usize,
    /// Problems that do not end the command.
    pub warnings: usize,
}

/// A problem in one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Diagnostic {
    /// The diagnostic code. `ocon explain` describes each.
    pub code: Code,
    /// The severity.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// The file, relative to the folder in which ocon runs. Null if the problem is not about a file.
    pub file: Option<String>,
    /// The line, from 1. Null if the problem is the file as a whole.
    #[schemars(range(min = 1))]
    pub line: Option<usize>,
    /// The first column, from 1, in characters.
    #[schemars(range(min = 1))]
    pub column: Option<usize>,
    /// The column after the last one. Null if it is not known.
    #[schemars(range(min = 2))]
    pub end_column: Option<usize>,
    /// A remark about the place.
    pub label: Option<String>,
    /// What to do about it.
    pub help: Vec<String>,
    /// Another place that belongs to the problem.
    pub related: Option<RelatedPlace>,
    /// The line. JSON omits it because its readers have the files.
    #[serde(skip)]
    pub excerpt: Option<Excerpt>,
}

/// A second place of a problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RelatedPlace {
    /// The file.
    pub file: Option<String>,
    /// The line, from 1.
    #[schemars(range(min = 1))]
    pub line: Option<usize>,
    /// The first column, from 1, in characters.
    #[schemars(range(min = 1))]
    pub column: Option<usize>,
    /// The column after the last one. Null if it is not known.
    #[schemars(range(min = 2))]
    pub end_column: Option<usize>,
    /// How the place is related to the problem.
    pub label: String,
    /// The line. JSON omits it because its readers have the files.
    #[serde(skip)]
    pub excerpt: Option<Excerpt>,
}

/// A place of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) struct Location<'a> {
    pub(in crate::report) file: &'a str,
    /// The first line and column; `None` for the file as a whole.
    pub(in crate::report) start: Option<(usize, usize)>,
    pub(in crate::report) end_column: Option<usize>,
    pub(in crate::report) excerpt: Option<&'a Excerpt>,
}

impl Diagnostic {
    /// Returns the place; `None` if the problem is not about a file.
    pub(in crate::report) fn location(&self) -> Option<Location<'_>> {
        let Self { file, line, column, end_column, excerpt, .. } = self;
        location(file.as_deref(), *line, *column, *end_column, excerpt.as_ref())
    }
}

impl RelatedPlace {
    /// Returns the place.
    pub(in crate::report) fn location(&self) -> Option<Location<'_>> {
        let Self { file, line, column, end_column, excerpt, .. } = self;
        location(file.as_deref(), *line, *column, *end_column, excerpt.as_ref())
    }
}

fn location<'a>(
    file: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
    end_column: Option<usize>,
    excerpt: Option<&'a Excerpt>,
) -> Option<Location<'a>> {
    Some(Location { file: file?, start: line.zip(column), end_column, excerpt })
}

impl DiagnosticsDocument {
    /// Creates the document for these problems, in the given order, in files with so many documents.
    pub fn new(documents: Option<usize>, problems: &[Problem]) -> Self {
        let count =
            |severity| problems.iter().filter(|problem| problem.severity == severity).count();
        Self {
            format: "ocon-diagnostics".to_owned(),
            version: 1,
            summary: DiagnosticsSummary {
                documents,
                errors: count(Severity::Error),
                warnings: count(Severity::Warning),
            },
            problems: problems.iter().map(diagnostic).collect(),
        }
    }
}

fn diagnostic(problem: &Problem) -> Diagnostic {
    let region = region(&problem.at, problem.excerpt.as_ref());
    Diagnostic {
        code: problem.code,
        severity: problem.severity,
        message: problem.message.clone(),
        file: file(&problem.at),
        line: region.map(|region| region.line),
        column: region.map(|region| region.column),
        end_column: region.and_then(|region| region.end_column),
        label: problem.label.clone(),
        help: problem.help.clone(),
        related: problem.related.as_ref().map(|related| {
            let region = self::region(&related.at, related.excerpt.as_ref());
            RelatedPlace {
                file: file(&related.at),
                line: region.map(|region| region.line),
                column: region.map(|region| region.column),
                end_column: region.and_then(|region| region.end_column),
                label: related.label.clone(),
                excerpt: related.excerpt.clone(),
            }
        }),
        excerpt: problem.excerpt.clone(),
    }
}

fn file(at: &Span) -> Option<String> {
    (!at.file.is_empty()).then(|| at.file.to_string())
}

/// A part of a line. Lines and columns count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Region {
    line: usize,
    column: usize,
    /// The column after the last one, if the line is available. A secret counts as one character, so
    /// the column does not reveal its length.
    end_column: Option<usize>,
}

/// Returns the marked part of a line; `None` for the file as a whole.
fn region(at: &Span, excerpt: Option<&Excerpt>) -> Option<Region> {
    let (line, column) = (at.line, at.column);
    let Some(excerpt) = excerpt else {
        return (line > 1 || column > 1).then_some(Region { line, column, end_column: None });
    };
    let marked = excerpt.line.get(excerpt.start..excerpt.end).unwrap_or_default();
    Some(Region { line, column, end_column: Some(column + marked.chars().count().max(1)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_counts_characters_and_a_secret_as_one() {
        let span = |line, column| Span { file: "instances/a.yaml".into(), line, column };
        let of = |line: &str, marked: &str| {
            let start = line.find(marked).unwrap();
            let excerpt = Excerpt { line: line.to_owned(), start, end: start + marked.len() };
            region(&span(3, 5), Some(&excerpt))
        };
        let region_to = |end| Some(Region { line: 3, column: 5, end_column: Some(end) });
        assert_eq!(of("größe: 日本", "größe"), region_to(10));
        assert_eq!(of("password: …", "…"), region_to(6));
        assert_eq!(of("nothing: ", ""), region_to(6));
        let unknown = Some(Region { line: 3, column: 1, end_column: None });
        assert_eq!(region(&span(3, 1), None), unknown);
        assert_eq!(region(&span(1, 1), None), None);
    }
}
