//! The result of a command, before it is written to stdout.

/// A result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// Lines of text.
    Text(String),
    /// A JSON document. It stays valid JSON when secrets are removed from it.
    Json(String),
}
