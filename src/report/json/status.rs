//! The document of a status.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::account::AccountSummary;
use super::plan::{PlanBlocked, PlanTarget, PlanUnset, blocked, unset};
use crate::instance::vocabulary;
use crate::plan::Target;
use crate::plan::status::{
    CallbackMismatch, InstanceHealth, InstanceStatus, StatusReport, SyncState, UnmanagedInstance,
};

/// The state of every instance, compared with the files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "ocon status")]
pub struct StatusDocument {
    /// Always `ocon-status`.
    #[schemars(extend("const" = "ocon-status"))]
    pub format: String,
    /// Version of this format: 1.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// The platform and the project.
    pub target: PlanTarget,
    /// Whether some documents were left out on request.
    pub partial: bool,
    /// Number of instances per state.
    pub summary: StatusSummary,
    /// What `--only` selects. If it is not empty, `instances` and `blocked` have only these entries. The
    /// counters are complete.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<StatusFilter>,
    /// One entry per orphan, per document, and per instance with the document key of a blocked
    /// document. Those that need attention come first.
    pub instances: Vec<StatusInstance>,
    /// The blocked documents, with the reasons.
    pub blocked: Vec<PlanBlocked>,
    /// Instances, managed or not, whose callback URL contains the ID of another instance.
    pub findings: Vec<StatusFinding>,
    /// The instances that nobody manages. Only with `--unmanaged`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unmanaged: Option<Vec<StatusUnmanaged>>,
    /// The secrets that are not set where the status was made. Their fields were not compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unset: Vec<PlanUnset>,
    /// What the account contains. Only if there is no document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountSummary>,
}

/// The counters of a status.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatusSummary {
    /// Instances that match their file.
    pub in_sync: usize,
    /// Instances that differ from their file, or that a file adopts.
    pub drifted: usize,
    /// Incomplete creates.
    pub unfinished: usize,
    /// Documents without an instance.
    pub missing: usize,
    /// Entries of blocked documents.
    pub blocked: usize,
    /// Instances of the project that no file describes.
    pub orphan: usize,
    /// Entries of all states whose authentication at the provider does not work.
    pub invalid: usize,
    /// Entries of all states whose instance is disabled.
    pub disabled: usize,
    /// Instances of the account without an owner.
    pub unmanaged: usize,
}

/// The state of one instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatusInstance {
    /// The document key, or the key in the tags of an orphan.
    pub key: String,
    /// The connector key.
    pub connector: String,
    /// The display name.
    pub name: String,
    /// How it compares with its file.
    pub state: SyncState,
    /// Whether somebody must act: it is not in sync, its authentication does not work, it is disabled
    /// and no file asks for that, or its callback URL contains the ID of another instance.
    pub needs_attention: bool,
    /// The instance ID. Null if there is no instance.
    pub instance_id: Option<u64>,
    /// Whether its authentication at the provider works.
    pub valid: Option<bool>,
    /// Whether it is enabled.
    pub enabled: Option<bool>,
    /// Whether its events are enabled.
    pub events: Option<bool>,
    /// Where the provider sends its events.
    pub webhook_url: Option<String>,
}

/// An instance whose callback URL contains the ID of another instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatusFinding {
    /// The kind of finding.
    pub code: FindingCode,
    /// The instance ID.
    pub instance_id: u64,
    /// Its connector key.
    pub connector: String,
    /// Its display name.
    pub name: String,
    /// The instance ID in its callback URL.
    pub carries: u64,
}

/// An instance that nobody manages: it has no owner, and no document adopts it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatusUnmanaged {
    /// The instance ID.
    pub instance_id: u64,
    /// The connector key.
    pub connector: String,
    /// The display name.
    pub name: String,
}

vocabulary! {
    /// What is wrong with an instance.
    FindingCode {
        /// Its callback URL contains the ID of another instance.
        ForeignCallbackId "foreign-callback-id",
    }
}

vocabulary! {
    /// What `ocon status --only` selects.
    StatusFilter {
        /// Instances that match their file.
        InSync "in-sync",
        /// Instances that differ from their file, or that a file adopts.
        Drifted "drifted",
        /// Incomplete creates.
        Unfinished "unfinished",
        /// Documents without an instance.
        Missing "missing",
        /// Blocked documents.
        Blocked "blocked",
        /// Instances of the project that no file describes.
        Orphan "orphan",
        /// Instances of any state whose authentication at the provider does not work.
        Invalid "invalid",
        /// Instances of any state that are disabled.
        Disabled "disabled",
        /// Instances that nobody manages.
        Unmanaged "unmanaged",
    }
}

impl StatusFilter {
    fn selects(self, instance: &StatusInstance) -> bool {
        match self {
            Self::InSync => instance.state == SyncState::InSync,
            Self::Drifted => instance.state == SyncState::Drifted,
            Self::Unfinished => instance.state == SyncState::Unfinished,
            Self::Missing => instance.state == SyncState::Missing,
            Self::Blocked => instance.state == SyncState::Blocked,
            Self::Orphan => instance.state == SyncState::Orphan,
            Self::Invalid => instance.valid == Some(false),
            Self::Disabled => instance.enabled == Some(false),
            Self::Unmanaged => false,
        }
    }
}

impl StatusDocument {
    /// Creates the document of a status, without the list of unmanaged instances.
    pub fn new(status: &StatusReport, target: &Target, partial: bool) -> Self {
        let instances: Vec<_> = status.rows.iter().map(instance).collect();
        Self {
            format: "ocon-status".to_owned(),
            version: 1,
            target: PlanTarget::new(target),
            partial,
            summary: summary(status, &instances),
            only: Vec::new(),
            instances,
            blocked: status.blocked.iter().map(blocked).collect(),
            findings: status.findings.iter().map(finding).collect(),
            unmanaged: None,
            unset: status.unset.iter().map(unset).collect(),
            account: status.content.as_ref().map(AccountSummary::new),
        }
    }

    /// Adds the list of unmanaged instances.
    #[must_use]
    pub fn with_unmanaged(self, status: &StatusReport) -> Self {
        Self { unmanaged: Some(status.unmanaged.iter().map(unmanaged).collect()), ..self }
    }

    /// Keeps the entries that one of the filters selects. The counters and the findings stay complete.
    /// Without a filter, all entries stay.
    #[must_use]
    pub fn only(mut self, filters: &[StatusFilter]) -> Self {
        if filters.is_empty() {
            return self;
        }
        self.instances.retain(|instance| filters.iter().any(|filter| filter.selects(instance)));
        let shown: BTreeSet<&str> = self.instances.iter().map(|row| row.key.as_str()).collect();
        self.blocked.retain(|blocked| shown.contains(blocked.key.as_str()));
        self.only = filters.to_vec();
        self
    }

    /// The counters that are not zero, the most urgent first.
    pub(in crate::report) fn counters(&self) -> Vec<(usize, StatusCounter)> {
        let summary = &self.summary;
        let states =
            SyncState::BY_URGENCY.map(|state| (summary.of(state), StatusCounter::State(state)));
        let others = [
            (summary.invalid, StatusCounter::Invalid),
            (summary.disabled, StatusCounter::Disabled),
            (self.findings.len(), StatusCounter::WrongCallback),
            (summary.unmanaged, StatusCounter::Unmanaged),
        ];
        states.into_iter().chain(others).filter(|(number, _)| *number > 0).collect()
    }
}

impl StatusSummary {
    /// The number of entries in a state.
    pub(in crate::report) fn of(&self, state: SyncState) -> usize {
        match state {
            SyncState::InSync => self.in_sync,
            SyncState::Drifted => self.drifted,
            SyncState::Unfinished => self.unfinished,
            SyncState::Missing => self.missing,
            SyncState::Blocked => self.blocked,
            SyncState::Orphan => self.orphan,
        }
    }
}

/// What a counter of a status counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum StatusCounter {
    State(SyncState),
    Invalid,
    Disabled,
    WrongCallback,
    Unmanaged,
}

fn summary(status: &StatusReport, instances: &[StatusInstance]) -> StatusSummary {
    let flagged =
        |filter: StatusFilter| instances.iter().filter(|instance| filter.selects(instance)).count();
    StatusSummary {
        in_sync: status.count(SyncState::InSync),
        drifted: status.count(SyncState::Drifted),
        unfinished: status.count(SyncState::Unfinished),
        missing: status.count(SyncState::Missing),
        blocked: status.count(SyncState::Blocked),
        orphan: status.count(SyncState::Orphan),
        invalid: flagged(StatusFilter::Invalid),
        disabled: flagged(StatusFilter::Disabled),
        unmanaged: status.unmanaged.len(),
    }
}

fn instance(row: &InstanceStatus) -> StatusInstance {
    let instance = row.instance.as_ref();
    let flag = |flag: fn(&InstanceHealth) -> bool| instance.map(flag);
    StatusInstance {
        key: row.key.to_string(),
        connector: row.connector.clone(),
        name: row.name.clone(),
        state: row.state,
        needs_attention: row.needs_attention,
        instance_id: instance.map(|instance| instance.id.get()),
        valid: flag(|instance| instance.valid),
        enabled: flag(|instance| instance.enabled),
        events: flag(|instance| instance.events),
        webhook_url: instance.and_then(|instance| instance.webhook_url.clone()),
    }
}

fn finding(finding: &CallbackMismatch) -> StatusFinding {
    StatusFinding {
        code: FindingCode::ForeignCallbackId,
        instance_id: finding.id.get(),
        connector: finding.connector.clone(),
        name: finding.name.clone(),
        carries: finding.carries.get(),
    }
}

fn unmanaged(instance: &UnmanagedInstance) -> StatusUnmanaged {
    StatusUnmanaged {
        instance_id: instance.id.get(),
        connector: instance.connector.clone(),
        name: instance.name.clone(),
    }
}
