//! The difference of a change, as lines with their signs and their changed words.

use super::markup::{Html, element};
use super::text::unseen;
use crate::instance::FieldPath;
use crate::plan::ChangeKind;
use crate::report::difference::{Difference, MAX_LINE_CHARS};
use crate::report::json::{PlanChange, PlanValue, PlanValues};
use crate::report::style::{clean_line, count, width};
use crate::report::text_diff::{self, Piece};
use crate::report::{phrases, truncate};

/// Maximum width of a value that is shown as one line.
const MAX_VALUE_WIDTH: usize = 120;
/// Maximum number of lines of a difference.
const MAX_LINES: usize = 200;

/// Renders the changes of a step, each with its field and its lines.
pub(super) fn changes(changes: &[&PlanChange], hidden_before: Option<&'static str>) -> Html {
    let rows = changes.iter().map(|change| row(change, hidden_before));
    element("dl").class("changes").with(rows.collect::<Html>())
}

fn row(change: &PlanChange, hidden_before: Option<&'static str>) -> Html {
    let ValueLines { lines, extent } = ValueLines::of(change, hidden_before);
    let path = clean_line(&truncate::line(&phrases::field(&change.path), MAX_LINE_CHARS));
    let extent = extent.map(|extent| element("span").class("extent").with(extent));
    let field = Html::from([
        unseen(&format!("{} ", verb(change.kind))),
        element("code").with(path),
        extent.unwrap_or_default(),
    ]);
    let hint = change
        .hint
        .as_ref()
        .map(|hint| element("div").class("hint").with(clean_line(&phrases::differs_in(hint))));
    let shown = bounded(lines);
    let difference = emphasized(&shown).collect::<Html>() + hint.unwrap_or_default();
    element("div")
        .with(Html::from([element("dt").with(field), element("dd").class("diff").with(difference)]))
}

fn verb(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Set => "set",
        ChangeKind::Change => "change",
        ChangeKind::Rotate => "rotate",
        ChangeKind::Unset => "unset",
        ChangeKind::Mark => "mark",
    }
}

/// The values of a change as lines.
struct ValueLines {
    lines: Vec<(char, String)>,
    /// The length of the values, if they are truncated.
    extent: Option<String>,
}

impl ValueLines {
    fn of(change: &PlanChange, hidden_before: Option<&'static str>) -> Self {
        let (before, after) = match &change.values {
            PlanValues::Sensitive { source, .. } => {
                return Self {
                    lines: secret(change, source.as_deref(), hidden_before),
                    extent: None,
                };
            }
            PlanValues::Public { before, after } => (before.as_ref(), after.as_ref()),
        };
        let text = |value: &PlanValue| value.text().unwrap_or_else(|| "(not shown)".to_owned());
        let (before, after) = (before.map(text), after.map(text));
        let after = after.map(|after| {
            if change.known_after_create { phrases::known_after_create(&after) } else { after }
        });
        let is_long = |value: &String| value.contains('\n') || width(value) > MAX_VALUE_WIDTH;
        if before.iter().chain(&after).any(is_long) {
            let Difference { lines, extent } = Difference::new(before.as_deref(), after.as_deref());
            return Self::bounded(lines, extent, before.as_deref(), after.as_deref());
        }
        let before = before.map(|before| ('-', quoted(&before)));
        let after = after.map(|after| ('+', quoted(&after)));
        Self { lines: before.into_iter().chain(after).collect(), extent: None }
    }

    /// Adds the length if lines are omitted.
    fn bounded(
        lines: Vec<(char, String)>,
        extent: Option<String>,
        before: Option<&str>,
        after: Option<&str>,
    ) -> Self {
        let is_cut = lines.len() > MAX_LINES;
        let of_cut = || match (before, after) {
            (Some(before), Some(after)) => truncate::extents(before, after),
            (one, other) => truncate::extent(one.or(other).unwrap_or_default()),
        };
        Self { lines, extent: extent.or_else(|| is_cut.then(of_cut)) }
    }
}

fn secret(
    change: &PlanChange,
    source: Option<&str>,
    hidden_before: Option<&'static str>,
) -> Vec<(char, String)> {
    let source = source.map(|source| format!(", {source}")).unwrap_or_default();
    let value = clean_line(&format!("(secret{source})"));
    match change.kind {
        ChangeKind::Unset => vec![('-', hidden_before.unwrap_or("(secret)").to_owned())],
        ChangeKind::Set => vec![('+', value)],
        ChangeKind::Change | ChangeKind::Rotate | ChangeKind::Mark => vec![('~', value)],
    }
}

/// Writes a value on one line, in quotes if it would be invisible.
fn quoted(value: &str) -> String {
    let shown = truncate::counted(value);
    let extent = if shown == value { String::new() } else { truncate::extent(value) + " " };
    let line = clean_line(&shown);
    let is_visible = !value.is_empty() && value.trim() == value;
    if is_visible { extent + &line } else { format!("{extent}\"{line}\"") }
}

/// Omits the middle of a long difference.
fn bounded(mut lines: Vec<(char, String)>) -> Vec<(char, String)> {
    let omitted = lines.len().saturating_sub(MAX_LINES);
    if omitted > 0 {
        let between = (' ', format!("… ({} omitted)", count(omitted, "line")));
        lines.splice(MAX_LINES / 2..MAX_LINES / 2 + omitted, [between]);
    }
    lines
}

/// Renders the lines. The changed words of a removed line and of the added one in its place are marked.
fn emphasized(lines: &[(char, String)]) -> impl Iterator<Item = Html> {
    let run = |from: usize, sign: char| {
        lines.iter().skip(from).take_while(|(found, _)| *found == sign).count()
    };
    let mut pieces: Vec<Option<Vec<Piece>>> = vec![None; lines.len()];
    let mut start = 0;
    while start < lines.len() {
        let removed = run(start, '-');
        let paired = removed.min(run(start + removed, '+'));
        for at in start..start + paired {
            let partner = at + removed;
            let (before, after) = text_diff::changed_words(&lines[at].1, &lines[partner].1);
            (pieces[at], pieces[partner]) = (Some(before), Some(after));
        }
        start += removed.max(1);
    }
    let line = |((sign, text), pieces): (&(char, String), Option<Vec<Piece>>)| {
        let pieces = pieces.unwrap_or_else(|| vec![(text.clone(), false)]);
        line(*sign, &pieces)
    };
    lines.iter().zip(pieces).map(line)
}

fn line(sign: char, pieces: &[Piece]) -> Html {
    let (class, word) = match sign {
        '+' => ("line added", "ins"),
        '-' => ("line removed", "del"),
        '~' => ("line rotated", "span"),
        _ => ("line", "span"),
    };
    let piece = |(text, is_changed): &Piece| {
        if *is_changed { element(word).with(text.as_str()) } else { Html::from(text.as_str()) }
    };
    element("div").class(class).with(Html::from([
        element("span").class("sign").with(sign.to_string()),
        element("span").with(pieces.iter().map(piece).collect::<Html>()),
    ]))
}

/// Whether the title of a create shows the field.
pub(super) fn is_in_title(path: &FieldPath) -> bool {
    matches!(path, FieldPath::Name | FieldPath::Mark | FieldPath::Protect)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(kind: ChangeKind, before: Option<&str>, after: Option<&str>) -> PlanChange {
        let value = |text: &str| PlanValue::Text(text.to_owned());
        PlanChange {
            path: FieldPath::Configuration("url".to_owned()),
            kind,
            values: PlanValues::Public { before: before.map(value), after: after.map(value) },
            known_after_create: false,
            hint: None,
        }
    }

    fn page(change: &PlanChange) -> String {
        changes(&[change], None).into_document()
    }

    #[test]
    fn changed_words_are_marked_on_both_sides() {
        let (old, new) = ("https://good.example/a", "https://evil.example/a");
        let html = page(&change(ChangeKind::Change, Some(old), Some(new)));
        assert!(html.contains(
            "<div class=\"line removed\"><span class=\"sign\">-</span><span>https://<del>good.example</del>/a</span></div>\
             <div class=\"line added\"><span class=\"sign\">+</span><span>https://<ins>evil.example</ins>/a</span></div>"
        ), "{html}");
    }

    #[test]
    fn a_secret_is_its_source() {
        let source = Some("env.KEY".to_owned());
        let values = PlanValues::Sensitive { sensitive: true, source };
        let secret = PlanChange { values, ..change(ChangeKind::Rotate, None, None) };
        let html = page(&secret);
        assert!(
            html.contains("<span>(secret, env.KEY)</span>") && html.contains("rotate"),
            "{html}"
        );
    }

    #[test]
    fn a_value_of_a_mebibyte_is_shown_in_part_with_its_length() {
        let lines = "x\n".repeat(1 << 19);
        let html = page(&change(ChangeKind::Set, None, Some(&lines)));
        assert!(html.contains("(1,048,576 characters, shown in part)"), "{}", html.len());
        assert!(html.contains("lines omitted)") && html.len() < 30_000, "{}", html.len());
        let line = "<".repeat(1 << 20);
        let html = page(&change(ChangeKind::Set, None, Some(&line)));
        assert!(html.contains("(1,048,576 characters, shown in part)") && html.len() < 10_000);
    }
}
