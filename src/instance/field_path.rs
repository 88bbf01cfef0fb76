//! The fields of an instance.

use std::fmt;

/// A field of an instance, displayed `name`, `tags`, `configuration.<key>`, `providerData.<key>` and
/// so on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FieldPath {
    /// The display name.
    Name,
    /// The set of tags, without the reserved ones.
    Tags,
    /// The reserved tags that say which document the instance belongs to.
    Mark,
    /// Whether the instance is protected from being deleted, stored in a reserved tag.
    Protect,
    /// One key of `configuration`.
    Configuration(String),
    /// One key of `providerData`.
    ProviderData(String),
    /// How the platform authenticates at the provider when it creates the instance.
    ExternalAuthentication,
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => f.write_str("name"),
            Self::Tags => f.write_str("tags"),
            Self::Mark => f.write_str("mark"),
            Self::Protect => f.write_str("lifecycle.protect"),
            Self::Configuration(key) => write!(f, "configuration.{key}"),
            Self::ProviderData(key) => write!(f, "providerData.{key}"),
            Self::ExternalAuthentication => f.write_str("externalAuthentication"),
        }
    }
}
