//! The JSON form of a status.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::plan::blocked;
use super::{PlanBlocked, PlanTarget};
use crate::plan::Target;
use crate::plan::status::{
    CallbackMismatch, InstanceHealth, InstanceStatus, StatusReport, SyncState,
};

/// How the platform compares with the files, instance by instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "ocon status")]
pub struct StatusDocument {
    /// Always `ocon-status`.
    #[schemars(regex(pattern = "^ocon-status$"))]
    pub format: String,
    /// The version of this form; 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// The platform and the project.
    pub target: PlanTarget,
    /// Whether some documents were left out on request.
    pub partial: bool,
    /// How many instances stand in which way.
    pub summary: StatusSummary,
    /// One entry per orphan, per document, and per instance that carries the key of a blocked
    /// document.
    pub instances: Vec<StatusInstance>,
    /// Why nothing can be done for a document.
    pub blocked: Vec<PlanBlocked>,
    /// Instances, managed or not, whose callback URL carries the id of another one.
    pub findings: Vec<StatusFinding>,
}

/// The numbers of a status.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatusSummary {
    /// Instances that match their file.
    pub in_sync: usize,
    /// Instances that differ from it, or are to be adopted.
    pub drifted: usize,
    /// Instances whose create was interrupted.
    pub unfinished: usize,
    /// Documents without an instance.
    pub missing: usize,
    /// Entries for documents that nothing can be done for.
    pub blocked: usize,
    /// Instances of the project that no file describes.
    pub orphan: usize,
}

/// How one instance stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatusInstance {
    /// The document's key, or the key that an orphan carries.
    pub key: String,
    /// The connector's key.
    pub connector: String,
    /// The display name.
    pub name: String,
    /// How it compares with its file.
    #[schemars(regex(pattern = "^(in-sync|drifted|unfinished|missing|blocked|orphan)$"))]
    pub state: String,
    /// The instance; null where there is none.
    pub instance_id: Option<u64>,
    /// Whether its authentication at the provider works.
    pub valid: Option<bool>,
    /// Whether it is switched on.
    pub enabled: Option<bool>,
    /// Whether it passes events on.
    pub events: Option<bool>,
    /// Where the provider sends its events.
    pub webhook_url: Option<String>,
}

/// An instance whose callback URL carries the id of another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatusFinding {
    /// Always `foreign-callback-id`.
    pub code: String,
    /// The instance.
    pub instance_id: u64,
    /// Its connector's key.
    pub connector: String,
    /// Its display name.
    pub name: String,
    /// The id in its callback URL.
    pub carries: u64,
}

impl StatusDocument {
    /// The document for a status.
    pub fn new(status: &StatusReport, target: &Target, partial: bool) -> Self {
        Self {
            format: "ocon-status".to_owned(),
            version: 1,
            target: PlanTarget::new(target),
            partial,
            summary: StatusSummary {
                in_sync: status.count(SyncState::InSync),
                drifted: status.count(SyncState::Drifted),
                unfinished: status.count(SyncState::Unfinished),
                missing: status.count(SyncState::Missing),
                blocked: status.count(SyncState::Blocked),
                orphan: status.count(SyncState::Orphan),
            },
            instances: status.rows.iter().map(instance).collect(),
            blocked: status.blocked.iter().map(blocked).collect(),
            findings: status.findings.iter().map(finding).collect(),
        }
    }
}

fn instance(row: &InstanceStatus) -> StatusInstance {
    let instance = row.instance.as_ref();
    let flag = |flag: fn(&InstanceHealth) -> bool| instance.map(flag);
    StatusInstance {
        key: row.key.to_string(),
        connector: row.connector.clone(),
        name: row.name.clone(),
        state: row.state.as_str().to_owned(),
        instance_id: instance.map(|instance| instance.id.get()),
        valid: flag(|instance| instance.valid),
        enabled: flag(|instance| instance.enabled),
        events: flag(|instance| instance.events),
        webhook_url: instance.and_then(|instance| instance.webhook_url.clone()),
    }
}

fn finding(finding: &CallbackMismatch) -> StatusFinding {
    StatusFinding {
        code: "foreign-callback-id".to_owned(),
        instance_id: finding.id.get(),
        connector: finding.connector.clone(),
        name: finding.name.clone(),
        carries: finding.carries.get(),
    }
}
