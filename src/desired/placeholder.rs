//! Placeholders that were not replaced: `<INSERT_SUBDOMAIN>`, `{{ name }}`, `@@NAME@@`, `$NAME`,
//! `${NAME}`.
//!
//! ocon would send them unchanged. The platform's own macros have a format after a colon
//! (`${gmtDate:yyyy-MM-dd}`) and are not placeholders. Strings in JSON are often queries and templates,
//! so only unambiguous forms count there.

use super::reference::syntax::{Allowed, CLOSING, OPENING};
use super::{Code, Diagnostic, Text, TextRange, mistaken_reference};
use crate::safe_text::quoted;

/// The macros of the platform that need no format.
const MACROS: [&str; 2] = ["date", "gmtDate"];

/// The first words of placeholders in the documentation: `<Add_Your_Tag>`.
const VERBS: [&str; 6] = ["add", "enter", "insert", "my", "replace", "your"];

/// The longest placeholder between angle brackets, in bytes.
const MAX_ANGLE_BYTES: usize = 60;

/// The kind of value that contains a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Within {
    /// The value is the string.
    Text,
    /// The value is a map or list, or its JSON.
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Placeholder<'t> {
    /// The placeholder with its brackets.
    text: &'t str,
    /// The name of the variable, if it is a shell variable.
    variable: Option<&'t str>,
}

pub(super) fn warning(
    file: &Text,
    range: TextRange,
    value: &str,
    within: Within,
    allowed: Allowed,
) -> Option<Diagnostic> {
    if !value.contains(['<', '{', '@', '$']) || mistaken_reference::check(value, range).is_some() {
        return None;
    }
    let Placeholder { text, variable } = find(value, within)?;
    let raw = file.slice(range);
    let range = raw.find(text).map_or(range, |at| file.part(range, at, text.len()));
    let help = match variable {
        Some(name) if allowed >= Allowed::Secrets => format!(
            "write `${{{{ env.{name} }}}}` for a secret or `${{{{ var.{name} }}}}` for a public value: ocon sends this text unchanged"
        ),
        Some(name) => format!("write `${{{{ var.{name} }}}}`: ocon sends this text unchanged"),
        None => "write the value, or `${{ var.NAME }}` for one that differs by tenant: ocon sends this text unchanged"
            .to_owned(),
    };
    let diagnostic = not_replaced(text, range).help(help);
    Some(variable.into_iter().fold(diagnostic, Diagnostic::quoting))
}

/// A warning if the value of a variable contains a reference or a placeholder.
pub(super) fn warning_of_variable(range: TextRange, value: &str) -> Option<Diagnostic> {
    if value.contains(OPENING) {
        let message = "a reference in the value of a variable is not replaced";
        let help = "write the value itself, or move the reference to the instance file";
        return Some(Diagnostic::new(Code::Placeholder, range, message).help(help));
    }
    let Placeholder { text, .. } = find(value, Within::Text)?;
    Some(not_replaced(text, range).help("write the value itself"))
}

fn not_replaced(text: &str, range: TextRange) -> Diagnostic {
    let message = format!("{} looks like a placeholder that was not replaced", quoted(&text));
    Diagnostic::new(Code::Placeholder, range, message).quoting(text)
}

/// The first placeholder outside of references.
fn find(text: &str, within: Within) -> Option<Placeholder<'_>> {
    literals(text).into_iter().find_map(|literal| {
        in_angles(literal, within)
            .or_else(|| in_braces(literal))
            .or_else(|| in_at_signs(literal))
            .map(|text| Placeholder { text, variable: None })
            .or_else(|| variable(literal, within))
    })
}

/// The text around references. `$${{` is not a reference.
fn literals(text: &str) -> Vec<&str> {
    let mut literals = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPENING) {
        let escaped = before.ends_with('$');
        literals.push(before.trim_end_matches('$'));
        rest = if escaped { after } else { after.split_once(CLOSING).unwrap_or_default().1 };
    }
    literals.push(rest);
    literals
}

/// `<INSERT_SUBDOMAIN>`, `<Add_Your_Tag>`, `https://<tenant>`
fn in_angles(text: &str, within: Within) -> Option<&str> {
    text.match_indices('<').find_map(|(at, _)| {
        let rest = text.get(at + 1..)?;
        let (inside, _) = rest.split_once('>')?;
        let of_name = |c: char| c.is_ascii_alphanumeric() || "_- .".contains(c);
        let is_name = inside.len() <= MAX_ANGLE_BYTES
            && inside.starts_with(|c: char| c.is_ascii_alphabetic())
            && inside.chars().all(of_name);
        // A closing tag means XML.
        let is_markup = text.contains("</") || text.contains("/>");
        let attached = text.get(..at)?.ends_with(|c: char| c.is_alphanumeric());
        let plain = within == Within::Text && !attached && !text.contains(char::is_whitespace);
        let found = is_name && !is_markup && (is_instruction(inside) || plain);
        found.then(|| text.get(at..at + inside.len() + 2)).flatten()
    })
}

fn is_instruction(inside: &str) -> bool {
    let first = inside.split(['_', '-', ' ']).next().unwrap_or_default();
    let has_verb = VERBS.iter().any(|verb| first.eq_ignore_ascii_case(verb));
    let letters = inside.chars().filter(char::is_ascii_alphabetic).count();
    let is_capitalized =
        letters > 1 && !inside.contains(|c: char| c.is_ascii_lowercase() || c == ' ');
    (has_verb && first.len() < inside.len()) || is_capitalized
}

/// `{{ name }}`, `{{ .Values.path }}`
fn in_braces(text: &str) -> Option<&str> {
    text.match_indices("{{").find_map(|(at, _)| {
        let (inside, _) = text.get(at + 2..)?.split_once("}}")?;
        let name = inside.trim_matches(['-', ' ']);
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || "._$".contains(c))
            && !inside.contains(['{', '}', '"', ':', ';', '\n']);
        is_name.then(|| text.get(at..at + inside.len() + 4)).flatten()
    })
}

/// `@@NAME@@`
fn in_at_signs(text: &str) -> Option<&str> {
    text.match_indices("@@").find_map(|(at, _)| {
        let (inside, _) = text.get(at + 2..)?.split_once("@@")?;
        let of_name = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        let is_name = !inside.is_empty() && inside.chars().all(of_name);
        is_name.then(|| text.get(at..at + inside.len() + 4)).flatten()
    })
}

/// `$NAME`, `${NAME}`, `${NAME:-default}`
fn variable(text: &str, within: Within) -> Option<Placeholder<'_>> {
    text.match_indices('$').find_map(|(at, _)| {
        let rest = text.get(at + 1..)?;
        if let Some((inside, _)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            let name = [":-", ":=", ":?", ":+"]
                .iter()
                .find_map(|default| Some(inside.split_once(default)?.0))
                .unwrap_or(inside);
            let is_name = match within {
                Within::Text => is_variable(name) && !MACROS.contains(&name),
                Within::Json => is_shell_variable(name),
            };
            let text = text.get(at..at + inside.len() + 3)?;
            return is_name.then_some(Placeholder { text, variable: Some(name) });
        }
        let attached =
            text.get(..at)?.ends_with(|c: char| c.is_alphanumeric() || "$\\".contains(c));
        let of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let name = rest.split(|c| !of_name(c)).next().unwrap_or_default();
        let found = within == Within::Text && !attached && is_shell_variable(name);
        let text = text.get(at..=at + name.len())?;
        found.then_some(Placeholder { text, variable: Some(name) })
    })
}

fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
}

/// Whether it looks like an environment variable of at least two characters.
fn is_shell_variable(name: &str) -> bool {
    let of_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    name.len() > 1
        && name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && name.contains(|c: char| c.is_ascii_uppercase())
        && name.chars().all(of_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, within: Within) -> Option<&str> {
        find(text, within).map(|placeholder| placeholder.text)
    }

    #[test]
    fn placeholders_of_many_tools_are_found() {
        for (text, placeholder) in [
            ("<INSERT_SERVICENOW_SUBDOMAIN_URL>", "<INSERT_SERVICENOW_SUBDOMAIN_URL>"),
            ("<Add_Your_Tag>", "<Add_Your_Tag>"),
            ("<your subdomain>", "<your subdomain>"),
            ("dev<ID>", "<ID>"),
            ("https://<tenant>.example.com", "<tenant>"),
            ("@@BASE@@{{ .Values.path }}", "{{ .Values.path }}"),
            ("a/@@BASE.URL@@/b", "@@BASE.URL@@"),
            ("{{name}}", "{{name}}"),
            ("{{- include \u{27}x\u{27} . -}}", "{{- include \u{27}x\u{27} . -}}"),
            ("$DESK_USER", "$DESK_USER"),
            ("https://$HOST/x", "$HOST"),
            ("Desk ${STAGE}", "${STAGE}"),
            ("${stage.name}", "${stage.name}"),
            ("${PORT:-80}", "${PORT:-80}"),
            ("${{ var.a }} ${B}", "${B}"),
            ("$${{ x }} $BB", "$BB"),
        ] {
            assert_eq!(found(text, Within::Text), Some(placeholder), "{text}");
        }
    }

    #[test]
    fn other_syntax_is_not_a_placeholder() {
        let short = [
            "$5", "US$AB", "^[A-Z]+$", "a$", "$$AB", "${}", "$", "${date}", "${env.A}", "<a>b</a>",
            "<a/>", "<5>", "<>", "{{}}", "a@@b", "@@@@", "me@x.com",
        ];
        let long = [
            "$filter=a",
            "${date:yyyy}",
            "${gmtDate:yyyy-MM-dd'T'HH:mm:ss'Z'}",
            "${any:format}",
            "${{ env.A }}",
            "$${{ x }}",
            "{{ env.A }}",
            "a<b and c>d",
            "a < b > c",
            "function(){{ return 1; }}",
            "{\"a\":{\"b\":{}}}",
            "x<updated>y",
            "one <br> two",
            "Support <support@example.com>",
        ];
        for text in short.into_iter().chain(long) {
            let mistaken = mistaken_reference::check(text, TextRange::default()).is_some();
            assert!(mistaken || found(text, Within::Text).is_none(), "{text}");
        }
    }

    #[test]
    fn in_json_only_unambiguous_placeholders_are_found() {
        for text in ["<INSERT_URL>", "@@A@@", "{{ name }}", "${STAGE}"] {
            assert_eq!(found(text, Within::Json), Some(text));
        }
        for text in ["/contacts?$TOP=1", "a<updated>", "<tenant>", "${stage}", "${obj.id}"] {
            assert_eq!(found(text, Within::Json), None, "{text}");
        }
    }
}
