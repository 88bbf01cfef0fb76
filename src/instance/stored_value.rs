//! A configuration value as the API returns it.

use super::secret::Secret;

/// The text that every read shows in place of a masked value.
const MASK: &str = "********";

/// A stored value. No request can contain one, because requests take only wanted values.
///
/// Its text is a [`Secret`], because the API returns credentials in plain text. A report may show it
/// only if the catalog declares the key as public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredValue {
    /// Omitted, `null` or empty. The platform uses all three for a value that is not set.
    Unset,
    /// Masked, so the platform does not show whether a value is set.
    Masked,
    /// The stored text.
    Text(Secret),
}

impl StoredValue {
    /// Classifies a value of a reply.
    pub fn new(text: Option<&str>) -> Self {
        match text {
            None | Some("") => Self::Unset,
            Some(MASK) => Self::Masked,
            Some(text) => Self::Text(Secret::new(text)),
        }
    }
}

/// The result of comparing a wanted value with a stored one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueComparison {
    /// They are equal.
    Same,
    /// They differ.
    Different,
    /// One of them is not visible.
    Unknown,
}
