//! Checks every link between a provider and the application that receives its events.
//!
//! In: a document, its instance on the platform, and the events that the platform recorded. Out: one
//! [`ChainLink`] per link, each with advice if it is broken. The module is pure and sends no request.
//! It must never report a link as intact that it cannot check.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::ProviderEvent;
use crate::desired::DesiredInstance;
use crate::instance::{InstanceId, Key, RenderContext, Secret, StoredValue, id_in_webhook_url};
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
    pub(crate) place: RenderContext<'a>,
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
#[serde(rename_all = "lowercase")]
pub enum LinkState {
    /// The link is intact.
    Holds,
    /// The link is broken: no event gets past it.
    Broken,
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
    let place = RenderContext { id: Some(found.id), ..input.place };
    let callback = Callback::of(input, found, &place);
    vec![
        holds(LinkName::Instance, format!("#{}, {}", found.id, found.name)),
        authentication(input.key, found),
        enabled(input.key, found),
        notifications(found),
        callback.link(input.key, found.id),
        signature(input, found, &callback),
        registration(input.wanted, &place),
        last_event(input.events, &callback),
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

fn enabled(key: &Key, found: &ObservedInstance) -> ChainLink {
    if !found.disabled {
        return holds(LinkName::Enabled, "the instance is enabled");
    }
    broken(
        LinkName::Enabled,
        "the instance is disabled, by a person or by the platform after five failed token refreshes",
        format!(
            "if the authentication fails, run `ocon authorize {key}`. Otherwise, declare \
             `enabled: true` and run `ocon apply`"
        ),
    )
}

fn notifications(found: &ObservedInstance) -> ChainLink {
    match text_value(found, "event.notification.enabled") {
        Some("true") => holds(LinkName::Events, "events are enabled"),
        _ => broken(
            LinkName::Events,
            "events are disabled",
            "declare `event.notification.enabled: true` and run `ocon apply`. Some connectors \
             subscribe at the provider only when an instance is created",
        ),
    }
}

/// Where the platform forwards events to.
enum Callback {
    Missing,
    /// The platform does not show the URL.
    Masked,
    /// A webhook URL of the platform itself, with the instance ID that it contains.
    Platform(Option<InstanceId>),
    /// Scheme and host of any other URL.
    External(String),
}

impl Callback {
    fn of(input: &DoctorInput<'_>, found: &ObservedInstance, place: &RenderContext<'_>) -> Self {
        let key = "event.notification.callback.url";
        let url = match found.configuration.get(key) {
            Some(StoredValue::Text(url)) => url.expose(),
            Some(StoredValue::Masked) => return Self::Masked,
            Some(StoredValue::Unset) | None => return Self::Missing,
        };
        let webhook_prefix = format!("{}/events/", input.place.base_url);
        if url.starts_with(&webhook_prefix) || *url == *place.webhook_url() {
            return Self::Platform(id_in_webhook_url(url));
        }
        // User information, path and query can contain secrets.
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        Self::External(format!("{scheme}://{host}"))
    }

    fn link(&self, key: &Key, id: InstanceId) -> ChainLink {
        let name = LinkName::Callback;
        let webhook_advice = "declare it as `${{ instance.webhook_url }}` and run `ocon apply`";
        match self {
            Self::Missing => broken(
                name,
                "no callback URL is set",
                "declare `event.notification.callback.url` and run `ocon apply`",
            ),
            Self::Masked => unseen(
                name,
                "the platform does not show the URL",
                format!("to write the declared URL again, run `ocon apply --rotate {key}`"),
            ),
            Self::Platform(Some(other)) if *other == id => {
                holds(name, "the platform's webhook URL with this instance's ID")
            }
            Self::Platform(Some(other)) => {
                broken(name, format!("the URL contains the ID of instance {other}"), webhook_advice)
            }
            Self::Platform(None) => broken(name, "the URL contains no instance ID", webhook_advice),
            Self::External(origin) => holds(name, format!("{origin}/…")),
        }
    }
}

fn signature(input: &DoctorInput<'_>, found: &ObservedInstance, callback: &Callback) -> ChainLink {
    let (name, key) = (LinkName::Signature, "event.notification.signature.key");
    let is_declared = input.wanted.configuration.contains_key(key);
    let is_stored = !matches!(found.configuration.get(key), None | Some(StoredValue::Unset));
    match callback {
        Callback::Platform(_) => holds(name, "not needed: events stay on the platform"),
        _ if is_declared && is_stored => {
            holds(name, "deliveries are signed with the declared signature key")
        }
        _ if is_declared => broken(
            name,
            "a signature key is declared, but the platform has none",
            "run `ocon apply` to write the key",
        ),
        _ => broken(
            name,
            "no signature key is declared, so the application cannot detect forged deliveries",
            "declare `event.notification.signature.key: ${{ env.NAME }}` and run `ocon apply`",
        ),
    }
}

fn registration(wanted: &DesiredInstance, place: &RenderContext<'_>) -> ChainLink {
    let (name, url) = (LinkName::Registered, place.webhook_url());
    if wanted.facts.webhooks {
        let says = "ocon cannot check whether the provider knows the webhook URL";
        return unseen(name, says, format!("register the URL at the provider: {url}"));
    }
    unseen(name, "the platform polls the provider", format!("or the provider posts to {url}"))
}

fn last_event(events: Result<&[ProviderEvent], &str>, callback: &Callback) -> ChainLink {
    let name = LinkName::LastEvent;
    let events = match events {
        Ok(events) => events,
        Err(why) => {
            return unseen(name, why, "run `ocon doctor` again, or check in the user interface");
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
    match (last.status.as_str(), callback) {
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

fn or_default<'a>(text: &'a str, default: &'a str) -> &'a str {
    if text.is_empty() { default } else { text }
}

fn text_value<'a>(found: &'a ObservedInstance, key: &str) -> Option<&'a str> {
    match found.configuration.get(key)? {
        StoredValue::Text(text) => Some(Secret::expose(text)),
        StoredValue::Unset | StoredValue::Masked => None,
    }
}
