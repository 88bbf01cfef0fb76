//! The changes of a step as a block of differences.

use super::escape::{fenced, shortened};
use crate::report::json::{PlanChange, PlanStep, PlanValue, PlanValues};
use crate::report::style::{clean, clean_line, width};
use crate::report::text_diff;
use crate::report::wording::{differs_in, known_later};

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
    let lines: Vec<String> = lines.iter().map(|line| cut(line)).collect();
    (!lines.is_empty()).then(|| fenced("diff", &lines.join("\n")))
}

fn push_change(lines: &mut Vec<String>, change: &PlanChange) {
    let path = clean_line(label(&change.path));
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
            lines.push(format!("@@ {path} @@"));
            let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
            let difference = text_diff::lines(&clean(&before), &clean(&after));
            lines.extend(difference.into_iter().map(|(sign, line)| format!("{sign} {line}")));
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
    let line = clean_line(value);
    if value.is_empty() || value.trim() != value { format!("\"{line}\"") } else { line }
}

fn cut(line: &str) -> String {
    let more = line.chars().count().saturating_sub(LONGEST_LINE);
    if more == 0 {
        return line.to_owned();
    }
    format!("{} ({more} more characters)", shortened(line, LONGEST_LINE))
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
+ name: a\u{a0}b
  (differs in: a no-break space (U+00A0))

"#]]
        );
    }

    #[test]
    fn a_line_without_end_says_how_much_of_it_there_is() {
        assert_eq!(cut(&"x".repeat(LONGEST_LINE)), "x".repeat(LONGEST_LINE));
        let cut = cut(&"ä".repeat(LONGEST_LINE + 7));
        assert!(cut.ends_with("ä… (7 more characters)"), "{cut}");
    }
}
