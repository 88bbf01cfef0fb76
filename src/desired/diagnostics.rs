//! The problems found in one file so far.
//!
//! While a file is read, locations are [`TextRange`]s and problems are [`Diagnostic`]s. They become
//! [`Problem`]s with redacted excerpts at the end, because only then all secrets of the file are known.

use std::collections::HashSet;
use std::ops::Range;

use super::redactions::Redactions;
use super::{Code, Problem, Related, Severity, Text, TextRange};
use crate::catalog::{Catalog, closest};
use crate::safe_text::{quoted, unquoted};

/// The longest message, in bytes.
const MAX_MESSAGE_BYTES: usize = 300;

/// The number of problems in one file that are listed. A file with more is not an instance file.
pub(super) const MAX_DIAGNOSTICS: usize = 1000;

/// The number of "did you mean" suggestions per file. Each takes time, and a file of a pull request
/// could ask for any number.
const MAX_SUGGESTIONS: usize = 100;

/// A problem in the current file.
#[derive(Debug)]
pub(super) struct Diagnostic {
    code: Code,
    message: String,
    range: TextRange,
    label: Option<String>,
    help: Vec<String>,
    related: Option<(TextRange, String)>,
    /// The parts of the marked value that the message or help repeats. They may be secret.
    quoted: Vec<String>,
}

#[derive(Debug, Default)]
pub(super) struct Diagnostics {
    pub(super) items: Vec<Diagnostic>,
    /// The parts of the file that no excerpt may show.
    pub(super) hidden: Vec<Range<usize>>,
    /// Whether the parser stopped early, so that `hidden` is incomplete.
    pub(super) incomplete: bool,
    /// The lists and maps that are hidden completely. Aliases can visit one many times.
    hidden_collections: HashSet<(usize, usize)>,
    /// The bytes that variables add to the file.
    pub(super) expanded: usize,
    /// The references to public variables, each with its name.
    pub(super) variables: Vec<(TextRange, String)>,
    suggestions: usize,
}

impl Diagnostic {
    pub(super) fn new(code: Code, range: TextRange, message: impl Into<String>) -> Self {
        let (message, help) = (message.into(), Vec::new());
        Self { code, message, range, label: None, help, related: None, quoted: Vec::new() }
    }

    /// Declares that the text repeats the marked value or a part of it. Declare the whole value before
    /// its parts.
    pub(super) fn quoting(mut self, value: impl Into<String>) -> Self {
        self.quoted.push(value.into());
        self
    }

    pub(super) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Adds "did you mean" if there is a similar name.
    pub(super) fn suggest(self, nearest: Option<&str>) -> Self {
        match nearest {
            Some(name) => self.help(format!("did you mean {}?", quoted(&name))),
            None => self,
        }
    }

    pub(super) fn related(mut self, range: TextRange, label: impl Into<String>) -> Self {
        self.related = Some((range, label.into()));
        self
    }

    pub(super) fn range(&self) -> TextRange {
        self.range
    }

    pub(super) fn is_error(&self) -> bool {
        self.code.level().severity() == Severity::Error
    }

    pub(super) fn is_invalid_value(&self) -> bool {
        matches!(self.code, Code::InvalidValue | Code::LikelyInvalidValue)
    }

    /// Whether both have the same code, message and location.
    pub(super) fn repeats(&self, other: &Self) -> bool {
        self.range == other.range && self.code == other.code && self.message == other.message
    }

    pub(super) fn is_within(&self, range: TextRange) -> bool {
        range.start <= self.range.start && self.range.end <= range.end
    }

    fn into_problem(mut self, text: &Text, redactions: &Redactions) -> Problem {
        if redactions.hide_any_of(self.range) {
            self.redact_quotes();
        }
        Problem {
            code: self.code,
            severity: self.code.level().severity(),
            message: shorten(self.message),
            at: text.span(self.range),
            excerpt: Some(redactions.excerpt(text, self.range)),
            label: self.label,
            help: self.help,
            related: self.related.map(|(range, label)| Related {
                at: text.span(range),
                excerpt: Some(redactions.excerpt(text, range)),
                label,
            }),
        }
    }

    fn redact_quotes(&mut self) {
        for value in self.quoted.iter().filter(|value| !value.is_empty()) {
            // Between backticks, the message contains the value with its own backticks escaped.
            let escaped = unquoted(value).to_string();
            for value in [value, &escaped] {
                self.message = self.message.replace(value, "…");
                self.help.iter_mut().for_each(|help| *help = help.replace(value, "…"));
            }
        }
    }
}

impl Diagnostics {
    pub(super) fn add(&mut self, diagnostic: Diagnostic) {
        self.items.push(diagnostic);
    }

    /// Adds the diagnostic of an invalid value, and returns no value.
    pub(super) fn reject<T>(&mut self, diagnostic: Diagnostic) -> Option<T> {
        self.items.push(diagnostic);
        None
    }

    /// Whether there are more problems than are listed.
    pub(super) fn is_full(&self) -> bool {
        self.items.len() > MAX_DIAGNOSTICS
    }

    /// The candidate that is most similar to `name`, or `None` after too many suggestions.
    pub(super) fn closest<'c>(
        &mut self,
        name: &str,
        candidates: impl Iterator<Item = &'c str>,
    ) -> Option<&'c str> {
        self.suggestions += 1;
        if self.suggestions > MAX_SUGGESTIONS { None } else { closest(name, candidates) }
    }

    /// The hints for an unknown connector. Only the first ones of a file have a suggestion.
    pub(super) fn connector_hints(&mut self, catalog: &Catalog, name: &str) -> Vec<String> {
        self.suggestions += 1;
        let suggestion =
            if self.suggestions > MAX_SUGGESTIONS { None } else { catalog.suggest(name) };
        suggestion.map(|suggestion| suggestion.hints(name)).unwrap_or_default()
    }

    /// Marks a list or map as completely hidden. Returns whether it was not before.
    pub(super) fn hide_collection(&mut self, range: TextRange) -> bool {
        self.hidden_collections.insert((range.start, range.end))
    }

    pub(super) fn hide(&mut self, range: TextRange) {
        self.hidden.push(range.start..range.end);
    }

    /// All problems of the file, in order, at most [`MAX_DIAGNOSTICS`] and one for the rest.
    pub(super) fn into_problems(mut self, text: &Text) -> Vec<Problem> {
        self.items.sort_by_key(|diagnostic| diagnostic.range.start);
        let rest = self.items.split_off(self.items.len().min(MAX_DIAGNOSTICS));
        self.items.extend(rest.first().map(|first| {
            let message = format!("there are at least {} more problems in this file", rest.len());
            Diagnostic::new(Code::TooManyProblems, first.range, message)
        }));
        let redactions = Redactions::new(self.hidden, self.incomplete);
        let items = self.items.into_iter();
        items.map(|diagnostic| diagnostic.into_problem(text, &redactions)).collect()
    }

    pub(super) fn redactions(&self) -> Redactions {
        Redactions::new(self.hidden.clone(), self.incomplete)
    }
}

/// Shortens a message. It may contain a key, and a key may be as long as a file.
fn shorten(mut message: String) -> String {
    if message.len() > MAX_MESSAGE_BYTES {
        message.truncate(message.floor_char_boundary(MAX_MESSAGE_BYTES));
        message.push('…');
    }
    message
}
