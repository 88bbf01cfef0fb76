//! The body of a write on an instance, complete or partial.
//!
//! Members that a write cannot change and unknown members are ignored, because clients send complete
//! replies back. Null means that a member is absent. A member of the wrong type must never be accepted.

use std::time::SystemTime;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    ConnectorRef, ErrorReply, ExternalAuthentication, PrivateConnectors, StoredConfiguration,
    StoredInstance, html, random_token, timestamp,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InstanceBody {
    element: Option<ElementRef>,
    name: Option<String>,
    tags: Option<Vec<String>>,
    pub(super) configuration: Option<Map<String, Value>>,
    pub(super) provider_data: Option<Map<String, Value>>,
    pub(super) external_authentication: Option<ExternalAuthentication>,
    oauth_proxy: Option<OauthProxy>,
}

/// A reference to a connector by its key, its ID or both.
#[derive(Deserialize)]
struct ElementRef {
    key: Option<String>,
    id: Option<u64>,
}

/// Whether the instance uses an OAuth application of the platform.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OauthProxy {
    #[serde(default)]
    is_oauth_proxy: Value,
}

impl InstanceBody {
    /// The connector that the body names. Its key counts more than its ID.
    pub(super) fn connector(
        &self,
        connectors: &PrivateConnectors,
    ) -> Result<ConnectorRef, ErrorReply> {
        let missing = || ErrorReply::bad_request("Missing required member: element.key");
        let element = self.element.as_ref().ok_or_else(missing)?;
        let (found, named) = match (&element.key, element.id) {
            (Some(key), _) => (connectors.with_key(key), key.clone()),
            (None, Some(id)) => (connectors.with_id(id), id.to_string()),
            (None, None) => return Err(missing()),
        };
        found.ok_or_else(|| no_element(&named))
    }

    /// The connector that an instance of `current` is switched to. `None` if it stays.
    ///
    /// An instance can be switched to a clone of its connector, and back (docs/platform.md#update).
    pub(super) fn switched_connector(
        &self,
        current: &ConnectorRef,
        connectors: &PrivateConnectors,
    ) -> Result<Option<ConnectorRef>, ErrorReply> {
        let names_another = |element: &ElementRef| match (&element.key, element.id) {
            (Some(key), _) => key != current.key(),
            (None, Some(id)) => id != current.id(),
            (None, None) => false,
        };
        if !self.element.as_ref().is_some_and(names_another) {
            return Ok(None);
        }
        let wanted = self.connector(connectors)?;
        if wanted.original().id == current.original().id {
            return Ok(Some(wanted));
        }
        let message = format!(
            "An instance of {} can only be switched to a clone of this connector",
            current.key()
        );
        Err(ErrorReply::bad_request(message))
    }

    /// The name without HTML elements. An empty name is refused.
    pub(super) fn name(&self) -> Result<Option<String>, ErrorReply> {
        match self.name.as_deref().map(html::strip) {
            Some(name) if name.is_empty() => Err(ErrorReply::bad_request("The name is empty")),
            name => Ok(name),
        }
    }

    /// The tags without HTML elements, duplicates and empty tags.
    pub(super) fn tags(&self) -> Option<Vec<String>> {
        let mut distinct = Vec::new();
        for tag in self.tags.as_ref()?.iter().map(|tag| html::strip(tag)) {
            if !tag.is_empty() && !distinct.contains(&tag) {
                distinct.push(tag);
            }
        }
        Some(distinct)
    }

    /// Builds the instance that the body describes. It has no ID and no OAuth tokens yet.
    pub(super) fn draft(
        &self,
        connector: ConnectorRef,
        keep_masked: bool,
        now: SystemTime,
    ) -> Result<StoredInstance, ErrorReply> {
        let missing = || ErrorReply::bad_request("Missing required member: name");
        let name = self.name()?.ok_or_else(missing)?;
        let mut configuration = StoredConfiguration::default();
        if let Some(values) = &self.configuration {
            configuration.merge(values, keep_masked);
        }
        Ok(StoredInstance {
            id: 0,
            created: timestamp::iso(now),
            token: random_token(),
            connector,
            // The platform uses the name as a tag if there is no other
            // (docs/platform.md#names-and-tags).
            tags: self.tags().filter(|tags| !tags.is_empty()).unwrap_or_else(|| vec![name.clone()]),
            name,
            disabled: false,
            refused: false,
            trace_logging: false,
            external_authentication: self.external_authentication.unwrap_or_default(),
            configuration,
        })
    }

    /// The authorization code of OAuth 2, or the verifier of OAuth 1.
    pub(super) fn code(&self) -> Option<&str> {
        let data = self.provider_data.as_ref()?;
        data.get("code").or_else(|| data.get("oauth_verifier"))?.as_str()
    }

    /// Whether a required configuration key can be absent.
    ///
    /// An instance that uses an OAuth application of the platform has no own application. An instance
    /// with tokens from elsewhere needs no callback URL.
    pub(super) fn makes_optional(&self, key: &str) -> bool {
        let proxy = self
            .oauth_proxy
            .as_ref()
            .is_some_and(|p| p.is_oauth_proxy == true || p.is_oauth_proxy == "true");
        let external = self.external_authentication == Some(ExternalAuthentication::Initial);
        match key {
            "oauth.api.key" | "oauth.api.secret" => proxy,
            "oauth.callback.url" => external || proxy,
            _ => false,
        }
    }
}

/// Builds the instance that a JSON body describes, or says what is wrong with the body.
pub(super) fn draft_from_json(
    body: Value,
    connectors: &PrivateConnectors,
    keep_masked: bool,
    now: SystemTime,
) -> Result<StoredInstance, String> {
    let body: InstanceBody = serde_json::from_value(body).map_err(|error| error.to_string())?;
    let connector = body.connector(connectors).map_err(ErrorReply::into_message)?;
    body.draft(connector, keep_masked, now).map_err(ErrorReply::into_message)
}

pub(super) fn no_element(key: &str) -> ErrorReply {
    ErrorReply::not_found(format!("No element found with key {key}"))
}
