//! What differs between two texts that look alike.
//!
//! In: the two sides of a change, as a report shows them. Out: in words what differs, if a reader
//! could not see it: a final line break, blanks, invisible characters, normalization forms, letters
//! of another script. Nothing for texts that look different. It must never be asked about secrets.
//!
//! The differences are found one kind after another. Each kind compares what it is about, and then
//! removes it from both texts. Two texts look alike if they are equal once every kind is removed.
//! Which characters look alike, and which are invisible, is Unicode's own data (UTS 39).

use std::collections::BTreeMap;

use unicode_normalization::{UnicodeNormalization, is_nfc};
use unicode_security::skeleton;

/// A kind of difference that a reader cannot see.
struct Kind {
    /// The difference of this kind in words, if there is one.
    describe: fn(&str, &str) -> Option<String>,
    /// The text without anything that is of this kind.
    remove: fn(&str) -> String,
}

/// All kinds. Each relies on the ones before it being removed.
const KINDS: [Kind; 9] = [
    Kind { describe: line_endings, remove: with_line_feeds },
    Kind { describe: trailing_blanks, remove: without_trailing_blanks },
    Kind { describe: final_line_breaks, remove: |text| text.trim_end_matches('\n').to_owned() },
    Kind { describe: spaces, remove: |text| replaced(text, is_special_space, " ") },
    Kind { describe: tabs, remove: |text| text.replace('\t', " ") },
    Kind { describe: runs_of_blanks, remove: with_single_blanks },
    Kind { describe: invisible_characters, remove: |text| replaced(text, is_invisible, "") },
    Kind { describe: normalization, remove: |text| text.nfc().collect() },
    Kind { describe: letters, remove: |text| skeleton(text).collect() },
];

/// What differs between two texts that look alike; `None` if they are equal or look different.
pub(super) fn unseen_difference(before: &str, after: &str) -> Option<String> {
    // Most changes are seen at their first different letter, which costs no copy of the texts.
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
                // Such as two kinds of spaces that changed places.
                [] => "characters that look alike".to_owned(),
                differences => differences.join(", "),
            });
        }
    }
    None
}

/// The look of a text without any space.
fn visible(text: &str) -> impl Iterator<Item = char> + '_ {
    skeleton(text).filter(|c| !c.is_whitespace() && !is_special_space(*c))
}

fn line_endings(before: &str, after: &str) -> Option<String> {
    let (before, after) = (endings(before), endings(after));
    let (one, other) = before.iter().zip(&after).find(|(one, other)| one != other)?;
    Some(format!("line endings ({one} and {other})"))
}

/// The line endings of a text, in order.
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

fn trailing_blanks(before: &str, after: &str) -> Option<String> {
    let lines = |text: &str| -> Vec<(usize, String)> {
        let blanks = |line: &str| line.strip_prefix(without_blanks(line)).map(str::to_owned);
        let lines = text.split('\n').map(|line| blanks(line).unwrap_or_default());
        lines.enumerate().filter(|(_, blanks)| !blanks.is_empty()).collect()
    };
    (lines(before) != lines(after)).then(|| "blanks at the end of a line".to_owned())
}

fn without_trailing_blanks(text: &str) -> String {
    text.split('\n').map(without_blanks).collect::<Vec<_>>().join("\n")
}

/// A line without the blanks at its end.
fn without_blanks(line: &str) -> &str {
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

/// Whether a character is empty space and neither a blank, a tab nor a line break.
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
    uneven(before, after, |c| c == '\t').map(|_| "tabs and blanks".to_owned())
}

fn runs_of_blanks(before: &str, after: &str) -> Option<String> {
    let runs = |text: &str| -> Vec<usize> {
        text.split(|c| c != ' ').map(str::len).filter(|length| *length > 0).collect()
    };
    (runs(before) != runs(after)).then(|| "the number of blanks".to_owned())
}

fn with_single_blanks(text: &str) -> String {
    let mut after_blank = false;
    text.chars()
        .filter(|c| !(std::mem::replace(&mut after_blank, *c == ' ') && *c == ' '))
        .collect()
}

/// Whether a character is one of those that Unicode calls default ignorable: a skeleton has none.
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

/// The first character for which `is_meant` holds and which one text has more often than the other.
fn uneven(before: &str, after: &str, is_meant: impl Fn(char) -> bool) -> Option<char> {
    let mut counts: BTreeMap<char, i64> = BTreeMap::new();
    for (text, step) in [(before, 1), (after, -1)] {
        for c in text.chars().filter(|c| is_meant(*c)) {
            *counts.entry(c).or_default() += step;
        }
    }
    counts.into_iter().find(|(_, count)| *count != 0).map(|(c, _)| c)
}

fn replaced(text: &str, is_meant: fn(char) -> bool, by: &str) -> String {
    text.replace(is_meant, by)
}

fn code_point(c: char) -> String {
    format!("U+{:04X}", u32::from(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(before: &str, after: &str) -> String {
        let difference = unseen_difference(before, after);
        assert_eq!(difference.is_some(), unseen_difference(after, before).is_some());
        difference.unwrap_or_default()
    }

    #[test]
    fn each_kind_of_difference_has_its_words() {
        for (before, after, expected) in [
            ("a\n", "a", "a final line break"),
            ("a\n\n", "a", "the number of final line breaks"),
            ("a ", "a", "blanks at the end of a line"),
            ("a \nb", "a\nb", "blanks at the end of a line"),
            ("a\r\nb", "a\nb", "line endings (CRLF and LF)"),
            ("a\rb\n", "a\nb\n", "line endings (CR and LF)"),
            ("a\u{a0}b", "a b", "a no-break space (U+00A0)"),
            ("a\u{2009}b", "a b", "a special space (U+2009)"),
            ("a\u{2800}b", "a b", "a special space (U+2800)"),
            ("a\tb", "a b", "tabs and blanks"),
            ("a  b", "a b", "the number of blanks"),
            ("a\u{200b}b", "ab", "an invisible character (U+200B)"),
            ("a\u{e0041}b", "ab", "an invisible character (U+E0041)"),
            ("a\u{3164}b", "ab", "an invisible character (U+3164)"),
            ("\u{e9}", "e\u{301}", "the Unicode normalization (NFC and NFD)"),
            ("p\u{430}y", "pay", "look-alike characters (U+0430 and U+0061)"),
            ("vl", "v1", "look-alike characters (U+006C and U+0031)"),
            ("a\u{a0} b", "a \u{a0}b", "characters that look alike"),
        ] {
            assert_eq!(of(before, after), expected, "{before:?} {after:?}");
        }
    }

    #[test]
    fn several_kinds_are_all_named() {
        assert_eq!(
            of("p\u{430}y\u{a0}me \r\nnow\n", "pay me\nn\u{200b}ow"),
            "line endings (CRLF and LF), blanks at the end of a line, a final line break, \
             a no-break space (U+00A0), an invisible character (U+200B), \
             look-alike characters (U+0430 and U+0061)"
        );
    }

    #[test]
    fn what_looks_different_or_is_equal_has_no_difference_that_cannot_be_seen() {
        for (before, after) in
            [("a", "a"), ("a", "b"), ("a\n", "b"), ("a b", "ab"), ("a\nb", "a b"), ("A", "a")]
        {
            assert_eq!(unseen_difference(before, after), None, "{before:?} {after:?}");
        }
    }
}
