//! The text of one file, and ranges in it.

use std::sync::Arc;

use crate::instance::Span;

#[derive(Debug)]
pub(super) struct Text {
    /// Its path for messages.
    pub(super) file: Arc<str>,
    /// Without a byte-order mark.
    pub(super) content: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct TextRange {
    /// From 1, as the column, which counts characters.
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) start: usize,
    /// The byte after the last one. Both count from the beginning of the file.
    pub(super) end: usize,
}

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

    pub(super) fn slice(&self, range: TextRange) -> &str {
        self.content.get(range.start..range.end).unwrap_or_default()
    }

    /// The part of `within` that begins at byte `offset` of it.
    pub(super) fn part(&self, within: TextRange, offset: usize, length: usize) -> TextRange {
        within.forward(&self.content, within.start + offset, length)
    }
}
