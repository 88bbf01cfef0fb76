//! Problems as a document for scripts, of a fixed, versioned shape.
//!
//! `schemas/diagnostics.schema.json` is generated from the types below. Lines of files are not in
//! it: who reads the document has the files.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Region, region};
use crate::desired::{Excerpt, Problem, Severity};
use crate::instance::Span;

/// What ocon found in the files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "ocon diagnostics")]
pub struct Diagnostics {
    /// Always `ocon-diagnostics`.
    #[schemars(regex(pattern = "^ocon-diagnostics$"))]
    pub format: String,
    /// The version of this form; 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// How much was found.
    pub summary: DiagnosticsSummary,
    /// Everything that is wrong or looks wrong, by place.
    pub problems: Vec<Diagnostic>,
}

/// The numbers of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DiagnosticsSummary {
    /// Documents in the files; null where the problems ended the command.
    pub documents: Option<usize>,
    /// Problems that end the command.
    pub errors: usize,
    /// Problems that do not.
    pub warnings: usize,
}

/// One thing that is wrong, or looks wrong, in one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Diagnostic {
    /// The kind of problem; `ocon explain` describes each.
    pub code: String,
    /// How bad it is.
    #[schemars(regex(pattern = "^(error|warning)$"))]
    pub severity: String,
    /// The fact.
    pub message: String,
    /// The file, relative to the folder in which ocon runs; null where it is about no file.
    pub file: Option<String>,
    /// The line, from 1; null where it is the file as a whole.
    #[schemars(range(min = 1))]
    pub line: Option<usize>,
    /// The first column, from 1, in characters.
    #[schemars(range(min = 1))]
    pub column: Option<usize>,
    /// The column after the last one; null where it is not known.
    #[schemars(range(min = 2))]
    pub end_column: Option<usize>,
    /// What there is to say about the place itself.
    pub label: Option<String>,
    /// What to do about it.
    pub help: Vec<String>,
    /// Another place that belongs to the problem.
    pub related: Option<RelatedPlace>,
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
    /// The column after the last one; null where it is not known.
    #[schemars(range(min = 2))]
    pub end_column: Option<usize>,
    /// What it has to do with the problem.
    pub label: String,
}

impl Diagnostics {
    /// The document for these problems, in the given order, in files with so many documents.
    pub fn new(documents: Option<usize>, problems: &[Problem]) -> Self {
        let of = |severity| problems.iter().filter(|problem| problem.severity == severity).count();
        Self {
            format: "ocon-diagnostics".to_owned(),
            version: 1,
            summary: DiagnosticsSummary {
                documents,
                errors: of(Severity::Error),
                warnings: of(Severity::Warning),
            },
            problems: problems.iter().map(diagnostic).collect(),
        }
    }
}

fn diagnostic(problem: &Problem) -> Diagnostic {
    let (file, region) = place(&problem.at, problem.excerpt.as_ref());
    Diagnostic {
        code: problem.code.to_string(),
        severity: severity(problem.severity).to_owned(),
        message: problem.message.clone(),
        file,
        line: region.map(|region| region.line),
        column: region.map(|region| region.column),
        end_column: region.and_then(|region| region.end_column),
        label: problem.label.clone(),
        help: problem.help.clone(),
        related: problem.related.as_ref().map(|related| {
            let (file, region) = place(&related.at, related.excerpt.as_ref());
            RelatedPlace {
                file,
                line: region.map(|region| region.line),
                column: region.map(|region| region.column),
                end_column: region.and_then(|region| region.end_column),
                label: related.label.clone(),
            }
        }),
    }
}

fn place(at: &Span, excerpt: Option<&Excerpt>) -> (Option<String>, Option<Region>) {
    let file = (!at.file.is_empty()).then(|| at.file.to_string());
    (file, region(at, excerpt))
}

/// The word that all machine-readable forms use.
pub(super) const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}
