//! A connector as the table describes it.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::instance::{EventSupport, WebhookUrlKnowledge};

use super::certainty::Certainty;

/// A connector. Its texts are those of the platform's own catalog.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connector {
    pub(crate) id: u64,
    /// The name in the user interface of the platform.
    pub(crate) name: String,
    /// The kind of application, such as `crm` or `social`.
    #[serde(default)]
    pub(crate) hub: Option<String>,
    /// The supported authentication types, the usual one first.
    #[serde(default)]
    pub(crate) auth: Vec<Authentication>,
    /// Whether it receives events from the provider by webhook.
    #[serde(default)]
    pub(super) webhook: bool,
    /// Whether it polls the provider for events.
    #[serde(default)]
    pub(super) polling: bool,
    /// How the webhook URL identifies the instance.
    #[serde(default, deserialize_with = "webhook_url")]
    pub(super) webhook_url_id: WebhookUrlKnowledge,
    /// Whether the webhook URL must be in `event.notification.callback.url` of the instance.
    #[serde(default)]
    pub(super) callback_carries_id: bool,
    /// The members of `providerData` that a create accepts.
    #[serde(default)]
    pub provider_data: Vec<String>,
    /// The documented requests that create an instance. Only connectors with OAuth have them.
    #[serde(default)]
    pub(super) bodies: Vec<CreateExample>,
    /// The documented configuration keys.
    #[serde(default)]
    pub fields: Vec<ConnectorField>,
    /// Keys that some pages show but the connector probably does not accept, because other pages show
    /// requests without them. Each has the right key, if there is one.
    #[serde(default)]
    pub(super) refused: BTreeMap<String, Option<String>>,
}

/// Parses a form of the webhook URL. `encodedid` is a part of a URL that the platform returns.
fn webhook_url<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<WebhookUrlKnowledge, D::Error> {
    let name = String::deserialize(deserializer)?;
    let is_encoded = name == "encodedid";
    let encoded = is_encoded.then_some(WebhookUrlKnowledge::PlatformGenerated);
    encoded.or_else(|| WebhookUrlKnowledge::parse(&name)).ok_or_else(|| D::Error::custom(name))
}

impl Connector {
    /// How the events can arrive.
    pub(crate) fn event_support(&self) -> EventSupport {
        EventSupport {
            polling: self.polling,
            webhooks: self.webhook,
            webhook_url: self.webhook_url_id,
        }
    }

    /// Whether the callback URL of events must contain the ID of the instance.
    pub(crate) fn callback_carries_id(&self) -> bool {
        self.callback_carries_id
    }

    pub(crate) fn field(&self, key: &str) -> Option<&ConnectorField> {
        self.fields.iter().find(|field| field.key == key)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Authentication {
    Oauth2,
    Oauth1,
    Basic,
    ApiKey,
    /// A type that only this provider uses.
    Custom,
}

impl Authentication {
    /// Whether somebody grants access at the provider.
    pub(crate) fn is_oauth(self) -> bool {
        matches!(self, Self::Oauth2 | Self::Oauth1)
    }

    /// The value of `authentication.type`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Oauth2 => "oauth2",
            Self::Oauth1 => "oauth1",
            Self::Basic => "basic",
            Self::ApiKey => "apiKey",
            Self::Custom => "custom",
        }
    }
}

/// A documented request that creates an instance, without the keys that every connector accepts.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateExample {
    pub(super) auth: Authentication,
    pub(super) keys: Vec<String>,
    #[serde(default)]
    pub(super) provider_data: Vec<String>,
    /// How certain it is that requests of this authentication type contain such a `providerData`.
    #[serde(default, rename = "sources")]
    pub(super) certainty: Certainty,
}

/// A configuration key of a connector.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectorField {
    /// The key, such as `oauth.api.key`.
    pub key: String,
    /// The type of its values.
    #[serde(rename = "type")]
    pub kind: FieldKind,
    /// Whether a create requires it.
    #[serde(default)]
    pub required: bool,
    /// Whether the documentation says that it is required, including the condition. If `false`, only
    /// examples show it.
    #[serde(default)]
    pub(super) stated: bool,
    /// How certain the key, its type and its values are.
    #[serde(default, rename = "sources")]
    pub(super) certainty: Certainty,
    /// Whether its value is confidential.
    #[serde(default)]
    pub secret: bool,
    /// The value that the platform uses if the key is absent.
    #[serde(default)]
    pub default: Option<serde_json::Value>,
    /// The values of an [`FieldKind::Enum`].
    #[serde(default)]
    pub options: Vec<String>,
    /// The condition under which a create requires it, written `key=value`.
    #[serde(default)]
    pub required_when: Option<String>,
}

/// The type of the values of a configuration key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldKind {
    /// Any text.
    String,
    /// A URL.
    Url,
    /// `true` or `false`.
    Boolean,
    /// An integer.
    Integer,
    /// One of several words.
    Enum,
    /// A JSON document, stored as text.
    Json,
}
