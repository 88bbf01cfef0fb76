//! The shared nouns: names, wanted values, stored values, and the bodies of requests and replies.
//!
//! In: text from files and replies, already parsed. Out: validated names ([`Key`],
//! [`ConnectorKey`], [`InstanceId`]), wanted values ([`Value`], a template with references) and
//! stored values ([`StoredValue`]). The two are different types on purpose. A request is built from
//! [`Value`]s only, so nothing that was read from the API can be written back to it.
//!
//! This module does no I/O, knows no files and no requests, and never prints a [`Secret`].

mod decimal;
mod draft;
mod exact_json;
mod field_path;
mod name;
mod secret;
mod span;
mod stored_value;
mod template;
mod value;
mod vocabulary;
mod webhook;

pub use draft::{Draft, OmittedMembers, Record, ReplyCheck};
pub use exact_json::ExactJson;
pub use field_path::FieldPath;
pub use name::{BaseUrl, ConnectorKey, InstanceId, InvalidName, Key, Project};
pub use secret::{Secret, trimmed};
pub use span::Span;
pub use stored_value::{StoredValue, ValueComparison};
pub use template::{
    InstanceReference, Part, RenderContext, SecretReference, SecretSource, Template,
};
pub use value::{Json, Secrecy, Value, json_valued};
pub(crate) use vocabulary::vocabulary;
pub use webhook::id_in_webhook_url;
