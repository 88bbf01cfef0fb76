//! The chain of the events of an instance: from the provider to an application.
//!
//! In: a step of a plan, or an instance of a status. Out: four parts with what is known about each. A
//! part is never shown as working, because only `ocon doctor` checks that.

use crate::instance::{EVENT_CALLBACK, EVENT_VENDOR_TYPE, EVENTS_ENABLED, FieldPath};
use crate::plan::Action;
use crate::report::json::{PlanStep, PlanValue, PlanValues, StatusFinding, StatusInstance};
use crate::report::phrases::known_after_create;
use crate::safe_text::quoted;

/// The parts of a chain, in the order in which an event passes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EventChain(pub(super) [ChainPart; 4]);

/// A part of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ChainPart {
    pub(super) kind: ChainPartKind,
    pub(super) state: ChainPartState,
    /// What it is, in a word or two.
    pub(super) label: String,
    /// What it is, in a sentence with quotations.
    pub(super) text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChainPartKind {
    Provider,
    Address,
    Instance,
    Application,
}

/// What is known about a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ChainPartState {
    Known,
    AfterCreate,
    Unknown,
    Broken,
}

use ChainPartKind::{Address, Application, Instance, Provider};
use ChainPartState::{AfterCreate, Broken, Known, Unknown};

impl ChainPartKind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Address => "callback URL",
            Self::Instance => "instance",
            Self::Application => "application",
        }
    }
}

impl ChainPartState {
    /// The word for the state; `None` if there is nothing to add.
    pub(super) fn word(self) -> Option<&'static str> {
        match self {
            Self::Known => None,
            Self::AfterCreate => Some("known after create"),
            Self::Unknown => Some("not shown here"),
            Self::Broken => Some("broken"),
        }
    }
}

impl ChainPart {
    fn new(
        kind: ChainPartKind,
        state: ChainPartState,
        label: impl Into<String>,
        text: impl Into<String>,
    ) -> Self {
        Self { kind, state, label: label.into(), text: text.into() }
    }

    fn provider(connector: &str) -> Self {
        Self::new(Provider, Known, connector, format!("{connector} reports an event"))
    }
}

impl EventChain {
    /// The chain after a step; `None` if the step does not touch events.
    pub(super) fn of_step(step: &PlanStep, base_url: &str) -> Option<Self> {
        let enabled =
            written(step, EVENTS_ENABLED).map(|(value, _)| value.eq_ignore_ascii_case("true"));
        let callback = written(step, EVENT_CALLBACK);
        if step.action == Action::Delete || (enabled, &callback) == (None, &None) {
            return None;
        }
        let is_new_and_silent = step.action == Action::Create && enabled == Some(false);
        (!is_new_and_silent).then(|| {
            let platform = format!("{}/events/", base_url.trim_end_matches('/'));
            let is_platform = callback.as_ref().is_some_and(|(url, _)| url.starts_with(&platform));
            Self([
                ChainPart::provider(&step.connector),
                address(step, callback.as_ref().filter(|_| is_platform)),
                instance(step, enabled),
                application(callback.as_ref(), is_platform),
            ])
        })
    }

    /// The chain of an instance; `None` if its events are not enabled.
    pub(super) fn of_instance(
        instance: &StatusInstance,
        findings: &[StatusFinding],
    ) -> Option<Self> {
        let id = instance.instance_id.filter(|_| instance.events == Some(true))?;
        let finding = findings.iter().find(|finding| finding.instance_id == id);
        let address = match (finding, &instance.webhook_url) {
            (Some(StatusFinding { carries, .. }), _) => {
                let text = format!(
                    "the callback URL contains the ID of another instance, #{carries}, which receives the events"
                );
                ChainPart::new(Address, Broken, format!("of #{carries}"), text)
            }
            (None, Some(url)) => ChainPart::new(
                Address,
                Known,
                "register it",
                format!("the provider sends it to {}", quoted(&url)),
            ),
            (None, None) => {
                let text = "the platform polls the provider, or generates the URL";
                ChainPart::new(Address, Unknown, "by the platform", text)
            }
        };
        let (state, text) = match (instance.valid, instance.enabled) {
            (Some(false), _) => (Broken, "its authentication at the provider does not work"),
            (_, Some(false)) => (Broken, "the instance is disabled"),
            _ => (Known, "its events are enabled"),
        };
        let checked = format!("run `ocon doctor {}` to check the rest of the chain", instance.key);
        Some(Self([
            ChainPart::provider(&instance.connector),
            address,
            ChainPart::new(Instance, state, format!("#{id}"), format!("#{id}: {text}")),
            ChainPart::new(Application, Unknown, "your application", checked),
        ]))
    }
}

/// The public text that a step writes to a configuration key, and whether a create completes it.
fn written(step: &PlanStep, key: &str) -> Option<(String, bool)> {
    let is_it = |path: &FieldPath| matches!(path, FieldPath::Configuration(found) if found == key);
    let change = step.changes.iter().find(|change| is_it(&change.path))?;
    match &change.values {
        PlanValues::Public { after, .. } => {
            let text = after.as_ref().and_then(PlanValue::text).unwrap_or_default();
            Some((text, change.known_after_create))
        }
        PlanValues::Sensitive { .. } => None,
    }
}

fn address(step: &PlanStep, callback: Option<&(String, bool)>) -> ChainPart {
    let vendor_type = written(step, EVENT_VENDOR_TYPE);
    let is_polled = vendor_type.is_some_and(|(found, _)| found.eq_ignore_ascii_case("polling"));
    match callback {
        None if is_polled => ChainPart::new(
            Address,
            Known,
            "not needed",
            "none, because the platform polls the provider",
        ),
        Some((url, true)) => {
            let text = format!("the provider sends it to {}", quoted(known_after_create(url)));
            ChainPart::new(Address, AfterCreate, "after create", text)
        }
        Some((url, false)) => {
            let text = format!("the provider sends it to {}", quoted(&url));
            ChainPart::new(Address, Known, "of the platform", text)
        }
        None => {
            let text = "the platform's URL of the instance, which this step does not write";
            ChainPart::new(Address, Unknown, "of the platform", text)
        }
    }
}

fn instance(step: &PlanStep, enabled: Option<bool>) -> ChainPart {
    let label = step.instance_id.map(|id| format!("#{id}"));
    let (state, text) = match (enabled, &label) {
        (Some(false), _) => (Broken, "this step disables its events"),
        (_, None) => (AfterCreate, "its events are enabled"),
        (Some(true), _) => (Known, "this step enables its events"),
        (None, _) => (Known, "this step does not enable or disable its events"),
    };
    let label = label.unwrap_or_else(|| "after create".to_owned());
    let text = if state == AfterCreate { text.to_owned() } else { format!("{label}: {text}") };
    ChainPart::new(Instance, state, label, text)
}

fn application(callback: Option<&(String, bool)>, is_platform: bool) -> ChainPart {
    match callback {
        _ if is_platform => {
            let text = "reads the events from the platform";
            ChainPart::new(Application, Known, "reads events", text)
        }
        Some((url, _)) if url.is_empty() => {
            ChainPart::new(Application, Broken, "none", "this step removes its URL")
        }
        Some((url, is_completed)) => {
            let (state, url) = if *is_completed {
                (AfterCreate, known_after_create(url))
            } else {
                (Known, url.clone())
            };
            let text = format!("the platform forwards the event to {}", quoted(&url));
            ChainPart::new(Application, state, host(&url), text)
        }
        None => {
            let text = "this step does not change where events are forwarded to";
            ChainPart::new(Application, Unknown, "not changed", text)
        }
    }
}

/// The host in a URL, for a label. The text beside it has the complete URL.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Cause, ChangeKind};
    use crate::report::json::PlanChange;

    const BASE_URL: &str = "https://api.example/elements/api-v2";

    fn change(key: &str, after: &str) -> PlanChange {
        PlanChange {
            path: FieldPath::Configuration(key.to_owned()),
            kind: ChangeKind::Set,
            values: PlanValues::Public {
                before: None,
                after: Some(PlanValue::Text(after.to_owned())),
            },
            known_after_create: after.contains('{'),
            hint: None,
        }
    }

    fn step(action: Action, id: Option<u64>, changes: Vec<PlanChange>) -> PlanStep {
        PlanStep {
            key: "social".to_owned(),
            file: None,
            line: None,
            action,
            cause: Cause::File,
            connector: "hootsuite".to_owned(),
            name: "Social".to_owned(),
            instance_id: id,
            changes,
            requests: Vec::new(),
            basis: String::new(),
            unchanged: 0,
        }
    }

    fn states(step: &PlanStep) -> Option<[ChainPartState; 4]> {
        EventChain::of_step(step, BASE_URL).map(|chain| chain.0.map(|part| part.state))
    }

    #[test]
    fn a_create_knows_its_url_afterwards() {
        let url = format!("{BASE_URL}/events/hootsuite/{{base64(id)}}");
        let changes = vec![change(EVENTS_ENABLED, "true"), change(EVENT_CALLBACK, &url)];
        let create = step(Action::Create, None, changes);
        assert_eq!(states(&create), Some([Known, AfterCreate, AfterCreate, Known]));
        let chain = EventChain::of_step(&create, BASE_URL).unwrap();
        assert!(chain.0[1].text.contains("(base64 of the id, known after create)"));
    }

    #[test]
    fn an_update_shows_only_what_it_writes() {
        let to = |url| vec![change(EVENT_CALLBACK, url)];
        let update = step(Action::Update, Some(7), to("https://user@app.example:1/x"));
        assert_eq!(states(&update), Some([Known, Unknown, Known, Known]));
        let chain = EventChain::of_step(&update, BASE_URL).unwrap();
        assert_eq!(chain.0[3].label, "app.example:1");
        let update = step(Action::Update, Some(7), vec![change(EVENTS_ENABLED, "false")]);
        assert_eq!(states(&update), Some([Known, Unknown, Broken, Unknown]));
        let polled = vec![change(EVENTS_ENABLED, "true"), change(EVENT_VENDOR_TYPE, "polling")];
        let update = step(Action::Update, Some(7), polled);
        assert_eq!(states(&update), Some([Known, Known, Known, Unknown]));
        assert_eq!(states(&step(Action::Update, Some(7), Vec::new())), None);
        assert_eq!(states(&step(Action::Update, Some(7), to(""))).unwrap()[3], Broken);
    }

    #[test]
    fn a_url_with_the_id_of_another_instance_breaks_the_chain() {
        let instance = StatusInstance {
            key: "social".to_owned(),
            connector: "hootsuite".to_owned(),
            name: "Social".to_owned(),
            state: crate::plan::status::SyncState::InSync,
            instance_id: Some(7),
            valid: Some(true),
            enabled: Some(true),
            events: Some(true),
            webhook_url: None,
            needs_attention: true,
        };
        let finding = StatusFinding {
            code: crate::report::json::FindingCode::ForeignCallbackId,
            instance_id: 7,
            connector: "hootsuite".to_owned(),
            name: "Social".to_owned(),
            carries: 8,
        };
        let states = |findings: &[StatusFinding], instance: &StatusInstance| {
            EventChain::of_instance(instance, findings).map(|chain| chain.0.map(|part| part.state))
        };
        assert_eq!(states(&[finding], &instance), Some([Known, Broken, Known, Unknown]));
        let invalid = StatusInstance { valid: Some(false), ..instance.clone() };
        assert_eq!(states(&[], &invalid), Some([Known, Unknown, Broken, Unknown]));
        assert_eq!(states(&[], &StatusInstance { events: Some(false), ..instance }), None);
    }
}
