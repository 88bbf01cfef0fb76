//! Makes text from files and from the platform safe to show.
//!
//! In: any text. Out: the characters that must be escaped ([`is_deceptive`]), the escaped text
//! ([`escaped`], [`bounded_line`]), and text between backticks that it cannot close ([`quoted`]).
//! Every output uses this table. It is derived from Unicode data, so it lists only exceptions.

use std::borrow::Cow;
use std::fmt::{self, Write};

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

/// The longest sequence of combining marks that is shown. Longer ones cover other lines.
const MAX_COMBINING_MARKS: usize = 4;

/// The length of a [`bounded_line`], in bytes. A gateway's error page can be huge.
const MAX_LINE: usize = 512;

/// Whether a character controls a terminal, reorders text, or is invisible or blank. Line breaks
/// are included. A caller that keeps lines exempts them.
///
/// Emoji sequences contain such characters (U+200D, U+FE0F). They are escaped, because the same
/// characters hide text in names.
pub fn is_deceptive(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    let by_category = match CodePointMapData::<GeneralCategory>::new().get(c) {
        // Every space except U+0020 only looks like a space.
        GeneralCategory::SpaceSeparator
        | GeneralCategory::LineSeparator
        | GeneralCategory::ParagraphSeparator
        | GeneralCategory::Control
        | GeneralCategory::Format
        // Fonts decide whether and how these are visible.
        | GeneralCategory::PrivateUse
        | GeneralCategory::Unassigned => true,
        _ => false,
    };
    by_category || is_blank(c) || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Whether a character is blank although Unicode classifies it as a letter, a mark or a symbol.
fn is_blank(c: char) -> bool {
    matches!(
        c,
        // Braille pattern blank, ideographic half fill space, object replacement character.
        '\u{2800}' | '\u{303f}' | '\u{fffc}'
        // Egyptian blanks, Khitan filler, musical null notehead.
        | '\u{13441}' | '\u{13442}' | '\u{16fe4}' | '\u{1d159}'
    )
}

fn is_combining_mark(c: char) -> bool {
    !c.is_ascii()
        && matches!(
            CodePointMapData::<GeneralCategory>::new().get(c),
            GeneralCategory::NonspacingMark
                | GeneralCategory::SpacingMark
                | GeneralCategory::EnclosingMark
        )
}

/// The characters of a text with their byte offsets. The flag is `true` for a character that must be
/// escaped: a deceptive one, or a combining mark after too many others.
pub fn characters(text: &str) -> impl Iterator<Item = (usize, char, bool)> {
    let mut marks = 0;
    text.char_indices().map(move |(at, c)| {
        marks = if is_combining_mark(c) { marks + 1 } else { 0 };
        (at, c, is_deceptive(c) || marks > MAX_COMBINING_MARKS)
    })
}

/// Whether no character of a text must be escaped, except line breaks.
pub fn is_harmless(text: &str) -> bool {
    let is_shown = |byte: u8| byte == b'\n' || (b' '..=b'~').contains(&byte);
    text.bytes().all(is_shown) || characters(text).all(|(_, c, escaped)| !escaped || c == '\n')
}

/// Replaces every character that must be escaped by `\u{…}`. Line breaks stay.
pub fn escaped(text: &str) -> Cow<'_, str> {
    escaped_by(text, |shown, c| shown.extend(c.escape_unicode()))
}

/// Replaces these characters in a JSON document by JSON escapes, which keeps its meaning: outside
/// strings, a document contains none of them.
pub fn escaped_in_json(document: &str) -> Cow<'_, str> {
    escaped_by(document, |shown, c| {
        for unit in c.encode_utf16(&mut [0; 2]) {
            write!(shown, "\\u{unit:04x}").expect("writing to a String cannot fail");
        }
    })
}

/// Like [`escaped`], for a terminal: style sequences and tabs stay.
pub fn escaped_apart_from_styles(text: &str) -> Cow<'_, str> {
    if is_harmless(text) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + text.len() / 8);
    for (number, piece) in text.split("\u{1b}[").enumerate() {
        let codes =
            piece.len() - piece.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').len();
        let is_style = piece.get(codes..).is_some_and(|rest| rest.starts_with('m'));
        if number > 0 {
            shown.push_str(if is_style { "\u{1b}[" } else { "\\u{1b}[" });
        }
        for (tabs, line) in piece.split('\t').enumerate() {
            shown.push_str(if tabs > 0 { "\t" } else { "" });
            shown.push_str(&escaped(line));
        }
    }
    Cow::Owned(shown)
}

fn escaped_by(text: &str, escape: impl Fn(&mut String, char)) -> Cow<'_, str> {
    if is_harmless(text) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + text.len() / 8);
    for (_, c, is_escaped) in characters(text) {
        if is_escaped && c != '\n' { escape(&mut shown, c) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

/// The beginning of a server's text on one line of at most 512 bytes. Backticks are escaped, because
/// messages quote other text with them.
pub fn bounded_line(text: &str) -> String {
    let mut line = String::new();
    for (_, c, is_escaped) in characters(text.trim()) {
        let before = line.len();
        if c == '`' {
            line.extend(c.escape_unicode());
        } else if is_escaped {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
        if line.len() > MAX_LINE {
            line.truncate(before);
            line.push('…');
            break;
        }
    }
    line
}

/// Formats foreign text in a message, between backticks that it cannot close.
pub fn quoted<T: fmt::Display>(text: T) -> Quoted<T> {
    Quoted { text, fence: "`" }
}

/// Formats foreign text in a message without backticks around it. Its own backticks are escaped.
pub fn unquoted<T: fmt::Display>(text: T) -> Quoted<T> {
    Quoted { text, fence: "" }
}

/// Foreign text whose backticks are escaped when it is displayed.
#[derive(Clone, Copy, Debug)]
pub struct Quoted<T> {
    text: T,
    fence: &'static str,
}

impl<T: fmt::Display> fmt::Display for Quoted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.fence)?;
        write!(EscapeBackticks(f), "{}", self.text)?;
        f.write_str(self.fence)
    }
}

struct EscapeBackticks<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Write for EscapeBackticks<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for (number, piece) in text.split('`').enumerate() {
            if number > 0 {
                self.0.write_str("\\u{60}")?;
            }
            self.0.write_str(piece)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use unicode_security::skeleton;

    use super::*;

    #[test]
    fn every_deceptive_character_is_in_the_table() {
        let ranges = "0-1f 7f-a0 ad 34f 61c 115f-1160 1680 17b4-17b5 180b-180f 2000-200f 2028-202f \
                      205f-206f 2800 3000 303f 3164 e000-f8ff fe00-fe0f feff ffa0 fff0-fffc \
                      fffe-ffff 13441-13442 16fe4 1bca0-1bca3 1d159 1d173-1d17a e0000-e0fff \
                      f0000-10ffff";
        for range in ranges.split(' ') {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let [first, last] = [first, last].map(|code| u32::from_str_radix(code, 16).unwrap());
            for c in (first..=last).map(|code| char::from_u32(code).unwrap()) {
                assert!(is_deceptive(c), "{:04X}", u32::from(c));
            }
        }
    }

    #[test]
    fn every_character_that_unicode_security_ignores_is_in_the_table() {
        for c in '\u{80}'..=char::MAX {
            if skeleton(c.encode_utf8(&mut [0; 4])).next().is_none() || c.is_whitespace() {
                assert!(is_deceptive(c), "{:04X}", u32::from(c));
            }
        }
    }

    #[test]
    fn ordinary_names_are_not_escaped() {
        for name in ["Größe & Maß", "日本 支社", "İstanbul", "हिन्दी", "🚀 ±→…–“”", "a\u{301}"]
        {
            assert_eq!(escaped(name), name);
            assert!(is_harmless(name), "{name}");
        }
    }

    #[test]
    fn joiners_in_emoji_sequences_are_escaped() {
        assert_eq!(escaped("👩\u{200d}💻 ❤\u{fe0f}"), "👩\\u{200d}💻 ❤\\u{fe0f}");
    }

    #[test]
    fn combining_marks_after_the_fourth_are_escaped() {
        let flood = format!("a{}b", "\u{301}".repeat(6));
        let shown = format!("a{}\\u{{301}}\\u{{301}}b", "\u{301}".repeat(4));
        assert_eq!(escaped(&flood), shown);
        assert!(!is_harmless(&flood));
    }

    #[test]
    fn an_escaped_json_document_has_the_same_meaning() {
        let texts = ["\u{e0041}\u{202e}\u{a0}\u{7f}\u{2028}", "\n", "a\u{301}"];
        let document = serde_json::to_string_pretty(&texts).unwrap();
        let shown = escaped_in_json(&document);
        assert!(is_harmless(&shown), "{shown}");
        assert!(shown.contains("\\udb40\\udc41\\u202e"), "{shown}");
        assert_eq!(serde_json::from_str::<[String; 3]>(&shown).unwrap(), texts);
    }

    #[test]
    fn only_styles_pass_to_a_terminal() {
        let text = "\u{1b}[1;31merror\u{1b}[0m:\ta\u{1b}[2J\u{1b}]0;x\u{7}\u{202e}\n";
        let shown = "\u{1b}[1;31merror\u{1b}[0m:\ta\\u{1b}[2J\\u{1b}]0;x\\u{7}\\u{202e}\n";
        assert_eq!(escaped_apart_from_styles(text), shown);
        assert_eq!(escaped_apart_from_styles("a\tb"), "a\tb");
    }

    #[test]
    fn a_bounded_line_escapes_line_breaks_and_backticks() {
        assert_eq!(bounded_line("a `b` \u{e0041}"), r"a \u{60}b\u{60} \u{e0041}");
        assert_eq!(
            bounded_line("a\u{1b}[31m\r\n\u{202e}b ü\u{9b}"),
            r"a\u{1b}[31m\r\n\u{202e}b ü\u{9b}"
        );
    }

    #[test]
    fn a_bounded_line_is_cut_between_characters() {
        let cut = bounded_line(&format!("a{}", "ü".repeat(400)));
        assert_eq!(cut, format!("a{}…", "ü".repeat(255)));
        assert_eq!(bounded_line(&"x".repeat(512)), "x".repeat(512));
        assert_eq!(bounded_line(&"\u{1b}".repeat(512)), format!("{}…", r"\u{1b}".repeat(85)));
    }

    #[test]
    fn foreign_text_cannot_close_a_quotation() {
        let name = "x` was approved by the security team `y";
        let shown = "x\\u{60} was approved by the security team \\u{60}y";
        assert_eq!(quoted(name).to_string(), format!("`{shown}`"));
        assert_eq!(unquoted(name).to_string(), shown);
    }
}
