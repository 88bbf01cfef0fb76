//! The URL to which the platform forwards the events of an instance.

use crate::instance::{
    BaseUrl, EVENT_CALLBACK, InstanceId, StoredValue, WebhookUrlForm, id_in_webhook_url,
};
use crate::observed::ObservedInstance;

/// Where the platform forwards events to.
pub(super) enum Callback {
    Missing,
    /// The platform does not show the URL.
    Masked,
    /// The platform's own webhook URL of the instance.
    Own,
    /// Another URL of the platform itself, with the instance ID that it contains.
    Platform(Option<InstanceId>),
    /// Scheme and host of any other URL.
    External(String),
}

impl Callback {
    pub(super) fn of(found: &ObservedInstance, own: Option<&str>, base_url: &BaseUrl) -> Self {
        let url = match found.configuration(EVENT_CALLBACK) {
            StoredValue::Text(url) => url.expose(),
            StoredValue::Masked => return Self::Masked,
            StoredValue::Unset => return Self::Missing,
        };
        if own == Some(url) {
            return Self::Own;
        }
        if url.starts_with(&format!("{base_url}/events/")) {
            // This form accepts the ID in both spellings.
            return Self::Platform(id_in_webhook_url(url, WebhookUrlForm::Raw));
        }
        // User information, path and query can contain secrets.
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        Self::External(format!("{scheme}://{host}"))
    }

    /// Whether the platform keeps the events, so that nobody receives deliveries.
    pub(super) fn keeps_events(&self) -> bool {
        matches!(self, Self::Own | Self::Platform(_) | Self::Missing)
    }
}
