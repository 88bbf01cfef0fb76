//! The shared nouns: what a connector instance is called, where its values come from, and how a
//! wanted value compares with a stored one.
//!
//! In: text from files and replies, already parsed. Out: validated names ([`Key`],
//! [`ConnectorKey`], [`InstanceId`]), wanted values ([`Value`], a template with references) and
//! stored values ([`StoredValue`]). The two are different types on purpose: a request is built from
//! [`Value`]s only, so nothing that was read from the API can ever be written back to it.
//!
//! This room does no I/O, knows no file and no request, and never prints a [`Secret`].

mod decimal;
mod draft;
mod exact_json;
mod name;
mod secret;
mod stored_value;
mod template;
mod value;
mod vocabulary;
mod webhook;

pub use draft::{Draft, OmittedMembers, Record, ReplyCheck};
pub use exact_json::ExactJson;
pub use name::{BaseUrl, ConnectorKey, InstanceId, InvalidName, Key, Project};
pub use secret::{Secret, trimmed};
pub use stored_value::{StoredValue, ValueComparison};
pub use template::{
    InstanceReference, Part, RenderContext, SecretReference, SecretSource, Template,
};
pub use value::{Json, Secrecy, Value, json_valued};
pub(crate) use vocabulary::vocabulary;
pub use webhook::id_in_webhook_url;

use std::fmt;
use std::sync::Arc;

/// A place in a file, as editors and reviewers name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Path relative to the root, with `/` on every platform.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A field of an instance, written `name`, `tags`, `enabled`, `configuration.<key>` or
/// `providerData.<key>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FieldPath {
    /// The display name.
    Name,
    /// The set of tags, without the reserved ones.
    Tags,
    /// ocon's own marks, kept in reserved tags.
    Mark,
    /// Whether the instance is protected from being deleted, kept in a reserved tag.
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
