//! The status of every instance.
//!
//! In: files, platform and the plan that follows from them. Out: one entry per document and per orphan.
//! In addition, it finds every instance, managed or not, whose callback URL contains another instance
//! ID, for example after its configuration was copied.

use std::collections::BTreeMap;

use super::matching::{Match, Matching};
use super::{Action, Blocked, Plan, PlanContext};
use crate::desired::Desired;
use crate::instance::{
    BaseUrl, ConnectorKey, EVENT_CALLBACK, EventArrival, EventSettings, EventSupport, InstanceId,
    Key, WebhookUrlForm, id_in_webhook_url, vocabulary,
};
use crate::observed::{Observed, ObservedInstance};

/// The status of all instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusReport {
    /// One entry per orphan, per document, and per instance with the key of a blocked document, sorted
    /// by key.
    pub rows: Vec<InstanceStatus>,
    /// The documents that are blocked.
    pub blocked: Vec<Blocked>,
    /// The callback URLs that contain another instance ID, sorted by instance ID.
    pub findings: Vec<CallbackMismatch>,
}

/// The status of one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceStatus {
    /// The document key. For an orphan, the key that the instance has.
    pub key: Key,
    /// The connector key, as the file or the reply spells it.
    pub connector: String,
    /// The display name.
    pub name: String,
    /// How the instance compares with its file.
    pub state: SyncState,
    /// The state of the instance on the platform, if it exists.
    pub instance: Option<InstanceHealth>,
}

/// The state of an instance on the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceHealth {
    /// The instance ID.
    pub id: InstanceId,
    /// Whether the authentication at the provider works.
    pub valid: bool,
    /// Whether the instance is enabled.
    pub enabled: bool,
    /// Whether the platform sends its events.
    pub events: bool,
    /// The URL that a person registers at the provider. `None` if there is nothing to register.
    pub webhook_url: Option<String>,
}

vocabulary! {
    /// How an instance compares with its file, from harmless to severe.
    SyncState {
        /// It matches.
        InSync "in-sync",
        /// It differs, or is to be adopted.
        Drifted "drifted",
        /// Its create is incomplete.
        Unfinished "unfinished",
        /// It does not exist.
        Missing "missing",
        /// The document is blocked.
        Blocked "blocked",
        /// No document describes it.
        Orphan "orphan",
    }
}

impl SyncState {
    /// The state that this action changes.
    fn before(action: Action) -> Self {
        match action {
            Action::Create => Self::Missing,
            Action::Finish => Self::Unfinished,
            Action::Adopt | Action::Update | Action::Enable | Action::Disable => Self::Drifted,
            Action::Delete => Self::Orphan,
        }
    }
}

/// An instance whose callback URL contains another instance ID, so its events go to that instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackMismatch {
    /// The instance ID.
    pub id: InstanceId,
    /// The connector key, as the reply spells it.
    pub connector: String,
    /// The display name.
    pub name: String,
    /// The instance ID in the callback URL.
    pub carries: InstanceId,
}

/// Computes the status. `observed` must contain the whole account with the values of [`crate::instance::EVENT_KEYS`].
pub fn status(
    desired: &Desired,
    observed: &Observed,
    plan: &Plan,
    context: &PlanContext<'_>,
) -> StatusReport {
    let account = observed.account.iter().flat_map(BTreeMap::values);
    StatusReport {
        rows: rows(desired, observed, plan, context),
        blocked: plan.blocked.clone(),
        findings: account.filter_map(callback_mismatch).collect(),
    }
}

fn rows(
    desired: &Desired,
    observed: &Observed,
    plan: &Plan,
    context: &PlanContext<'_>,
) -> Vec<InstanceStatus> {
    let options = context.options;
    let matching = Matching::new(desired, observed, options, context.fingerprints);
    let states = states(plan);
    let row = |key: &Key, found: &ObservedInstance, declared: EventSettings, state| {
        let (connector, name) = (found.connector.clone(), found.name.clone());
        let instance = Some(health(found, declared, plan));
        InstanceStatus { key: key.clone(), connector, name, state, instance }
    };
    let mut rows = Vec::new();
    for (key, wanted) in desired.instances.iter().filter(|(key, _)| options.selects(key)) {
        let state = states.get(key).copied().unwrap_or(SyncState::InSync);
        let found = match &matching.by_key[key] {
            // Each of them may be the document's, and a person must decide.
            Match::Blocked(..) => {
                matching.instances_of_blocked.get(key).cloned().unwrap_or_default()
            }
            matched => matched.instance().into_iter().collect(),
        };
        if found.is_empty() {
            let (connector, name) = (wanted.connector.to_string(), wanted.name.clone());
            rows.push(InstanceStatus { key: key.clone(), connector, name, state, instance: None });
        }
        rows.extend(found.into_iter().map(|found| row(key, found, wanted.event_settings(), state)));
    }
    let orphans = matching.orphans.iter().filter(|_| options.selection.is_none());
    rows.extend(orphans.map(|(key, found)| {
        let settings = EventSettings::declared(event_support(desired, found), |_| None);
        row(key, found, settings, SyncState::Orphan)
    }));
    let id = |row: &InstanceStatus| row.instance.as_ref().map(|instance| instance.id);
    rows.sort_by(|a, b| (&a.key, id(a)).cmp(&(&b.key, id(b))));
    rows
}

/// How the events of an instance without a document can arrive. A schema of the repository is known only
/// for the connectors of documents.
fn event_support(desired: &Desired, found: &ObservedInstance) -> EventSupport {
    let mut documents = desired.instances.values();
    let same = documents.find(|wanted| wanted.connector.as_str() == found.connector);
    same.map_or_else(|| found.event_support(), |wanted| wanted.facts.events)
}

/// The states of the documents that are not in sync. Of several, the most severe counts: a document
/// that is to be created and disabled is missing.
fn states(plan: &Plan) -> BTreeMap<&Key, SyncState> {
    let steps = plan.steps.iter().map(|step| (&step.key, SyncState::before(step.action)));
    let blocked = plan.blocked.iter().map(|blocked| (&blocked.key, SyncState::Blocked));
    let mut states = BTreeMap::new();
    for (key, state) in steps.chain(blocked) {
        let worst = states.entry(key).or_insert(state);
        *worst = state.max(*worst);
    }
    states
}

fn health(found: &ObservedInstance, declared: EventSettings, plan: &Plan) -> InstanceHealth {
    let arrival = declared.or_stored(|key| found.text(key)).arrival();
    InstanceHealth {
        id: found.id,
        valid: found.valid,
        enabled: !found.disabled,
        events: EventSettings::default().or_stored(|key| found.text(key)).are_enabled(),
        webhook_url: webhook_url(found, arrival, &plan.target.base_url),
    }
}

fn webhook_url(
    found: &ObservedInstance,
    arrival: EventArrival,
    base_url: &BaseUrl,
) -> Option<String> {
    let connector: ConnectorKey = found.connector.parse().ok()?;
    arrival.url_to_register(base_url, &connector, found.id)
}

fn callback_mismatch(found: &ObservedInstance) -> Option<CallbackMismatch> {
    let form = found.event_support().webhook_url.form().unwrap_or(WebhookUrlForm::Base64);
    let carries = id_in_webhook_url(found.text(EVENT_CALLBACK)?, form);
    let carries = carries.filter(|carries| *carries != found.id)?;
    let (connector, name) = (found.connector.clone(), found.name.clone());
    Some(CallbackMismatch { id: found.id, connector, name, carries })
}

impl StatusReport {
    pub(crate) fn count(&self, state: SyncState) -> usize {
        self.rows.iter().filter(|row| row.state == state).count()
    }
}
