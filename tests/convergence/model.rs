//! Arbitrary histories: files and platform are edited in any order, and the runs between succeed, are
//! interrupted or lose a reply. Every run keeps the invariants.

use std::marker::PhantomData;

use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

use crate::lineage::Lineage;
use crate::model_documents::{a_document, a_plain_document};
use crate::model_files::{Edit, Files, edit, edit_of_place, some_files};
use crate::model_runs::{Disruption, Options, Saved, disruption, options};
use crate::remote_edits::{RemoteEdit, remote_edit, remote_edit_of_place};
use crate::world::World;

/// Something that happens.
#[derive(Clone, Debug)]
pub(crate) enum Transition {
    Files(Edit),
    Platform(usize, RemoteEdit),
    Run(Options, Disruption),
    /// Plans, and saves the plan.
    Save(Options),
    /// Applies the plan that was saved last.
    ApplySaved(Disruption),
}

/// The transitions of the model.
fn transitions(
    edit: impl Strategy<Value = Edit> + 'static,
    remote_edit: impl Strategy<Value = RemoteEdit> + 'static,
) -> BoxedStrategy<Transition> {
    prop_oneof![
        10 => edit.prop_map(Transition::Files),
        4 => (0..6_usize, remote_edit).prop_map(|(at, what)| Transition::Platform(at, what)),
        10 => (options(), disruption()).prop_map(|(options, disruption)| Transition::Run(options, disruption)),
        2 => options().prop_map(Transition::Save),
        3 => disruption().prop_map(Transition::ApplySaved),
    ]
    .boxed()
}

impl ReferenceStateMachine for Files {
    type State = Self;
    type Transition = Transition;

    fn init_state() -> BoxedStrategy<Self> {
        some_files(a_document()).boxed()
    }

    fn transitions(_: &Self) -> BoxedStrategy<Transition> {
        transitions(edit(), remote_edit())
    }

    fn apply(mut state: Self, transition: &Transition) -> Self {
        if let Transition::Files(edit) = transition {
            state.take(edit);
        }
        state
    }
}

/// Files of which little else changes than where the documents are.
struct Moving;

impl ReferenceStateMachine for Moving {
    type State = Files;
    type Transition = Transition;

    fn init_state() -> BoxedStrategy<Files> {
        some_files(a_plain_document()).boxed()
    }

    fn transitions(_: &Files) -> BoxedStrategy<Transition> {
        transitions(edit_of_place(), remote_edit_of_place())
    }

    fn apply(state: Files, transition: &Transition) -> Files {
        <Files as ReferenceStateMachine>::apply(state, transition)
    }
}

/// The world, and what really happened in it, which no run knows.
pub(crate) struct History {
    pub(crate) world: World,
    pub(crate) files: Files,
    pub(crate) lineage: Lineage,
    pub(crate) saved: Option<Saved>,
}

impl History {
    /// Files that were applied once.
    fn begin(files: &Files) -> Self {
        let mut world = World::new([]);
        world.desired = files.load();
        let (files, lineage) = (files.clone(), Lineage::default());
        let mut history = Self { world, files, lineage, saved: None };
        history.run(&Options::default(), Disruption::Nothing);
        history
    }

    /// Lets this happen, after which the files are these.
    fn take(&mut self, files: &Files, transition: Transition) {
        self.files = files.clone();
        self.world.desired = files.load();
        self.world.fingerprint_key = files.fingerprint_key();
        self.world.project = files.project();
        match transition {
            Transition::Files(_) => {}
            Transition::Platform(at, what) => what.make(&self.world.remote, at),
            Transition::Run(options, disruption) => self.run(&options, disruption),
            Transition::Save(options) => self.save(options),
            Transition::ApplySaved(disruption) => self.apply_saved(disruption),
        }
    }
}

/// Histories of the files of a reference.
struct Histories<R>(PhantomData<R>);

impl<R: ReferenceStateMachine<State = Files, Transition = Transition>> StateMachineTest
    for Histories<R>
{
    type SystemUnderTest = History;
    type Reference = R;

    fn init_test(files: &Files) -> History {
        History::begin(files)
    }

    fn apply(mut history: History, files: &Files, transition: Transition) -> History {
        history.take(files, transition);
        history
    }
}

/// 300 cases in every run; `PROPTEST_CASES=50000` for a night.
fn settings() -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig { cases: default.cases.max(300), max_shrink_iters: 20_000, ..default }
}

prop_state_machine! {
    #![proptest_config(settings())]

    #[test]
    fn every_run_of_any_history_keeps_the_invariants(sequential 1..20 => Histories<Files>);

    #[test]
    fn every_run_of_a_history_of_moves_keeps_the_invariants(sequential 1..20 => Histories<Moving>);
}
