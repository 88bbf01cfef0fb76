//! How every instance stands, at a glance.
//!
//! In: files, platform and the plan that follows from them. Out: one row per document and per
//! orphan, and a finding for each instance, managed or not, whose callback URL carries the id of
//! another one, as happens when configuration is copied.

use std::collections::BTreeMap;

use super::matching::{Match, Matching};
use super::{Action, Blocked, Plan, PlanContext};
use crate::desired::Desired;
use crate::instance::{
    BaseUrl, ConnectorKey, InstanceId, Key, RenderContext, StoredValue, id_in_webhook_url,
    vocabulary,
};
use crate::observed::{Observed, ObservedInstance};

/// The switch of an instance's events.
const EVENTS: &str = "event.notification.enabled";
/// Where the platform passes events on to; for some connectors its own webhook URL.
const CALLBACK: &str = "event.notification.callback.url";

/// The keys that a status reads besides the declared ones.
pub const KEYS: [&str; 2] = [EVENTS, CALLBACK];

/// How all instances stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusReport {
    /// One row per orphan, per document, and per instance that carries the key of a blocked
    /// document, by key.
    pub rows: Vec<InstanceStatus>,
    /// Why nothing can be done for a document.
    pub blocked: Vec<Blocked>,
    /// Callback URLs that carry the id of another instance, by id.
    pub findings: Vec<CallbackMismatch>,
}

/// How one instance stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceStatus {
    /// The document, or the key that an orphan carries.
    pub key: Key,
    /// The connector, as the file or the reply spells it.
    pub connector: String,
    /// The display name.
    pub name: String,
    /// How it compares.
    pub state: SyncState,
    /// What the platform says of it, if it is there.
    pub instance: Option<InstanceHealth>,
}

/// What the platform says of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceHealth {
    /// The platform's number for it.
    pub id: InstanceId,
    /// Whether its authentication at the provider works.
    pub valid: bool,
    /// Whether it is switched on.
    pub enabled: bool,
    /// Whether it passes events on.
    pub events: bool,
    /// Where the provider sends its events.
    pub webhook_url: Option<String>,
}

vocabulary! {
    /// How an instance compares with its file.
    pub enum SyncState {
        /// It matches.
        InSync = "in-sync",
        /// It differs, or is to be adopted.
        Drifted = "drifted",
        /// Its create was interrupted.
        Unfinished = "unfinished",
        /// There is none.
        Missing = "missing",
        /// Nothing can be done for the document.
        Blocked = "blocked",
        /// No file describes it.
        Orphan = "orphan",
    }
}

impl SyncState {
    /// What a step with this action says of its instance.
    fn before(action: Action) -> Self {
        match action {
            Action::Create => Self::Missing,
            Action::Finish => Self::Unfinished,
            Action::Adopt | Action::Update | Action::Enable | Action::Disable => Self::Drifted,
            Action::Delete => Self::Orphan,
        }
    }
}

/// An instance whose callback URL carries the id of another one: its events go astray.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackMismatch {
    /// The instance.
    pub id: InstanceId,
    /// Its connector, as the reply spells it.
    pub connector: String,
    /// Its display name.
    pub name: String,
    /// The id in its callback URL.
    pub carries: InstanceId,
}

/// Says how every instance stands. The observation has to hold the whole account with [`KEYS`].
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
        findings: account.filter_map(finding).collect(),
    }
}

fn rows(
    desired: &Desired,
    observed: &Observed,
    plan: &Plan,
    context: &PlanContext<'_>,
) -> Vec<InstanceStatus> {
    let options = context.options;
    let matching = Matching::new(desired, observed, context.options, context.fingerprints);
    let carriers = observed.carriers(&observed.project);
    let states = states(plan);
    let mut rows = Vec::new();
    for (key, wanted) in desired.instances.iter().filter(|(key, _)| options.selects(key)) {
        let state = states.get(key).copied().unwrap_or(SyncState::InSync);
        let found = match &matching.by_key[key] {
            // None of them is the document's own, and a person has to choose.
            Match::Blocked(..) => carriers.get(key).cloned().unwrap_or_default(),
            matched => matched.instance().into_iter().collect(),
        };
        let row = |instance| InstanceStatus {
            key: key.clone(),
            connector: wanted.connector.to_string(),
            name: wanted.name.clone(),
            state,
            instance,
        };
        if found.is_empty() {
            rows.push(row(None));
        }
        let as_found = |found: &&ObservedInstance| InstanceStatus {
            connector: found.connector.clone(),
            name: found.name.clone(),
            ..row(Some(condition(found, plan)))
        };
        rows.extend(found.iter().map(as_found));
    }
    let orphans = matching.orphans.iter().filter(|_| options.selection.is_none());
    rows.extend(orphans.map(|(key, found)| InstanceStatus {
        key: key.clone(),
        connector: found.connector.clone(),
        name: found.name.clone(),
        state: SyncState::Orphan,
        instance: Some(condition(found, plan)),
    }));
    rows.sort_by(|a, b| (&a.key, a.id()).cmp(&(&b.key, b.id())));
    rows
}

/// The states of the documents that are not in sync. Of several, the gravest counts: what is to be
/// created and switched off is missing.
fn states(plan: &Plan) -> BTreeMap<&Key, SyncState> {
    let steps = plan.steps.iter().map(|step| (&step.key, SyncState::before(step.action)));
    let blocked = plan.blocked.iter().map(|blocked| (&blocked.key, SyncState::Blocked));
    let mut states = BTreeMap::new();
    for (key, state) in steps.chain(blocked) {
        let gravest = states.entry(key).or_insert(state);
        *gravest = state.max(*gravest);
    }
    states
}

impl InstanceStatus {
    fn id(&self) -> Option<InstanceId> {
        Some(self.instance.as_ref()?.id)
    }
}

fn condition(found: &ObservedInstance, plan: &Plan) -> InstanceHealth {
    InstanceHealth {
        id: found.id,
        valid: found.valid,
        enabled: !found.disabled,
        events: *found.configuration(EVENTS) == StoredValue::new(Some("true")),
        webhook_url: webhook_url(found, &plan.target.base_url),
    }
}

fn webhook_url(found: &ObservedInstance, base_url: &BaseUrl) -> Option<String> {
    let connector: ConnectorKey = found.connector.parse().ok()?;
    Some(RenderContext { base_url, connector: &connector, id: Some(found.id) }.webhook_url())
}

fn finding(found: &ObservedInstance) -> Option<CallbackMismatch> {
    let StoredValue::Text(url) = found.configuration(CALLBACK) else {
        return None;
    };
    let carries = id_in_webhook_url(url.expose()).filter(|carries| *carries != found.id)?;
    let (connector, name) = (found.connector.clone(), found.name.clone());
    Some(CallbackMismatch { id: found.id, connector, name, carries })
}

impl StatusReport {
    /// The number of rows in this state.
    pub fn count(&self, state: SyncState) -> usize {
        self.rows.iter().filter(|row| row.state == state).count()
    }
}
