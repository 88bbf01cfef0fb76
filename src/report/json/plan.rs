//! The JSON form of a plan.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::render;
use crate::instance::BaseUrl;
use crate::plan::{Action, DisplayValue, Plan, RedactedChange, Step, StepRequest, Target};

/// A plan of ocon: what has to be done so that the platform says what the files say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "ocon plan")]
pub struct PlanDocument {
    /// Always `ocon-plan`.
    #[schemars(regex(pattern = "^ocon-plan$"))]
    pub format: String,
    /// The version of this form; 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// Where the plan applies.
    pub target: PlanTarget,
    /// Whether some documents were left out on request.
    pub partial: bool,
    /// How many instances each thing happens to.
    pub summary: PlanSummary,
    /// What to do, in order.
    pub steps: Vec<PlanStep>,
    /// What cannot be done, and why.
    pub blocked: Vec<PlanBlocked>,
    /// What a plan file asks for and is not done, since the world moved; only in an apply.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stale: Vec<PlanStale>,
    /// What a reader should know besides.
    pub notes: Vec<PlanNote>,
    /// The numbers of requests.
    pub requests: PlanRequests,
    /// Seals the document: a digest of all the rest.
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

/// The numbers of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanSummary {
    /// Instances to create.
    pub create: usize,
    /// Interrupted creates to finish.
    pub finish: usize,
    /// Instances to adopt.
    pub adopt: usize,
    /// Instances to update.
    pub update: usize,
    /// Instances to switch on.
    pub enable: usize,
    /// Instances to switch off.
    pub disable: usize,
    /// Instances to delete.
    pub delete: usize,
    /// Documents that nothing can be done for.
    pub blocked: usize,
    /// Instances that match their file.
    pub unchanged: usize,
    /// Instances of the project that no file describes.
    pub orphan: usize,
    /// Instances that nobody manages; null when the whole account was not listed.
    pub unmanaged: Option<usize>,
}

/// An action on one instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanStep {
    /// The document's key.
    pub key: String,
    /// The file; null for an instance that no file describes.
    pub file: Option<String>,
    /// The line on which the document begins, from 1.
    pub line: Option<usize>,
    /// What to do.
    #[schemars(regex(pattern = "^(create|finish|adopt|update|enable|disable|delete)$"))]
    pub action: String,
    /// Why.
    #[schemars(regex(pattern = "^(file|remote|unfinished|adoption|requested|unknown)$"))]
    pub cause: String,
    /// The connector's key.
    pub connector: String,
    /// The display name.
    pub name: String,
    /// The instance; null before it exists.
    pub instance_id: Option<u64>,
    /// What changes.
    pub changes: Vec<PlanChange>,
    /// The requests that will be made, in order.
    pub requests: Vec<PlanRequest>,
    /// A digest of what the step rests on: the document and what was seen of its fields.
    pub basis: String,
}

/// A change of one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("unevaluatedProperties" = false))]
pub struct PlanChange {
    /// The field: `name`, `tags`, `mark`, `configuration.<key>`, `providerData.<key>`.
    pub path: String,
    /// What happens to it.
    #[schemars(regex(pattern = "^(set|change|unset|rotate|mark)$"))]
    pub kind: String,
    /// The values, or where they come from.
    #[serde(flatten)]
    pub values: PlanValues,
    /// True where a part of the value is only known once the instance exists.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub known_after_create: bool,
    /// What differs, where both values are shown and look alike: `a final line break`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// The values of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum PlanValues {
    /// They are kept from the reader.
    #[schemars(extend("not" = { "anyOf": [{ "required": ["before"] }, { "required": ["after"] }] }))]
    Sensitive {
        /// Always true.
        #[schemars(extend("const" = true))]
        sensitive: bool,
        /// Where the secrets in the new value come from: `env.NAME`, `file.PATH`, joined by commas.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<String>,
    },
    /// They are public.
    #[schemars(extend("required" = ["before", "after"], "not" = { "required": ["sensitive"] }))]
    Public {
        /// The stored value; null where there is none, `(not shown)` where it may be a secret.
        before: Option<PlanValue>,
        /// The wanted value; null where it shall be unset.
        after: Option<PlanValue>,
    },
}

/// A value of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum PlanValue {
    /// A text; documents are indented JSON.
    Text(String),
    /// A set of texts.
    List(Vec<String>),
}

/// A request that will be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanRequest {
    /// HTTP method.
    pub method: String,
    /// The path below the base URL; `{id}` stands for an id that a create will assign.
    pub path: String,
}

/// A document that nothing can be done for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanBlocked {
    /// The document's key.
    pub key: String,
    /// The file.
    pub file: String,
    /// The line on which the document begins, from 1.
    pub line: usize,
    /// The kind of obstacle.
    pub code: String,
    /// What is in the way, and what to do.
    pub message: String,
    /// True where ownership itself is in doubt, which ends a command with 7.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub guard: bool,
}

/// A document whose planned steps cannot be carried out any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanStale {
    /// The document's key.
    pub key: String,
    /// What was planned.
    #[schemars(regex(pattern = "^(create|finish|adopt|update|enable|disable|delete)$"))]
    pub action: String,
    /// What is different, and what to do.
    pub message: String,
    /// What would have to be done now.
    pub steps: Vec<PlanStep>,
}

/// Something that a reader should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanNote {
    /// The kind of note.
    pub code: String,
    /// The document's key, or the key that the instance carries.
    pub key: String,
    /// The instance it is about.
    pub instance_id: Option<u64>,
    /// The host that it is about, in full, or in words why it cannot be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// What the host gets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gets: Option<String>,
    /// The text.
    pub message: String,
}

/// The numbers of requests of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanRequests {
    /// Reads made for this plan.
    pub read: usize,
    /// Writes that an apply will make.
    pub write: usize,
    /// Reads that will go with these writes on a platform that does not lag.
    pub check: usize,
}

impl PlanDocument {
    /// The document for a plan, with a digest made by `seal`.
    pub fn sealed(plan: &Plan, seal: &dyn Fn(&str) -> String) -> Self {
        let mut document = Self {
            format: "ocon-plan".to_owned(),
            version: 1,
            target: PlanTarget::new(&plan.target),
            partial: plan.partial,
            summary: summary(plan),
            steps: plan
                .steps
                .iter()
                .map(|step| PlanStep::new(step, &plan.target.base_url))
                .collect(),
            blocked: plan.blocked.iter().map(blocked).collect(),
            stale: plan.stale.iter().map(|stale| self::stale(stale, plan)).collect(),
            notes: plan.notes.iter().map(note).collect(),
            requests: PlanRequests { read: plan.reads, write: plan.writes(), check: plan.checks() },
            digest: String::new(),
        };
        document.digest = seal(&render(&document));
        document
    }

    /// The document with a new digest, after something was taken out of it.
    #[must_use]
    pub fn sealed_anew(self, seal: &dyn Fn(&str) -> String) -> Self {
        let unsealed = Self { digest: String::new(), ..self };
        Self { digest: seal(&render(&unsealed)), ..unsealed }
    }

    /// Whether the document is as `seal` left it.
    pub fn is_sealed_by(&self, seal: &dyn Fn(&str) -> String) -> bool {
        let unsealed = Self { digest: String::new(), ..self.clone() };
        self.digest == seal(&render(&unsealed))
    }
}

impl PlanTarget {
    pub(super) fn new(target: &Target) -> Self {
        Self { base_url: target.base_url.to_string(), project: target.project.to_string() }
    }
}

impl PlanStep {
    /// The form of a step.
    pub fn new(step: &Step, base_url: &BaseUrl) -> Self {
        let request = |request: &StepRequest| PlanRequest {
            method: request.method.to_owned(),
            path: request.path(step.id),
        };
        Self {
            key: step.key.to_string(),
            file: step.at.as_ref().map(|at| at.file.to_string()),
            line: step.at.as_ref().map(|at| at.line),
            action: step.action.as_str().to_owned(),
            cause: step.cause.as_str().to_owned(),
            connector: step.connector.to_string(),
            name: step.name.clone(),
            instance_id: step.id.map(crate::instance::InstanceId::get),
            changes: step.views(base_url).map(change).collect(),
            requests: step.requests().iter().map(request).collect(),
            basis: step.basis.clone(),
        }
    }

    /// Whether two steps do the same and rest on the same; where the file has its lines, what is
    /// known of the cause, and the words of a hint do not matter.
    pub fn does_the_same_as(&self, other: &Self) -> bool {
        let without_hint = |change: &PlanChange| PlanChange { hint: None, ..change.clone() };
        let aside = |step: &Self| Self {
            file: None,
            line: None,
            cause: String::new(),
            changes: step.changes.iter().map(without_hint).collect(),
            ..step.clone()
        };
        aside(self) == aside(other)
    }

    /// The configuration keys of the secrets that the step writes.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let sensitive =
            |change: &&PlanChange| matches!(change.values, PlanValues::Sensitive { .. });
        let sensitive = self.changes.iter().filter(sensitive);
        sensitive.filter_map(|change| change.path.strip_prefix("configuration."))
    }
}

fn summary(plan: &Plan) -> PlanSummary {
    let mut summary = PlanSummary {
        blocked: plan.blocked.len(),
        unchanged: plan.untouched.unchanged,
        orphan: plan.untouched.orphans,
        unmanaged: plan.untouched.unmanaged,
        ..PlanSummary::default()
    };
    for step in &plan.steps {
        *match step.action {
            Action::Create => &mut summary.create,
            Action::Finish => &mut summary.finish,
            Action::Adopt => &mut summary.adopt,
            Action::Update => &mut summary.update,
            Action::Enable => &mut summary.enable,
            Action::Disable => &mut summary.disable,
            Action::Delete => &mut summary.delete,
        } += 1;
    }
    summary
}

fn change(view: RedactedChange) -> PlanChange {
    let sources: Vec<String> = view.sources.iter().map(ToString::to_string).collect();
    let hidden = || PlanValue::Text("(not shown)".to_owned());
    let values = if view.sensitive {
        let source = (!sources.is_empty()).then(|| sources.join(", "));
        PlanValues::Sensitive { sensitive: true, source }
    } else {
        PlanValues::Public {
            before: view.before.map(value).or_else(|| view.before_hidden.then(hidden)),
            after: view.after.map(value),
        }
    };
    PlanChange {
        path: view.path.to_string(),
        kind: view.kind.as_str().to_owned(),
        values,
        known_after_create: view.known_after_create,
        hint: view.hint,
    }
}

fn value(shown: DisplayValue) -> PlanValue {
    match shown {
        DisplayValue::Text(text) => PlanValue::Text(text),
        DisplayValue::List(items) => PlanValue::List(items),
    }
}

pub(super) fn blocked(blocked: &crate::plan::Blocked) -> PlanBlocked {
    PlanBlocked {
        key: blocked.key.to_string(),
        file: blocked.at.file.to_string(),
        line: blocked.at.line,
        code: blocked.code.as_str().to_owned(),
        message: blocked.message.clone(),
        guard: blocked.code.is_guard(),
    }
}

fn stale(stale: &crate::plan::Stale, plan: &Plan) -> PlanStale {
    let step = |step| PlanStep::new(step, &plan.target.base_url);
    PlanStale {
        key: stale.key.to_string(),
        action: stale.action.as_str().to_owned(),
        message: stale.message.clone(),
        steps: stale.steps.iter().map(step).collect(),
    }
}

fn note(note: &crate::plan::Note) -> PlanNote {
    PlanNote {
        code: note.code.to_string(),
        key: note.key.to_string(),
        instance_id: note.instance_id.map(crate::instance::InstanceId::get),
        host: note.host.as_ref().map(|used| used.host.clone()),
        gets: note.host.as_ref().map(|used| used.gets.clone()),
        message: note.message.clone(),
    }
}
