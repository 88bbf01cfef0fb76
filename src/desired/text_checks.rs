//! Warnings about characters that are rarely intended: control characters and decomposed letters.

use icu_normalizer::ComposingNormalizer;

use super::{Code, Diagnostic, Text, TextRange};

/// A warning if a value contains a control character. Line breaks and tabs are fine, except in a
/// Windows account or path in double quotes, such as `"CORP\new"`.
pub(super) fn control_warning(file: &Text, range: TextRange, value: &str) -> Option<Diagnostic> {
    if !value.contains(char::is_control) {
        return None;
    }
    let raw = file.slice(range);
    let quoted = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"'));
    let windows_name = quoted.filter(|quoted| is_windows_name(quoted));
    if windows_name.is_none() && !has_odd_control(value) {
        return None;
    }
    let diagnostic =
        Diagnostic::new(Code::ControlCharacter, range, "this value contains a control character");
    // A code point is intentional.
    let deliberate = ["\\x", "\\u", "\\U", "'"];
    let is_accidental = |quoted: &&str| !deliberate.iter().any(|escape| quoted.contains(escape));
    Some(match quoted.filter(is_accidental) {
        Some(inside) => diagnostic
            .quoting(inside)
            .help(format!("write '{inside}': in double quotes, `\\` begins an escape")),
        None => diagnostic.help("remove the character: the platform would store it"),
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

/// A warning if a name or tag is not in Unicode normalization form C. It looks like the composed text,
/// but no comparison finds the two equal.
pub(super) fn normal_form_warning(range: TextRange, text: &str, what: &str) -> Option<Diagnostic> {
    let normalizer = ComposingNormalizer::new_nfc();
    if text.is_ascii() || normalizer.is_normalized(text) {
        return None;
    }
    let message =
        format!("{what} contains a decomposed letter (it is not in Unicode normalization form C)");
    let composed = normalizer.normalize(text);
    let diagnostic = Diagnostic::new(Code::NotNfc, range, message).quoting(&*composed);
    Some(diagnostic.help(format!("copy the composed form: {composed}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warns(raw: &str, value: &str) -> bool {
        let file = Text { file: "a.yaml".into(), content: raw.to_owned() };
        let range = TextRange { line: 1, column: 1, start: 0, end: raw.len() };
        control_warning(&file, range, value).is_some()
    }

    #[test]
    fn control_characters_are_fine_in_prose_and_not_in_accounts() {
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
    fn only_decomposed_letters_are_warned_of() {
        assert!(normal_form_warning(TextRange::default(), "Cafe\u{301}", "the name").is_some());
        assert!(normal_form_warning(TextRange::default(), "Caf\u{e9}", "the name").is_none());
    }
}
