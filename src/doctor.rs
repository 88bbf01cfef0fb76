//! The chain from the provider to the application: whether each link of it holds.
//!
//! In: a document, its instance as the platform shows it, the events that the platform has kept. Out:
//! one [`ChainLink`] after the other, with what to do where one is broken. It is pure, and asks nobody. A
//! link that cannot be seen from here is never said to hold.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::client::ProviderEvent;
use crate::desired::DesiredInstance;
use crate::instance::{InstanceId, Key, RenderContext, Secret, StoredValue, id_in_webhook_url};
use crate::observed::ObservedInstance;

/// What there is to look at.
#[derive(Clone, Copy, Debug)]
pub struct DoctorInput<'a> {
    /// The key of the document.
    pub key: &'a Key,
    /// The document.
    pub wanted: &'a DesiredInstance,
    /// Its instance, with all of its configuration; or why there is none.
    pub found: Result<&'a ObservedInstance, &'a str>,
    /// What the provider has reported, the newest first; or why that cannot be read.
    pub events: Result<&'a [ProviderEvent], &'a str>,
    /// The platform.
    pub place: RenderContext<'a>,
}

/// A link of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainLink {
    /// Which one.
    pub name: &'static str,
    /// Whether it holds.
    pub state: LinkState,
    /// What is so.
    pub says: String,
    /// What to do, if anything is to be done.
    pub advice: Option<String>,
}

/// Whether a link holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LinkState {
    /// It does.
    Holds,
    /// It does not: no event gets past it.
    Broken,
    /// It cannot be seen from here.
    Unseen,
}

impl LinkState {
    /// The state as scripts know it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Broken => "broken",
            Self::Unseen => "unseen",
        }
    }
}

/// Whether no link is broken.
pub fn is_healthy(links: &[ChainLink]) -> bool {
    links.iter().all(|link| link.state != LinkState::Broken)
}

/// Looks at every link; without an instance there is one only.
pub fn check_links(case: &DoctorInput<'_>) -> Vec<ChainLink> {
    let found = match case.found {
        Ok(found) => found,
        Err(why) => {
            let advice = format!(
                "create it: ocon apply; where a person grants access: ocon authorize {}",
                case.key
            );
            return vec![broken("instance", why, advice)];
        }
    };
    let place = RenderContext { id: Some(found.id), ..case.place };
    let callback = Callback::of(case, found, &place);
    vec![
        holds("instance", format!("#{}, {}", found.id, found.name)),
        authentication(case.key, found),
        enabled(case.key, found),
        events_on(found),
        callback.link(case.key, found.id),
        signature(case, found, &callback),
        registered(case.wanted, &place),
        last_event(case.events, &callback),
    ]
}

fn holds(name: &'static str, says: impl Into<String>) -> ChainLink {
    ChainLink { name, state: LinkState::Holds, says: says.into(), advice: None }
}

fn broken(name: &'static str, says: impl Into<String>, advice: impl Into<String>) -> ChainLink {
    ChainLink { name, state: LinkState::Broken, says: says.into(), advice: Some(advice.into()) }
}

fn unseen(name: &'static str, says: impl Into<String>, advice: impl Into<String>) -> ChainLink {
    ChainLink { name, state: LinkState::Unseen, says: says.into(), advice: Some(advice.into()) }
}

fn authentication(key: &Key, found: &ObservedInstance) -> ChainLink {
    if found.valid {
        return holds("authentication", "the platform holds a valid one");
    }
    broken(
        "authentication",
        "it no longer works at the provider",
        format!(
            "ocon authorize {key}; without OAuth: new credentials, and ocon apply --rotate {key}"
        ),
    )
}

fn enabled(key: &Key, found: &ObservedInstance) -> ChainLink {
    if !found.disabled {
        return holds("enabled", "the instance is switched on");
    }
    broken(
        "enabled",
        "the instance is switched off: by somebody, or by the platform after five failed token refreshes",
        format!(
            "ocon authorize {key} where its authentication fails; else `enabled: true` and ocon apply"
        ),
    )
}

fn events_on(found: &ObservedInstance) -> ChainLink {
    let on = value(found, "event.notification.enabled").map(Secret::expose);
    match on {
        Some("true") => holds("events", "they are switched on"),
        _ => broken(
            "events",
            "they are switched off",
            "declare `event.notification.enabled: true` and ocon apply; some connectors subscribe at the \
             provider only when an instance is created",
        ),
    }
}

/// Where the platform passes events on to.
enum Callback {
    Nowhere,
    /// What the platform does not show.
    Hidden,
    /// An address of the platform itself, which carries the id of an instance, or should.
    Platform(Option<InstanceId>),
    Elsewhere(String),
}

impl Callback {
    fn of(case: &DoctorInput<'_>, found: &ObservedInstance, place: &RenderContext<'_>) -> Self {
        let key = "event.notification.callback.url";
        let url = match found.configuration.get(key) {
            Some(StoredValue::Text(url)) => url.expose(),
            Some(StoredValue::Masked) => return Self::Hidden,
            Some(StoredValue::Unset) | None => return Self::Nowhere,
        };
        let events = format!("{}/events/", case.place.base_url);
        if url.starts_with(&events) || *url == *place.webhook_url() {
            return Self::Platform(id_in_webhook_url(url));
        }
        // A login, a path or parameters may open it.
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        Self::Elsewhere(format!("{scheme}://{host}"))
    }

    fn link(&self, key: &Key, id: InstanceId) -> ChainLink {
        let name = "callback";
        let advice = "declare `event.notification.callback.url` and ocon apply";
        let own = "declare it as `${{ instance.webhook_url }}` and ocon apply";
        match self {
            Self::Nowhere => broken(name, "there is no address to pass events on to", advice),
            Self::Hidden => unseen(
                name,
                "the platform does not show the address",
                format!("to be sure, write the declared one: ocon apply --rotate {key}"),
            ),
            Self::Platform(Some(other)) if *other == id => {
                holds(name, "the platform itself, with this instance's own id")
            }
            Self::Platform(Some(other)) => {
                broken(name, format!("it carries the id of instance {other}"), own)
            }
            Self::Platform(None) => broken(name, "it carries no id of an instance", own),
            Self::Elsewhere(origin) => holds(name, format!("{origin}/…")),
        }
    }
}

fn signature(case: &DoctorInput<'_>, found: &ObservedInstance, callback: &Callback) -> ChainLink {
    let (name, key) = ("signature", "event.notification.signature.key");
    let is_declared = case.wanted.configuration.contains_key(key);
    let is_stored = !matches!(found.configuration.get(key), None | Some(StoredValue::Unset));
    match callback {
        Callback::Platform(_) => holds(name, "not needed: events stay on the platform"),
        _ if is_declared && is_stored => holds(name, "deliveries are signed with the declared key"),
        _ if is_declared => {
            broken(name, "a key is declared, and none is stored", "write it: ocon apply")
        }
        _ => broken(
            name,
            "no key is declared, so the application cannot tell a delivery from a forged one",
            "declare `event.notification.signature.key: ${{ env.NAME }}` and ocon apply",
        ),
    }
}

fn registered(wanted: &DesiredInstance, place: &RenderContext<'_>) -> ChainLink {
    let name = "registered";
    let url = place.webhook_url();
    if wanted.facts.webhooks {
        let says = "whether the provider knows the webhook URL cannot be seen from here";
        return unseen(name, says, format!("register it at the provider: {url}"));
    }
    unseen(name, "the platform asks the provider itself", format!("or the provider posts to {url}"))
}

fn last_event(events: Result<&[ProviderEvent], &str>, callback: &Callback) -> ChainLink {
    let name = "last event";
    let events = match events {
        Ok(events) => events,
        Err(why) => return unseen(name, why, "look again, or in the user interface"),
    };
    let Some(last) = events.first() else {
        return unseen(
            name,
            "none has come yet",
            "make one happen at the provider, and look again",
        );
    };
    let or = |text: &str, otherwise: &str| {
        if text.is_empty() { otherwise.to_owned() } else { text.to_owned() }
    };
    let says =
        format!("{}, {}", or(&last.date, "at some time"), or(&last.status, "without a status"));
    match (last.status.as_str(), callback) {
        ("NEW" | "RECEIVED", Callback::Elsewhere(_)) => broken(
            name,
            format!("{says}: it came, and was not passed on"),
            "look whether the address answers: after ten attempts the platform gives up until the \
             instance is changed",
        ),
        ("DISPATCHED", _) => broken(
            name,
            format!("{says}: the address has not taken it yet"),
            "look whether it can be reached and answers with 2xx: ocon events listen shows what comes",
        ),
        _ => holds(name, says),
    }
}

fn value<'a>(found: &'a ObservedInstance, key: &str) -> Option<&'a Secret> {
    match found.configuration.get(key)? {
        StoredValue::Text(text) => Some(text),
        StoredValue::Unset | StoredValue::Masked => None,
    }
}
