//! What more than one form says in the same words.

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
