//! The document of a plan. It can be saved, and applied later.

mod conversion;
mod field_path;
mod value;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::account::AccountSummary;
pub(super) use conversion::{blocked, unset};
pub use value::{HiddenValue, PlanValue, PlanValues};

use super::serialize::render;
use crate::instance::{BaseUrl, FieldPath, InstanceId};
use crate::plan::{
    Action, BlockCode, Cause, ChangeKind, NoteCode, Plan, Step, StepRequest, Target,
};

/// A plan: the steps that make the platform match the files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "ocon plan")]
pub struct PlanDocument {
    /// Always `ocon-plan`.
    #[schemars(extend("const" = PlanDocument::FORMAT))]
    pub format: String,
    /// Version of this format: 1.
    #[schemars(extend("const" = PlanDocument::VERSION))]
    pub version: u32,
    /// The platform and the project.
    pub target: PlanTarget,
    /// Whether some documents were left out on request.
    pub partial: bool,
    /// Number of instances per action.
    pub summary: PlanSummary,
    /// The steps, in order.
    pub steps: Vec<PlanStep>,
    /// The blocked documents, with the reasons.
    pub blocked: Vec<PlanBlocked>,
    /// Approved steps that are not applied because the state changed since the plan. Only during an apply.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stale: Vec<PlanStale>,
    /// What else the reader should know.
    pub notes: Vec<PlanNote>,
    /// The secrets that are not set where the plan was made. Their fields were not compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unset: Vec<PlanUnset>,
    /// What the account contains. Only if there is no document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountSummary>,
    /// Number of requests.
    pub requests: PlanRequests,
    /// Seals the document: a digest of everything else in it.
    pub digest: String,
}

/// The platform and the project that a plan is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanTarget {
    /// The base URL of the API.
    pub base_url: String,
    /// The project whose instances are managed.
    pub project: String,
}

/// The counters of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanSummary {
    /// Instances to create.
    pub create: usize,
    /// Incomplete creates to finish.
    pub finish: usize,
    /// Instances to adopt.
    pub adopt: usize,
    /// Instances to update.
    pub update: usize,
    /// Instances to enable.
    pub enable: usize,
    /// Instances to disable.
    pub disable: usize,
    /// Instances to delete.
    pub delete: usize,
    /// Blocked documents.
    pub blocked: usize,
    /// Instances that match their file.
    pub unchanged: usize,
    /// Instances of the project that no file describes.
    pub orphan: usize,
    /// Unmanaged instances. Null if the account was not listed.
    pub unmanaged: Option<usize>,
}

/// An action on one instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanStep {
    /// The document key.
    pub key: String,
    /// The file. Null for an instance that no file describes.
    pub file: Option<String>,
    /// The line on which the document begins, from 1.
    pub line: Option<usize>,
    /// The action.
    pub action: Action,
    /// Why the step is needed.
    pub cause: Cause,
    /// The connector key.
    pub connector: String,
    /// The display name.
    pub name: String,
    /// The instance ID. Null before the instance exists.
    pub instance_id: Option<u64>,
    /// The changes.
    pub changes: Vec<PlanChange>,
    /// The requests of the step, in order.
    pub requests: Vec<PlanRequest>,
    /// A digest of the basis of the step: the document and the stored values of its fields.
    pub basis: String,
    /// Number of declared fields that stay the same. Zero in a plan that was read from JSON.
    #[serde(skip)]
    pub unchanged: usize,
}

/// A change of one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("unevaluatedProperties" = false))]
pub struct PlanChange {
    /// The field: `name`, `tags`, `mark`, `configuration.<key>`, `providerData.<key>`.
    #[serde(with = "field_path")]
    #[schemars(with = "String")]
    pub path: FieldPath,
    /// What happens to it.
    pub kind: ChangeKind,
    /// The values, or their sources.
    #[serde(flatten)]
    pub values: PlanValues,
    /// True if a part of the value is known only after the create.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub known_after_create: bool,
    /// What differs, if both values are shown and look the same: `a final line break`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// A request of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanRequest {
    /// HTTP method.
    pub method: String,
    /// The path below the base URL. `{id}` is the ID that a create assigns.
    pub path: String,
}

/// A blocked document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanBlocked {
    /// The document key.
    pub key: String,
    /// The file.
    pub file: String,
    /// The line on which the document begins, from 1.
    pub line: usize,
    /// Why the document is blocked.
    pub code: BlockCode,
    /// The reason, and what to do.
    pub message: String,
    /// True if the ownership of the instance is in doubt. The command then ends with exit code 7.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub guard: bool,
}

/// A document whose approved steps can no longer be applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanStale {
    /// The document key.
    pub key: String,
    /// The approved action.
    pub action: Action,
    /// What changed, and what to do.
    pub message: String,
    /// The steps that the document needs now.
    pub steps: Vec<PlanStep>,
    /// The file and the line of the document, if it still exists. JSON omits them.
    #[serde(skip)]
    pub place: Option<(String, usize)>,
}

/// What else the reader should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanNote {
    /// The kind of note.
    pub code: NoteCode,
    /// The document key of the file, or the one in the tags of the instance.
    pub key: String,
    /// The instance ID.
    pub instance_id: Option<u64>,
    /// The complete host, or why it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// What is sent to the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gets: Option<String>,
    /// The fact, and what follows from it.
    pub message: String,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// A secret that is not set where a plan is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanUnset {
    /// Where its value comes from: `env.NAME`, `file.PATH`.
    pub source: String,
    /// The file that refers to it.
    pub file: String,
    /// The line of the reference, from 1.
    pub line: usize,
    /// The document key.
    pub key: String,
}

/// Number of requests of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanRequests {
    /// Reads for this plan.
    pub read: usize,
    /// Writes of an apply.
    pub write: usize,
    /// Reads that check these writes, on a platform without lag.
    pub check: usize,
}

impl PlanDocument {
    /// The value of `format`.
    pub const FORMAT: &str = "ocon-plan";
    /// The value of `version`.
    pub const VERSION: u32 = 1;

    /// Creates the document of a plan, without a digest.
    pub fn new(plan: &Plan) -> Self {
        let base_url = &plan.target.base_url;
        Self {
            format: Self::FORMAT.to_owned(),
            version: Self::VERSION,
            target: PlanTarget::new(&plan.target),
            partial: plan.partial,
            summary: conversion::summary(plan),
            steps: plan.steps.iter().map(|step| PlanStep::new(step, base_url)).collect(),
            blocked: plan.blocked.iter().map(conversion::blocked).collect(),
            stale: plan.stale.iter().map(|stale| conversion::stale(stale, base_url)).collect(),
            notes: plan.notes.iter().map(conversion::note).collect(),
            unset: plan.unset.iter().map(conversion::unset).collect(),
            account: plan.content.as_ref().map(AccountSummary::new),
            requests: PlanRequests { read: plan.reads, write: plan.writes(), check: plan.checks() },
            digest: String::new(),
        }
    }

    /// Creates the document of a plan, with a digest made by `seal`.
    pub fn sealed(plan: &Plan, seal: &dyn Fn(&str) -> String) -> Self {
        Self::new(plan).sealed_again(seal)
    }

    /// Returns the document with a new digest, after something was removed from it.
    #[must_use]
    pub fn sealed_again(self, seal: &dyn Fn(&str) -> String) -> Self {
        let unsealed = Self { digest: String::new(), ..self };
        Self { digest: seal(&render(&unsealed)), ..unsealed }
    }

    /// Whether the document is unchanged since `seal` made its digest.
    pub fn is_sealed_by(&self, seal: &dyn Fn(&str) -> String) -> bool {
        self.clone().sealed_again(seal).digest == self.digest
    }

    pub(in crate::report) fn count(&self, action: Action) -> usize {
        self.steps.iter().filter(|step| step.action == action).count()
    }

    /// The number of blocked documents whose ownership is in doubt.
    pub(in crate::report) fn refused(&self) -> usize {
        self.blocked.iter().filter(|blocked| blocked.guard).count()
    }

    /// Whether there is nothing to do, and nothing is blocked or stale.
    pub(in crate::report) fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.blocked.is_empty() && self.stale.is_empty()
    }
}

impl PlanTarget {
    pub(super) fn new(target: &Target) -> Self {
        Self { base_url: target.base_url.to_string(), project: target.project.to_string() }
    }
}

impl PlanStep {
    /// Creates the form of a step.
    pub fn new(step: &Step, base_url: &BaseUrl) -> Self {
        let request = |request: &StepRequest| PlanRequest {
            method: request.method.to_owned(),
            path: request.path(step.id),
        };
        Self {
            key: step.key.to_string(),
            file: step.at.as_ref().map(|at| at.file.to_string()),
            line: step.at.as_ref().map(|at| at.line),
            action: step.action,
            cause: step.cause,
            connector: step.connector.to_string(),
            name: step.name.clone(),
            instance_id: step.id.map(InstanceId::get),
            changes: step.views(base_url).map(conversion::change).collect(),
            requests: step.requests().iter().map(request).collect(),
            basis: step.basis.clone(),
            unchanged: step.unchanged,
        }
    }

    /// Whether two steps do the same on the same basis. The lines of the file, the cause and the hints
    /// do not matter.
    pub fn does_the_same_as(&self, other: &Self) -> bool {
        self.essence() == other.essence()
    }

    fn essence(&self) -> Self {
        let mut step = self.clone();
        (step.file, step.line, step.cause, step.unchanged) = (None, None, Cause::Unknown, 0);
        step.changes.iter_mut().for_each(|change| change.hint = None);
        step
    }

    /// Returns the change of the mark, if the step changes nothing else.
    pub(in crate::report) fn only_mark(&self) -> Option<&PlanChange> {
        match self.changes.as_slice() {
            [change] if change.path == FieldPath::Mark => Some(change),
            _ => None,
        }
    }

    /// Returns the configuration keys of the secrets that the step writes.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.changes.iter().filter_map(|change| match (&change.path, &change.values) {
            (FieldPath::Configuration(key), PlanValues::Sensitive { .. }) => Some(key.as_str()),
            _ => None,
        })
    }
}
