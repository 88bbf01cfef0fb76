//! A configuration value as the API returns it.

use super::Secret;

/// What every read shows in place of a masked value.
const MASK: &str = "********";

/// A stored value. It has no way into a request: those take only wanted values.
///
/// Its text is a [`Secret`], since the API returns live credentials in clear; a report may show it
/// only where the catalogue knows the key as public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredValue {
    /// OmittedMembers, `null` or empty: the platform uses all three for a value that is not set.
    Unset,
    /// Set or not, the platform does not say.
    Masked,
    /// The stored text.
    Text(Secret),
}

impl StoredValue {
    /// Reads a value of a reply.
    pub fn new(text: Option<&str>) -> Self {
        match text {
            None | Some("") => Self::Unset,
            Some(MASK) => Self::Masked,
            Some(text) => Self::Text(Secret::new(text)),
        }
    }
}

/// Whether a wanted value is what the API stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueComparison {
    /// It is.
    Same,
    /// It is not.
    Different,
    /// One of the two is not visible.
    CannotTell,
}
