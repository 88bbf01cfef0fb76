//! A line of the configuration of a new file.

use serde_json::Value;

/// A line of the configuration.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry<'a> {
    pub(super) key: &'a str,
    pub(super) value: EntryValue,
    /// Where the value comes from. Empty if that is clear.
    pub(super) comment: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum EntryValue {
    /// A reference to a new variable.
    Variable,
    /// A reference to the instance's own webhook URL.
    WebhookUrl,
    /// A value that can stay as it is.
    Given(Value),
    /// A value that must be replaced.
    Sample(Value),
    /// No value: the line is a comment.
    Comment,
}
