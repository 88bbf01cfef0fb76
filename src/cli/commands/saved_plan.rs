//! Saved plans: `plan --out FILE` and `apply FILE`.

use std::collections::BTreeMap;
use std::path::Path;

use crate::cli::commands::plan_scope::PlanScopeArgs;
use crate::cli::setup::{Connection, Files, GlobalArgs};
use crate::cli::terminal::{Exit, Failure, redaction};
use crate::instance::Key;
use crate::ownership::Fingerprints;
use crate::plan::{
    Action, ApprovedSteps, Cause, OrphanPolicy, Plan, PlanOptions, Step, StoredValueVisibility,
    Target,
};
use crate::reader::FileScope;
use crate::report::json::{PlanDocument, PlanStep};

/// The maximum size of a plan file, in bytes: enough for 100,000 steps.
const MAX_PLAN_BYTES: u64 = 256 * 1024 * 1024;

/// The JSON document of a plan. A seal reveals any later change.
pub(crate) fn document(plan: &Plan, fingerprints: &Fingerprints) -> PlanDocument {
    let seal = |text: &str| fingerprints.seal("plan", text);
    let document = PlanDocument::sealed(plan, &seal);
    redaction::without_secrets(&document).map_or(document, |clean| clean.sealed_again(&seal))
}

/// Refuses to save a plan without its keys, project or base URL: redaction removed a secret from them.
pub(crate) fn check_names(plan: &Plan, document: &PlanDocument) -> Result<(), Failure> {
    let keys = plan.steps.iter().map(|step| step.key.as_str());
    let is_unchanged = keys.eq(document.steps.iter().map(|step| step.key.as_str()))
        && document.target.base_url == plan.target.base_url.as_str()
        && document.target.project == plan.target.project.as_str();
    if is_unchanged {
        return Ok(());
    }
    let sentence = "the plan cannot be saved: a key, the project or the base URL contains the value of a secret";
    Err(Failure::new(Exit::Invalid, sentence)
        .hint("if the value is not secret, use a variable: ${{ var.NAME }}, with `vars:` in ocon.yaml or --var"))
}

pub(crate) struct SavedPlan {
    document: PlanDocument,
    name: String,
}

impl SavedPlan {
    pub(crate) fn read(root: &Path, path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let refused = |reason: &dyn std::fmt::Display| {
            Failure::new(Exit::Invalid, format!("{name} is not a plan that can be applied"))
                .caused_by(reason)
                .hint("create one with: ocon plan --out plan.json")
        };
        let text = FileScope::of(root, path).read_text(&root.join(path), MAX_PLAN_BYTES);
        let text = text.map_err(|refusal| refused(&refusal))?;
        let value: serde_json::Value =
            serde_json::from_str(&text).map_err(|error| refused(&error))?;
        let version = (value["format"].as_str(), value["version"].as_u64());
        if version != (Some(PlanDocument::FORMAT), Some(PlanDocument::VERSION.into())) {
            return Err(refused(&"its format is not `ocon-plan`, version 1"));
        }
        let document = serde_json::from_value(value).map_err(|error| refused(&error))?;
        Ok(Self { document, name })
    }

    /// Refuses an edited plan, or one for another platform, organization or project.
    pub(crate) fn check(&self, connection: &Connection) -> Result<(), Failure> {
        let Target { base_url, project } = &connection.target;
        let made_for = &self.document.target;
        if made_for.base_url != base_url.as_str() || made_for.project != project.as_str() {
            return Err(Failure::new(
                Exit::Invalid,
                format!(
                    "{} is a plan for project {} at {}, but this run is for project {project} at {base_url}",
                    self.name, made_for.project, made_for.base_url
                ),
            )
            .hint("nothing was applied. Use the platform and project of the plan, or plan again"));
        }
        if !self.document.is_sealed_by(&|text| connection.fingerprints.seal("plan", text)) {
            return Err(Failure::new(
                Exit::Invalid,
                format!(
                    "the seal of {} does not match: the file was edited, or is for another organization or \
                     another fingerprint key",
                    self.name
                ),
            )
            .hint("nothing was applied. Plan again with the organization secret and OCON_FINGERPRINT_KEY of this run"));
        }
        Ok(())
    }

    /// The options with which a new plan contains the approved steps.
    pub(crate) fn options(
        &self,
        globals: &GlobalArgs,
        files: &Files,
        scope: &PlanScopeArgs,
    ) -> Result<PlanOptions, Failure> {
        let steps = || self.document.steps.iter();
        let secrets = steps().filter(|step| step.action != Action::Create);
        let secrets = secrets.flat_map(|step| step.secrets().map(|path| (&step.key, path)));
        // These causes do not show whether a rotation was requested too.
        let may_rotate = [Cause::Requested, Cause::Adoption, Cause::Unfinished];
        let rotations = steps().filter(|step| may_rotate.contains(&step.cause));
        let rotations =
            rotations.flat_map(|step| step.secrets().map(|path| format!("{}#{path}", step.key)));
        let deletes = steps().any(|step| step.action == Action::Delete);
        Ok(PlanOptions {
            allow_duplicates: scope.allowed_duplicates(globals, files)?,
            take_from: scope.take_from.clone(),
            orphans: if deletes { OrphanPolicy::Prune } else { OrphanPolicy::Note },
            rotate: rotations.filter_map(|text| text.parse().ok()).collect(),
            allow_unset: scope.allow_unset,
            stored_values: StoredValueVisibility::Public,
            planned_secrets: Some(
                secrets
                    .filter_map(|(key, path)| Some((key.parse().ok()?, path.to_owned())))
                    .collect(),
            ),
            selection: self.document.partial.then(|| self.keys().into_keys().collect()),
        })
    }

    /// The same options, for the documents with steps only.
    pub(crate) fn restrict(&self, options: &PlanOptions) -> PlanOptions {
        PlanOptions { selection: Some(self.keys().into_keys().collect()), ..options.clone() }
    }

    /// The documents with steps, each with its first action.
    fn keys(&self) -> BTreeMap<Key, Action> {
        let mut keys = BTreeMap::new();
        for step in &self.document.steps {
            if let Ok(key) = step.key.parse() {
                keys.entry(key).or_insert(step.action);
            }
        }
        keys
    }

    /// Keeps the steps of a new plan that are approved and unchanged.
    pub(crate) fn revise(&self, plan: Plan) -> Plan {
        let base_url = plan.target.base_url.clone();
        let same = |key: &Key, steps: &[&Step]| {
            let saved = self.document.steps.iter().filter(|step| step.key == key.as_str());
            let saved: Vec<&PlanStep> = saved.collect();
            let fresh = steps.iter().map(|step| PlanStep::new(step, &base_url));
            saved.len() == steps.len()
                && saved.iter().zip(fresh).all(|(saved, fresh)| is_same_step(saved, &fresh))
        };
        plan.revised(&ApprovedSteps { keys: self.keys(), same: &same })
    }
}

/// Whether both steps do the same. The saved one may lack secrets that redaction removed.
fn is_same_step(saved: &PlanStep, fresh: &PlanStep) -> bool {
    fresh.does_the_same_as(saved)
        || redaction::without_secrets(fresh).is_some_and(|fresh| fresh.does_the_same_as(saved))
}
