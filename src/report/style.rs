//! Styles, wrapping and escaping of text for a terminal.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr as _;

use crate::safe_text::{characters, escaped};

pub(super) const ADDED: Style = AnsiColor::Green.on_default();
pub(super) const CHANGED: Style = AnsiColor::Yellow.on_default();
/// Removals and failures.
pub(super) const REMOVED: Style = AnsiColor::Red.on_default();
/// Details.
pub(super) const FAINT: Style = Style::new().dimmed();
pub(super) const STRONG: Style = Style::new().bold();

const MIN_TEXT_WIDTH: usize = 20;

/// A text in a style. The escape codes are removed later if the output is not a terminal.
pub(super) struct Styled<'a>(pub(super) Style, pub(super) &'a str);

impl fmt::Display for Styled<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.0.render(), self.1, self.0.render_reset())
    }
}

/// Makes a text harmless in a terminal and in the log of a pipeline: escapes deceptive characters, apart
/// from line breaks, and the start of workflow commands.
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

/// Whether a CI system could read a command here: `::name::` at the start of a word, which wrapping can
/// move to the start of a line, and `##[name]` or `##vso[name]` anywhere.
fn begins_command(rest: &str, begins_word: bool) -> bool {
    (begins_word && rest.starts_with("::"))
        || ["##[", "##vso["].iter().any(|command| rest.starts_with(command))
}

/// Like [`clean`], and escapes line breaks.
pub fn clean_line(text: &str) -> String {
    clean(text).replace('\n', "\\n")
}

/// Returns the number of columns of a text, without styles.
pub(super) fn width(text: &str) -> usize {
    if text.contains('\u{1b}') {
        return anstream::adapter::strip_str(text).to_string().width();
    }
    text.width()
}

/// Returns the spaces from a column to another one, at least two.
pub(super) fn gap(from: usize, column: usize) -> String {
    " ".repeat(column.saturating_sub(from).max(2))
}

/// Wraps a text between words into lines of at most `columns`, each after `indent`. The line breaks of the
/// text remain. A word that is longer than a line has its own line.
pub(super) fn wrapped(text: &str, indent: &str, columns: usize) -> String {
    hanging(indent, text, indent, columns)
}

/// Like [`wrapped`], with the first line after `first`, or below it if there is no space.
pub(super) fn hanging(first: &str, text: &str, indent: &str, columns: usize) -> String {
    let fits = width(first) + MIN_TEXT_WIDTH.min(width(text)) <= columns;
    let mut lines = Vec::new();
    if !fits && width(first) > width(indent) {
        lines.push(String::new());
    }
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            let before = if lines.is_empty() { first } else { indent };
            let limit = columns.saturating_sub(width(before)).max(MIN_TEXT_WIDTH);
            if !line.is_empty() && width(&line) + 1 + width(word) > limit {
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

/// Like [`wrapped`], and styles each line separately, so no style continues over the end of a line.
pub(super) fn wrapped_in(style: Style, text: &str, indent: &str, columns: usize) -> String {
    let lines = wrapped(text, "", columns.saturating_sub(width(indent)));
    let styled = |line| [indent, &Styled(style, line).to_string(), "\n"].concat();
    lines.lines().map(styled).collect()
}

/// Renders a message after its label, in lines of at most `columns` if there is a limit.
pub fn message(label: &str, text: &str, columns: Option<usize>) -> String {
    let style = if label == "error:" { REMOVED.bold() } else { STRONG };
    let content = label.trim_start();
    let margin = " ".repeat(label.len() - content.len());
    let first = format!("{margin}{} ", Styled(style, content));
    match columns {
        Some(columns) => hanging(&first, text, &format!("{margin}  "), columns),
        None => format!("{first}{text}\n"),
    }
}

/// Renders a summary that starts with a strong label, in lines of at most `columns`.
pub(super) fn sentence(strong: &str, rest: &str, columns: usize) -> String {
    let text = wrapped(&format!("{strong} {rest}"), "", columns);
    text.replacen(strong, &Styled(STRONG, strong).to_string(), 1)
}

/// Encodes a path so that no part of it can be a scheme, a query or a fragment.
pub(super) fn percent_encoded(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// `1 instance`, `2 instances`.
pub fn count(amount: usize, noun: &str) -> String {
    let ending = if amount == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", number(amount))
}

/// `999`, `10,000`.
pub(super) fn number(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The commands to run next, each with its purpose as a comment, so that they can be copied.
pub(crate) fn next_commands(commands: &[(String, &str)]) -> String {
    let width = |text: &str| text.chars().count();
    let column = commands.iter().map(|(command, _)| width(command)).max().unwrap_or_default();
    let line = |(command, purpose): &(String, &str)| format!("  {command:column$}  # {purpose}\n");
    format!("\nNext:\n{}", commands.iter().map(line).collect::<String>())
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
    fn a_first_line_can_start_differently_and_no_style_continues_over_its_end() {
        let text = hanging("  + ", "support/desk  Help  desk", "      ", 26);
        assert_eq!(text, "  + support/desk  Help\n      desk\n");
        let styled = wrapped_in(FAINT, "one two three four five six", "  ", 22);
        assert_eq!(
            styled,
            "  \u{1b}[2mone two three four\u{1b}[0m\n  \u{1b}[2mfive six\u{1b}[0m\n"
        );
        assert_eq!(width(styled.lines().next().unwrap()), 20);
    }

    #[test]
    fn large_numbers_have_separators() {
        let numbers = [0, 999, 1_000, 10_000, 1_234_567].map(number);
        assert_eq!(numbers, ["0", "999", "1,000", "10,000", "1,234,567"]);
        assert_eq!(count(1_000, "instance"), "1,000 instances");
    }

    #[test]
    fn characters_that_control_a_terminal_or_hide_text_are_escaped() {
        assert_eq!(clean("a\u{1b}[31m\u{202e}b\tc\n"), "a\\u{1b}[31m\\u{202e}b\\u{9}c\n");
        assert_eq!(clean_line("Größe\n日本"), "Größe\\n日本");
    }

    #[test]
    fn workflow_commands_are_escaped() {
        let escaped = "\\u{3a}:error::x a \\u{3a}:stop-commands::y\n\\u{3a}:z";
        assert_eq!(clean("::error::x a ::stop-commands::y\n::z"), escaped);
        assert_eq!(clean("a##[error]b ###vso[x]"), "a\\u{23}#[error]b #\\u{23}#vso[x]");
        for text in ["a::b", "std::fmt", "## title", "#[x]", "a: b"] {
            assert_eq!(clean(text), text);
        }
    }
}
