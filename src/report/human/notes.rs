//! The text form of the notes of a plan, each kind once.

use super::layout::{Detail, Layout};
use crate::report::grouping::{MAX_PLACES, first_places};
use crate::report::json::{PlanDocument, PlanNote};
use crate::report::note_group::{self, NoteGroup};
use crate::report::style::{clean_line, wrapped};
use crate::report::{phrases, truncate};

const INDENT: &str = "        ";

/// Renders the notes, apart from those about hosts, and the secrets that are not set. Empty if there is
/// nothing to say.
pub(super) fn notes(plan: &PlanDocument, layout: Layout) -> String {
    let groups = match layout.detail {
        Detail::Grouped => note_group::groups(&plan.notes),
        Detail::Complete => note_group::singles(&plan.notes),
    };
    let mut text = String::new();
    for group in groups {
        push_group(&mut text, &group, layout);
    }
    push_unset(&mut text, plan, layout);
    text
}

/// Adds what the notes have in common, and their places. If their messages differ, each of the first notes
/// has its own.
fn push_group(text: &mut String, group: &NoteGroup<'_>, layout: Layout) {
    let (notes, code) = (&group.notes, group.code);
    let common = shown(&group.sentences());
    if let [note] = notes.as_slice() {
        return push(text, &format!("{}: {common} ({code})", place(note)), layout);
    }
    let about = group.about();
    if group.message.is_some() {
        push(text, &format!("{about}: {common} ({code})"), layout);
        let places = first_places(notes.iter().map(|note| place(note)));
        return text.push_str(&wrapped(&places, INDENT, layout.width));
    }
    let common = if common.is_empty() { common } else { format!(". {common}") };
    push(text, &format!("{about} ({code}){common}"), layout);
    for note in notes.iter().take(MAX_PLACES) {
        let line = format!("{}: {}", place(note), shown(&note.message));
        text.push_str(&wrapped(&line, INDENT, layout.width));
    }
    if notes.len() > MAX_PLACES {
        text.push_str(&format!("{INDENT}and {} more\n", notes.len() - MAX_PLACES));
    }
}

/// Adds the secrets that are not set here: in one line, or each with its places.
fn push_unset(text: &mut String, plan: &PlanDocument, layout: Layout) {
    let Some(sentence) = phrases::unset(&plan.unset) else { return };
    push(text, &format!("{} (unset-variable)", clean_line(&sentence)), layout);
    if layout.detail == Detail::Complete {
        for secret in &plan.unset {
            let line = clean_line(&format!("{}  {}:{}", secret.source, secret.file, secret.line));
            text.push_str(&wrapped(&line, INDENT, layout.width));
        }
    }
}

fn push(text: &mut String, message: &str, layout: Layout) {
    // The label replaces the indent of the first line.
    let lines = wrapped(message, INDENT, layout.width);
    text.push_str(&format!("  note: {}", lines.trim_start()));
}

fn place(note: &PlanNote) -> String {
    let id = note.instance_id.map(|id| format!(" #{id}")).unwrap_or_default();
    format!("{}{id}", note.key)
}

fn shown(message: &str) -> String {
    clean_line(&truncate::counted(message))
}
