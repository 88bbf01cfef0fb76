//! How text is made fit for a terminal.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr as _;

use crate::safe_text::{characters, escaped};

/// What is added.
pub(super) const ADDED: Style = AnsiColor::Green.on_default();
/// What is changed.
pub(super) const CHANGED: Style = AnsiColor::Yellow.on_default();
/// What is taken away, and what went wrong.
pub(super) const REMOVED: Style = AnsiColor::Red.on_default();
/// What is of less interest.
pub(super) const FAINT: Style = Style::new().dimmed();
/// What a reader should find first.
pub(super) const STRONG: Style = Style::new().bold();

/// The columns that a text has in any case.
const LEAST_ROOM: usize = 20;

/// A text in a style. The escape codes are taken out again where the output is no terminal.
pub(super) struct Painted<'a>(pub(super) Style, pub(super) &'a str);

impl fmt::Display for Painted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.0.render(), self.1, self.0.render_reset())
    }
}

/// Makes a text harmless to a terminal and to the log of a pipeline. It writes deceptive characters
/// (apart from line breaks) and the beginnings of workflow commands as escapes.
pub fn clean(text: &str) -> Cow<'_, str> {
    let may_command = text.contains("::") || text.contains("##");
    if !may_command {
        return escaped(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut begins_word = true;
    for (at, c, is_escaped) in characters(text) {
        let begins_command = begins_command(text.get(at..).unwrap_or_default(), begins_word);
        if (is_escaped && c != '\n') || begins_command {
            write!(clean, "\\u{{{:x}}}", u32::from(c)).expect("writing to a String cannot fail");
        } else {
            clean.push(c);
        }
        begins_word = c.is_whitespace();
    }
    Cow::Owned(clean)
}

/// Whether a CI system could take what begins here for a command: `::name::` at the beginning of a
/// line, where a word may come to stand, and `##[name]` or `##vso[name]` anywhere.
fn begins_command(rest: &str, begins_word: bool) -> bool {
    (begins_word && rest.starts_with("::"))
        || ["##[", "##vso["].iter().any(|command| rest.starts_with(command))
}

/// Like [`clean`], for text that has to stay on one line.
pub fn clean_line(text: &str) -> String {
    clean(text).replace('\n', "\\n")
}

/// The number of columns a text takes; styles take none.
pub(super) fn width(text: &str) -> usize {
    if text.contains('\u{1b}') {
        return anstream::adapter::strip_str(text).to_string().width();
    }
    text.width()
}

/// Spaces that bring a text of this width to `column`, at least two.
pub(super) fn gap(from: usize, column: usize) -> String {
    " ".repeat(column.saturating_sub(from).max(2))
}

/// A text in lines of at most `columns`, broken between words, each behind `indent`. Line breaks of
/// the text stay; a word that is longer than a line has one to itself.
pub(super) fn wrapped(text: &str, indent: &str, columns: usize) -> String {
    hanging(indent, text, indent, columns)
}

/// Like [`wrapped`], with the first line behind something else, or below it where it leaves no room.
pub(super) fn hanging(first: &str, text: &str, indent: &str, columns: usize) -> String {
    let has_room = width(first) + LEAST_ROOM.min(width(text)) <= columns;
    let mut lines = Vec::new();
    if !has_room && width(first) > width(indent) {
        lines.push(String::new());
    }
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            let before = if lines.is_empty() { first } else { indent };
            let room = columns.saturating_sub(width(before)).max(LEAST_ROOM);
            if !line.is_empty() && width(&line) + 1 + width(word) > room {
                lines.push(std::mem::take(&mut line));
            } else if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    let indents = std::iter::once(first).chain(std::iter::repeat(indent));
    let line =
        |(indent, line): (&str, &String)| [format!("{indent}{line}").trim_end(), "\n"].concat();
    indents.zip(&lines).map(line).collect()
}

/// Like [`wrapped`], with each line in a style of its own: none goes on over the end of a line.
pub(super) fn wrapped_in(style: Style, text: &str, indent: &str, columns: usize) -> String {
    let room = columns.saturating_sub(width(indent));
    let lines = wrapped(text, "", room);
    let styled = |line| [indent, &Painted(style, line).to_string(), "\n"].concat();
    lines.lines().map(styled).collect()
}

/// A message behind its label, in lines of at most `columns` if there is a limit.
pub fn message(label: &str, text: &str, columns: Option<usize>) -> String {
    let style = if label == "error:" { REMOVED.bold() } else { STRONG };
    let content = label.trim_start();
    let margin = " ".repeat(label.len() - content.len());
    let first = format!("{margin}{} ", Painted(style, content));
    match columns {
        Some(columns) => hanging(&first, text, &format!("{margin}  "), columns),
        None => format!("{first}{text}\n"),
    }
}

/// What a summary begins with, and the rest of it, in lines of at most `columns`.
pub(super) fn sentence(strong: &str, rest: &str, columns: usize) -> String {
    let text = wrapped(&format!("{strong} {rest}"), "", columns);
    text.replacen(strong, &Painted(STRONG, strong).to_string(), 1)
}

/// `1 instance`, `2 instances`.
pub fn count(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_keep_their_indent() {
        let text = wrapped("one two three four five six\nseven", "  ", 22);
        assert_eq!(text, "  one two three four\n  five six\n  seven\n");
    }

    #[test]
    fn a_first_line_may_begin_otherwise_and_no_style_goes_over_its_end() {
        let text = hanging("  + ", "support/desk  Help  desk", "      ", 26);
        assert_eq!(text, "  + support/desk  Help\n      desk\n");
        let painted = wrapped_in(FAINT, "one two three four five six", "  ", 22);
        assert_eq!(
            painted,
            "  \u{1b}[2mone two three four\u{1b}[0m\n  \u{1b}[2mfive six\u{1b}[0m\n"
        );
        assert_eq!(width(painted.lines().next().unwrap()), 20);
    }

    #[test]
    fn what_could_steer_a_terminal_or_hide_text_is_escaped() {
        assert_eq!(clean("a\u{1b}[31m\u{202e}b\tc\n"), "a\\u{1b}[31m\\u{202e}b\\u{9}c\n");
        assert_eq!(clean_line("Größe\n日本"), "Größe\\n日本");
    }

    #[test]
    fn what_a_pipeline_would_take_for_a_command_is_escaped() {
        let escaped = "\\u{3a}:error::x a \\u{3a}:stop-commands::y\n\\u{3a}:z";
        assert_eq!(clean("::error::x a ::stop-commands::y\n::z"), escaped);
        assert_eq!(clean("a##[error]b ###vso[x]"), "a\\u{23}#[error]b #\\u{23}#vso[x]");
        for text in ["a::b", "std::fmt", "## title", "#[x]", "a: b"] {
            assert_eq!(clean(text), text);
        }
    }
}
