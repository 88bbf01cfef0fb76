//! Problems in files: as text on stderr, and on stdout in the form that `--format` names.

use std::path::Path;

use crate::cli::setup::arguments::{Format, Globals};
use crate::cli::terminal::command_output::Output;
use crate::cli::terminal::failure::Failure;
use crate::cli::terminal::output;
use crate::desired::{Problem, Severity};
use crate::instance::Span;
use crate::report::diagnostics::{self, ColorChoice, github, sarif};
use crate::report::json::{self, Diagnostic, DiagnosticsDocument};

/// Says what is doubtful.
pub(crate) fn warn(globals: &Globals, problems: &[Problem]) {
    if !globals.quiet {
        tell(problems);
    }
}

/// Says what is wrong where that ends nothing.
pub(crate) fn tell(problems: &[Problem]) {
    if !problems.is_empty() {
        output::message(&text(problems));
    }
}

/// The end of a command whose files cannot be used.
pub(crate) fn invalid(globals: &Globals, problems: &[Problem]) -> Failure {
    let told = |problem: &&Problem| !globals.quiet || problem.severity == Severity::Error;
    let shown: Vec<_> = problems.iter().filter(told).cloned().collect();
    Failure::invalid_files(&shown).with_result(document(globals, None, problems))
}

/// The problems, of files with so many documents, in the form that was asked for; `None` where that
/// is text.
pub(crate) fn document(
    globals: &Globals,
    documents: Option<usize>,
    problems: &[Problem],
) -> Option<Output> {
    match globals.format {
        Format::Text | Format::Markdown => None,
        Format::Json => {
            Some(Output::Json(json::render(&DiagnosticsDocument::new(documents, problems))))
        }
        Format::Github => Some(Output::Text(github::render(&from_start(&globals.root, problems)))),
        Format::Sarif => Some(Output::Json(sarif::render(&from_start(&globals.root, problems)))),
    }
}

fn text(problems: &[Problem]) -> String {
    let problems = DiagnosticsDocument::new(None, problems).problems;
    let mut text = diagnostics::render(&problems, ColorChoice::Styled, output::columns());
    if let Some(summary) = diagnostics::summary(&problems) {
        text.push('\n');
        text.push_str(&summary);
    }
    text
}

/// A path from where ocon was started.
pub(crate) fn place(root: &Path, file: &str) -> String {
    if root.is_absolute() || root == Path::new(".") {
        return file.to_owned();
    }
    root.join(file).display().to_string()
}

/// The problems with paths from where ocon was started: those who show them at the lines of a
/// repository know nothing of `-C`.
fn from_start(root: &Path, problems: &[Problem]) -> Vec<Diagnostic> {
    let mut problems = problems.to_vec();
    let prefixed = |at: &Span| {
        let file = if at.file.is_empty() { at.file.clone() } else { place(root, &at.file).into() };
        Span { file, ..at.clone() }
    };
    for problem in &mut problems {
        problem.at = prefixed(&problem.at);
        if let Some(related) = &mut problem.related {
            related.at = prefixed(&related.at);
        }
    }
    DiagnosticsDocument::new(None, &problems).problems
}
