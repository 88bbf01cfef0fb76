//! Many random faults: nothing is duplicated, nothing is lost, and the exit code reports failures.
//!
//! `OCON_SCHEDULES` asks for more schedules than a test run has, `OCON_SEED` for others.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::ops::Range;
use std::sync::Mutex;
use std::thread;

use fastrand::Rng;
use ocon::apply::StepStatus;
use ocon::plan::Action;

use crate::fifty_instances::Fifty;
use crate::model::{Document, Stored, duplicates};
use crate::script::{Edit, Script, What};
use crate::support::{Run, World};

/// Schedules in a test run.
const SCHEDULES: u64 = 20;

/// Concurrent schedules.
const WORKERS: u64 = 2;

#[test]
fn no_fault_duplicates_or_loses_an_instance() {
    let total = run_seeds(SCHEDULES, schedule, Figures::add);
    assert!(total.wrong.is_empty(), "{}", total.wrong.join("\n"));
}

/// Runs as many schedules as are asked for, some at a time, and prints and returns their total.
#[expect(clippy::print_stdout, reason = "only tests call it")]
pub(crate) fn run_seeds<T: Default + Debug + Send>(
    schedules: u64,
    schedule: impl Fn(u64) -> T + Sync,
    add: impl Fn(&mut T, T) + Sync,
) -> T {
    let (schedules, first) = (asked("OCON_SCHEDULES", schedules), asked("OCON_SEED", 1));
    let total = Mutex::new(T::default());
    for_each_seed(first..first + schedules, |seed| {
        let figures = schedule(seed);
        add(&mut total.lock().unwrap(), figures);
    });
    let total = total.into_inner().unwrap();
    println!("{schedules} schedules from seed {first}: {total:#?}");
    total
}

/// Runs a schedule for each seed, some at a time.
pub(crate) fn for_each_seed(seeds: Range<u64>, schedule: impl Fn(u64) + Sync) {
    let seeds = Mutex::new(seeds);
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let seed = seeds.lock().unwrap().next();
                    let Some(seed) = seed else { break };
                    schedule(seed);
                }
            });
        }
    });
}

#[expect(clippy::disallowed_methods, reason = "a test may be asked for more")]
pub(crate) fn asked(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// The results of schedules.
#[derive(Debug, Default)]
struct Figures {
    requests: usize,
    /// How often each fault befell a request.
    faults: BTreeMap<String, usize>,
    /// How often each exit code came.
    exits: BTreeMap<u8, usize>,
    /// How often each outcome came.
    outcomes: BTreeMap<&'static str, usize>,
    /// Violations.
    wrong: Vec<String>,
}

impl Figures {
    fn of(run: &Run) -> Self {
        let mut figures = Self { requests: run.journal.len(), ..Self::default() };
        for fault in run.journal.iter().filter_map(|entry| entry.fault.as_deref()) {
            *figures.faults.entry(fault.to_owned()).or_default() += 1;
        }
        figures.exits.insert(run.exit, 1);
        for result in run.results() {
            *figures.outcomes.entry(result.status.outcome().as_str()).or_default() += 1;
        }
        figures
    }

    fn add(&mut self, other: Self) {
        self.requests += other.requests;
        self.wrong.extend(other.wrong);
        for (fault, times) in other.faults {
            *self.faults.entry(fault).or_default() += times;
        }
        for (exit, times) in other.exits {
            *self.exits.entry(exit).or_default() += times;
        }
        for (outcome, times) in other.outcomes {
            *self.outcomes.entry(outcome).or_default() += times;
        }
    }
}

/// One schedule: applies while things go wrong, and one while they do not.
fn schedule(seed: u64) -> Figures {
    let mut random = Rng::with_seed(seed);
    let mut world = Fifty::prepared().world(&mut random);
    world.page_size = if random.bool() { 10 } else { 200 };
    world.concurrency = if random.bool() { 4 } else { 1 };
    world.stop_after = (random.u8(0..10) == 0).then(|| random.usize(1..20));
    let (mut figures, mut edits, mut reported) = (Figures::default(), Vec::new(), String::new());
    for _ in 0..random.usize(1..=2) {
        let before = world.stored();
        let script = Script::random(&before, &world.documents, &mut random);
        world.set_faults(&script.rules);
        let run = world.apply();
        let happened = script.edits.into_iter().filter(|edit| edit.happened(&run.journal));
        let recent: Vec<_> = happened.collect();
        edits.extend(recent.iter().cloned());
        let checker = Checker { world: &world, before: &before, recent: &recent, edits: &edits };
        figures.add(Figures::of(&run));
        figures.wrong.extend(checker.first(&run));
        reported.push_str(&format!("{}\n{:#?}\n", script.rules, run.results()));
    }
    let before = world.stored();
    world.goes_well();
    world.stop_after = None;
    // OrphanPolicy of a connector of which something was created go in the run after that.
    world.apply();
    let last = world.apply();
    let checker = Checker { world: &world, before: &before, recent: &[], edits: &edits };
    figures.wrong.extend(checker.last(&last));
    if !figures.wrong.is_empty() {
        let wrong = figures.wrong.join("\n");
        let again = format!("OCON_SEED={seed} OCON_SCHEDULES=1 cargo test --test faults schedules");
        figures.wrong = vec![format!("seed {seed}, again with {again}:\n{reported}\n{wrong}")];
    }
    figures
}

/// Facts that are known independently of the client.
struct Checker<'a> {
    world: &'a World,
    before: &'a [Stored],
    /// The edits of third parties during the apply.
    recent: &'a [Edit],
    /// All their edits so far.
    edits: &'a [Edit],
}

impl Checker<'_> {
    /// Violations after the apply with faults.
    fn first(&self, run: &Run) -> Vec<String> {
        let after = self.world.stored();
        let mut wrong = self.always(&after);
        wrong.extend(self.exit(run, &after));
        for result in run.results() {
            let failure = result.status.failure();
            let message = failure.map_or("", |failure| &failure.message);
            wrong.extend(message.contains("s3cret").then(|| format!("leaked: {message}")));
        }
        wrong.extend(self.kept_promises(run, &after));
        wrong.extend(self.left_alone(run, &after));
        wrong
    }

    /// Violations after the apply without faults.
    fn last(&self, run: &Run) -> Vec<String> {
        let after = self.world.stored();
        let mut wrong = self.always(&after);
        wrong.extend(
            (run.exit != 0)
                .then(|| format!("the last apply ended with {}: {:#?}", run.exit, run.results())),
        );
        wrong.extend(self.world.differences());
        wrong.extend(self.unwanted(&after).map(|id| format!("{id} is still there")));
        let plan = self.world.plan();
        let left = !plan.is_empty() || !plan.blocked.is_empty();
        wrong.extend(left.then(|| format!("left to do: {:#?} {:#?}", plan.steps, plan.blocked)));
        wrong
    }

    /// Violations at any time: duplicates, changes of other instances, and lost edits of third parties.
    fn always(&self, after: &[Stored]) -> Vec<String> {
        let mut wrong = Vec::new();
        let duplicated = duplicates(after);
        wrong.extend((!duplicated.is_empty()).then(|| format!("duplicated: {duplicated:?}")));
        let adopted: BTreeSet<u64> =
            self.world.documents.iter().filter_map(|document| document.id).collect();
        let others = |stored: &[Stored]| -> Vec<Stored> {
            let others = stored
                .iter()
                .filter(|instance| !instance.is_ours() && !adopted.contains(&instance.id));
            others.cloned().collect()
        };
        wrong.extend(
            (others(self.before) != others(after))
                .then(|| format!("others changed: {:#?}", others(after))),
        );
        for edit in self.edits.iter().filter(|edit| edit.what == What::Undeclared) {
            let undone = |instance: &&Stored| {
                instance.id == edit.id && !instance.configuration.contains_key("note")
            };
            wrong.extend(after.iter().find(undone).map(|_| format!("undone: {edit:?}")));
        }
        wrong
    }

    /// Whether the exit code is the one that follows from the results, and a success is one.
    fn exit(&self, run: &Run, after: &[Stored]) -> Vec<String> {
        let writes = run.journal.iter().filter(|entry| entry.method != "GET").count();
        let Some((plan, outcome)) = &run.done else {
            let silent = run.exit == 6 && writes == 0 && run.error.is_some();
            return Vec::from_iter((!silent).then(|| format!("no plan: {}, {writes}", run.exit)));
        };
        let expected = match (outcome.interrupted, outcome.is_complete()) {
            (true, _) => 130,
            (false, true) => 0,
            (false, false) => 3,
        };
        let mut wrong =
            Vec::from_iter((run.exit != expected).then(|| format!("{} not {expected}", run.exit)));
        if run.exit == 0 {
            let documents =
                self.world.documents.iter().filter(|document| !self.is_touched(document));
            wrong.extend(
                documents
                    .flat_map(|document| document.differences(after, &self.world.variables))
                    .map(|difference| format!("exit 0, and {difference}")),
            );
            // An orphan that a listing leaves out is not seen.
            let blind = run.met("shift_listing") || run.met("tag_filter_empty");
            let is_kept = |id: &u64| {
                let mut notes =
                    plan.notes.iter().filter(|note| note.code.as_str() == "kept-from-prune");
                notes.any(|note| note.instance_id.is_some_and(|kept| kept.get() == *id))
            };
            let left = self.unwanted(after).filter(|id| !blind && !is_kept(id));
            wrong.extend(left.map(|id| format!("exit 0, and {id} is there")));
        }
        wrong
    }

    /// Steps that were reported as done and are not.
    fn kept_promises(&self, run: &Run, after: &[Stored]) -> Vec<String> {
        let mut wrong = Vec::new();
        for result in run.results().iter().filter(|result| result.status == StepStatus::Done) {
            let key = result.key.as_str();
            if result.action == Some(Action::Delete) {
                let there = after.iter().any(|instance| instance.is_for(key));
                wrong.extend(there.then(|| format!("{key} was not deleted")));
                continue;
            }
            let of_key = |other: &&ocon::apply::StepResult| other.key == result.key;
            let whole =
                run.results().iter().filter(of_key).all(|one| one.status == StepStatus::Done);
            let document =
                self.world.documents.iter().find(|document| document.key == key).unwrap();
            if whole && !self.is_touched(document) {
                let lost = document.differences(after, &self.world.variables);
                wrong.extend(lost.into_iter().map(|what| format!("done, and {what}")));
            }
        }
        wrong
    }

    /// Changes without a step.
    fn left_alone(&self, run: &Run, after: &[Stored]) -> Vec<String> {
        let steps: BTreeSet<_> = run.results().iter().map(|result| result.key.as_str()).collect();
        let untouched = self.before.iter().filter(|instance| {
            !self.recent.iter().any(|edit| edit.id == instance.id)
                && !steps.iter().any(|key| instance.is_for(key))
                && instance.is_ours()
        });
        let changed = untouched.filter(|instance| !after.contains(instance));
        changed.map(|instance| format!("{} changed without a step", instance.name)).collect()
    }

    /// Whether a third party changed what the document declares.
    fn is_touched(&self, document: &Document) -> bool {
        let edits = self.recent.iter().filter(|edit| edit.what != What::Undeclared);
        let ids: BTreeSet<_> = edits.map(|edit| edit.id).collect();
        self.before
            .iter()
            .any(|instance| ids.contains(&instance.id) && instance.is_for(&document.key))
    }

    /// Our instances that no document wants.
    fn unwanted(&self, after: &[Stored]) -> impl Iterator<Item = u64> {
        let wanted = |instance: &Stored| {
            self.world.documents.iter().any(|document| instance.is_for(&document.key))
        };
        let unwanted = after.iter().filter(|instance| instance.is_ours() && !wanted(instance));
        unwanted.map(|instance| instance.id).collect::<Vec<_>>().into_iter()
    }
}
