//! The text of one file, and what was found in it so far.
//!
//! While a file is read, places are byte ranges ([`Mark`]) and problems are [`Finding`]s. When it is
//! done, [`Text::problem`] turns each into a [`Problem`] with its line, and hides what must not be
//! shown: only then all of the file's plain-text secrets are known.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use super::Code;
use super::clear;
use super::problem::{Excerpt, Problem, Related, Severity};
use crate::catalog::closest;
use crate::instance::Span;
use crate::safe_text::{quoted, unquoted};

/// How much of a line is shown on either side of a place; more only slows the reader down.
const WINDOW: usize = 240;

/// How far back on a line of broken YAML keys are looked for that hold secrets.
const LONGEST_GUESSED: usize = 4096;

/// The longest message, in bytes.
const LONGEST_MESSAGE: usize = 300;

/// More problems than this in one file are one problem: it is no instance file.
pub(super) const MOST_FINDINGS: usize = 1000;

/// Whoever makes more slips than this in one file needs no "did you mean" for the next: each one
/// takes time, and whoever wrote the file chose how many there are.
const MOST_SUGGESTIONS: usize = 100;

/// A piece of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// Line of its first character, from 1.
    pub(super) line: usize,
    /// Column of its first character, in characters, from 1.
    pub(super) column: usize,
    /// Its first byte.
    pub(super) start: usize,
    /// The byte after it.
    pub(super) end: usize,
}

impl Mark {
    /// The mark of a piece of `content` which begins at byte `start`, not before this one.
    pub(super) fn forward(self, content: &str, start: usize, length: usize) -> Self {
        let before = content.get(self.start..start).unwrap_or_default();
        // A break is `\n`, `\r` or both, as editors and YAML have it.
        let both = before.matches("\r\n").count();
        let lines = before.matches(['\n', '\r']).count() - both;
        let last = before.rsplit(['\n', '\r']).next().unwrap_or_default().chars().count();
        Self {
            line: self.line + lines,
            column: if lines == 0 { self.column } else { 1 } + last,
            start,
            end: start + length,
        }
    }
}

/// The beginning of a file.
pub(super) const START: Mark = Mark { line: 1, column: 1, start: 0, end: 0 };

/// Something that is wrong in the file at hand.
#[derive(Debug)]
pub(super) struct Finding {
    code: Code,
    message: String,
    mark: Mark,
    label: Option<String>,
    help: Vec<String>,
    related: Option<(Mark, String)>,
    /// The marked value and its parts, where the words repeat them: it may be the alias of a secret.
    quoted: Vec<String>,
}

/// What was found in one file.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) findings: Vec<Finding>,
    /// The pieces of the file that no excerpt may show.
    pub(super) hidden: Vec<Range<usize>>,
    /// Reading stopped half way, so that `hidden` is not complete.
    pub(super) broken_off: bool,
    /// The lists and maps of which all is hidden: those within others are met again with each.
    covered: HashSet<(usize, usize)>,
    /// The bytes that variables put into the file.
    pub(super) expanded: usize,
    /// How often the file asked what was meant.
    suggestions: usize,
}

/// One file.
#[derive(Debug)]
pub(super) struct Text {
    /// Path for messages.
    pub(super) file: Arc<str>,
    /// The content, without a byte-order mark.
    pub(super) content: String,
}

impl Finding {
    pub(super) fn new(code: Code, mark: Mark, message: impl Into<String>) -> Self {
        let (message, help) = (message.into(), Vec::new());
        Self { code, message, mark, label: None, help, related: None, quoted: Vec::new() }
    }

    /// Says that the words repeat the marked value, or a part of it. The whole is named before its
    /// parts.
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

    /// Adds "did you mean" where there is something near.
    pub(super) fn suggest(self, nearest: Option<&str>) -> Self {
        match nearest {
            Some(name) => self.help(format!("did you mean {name}?", name = quoted(&name))),
            None => self,
        }
    }

    pub(super) fn mark(&self) -> Mark {
        self.mark
    }

    /// Whether the file cannot be used because of it.
    pub(super) fn is_error(&self) -> bool {
        self.code.level().severity() == Severity::Error
    }

    /// Whether it is about a value that does not fit.
    pub(super) fn judges_a_value(&self) -> bool {
        self.code == Code::InvalidValue
    }

    /// Whether both say the same of the same place.
    pub(super) fn repeats(&self, other: &Self) -> bool {
        self.mark == other.mark && self.code == other.code && self.message == other.message
    }

    /// Whether it is about this piece of the file, or a part of it.
    pub(super) fn is_within(&self, mark: Mark) -> bool {
        mark.start <= self.mark.start && self.mark.end <= mark.end
    }

    pub(super) fn related(mut self, mark: Mark, label: impl Into<String>) -> Self {
        self.related = Some((mark, label.into()));
        self
    }
}

impl Notes {
    pub(super) fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Whether there are more problems than are told one by one.
    pub(super) fn is_full(&self) -> bool {
        self.findings.len() > MOST_FINDINGS
    }

    /// The candidate most like `name`, as long as the file does not ask too often.
    pub(super) fn closest<'c>(
        &mut self,
        name: &str,
        candidates: impl Iterator<Item = &'c str>,
    ) -> Option<&'c str> {
        self.suggestions += 1;
        if self.suggestions > MOST_SUGGESTIONS { None } else { closest(name, candidates) }
    }

    /// Marks a list or map as hidden altogether; whether it was not before.
    pub(super) fn covers(&mut self, mark: Mark) -> bool {
        self.covered.insert((mark.start, mark.end))
    }

    pub(super) fn hide(&mut self, mark: Mark) {
        self.hidden.push(mark.start..mark.end);
    }

    /// All problems of the file.
    pub(super) fn into_problems(mut self, text: &Text) -> Vec<Problem> {
        let mut findings = std::mem::take(&mut self.findings);
        findings.sort_by_key(|finding| finding.mark.start);
        let rest = findings.split_off(findings.len().min(MOST_FINDINGS));
        findings.extend(rest.first().map(|first| {
            let message = format!("there are at least {} more problems in this file", rest.len());
            Finding::new(Code::TooManyProblems, first.mark, message)
        }));
        let cover = self.into_cover();
        let problem = |finding| text.problem(finding, &cover);
        findings.into_iter().map(problem).collect()
    }

    /// What excerpts must hide.
    pub(super) fn cover(&self) -> Cover {
        let (hidden, broken_off) = (self.hidden.clone(), self.broken_off);
        Self { hidden, broken_off, ..Self::default() }.into_cover()
    }

    fn into_cover(self) -> Cover {
        let mut hidden = self.hidden;
        hidden.sort_by_key(|range| (range.start, range.end));
        let mut merged: Vec<Range<usize>> = Vec::with_capacity(hidden.len());
        for range in hidden {
            match merged.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        Cover { ranges: merged, guess: self.broken_off }
    }
}

/// The pieces of a file that are hidden: sorted and apart from each other.
#[derive(Debug)]
pub(super) struct Cover {
    ranges: Vec<Range<usize>>,
    /// The structure is not known, so lines that look like a secret are hidden as well.
    guess: bool,
}

impl Text {
    pub(super) fn span(&self, mark: Mark) -> Span {
        Span { file: Arc::clone(&self.file), line: mark.line, column: mark.column }
    }

    fn problem(&self, mut finding: Finding, cover: &Cover) -> Problem {
        let mark = finding.mark;
        let is_hidden = cover.within(mark.start..mark.end).next().is_some();
        for value in finding.quoted.iter().filter(|value| is_hidden && !value.is_empty()) {
            // Between backticks, the message has the value with its own backticks escaped.
            let escaped = unquoted(value).to_string();
            for value in [value, &escaped] {
                finding.message = finding.message.replace(value, "…");
                finding.help.iter_mut().for_each(|help| *help = help.replace(value, "…"));
            }
        }
        Problem {
            code: finding.code,
            severity: finding.code.level().severity(),
            message: shorten(finding.message),
            at: self.span(finding.mark),
            excerpt: Some(self.excerpt(finding.mark, cover)),
            label: finding.label,
            help: finding.help,
            related: finding.related.map(|(mark, label)| Related {
                at: self.span(mark),
                excerpt: Some(self.excerpt(mark, cover)),
                label,
            }),
        }
    }

    /// The line of the mark, or as much of it as is worth showing.
    pub(super) fn excerpt(&self, mark: Mark, cover: &Cover) -> Excerpt {
        let content = self.content.as_str();
        let start = content.floor_char_boundary(mark.start);
        let end = content.floor_char_boundary(mark.end).max(start);
        let window_start = content.ceil_char_boundary(start.saturating_sub(WINDOW));
        let window_end = content.floor_char_boundary(start.saturating_add(WINDOW));
        let breaks = |c: char| c == '\n' || c == '\r';
        let before = content.get(window_start..start).unwrap_or_default();
        let from = before.rfind(breaks).map_or(window_start, |at| window_start + at + 1);
        let after = content.get(start..window_end).unwrap_or_default();
        let to = after.find(breaks).map_or(window_end, |at| start + at);
        let guessed = cover.guess.then(|| self.guess(start, from..to)).flatten();
        // A guess hides the rest of the line, whatever is known to be hidden in there.
        let sure = from..guessed.as_ref().map_or(to, |guessed| guessed.start);
        let hidden = cover.within(sure).chain(guessed);
        redact(content, from..to, start..end.min(to), hidden)
    }

    /// What may be a secret among the bytes `shown` around `start`. The key that tells may be on the
    /// line before them; where the line begins too far away to look, all of them may be.
    fn guess(&self, start: usize, shown: Range<usize>) -> Option<Range<usize>> {
        let content = self.content.as_str();
        let searched = content.ceil_char_boundary(start.saturating_sub(LONGEST_GUESSED));
        let before = content.get(searched..start).unwrap_or_default();
        match before.rfind(['\n', '\r']) {
            Some(at) => clear::guess(content, searched + at + 1..shown.end),
            None if searched == 0 => clear::guess(content, 0..shown.end),
            None => Some(shown),
        }
    }

    /// The mark of a piece of `within`, which begins there at byte `offset`.
    pub(super) fn piece(&self, within: Mark, offset: usize, length: usize) -> Mark {
        within.forward(&self.content, within.start + offset, length)
    }
}

/// Bounds a message: names in it come from the file, and a key may be as long as a file.
fn shorten(mut message: String) -> String {
    if message.len() > LONGEST_MESSAGE {
        message.truncate(message.floor_char_boundary(LONGEST_MESSAGE));
        message.push('…');
    }
    message
}

impl Cover {
    /// For a file of which nothing is known.
    pub(super) fn guessing() -> Self {
        Self { ranges: Vec::new(), guess: true }
    }

    fn within(&self, line: Range<usize>) -> impl Iterator<Item = Range<usize>> + '_ {
        let first = self.ranges.partition_point(|range| range.end <= line.start);
        let rest = self.ranges.get(first..).unwrap_or_default();
        rest.iter().take_while(move |range| range.start < line.end).cloned()
    }
}

/// Copies a line with each hidden range replaced by one `…`, and moves the marked range along.
fn redact(
    content: &str,
    line: Range<usize>,
    marked: Range<usize>,
    hidden: impl Iterator<Item = Range<usize>>,
) -> Excerpt {
    let mut copy = String::new();
    let (mut start, mut end) = (None, None);
    let mut at = line.start;
    for range in hidden.chain(std::iter::once(line.end..line.end)) {
        let shown = at..range.start.clamp(at, line.end);
        let base = copy.len();
        copy.push_str(content.get(shown.clone()).unwrap_or_default());
        let place = |byte: usize| shown.contains(&byte).then(|| base + byte - shown.start);
        start = start.or(place(marked.start));
        end = end.or(place(marked.end));
        at = range.end.clamp(at, line.end);
        if at > shown.end {
            let inside = |byte: usize| (shown.end..at).contains(&byte);
            start = start.or(inside(marked.start).then_some(copy.len()));
            if !copy.ends_with('…') {
                copy.push('…');
            }
            end = end.or(inside(marked.end).then_some(copy.len()));
        }
    }
    let start = start.unwrap_or(copy.len());
    let end = end.unwrap_or(copy.len()).max(start);
    Excerpt { line: copy, start, end }
}
