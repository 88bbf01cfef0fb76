//! The result of a command, before it is written to stdout.

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    Text(String),
    /// A JSON document. It stays valid JSON when secrets are removed from it.
    Json(String),
}
