//! The text form of the changes of a step.

use super::layout::Layout;
use crate::instance::FieldPath;
use crate::plan::{Action, ChangeKind};
use crate::report::json::{PlanChange, PlanStep, PlanValue, PlanValues};
use crate::report::style::{
    ADDED, CHANGED, FAINT, REMOVED, Styled, clean, clean_line, gap, hanging, width, wrapped,
};
use crate::report::{phrases, text_diff, truncate};

/// Maximum column at which the values of a step start. Longer paths shift their values to the right.
const MAX_PATH_WIDTH: usize = 40;
const MAX_NAME_CHARS: usize = 400;
/// Maximum number of lines of a value that is not compared with another one.
const MAX_LINES: usize = 200;
/// Maximum width of a value that is shown on one line.
const MAX_INLINE_WIDTH: usize = 120;
/// Minimum number of columns for values that are aligned.
const MIN_VALUE_WIDTH: usize = 20;

/// Adds everything that the file declares, by section. The title already has the name.
pub(super) fn push_creation(text: &mut String, step: &PlanStep, layout: Layout) {
    let column = value_column(step, layout);
    let mut section = "";
    for change in &step.changes {
        let (own, label) = match &change.path {
            FieldPath::Name | FieldPath::Mark | FieldPath::Protect => continue,
            FieldPath::Tags => ("", "tags"),
            FieldPath::ExternalAuthentication => ("", "externalAuthentication"),
            FieldPath::Configuration(key) => ("configuration", key.as_str()),
            FieldPath::ProviderData(key) => ("providerData", key.as_str()),
        };
        if own != section {
            section = own;
            text.push_str(&format!("      {section}\n"));
        }
        let indent = if own.is_empty() { "      " } else { "        " };
        Lines { action: step.action, indent, column, layout }.push(text, change, label);
    }
}

/// Adds the changed fields, and the number of unchanged ones.
pub(super) fn push_changes(text: &mut String, step: &PlanStep, layout: Layout) {
    let column = value_column(step, layout);
    for change in &step.changes {
        let path = change.path.to_string();
        let label = match (&change.path, &change.values) {
            (FieldPath::Configuration(key), _)
                if !matches!(key.as_str(), "name" | "tags" | "key") =>
            {
                key
            }
            (FieldPath::Mark, PlanValues::Public { before: Some(_), .. }) => "key",
            _ => &path,
        };
        let indent = "        ";
        Lines { action: step.action, indent, column, layout }.push(text, change, label);
    }
    if !step.changes.is_empty() && step.unchanged > 0 {
        let unchanged = format!("{} unchanged", step.unchanged);
        text.push_str(&format!("          {}\n", Styled(FAINT, &unchanged)));
    }
}

/// Returns the column at which values start; 0, directly after their paths, if there is little space.
fn value_column(step: &PlanStep, layout: Layout) -> usize {
    let label = |change: &PlanChange| match &change.path {
        FieldPath::Configuration(key) | FieldPath::ProviderData(key) => width(key),
        path => width(&path.to_string()),
    };
    let widest = step.changes.iter().map(label).max().unwrap_or(0);
    let column = 10 + widest.min(MAX_PATH_WIDTH) + 2;
    if column + MIN_VALUE_WIDTH > layout.width { 0 } else { column }
}

#[derive(Clone, Copy)]
struct Lines<'a> {
    action: Action,
    indent: &'a str,
    /// Where values start, unless their path is too long.
    column: usize,
    layout: Layout,
}

impl Lines<'_> {
    fn push(self, text: &mut String, change: &PlanChange, label: &str) {
        let Lines { indent, layout: Layout { width: columns, .. }, .. } = self;
        let first = format!("{indent}{} ", sign(change.kind));
        let block = format!("{indent}    ");
        let path = shown_name(label);
        let label = hanging(&first, &path, &block, columns);
        let label_with =
            |extent: &str| hanging(&first, &format!("{path}  {extent}"), &block, columns);
        let (before, after) = match &change.values {
            PlanValues::Public { before, after } => (
                before.as_ref().and_then(PlanValue::text),
                after.as_ref().and_then(PlanValue::text),
            ),
            PlanValues::Sensitive { .. } => (None, None),
        };
        match (before, after) {
            (Some(before), Some(after)) if is_long(&before) || is_long(&after) => {
                let (old, new) = (truncate::counted(&before), truncate::counted(&after));
                let difference = text_diff::render(&clean(&old), &clean(&new), &block, columns);
                let is_whole = difference.is_whole && old == before && new == after;
                let extents = (!is_whole).then(|| truncate::extents(&before, &after));
                text.push_str(&extents.map_or(label, |extents| label_with(&extents)));
                text.push_str(&difference.shown);
            }
            (None, Some(after)) if after.contains('\n') => {
                let lines = truncate::lines(&after, MAX_LINES);
                let extent = (lines != after).then(|| truncate::extent(&after));
                text.push_str(&extent.map_or(label, |extent| label_with(&extent)));
                push_block(text, &clean(&completed(change, lines)), &block, columns);
            }
            (before, after) => {
                let before = before
                    .map(|before| quoted(&before))
                    .or_else(|| self.hidden_before(change).map(ToOwned::to_owned));
                let after = inline_after(change, after);
                self.push_inline(text, &label, before.as_deref(), &after);
            }
        }
        if let Some(hint) = &change.hint {
            text.push_str(&wrapped(&phrases::differs_in(hint), &block, columns));
        }
    }

    /// The words in place of a stored value that is not shown.
    fn hidden_before(self, change: &PlanChange) -> Option<&'static str> {
        match &change.values {
            PlanValues::Public { before: Some(PlanValue::Hidden(_)), .. } => Some("(not shown)"),
            PlanValues::Sensitive { .. }
                if change.kind == ChangeKind::Unset && self.action != Action::Create =>
            {
                Some("(secret)")
            }
            PlanValues::Public { .. } | PlanValues::Sensitive { .. } => None,
        }
    }

    /// Adds values beside their path, or below if there is no space.
    fn push_inline(self, text: &mut String, label: &str, before: Option<&str>, after: &str) {
        let columns = self.layout.width;
        let before = before.map(|before| [before, " → "].concat()).unwrap_or_default();
        let gap = gap(width(label.trim_end()), self.column);
        if width(label.trim_end()) + gap.len() + width(&before) + width(after) <= columns {
            text.push_str(&format!("{}{gap}{before}{after}\n", label.trim_end()));
            return;
        }
        let block = format!("{}    ", self.indent);
        text.push_str(label);
        text.push_str(&wrapped(before.trim_end_matches(" → "), &block, columns));
        let arrow = if before.is_empty() { "" } else { "→ " };
        let further = " ".repeat(width(&block) + width(arrow));
        text.push_str(&hanging(&format!("{block}{arrow}"), after, &further, columns));
    }
}

/// Adds a text of several lines, each with its own indent.
fn push_block(text: &mut String, value: &str, block: &str, columns: usize) {
    for line in value.lines() {
        let content = line.trim_start_matches(' ');
        let first = format!("{block}{}", " ".repeat(line.len() - content.len()));
        let lines = hanging(&first, content, &format!("{first}  "), columns);
        text.push_str(if content.is_empty() { "\n" } else { &lines });
    }
}

/// Writes the new value of a change on one line.
fn inline_after(change: &PlanChange, after: Option<String>) -> String {
    match &change.values {
        _ if change.kind == ChangeKind::Unset => "(unset)".to_owned(),
        PlanValues::Sensitive { source: Some(source), .. } => {
            clean_line(&format!("(secret, {source})"))
        }
        PlanValues::Sensitive { source: None, .. } => "(secret)".to_owned(),
        PlanValues::Public { .. } => {
            after.map(|after| quoted(&completed(change, after))).unwrap_or_default()
        }
    }
}

fn sign(kind: ChangeKind) -> Styled<'static> {
    match kind {
        ChangeKind::Set => Styled(ADDED, "+"),
        ChangeKind::Change | ChangeKind::Rotate => Styled(CHANGED, "~"),
        ChangeKind::Unset => Styled(REMOVED, "-"),
        ChangeKind::Mark => Styled(CHANGED, ">"),
    }
}

/// Whether only the changed lines of a value are shown.
fn is_long(value: &str) -> bool {
    value.contains('\n') || width(value) > MAX_INLINE_WIDTH
}

fn completed(change: &PlanChange, after: String) -> String {
    if change.known_after_create { phrases::known_after_create(&after) } else { after }
}

/// Writes a value on one line, in quotes if it would be invisible.
fn quoted(value: &str) -> String {
    let shown = truncate::counted(value);
    let extent = if shown == value { String::new() } else { truncate::extent(value) + " " };
    if value.is_empty() || value.trim() != value {
        return format!("{extent}\"{}\"", clean_line(&shown));
    }
    extent + &clean_line(&shown)
}

pub(super) fn shown_name(name: &str) -> String {
    clean_line(&truncate::line(name, MAX_NAME_CHARS))
}
