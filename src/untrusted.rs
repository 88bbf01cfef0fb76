//! Text from files and from the platform, made safe to show.
//!
//! In: any text. Out: which of its characters must be shown escaped ([`is_deceptive`],
//! [`escaped`]), and the text between backticks that it cannot close ([`quoted`]). Every output
//! uses this one table. It rests on Unicode's own data, so it needs no list of code points.

use std::borrow::Cow;
use std::fmt::{self, Write};

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

/// The longest sequence of combining marks that is shown. More of them cover other lines.
const MAX_COMBINING_MARKS: usize = 4;

/// Whether a character acts on a terminal, reorders text, or shows nothing or a blank. Line breaks
/// are deceptive too: a caller that keeps lines exempts them.
///
/// Emoji sequences contain such characters (U+200D, U+FE0F). They are shown escaped as well, because
/// the same characters hide text in names.
pub fn is_deceptive(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    let by_category = match CodePointMapData::<GeneralCategory>::new().get(c) {
        // Every space but U+0020 looks like a blank and is none.
        GeneralCategory::SpaceSeparator
        | GeneralCategory::LineSeparator
        | GeneralCategory::ParagraphSeparator
        | GeneralCategory::Control
        | GeneralCategory::Format
        // Fonts decide how these look, if they show them at all.
        | GeneralCategory::PrivateUse
        | GeneralCategory::Unassigned => true,
        _ => false,
    };
    by_category || is_blank(c) || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Whether a character takes space and shows nothing, although Unicode classifies it as a letter, a
/// mark or a symbol.
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
/// shown escaped: a deceptive one, or a combining mark after too many others.
pub fn characters(text: &str) -> impl Iterator<Item = (usize, char, bool)> {
    let mut marks = 0;
    text.char_indices().map(move |(at, c)| {
        marks = if is_combining_mark(c) { marks + 1 } else { 0 };
        (at, c, is_deceptive(c) || marks > MAX_COMBINING_MARKS)
    })
}

/// Whether no character of a text must be shown escaped, apart from line breaks.
pub fn is_harmless(text: &str) -> bool {
    let is_shown = |byte: u8| byte == b'\n' || (b' '..=b'~').contains(&byte);
    text.bytes().all(is_shown) || characters(text).all(|(_, c, escaped)| !escaped || c == '\n')
}

/// A text with `\u{…}` in place of every character that must be shown escaped, apart from line
/// breaks.
pub fn escaped(text: &str) -> Cow<'_, str> {
    escaped_by(text, |shown, c| {
        write!(shown, "\\u{{{:x}}}", u32::from(c)).expect("writing to a String cannot fail");
    })
}

/// A JSON document with JSON's own escapes for these characters, so that it stays the same document.
/// Outside of strings a document has none of them.
pub fn escaped_in_json(document: &str) -> Cow<'_, str> {
    escaped_by(document, |shown, c| {
        for unit in c.encode_utf16(&mut [0; 2]) {
            write!(shown, "\\u{unit:04x}").expect("writing to a String cannot fail");
        }
    })
}

/// A text for a terminal as [`escaped`] has it, with the sequences that choose a style, and tabs, left
/// as they are.
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

/// Foreign text in a message, between backticks that it cannot close.
pub fn quoted<T: fmt::Display>(text: T) -> Quoted<T> {
    Quoted { text, fence: "`" }
}

/// Foreign text in a message without backticks around it. Its own backticks quote nothing.
pub fn unquoted<T: fmt::Display>(text: T) -> Quoted<T> {
    Quoted { text, fence: "" }
}

/// Foreign text whose backticks are shown escaped.
#[derive(Clone, Copy, Debug)]
pub struct Quoted<T> {
    text: T,
    fence: &'static str,
}

impl<T: fmt::Display> fmt::Display for Quoted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.fence)?;
        write!(WithoutBackticks(f), "{}", self.text)?;
        f.write_str(self.fence)
    }
}

/// Writes backticks as escapes.
struct WithoutBackticks<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Write for WithoutBackticks<'_, '_> {
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
    fn every_character_that_deceives_is_in_the_table() {
        let ranges = [
            ('\0', '\u{1f}'),
            ('\u{7f}', '\u{a0}'),
            ('\u{ad}', '\u{ad}'),
            ('\u{34f}', '\u{34f}'),
            ('\u{61c}', '\u{61c}'),
            ('\u{115f}', '\u{1160}'),
            ('\u{1680}', '\u{1680}'),
            ('\u{17b4}', '\u{17b5}'),
            ('\u{180b}', '\u{180f}'),
            ('\u{2000}', '\u{200f}'),
            ('\u{2028}', '\u{202f}'),
            ('\u{205f}', '\u{206f}'),
            ('\u{2800}', '\u{2800}'),
            ('\u{3000}', '\u{3000}'),
            ('\u{303f}', '\u{303f}'),
            ('\u{3164}', '\u{3164}'),
            ('\u{e000}', '\u{f8ff}'),
            ('\u{fe00}', '\u{fe0f}'),
            ('\u{feff}', '\u{feff}'),
            ('\u{ffa0}', '\u{ffa0}'),
            ('\u{fff0}', '\u{fffc}'),
            ('\u{fffe}', '\u{ffff}'),
            ('\u{13441}', '\u{13442}'),
            ('\u{16fe4}', '\u{16fe4}'),
            ('\u{1bca0}', '\u{1bca3}'),
            ('\u{1d159}', '\u{1d159}'),
            ('\u{1d173}', '\u{1d17a}'),
            ('\u{e0000}', '\u{e0fff}'),
            ('\u{f0000}', '\u{10ffff}'),
        ];
        for (first, last) in ranges {
            for c in first..=last {
                assert!(is_deceptive(c), "{:04X}", u32::from(c));
            }
        }
    }

    #[test]
    fn what_another_source_of_unicode_data_ignores_is_in_the_table() {
        for c in '\u{80}'..=char::MAX {
            if skeleton(c.encode_utf8(&mut [0; 4])).next().is_none() || c.is_whitespace() {
                assert!(is_deceptive(c), "{:04X}", u32::from(c));
            }
        }
    }

    #[test]
    fn characters_of_names_are_shown_as_they_are() {
        for name in ["Größe & Maß", "日本 支社", "İstanbul", "हिन्दी", "🚀 ±→…–“”", "a\u{301}"]
        {
            assert_eq!(escaped(name), name);
            assert!(is_harmless(name), "{name}");
        }
    }

    #[test]
    fn emoji_sequences_are_shown_with_their_joiners() {
        assert_eq!(escaped("👩\u{200d}💻 ❤\u{fe0f}"), "👩\\u{200d}💻 ❤\\u{fe0f}");
    }

    #[test]
    fn a_flood_of_combining_marks_ends_after_four() {
        let flood = format!("a{}b", "\u{301}".repeat(6));
        let shown = format!("a{}\\u{{301}}\\u{{301}}b", "\u{301}".repeat(4));
        assert_eq!(escaped(&flood), shown);
        assert!(!is_harmless(&flood));
    }

    #[test]
    fn a_json_document_stays_the_same() {
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
    fn foreign_text_closes_no_quotation() {
        let name = "x` was approved by the security team `y";
        let shown = "x\\u{60} was approved by the security team \\u{60}y";
        assert_eq!(quoted(name).to_string(), format!("`{shown}`"));
        assert_eq!(unquoted(name).to_string(), shown);
    }
}
