//! Characters in values that are hardly ever meant: controls, and letters in more than one piece.

use icu_normalizer::ComposingNormalizer;

use super::Code;
use super::text::{Finding, Mark, Text};

/// A warning where a value holds a control character that no text has. Line breaks and tabs are
/// fine, but for those of an account or a path of Windows in double quotes, like `"CORP\new"`.
pub(super) fn control_warning(file: &Text, mark: Mark, value: &str) -> Option<Finding> {
    if !value.contains(char::is_control) {
        return None;
    }
    let raw = file.content.get(mark.start..mark.end).unwrap_or_default();
    let quoted = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"'));
    let of_windows = quoted.filter(|quoted| is_windows_name(quoted));
    if of_windows.is_none() && !has_odd_control(value) {
        return None;
    }
    let finding =
        Finding::new(Code::ControlCharacter, mark, "this value contains a control character");
    // A code point was written on purpose.
    let deliberate = ["\\x", "\\u", "\\U", "'"];
    let slipped = |quoted: &&str| !deliberate.iter().any(|escape| quoted.contains(escape));
    Some(match quoted.filter(slipped) {
        Some(inside) => finding
            .quoting(inside)
            .help(format!("in double quotes `\\` begins an escape: write '{inside}'")),
        None => finding.help("remove it: the platform would store it"),
    })
}

fn has_odd_control(value: &str) -> bool {
    let unbroken = value.replace("\r\n", "\n");
    unbroken.contains(|c: char| c.is_control() && c != '\n' && c != '\t')
}

/// `CORP\admin`, `C:\temp`
fn is_windows_name(quoted: &str) -> bool {
    let of_name = |c: char| c.is_alphanumeric() || "._-$".contains(c);
    let is_word = |word: &str| !word.is_empty() && word.chars().all(of_name);
    let account =
        quoted.split_once('\\').is_some_and(|(domain, name)| is_word(domain) && is_word(name));
    let drive = quoted.split_once(":\\").is_some_and(|(drive, path)| {
        drive.len() == 1 && is_word(drive) && path.split('\\').all(is_word)
    });
    account || drive
}

/// A warning where a name or tag is not in Unicode's composed form: it looks like another one that is
/// a different text to every comparison.
pub(super) fn normal_form_warning(mark: Mark, text: &str, what: &str) -> Option<Finding> {
    let normalizer = ComposingNormalizer::new_nfc();
    if text.is_ascii() || normalizer.is_normalized(text) {
        return None;
    }
    let message = format!("{what} has a letter in several parts (it is not in Unicode's form NFC)");
    let composed = normalizer.normalize(text);
    Some(
        Finding::new(Code::NotNfc, mark, message)
            .quoting(&*composed)
            .help(format!("copy the form that looks the same: {composed}")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warns(raw: &str, value: &str) -> bool {
        let file = Text { file: "a.yaml".into(), content: raw.to_owned() };
        let mark = Mark { line: 1, column: 1, start: 0, end: raw.len() };
        control_warning(&file, mark, value).is_some()
    }

    #[test]
    fn controls_of_texts_are_fine_and_those_of_accounts_are_not() {
        assert!(warns(r#""CORP\admin""#, "CORP\u{7}dmin"));
        assert!(warns(r#""CORP\new""#, "CORP\new"));
        assert!(warns(r#""C:\temp\new""#, "C:\temp\new"));
        assert!(warns(r#""a\rb""#, "a\rb"));
        assert!(warns("\"a\u{85}b c\"", "a\u{85}b c"));
        assert!(!warns(r#""{\n  \"a\": 1\n}""#, "{\n  \"a\": 1\n}"));
        assert!(!warns(r#""a b\tc d""#, "a b\tc d"));
        assert!(!warns(r#""one\r\ntwo three""#, "one\r\ntwo three"));
        assert!(!warns("|\n  a\n  b\n", "a\nb\n"));
    }

    #[test]
    fn a_composed_letter_is_one_letter() {
        assert!(normal_form_warning(Mark::default(), "Cafe\u{301}", "the name").is_some());
        assert!(normal_form_warning(Mark::default(), "Caf\u{e9}", "the name").is_none());
    }
}
