//! A plan as workflow commands, which GitHub shows at the documents of a pull request.
//!
//! In: the JSON form of a plan. Out: an error for what is blocked, a warning for a delete or a note,
//! a notice for everything else that an apply would do. GitHub shows ten of each kind for a step, so
//! they come in the order of the plan, errors first.

use super::diagnostics::github::{command, file};
use super::json::{PlanBlocked, PlanDocument, PlanNote, PlanStep};
use crate::plan::Action;

/// Writes the commands; `place` turns a path below the root into one that GitHub knows.
pub fn plan(document: &PlanDocument, place: &dyn Fn(&str) -> String) -> String {
    let blocked = document.blocked.iter().map(|blocked| of_blocked(blocked, place));
    let (deletes, others): (Vec<_>, Vec<_>) =
        document.steps.iter().partition(|step| step.action == Action::Delete.as_str());
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
    let at = step.and_then(|step| Some((step.file.as_ref()?, step.line?)));
    let mut properties: Vec<String> = Vec::new();
    if let Some((path, line)) = at {
        properties.extend([file(&place(path)), format!("line={line}")]);
    }
    properties.push(format!("title={}", note.code));
    let instance = note.instance_id.map(|id| format!(" #{id}")).unwrap_or_default();
    let message = format!("{}{instance}: {}", note.key, note.message);
    command("warning", &properties, &message)
}

fn of_step(kind: &str, step: &PlanStep, place: &dyn Fn(&str) -> String) -> String {
    let mut properties = Vec::new();
    if let (Some(path), Some(line)) = (&step.file, step.line) {
        properties.extend([file(&place(path)), format!("line={line}")]);
    }
    properties.push(format!("title=ocon {}", step.action));
    let paths: Vec<&str> = step.changes.iter().map(|change| change.path.as_str()).collect();
    let changes = if paths.is_empty() { String::new() } else { format!(": {}", paths.join(", ")) };
    let drift = if step.cause == "remote" { " (remote drift)" } else { "" };
    let instance = step.instance_id.map(|id| format!(" #{id}")).unwrap_or_default();
    let message =
        format!("{} {} ({}){instance}{drift}{changes}", step.action, step.key, step.connector);
    command(kind, &properties, &message)
}
