//! The text of one file, and ranges in it.

use std::sync::Arc;

use crate::instance::Span;

/// One file.
#[derive(Debug)]
pub(super) struct Text {
    /// The path for messages.
    pub(super) file: Arc<str>,
    /// The content, without a byte-order mark.
    pub(super) content: String,
}

/// A part of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct TextRange {
    /// The line of the first character, from 1.
    pub(super) line: usize,
    /// The column of the first character, in characters, from 1.
    pub(super) column: usize,
    /// The first byte.
    pub(super) start: usize,
    /// The byte after the last one.
    pub(super) end: usize,
}

/// The beginning of a file.
pub(super) const START: TextRange = TextRange { line: 1, column: 1, start: 0, end: 0 };

impl TextRange {
    /// The range in `content` that begins at byte `start`, which must not be before this range.
    pub(super) fn forward(self, content: &str, start: usize, length: usize) -> Self {
        let before = content.get(self.start..start).unwrap_or_default();
        // Editors and YAML take `\n`, `\r` and `\r\n` for line breaks.
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

impl Text {
    pub(super) fn span(&self, range: TextRange) -> Span {
        Span { file: Arc::clone(&self.file), line: range.line, column: range.column }
    }

    /// The text of a range.
    pub(super) fn slice(&self, range: TextRange) -> &str {
        self.content.get(range.start..range.end).unwrap_or_default()
    }

    /// The part of `within` that begins at byte `offset` of it.
    pub(super) fn part(&self, within: TextRange, offset: usize, length: usize) -> TextRange {
        within.forward(&self.content, within.start + offset, length)
    }
}
