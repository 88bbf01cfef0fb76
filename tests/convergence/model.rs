//! Arbitrary histories: files and platform are edited in any order, and runs in between succeed,
//! are interrupted or lose an answer. Whatever happened, each run keeps its promises.

use ocon::instance::{InstanceId, Record, Seen};
use ocon::plan::{BlockCode, Orphans, Rotate, RotateRequest};
use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

use crate::files::{Edit, FIELDS, Files, edit, named, numbered, some_files};
use crate::promises;
use crate::remote::{Remote, record};
use crate::world::World;

/// Something that happens.
#[derive(Clone, Debug)]
pub(crate) enum Transition {
    Files(Edit),
    Platform(usize, Disturbance),
    Run(Run),
}

/// Somebody edits the platform: one of its instances, or another one that appears there.
#[derive(Clone, Debug)]
pub(crate) enum Disturbance {
    Value(usize, &'static str),
    Rename(usize),
    Tag(&'static str),
    Disable(bool),
    Delete,
    /// Takes away the reserved tags that begin like this, and puts another in their place.
    Marks(&'static str, Option<&'static str>),
    /// The listing by tag leaves the instance out, or has it again.
    Unlist(bool),
    Double,
    Unmanaged(usize),
    Foreign(usize, usize),
}

/// One apply.
#[derive(Clone, Debug)]
pub(crate) enum Run {
    Undisturbed,
    Pruning,
    Rotating,
    /// Killed after so many writes.
    Killed(usize),
    /// The answer to a write is lost, which is carried out or not.
    Lost(usize, bool),
}

fn disturbance() -> impl Strategy<Value = Disturbance> {
    let text = prop::sample::select(vec!["", "15", "by hand", "{\"a\":\"x\",\"b\":[1.5,null]}"]);
    let marks = prop::sample::select(vec![
        ("ocon:", None),
        ("ocon:applied=", None),
        ("ocon:applied=", Some("ocon:applied=nonsense")),
        ("ocon:applied=", Some("ocon:applied=v2.newer")),
        ("ocon:key=", None),
        ("ocon:project=", None),
        ("ocon:project=", Some("ocon:project=other")),
        ("ocon:protect", Some("ocon:protect")),
    ]);
    prop_oneof![
        4 => (0..FIELDS.len(), text).prop_map(|(field, text)| Disturbance::Value(field, text)),
        1 => (0..3_usize).prop_map(Disturbance::Rename),
        1 => prop::sample::select(vec!["a", "by hand"]).prop_map(Disturbance::Tag),
        1 => any::<bool>().prop_map(Disturbance::Disable),
        1 => Just(Disturbance::Delete),
        3 => marks.prop_map(|(name, with)| Disturbance::Marks(name, with)),
        2 => any::<bool>().prop_map(Disturbance::Unlist),
        1 => Just(Disturbance::Double),
        1 => (0..3_usize).prop_map(Disturbance::Unmanaged),
        1 => (0..4_usize, 0..3_usize).prop_map(|(key, name)| Disturbance::Foreign(key, name)),
    ]
}

fn run() -> impl Strategy<Value = Run> {
    prop_oneof![
        6 => Just(Run::Undisturbed),
        1 => Just(Run::Pruning),
        1 => Just(Run::Rotating),
        2 => (0..6_usize).prop_map(Run::Killed),
        2 => (0..4_usize, any::<bool>()).prop_map(|(at, committed)| Run::Lost(at, committed)),
    ]
}

impl ReferenceStateMachine for Files {
    type State = Self;
    type Transition = Transition;

    fn init_state() -> BoxedStrategy<Self> {
        some_files().boxed()
    }

    fn transitions(_: &Self) -> BoxedStrategy<Transition> {
        prop_oneof![
            4 => edit().prop_map(Transition::Files),
            3 => (0..6_usize, disturbance()).prop_map(|(at, what)| Transition::Platform(at, what)),
            5 => run().prop_map(Transition::Run),
        ]
        .boxed()
    }

    fn apply(mut state: Self, transition: &Transition) -> Self {
        if let Transition::Files(edit) = transition {
            state.take(edit);
        }
        state
    }
}

struct Convergence;

impl StateMachineTest for Convergence {
    type SystemUnderTest = World;
    type Reference = Files;

    fn init_test(files: &Files) -> World {
        let mut world = World::new([]);
        world.wishes.allow_unset = true;
        world.desired = files.load();
        world
    }

    fn apply(mut world: World, files: &Files, transition: Transition) -> World {
        world.desired = files.load();
        world.fingerprint_key = files.fingerprint_key();
        match transition {
            Transition::Files(_) => {}
            Transition::Platform(at, what) => disturb(&world.remote, at, &what),
            Transition::Run(run) => run.check(&mut world),
        }
        world
    }
}

fn disturb(remote: &Remote, at: usize, what: &Disturbance) {
    let ids: Vec<InstanceId> = remote.records().into_keys().collect();
    match what {
        Disturbance::Unmanaged(name) => {
            remote.insert(|id| record(id, "hootsuite", &named(*name)));
        }
        Disturbance::Foreign(key, name) => {
            let key = format!("ocon:key={}", numbered(*key));
            let tags = vec![key, "ocon:project=other".to_owned()];
            remote.insert(|id| Record { tags, ..record(id, "hootsuite", &named(*name)) });
        }
        edit => {
            if let Some(id) = ids.get(at % ids.len().max(1)) {
                disturb_instance(remote, *id, edit);
            }
        }
    }
}

fn disturb_instance(remote: &Remote, id: InstanceId, what: &Disturbance) {
    match what {
        Disturbance::Delete => drop(remote.instances.lock().unwrap().remove(&id)),
        Disturbance::Unlist(true) => drop(remote.unlisted.lock().unwrap().insert(id)),
        Disturbance::Unlist(false) => drop(remote.unlisted.lock().unwrap().remove(&id)),
        Disturbance::Double => {
            let mut twin = remote.records().remove(&id).unwrap();
            // Whoever copies an instance cannot read its secrets.
            twin.configuration.retain(|key, _| !key.ends_with("secret"));
            remote.insert(|id| Record { id, ..twin });
        }
        edit => remote.edit(id, |record| edit.make(record)),
    }
}

impl Disturbance {
    fn make(&self, record: &mut Record) {
        match self {
            // Nobody can see that a masked value was replaced, only that it is gone.
            Self::Value(field, text) => {
                let key = FIELDS[*field];
                let text = if key.ends_with("secret") { "" } else { text };
                record.configuration.insert(key.into(), Seen::new(Some(text)));
            }
            Self::Rename(name) => record.name = named(*name),
            Self::Tag(tag) => {
                record.tags.retain(|known| known != tag);
                record.tags.push((*tag).to_owned());
            }
            Self::Disable(disabled) => record.disabled = *disabled,
            Self::Marks(name, with) => {
                record.tags.retain(|tag| !tag.starts_with(name));
                record.tags.extend(with.map(str::to_owned));
            }
            Self::Delete
            | Self::Unlist(_)
            | Self::Double
            | Self::Unmanaged(_)
            | Self::Foreign(..) => {}
        }
    }
}

impl Run {
    /// Plans and applies, and checks all that can be said of such a run.
    fn check(&self, world: &mut World) {
        self.prepare(world);
        let before = world.remote.records();
        let plan = world.plan();
        promises::of_a_plan(world, &plan, &before);
        world.written();
        let outcome = world.apply();
        promises::of_a_run(world, &plan, &outcome, &before);
        let is_undisturbed = world.remote.lost.lock().unwrap().take().is_some()
            || !matches!(self, Self::Killed(_) | Self::Lost(..));
        *world.remote.budget.lock().unwrap() = None;
        world.wishes.rotate = Rotate::default();
        let lacks = |code| plan.blocked.iter().any(|blocked| blocked.code == code);
        // A rotation that lacks a variable holds up the other changes of its document.
        let holds_up = matches!(self, Self::Rotating) && lacks(BlockCode::MissingVariable);
        // Of two with one key, a listing by tag may show one: whoever creates nothing sees no more.
        let is_half_seen =
            lacks(BlockCode::AmbiguousKey) && !world.remote.unlisted.lock().unwrap().is_empty();
        if is_undisturbed && !holds_up && !is_half_seen {
            promises::of_an_undisturbed_run(world, &plan, &outcome);
        }
        world.wishes.orphans = Orphans::Note;
    }

    fn prepare(&self, world: &mut World) {
        match self {
            Self::Undisturbed => {}
            Self::Pruning => world.wishes.orphans = Orphans::Prune,
            Self::Rotating => world.wishes.rotate = [RotateRequest::All].into_iter().collect(),
            Self::Killed(after) => *world.remote.budget.lock().unwrap() = Some(*after),
            Self::Lost(at, committed) => {
                *world.remote.lost.lock().unwrap() = Some((*at, *committed));
            }
        }
    }
}

/// 500 cases in every run; `PROPTEST_CASES=50000` for a night.
fn settings() -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig { cases: default.cases.max(500), max_shrink_iters: 20_000, ..default }
}

prop_state_machine! {
    #![proptest_config(settings())]
    #[test]
    fn every_run_of_any_history_keeps_its_promises(sequential 1..20 => Convergence);
}
