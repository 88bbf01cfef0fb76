//! The document of a list of connectors.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::instance::{EventSupport, WebhookUrlKnowledge};

/// The connectors that match a word, best first, or all connectors by key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "ocon connectors")]
pub struct ConnectorsDocument {
    /// Always `ocon-connectors`.
    #[schemars(extend("const" = "ocon-connectors"))]
    pub format: String,
    /// Version of this format: 1.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// The word that the connectors match. Null for all connectors.
    pub word: Option<String>,
    /// The connectors.
    pub connectors: Vec<ConnectorEntry>,
}

/// A connector of the built-in catalog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectorEntry {
    /// The connector key, for `element:` in a file.
    pub key: String,
    /// The name in the user interface of the platform.
    pub name: String,
    /// The kind of application, such as `crm`. Null if the documentation does not state it.
    pub hub: Option<String>,
    /// How it authenticates at the provider, the usual way first. The values are those of
    /// `authentication.type`.
    pub authentication: Vec<AuthenticationType>,
    /// How its events can arrive. Empty if it has none.
    pub events: Vec<EventMethod>,
}

/// How a connector authenticates at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AuthenticationType {
    /// OAuth 2.0.
    Oauth2,
    /// OAuth 1.0a.
    Oauth1,
    /// A user name with a password or an API key.
    Basic,
    /// An API key.
    ApiKey,
    /// In a way that only this provider uses.
    Custom,
}

/// How events get from the provider to the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EventMethod {
    /// The platform polls the provider.
    Polling,
    /// The provider sends them to the webhook URL, which you register there.
    WebhookYouRegister,
    /// The provider sends them to a URL that the platform sets up there.
    WebhookPlatformRegisters,
}

impl ConnectorsDocument {
    /// Creates the document of connectors in their order.
    pub fn new(word: Option<String>, connectors: Vec<ConnectorEntry>) -> Self {
        Self { format: "ocon-connectors".to_owned(), version: 1, word, connectors }
    }
}

impl EventMethod {
    /// The methods of a connector.
    pub fn of(support: EventSupport) -> Vec<Self> {
        let webhook = match support.webhook_url {
            WebhookUrlKnowledge::PlatformGenerated => Self::WebhookPlatformRegisters,
            WebhookUrlKnowledge::Documented(_) | WebhookUrlKnowledge::Unknown => {
                Self::WebhookYouRegister
            }
        };
        let polling = support.polling.then_some(Self::Polling);
        polling.into_iter().chain(support.webhooks.then_some(webhook)).collect()
    }
}
