//! The body of a write on an instance.
//!
//! In: JSON of the shape of `POST /instances`, whole or in part. Out: its members, checked for
//! type and sanitised. Members that a write cannot change and members that nobody knows are
//! accepted and left alone, since clients send whole replies back. A member that is null counts
//! as absent. It must never accept a member of the wrong type.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::catalog::{Connector, catalog};
use super::html;
use super::instance::ExternalAuthentication;
use super::reply::ErrorReply;

/// What a write says.
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

/// Names a connector by its key, by its id, or by both.
#[derive(Deserialize)]
struct ElementRef {
    key: Option<String>,
    id: Option<u64>,
}

/// An OAuth application of the platform's, used instead of one's own.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OauthProxy {
    #[serde(default)]
    is_oauth_proxy: Value,
}

impl InstanceBody {
    /// The connector that a creation names.
    pub(super) fn connector(&self) -> Result<&'static Connector, ErrorReply> {
        let missing = || ErrorReply::bad_request("Missing required member: element.key");
        let element = self.element.as_ref().ok_or_else(missing)?;
        let (found, named) = match (&element.key, element.id) {
            (Some(key), _) => (catalog().find(key).filter(|c| c.key == *key), key.clone()),
            (None, Some(id)) => (catalog().with_id(id), id.to_string()),
            (None, None) => return Err(missing()),
        };
        found.ok_or_else(|| no_element(&named))
    }

    /// Refuses to make an instance one of another connector.
    ///
    /// The platform switches instances to clones of their connector, by `element.id`; there are
    /// no clones here.
    pub(super) fn check_same_connector(&self, current: &Connector) -> Result<(), ErrorReply> {
        let named = self.element.as_ref().is_some_and(|e| e.id.is_some() || e.key.is_some());
        if !named || self.connector()?.id == current.id {
            return Ok(());
        }
        let message =
            format!("An instance of {} can be switched to a clone of it only", current.key);
        Err(ErrorReply::bad_request(message))
    }

    /// The name without HTML; one that is empty is refused.
    pub(super) fn name(&self) -> Result<Option<String>, ErrorReply> {
        match self.name.as_deref().map(html::strip) {
            Some(name) if name.is_empty() => Err(ErrorReply::bad_request("The name is empty")),
            name => Ok(name),
        }
    }

    /// The tags without HTML, duplicates and empty ones.
    pub(super) fn tags(&self) -> Option<Vec<String>> {
        let mut distinct = Vec::new();
        for tag in self.tags.as_ref()?.iter().map(|tag| html::strip(tag)) {
            if !tag.is_empty() && !distinct.contains(&tag) {
                distinct.push(tag);
            }
        }
        Some(distinct)
    }

    /// Whether a configuration key need not be given, although the connector requires it.
    ///
    /// With an OAuth application of the platform's there is none of one's own, and with tokens
    /// obtained elsewhere nobody is sent to a callback.
    pub(super) fn excuses(&self, key: &str) -> bool {
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

/// The platform's answer to a connector that it does not have.
pub(super) fn no_element(key: &str) -> ErrorReply {
    ErrorReply::not_found(format!("No element found with key {key}"))
}
