//! The changes of a step as a `diff` block.

use super::escape::fenced;
use crate::instance::FieldPath;
use crate::plan::{Action, ChangeKind};
use crate::report::difference::{Difference, MAX_LINE_CHARS};
use crate::report::json::{PlanChange, PlanStep, PlanValue, PlanValues};
use crate::report::phrases::{differs_in, field, known_after_create};
use crate::report::style::{clean_line, width};
use crate::report::truncate;

/// Maximum width of a line in a block. GitHub shows about 95 columns, and a list item has less.
const MAX_BLOCK_WIDTH: usize = 90;
/// Maximum width of a value that is shown beside its key.
const MAX_VALUE_WIDTH: usize = 120;

/// Renders the changes, apart from those that the title shows; `None` if there are none.
pub(super) fn block(step: &PlanStep) -> Option<String> {
    if step.only_mark().is_some() {
        return None;
    }
    let is_in_title = |change: &&PlanChange| {
        step.action == Action::Create
            && matches!(change.path, FieldPath::Name | FieldPath::Mark | FieldPath::Protect)
    };
    let mut lines = Vec::new();
    for change in step.changes.iter().filter(|change| !is_in_title(change)) {
        push_change(&mut lines, change);
    }
    let lines: Vec<String> = lines.iter().flat_map(|line| narrow(line)).collect();
    (!lines.is_empty()).then(|| fenced("diff", &lines.join("\n")))
}

/// Breaks a line that is wider than a comment. The further lines keep the sign, and start with an arrow.
fn narrow(line: &str) -> Vec<String> {
    if width(line) <= MAX_BLOCK_WIDTH {
        return vec![line.to_owned()];
    }
    let sign: String = line.chars().take(1).collect();
    let (mut lines, mut current, mut columns) = (Vec::new(), String::new(), 0);
    for c in line.chars() {
        let own = width(c.encode_utf8(&mut [0; 4]));
        if columns + own > MAX_BLOCK_WIDTH {
            lines.push(std::mem::replace(&mut current, format!("{sign}   ↳ ")));
            columns = width(&current);
        }
        current.push(c);
        columns += own;
    }
    lines.push(current);
    lines
}

/// Indents a block, so that it belongs to a list item.
pub(super) fn indented(block: &str) -> String {
    block
        .lines()
        .map(|line| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") })
        .collect()
}

fn push_change(lines: &mut Vec<String>, change: &PlanChange) {
    let path = clean_line(&truncate::line(&field(&change.path), MAX_LINE_CHARS));
    match &change.values {
        PlanValues::Sensitive { sensitive: _, source } => {
            let source = source.as_ref().map(|source| format!(", {source}")).unwrap_or_default();
            let value = clean_line(&format!("(secret{source})"));
            lines.push(format!("{} {path}: {value}", sign(change.kind)));
        }
        PlanValues::Public { before, after } => {
            let text = |value: &PlanValue| value.text().unwrap_or("(not shown)".to_owned());
            let (before, after) = (before.as_ref().map(text), after.as_ref().map(text));
            let after = after.map(|after| {
                if change.known_after_create { known_after_create(&after) } else { after }
            });
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
    let is_long = |value: &String| value.contains('\n') || width(value) > MAX_VALUE_WIDTH;
    match (before, after) {
        (Some(before), Some(after)) if change.kind == ChangeKind::Mark => {
            lines.push(format!("! {path}: {} → {}", clean_line(&before), clean_line(&after)));
        }
        (None, Some(after)) if change.kind == ChangeKind::Mark => {
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

fn sign(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Set => "+",
        ChangeKind::Unset => "-",
        // `diff` blocks show these lines in another color.
        ChangeKind::Change | ChangeKind::Rotate | ChangeKind::Mark => "!",
    }
}

/// Writes a value on one line, in quotes if it would be invisible.
fn shown(value: &str) -> String {
    let line = clean_line(&truncate::line(value, MAX_LINE_CHARS));
    if value.is_empty() || value.trim() != value { format!("\"{line}\"") } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(key: &str, kind: ChangeKind, values: PlanValues) -> PlanChange {
        PlanChange {
            path: FieldPath::Configuration(key.to_owned()),
            kind,
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
                change("a.b", ChangeKind::Change, public(Some("x"), Some("y"))),
                change("name", ChangeKind::Set, public(None, Some(""))),
                change("a.c", ChangeKind::Unset, public(Some("x"), None)),
                change("a.d", ChangeKind::Rotate, secret(source)),
                change("a.e", ChangeKind::Unset, secret(None)),
                PlanChange {
                    path: FieldPath::Mark,
                    ..change("", ChangeKind::Mark, public(Some("old"), Some("new")))
                },
                change("doc", ChangeKind::Change, public(Some(long), Some(&other))),
                change("doc", ChangeKind::Set, public(None, Some("a\n```\nb"))),
                PlanChange {
                    hint: Some("a no-break space (U+00A0)".to_owned()),
                    path: FieldPath::Name,
                    ..change("", ChangeKind::Change, public(Some("a b"), Some("a\u{a0}b")))
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
    fn a_truncated_value_has_its_length_as_prefix() {
        let url = format!("https://good.example/{}@evil.example", " ".repeat(300));
        let text = lines(&[change("url", ChangeKind::Set, public(None, Some(&url)))]);
        assert_eq!(
            text,
            "@@ url (334 characters, shown in part) @@\n+ https://good.example/(300 spaces)@evil.example\n"
        );
        let long = |word: &str| format!("{}{word}{}", "a".repeat(2_000), "z".repeat(2_000));
        let (before, after) = (long("good"), long("evil"));
        let both = change("url", ChangeKind::Change, public(Some(&before), Some(&after)));
        let text = lines(&[both]);
        let begin = format!("@@ url (4,004 characters, shown in part) @@\n- {}…", "a".repeat(166));
        assert!(text.starts_with(&begin), "{text}");
        assert!(text.contains("agoodz") && text.contains("aevilz") && text.len() < 2_500, "{text}");
    }
}
