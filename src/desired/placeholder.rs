//! Values that look like placeholders nobody filled in: `<INSERT_SUBDOMAIN>`, `{{ name }}`, `@@NAME@@`,
//! `$NAME`, `${NAME}`.
//!
//! They would be sent as they are. The platform has macros of its own, which have a format behind a
//! colon (`${gmtDate:yyyy-MM-dd}`) and pass. Within JSON, where texts are queries and templates more
//! often than addresses and names, only forms that mean nothing else are found.

use super::Code;
use super::reference::{Allowed, CLOSING, OPENING};
use super::slips;
use super::text::{Finding, Mark, Text};

use crate::safe_text::quoted;

/// The macros of the platform without a format.
const MACROS: [&str; 2] = ["date", "gmtDate"];

/// How the documentation begins what is to be replaced: `<Add_Your_Tag>`.
const VERBS: [&str; 6] = ["add", "enter", "insert", "my", "replace", "your"];

/// More than this between the brackets is a text.
const MAX_INSIDE: usize = 60;

/// What kind of value a text is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Within {
    /// A value that is the text.
    Text,
    /// A map or list, or its JSON.
    Json,
}

/// What looks like a placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Placeholder<'t> {
    /// The placeholder with its brackets.
    text: &'t str,
    /// The variable that it names, where it is one of a shell.
    variable: Option<&'t str>,
}

/// A warning where the text of a value holds a placeholder.
pub(super) fn warning(
    file: &Text,
    mark: Mark,
    value: &str,
    within: Within,
    allowed: Allowed,
) -> Option<Finding> {
    if !value.contains(['<', '{', '@', '$']) || slips::mistaken(value, mark).is_some() {
        return None;
    }
    let Placeholder { text, variable } = find(value, within)?;
    let raw = file.content.get(mark.start..mark.end).unwrap_or_default();
    let place = raw.find(text).map_or(mark, |at| file.piece(mark, at, text.len()));
    let message =
        format!("{text} looks like a placeholder that nobody filled in", text = quoted(&text));
    let help = match variable {
        Some(name) if allowed >= Allowed::Secrets => format!(
            "ocon sends it as it is: write `${{{{ env.{name} }}}}` for a secret, `${{{{ var.{name} }}}}` for a public value"
        ),
        Some(name) => format!("ocon sends it as it is: write `${{{{ var.{name} }}}}`"),
        None => "ocon sends it as it is: write the value, or `${{ var.NAME }}` for one that differs by tenant"
            .to_owned(),
    };
    let finding = Finding::new(Code::Placeholder, place, message).quoting(text).help(help);
    Some(variable.into_iter().fold(finding, Finding::quoting))
}

/// A warning where the value of a variable holds a reference or a placeholder.
pub(super) fn warning_of_variable(mark: Mark, value: &str) -> Option<Finding> {
    if value.contains(OPENING) {
        let message = "a reference in the value of a variable is sent as text";
        let finding = Finding::new(Code::Placeholder, mark, message);
        return Some(finding.help("write the value itself, or the reference where it is used"));
    }
    let Placeholder { text, .. } = find(value, Within::Text)?;
    let message =
        format!("{text} looks like a placeholder that nobody filled in", text = quoted(&text));
    Some(
        Finding::new(Code::Placeholder, mark, message).quoting(text).help("write the value itself"),
    )
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

/// The text around references; `$${{` is no reference.
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
        let is_name = inside.len() <= MAX_INSIDE
            && inside.starts_with(|c: char| c.is_ascii_alphabetic())
            && inside.chars().all(of_name);
        // What is closed again is XML.
        let is_markup = text.contains("</") || text.contains("/>");
        let attached = text.get(..at)?.ends_with(|c: char| c.is_alphanumeric());
        let plain = within == Within::Text && !attached && !text.contains(char::is_whitespace);
        let found = is_name && !is_markup && (is_for_a_person(inside) || plain);
        found.then(|| text.get(at..at + inside.len() + 2)).flatten()
    })
}

fn is_for_a_person(inside: &str) -> bool {
    let first = inside.split(['_', '-', ' ']).next().unwrap_or_default();
    let instruction = VERBS.iter().any(|verb| first.eq_ignore_ascii_case(verb));
    let letters = inside.chars().filter(char::is_ascii_alphabetic).count();
    let loud = letters > 1 && !inside.contains(|c: char| c.is_ascii_lowercase() || c == ' ');
    (instruction && first.len() < inside.len()) || loud
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
                Within::Json => is_loud_variable(name),
            };
            let text = text.get(at..at + inside.len() + 3)?;
            return is_name.then_some(Placeholder { text, variable: Some(name) });
        }
        let attached =
            text.get(..at)?.ends_with(|c: char| c.is_alphanumeric() || "$\\".contains(c));
        let of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let name = rest.split(|c| !of_name(c)).next().unwrap_or_default();
        let found = within == Within::Text && !attached && is_loud_variable(name);
        let text = text.get(at..=at + name.len())?;
        found.then_some(Placeholder { text, variable: Some(name) })
    })
}

fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
}

/// As variables of the environment are written, at least two characters long.
fn is_loud_variable(name: &str) -> bool {
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
    fn placeholders_of_any_tool_are_found() {
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
    fn what_means_something_else_is_left_alone() {
        for text in [
            "$5",
            "US$AB",
            "$filter=a",
            "^[A-Z]+$",
            "a$",
            "$$AB",
            "${}",
            "$",
            "${date}",
            "${date:yyyy}",
            "${gmtDate:yyyy-MM-dd'T'HH:mm:ss'Z'}",
            "${any:format}",
            "${{ env.A }}",
            "$${{ x }}",
            "${env.A}",
            "{{ env.A }}",
            "a<b and c>d",
            "a < b > c",
            "<a>b</a>",
            "<a/>",
            "<5>",
            "<>",
            "function(){{ return 1; }}",
            "{\"a\":{\"b\":{}}}",
            "{{}}",
            "a@@b",
            "@@@@",
            "me@x.com",
            "x<updated>y",
            "one <br> two",
            "Support <support@example.com>",
        ] {
            let mistaken = slips::mistaken(text, Mark::default()).is_some();
            assert!(mistaken || found(text, Within::Text).is_none(), "{text}");
        }
    }

    #[test]
    fn within_json_only_what_means_nothing_else_is_found() {
        for text in ["<INSERT_URL>", "@@A@@", "{{ name }}", "${STAGE}"] {
            assert_eq!(found(text, Within::Json), Some(text));
        }
        for text in ["/contacts?$TOP=1", "a<updated>", "<tenant>", "${stage}", "${obj.id}"] {
            assert_eq!(found(text, Within::Json), None, "{text}");
        }
    }
}
