//! Truncates long texts.
//!
//! In: a text of any length. Out: its start and its end, with long runs of spaces and of empty lines
//! replaced by their number, and the length of the complete text. So nobody can hide text behind spaces.

use std::borrow::Cow;

use super::style::count;

/// Maximum length of a run of spaces. Deep JSON documents have smaller indents.
const MAX_SPACES: usize = 40;
const MAX_EMPTY_LINES: usize = 3;

/// `(412 characters, shown in part)`: the prefix of a truncated text.
pub(super) fn extent(whole: &str) -> String {
    format!("({}, shown in part)", count(whole.chars().count(), "character"))
}

/// `(412 → 415 characters, shown in part)`: the prefix of a truncated change.
pub(super) fn extents(before: &str, after: &str) -> String {
    let old = before.chars().count();
    let new = after.chars().count();
    if old == new {
        extent(after)
    } else {
        format!("({old} → {}, shown in part)", count(new, "character"))
    }
}

/// Truncates a text to about `max` characters, with its length as a prefix.
pub(super) fn line(text: &str, max: usize) -> Cow<'_, str> {
    match shortened(&counted(text), max) {
        shown if shown == text => Cow::Borrowed(text),
        shown => Cow::Owned(format!("{} {shown}", extent(text))),
    }
}

/// Truncates a message to about `max` characters. Quotations between backticks stay complete at both ends.
pub(super) fn message(text: &str, max: usize) -> Cow<'_, str> {
    let counted = counted(text);
    let Some((head, tail)) = split(&counted, max - max / 3, max / 3) else {
        return line(text, max);
    };
    let is_open = |piece: &str| !piece.matches('`').count().is_multiple_of(2);
    let mark = |piece| if is_open(piece) { "`" } else { "" };
    Cow::Owned(format!("{} {head}{}…{}{tail}", extent(text), mark(head), mark(tail)))
}

/// Omits the middle lines of a text that has more than `max` lines.
pub(super) fn lines(text: &str, max: usize) -> String {
    let text = counted(text);
    let lines: Vec<&str> = text.split('\n').collect();
    let omitted = lines.len().saturating_sub(max);
    if omitted == 0 {
        return text.into_owned();
    }
    let (head, rest) = lines.split_at(max / 2);
    let tail = rest.get(omitted..).unwrap_or_default();
    let between = format!("… ({} omitted)", count(omitted, "line"));
    [&head.join("\n"), &between, &tail.join("\n")].map(String::as_str).join("\n")
}

/// Returns the start and the end of a text that is longer than `max` characters.
pub(super) fn shortened(text: &str, max: usize) -> Cow<'_, str> {
    if text.len() <= max || text.chars().count() <= max {
        return Cow::Borrowed(text);
    }
    Cow::Owned(ends(text, max - max / 3, max / 3))
}

/// Truncates the two texts of a change to about `max` characters each. The difference stays visible.
pub(super) fn shortened_pair(before: &str, after: &str, max: usize) -> (String, String) {
    let is_short = |text: &str| text.chars().count() <= max;
    if is_short(before) && is_short(after) {
        return (before.to_owned(), after.to_owned());
    }
    let same = before.chars().zip(after.chars()).take_while(|(one, other)| one == other);
    let prefix: usize = same.map(|(c, _)| c.len_utf8()).sum();
    let (common, before) = before.split_at(prefix);
    let after = after.get(prefix..).unwrap_or_default();
    let same = before.chars().rev().zip(after.chars().rev());
    let suffix: usize =
        same.take_while(|(one, other)| one == other).map(|(c, _)| c.len_utf8()).sum();
    let (before, rest) = before.split_at(before.len() - suffix);
    let after = after.get(..after.len() - suffix).unwrap_or_default();
    let piece = max / 6;
    let (common, rest) = (ends(common, piece, piece), ends(rest, piece, piece));
    let shown = |changed| format!("{common}{}{rest}", ends(changed, piece, piece));
    (shown(before), shown(after))
}

/// Joins so many characters of both ends of a text.
fn ends(text: &str, head: usize, tail: usize) -> String {
    match split(text, head, tail) {
        None => text.to_owned(),
        Some((head, tail)) => format!("{head}…{tail}"),
    }
}

/// Splits so many characters off both ends; `None` if the text has no more.
fn split(text: &str, head: usize, tail: usize) -> Option<(&str, &str)> {
    let length = text.chars().count();
    if length <= head + tail {
        return None;
    }
    let at = |number: usize| text.char_indices().nth(number).map_or(text.len(), |(at, _)| at);
    Some((text.get(..at(head))?, text.get(at(length - tail)..)?))
}

/// Replaces long runs of spaces and of empty lines by their number.
pub(super) fn counted(text: &str) -> Cow<'_, str> {
    let is_long = |run: &str| run.len() > MAX_SPACES;
    let has_long_run = || text.split(|c| !is_space(c)).any(is_long);
    let is_dense = || text.split('\n').all(|line| !line.trim().is_empty());
    if (is_dense() || !text.contains('\n')) && !has_long_run() {
        return Cow::Borrowed(text);
    }
    let mut lines: Vec<String> = Vec::new();
    let mut empty = 0;
    let mut rest = text.split('\n').peekable();
    while let Some(line) = rest.next() {
        let is_empty = line.trim().is_empty() && text.len() > line.len();
        if is_empty {
            empty += 1;
        }
        if is_empty && rest.peek().is_some_and(|next| next.trim().is_empty()) {
            lines.push(line.to_owned());
            continue;
        }
        if empty > MAX_EMPTY_LINES {
            lines.truncate(lines.len() + usize::from(is_empty) - empty);
            lines.push(format!("({})", count(empty, "empty line")));
        } else {
            lines.push(with_spaces_counted(line));
        }
        empty = 0;
    }
    Cow::Owned(lines.join("\n"))
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r')
}

fn with_spaces_counted(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(start) = rest.find(is_space) {
        let (before, from) = rest.split_at(start);
        let length = from.find(|c| !is_space(c)).unwrap_or(from.len());
        let (spaces, after) = from.split_at(length);
        shown.push_str(before);
        if length > MAX_SPACES {
            shown.push_str(&format!("({length} spaces)"));
        } else {
            shown.push_str(spaces);
        }
        rest = after;
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_of_spaces_hides_nothing() {
        let url = format!("https://good.example/{}@evil.example", " ".repeat(300));
        let shown =
            "(334 characters, shown in part) https://good.example/(300 spaces)@evil.example";
        assert_eq!(line(&url, 1_000), shown);
        assert_eq!(line("a  b", 1_000), "a  b");
        let lines = format!("a{}b", "\n".repeat(301));
        assert_eq!(counted(&lines), "a\n(300 empty lines)\nb");
        assert_eq!(counted("a\n\n\nb\n"), "a\n\n\nb\n");
        assert_eq!(counted(&"\n".repeat(9)), "(10 empty lines)");
        assert_eq!(counted(""), "");
        assert_eq!(counted(&" ".repeat(50)), "(50 spaces)");
    }

    #[test]
    fn a_long_text_keeps_its_start_and_its_end() {
        assert_eq!(line(&"x".repeat(9), 9), "x".repeat(9));
        assert_eq!(line("abcdefghijkl", 9), "(12 characters, shown in part) abcdef…jkl");
        assert_eq!(lines("1\n2\n3\n4\n5", 4), "1\n2\n… (1 line omitted)\n4\n5");
        assert_eq!(lines("1\n2\n3\n4\n5", 5), "1\n2\n3\n4\n5");
        assert_eq!(extent("a"), "(1 character, shown in part)");
        assert_eq!(extents("a", "b"), extent("b"));
        assert_eq!(extents("ab", "a"), "(2 → 1 character, shown in part)");
    }

    #[test]
    fn a_truncated_message_keeps_its_quotations() {
        assert_eq!(message("a `b` c", 9), "a `b` c");
        let shown = "(17 characters, shown in part) a `bcd`…`l` ";
        assert_eq!(message("a `bcdefghij`kl` ", 9), shown);
    }

    #[test]
    fn the_difference_of_long_lines_is_shown() {
        let before = format!("{}good{}", "a".repeat(900), "z".repeat(900));
        let after = before.replace("good", "evil");
        let (one, other) = shortened_pair(&before, &after, 60);
        let around = |word| format!("{0}…{0}{word}{1}…{1}", "a".repeat(10), "z".repeat(10));
        assert_eq!((one, other), (around("good"), around("evil")));
        let (one, other) = shortened_pair("ä", &"ä".repeat(90), 60);
        assert_eq!((one.as_str(), other), ("ä", format!("ä{0}…{0}", "ä".repeat(10))));
    }
}
