//! A step of a plan in a comment.

use super::changes;
use super::comment::CommentEntry;
use super::escape::{code, html};
use super::options::CommentOptions;

use crate::plan::Cause;
use crate::report::json::{PlanStep, PlanValues};
use crate::report::{phrases, truncate};

const MAX_NAME_CHARS: usize = 120;

/// `: key old → new`, for a step that changes only the document key of its instance.
fn moved(step: &PlanStep) -> Option<String> {
    match &step.only_mark()?.values {
        PlanValues::Public { before: Some(old), .. } => {
            Some(format!(": key {} → {}", code(&old.text()?), code(&step.key)))
        }
        _ => None,
    }
}

/// `~ update`.
pub(super) fn symbol_and_action(step: &PlanStep) -> String {
    format!("{} {}", step.action.symbol(), step.action)
}

/// `> adopt key name (connector) #id (cause)`.
pub(super) fn title(step: &PlanStep) -> String {
    let name = truncate::line(&step.name, MAX_NAME_CHARS);
    let id = step.instance_id.map(|id| format!(" `#{id}`")).unwrap_or_default();
    format!(
        "{} **{}** {} ({}){id}{}{}",
        code(&symbol_and_action(step)),
        code(&step.key),
        code(&name),
        code(&step.connector),
        cause(step),
        moved(step).unwrap_or_default()
    )
}

/// Renders a step as a list item without its changes.
pub(super) fn brief(step: &PlanStep, place: &str) -> String {
    let title = title(step);
    if place.is_empty() { format!("- {title}\n") } else { format!("- {title}, {place}\n") }
}

/// Renders a step as a list item with its changes.
pub(super) fn open_entry(step: &PlanStep, place: &str) -> CommentEntry {
    let brief = brief(step, place);
    let block = changes::block(step).map(|block| changes::indented(&block));
    let full = block.map(|block| format!("{brief}\n{block}\n"));
    CommentEntry { brief, full }
}

/// Renders a step whose changes are folded. `remark` comes before them.
pub(super) fn entry(step: &PlanStep, place: &str, remark: &str) -> CommentEntry {
    let brief = brief(step, place);
    let Some(block) = changes::block(step) else {
        return CommentEntry::line(brief);
    };
    let tag = |text: &str| format!("<code>{}</code>", html(text));
    let id = step.instance_id.map(|id| format!(" {}", tag(&format!("#{id}")))).unwrap_or_default();
    let summary = format!(
        "{} {} {} ({}){id}{}",
        tag(&symbol_and_action(step)),
        tag(&step.key),
        tag(&truncate::line(&step.name, MAX_NAME_CHARS)),
        tag(&step.connector),
        cause(step)
    );
    let before = [place, remark].into_iter().filter(|line| !line.is_empty());
    let before: String = before.flat_map(|line| [line, "\n\n"]).collect();
    let full = format!("<details><summary>{summary}</summary>\n\n{before}{block}\n</details>\n\n");
    CommentEntry { brief, full: Some(full) }
}

/// The cause of a step, unless its action implies the cause.
fn cause(step: &PlanStep) -> String {
    let cause = phrases::cause(step.cause, step.action).filter(|_| step.cause != Cause::Adoption);
    cause.map(|cause| format!(" ({cause})")).unwrap_or_default()
}

/// Renders the place of the step's document; empty for a step without one.
pub(super) fn place(step: &PlanStep, options: &CommentOptions) -> String {
    match (&step.file, step.line) {
        (Some(file), Some(line)) => options.place(file, line),
        _ => String::new(),
    }
}
