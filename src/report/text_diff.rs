//! The line-by-line difference of two long texts, with marks below the changed words.

use std::time::Duration;

use anstyle::Style;
use similar::{ChangeTag, TextDiff};

use super::style::{ADDED, REMOVED, Styled, width};

/// Lines of context around a change.
const CONTEXT: usize = 2;
/// Time limit of the search for the shortest difference. After it, a longer difference is used.
const TIMEOUT: Duration = Duration::from_millis(200);

/// Renders the difference in lines of at most `columns`, each after `indent`. Changed words are inverted,
/// and marked with `^` in the line below, so they are visible without color.
pub(super) fn render(
    before: &str,
    after: &str,
    indent: &str,
    columns: usize,
) -> Difference<String> {
    let diff = TextDiff::configure().timeout(TIMEOUT).diff_lines(before, after);
    let limit = columns.saturating_sub(width(indent) + 2).max(20);
    let mut text = String::new();
    for (index, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if index > 0 {
            text.push_str(&format!("{indent}  …\n"));
        }
        for change in group.iter().flat_map(|op| diff.iter_inline_changes(op)) {
            push_line(&mut text, &change, indent, limit);
        }
    }
    Difference { shown: text, is_whole: is_whole(&diff) }
}

/// The shown part of a difference.
pub(super) struct Difference<T> {
    pub(super) shown: T,
    /// Whether all lines of both texts are shown.
    pub(super) is_whole: bool,
}

fn is_whole(diff: &TextDiff<'_, '_, str>) -> bool {
    let groups = diff.grouped_ops(CONTEXT);
    let ops = || groups.iter().flatten();
    ops().map(|op| op.old_range().len()).sum::<usize>() == diff.old_len()
        && ops().map(|op| op.new_range().len()).sum::<usize>() == diff.new_len()
}

/// Returns the lines of the difference with their signs, `+`, `-` or a space. `…` marks omitted lines.
pub(super) fn lines(before: &str, after: &str) -> Difference<Vec<(char, String)>> {
    let diff = TextDiff::configure().timeout(TIMEOUT).diff_lines(before, after);
    let mut lines = Vec::new();
    for (index, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if index > 0 {
            lines.push((' ', "…".to_owned()));
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            lines.push((sign(change.tag()), change.value().trim_end().to_owned()));
        }
    }
    Difference { shown: lines, is_whole: is_whole(&diff) }
}

fn sign(tag: ChangeTag) -> char {
    match tag {
        ChangeTag::Equal => ' ',
        ChangeTag::Insert => '+',
        ChangeTag::Delete => '-',
    }
}

/// A piece of a line, and whether it changed.
pub(super) type Piece = (String, bool);

/// Minimum similarity of two lines whose changed words are marked. In other lines, all words differ.
const MIN_SIMILARITY: f32 = 0.3;

/// Returns the pieces of two lines. The words that only one of them has are marked.
pub(super) fn changed_words(before: &str, after: &str) -> (Vec<Piece>, Vec<Piece>) {
    let diff = TextDiff::configure().timeout(TIMEOUT).diff_unicode_words(before, after);
    if diff.ratio() < MIN_SIMILARITY {
        return (vec![(before.to_owned(), false)], vec![(after.to_owned(), false)]);
    }
    let (mut old, mut new) = (Vec::new(), Vec::new());
    for change in diff.iter_all_changes() {
        let piece = change.value();
        match change.tag() {
            ChangeTag::Equal => {
                push_piece(&mut old, piece, false);
                push_piece(&mut new, piece, false);
            }
            ChangeTag::Delete => push_piece(&mut old, piece, true),
            ChangeTag::Insert => push_piece(&mut new, piece, true),
        }
    }
    (old, new)
}

fn push_piece(pieces: &mut Vec<Piece>, piece: &str, is_changed: bool) {
    match pieces.last_mut() {
        Some((last, changed)) if *changed == is_changed => last.push_str(piece),
        _ => pieces.push((piece.to_owned(), is_changed)),
    }
}

/// A piece of a line on a terminal, and whether it changed.
type TerminalPiece<'a> = (&'a str, bool);

fn push_line(
    text: &mut String,
    change: &similar::InlineChange<'_, str>,
    indent: &str,
    limit: usize,
) {
    let sign = sign(change.tag());
    let style = match sign {
        '+' => ADDED,
        '-' => REMOVED,
        _ => Style::new(),
    };
    let pieces: Vec<_> = change.iter_strings_lossy().collect();
    let pieces =
        pieces.iter().map(|(changed, piece)| (piece.trim_end_matches(['\n', '\r']), *changed));
    let rows = rows(&words(pieces), limit);
    for (row, sign) in rows.iter().zip(std::iter::once(sign).chain(std::iter::repeat(' '))) {
        let sign = Styled(style, &sign.to_string()).to_string();
        let (last, rest) = row.split_last().unwrap_or((&("", false), &[]));
        let pieces = rest.iter().copied().chain([(last.0.trim_end(), last.1)]);
        let line: String = pieces.map(|piece| emphasized(piece, style)).collect();
        let marks: String = row.iter().map(|(piece, changed)| marks(piece, *changed)).collect();
        text.push_str(format!("{indent}{sign} {line}").trim_end());
        text.push('\n');
        if marks.contains('^') {
            text.push_str(&format!("{indent}  {}\n", marks.trim_end()));
        }
    }
}

/// Groups the pieces by word, each with the spaces after it. The indent is a word too.
fn words<'a>(pieces: impl Iterator<Item = TerminalPiece<'a>>) -> Vec<Vec<TerminalPiece<'a>>> {
    let mut words: Vec<Vec<TerminalPiece<'a>>> = vec![Vec::new()];
    for (piece, changed) in pieces {
        for part in piece.split_inclusive(' ') {
            let continues = |word: &Vec<TerminalPiece>| {
                !word.last().is_some_and(|(last, _)| last.ends_with(' '))
            };
            match words.last_mut() {
                Some(word) if continues(word) || part == " " => word.push((part, changed)),
                _ => words.push(vec![(part, changed)]),
            }
        }
    }
    words
}

/// Wraps words into rows of at most `limit` columns, if possible. Further rows have a larger indent.
fn rows<'a>(words: &[Vec<TerminalPiece<'a>>], limit: usize) -> Vec<Vec<TerminalPiece<'a>>> {
    let of = |word: &[TerminalPiece]| word.iter().map(|(piece, _)| width(piece)).sum::<usize>();
    let margin = words.first().filter(|word| word.iter().all(|(piece, _)| *piece == " "));
    let indent = SPACES.get(..margin.map_or(0, |margin| of(margin)) + 2).unwrap_or(SPACES);
    let (mut row, mut used, mut rows) = (Vec::new(), 0, Vec::new());
    for (number, word) in words.iter().enumerate() {
        let visible = of(word) - word.iter().rev().take_while(|(piece, _)| *piece == " ").count();
        if number > usize::from(margin.is_some()) && used + visible > limit + 1 {
            rows.push(std::mem::replace(&mut row, vec![(indent, false)]));
            used = indent.len();
        }
        used += of(word);
        row.extend(word);
    }
    rows.push(row);
    rows
}

/// The maximum indent of a further row.
const SPACES: &str = "                    ";

/// Styles a piece as its line. Changed pieces are inverted.
fn emphasized((piece, changed): TerminalPiece<'_>, style: Style) -> String {
    if piece.trim().is_empty() {
        return piece.to_owned();
    }
    Styled(if changed { style.invert() } else { style }, piece).to_string()
}

fn marks(piece: &str, changed: bool) -> String {
    let mark = if changed && !piece.trim().is_empty() { "^" } else { " " };
    mark.repeat(width(piece))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_words_that_differ_are_marked() {
        let (old, new) = changed_words("a b c", "a d c");
        let pieces = |word: &str| {
            [("a ", false), (word, true), (" c", false)].map(|(text, mark)| (text.to_owned(), mark))
        };
        assert_eq!((old, new), (pieces("b").to_vec(), pieces("d").to_vec()));
        let (old, _) = changed_words("one", "another thing altogether");
        assert_eq!(old, [("one".to_owned(), false)]);
    }

    fn plain(before: &str, after: &str, columns: usize) -> String {
        let text = render(before, after, "  ", columns).shown;
        anstream::adapter::strip_str(&text).to_string()
    }

    #[test]
    fn changed_words_are_marked_below_their_line() {
        let before = "{\n  \"a\": 1,\n  \"size\": 100,\n  \"z\": 0\n}";
        let after = "{\n  \"a\": 1,\n  \"size\": 200,\n  \"z\": 0\n}";
        let expected = [
            "    {",
            "      \"a\": 1,",
            "  -   \"size\": 100,",
            "              ^^^",
            "  +   \"size\": 200,",
            "              ^^^",
            "      \"z\": 0",
            "    }",
            "",
        ];
        assert_eq!(plain(before, after, 80), expected.join("\n"));
    }

    #[test]
    fn changed_words_are_inverted_and_no_style_continues_over_the_end_of_a_line() {
        let text = render("\"size\": 100,\n", "\"size\": 200,\n", "", 80).shown;
        let expected = [
            "\u{1b}[31m-\u{1b}[0m \u{1b}[31m\"size\": \u{1b}[0m\u{1b}[7m\u{1b}[31m100\u{1b}[0m\u{1b}[31m,\u{1b}[0m",
            "          ^^^",
            "\u{1b}[32m+\u{1b}[0m \u{1b}[32m\"size\": \u{1b}[0m\u{1b}[7m\u{1b}[32m200\u{1b}[0m\u{1b}[32m,\u{1b}[0m",
            "          ^^^",
            "",
        ];
        assert_eq!(text, expected.join("\n"));
    }

    #[test]
    fn long_lines_are_wrapped_with_their_marks() {
        let before = "  \"url\": \"/customers?where=created\", \"size\": 100, \"first\": 1\n";
        let after = before.replace("100", "2500").replace("1\n", "日本\n");
        let expected = [
            "  -   \"url\":",
            "        \"/customers?where=created\",",
            "        \"size\": 100, \"first\": 1",
            "                ^^^           ^",
            "  +   \"url\":",
            "        \"/customers?where=created\",",
            "        \"size\": 2500, \"first\": 日本",
            "                ^^^^           ^^^^",
            "",
        ];
        assert_eq!(plain(before, &after, 36), expected.join("\n"));
    }
}
