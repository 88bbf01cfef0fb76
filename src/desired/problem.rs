//! What is wrong in a file, where, and how to mend it.
//!
//! A [`Problem`] carries the line it points at, so that whoever shows it needs no file. Secrets
//! that stand in clear on that line were replaced by `…` when the excerpt was taken.

use std::fmt;

use super::Code;
use crate::instance::{Span, vocabulary};

vocabulary! {
    /// How bad a problem is.
    Severity {
        /// The files cannot be used.
        Error "error",
        /// The files can be used and are probably not what was meant.
        Warning "warning",
    }
}

/// One thing that is wrong, or looks wrong, in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The kind of problem.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// The fact, as a sentence without a full stop. Never contains a secret.
    pub message: String,
    /// Where it is.
    pub at: Span,
    /// The line at that place; `None` where the problem is the whole file.
    pub excerpt: Option<Excerpt>,
    /// What to write beside the marked text.
    pub label: Option<String>,
    /// What to do about it.
    pub help: Vec<String>,
    /// Another place that belongs to the problem.
    pub related: Option<Related>,
}

/// A second place of a [`Problem`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// Where it is.
    pub at: Span,
    /// The line at that place.
    pub excerpt: Option<Excerpt>,
    /// What to write beside the marked text.
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

/// Problems, at least one, sorted by place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Sorts the problems and drops repetitions (an alias repeats what is wrong at its anchor).
    /// `None` when there are none.
    pub fn new(mut problems: Vec<Problem>) -> Option<Self> {
        sort(&mut problems);
        (!problems.is_empty()).then_some(Self(problems))
    }

    /// A single problem.
    pub(super) fn of(problem: Problem) -> Self {
        Self(vec![problem])
    }

    /// The problems, sorted by place.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }

    /// The problems, sorted by place.
    pub fn as_slice(&self) -> &[Problem] {
        &self.0
    }

    /// How many are errors.
    pub fn errors(&self) -> usize {
        let error = |problem: &&Problem| problem.severity == Severity::Error;
        self.0.iter().filter(error).count()
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.errors() {
            1 => f.write_str("1 problem in the files"),
            errors => write!(f, "{errors} problems in the files"),
        }
    }
}

impl std::error::Error for Problems {}

/// Sorts by place and drops repetitions.
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

    /// Adds what to do about it.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }
}
