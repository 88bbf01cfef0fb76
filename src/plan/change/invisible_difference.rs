//! Differences between texts that look the same.
//!
//! In: the two sides of a change, as a report shows them. Out: the difference in words, if a reader
//! cannot see it: a final line break, spaces, invisible characters, normalization forms, letters of
//! another script. Nothing for texts that look different. The texts must not be secrets.
//!
//! Each kind of difference is compared and then removed from both texts. Two texts look the same if
//! they are equal after every kind is removed. Unicode's data (UTS 39) decides which characters look
//! the same and which are invisible.

use std::collections::BTreeMap;

use unicode_normalization::{UnicodeNormalization, is_nfc};
use unicode_security::skeleton;

/// A kind of difference that a reader cannot see.
struct Kind {
    /// Describes the difference of this kind, if there is one.
    describe: fn(&str, &str) -> Option<String>,
    /// Removes everything of this kind.
    remove: fn(&str) -> String,
}

/// All kinds. Each expects that the ones before it are removed.
const KINDS: [Kind; 9] = [
    Kind { describe: line_endings, remove: with_line_feeds },
    Kind { describe: trailing_spaces, remove: without_trailing_spaces },
    Kind { describe: final_line_breaks, remove: |text| text.trim_end_matches('\n').to_owned() },
    Kind { describe: spaces, remove: |text| text.replace(is_special_space, " ") },
    Kind { describe: tabs, remove: |text| text.replace('\t', " ") },
    Kind { describe: runs_of_spaces, remove: with_single_spaces },
    Kind { describe: invisible_characters, remove: |text| text.replace(is_invisible, "") },
    Kind { describe: normalization, remove: |text| text.nfc().collect() },
    Kind { describe: letters, remove: |text| skeleton(text).collect() },
];

/// The difference between two texts that look the same. `None` if they are equal or look different.
pub(super) fn between(before: &str, after: &str) -> Option<String> {
    // Most changes differ visibly. This check needs no copies of the texts.
    if before == after || !visible(before).eq(visible(after)) {
        return None;
    }
    let mut texts = (before.to_owned(), after.to_owned());
    let mut differences = Vec::new();
    for kind in KINDS {
        differences.extend((kind.describe)(&texts.0, &texts.1));
        texts = ((kind.remove)(&texts.0), (kind.remove)(&texts.1));
        if texts.0 == texts.1 {
            return Some(match differences.as_slice() {
                // For example, two kinds of spaces that swapped places.
                [] => "characters that look the same".to_owned(),
                differences => differences.join(", "),
            });
        }
    }
    None
}

fn visible(text: &str) -> impl Iterator<Item = char> + '_ {
    skeleton(text).filter(|c| !c.is_whitespace() && !is_special_space(*c))
}

fn line_endings(before: &str, after: &str) -> Option<String> {
    let (before, after) = (endings(before), endings(after));
    let (one, other) = before.iter().zip(&after).find(|(one, other)| one != other)?;
    Some(format!("line endings ({one} and {other})"))
}

fn endings(text: &str) -> Vec<&'static str> {
    let mut chars = text.chars().peekable();
    let mut endings = Vec::new();
    while let Some(c) = chars.next() {
        endings.push(match c {
            '\r' if chars.next_if_eq(&'\n').is_some() => "CRLF",
            '\r' => "CR",
            '\n' => "LF",
            '\u{85}' => "U+0085",
            '\u{2028}' => "U+2028",
            '\u{2029}' => "U+2029",
            _ => continue,
        });
    }
    endings
}

fn with_line_feeds(text: &str) -> String {
    text.replace("\r\n", "\n").replace(['\r', '\u{85}', '\u{2028}', '\u{2029}'], "\n")
}

fn trailing_spaces(before: &str, after: &str) -> Option<String> {
    let lines = |text: &str| -> Vec<(usize, String)> {
        let trailing =
            |line: &str| line.strip_prefix(without_trailing_space(line)).map(str::to_owned);
        let lines = text.split('\n').map(|line| trailing(line).unwrap_or_default());
        lines.enumerate().filter(|(_, spaces)| !spaces.is_empty()).collect()
    };
    (lines(before) != lines(after)).then(|| "trailing spaces".to_owned())
}

fn without_trailing_spaces(text: &str) -> String {
    text.split('\n').map(without_trailing_space).collect::<Vec<_>>().join("\n")
}

fn without_trailing_space(line: &str) -> &str {
    line.trim_end_matches(|c| matches!(c, ' ' | '\t') || is_special_space(c))
}

fn final_line_breaks(before: &str, after: &str) -> Option<String> {
    let number = |text: &str| text.len() - text.trim_end_matches('\n').len();
    match (number(before), number(after)) {
        (one, other) if one == other => None,
        (0, 1) | (1, 0) => Some("a final line break".to_owned()),
        _ => Some("the number of final line breaks".to_owned()),
    }
}

/// Whether a character is a space other than U+0020, tab and line break.
fn is_special_space(c: char) -> bool {
    const BRAILLE_BLANK: char = '\u{2800}';
    c == BRAILLE_BLANK || (c.is_whitespace() && !matches!(c, ' ' | '\t' | '\n' | '\r'))
}

fn spaces(before: &str, after: &str) -> Option<String> {
    let space = uneven(before, after, is_special_space)?;
    Some(match space {
        '\u{a0}' => "a no-break space (U+00A0)".to_owned(),
        other => format!("a special space ({})", code_point(other)),
    })
}

fn tabs(before: &str, after: &str) -> Option<String> {
    uneven(before, after, |c| c == '\t').map(|_| "tabs and spaces".to_owned())
}

fn runs_of_spaces(before: &str, after: &str) -> Option<String> {
    let runs = |text: &str| -> Vec<usize> {
        text.split(|c| c != ' ').map(str::len).filter(|length| *length > 0).collect()
    };
    (runs(before) != runs(after)).then(|| "the number of spaces".to_owned())
}

fn with_single_spaces(text: &str) -> String {
    let mut after_space = false;
    text.chars()
        .filter(|c| !(std::mem::replace(&mut after_space, *c == ' ') && *c == ' '))
        .collect()
}

/// Whether a character is default ignorable in Unicode. A skeleton omits these.
fn is_invisible(c: char) -> bool {
    !c.is_ascii() && skeleton(c.encode_utf8(&mut [0; 4])).next().is_none()
}

fn invisible_characters(before: &str, after: &str) -> Option<String> {
    let invisible = uneven(before, after, is_invisible)?;
    Some(format!("an invisible character ({})", code_point(invisible)))
}

fn normalization(before: &str, after: &str) -> Option<String> {
    let differs =
        is_nfc(before) != is_nfc(after) || (before != after && before.nfc().eq(after.nfc()));
    differs.then(|| "the Unicode normalization (NFC and NFD)".to_owned())
}

fn letters(before: &str, after: &str) -> Option<String> {
    let (one, other) = before.chars().zip(after.chars()).find(|(one, other)| one != other)?;
    Some(format!("look-alike characters ({} and {})", code_point(one), code_point(other)))
}

/// The first character that matches and that one text has more often than the other.
fn uneven(before: &str, after: &str, matches: impl Fn(char) -> bool) -> Option<char> {
    let mut counts: BTreeMap<char, i64> = BTreeMap::new();
    for (text, step) in [(before, 1), (after, -1)] {
        for c in text.chars().filter(|c| matches(*c)) {
            *counts.entry(c).or_default() += step;
        }
    }
    counts.into_iter().find(|(_, count)| *count != 0).map(|(c, _)| c)
}

fn code_point(c: char) -> String {
    format!("U+{:04X}", u32::from(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(before: &str, after: &str) -> String {
        let difference = between(before, after);
        assert_eq!(difference.is_some(), between(after, before).is_some());
        difference.unwrap_or_default()
    }

    #[test]
    fn each_kind_of_difference_is_described() {
        for (before, after, expected) in [
            ("a\n", "a", "a final line break"),
            ("a\n\n", "a", "the number of final line breaks"),
            ("a ", "a", "trailing spaces"),
            ("a \nb", "a\nb", "trailing spaces"),
            ("a\r\nb", "a\nb", "line endings (CRLF and LF)"),
            ("a\rb\n", "a\nb\n", "line endings (CR and LF)"),
            ("a\u{a0}b", "a b", "a no-break space (U+00A0)"),
            ("a\u{2009}b", "a b", "a special space (U+2009)"),
            ("a\u{2800}b", "a b", "a special space (U+2800)"),
            ("a\tb", "a b", "tabs and spaces"),
            ("a  b", "a b", "the number of spaces"),
            ("a\u{200b}b", "ab", "an invisible character (U+200B)"),
            ("a\u{e0041}b", "ab", "an invisible character (U+E0041)"),
            ("a\u{3164}b", "ab", "an invisible character (U+3164)"),
            ("\u{e9}", "e\u{301}", "the Unicode normalization (NFC and NFD)"),
            ("p\u{430}y", "pay", "look-alike characters (U+0430 and U+0061)"),
            ("vl", "v1", "look-alike characters (U+006C and U+0031)"),
            ("a\u{a0} b", "a \u{a0}b", "characters that look the same"),
        ] {
            assert_eq!(of(before, after), expected, "{before:?} {after:?}");
        }
    }

    #[test]
    fn several_kinds_are_all_named() {
        assert_eq!(
            of("p\u{430}y\u{a0}me \r\nnow\n", "pay me\nn\u{200b}ow"),
            "line endings (CRLF and LF), trailing spaces, a final line break, \
             a no-break space (U+00A0), an invisible character (U+200B), \
             look-alike characters (U+0430 and U+0061)"
        );
    }

    #[test]
    fn texts_that_are_equal_or_look_different_have_no_invisible_difference() {
        for (before, after) in
            [("a", "a"), ("a", "b"), ("a\n", "b"), ("a b", "ab"), ("a\nb", "a b"), ("A", "a")]
        {
            assert_eq!(between(before, after), None, "{before:?} {after:?}");
        }
    }
}
