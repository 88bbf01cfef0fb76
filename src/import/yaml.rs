//! Writes values as YAML that every YAML parser reads the same way.
//!
//! A text is a plain scalar only if no parser of YAML 1.1 or 1.2 can read it as another type.
//! Otherwise it is in double quotes, with every unusual character escaped.

use serde_json::Value;

use crate::safe_text::is_deceptive;

/// Maximum depth of maps and lists. A deeper value stays a text. The loader reads 64 levels.
const MAX_DEPTH: usize = 40;

/// Maximum length of a key. YAML allows up to 1,024 characters in a key without `?`.
const MAX_KEY_LENGTH: usize = 200;

/// Words that some parsers read as a boolean or as null.
const KEYWORDS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "y", "n", "null"];

/// Writes a text. Escapes everything that looks like a reference of ocon.
pub(super) fn text(text: &str) -> String {
    let text = text.replace("${{", "$${{");
    if is_plain(&text) { text } else { quoted(&text) }
}

/// Writes a key. `None` if it is too long.
pub(super) fn key(name: &str) -> Option<String> {
    let fits = name.len() <= MAX_KEY_LENGTH;
    fits.then(|| if is_plain(name) { name.to_owned() } else { quoted(name) })
}

/// Lines of `name: value`, indented by `indent` spaces. `None` if YAML cannot represent the value.
pub(super) fn member(name: &str, value: &Value, indent: usize) -> Option<Vec<String>> {
    nested(name, value, indent, 0)
}

fn nested(name: &str, value: &Value, indent: usize, depth: usize) -> Option<Vec<String>> {
    let margin = " ".repeat(indent);
    let name = key(name)?;
    if let Some(scalar) = scalar(value)? {
        return Some(vec![format!("{margin}{name}: {scalar}")]);
    }
    let mut lines = vec![format!("{margin}{name}:")];
    lines.extend(block(value, indent + 2, depth + 1)?);
    Some(lines)
}

/// Lines of a non-empty map or list.
fn block(value: &Value, indent: usize, depth: usize) -> Option<Vec<String>> {
    if depth > MAX_DEPTH {
        return None;
    }
    let mut lines = Vec::new();
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                lines.extend(nested(name, member, indent, depth)?);
            }
        }
        Value::Array(items) => {
            for item in items {
                lines.extend(self::item(item, indent, depth)?);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    Some(lines)
}

/// Lines of a list item. The dash replaces the indentation of the first line.
fn item(item: &Value, indent: usize, depth: usize) -> Option<Vec<String>> {
    let margin = " ".repeat(indent);
    if let Some(scalar) = scalar(item)? {
        return Some(vec![format!("{margin}- {scalar}")]);
    }
    let mut lines = block(item, indent + 2, depth + 1)?;
    if let Some(first) = lines.first_mut() {
        *first = format!("{margin}- {}", first.trim_start());
    }
    Some(lines)
}

/// Value on the line of its key. `Some(None)` if the value needs more lines.
#[expect(clippy::option_option, reason = "the outer level is whether YAML can represent it")]
fn scalar(value: &Value) -> Option<Option<String>> {
    Some(match value {
        Value::Null => Some("null".to_owned()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => {
            let digits = number.to_string();
            // Some parsers read `1e16` as a number, others as a text.
            if digits.contains(['e', 'E']) {
                return None;
            }
            Some(digits)
        }
        Value::String(string) => Some(text(string)),
        Value::Array(items) if items.is_empty() => Some("[]".to_owned()),
        Value::Object(members) if members.is_empty() => Some("{}".to_owned()),
        Value::Array(_) | Value::Object(_) => None,
    })
}

/// Whether every parser reads the text unchanged without quotes, in block style.
fn is_plain(text: &str) -> bool {
    let harmless = |c: char| c.is_alphanumeric() || "_-./@+,;=&?%~!*()'$: ".contains(c);
    text.starts_with(char::is_alphabetic)
        && !text.ends_with([' ', ':'])
        && text.chars().all(harmless)
        && !text.contains(": ")
        && !text.contains("  ")
        && !KEYWORDS.contains(&text.to_lowercase().as_str())
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if is_visible(c) => quoted.push(c),
            c => match u32::from(c) {
                code @ ..0x100 => quoted.push_str(&format!("\\x{code:02x}")),
                code @ ..0x1_0000 => quoted.push_str(&format!("\\u{code:04x}")),
                code => quoted.push_str(&format!("\\U{code:08x}")),
            },
        }
    }
    quoted.push('"');
    quoted
}

/// Whether the character is visible, and displayed in its position.
fn is_visible(c: char) -> bool {
    if is_deceptive(c) {
        return false;
    }
    c.is_alphanumeric()
        || matches!(c, ' '..='~' | '\u{a1}'..='\u{ac}' | '\u{ae}'..='\u{ff}' | '\u{2010}'..='\u{2027}')
        || matches!(c, '\u{2030}'..='\u{205e}' | '\u{20a0}'..='\u{2bff}' | '\u{3001}'..='\u{303f}')
        || matches!(c, '\u{1f000}'..='\u{1faff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};
    use serde_json::json;

    use super::*;

    #[test]
    fn only_an_unambiguous_text_is_plain() {
        for plain in
            ["Marketing", "https://a.example/b?c=d&e=%20", "it's 1, or 2", "Größe", "a:b", "st"]
        {
            assert_eq!(text(plain), plain);
        }
        let words = "\
            no Yes NULL ~ << 2026-01-01 1_000 12:30 0x1F 1e3 .inf #a [a] {a} &a *a !a %a @a \
            `a` 'a' a: = | > ? ---";
        let spaces = ["", " a", "a ", "a  b", "a\nb", "a\tb", "a\r", "\0", "\u{85}"];
        let marks = ["a: b", "a #b", "- a", "\"a\"", "\u{2028}", "a\u{202e}b", "\u{feff}"];
        for quoted in words.split_whitespace().chain(spaces).chain(marks) {
            assert!(text(quoted).starts_with('"'), "{quoted:?}: {}", text(quoted));
        }
        assert_eq!(text("a\u{202e}\u{7}\u{e000}🔑\u{e0001}"), r#""a\u202e\x07\ue000🔑\U000e0001""#);
    }

    #[test]
    fn a_reference_in_a_text_is_escaped() {
        assert_eq!(text("a${{ env.HOME }}"), r#""a$${{ env.HOME }}""#);
        assert_eq!(text("$${{"), r#""$$${{""#);
        assert_eq!(text("${gmtDate:yyyy}"), r#""${gmtDate:yyyy}""#);
    }

    #[test]
    fn maps_and_lists_are_in_block_style() {
        let value =
            json!({ "list": [1, [true, { "a": null, "b": "c" }], {}], "none": [], "text": "1.0" });
        let expected = [
            "  key:",
            "    list:",
            "      - 1",
            "      - - true",
            "        - a: null",
            "          b: c",
            "      - {}",
            "    none: []",
            "    text: \"1.0\"",
        ];
        assert_eq!(member("key", &value, 2).unwrap(), expected);
    }

    #[test]
    fn a_value_that_yaml_cannot_represent_is_refused() {
        let deep = (0..60).fold(json!(1), |inner, _| json!([inner]));
        for value in [json!(1e300), json!([1e300]), deep, json!({ "k".repeat(300): 1 })] {
            assert_eq!(member("key", &value, 0), None, "{value}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_back(given in any::<String>(), dollars in "[$]{0,3}[{]{0,3}[a$]{0,2}[{ ]{0,2}") {
            let given = given + &dollars;
            let line = format!("key: {}\n", text(&given));
            let read: serde_yaml::Value = serde_yaml::from_str(&line).unwrap();
            // The loader reads `$${{` as `${{`.
            let read = read["key"].as_str().map(|read| read.replace("$${{", "${{"));
            assert_eq!(read, Some(given));
        }
    }
}
