//! The status of every instance.
//!
//! In: files, platform and the plan that follows from them. Out: one entry per document and per orphan,
//! those that need attention first, and the instances that nobody manages. In addition, it finds every
//! instance, managed or not, whose callback URL contains another instance ID, for example after its
//! configuration was copied.

use std::collections::{BTreeMap, BTreeSet};

use super::matching::{Match, Matching};
use super::{AccountContent, Action, Blocked, Plan, PlanContext, PlanOptions, UnsetSecret};
use crate::desired::{Desired, DesiredInstance};
use crate::instance::{
    BaseUrl, ConnectorKey, EVENT_CALLBACK, EventArrival, EventSettings, EventSupport, InstanceId,
    Key, WebhookUrlForm, id_in_webhook_url, vocabulary,
};
use crate::observed::{Observed, ObservedInstance};

/// The status of all instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusReport {
    /// One entry per orphan, per document, and per instance with the key of a blocked document. Sorted by
    /// urgency, then by key.
    pub rows: Vec<InstanceStatus>,
    /// The documents that are blocked.
    pub blocked: Vec<Blocked>,
    /// The callback URLs that contain another instance ID, sorted by instance ID.
    pub findings: Vec<CallbackMismatch>,
    /// The instances of the account without an owner that no document adopts, sorted by instance ID.
    pub unmanaged: Vec<UnmanagedInstance>,
    /// The secrets that are not set here.
    pub unset: Vec<UnsetSecret>,
    /// What the account contains. Only if there is no document.
    pub content: Option<AccountContent>,
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
    /// Whether somebody must act: it is not in sync, its authentication does not work, it is disabled and
    /// no file asks for that, or its callback URL contains another instance ID.
    pub needs_attention: bool,
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
    /// All states, the most urgent first.
    pub const BY_URGENCY: [Self; 6] =
        [Self::Blocked, Self::Missing, Self::Unfinished, Self::Drifted, Self::Orphan, Self::InSync];

    fn urgency(self) -> usize {
        Self::BY_URGENCY.iter().position(|state| *state == self).unwrap_or(Self::BY_URGENCY.len())
    }

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

/// An instance without an owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnmanagedInstance {
    /// The instance ID.
    pub id: InstanceId,
    /// The connector key, as the reply spells it.
    pub connector: String,
    /// The display name.
    pub name: String,
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
    let matching = Matching::new(desired, observed, context.options, context.fingerprints);
    let account = observed.account.iter().flat_map(BTreeMap::values);
    let findings: Vec<_> = account.filter_map(callback_mismatch).collect();
    let wrong_callbacks = findings.iter().map(|finding| finding.id).collect();
    let rows =
        Rows { desired, plan, options: context.options, matching: &matching, wrong_callbacks };
    StatusReport {
        rows: rows.sorted(),
        blocked: plan.blocked.clone(),
        findings,
        unmanaged: matching.unmanaged(observed).into_iter().flatten().map(unmanaged).collect(),
        unset: plan.unset.clone(),
        content: plan.content.clone(),
    }
}

/// What the rows are made of.
struct Rows<'a> {
    desired: &'a Desired,
    plan: &'a Plan,
    options: &'a PlanOptions,
    matching: &'a Matching<'a>,
    wrong_callbacks: BTreeSet<InstanceId>,
}

impl Rows<'_> {
    fn sorted(&self) -> Vec<InstanceStatus> {
        let mut rows: Vec<_> = self.of_documents().into_iter().chain(self.of_orphans()).collect();
        let id = |row: &InstanceStatus| row.instance.as_ref().map(|instance| instance.id);
        let urgency = |row: &InstanceStatus| (row.state.urgency(), !row.needs_attention);
        rows.sort_by(|a, b| (urgency(a), &a.key, id(a)).cmp(&(urgency(b), &b.key, id(b))));
        rows
    }

    fn of_documents(&self) -> Vec<InstanceStatus> {
        let states = states(self.plan);
        let mut rows = Vec::new();
        let selected = self.desired.instances.iter().filter(|(key, _)| self.options.selects(key));
        for (key, wanted) in selected {
            let state = states.get(key).copied().unwrap_or(SyncState::InSync);
            let found = self.instances_of(key);
            if found.is_empty() {
                rows.push(without_instance(key, wanted, state));
            }
            rows.extend(found.into_iter().map(|found| {
                let mut row = self.row(key, found, wanted.event_settings(), state);
                row.needs_attention |= found.disabled && wanted.enabled.is_none();
                row
            }));
        }
        rows
    }

    /// The instances that are shown for a document. If it is blocked, each may be its instance, and a
    /// person must decide.
    fn instances_of(&self, key: &Key) -> Vec<&ObservedInstance> {
        match self.matching.by_key.get(key) {
            Some(Match::Blocked(..)) => {
                self.matching.instances_of_blocked.get(key).cloned().unwrap_or_default()
            }
            Some(matched) => matched.instance().into_iter().collect(),
            None => Vec::new(),
        }
    }

    fn of_orphans(&self) -> impl Iterator<Item = InstanceStatus> {
        let orphans = self.matching.orphans.iter().filter(|_| self.options.selection.is_none());
        orphans.map(|(key, found)| {
            let settings = EventSettings::declared(event_support(self.desired, found), |_| None);
            self.row(key, found, settings, SyncState::Orphan)
        })
    }

    fn row(
        &self,
        key: &Key,
        found: &ObservedInstance,
        declared: EventSettings,
        state: SyncState,
    ) -> InstanceStatus {
        InstanceStatus {
            key: key.clone(),
            connector: found.connector.clone(),
            name: found.name.clone(),
            state,
            needs_attention: state != SyncState::InSync
                || !found.valid
                || self.wrong_callbacks.contains(&found.id),
            instance: Some(health(found, declared, self.plan)),
        }
    }
}

fn without_instance(key: &Key, wanted: &DesiredInstance, state: SyncState) -> InstanceStatus {
    let (connector, name) = (wanted.connector.to_string(), wanted.name.clone());
    InstanceStatus {
        key: key.clone(),
        connector,
        name,
        state,
        needs_attention: true,
        instance: None,
    }
}

fn unmanaged(found: &ObservedInstance) -> UnmanagedInstance {
    let (connector, name) = (found.connector.clone(), found.name.clone());
    UnmanagedInstance { id: found.id, connector, name }
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
