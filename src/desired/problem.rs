//! Problems in files, with their location and a fix.
//!
//! A [`Problem`] contains the line it points at, so that a report needs no access to the file. Secrets
//! on that line are already replaced by `…`.

use super::{Code, Severity};
use crate::instance::Span;

/// A problem at one location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The kind of problem.
    pub code: Code,
    /// The severity.
    pub severity: Severity,
    /// The fact, as a sentence without a period. Never contains a secret.
    pub message: String,
    /// The location.
    pub at: Span,
    /// The line at that location, or `None` if the problem concerns the whole file.
    pub excerpt: Option<Excerpt>,
    /// The text beside the marked part.
    pub label: Option<String>,
    /// The fixes.
    pub help: Vec<String>,
    /// A second location.
    pub related: Option<Related>,
}

/// The second location of a [`Problem`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// The location.
    pub at: Span,
    /// The line at that location.
    pub excerpt: Option<Excerpt>,
    /// The text beside the marked part.
    pub label: String,
}

/// A line of a file, or the readable part of a very long one, with secrets replaced by `…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The text, without a line break.
    pub line: String,
    /// The first byte of the marked part.
    pub start: usize,
    /// The byte after the marked part.
    pub end: usize,
}

/// A non-empty list of problems, sorted by location.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} problem{} in the files", self.errors(), if self.errors() == 1 { "" } else { "s" })]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Sorts the problems and removes duplicates: an alias repeats the problems of its anchor. Returns
    /// `None` if there are no problems.
    pub fn new(mut problems: Vec<Problem>) -> Option<Self> {
        sort(&mut problems);
        (!problems.is_empty()).then_some(Self(problems))
    }

    pub(super) fn of(problem: Problem) -> Self {
        Self(vec![problem])
    }

    /// Returns the problems if none of them is an error.
    pub(super) fn unless_error(mut problems: Vec<Problem>) -> Result<Vec<Problem>, Self> {
        if problems.iter().all(|problem| problem.severity != Severity::Error) {
            return Ok(problems);
        }
        sort(&mut problems);
        Err(Self(problems))
    }

    /// The problems, sorted by location.
    pub fn as_slice(&self) -> &[Problem] {
        &self.0
    }

    /// The number of errors.
    pub fn errors(&self) -> usize {
        self.0.iter().filter(|problem| problem.severity == Severity::Error).count()
    }
}

/// Sorts by location and removes duplicates.
pub(super) fn sort(problems: &mut Vec<Problem>) {
    problems.sort_by(|a, b| {
        (&a.at, a.code, &a.message, &a.label).cmp(&(&b.at, b.code, &b.message, &b.label))
    });
    problems.dedup();
}

impl Problem {
    /// A problem of a whole file or folder.
    pub(super) fn of_file(code: Code, file: &str, message: impl Into<String>) -> Self {
        let at = Span { file: file.into(), line: 1, column: 1 };
        Self {
            code,
            severity: code.level().severity(),
            message: message.into(),
            at,
            excerpt: None,
            label: None,
            help: Vec::new(),
            related: None,
        }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }
}
