//! Secrets that stand in a file in clear, and must not stand in an excerpt of it.
//!
//! Where the structure of a file is known, its secrets are known. Where it is not (a quote is not
//! closed, the indentation is wrong), the excerpt still must not show a password, and all there is
//! to go by is the look of the lines. Hiding too much is fine here.

use std::ops::Range;

use super::reference::{CLOSING, OPENING};
use super::text::{Mark, Notes};
use crate::catalog::named_like_a_secret;

/// How many lines above are searched for the key that a line belongs to: a private key has some 50.
const LINES_ABOVE: usize = 80;

/// Hides a piece of the file but for the references in it.
pub(super) fn hide_around_references(content: &str, within: Mark, notes: &mut Notes) {
    let text = content.get(within.start..within.end).unwrap_or_default();
    let mut start = within.start;
    let mut escaped = false;
    for (index, part) in text.split(OPENING).enumerate() {
        let inside = part.split_once(CLOSING).filter(|_| index > 0 && !escaped);
        let inside =
            inside.map(|(inside, _)| inside).filter(|inside| names_a_source(inside.trim()));
        let reference = inside.map_or(0, |inside| inside.len() + CLOSING.len());
        escaped = part.ends_with('$');
        let literal = part.get(reference..).unwrap_or_default();
        // Quotes and blanks tell nothing, and without them the excerpt reads better.
        if !literal.trim_matches(['"', '\'', ' ', '\n', '\r']).is_empty() {
            notes.hidden.push(start + reference..start + part.len());
        }
        start += part.len() + OPENING.len();
    }
}

/// Whether it names where a value comes from, if misspelt: `env.NAME`, `evn.NAME`. What else stands
/// between braces may be the secret itself.
fn names_a_source(inside: &str) -> bool {
    let Some((source, name)) = inside.split_once('.') else {
        return false;
    };
    let of_variable = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let of_path = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
    match source {
        "file" | "var" | "instance" => name.chars().all(of_path),
        "env" => name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'),
        other => {
            let misspelt = other.len() < 10 && other.chars().all(|c| c.is_ascii_lowercase());
            misspelt && name.chars().all(of_variable)
        }
    }
}

/// The part of the line that is, or may be, the value of a secret.
pub(super) fn guess(content: &str, line: Range<usize>) -> Option<Range<usize>> {
    let text = content.get(line.clone())?;
    let above = content.get(..line.start)?;
    let shown = if belongs_to_a_secret(text, above) {
        text.len() - text.trim_start().len()
    } else {
        secret_value(text)?
    };
    Some(line.start + shown..line.end)
}

/// Whether one of the keys that the line is below holds secrets.
fn belongs_to_a_secret(line: &str, above: &str) -> bool {
    let mut indent = indentation(line);
    let mut has_key = key_of(line).is_some();
    for other in above.lines().rev().take(LINES_ABOVE) {
        // The next key above an unfinished text is its own, however it is indented.
        let outer = !has_key || indentation(other) < indent;
        let Some(key) = key_of(other).filter(|_| outer) else {
            continue;
        };
        if holds_secrets(key) {
            return true;
        }
        has_key = true;
        indent = indentation(other);
    }
    false
}

/// Where the value of the first secret key on the line begins.
fn secret_value(line: &str) -> Option<usize> {
    line.match_indices(':').find_map(|(at, _)| {
        let before = line.get(..at)?.trim_end_matches(['"', '\'', ' ']);
        let word = before.rsplit(|c: char| !is_key_letter(c)).next()?;
        (holds_secrets(word)).then_some(at + 1)
    })
}

fn holds_secrets(key: &str) -> bool {
    key == "providerData" || key == "code" || named_like_a_secret(key)
}

/// The key at the beginning of a line.
fn key_of(line: &str) -> Option<&str> {
    let line = line.trim_start_matches([' ', '\t', '-', '{', '"', '\'']);
    let (key, _) = line.split_once(':')?;
    let key = key.trim_end_matches(['"', '\'', ' ']);
    (!key.is_empty() && key.chars().all(is_key_letter)).then_some(key)
}

fn is_key_letter(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '_' | '-')
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(content: &str, line: &str) -> String {
        let start = content.find(line).unwrap();
        match guess(content, start..start + line.len()) {
            Some(hidden) => content[start..hidden.start].to_owned(),
            None => line.to_owned(),
        }
    }

    #[test]
    fn the_value_beside_a_secret_key_is_hidden() {
        let file = "configuration:\n  oauth.api.secret: \"hunter2\n  a: b\n";
        assert_eq!(shown(file, "  oauth.api.secret: \"hunter2"), "  oauth.api.secret:");
        let json = r#"{"configuration": {"api_key": "hunter2", "a": "b"}"#;
        assert_eq!(shown(json, json), r#"{"configuration": {"api_key":"#);
    }

    #[test]
    fn lines_of_a_secret_text_and_of_provider_data_are_hidden() {
        let file = "configuration:\n  private.key: |\n    AAAA\n   BBBB\nproviderData:\n  code2: xyz\n  z: 1\n";
        assert_eq!(shown(file, "   BBBB"), "   ");
        assert_eq!(shown(file, "  z: 1"), "  ");
    }

    #[test]
    fn a_secret_that_goes_on_before_another_one_is_hidden() {
        let file = "  password: 'hun\n    ter2  { \"token\": x\n";
        assert_eq!(shown(file, "    ter2  { \"token\": x"), "    ");
    }

    #[test]
    fn other_lines_are_shown() {
        let file = "configuration:\n  password: x\n  site.url: \"y\n";
        assert_eq!(shown(file, "  site.url: \"y"), "  site.url: \"y");
    }
}
