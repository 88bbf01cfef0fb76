//! Prints the problems in files: as text on stderr, and on stdout in the format of `--format`.

use crate::cli::setup::global_args::{Format, GlobalArgs};
use crate::cli::setup::repository_paths::RepositoryPaths;
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
        show(globals, problems);
    }
}

pub(crate) fn show(globals: &GlobalArgs, problems: &[Problem]) {
    if !problems.is_empty() {
        let problems = DiagnosticsDocument::new(None, problems).problems;
        output::message(&diagnostics::with_summary(
            &problems,
            output::columns(),
            globals.layout().detail,
        ));
    }
}

pub(crate) fn invalid(globals: &GlobalArgs, problems: &[Problem]) -> Failure {
    let is_shown = |problem: &&Problem| !globals.quiet || problem.severity == Severity::Error;
    let shown: Vec<_> = problems.iter().filter(is_shown).cloned().collect();
    Failure::invalid_files(&shown, globals.layout().detail)
        .with_result(document(globals, None, problems))
}

/// The result document with the problems of `documents` documents; `None` for the text formats.
pub(crate) fn document(
    globals: &GlobalArgs,
    documents: Option<usize>,
    problems: &[Problem],
) -> Option<Output> {
    match globals.format {
        Format::Json => {
            Some(Output::Json(json::render(&DiagnosticsDocument::new(documents, problems))))
        }
        Format::Github => Some(Output::Text(github::render(&in_repository(globals, problems)))),
        Format::Sarif => Some(Output::Json(sarif::render(&in_repository(globals, problems)))),
        _ => None,
    }
}

/// The problems with paths in the repository, for tools that do not know `-C`.
fn in_repository(globals: &GlobalArgs, problems: &[Problem]) -> Vec<Diagnostic> {
    let paths = RepositoryPaths::of(globals);
    let mut problems = DiagnosticsDocument::new(None, problems).problems;
    for problem in &mut problems {
        let related = problem.related.iter_mut().map(|related| &mut related.place);
        for place in std::iter::once(&mut problem.place).chain(related) {
            place.file = place.file.as_deref().map(|file| paths.path(file));
        }
    }
    problems
}
