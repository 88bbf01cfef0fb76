//! Saved plans, as `ocon plan --out FILE` writes them and `ocon apply FILE` reads them.

use std::collections::BTreeMap;

use ocon::instance::Key;
use ocon::ownership::Fingerprints;
use ocon::plan::{Action, ApprovedSteps, OrphanPolicy, Plan, PlanOptions, Step};
use ocon::report::json::{PlanDocument, PlanStep, render};

/// A plan that was approved.
pub(crate) struct Saved(PlanDocument);

/// The text of the file.
pub(crate) fn write(plan: &Plan, fingerprints: &Fingerprints) -> String {
    render(&PlanDocument::sealed(plan, &|text| fingerprints.seal("plan", text)))
}

/// Reads an unedited file.
pub(crate) fn read(json: &str, fingerprints: &Fingerprints) -> Saved {
    let document: PlanDocument = serde_json::from_str(json).unwrap();
    assert!(document.is_sealed_by(&|text| fingerprints.seal("plan", text)));
    Saved(document)
}

impl Saved {
    /// The options with which a new plan contains the approved steps.
    pub(crate) fn options(&self) -> PlanOptions {
        let steps = || self.0.steps.iter();
        let writes = steps().filter(|step| step.action != Action::Create);
        let secrets = writes.flat_map(|step| step.secrets().map(|path| (&step.key, path)));
        let secrets = secrets.map(|(key, path)| (key.parse().unwrap(), path.to_owned()));
        let deletes = steps().any(|step| step.action == Action::Delete);
        PlanOptions {
            orphans: if deletes { OrphanPolicy::Prune } else { OrphanPolicy::Note },
            planned_secrets: Some(secrets.collect()),
            stored_values: ocon::plan::StoredValueVisibility::Public,
            ..PlanOptions::default()
        }
    }

    /// Keeps of a new plan what was approved and is still the same.
    pub(crate) fn revise(&self, plan: Plan) -> Plan {
        let base_url = plan.target.base_url.clone();
        let same = |key: &Key, steps: &[&Step]| {
            let saved = self.0.steps.iter().filter(|step| step.key == key.as_str());
            let saved: Vec<_> = saved.collect();
            let fresh: Vec<_> = steps.iter().map(|step| PlanStep::new(step, &base_url)).collect();
            let mut pairs = saved.iter().zip(&fresh);
            saved.len() == fresh.len() && pairs.all(|(saved, fresh)| fresh.does_the_same_as(saved))
        };
        let mut keys = BTreeMap::new();
        for step in &self.0.steps {
            let action = step.action;
            keys.entry(step.key.parse().unwrap()).or_insert(action);
        }
        plan.revised(&ApprovedSteps { keys, same: &same })
    }
}
