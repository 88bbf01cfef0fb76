//! The shared nouns: names, wanted values, stored values, and the bodies of requests and replies.
//!
//! In: text from files and replies, already parsed. Out: validated names ([`Key`],
//! [`ConnectorKey`], [`InstanceId`]), wanted values ([`Value`], a template with references) and
//! stored values ([`StoredValue`]). The two are different types on purpose. A request is built from
//! [`Value`]s only, so nothing that was read from the API can be written back to it.
//!
//! This module does no I/O, knows no files and no requests, and never prints a [`Secret`].

mod draft;
mod event_arrival;
mod exact_json;
mod name;
mod sample;
mod secret;
mod template;
mod value;
mod vocabulary;
mod webhook;

use std::fmt;
use std::sync::Arc;

pub use draft::{Draft, FieldPath, OmittedMembers, Record, ReplyCheck};
pub use event_arrival::{
    EVENT_CALLBACK, EVENT_KEYS, EVENT_VENDOR_TYPE, EVENTS_ENABLED, EventArrival, EventSettings,
    EventSupport,
};
pub use exact_json::ExactJson;
pub use name::{BaseUrl, ConnectorKey, InstanceId, InvalidName, Key, Project, is_loopback};
pub(crate) use sample::{SAMPLE_HOST, SAMPLE_TEXT, is_sample};
pub use secret::{Secret, is_unresolved, trimmed};
pub(crate) use template::WEBHOOK_URL_REFERENCE;
pub use template::{
    InstanceReference, Part, RenderContext, SecretReference, SecretSource, Template,
};
pub use value::{Json, Secrecy, StoredValue, Value, ValueComparison, json_valued};
pub(crate) use vocabulary::vocabulary;
pub use webhook::{WebhookUrlForm, WebhookUrlKnowledge, id_in_webhook_url};

/// A position in a file, displayed `file:line:column` as editors expect it.
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

/// An entry of `GET /elements/{key}/configuration`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveProperty {
    pub(crate) key: String,
    /// The label in the user interface.
    pub(crate) name: String,
    /// The data type, such as `TEXTFIELD_128`.
    pub(crate) data_type: String,
    /// The value that the platform uses if the key is absent.
    pub(crate) default: Option<String>,
    pub(crate) required: bool,
    /// Whether the platform writes the value.
    pub(crate) internal: bool,
    /// The authentication type that the key belongs to, if the connector has several.
    pub(crate) group: Option<String>,
    /// The values of a `COMBO`.
    pub(crate) options: Vec<String>,
}
