//! How the events of an instance arrive at the platform.
//!
//! This is decided here, once, for plan, apply, status and doctor. It depends on what the document
//! declares, on what the platform stores, and on what is known about the connector, in this order
//! (docs/platform.md#events).

use super::webhook::{WebhookUrlForm, WebhookUrlKnowledge};
use super::{BaseUrl, ConnectorKey, InstanceId};

/// The key that enables events.
pub const EVENTS_ENABLED: &str = "event.notification.enabled";
/// The key of the URL to which the platform forwards events.
pub const EVENT_CALLBACK: &str = "event.notification.callback.url";
/// The key that selects how events arrive: `polling`, `webhook` or `webhooks`.
pub const EVENT_VENDOR_TYPE: &str = "event.vendor.type";

/// The keys whose stored values decide how events arrive.
pub const EVENT_KEYS: [&str; 3] = [EVENTS_ENABLED, EVENT_CALLBACK, EVENT_VENDOR_TYPE];

/// What is known about the events of a connector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventSupport {
    /// Whether the platform can poll the provider.
    pub polling: bool,
    /// Whether the provider can send events to the platform.
    pub webhooks: bool,
    /// The URL to which the provider sends them.
    pub webhook_url: WebhookUrlKnowledge,
}

/// How events get from the provider to the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EventTransport {
    Polling,
    Webhooks,
}

/// The settings of an instance that decide how its events arrive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventSettings {
    support: EventSupport,
    enabled: Option<bool>,
    transport: Option<EventTransport>,
}

/// How the events of an instance arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventArrival {
    /// The instance has no events.
    NotWanted,
    /// The platform polls the provider.
    Polled,
    /// The provider sends them to a URL that a person registers there.
    Registered {
        /// The form of the URL.
        form: WebhookUrlForm,
        /// Whether no source documents the form.
        is_assumed: bool,
    },
    /// The provider sends them to a URL that the platform generates.
    Subscribed,
}

impl EventSettings {
    /// The settings that a document declares. `value` returns the text of a declared key.
    pub fn declared(support: EventSupport, value: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            support,
            enabled: value(EVENTS_ENABLED).as_deref().and_then(parse_enabled),
            transport: value(EVENT_VENDOR_TYPE).as_deref().and_then(EventTransport::parse),
        }
    }

    /// Adds the stored settings for what is not declared. `value` returns the text of a stored key.
    ///
    /// A stored `polling` counts only if the connector can poll, because the platform also shows it for
    /// connectors that cannot, such as freshservice.
    #[must_use]
    pub fn or_stored<'a>(self, value: impl Fn(&str) -> Option<&'a str>) -> Self {
        let Self { support, enabled, transport } = self;
        let is_known = support.polling || support.webhooks;
        let is_possible = |transport: &EventTransport| {
            *transport == EventTransport::Webhooks || support.polling || !is_known
        };
        let stored =
            || value(EVENT_VENDOR_TYPE).and_then(EventTransport::parse).filter(is_possible);
        Self {
            support,
            enabled: enabled.or_else(|| value(EVENTS_ENABLED).and_then(parse_enabled)),
            transport: transport.or_else(stored),
        }
    }

    /// Whether the events are enabled.
    pub fn are_enabled(self) -> bool {
        self.enabled == Some(true)
    }

    /// How the events arrive.
    pub fn arrival(self) -> EventArrival {
        if !self.are_enabled() {
            return EventArrival::NotWanted;
        }
        // The platform's default is polling, if the connector can poll.
        let polls_by_default = self.support.polling;
        match self.transport {
            Some(EventTransport::Polling) => EventArrival::Polled,
            None if polls_by_default => EventArrival::Polled,
            Some(EventTransport::Webhooks) | None => self.by_webhook(),
        }
    }

    fn by_webhook(self) -> EventArrival {
        let knowledge = self.support.webhook_url;
        match knowledge.form() {
            Some(form) => EventArrival::Registered { form, is_assumed: knowledge.is_assumed() },
            None => EventArrival::Subscribed,
        }
    }
}

impl EventArrival {
    /// The URL that a person registers at the provider, if there is one.
    pub fn url_to_register(
        self,
        base_url: &BaseUrl,
        connector: &ConnectorKey,
        id: InstanceId,
    ) -> Option<String> {
        match self {
            Self::Registered { form, is_assumed: _ } => {
                Some(form.url(base_url, connector, Some(id)))
            }
            Self::NotWanted | Self::Polled | Self::Subscribed => None,
        }
    }
}

impl EventTransport {
    /// Parses an `event.vendor.type`, in any case. The documentation writes both `webhook` and
    /// `webhooks`.
    fn parse(text: &str) -> Option<Self> {
        let is = |name: &str| text.eq_ignore_ascii_case(name);
        let webhooks = || (is("webhook") || is("webhooks")).then_some(Self::Webhooks);
        is("polling").then_some(Self::Polling).or_else(webhooks)
    }
}

fn parse_enabled(text: &str) -> Option<bool> {
    text.to_ascii_lowercase().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE64: WebhookUrlKnowledge = WebhookUrlKnowledge::Documented(WebhookUrlForm::Base64);
    const REGISTERED: EventArrival =
        EventArrival::Registered { form: WebhookUrlForm::Base64, is_assumed: false };
    const ASSUMED: EventArrival =
        EventArrival::Registered { form: WebhookUrlForm::Base64, is_assumed: true };

    fn arrival(
        (polling, webhooks, webhook_url): (bool, bool, WebhookUrlKnowledge),
        declared: Option<&str>,
        stored: Option<&str>,
    ) -> EventArrival {
        let support = EventSupport { polling, webhooks, webhook_url };
        let value = |key: &str| match key {
            EVENTS_ENABLED => Some("true".to_owned()),
            _ => declared.map(str::to_owned),
        };
        let stored = |key: &str| (key == EVENT_VENDOR_TYPE).then_some(stored).flatten();
        EventSettings::declared(support, value).or_stored(stored).arrival()
    }

    #[test]
    fn what_is_declared_comes_before_what_is_stored_and_the_default() {
        let both = (true, true, BASE64);
        assert_eq!(arrival(both, Some("webhooks"), Some("polling")), REGISTERED);
        assert_eq!(arrival(both, Some("Polling"), Some("webhook")), EventArrival::Polled);
        assert_eq!(arrival(both, None, Some("webhook")), REGISTERED);
        assert_eq!(arrival(both, None, None), EventArrival::Polled);
        assert_eq!(arrival(both, Some("other"), Some("webhooks")), REGISTERED);
    }

    #[test]
    fn stored_polling_counts_only_if_the_connector_can_poll() {
        assert_eq!(arrival((false, true, BASE64), None, Some("polling")), REGISTERED);
        assert_eq!(arrival((false, true, BASE64), Some("polling"), None), EventArrival::Polled);
        let unknown = (false, false, WebhookUrlKnowledge::Unknown);
        assert_eq!(arrival(unknown, None, Some("polling")), EventArrival::Polled);
    }

    #[test]
    fn the_form_of_the_url_decides_who_registers_it() {
        let webhooks = |known| arrival((false, true, known), None, None);
        assert_eq!(webhooks(WebhookUrlKnowledge::PlatformGenerated), EventArrival::Subscribed);
        assert_eq!(webhooks(WebhookUrlKnowledge::Unknown), ASSUMED);
        assert_eq!(arrival((false, false, WebhookUrlKnowledge::Unknown), None, None), ASSUMED);
    }

    #[test]
    fn events_are_wanted_only_if_they_are_enabled() {
        let support =
            EventSupport { webhooks: true, webhook_url: BASE64, ..EventSupport::default() };
        let declared = |text: Option<&str>| {
            let text = text.map(str::to_owned);
            EventSettings::declared(support, move |key| {
                text.clone().filter(|_| key == EVENTS_ENABLED)
            })
        };
        let stored = |key: &str| (key == EVENTS_ENABLED).then_some("true");
        assert_eq!(declared(None).arrival(), EventArrival::NotWanted);
        assert_eq!(declared(None).or_stored(stored).arrival(), REGISTERED);
        assert_eq!(declared(Some("false")).or_stored(stored).arrival(), EventArrival::NotWanted);
        assert_eq!(declared(Some("TRUE")).arrival(), REGISTERED);
    }
}
