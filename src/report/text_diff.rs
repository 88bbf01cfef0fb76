//! The difference of two long texts, line by line, with the changed words marked.

use std::time::Duration;

use similar::{ChangeTag, TextDiff};

use super::style::{ADDED, Painted, REMOVED, width};

/// Lines of context around a change.
const CONTEXT: usize = 2;
/// How long the search for the shortest difference may take; afterwards a longer one will do.
const PATIENCE: Duration = Duration::from_millis(200);

/// Renders the difference, each line behind `indent`. Under a changed line the changed words are
/// marked with `^`, so that they can be seen without colour.
pub(super) fn render(before: &str, after: &str, indent: &str) -> String {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(before, after);
    let mut text = String::new();
    for (index, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if index > 0 {
            text.push_str(&format!("{indent}  …\n"));
        }
        for change in group.iter().flat_map(|op| diff.iter_inline_changes(op)) {
            push_line(&mut text, &change, indent);
        }
    }
    text
}

/// The lines of the difference with their signs, `+`, `-` or a space, and `…` where some are left out.
pub(super) fn lines(before: &str, after: &str) -> Vec<(char, String)> {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(before, after);
    let mut lines = Vec::new();
    for (index, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if index > 0 {
            lines.push((' ', "…".to_owned()));
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            lines.push((sign(change.tag()), change.value().trim_end().to_owned()));
        }
    }
    lines
}

fn sign(tag: ChangeTag) -> char {
    match tag {
        ChangeTag::Equal => ' ',
        ChangeTag::Insert => '+',
        ChangeTag::Delete => '-',
    }
}

fn push_line(text: &mut String, change: &similar::InlineChange<'_, str>, indent: &str) {
    let (sign, style) = match change.tag() {
        ChangeTag::Equal => (' ', None),
        ChangeTag::Insert => ('+', Some(ADDED)),
        ChangeTag::Delete => ('-', Some(REMOVED)),
    };
    let (mut line, mut marks) = (String::new(), String::new());
    for (emphasised, piece) in change.iter_strings_lossy() {
        let piece = piece.trim_end_matches(['\n', '\r']);
        let mark = if emphasised && !piece.trim().is_empty() { "^" } else { " " };
        marks.push_str(&mark.repeat(width(piece)));
        line.push_str(piece);
    }
    let line = format!("{sign} {line}");
    match style {
        Some(style) => text.push_str(&format!("{indent}{}\n", Painted(style, line.trim_end()))),
        None => text.push_str(format!("{indent}{line}").trim_end()),
    }
    if style.is_none() {
        text.push('\n');
    }
    if marks.contains('^') {
        text.push_str(&format!("{indent}  {}\n", marks.trim_end()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_words_are_marked_below_their_line() {
        let before = "{\n  \"a\": 1,\n  \"size\": 100,\n  \"z\": 0\n}";
        let after = "{\n  \"a\": 1,\n  \"size\": 200,\n  \"z\": 0\n}";
        let plain = anstream::adapter::strip_str(&render(before, after, "  ")).to_string();
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
        assert_eq!(plain, expected.join("\n"));
    }
}
