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
#[schemars(extend("additionalProperties" = false))]
pub struct Diagnostic {
    /// The diagnostic code. `ocon explain` describes each.
    pub code: Code,
    /// The severity.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// Where it is.
    #[serde(flatten)]
    pub place: DiagnosticPlace,
    /// A remark about the place.
    pub label: Option<String>,
    /// What to do about it.
    pub help: Vec<String>,
    /// Another place that belongs to the problem.
    pub related: Option<RelatedPlace>,
}

/// A second place of a problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("additionalProperties" = false))]
pub struct RelatedPlace {
    /// Where it is.
    #[serde(flatten)]
    pub place: DiagnosticPlace,
    /// How the place is related to the problem.
    pub label: String,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DiagnosticPlace {
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
    /// The line. JSON omits it because its readers have the files.
    #[serde(skip)]
    pub excerpt: Option<Excerpt>,
}

impl DiagnosticPlace {
    /// Creates the place. Without an excerpt, the start of a file means the file as a whole. A secret in
    /// the excerpt counts as one character, so the columns do not reveal its length.
    fn new(at: &Span, excerpt: Option<&Excerpt>) -> Self {
        let has_position = excerpt.is_some() || at.line > 1 || at.column > 1;
        let marked =
            excerpt.map(|excerpt| excerpt.line.get(excerpt.start..excerpt.end).unwrap_or_default());
        Self {
            file: (!at.file.is_empty()).then(|| at.file.to_string()),
            line: has_position.then_some(at.line),
            column: has_position.then_some(at.column),
            end_column: marked.map(|marked| at.column + marked.chars().count().max(1)),
            excerpt: excerpt.cloned(),
        }
    }

    /// Returns the line and the column; `None` for the file as a whole.
    pub(in crate::report) fn start(&self) -> Option<(usize, usize)> {
        self.line.zip(self.column)
    }
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
    Diagnostic {
        code: problem.code,
        severity: problem.severity,
        message: problem.message.clone(),
        place: DiagnosticPlace::new(&problem.at, problem.excerpt.as_ref()),
        label: problem.label.clone(),
        help: problem.help.clone(),
        related: problem.related.as_ref().map(|related| RelatedPlace {
            place: DiagnosticPlace::new(&related.at, related.excerpt.as_ref()),
            label: related.label.clone(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_a_secret_as_one() {
        let span = |line, column| Span { file: "instances/a.yaml".into(), line, column };
        let end = |line: &str, marked: &str| {
            let start = line.find(marked).unwrap();
            let excerpt = Excerpt { line: line.to_owned(), start, end: start + marked.len() };
            DiagnosticPlace::new(&span(3, 5), Some(&excerpt)).end_column
        };
        assert_eq!(end("größe: 日本", "größe"), Some(10));
        assert_eq!(end("password: …", "…"), Some(6));
        assert_eq!(end("nothing: ", ""), Some(6));
        let position = |line, column| {
            let place = DiagnosticPlace::new(&span(line, column), None);
            (place.start(), place.end_column)
        };
        assert_eq!(position(3, 1), (Some((3, 1)), None));
        assert_eq!(position(1, 1), (None, None));
    }
}
