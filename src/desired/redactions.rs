//! Secrets in plain text must not appear in excerpts of a file.
//!
//! If the structure of a file is known, its secrets are known. If it is not, because a quote is not
//! closed or the indentation is wrong, secrets are guessed from the look of the lines. Hiding too much
//! is acceptable.

use std::ops::Range;

use super::reference::syntax::{CLOSING, OPENING, Source};
use super::{Excerpt, Text, TextRange};
use crate::catalog::named_like_a_secret;

/// The length of the excerpt on each side of a location, in bytes.
const WINDOW: usize = 240;

/// How far back keys of secrets are searched for on a line of broken YAML, in bytes.
const MAX_GUESS_BYTES: usize = 4096;

/// The number of lines above that are searched for the key of a line. A private key has about 50 lines.
const LINES_ABOVE: usize = 80;

#[derive(Debug)]
pub(super) struct Redactions {
    /// Sorted and separate.
    ranges: Vec<Range<usize>>,
    /// Whether lines that look like a secret are hidden too.
    guess: bool,
}

impl Redactions {
    /// Redactions of these ranges. `guess` also hides lines that look like a secret.
    pub(super) fn new(mut hidden: Vec<Range<usize>>, guess: bool) -> Self {
        hidden.sort_by_key(|range| (range.start, range.end));
        let mut ranges: Vec<Range<usize>> = Vec::with_capacity(hidden.len());
        for range in hidden {
            match ranges.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => ranges.push(range),
            }
        }
        Self { ranges, guess }
    }

    /// Redactions of a file whose structure is unknown.
    pub(super) fn guessing() -> Self {
        Self::new(Vec::new(), true)
    }

    pub(super) fn hide_any_of(&self, range: TextRange) -> bool {
        self.within(range.start..range.end).next().is_some()
    }

    /// The line of the range, or the readable part of a long line.
    pub(super) fn excerpt(&self, text: &Text, range: TextRange) -> Excerpt {
        let content = text.content.as_str();
        let start = content.floor_char_boundary(range.start);
        let end = content.floor_char_boundary(range.end).max(start);
        let window_start = content.ceil_char_boundary(start.saturating_sub(WINDOW));
        let window_end = content.floor_char_boundary(start.saturating_add(WINDOW));
        let breaks = |c: char| c == '\n' || c == '\r';
        let before = content.get(window_start..start).unwrap_or_default();
        let from = before.rfind(breaks).map_or(window_start, |at| window_start + at + 1);
        let after = content.get(start..window_end).unwrap_or_default();
        let to = after.find(breaks).map_or(window_end, |at| start + at);
        let guessed = self.guess.then(|| guess_secret(content, start, from..to)).flatten();
        // A guess hides the rest of the line, whatever is known to be hidden there.
        let known = from..guessed.as_ref().map_or(to, |guessed| guessed.start);
        let hidden = self.within(known).chain(guessed);
        redact(content, from..to, start..end.min(to), hidden)
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
        let position = |byte: usize| shown.contains(&byte).then(|| base + byte - shown.start);
        start = start.or(position(marked.start));
        end = end.or(position(marked.end));
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

/// The parts of a range that are not references.
pub(super) fn literal_ranges(content: &str, within: TextRange) -> Vec<Range<usize>> {
    let text = content.get(within.start..within.end).unwrap_or_default();
    let mut ranges = Vec::new();
    let mut start = within.start;
    let mut escaped = false;
    for (index, part) in text.split(OPENING).enumerate() {
        let inside = part.split_once(CLOSING).filter(|_| index > 0 && !escaped);
        let inside = inside.filter(|(inside, _)| names_a_source(inside.trim()));
        let reference = inside.map_or(0, |(inside, _)| inside.len() + CLOSING.len());
        escaped = part.ends_with('$');
        let literal = part.get(reference..).unwrap_or_default();
        // Quotes and blanks reveal nothing, and the excerpt is easier to read with them.
        if !literal.trim_matches(['"', '\'', ' ', '\n', '\r']).is_empty() {
            ranges.push(start + reference..start + part.len());
        }
        start += part.len() + OPENING.len();
    }
    ranges
}

/// Whether it names the source of a value, even if misspelled: `env.NAME`, `evn.NAME`. Anything else
/// between the braces may be the secret itself.
fn names_a_source(inside: &str) -> bool {
    let Some((source, name)) = inside.split_once('.') else {
        return false;
    };
    let of_variable = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let of_path = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
    match Source::parse(source) {
        Some(Source::File | Source::Var | Source::Instance) => name.chars().all(of_path),
        Some(Source::Env) => name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'),
        None => {
            let misspelled = source.len() < 10 && source.chars().all(|c| c.is_ascii_lowercase());
            misspelled && name.chars().all(of_variable)
        }
    }
}

/// The part of `shown` that may be a secret, for a location at byte `start`. The key may be on a line
/// above. If the beginning of the line is too far away, all of it may be a secret.
fn guess_secret(content: &str, start: usize, shown: Range<usize>) -> Option<Range<usize>> {
    let searched = content.ceil_char_boundary(start.saturating_sub(MAX_GUESS_BYTES));
    let before = content.get(searched..start).unwrap_or_default();
    match before.rfind(['\n', '\r']) {
        Some(at) => guess_on_line(content, searched + at + 1..shown.end),
        None if searched == 0 => guess_on_line(content, 0..shown.end),
        None => Some(shown),
    }
}

/// The part of the line that may be a secret.
fn guess_on_line(content: &str, line: Range<usize>) -> Option<Range<usize>> {
    let text = content.get(line.clone())?;
    let above = content.get(..line.start)?;
    let shown = if belongs_to_a_secret(text, above) {
        text.len() - text.trim_start().len()
    } else {
        secret_value(text)?
    };
    Some(line.start + shown..line.end)
}

/// Whether the line is below a key that holds secrets.
fn belongs_to_a_secret(line: &str, above: &str) -> bool {
    let mut indent = indentation(line);
    let mut has_key = key_of(line).is_some();
    for other in above.lines().rev().take(LINES_ABOVE) {
        // Text without a key belongs to the next key above it, whatever the indentation.
        let outer = !has_key || indentation(other) < indent;
        let Some(key) = key_of(other).filter(|_| outer) else {
            continue;
        };
        if holds_secrets(key) {
            return true;
        }
        has_key = true;
        indent = indentation(other);
    }
    false
}

/// The start of the value of the first secret key on the line.
fn secret_value(line: &str) -> Option<usize> {
    line.match_indices(':').find_map(|(at, _)| {
        let before = line.get(..at)?.trim_end_matches(['"', '\'', ' ']);
        let word = before.rsplit(|c: char| !is_key_letter(c)).next()?;
        holds_secrets(word).then_some(at + 1)
    })
}

fn holds_secrets(key: &str) -> bool {
    key == "providerData" || key == "code" || named_like_a_secret(key)
}

fn key_of(line: &str) -> Option<&str> {
    let line = line.trim_start_matches([' ', '\t', '-', '{', '"', '\'']);
    let (key, _) = line.split_once(':')?;
    let key = key.trim_end_matches(['"', '\'', ' ']);
    (!key.is_empty() && key.chars().all(is_key_letter)).then_some(key)
}

fn is_key_letter(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '_' | '-')
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(content: &str, line: &str) -> String {
        let start = content.find(line).unwrap();
        match guess_on_line(content, start..start + line.len()) {
            Some(hidden) => content[start..hidden.start].to_owned(),
            None => line.to_owned(),
        }
    }

    #[test]
    fn the_value_beside_a_secret_key_is_hidden() {
        let file = "configuration:\n  oauth.api.secret: \"hunter2\n  a: b\n";
        assert_eq!(shown(file, "  oauth.api.secret: \"hunter2"), "  oauth.api.secret:");
        let json = r#"{"configuration": {"api_key": "hunter2", "a": "b"}"#;
        assert_eq!(shown(json, json), r#"{"configuration": {"api_key":"#);
    }

    #[test]
    fn lines_of_a_secret_text_and_of_provider_data_are_hidden() {
        let file = "configuration:\n  private.key: |\n    AAAA\n   BBBB\nproviderData:\n  code2: xyz\n  z: 1\n";
        assert_eq!(shown(file, "   BBBB"), "   ");
        assert_eq!(shown(file, "  z: 1"), "  ");
    }

    #[test]
    fn a_multiline_secret_before_another_secret_is_hidden() {
        let file = "  password: 'hun\n    ter2  { \"token\": x\n";
        assert_eq!(shown(file, "    ter2  { \"token\": x"), "    ");
    }

    #[test]
    fn other_lines_are_shown() {
        let file = "configuration:\n  password: x\n  site.url: \"y\n";
        assert_eq!(shown(file, "  site.url: \"y"), "  site.url: \"y");
    }
}
