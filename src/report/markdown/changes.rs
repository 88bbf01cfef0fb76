//! The changes of a step as a block of differences.

use super::escape::fenced;
use crate::report::json::{PlanChange, PlanStep, PlanValue, PlanValues};
use crate::report::style::{clean, clean_line, width};
use crate::report::wording::{differs_in, known_later};
use crate::report::{part, text_diff};

/// The most characters of a line: what is longer says how much.
const LONGEST_LINE: usize = 1_000;
/// The widest value that is shown beside its key.
const WIDEST_VALUE: usize = 120;

/// The block; `None` for a step that changes no field that its title does not tell.
pub(super) fn block(step: &PlanStep) -> Option<String> {
    let told_by_title = |change: &&PlanChange| {
        step.action == "create" && matches!(change.path.as_str(), "name" | "mark" | "protect")
    };
    let mut lines = Vec::new();
    for change in step.changes.iter().filter(|change| !told_by_title(change)) {
        push_change(&mut lines, change);
    }
    (!lines.is_empty()).then(|| fenced("diff", &lines.join("\n")))
}

fn push_change(lines: &mut Vec<String>, change: &PlanChange) {
    let path = clean_line(&part::line(label(&change.path), LONGEST_LINE));
    match &change.values {
        PlanValues::Sensitive { sensitive: _, source } => {
            let source = source.as_ref().map(|source| format!(", {source}")).unwrap_or_default();
            let value = clean_line(&format!("(secret{source})"));
            lines.push(format!("{} {path}: {value}", sign(&change.kind)));
        }
        PlanValues::Public { before, after } => {
            let before = before.as_ref().map(text);
            let after = after.as_ref().map(text);
            let after = after
                .map(|after| if change.known_after_create { known_later(&after) } else { after });
            push_values(lines, change, &path, before, after);
        }
    }
    lines.extend(change.hint.as_ref().map(|hint| format!("  {}", clean_line(&differs_in(hint)))));
}

fn push_values(
    lines: &mut Vec<String>,
    change: &PlanChange,
    path: &str,
    before: Option<String>,
    after: Option<String>,
) {
    let is_long = |value: &String| value.contains('\n') || width(value) > WIDEST_VALUE;
    match (before, after) {
        (Some(before), Some(after)) if change.kind == "mark" => {
            lines.push(format!("! {path}: {} → {}", clean_line(&before), clean_line(&after)));
        }
        (None, Some(after)) if change.kind == "mark" => {
            lines.push(format!("! {path}: {}", clean_line(&after)));
        }
        (before, after) if before.iter().chain(&after).any(is_long) => {
            let difference = Difference::new(before.as_deref(), after.as_deref());
            let extent = difference.extent.map(|extent| format!(" {extent}")).unwrap_or_default();
            lines.push(format!("@@ {path}{extent} @@"));
            lines.extend(difference.lines.iter().map(|(sign, line)| format!("{sign} {line}")));
        }
        (before, after) => {
            lines.extend(before.map(|before| format!("- {path}: {}", shown(&before))));
            lines.extend(after.map(|after| format!("+ {path}: {}", shown(&after))));
        }
    }
}

/// A key as the file has it, unless it could be taken for a field of the document itself.
fn label(path: &str) -> &str {
    match path.strip_prefix("configuration.") {
        Some(key) if !matches!(key, "name" | "tags" | "key" | "mark" | "protect") => key,
        _ => path,
    }
}

fn sign(kind: &str) -> &'static str {
    match kind {
        "set" => "+",
        "unset" => "-",
        // Readers of differences give these lines a colour of their own.
        _ => "!",
    }
}

fn text(value: &PlanValue) -> String {
    match value {
        PlanValue::Text(text) => text.clone(),
        PlanValue::List(items) => items.join(", "),
    }
}

/// A value that would not be seen stands in quotes.
fn shown(value: &str) -> String {
    let line = clean_line(&part::line(value, LONGEST_LINE));
    if value.is_empty() || value.trim() != value { format!("\"{line}\"") } else { line }
}

/// The difference of two long values, or all lines of one.
struct Difference {
    /// The lines with their signs.
    lines: Vec<(char, String)>,
    /// The length of the values, if they are not shown in full.
    extent: Option<String>,
}

impl Difference {
    fn new(before: Option<&str>, after: Option<&str>) -> Self {
        let old = part::counted(before.unwrap_or_default());
        let new = part::counted(after.unwrap_or_default());
        let difference = text_diff::lines(&clean(&old), &clean(&new));
        let lines = with_short_lines(difference.shown.clone());
        let is_whole = difference.is_whole
            && lines == difference.shown
            && before.is_none_or(|before| old == before)
            && after.is_none_or(|after| new == after);
        let extent = (!is_whole).then(|| match (before, after) {
            (Some(before), Some(after)) => part::extents(before, after),
            (one, other) => part::extent(one.or(other).unwrap_or_default()),
        });
        Self { lines, extent }
    }
}

/// The lines of a difference with long ones shortened. A removed line and the added line in its place
/// are shortened together, so that what differs stays.
fn with_short_lines(mut lines: Vec<(char, String)>) -> Vec<(char, String)> {
    let mut start = 0;
    while let Some(sign) = lines.get(start).map(|(sign, _)| *sign) {
        let run = |from: usize, wanted: char| {
            lines.iter().skip(from).take_while(|(sign, _)| *sign == wanted).count()
        };
        let own = run(start, sign);
        let added = if sign == '-' { run(start + own, '+') } else { 0 };
        let paired = own.min(added);
        for at in start..start + own + added {
            let is_second = at >= start + own && at < start + own + paired;
            if at < start + paired {
                let partner = at + own;
                let (before, after) =
                    part::shortened_pair(&lines[at].1, &lines[partner].1, LONGEST_LINE);
                (lines[at].1, lines[partner].1) = (before, after);
            } else if !is_second {
                lines[at].1 = part::shortened(&lines[at].1, LONGEST_LINE).into_owned();
            }
        }
        start += own + added;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(path: &str, kind: &str, values: PlanValues) -> PlanChange {
        PlanChange {
            path: path.to_owned(),
            kind: kind.to_owned(),
            values,
            known_after_create: false,
            hint: None,
        }
    }

    fn public(before: Option<&str>, after: Option<&str>) -> PlanValues {
        let value = |text: &str| PlanValue::Text(text.to_owned());
        PlanValues::Public { before: before.map(value), after: after.map(value) }
    }

    fn lines(changes: &[PlanChange]) -> String {
        let mut lines = Vec::new();
        for change in changes {
            push_change(&mut lines, change);
        }
        lines.join("\n") + "\n"
    }

    #[test]
    fn each_change_is_a_line_or_a_few() {
        let long = "{\n  \"a\": 1,\n  \"b\": 2\n}";
        let other = long.replace('2', "3");
        let source = Some("env.SECRET".to_owned());
        let secret = |source| PlanValues::Sensitive { sensitive: true, source };
        snapbox::assert_data_eq!(
            lines(&[
                change("configuration.a.b", "change", public(Some("x"), Some("y"))),
                change("configuration.name", "set", public(None, Some(""))),
                change("configuration.a.c", "unset", public(Some("x"), None)),
                change("configuration.a.d", "rotate", secret(source)),
                change("configuration.a.e", "unset", secret(None)),
                change("mark", "mark", public(Some("old"), Some("new"))),
                change("configuration.doc", "change", public(Some(long), Some(&other))),
                change("configuration.doc", "set", public(None, Some("a\n```\nb"))),
                PlanChange {
                    hint: Some("a no-break space (U+00A0)".to_owned()),
                    ..change("name", "change", public(Some("a b"), Some("a\u{a0}b")))
                },
            ]),
            snapbox::str![[r#"
- a.b: x
+ a.b: y
+ configuration.name: ""
- a.c: x
! a.d: (secret, env.SECRET)
- a.e: (secret)
! mark: old → new
@@ doc @@
  {
    "a": 1,
-   "b": 2
+   "b": 3
  }
@@ doc @@
+ a
+ ```
+ b
- name: a b
+ name: a/u{a0}b
  (differs in: a no-break space (U+00A0))

"#]]
        );
    }

    #[test]
    fn a_value_that_is_not_shown_in_full_says_so_before_it() {
        let url = format!("https://good.example/{}@evil.example", " ".repeat(300));
        let text = lines(&[change("configuration.url", "set", public(None, Some(&url)))]);
        assert_eq!(
            text,
            "@@ url (334 characters, shown in part) @@\n+ https://good.example/(300 blanks)@evil.example\n"
        );
        let long = |word: &str| format!("{}{word}{}", "a".repeat(2_000), "z".repeat(2_000));
        let (before, after) = (long("good"), long("evil"));
        let both = change("configuration.url", "change", public(Some(&before), Some(&after)));
        let text = lines(&[both]);
        let begin = format!("@@ url (4004 characters, shown in part) @@\n- {}…", "a".repeat(166));
        assert!(text.starts_with(&begin), "{text}");
        assert!(text.contains("agoodz") && text.contains("aevilz") && text.len() < 2_500, "{text}");
    }
}
