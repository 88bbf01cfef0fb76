//! Connectors as the embedded catalog file describes them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How a connector authenticates at its provider. The values are those of `authentication.type`.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::sandbox) enum AuthMethod {
    Oauth2,
    Oauth1,
    Basic,
    Custom,
    #[serde(alias = "apikey")]
    ApiKey,
}

/// Data types of properties, as the API and as the catalog file name them. The file has no passwords.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(in crate::sandbox) enum PropertyType {
    #[serde(rename(serialize = "TEXTFIELD_32", deserialize = "integer"))]
    Short,
    #[serde(rename(serialize = "TEXTFIELD_1000", deserialize = "url"))]
    Long,
    #[serde(rename(serialize = "TEXTAREA", deserialize = "json"))]
    Area,
    #[serde(rename(serialize = "PASSWORD"), skip_deserializing)]
    Password,
    #[serde(rename(serialize = "BOOLEAN", deserialize = "boolean"))]
    Boolean,
    #[serde(rename(serialize = "COMBO", deserialize = "enum"))]
    Choice,
    #[serde(rename(serialize = "TEXTFIELD_128"), other)]
    Text,
}

/// How the address of a connector's events names the instance (docs/platform.md#events).
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(in crate::sandbox) enum AddressForm {
    /// By its ID.
    Raw,
    /// Not at all: the platform recognizes the instance by the content of the event.
    None,
    /// By the Base64 of its ID, also if no source has a form or the platform makes the address.
    #[default]
    #[serde(other)]
    Base64,
}

#[derive(Deserialize)]
pub(in crate::sandbox) struct DocumentedBody {
    #[serde(rename = "auth")]
    pub(in crate::sandbox) method: AuthMethod,
    pub(in crate::sandbox) keys: Vec<String>,
}

#[derive(Deserialize)]
pub(in crate::sandbox) struct CatalogEntry {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) hub: Option<String>,
    #[serde(default)]
    pub(in crate::sandbox) auth: Vec<AuthMethod>,
    #[serde(default)]
    pub(in crate::sandbox) webhook: bool,
    #[serde(default)]
    pub(in crate::sandbox) polling: bool,
    #[serde(default)]
    pub(super) webhook_url_id: AddressForm,
    #[serde(default)]
    pub(super) provider_data: Vec<String>,
    #[serde(default)]
    pub(super) bodies: Vec<DocumentedBody>,
    #[serde(default)]
    pub(in crate::sandbox) fields: Vec<CatalogField>,
    /// Keys that this connector does not have, although similar connectors have them.
    #[serde(default)]
    pub(in crate::sandbox) refused: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
pub(in crate::sandbox) struct CatalogField {
    pub(in crate::sandbox) key: String,
    #[serde(rename = "type")]
    pub(in crate::sandbox) property_type: PropertyType,
    #[serde(default)]
    pub(in crate::sandbox) required: bool,
    pub(in crate::sandbox) required_when: Option<String>,
    pub(in crate::sandbox) default: Option<Value>,
    #[serde(default)]
    pub(in crate::sandbox) options: Vec<String>,
}

impl AuthMethod {
    /// Parses a method in any case, because documentation has both `Basic` and `basic`.
    pub(in crate::sandbox) fn parse(text: &str) -> Option<Self> {
        serde_json::from_value(text.to_ascii_lowercase().into()).ok()
    }

    /// Whether a user of the provider must grant access.
    pub(in crate::sandbox) fn is_oauth(self) -> bool {
        matches!(self, Self::Oauth1 | Self::Oauth2)
    }
}
