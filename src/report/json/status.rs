//! The document of a status.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::plan::{PlanBlocked, PlanTarget, blocked};
use crate::instance::vocabulary;
use crate::plan::Target;
use crate::plan::status::{
    CallbackMismatch, InstanceHealth, InstanceStatus, StatusReport, SyncState,
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
    /// One entry per orphan, per document, and per instance with the document key of a blocked
    /// document.
    pub instances: Vec<StatusInstance>,
    /// The blocked documents, with the reasons.
    pub blocked: Vec<PlanBlocked>,
    /// Instances, managed or not, whose callback URL contains the ID of another instance.
    pub findings: Vec<StatusFinding>,
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

vocabulary! {
    /// What is wrong with an instance.
    FindingCode {
        /// Its callback URL contains the ID of another instance.
        ForeignCallbackId "foreign-callback-id",
    }
}

impl StatusDocument {
    /// Creates the document of a status.
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
        state: row.state,
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
