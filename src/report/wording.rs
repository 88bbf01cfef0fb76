//! What more than one form says in the same words.

use super::json::ResultDocument;
use crate::plan::Action;

/// How many requests were made and will be made.
pub(super) fn requests(read: usize, write: usize, check: usize) -> String {
    let check = if check > 0 { format!(", {check} to check") } else { String::new() };
    format!("{read} read, {write} to write{check}.")
}

/// What to do after an apply that left something undone; empty after one that did not.
pub(super) fn next_step(result: &ResultDocument) -> &'static str {
    let summary = &result.summary;
    let deleted = result
        .results
        .iter()
        .any(|entry| entry.action == Action::Delete.as_str() && entry.outcome == "done");
    if summary.stale > 0 {
        "Plan again: the state changed since the plan."
    } else if summary.unknown > 0 || !result.notes.is_empty() {
        "Wait 2 minutes, then run it again."
    } else if summary.done == result.results.len() {
        ""
    } else if deleted {
        // What was deleted is gone: that is nothing to call safe.
        "Plan again before you run it again."
    } else {
        "Running it again is safe."
    }
}

/// Says what a create will fill in.
pub(super) fn known_later(after: &str) -> String {
    after
        .replace("{base64(id)}", "(base64 of the id, known after create)")
        .replace("{id}", "(id, known after create)")
}

/// Says what differs between two values that look alike.
pub(super) fn differs_in(hint: &str) -> String {
    format!("(differs in: {hint})")
}
