//! The runs of the model: with options, with a disruption, or of a saved plan.

use std::collections::BTreeMap;

use ocon::instance::{Key, Secret};
use ocon::ownership::Fingerprints;
use ocon::plan::{
    Action, ApprovedSteps, BlockCode, Cause, OrphanPolicy, Plan, PlanOptions, Rotate,
    RotationRequest, Step,
};
use ocon::report::json::{PlanDocument, PlanStep, render};
use proptest::prelude::*;

use crate::invariants;
use crate::lineage::Judge;
use crate::model::History;
use crate::model_files::{Files, KEYS, PROJECTS, numbered};
use crate::world::World;

/// The command line of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    prune: bool,
    rotate: bool,
    take_from: Option<usize>,
    allow_duplicate: Option<usize>,
    selection: Option<Vec<usize>>,
}

/// The disruption of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Disruption {
    Nothing,
    /// Killed after so many writes.
    Killed(usize),
    /// The answer to a write is lost, which is executed or not.
    Lost(usize, bool),
}

/// A plan file, and the options that have to be given again with it.
pub(crate) struct Saved {
    json: String,
    options: Options,
}

pub(crate) fn options() -> impl Strategy<Value = Options> {
    let sometimes = |often: f64, range: usize| proptest::option::weighted(often, 0..range);
    let selection = proptest::collection::vec(0..KEYS.len(), 1..4);
    (
        prop::bool::weighted(0.5),
        prop::bool::weighted(0.07),
        sometimes(0.25, PROJECTS.len()),
        sometimes(0.1, KEYS.len()),
        proptest::option::weighted(0.12, selection),
    )
        .prop_map(|(prune, rotate, take_from, allow_duplicate, selection)| Options {
            prune,
            rotate,
            take_from,
            allow_duplicate,
            selection,
        })
}

pub(crate) fn disruption() -> impl Strategy<Value = Disruption> {
    prop_oneof![
        6 => Just(Disruption::Nothing),
        1 => (0..6_usize).prop_map(Disruption::Killed),
        1 => (0..4_usize, any::<bool>()).prop_map(|(at, committed)| Disruption::Lost(at, committed)),
    ]
}

impl Options {
    fn wishes(&self, files: &Files) -> PlanOptions {
        // A run without any document refuses to prune.
        let prunes = self.prune && !files.identities().is_empty();
        let take_from = self.take_from.map(|project| PROJECTS[project]);
        let selection = self.selection.iter().flatten().map(|number| numbered(*number));
        PlanOptions {
            allow_duplicates: self.allow_duplicate.map(numbered).into_iter().collect(),
            take_from: take_from.filter(|it| *it != files.project()).map(|it| it.parse().unwrap()),
            orphans: if prunes { OrphanPolicy::Prune } else { OrphanPolicy::Note },
            rotate: self.rotate.then_some(RotationRequest::All).into_iter().collect(),
            allow_unset: true,
            planned_secrets: None,
            stored_values: ocon::plan::StoredValueVisibility::Public,
            selection: self.selection.as_ref().map(|_| selection.collect()),
        }
    }
}

impl Disruption {
    fn begin(self, world: &World) {
        match self {
            Self::Nothing => {}
            Self::Killed(after) => *world.remote.budget.lock().unwrap() = Some(after),
            Self::Lost(at, committed) => {
                *world.remote.lost.lock().unwrap() = Some((at, committed));
            }
        }
    }

    /// Ends it, and returns whether it did not come to pass.
    fn end(self, world: &World) -> bool {
        *world.remote.budget.lock().unwrap() = None;
        let is_left = world.remote.lost.lock().unwrap().take().is_some();
        is_left || matches!(self, Self::Nothing)
    }
}

impl History {
    /// Plans, applies, and checks every invariant of such a run.
    pub(crate) fn run(&mut self, options: &Options, disruption: Disruption) {
        self.world.options = options.wishes(&self.files);
        let plan = self.plan();
        let before = self.world.remote.records();
        disruption.begin(&self.world);
        self.world.written();
        let outcome = self.world.apply_plan(plan.clone());
        invariants::of_a_run(&self.world, &plan, &outcome, &before);
        self.lineage.learn(&self.world, &self.files.identities());
        let is_undisturbed = disruption.end(&self.world);
        self.world.options.rotate = Rotate::default();
        let lacks = |code| plan.blocked.iter().any(|blocked| blocked.code == code);
        // A rotation that lacks a variable holds up the other changes of its document.
        let holds_up = options.rotate && lacks(BlockCode::MissingVariable);
        // Of two with one key, a listing by tag may show one, and a run that creates nothing sees no other.
        let is_half_seen = lacks(BlockCode::AmbiguousKey)
            && !self.world.remote.unlisted.lock().unwrap().is_empty();
        if is_undisturbed && !holds_up && !is_half_seen {
            invariants::of_an_undisturbed_run(&self.world, &plan, &outcome);
        }
    }

    /// Plans, and saves the plan.
    pub(crate) fn save(&mut self, options: Options) {
        self.world.options = options.wishes(&self.files);
        let plan = self.plan();
        let json = render(&PlanDocument::sealed(&plan, &seal(&self.world)));
        let saved = Saved { json, options };
        // Nothing changed yet, so everything in it may still be done.
        self.world.options = saved.wishes(&self.files);
        let again = saved.revise(self.world.plan());
        assert_eq!((&again.steps, &again.stale), (&plan.steps, &Vec::new()));
        self.saved = Some(saved);
    }

    /// Applies the plan that was saved last, if it is for this project and fingerprint key.
    pub(crate) fn apply_saved(&mut self, disruption: Disruption) {
        let Some(saved) = self.saved.take() else { return };
        let document = saved.document();
        let is_for = document.target.project == self.world.project;
        if is_for && document.is_sealed_by(&seal(&self.world)) {
            self.world.options = saved.wishes(&self.files);
            let plan = saved.revise(self.plan());
            let before = self.world.remote.records();
            disruption.begin(&self.world);
            self.world.written();
            let outcome = self.world.apply_plan(plan.clone());
            invariants::of_a_run(&self.world, &plan, &outcome, &before);
            invariants::of_a_saved_plan(&self.world, &document, &before);
            self.lineage.learn(&self.world, &self.files.identities());
            disruption.end(&self.world);
        }
        self.saved = Some(saved);
    }

    /// The plan for the wishes of the world, once it is checked.
    fn plan(&mut self) -> Plan {
        let before = self.world.remote.records();
        let plan = self.world.plan();
        invariants::of_a_plan(&self.world, &plan, &before);
        let selection = self.world.options.selection.take();
        let full = selection.as_ref().map_or_else(|| plan.clone(), |_| self.world.plan());
        self.world.options.selection = selection;
        let (world, lineage) = (&self.world, &self.lineage);
        let identities = self.files.identities();
        Judge { world, lineage, identities, before: &before, full: &full }.of_a_plan(&plan);
        plan
    }
}

fn seal(world: &World) -> impl Fn(&str) -> String {
    let fingerprints =
        Fingerprints::new(&Secret::new(world.fingerprint_key), &Secret::new("organization"));
    move |text| fingerprints.seal("plan", text)
}

impl Saved {
    fn document(&self) -> PlanDocument {
        serde_json::from_str(&self.json).unwrap()
    }

    /// The documents with steps, each with its first action.
    fn keys(&self) -> BTreeMap<Key, Action> {
        let mut keys = BTreeMap::new();
        for step in &self.document().steps {
            let action = step.action;
            keys.entry(step.key.parse().unwrap()).or_insert(action);
        }
        keys
    }

    /// The options with which a new plan contains the approved steps.
    fn wishes(&self, files: &Files) -> PlanOptions {
        let document = self.document();
        let steps = || document.steps.iter();
        let secrets = |step: &PlanStep| -> Vec<_> {
            step.secrets().map(|path| (step.key.parse::<Key>().unwrap(), path.to_owned())).collect()
        };
        let deletes = steps().any(|step| step.action == Action::Delete);
        let may_rotate = [Cause::Requested, Cause::Adoption, Cause::Unfinished];
        let rotations = steps().filter(|step| may_rotate.contains(&step.cause));
        let rotations = rotations.flat_map(secrets);
        let exist = steps().filter(|step| step.action != Action::Create);
        PlanOptions {
            orphans: if deletes { OrphanPolicy::Prune } else { OrphanPolicy::Note },
            rotate: rotations.map(|(key, path)| RotationRequest::Path(key, path)).collect(),
            planned_secrets: Some(exist.flat_map(secrets).collect()),
            stored_values: ocon::plan::StoredValueVisibility::Public,
            selection: document.partial.then(|| self.keys().into_keys().collect()),
            ..self.options.wishes(files)
        }
    }

    /// Keeps of a new plan what was approved and is still the same.
    fn revise(&self, plan: Plan) -> Plan {
        let (document, base_url) = (self.document(), plan.target.base_url.clone());
        let same = |key: &Key, steps: &[&Step]| {
            let saved: Vec<_> =
                document.steps.iter().filter(|step| step.key == key.as_str()).collect();
            let pairs = || saved.iter().zip(steps);
            saved.len() == steps.len()
                && pairs()
                    .all(|(saved, step)| PlanStep::new(step, &base_url).does_the_same_as(saved))
        };
        plan.revised(&ApprovedSteps { keys: self.keys(), same: &same })
    }
}
