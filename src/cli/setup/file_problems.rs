//! Prints the problems in files: as text on stderr, and on stdout in the format of `--format`.

use std::path::Path;

use crate::cli::setup::global_args::{Format, GlobalArgs};
use crate::cli::terminal::{Failure, Output, output};
use crate::desired::{Code, Problem, Severity};
use crate::instance::Span;
use crate::report::diagnostics::{self, github, sarif};
use crate::report::json::{self, Diagnostic, DiagnosticsDocument};

pub(crate) fn problem(
    code: Code,
    severity: Severity,
    message: impl Into<String>,
    at: &Span,
    help: &[&str],
) -> Problem {
    Problem {
        code,
        severity,
        message: message.into(),
        at: at.clone(),
        excerpt: None,
        label: None,
        help: help.iter().map(|help| (*help).to_owned()).collect(),
        related: None,
    }
}

/// The location of a problem that concerns the pipeline and no file.
pub(crate) fn no_file() -> Span {
    Span { file: "".into(), line: 1, column: 1 }
}

pub(crate) fn warn(globals: &GlobalArgs, problems: &[Problem]) {
    if !globals.quiet {
        show(problems);
    }
}

pub(crate) fn show(problems: &[Problem]) {
    if !problems.is_empty() {
        let problems = DiagnosticsDocument::new(None, problems).problems;
        output::message(&diagnostics::with_summary(&problems, output::columns()));
    }
}

pub(crate) fn invalid(globals: &GlobalArgs, problems: &[Problem]) -> Failure {
    let is_shown = |problem: &&Problem| !globals.quiet || problem.severity == Severity::Error;
    let shown: Vec<_> = problems.iter().filter(is_shown).cloned().collect();
    Failure::invalid_files(&shown).with_result(document(globals, None, problems))
}

/// The result document with the problems of `documents` documents; `None` for the text formats.
pub(crate) fn document(
    globals: &GlobalArgs,
    documents: Option<usize>,
    problems: &[Problem],
) -> Option<Output> {
    match globals.format {
        Format::Text | Format::Markdown | Format::Html => None,
        Format::Json => {
            Some(Output::Json(json::render(&DiagnosticsDocument::new(documents, problems))))
        }
        Format::Github => {
            Some(Output::Text(github::render(&from_working_directory(&globals.root, problems))))
        }
        Format::Sarif => {
            Some(Output::Json(sarif::render(&from_working_directory(&globals.root, problems))))
        }
    }
}

/// The path of a file from the working directory instead of the root.
pub(crate) fn path_from_working_directory(root: &Path, file: &str) -> String {
    if root.is_absolute() || root == Path::new(".") {
        return file.to_owned();
    }
    root.join(file).display().to_string()
}

/// The problems with paths from the working directory, for tools that do not know `-C`.
fn from_working_directory(root: &Path, problems: &[Problem]) -> Vec<Diagnostic> {
    let mut problems = problems.to_vec();
    for problem in &mut problems {
        prefix(&mut problem.at, root);
        if let Some(related) = &mut problem.related {
            prefix(&mut related.at, root);
        }
    }
    DiagnosticsDocument::new(None, &problems).problems
}

fn prefix(at: &mut Span, root: &Path) {
    if !at.file.is_empty() {
        at.file = path_from_working_directory(root, &at.file).into();
    }
}
