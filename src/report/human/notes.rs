//! The text form of the notes of a plan, each kind once.

use super::layout::{Detail, Layout};
use crate::report::grouping::{MAX_PLACES, first_places, for_any_key, grouped};
use crate::report::json::{PlanDocument, PlanNote};
use crate::report::style::{clean_line, wrapped};
use crate::report::{phrases, truncate};

const INDENT: &str = "        ";

/// Renders the notes, apart from those about hosts, and the secrets that are not set. Empty if there is
/// nothing to say.
pub(super) fn notes(plan: &PlanDocument, layout: Layout) -> String {
    let notes = plan.notes.iter().filter(|note| note.host.is_none());
    let groups = match layout.detail {
        Detail::Grouped => grouped(notes, |note| (note.code, remedy(note))),
        Detail::Complete => notes.map(|note| vec![note]).collect(),
    };
    let mut text = String::new();
    for group in groups {
        match group.as_slice() {
            [note] => push_note(&mut text, note, layout),
            notes => push_group(&mut text, notes, layout),
        }
    }
    push_unset(&mut text, plan, layout);
    text
}

fn remedy(note: &PlanNote) -> Option<String> {
    note.help.as_ref().map(|help| for_any_key(help, &note.key))
}

fn push_note(text: &mut String, note: &PlanNote, layout: Layout) {
    let message = sentences(&message(note), note.help.as_deref());
    push(text, &format!("{}: {message} ({})", place(note), note.code), layout);
}

/// Adds what several notes have in common, and their places. If their messages differ, each of the first
/// notes has its own.
fn push_group(text: &mut String, notes: &[&PlanNote], layout: Layout) {
    let Some(first) = notes.first() else { return };
    let (number, code) = (phrases::about(notes), first.code);
    let help = remedy(first);
    let generic = |note: &PlanNote| for_any_key(&message(note), &note.key);
    let message = generic(first);
    if notes.iter().all(|note| generic(note) == message) {
        let message = sentences(&message, help.as_deref());
        push(text, &format!("{number}: {message} ({code})"), layout);
        let places = first_places(notes.iter().map(|note| place(note)));
        text.push_str(&wrapped(&places, INDENT, layout.width));
        return;
    }
    let help = help.map(|help| format!(". {help}")).unwrap_or_default();
    push(text, &format!("{number} ({code}){}", clean_line(&help)), layout);
    for note in notes.iter().take(MAX_PLACES) {
        let line = format!("{}: {}", place(note), self::message(note));
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

fn message(note: &PlanNote) -> String {
    clean_line(&truncate::counted(&note.message))
}

fn sentences(message: &str, help: Option<&str>) -> String {
    match help {
        Some(help) => format!("{message}. {}", clean_line(help)),
        None => message.to_owned(),
    }
}
