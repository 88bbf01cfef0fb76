//! Checks every link between a provider and the application that receives its events.
//!
//! In: a document, its instance on the platform, and the events that the platform recorded. Out: one
//! [`ChainLink`] per link, each with advice if it is broken. The module is pure and sends no request.
//! It must never report a link as intact that it cannot check.

mod callback;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::callback::Callback;
use crate::api::ProviderEvent;
use crate::desired::DesiredInstance;
use crate::instance::{BaseUrl, EVENT_CALLBACK, EventArrival, EventSettings, Key, StoredValue};
use crate::observed::ObservedInstance;

/// What the checks need.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DoctorInput<'a> {
    pub(crate) key: &'a Key,
    pub(crate) wanted: &'a DesiredInstance,
    /// The instance with its complete configuration, or why the document has none.
    pub(crate) found: Result<&'a ObservedInstance, &'a str>,
    /// Recorded events, newest first, or why they cannot be read.
    pub(crate) events: Result<&'a [ProviderEvent], &'a str>,
    pub(crate) base_url: &'a BaseUrl,
}

/// Name of a link, from the provider to the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "each name says what the link is")]
pub enum LinkName {
    Instance,
    Authentication,
    Enabled,
    Events,
    Callback,
    Signature,
    Registered,
    #[serde(rename = "last event")]
    LastEvent,
}

impl fmt::Display for LinkName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(formatter)
    }
}

/// A link of the chain from the provider to the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainLink {
    /// Name of the link.
    pub name: LinkName,
    /// Whether the link is intact.
    pub state: LinkState,
    /// What was found.
    pub says: String,
    /// What to do about it, if anything.
    pub advice: Option<String>,
}

/// Whether a link is intact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LinkState {
    /// The link is intact.
    Holds,
    /// The link is broken: something that is declared does not work.
    Broken,
    /// The link works, but not as well as it could.
    Warning,
    /// The instance does not need the link.
    NotNeeded,
    /// The link cannot be checked from here.
    Unseen,
}

pub(crate) fn is_healthy(links: &[ChainLink]) -> bool {
    links.iter().all(|link| link.state != LinkState::Broken)
}

/// Checks every link. Without an instance, the result has one link only.
pub(crate) fn check_links(input: &DoctorInput<'_>) -> Vec<ChainLink> {
    let found = match input.found {
        Ok(found) => found,
        Err(why) => {
            let advice = format!(
                "create the instance: `ocon apply`, or `ocon authorize {}` if a person must grant access",
                input.key
            );
            return vec![broken(LinkName::Instance, why, advice)];
        }
    };
    let chain = Chain::new(input, found);
    vec![
        holds(LinkName::Instance, format!("#{}, {}", found.id, found.name)),
        authentication(input.key, found),
        chain.enabled(),
        chain.notifications(),
        chain.callback_link(),
        chain.signature(),
        chain.registration(),
        chain.last_event(),
    ]
}

fn holds(name: LinkName, says: impl Into<String>) -> ChainLink {
    ChainLink { name, state: LinkState::Holds, says: says.into(), advice: None }
}

fn broken(name: LinkName, says: impl Into<String>, advice: impl Into<String>) -> ChainLink {
    ChainLink { name, state: LinkState::Broken, says: says.into(), advice: Some(advice.into()) }
}

fn unseen(name: LinkName, says: impl Into<String>, advice: impl Into<String>) -> ChainLink {
    ChainLink { name, state: LinkState::Unseen, says: says.into(), advice: Some(advice.into()) }
}

fn warning(name: LinkName, says: impl Into<String>, advice: impl Into<String>) -> ChainLink {
    ChainLink { name, state: LinkState::Warning, says: says.into(), advice: Some(advice.into()) }
}

fn not_needed(name: LinkName, says: impl Into<String>) -> ChainLink {
    ChainLink { name, state: LinkState::NotNeeded, says: says.into(), advice: None }
}

fn authentication(key: &Key, found: &ObservedInstance) -> ChainLink {
    if found.valid {
        return holds(LinkName::Authentication, "the platform reports it as valid");
    }
    broken(
        LinkName::Authentication,
        "the provider no longer accepts it",
        format!(
            "run `ocon authorize {key}`. Without OAuth, set new credentials and run \
             `ocon apply --rotate {key}`"
        ),
    )
}

/// An instance, and how its events get to the application.
struct Chain<'a> {
    input: &'a DoctorInput<'a>,
    found: &'a ObservedInstance,
    arrival: EventArrival,
    /// The URL of the platform at which the events of the instance arrive.
    own_url: Option<String>,
    callback: Callback,
}

impl<'a> Chain<'a> {
    fn new(input: &'a DoctorInput<'a>, found: &'a ObservedInstance) -> Self {
        let wanted = input.wanted;
        let arrival = wanted.event_settings().or_stored(|key| found.text(key)).arrival();
        let form = wanted.facts.events.webhook_url.form();
        let own_url = form.map(|form| form.url(input.base_url, &wanted.connector, Some(found.id)));
        let callback = Callback::of(found, own_url.as_deref(), input.base_url);
        Self { input, found, arrival, own_url, callback }
    }

    /// Why the links after `enabled` are not needed, if they are not.
    fn not_needed_reason(&self) -> Option<&'static str> {
        if self.is_disabled_on_purpose() {
            return Some("the instance is disabled");
        }
        (self.arrival == EventArrival::NotWanted).then_some("no events are declared")
    }

    fn is_disabled_on_purpose(&self) -> bool {
        self.found.disabled && self.input.wanted.enabled == Some(false)
    }

    fn declares(&self, key: &str) -> bool {
        self.input.wanted.configuration.contains_key(key)
    }

    fn enabled(&self) -> ChainLink {
        let (name, key) = (LinkName::Enabled, self.input.key);
        if !self.found.disabled {
            return holds(name, "the instance is enabled");
        }
        if self.is_disabled_on_purpose() {
            return not_needed(name, "the instance is disabled, as the file declares");
        }
        broken(
            name,
            "the instance is disabled, by a person or by the platform after five failed token refreshes",
            format!(
                "if the authentication fails, run `ocon authorize {key}`. Otherwise, declare \
                 `enabled: true` and run `ocon apply`"
            ),
        )
    }

    fn notifications(&self) -> ChainLink {
        let name = LinkName::Events;
        if let Some(reason) = self.not_needed_reason() {
            return not_needed(name, reason);
        }
        let stored = EventSettings::default().or_stored(|key| self.found.text(key));
        if stored.are_enabled() {
            return holds(name, "events are enabled");
        }
        broken(
            name,
            "events are declared, but the platform has them disabled",
            "run `ocon apply`. Some connectors subscribe at the provider only when an instance is created",
        )
    }

    fn callback_link(&self) -> ChainLink {
        let name = LinkName::Callback;
        if let Some(reason) = self.not_needed_reason() {
            return not_needed(name, reason);
        }
        let remedy = match &self.own_url {
            Some(_) => "declare it as `${{ instance.webhook_url }}` and run `ocon apply`",
            None => "declare the URL of your application and run `ocon apply`",
        };
        match &self.callback {
            Callback::Missing => self.missing_callback(),
            Callback::Masked => unseen(
                name,
                "the platform does not show the URL",
                format!(
                    "to write the declared URL again, run `ocon apply --rotate {}`",
                    self.input.key
                ),
            ),
            Callback::Own => holds(name, "the platform's webhook URL of this instance"),
            Callback::Platform(Some(id)) if *id == self.found.id => self.callback_with_own_id(),
            Callback::Platform(Some(other)) => {
                broken(name, format!("the URL contains the ID of instance {other}"), remedy)
            }
            Callback::Platform(None) => broken(name, "the URL contains no instance ID", remedy),
            Callback::External(origin) => holds(name, format!("{origin}/…")),
        }
    }

    /// A URL of the platform that contains the ID of the instance, but is not the one that the connector's
    /// form gives. The platform may accept both.
    fn callback_with_own_id(&self) -> ChainLink {
        let name = LinkName::Callback;
        match &self.own_url {
            Some(url) => warning(
                name,
                "the URL contains this instance's ID, but not in the form of the connector",
                format!("if no events arrive, use the webhook URL {url}"),
            ),
            None => holds(name, "a URL of the platform with this instance's ID"),
        }
    }

    fn missing_callback(&self) -> ChainLink {
        let (name, says) = (LinkName::Callback, "no callback URL is set");
        if self.declares(EVENT_CALLBACK) {
            return broken(name, says, "run `ocon apply` to write the declared URL");
        }
        warning(
            name,
            format!("{says}, so events stay on the platform"),
            format!(
                "`ocon events {}` shows them. To forward them, declare `{EVENT_CALLBACK}` and run \
                 `ocon apply`",
                self.input.key
            ),
        )
    }

    fn signature(&self) -> ChainLink {
        let (name, key) = (LinkName::Signature, "event.notification.signature.key");
        if let Some(reason) = self.not_needed_reason() {
            return not_needed(name, reason);
        }
        if self.callback.keeps_events() {
            return not_needed(name, "events stay on the platform");
        }
        match (self.declares(key), *self.found.configuration(key) != StoredValue::Unset) {
            (_, true) => holds(name, "deliveries are signed with the signature key"),
            (true, false) => broken(
                name,
                "a signature key is declared, but the platform has none",
                "run `ocon apply` to write the key",
            ),
            (false, false) => warning(
                name,
                "no signature key is declared, so the application cannot detect forged deliveries",
                "declare `event.notification.signature.key: ${{ env.NAME }}` and run `ocon apply`",
            ),
        }
    }

    /// Whether the provider knows where to send events. An event that arrived proves it.
    fn registration(&self) -> ChainLink {
        let name = LinkName::Registered;
        if let Some(reason) = self.not_needed_reason() {
            return not_needed(name, reason);
        }
        if self.arrival == EventArrival::Polled {
            return not_needed(name, "the platform polls the provider");
        }
        if self.input.events.is_ok_and(|events| !events.is_empty()) {
            return holds(name, "an event has arrived");
        }
        let says = "ocon cannot check whether the provider knows the webhook URL";
        match &self.own_url {
            Some(url) => unseen(name, says, format!("register the URL at the provider: {url}")),
            None => unseen(
                name,
                says,
                "the platform generates the URL. If the provider needs it, the user interface of the \
                 platform shows it",
            ),
        }
    }

    fn last_event(&self) -> ChainLink {
        let name = LinkName::LastEvent;
        let events = match (self.not_needed_reason(), self.input.events) {
            (Some(reason), _) => return not_needed(name, reason),
            (None, Ok(events)) => events,
            (None, Err(why)) => {
                return unseen(
                    name,
                    why,
                    "run `ocon doctor` again, or check in the user interface",
                );
            }
        };
        let Some(last) = events.first() else {
            return unseen(
                name,
                "the platform has received no event yet",
                "trigger an event at the provider, and run `ocon doctor` again",
            );
        };
        let date = or_default(&last.date, "unknown date");
        let status = or_default(&last.status, "no status");
        let says = format!("{date}, {status}");
        match (last.status.as_str(), &self.callback) {
            ("NEW" | "RECEIVED", Callback::External(_)) => broken(
                name,
                format!("{says}: the platform received it and did not forward it"),
                "check whether the callback URL responds. After ten attempts, the platform sends no \
                 more events until the instance is changed",
            ),
            ("DISPATCHED", _) => broken(
                name,
                format!("{says}: the callback URL has not accepted it yet"),
                "check whether the callback URL is reachable and responds with 2xx. \
                 `ocon events listen` shows the deliveries",
            ),
            _ => holds(name, says),
        }
    }
}

fn or_default<'a>(text: &'a str, default: &'a str) -> &'a str {
    if text.is_empty() { default } else { text }
}
