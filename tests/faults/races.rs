//! Several applies of the same files at once: one instance per document, and every run says what it
//! could not see. `OCON_RACES=200` asks for more of them than a test run has.

use std::collections::BTreeSet;
use std::time::Duration;

use fastrand::Rng;

use crate::judge::{Judge, carriers};
use crate::model::Document;
use crate::schedules::asked;
use crate::support::{Apply, Run, World};
use crate::time::Order;

/// How many documents there are.
const DOCUMENTS: usize = 10;

/// An empty platform and ten documents that have to be created.
pub(crate) fn ten_new() -> World {
    let mut world = World::new(None);
    let make = |number: usize| {
        let key = format!("new-{number}");
        if number.is_multiple_of(2) { Document::social(&key) } else { Document::desk(&key) }
    };
    world.documents = (0..DOCUMENTS).map(make).collect();
    world
}

/// Documents that do not have one instance.
pub(crate) fn not_once(world: &World) -> Vec<String> {
    let stored = world.stored();
    let ids = world.documents.iter().map(|it| (&it.key, carriers(&stored, &it.key)));
    let wrong = ids.filter(|(_, ids)| ids.len() != 1);
    wrong.map(|(key, ids)| format!("{key} has {ids:?}")).collect()
}

pub(crate) fn exits(runs: &[Run]) -> Vec<u8> {
    runs.iter().map(|run| run.exit).collect()
}

/// What must hold after applies at once that could see everything.
fn check_race(world: &World, runs: &[Run], what: &str) {
    assert_eq!(not_once(world), [""; 0], "{what}");
    let judge = Judge { world, before: &[], runs };
    assert_eq!(judge.after(), [""; 0], "{what}");
    for run in runs {
        let failures = run.results().iter().filter_map(|result| result.status.failure());
        let codes: BTreeSet<_> = failures.map(|failure| failure.code.as_str()).collect();
        let lost = run.touched.created.intersection(&run.touched.deleted).count();
        assert_eq!(codes.contains("concurrent-apply"), lost > 0, "{what}: {codes:?}");
        // A run may plan while two others have not yet settled which instance stays.
        let guarded = codes.contains("ambiguous-key");
        let expected = if guarded { 7 } else { 3 * u8::from(lost > 0) };
        assert_eq!(run.exit, expected, "{what}: {:#?}", run.results());
        assert!(
            codes.iter().all(|it| ["concurrent-apply", "ambiguous-key"].contains(it)),
            "{what}: {codes:?}"
        );
    }
    assert_eq!(judge.finally(&world.apply()), [""; 0], "{what}");
}

#[test]
fn applies_at_once_leave_one_instance_per_document_in_any_order() {
    for count in 2..=4 {
        for seed in 0..asked("OCON_RACES", 4) {
            let world = ten_new();
            world.time.order(Order::Seeded(Rng::with_seed(seed)));
            let apply = Apply { page_size: Some(2), ..Apply::default() };
            let runs = world.applies(&vec![apply; count]);
            check_race(&world, &runs, &format!("{count} applies, seed {seed}"));
        }
    }
}

/// Here each run reads page after page while others create.
#[test]
fn applies_side_by_side_leave_one_instance_per_document() {
    let world = ten_new();
    let apply = Apply { page_size: Some(2), ..Apply::default() };
    let runs = world.applies(&vec![apply; 4]);
    check_race(&world, &runs, "four applies side by side");
}

#[test]
fn applies_that_begin_one_after_the_other_leave_one_instance_per_document() {
    let world = ten_new();
    world.goes_wrong(
        "- { when: { method: POST }, lag: { account_listing: 2s, tag_listing: 2s } }\n",
    );
    world.time.order(Order::Seeded(Rng::with_seed(1)));
    let apply = |seconds| Apply { begins_after: Duration::from_secs(seconds), ..Apply::default() };
    let runs = world.applies(&[apply(0), apply(1), apply(2)]);
    world.time.pass(Duration::from_mins(1));
    world.goes_well();
    check_race(&world, &runs, "three applies, a second apart");
}

/// A run is known by the size of its pages: its listings fail once it has planned.
#[test]
fn every_run_that_cannot_check_its_creates_ends_with_3() {
    for seed in 0..4 {
        let world = ten_new();
        world.time.order(Order::Seeded(Rng::with_seed(seed)));
        let fails = |size: usize| {
            format!(
                "- {{ when: {{ method: GET, query: \"pageSize={size}\", occurrence: 3.. }}, status: 400 }}\n"
            )
        };
        world.goes_wrong(&[fails(102), fails(103)].concat());
        let apply = |size| Apply { page_size: Some(size), ..Apply::default() };
        let runs = world.applies(&[apply(101), apply(102), apply(103)]);
        for (number, run) in (1..).zip(&runs).skip(1) {
            let notes = run.done.iter().flat_map(|(_, outcome)| &outcome.notes);
            let unchecked = notes.into_iter().any(|note| note.code.as_str() == "unchecked-rivals");
            assert_eq!(unchecked, !run.touched.created.is_empty(), "seed {seed}, run {number}");
            assert!(
                !unchecked || [3, 7].contains(&run.exit),
                "seed {seed}, run {number}: {}",
                run.exit
            );
        }
        world.goes_well();
        let judge = Judge { world: &world, before: &[], runs: &runs };
        assert_eq!(judge.after(), [""; 0], "seed {seed}");
        assert_eq!(judge.finally(&world.apply()), [""; 0], "seed {seed}");
    }
}

/// The run whose answer is lost finds the other run's instance instead of its own, which comes later.
#[test]
fn a_lost_create_that_finds_a_rival_is_not_forgotten() {
    for (seed, lost) in (0..4).flat_map(|seed| [2, 11, 15, 20].map(|lost| (seed, lost))) {
        let world = ten_new();
        world.time.order(Order::Seeded(Rng::with_seed(seed)));
        let when = format!("method: POST, path: /instances, occurrence: {lost}");
        world.goes_wrong(&format!(
            "- {{ when: {{ {when} }}, reset: after, lag: {{ commit: 20s }} }}\n"
        ));
        let runs = world.applies(&vec![Apply::default(); 2]);
        world.time.pass(Duration::from_mins(1));
        let judge = Judge { world: &world, before: &[], runs: &runs };
        assert_eq!(judge.after(), [""; 0], "seed {seed}, POST {lost}: {:?}", exits(&runs));
    }
}
