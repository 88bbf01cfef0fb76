//! Renders a plan as workflow commands, which GitHub shows at the documents of a pull request.
//!
//! In: a plan. Out: an error per blocked document, a warning per delete or note, and a notice for every
//! other step. GitHub shows ten of each kind per step of a job, so the most severe come first.

use super::diagnostics::github::{command, file};
use super::json::{PlanBlocked, PlanDocument, PlanNote, PlanStep};
use crate::plan::{Action, Cause};

/// Renders the commands. `place` turns a path relative to the root into one that GitHub knows.
pub fn plan(document: &PlanDocument, place: &dyn Fn(&str) -> String) -> String {
    let blocked = document.blocked.iter().map(|blocked| of_blocked(blocked, place));
    let (deletes, others): (Vec<_>, Vec<_>) =
        document.steps.iter().partition(|step| step.action == Action::Delete);
    let deletes = deletes.into_iter().map(|step| of_step("warning", step, place));
    let notes = document.notes.iter().map(|note| of_note(note, document, place));
    let others = others.into_iter().map(|step| of_step("notice", step, place));
    blocked.chain(deletes).chain(notes).chain(others).collect()
}

fn of_blocked(blocked: &PlanBlocked, place: &dyn Fn(&str) -> String) -> String {
    let properties = [
        file(&place(&blocked.file)),
        format!("line={}", blocked.line),
        format!("title={}", blocked.code),
    ];
    command("error", &properties, &format!("{}: {}", blocked.key, blocked.message))
}

fn of_note(note: &PlanNote, document: &PlanDocument, place: &dyn Fn(&str) -> String) -> String {
    let step = document.steps.iter().find(|step| step.key == note.key);
    let mut properties = step.map(|step| position(step, place)).unwrap_or_default();
    properties.push(format!("title={}", note.code));
    let message = format!("{}{}: {}", note.key, instance(note.instance_id), note.message);
    command("warning", &properties, &message)
}

fn of_step(kind: &str, step: &PlanStep, place: &dyn Fn(&str) -> String) -> String {
    let mut properties = position(step, place);
    properties.push(format!("title=ocon {}", step.action));
    let paths: Vec<_> = step.changes.iter().map(|change| change.path.to_string()).collect();
    let changes = if paths.is_empty() { String::new() } else { format!(": {}", paths.join(", ")) };
    let drift = if step.cause == Cause::Remote { " (remote drift)" } else { "" };
    let message = format!(
        "{} {} ({}){}{drift}{changes}",
        step.action,
        step.key,
        step.connector,
        instance(step.instance_id)
    );
    command(kind, &properties, &message)
}

/// Returns the properties for the place of the step's document; none for a step without one.
fn position(step: &PlanStep, place: &dyn Fn(&str) -> String) -> Vec<String> {
    let at = step.file.as_ref().zip(step.line);
    at.map_or(Vec::new(), |(path, line)| vec![file(&place(path)), format!("line={line}")])
}

fn instance(id: Option<u64>) -> String {
    id.map(|id| format!(" #{id}")).unwrap_or_default()
}
