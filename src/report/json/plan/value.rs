//! The values of a change in the document of a plan.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The values of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum PlanValues {
    /// They are hidden from the reader.
    #[schemars(extend("not" = { "anyOf": [{ "required": ["before"] }, { "required": ["after"] }] }))]
    Sensitive {
        /// Always true.
        #[schemars(extend("const" = true))]
        sensitive: bool,
        /// The sources of the secrets in the new value: `env.NAME`, `file.PATH`, joined by commas.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<String>,
    },
    /// They are public.
    #[schemars(extend("required" = ["before", "after"], "not" = { "required": ["sensitive"] }))]
    Public {
        /// The stored value. Null if there is none, `(not shown)` if it may be a secret.
        before: Option<PlanValue>,
        /// The declared value. Null if it must be unset.
        after: Option<PlanValue>,
    },
}

/// A value of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum PlanValue {
    /// A stored value that is not shown.
    #[schemars(skip)]
    Hidden(HiddenValue),
    /// A text. JSON documents are indented.
    Text(String),
    /// A set of texts.
    List(Vec<String>),
}

impl PlanValue {
    /// Returns the value as a text; `None` if it is not shown.
    pub(in crate::report) fn text(&self) -> Option<String> {
        match self {
            Self::Hidden(_) => None,
            Self::Text(text) => Some(text.clone()),
            Self::List(items) => Some(items.join(", ")),
        }
    }
}

/// The word in place of a stored value that may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HiddenValue {
    /// It is not shown.
    #[serde(rename = "(not shown)")]
    NotShown,
}
