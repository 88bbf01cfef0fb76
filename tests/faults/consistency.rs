//! How late each view of the platform may be. Within each bound nothing is duplicated and nothing is
//! reported as failed; beyond it, the run says so. `docs/consistency.md` has the table.

use std::time::Duration;

use crate::checker::{Checker, instances_by_key};
use crate::concurrent_applies::{exits, not_once, ten_new};
use crate::model::{Document, duplicates};
use crate::support::{Apply, Run, World};

/// Two applies in immediate succession while every change lags so.
fn succession(lag: &str) -> (World, [Run; 2]) {
    let world = ten_new();
    world.set_faults(&format!("- lag: {{ {lag} }}\n"));
    let runs = [world.apply(), world.apply()];
    (world, runs)
}

/// The second apply found what the first one created.
fn changes_nothing((world, [first, second]): &(World, [Run; 2])) {
    let exits = (first.exit, second.exit);
    assert_eq!(exits, (0, 0), "{:#?}\n{:#?}", first.done, second.done);
    let writes = second.journal.iter().filter(|entry| entry.method != "GET");
    let writes: Vec<_> = writes.map(|entry| format!("{} {}", entry.method, entry.path)).collect();
    assert_eq!(writes, [""; 0]);
    assert_eq!(not_once(world), [""; 0]);
    assert_eq!(world.differences(), [""; 0]);
}

fn notes(run: &Run) -> Vec<&'static str> {
    let outcome = run.done.iter().map(|(_, outcome)| outcome);
    outcome.flat_map(|outcome| &outcome.notes).map(|note| note.code.as_str()).collect()
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// After every lag has passed, the platform matches the files in two more applies.
fn converges(world: &World, runs: &[Run]) {
    world.time.pass(seconds(300));
    world.goes_well();
    let checker = Checker { world, before: &[], runs };
    assert_eq!(checker.after(), [""; 0]);
    world.apply();
    assert_eq!(checker.finally(&world.apply()), [""; 0]);
    assert_eq!(duplicates(&world.stored()), [0; 0]);
}

#[test]
fn a_tag_listing_may_be_as_late_as_it_likes() {
    changes_nothing(&succession("tag_listing: 10m"));
}

#[test]
fn the_listing_of_the_account_may_be_late_where_the_tag_listing_is_not() {
    changes_nothing(&succession("account_listing: 10m"));
}

#[test]
fn a_read_by_id_may_be_late() {
    changes_nothing(&succession("get: 10m"));
}

#[test]
fn both_listings_may_be_five_seconds_late() {
    changes_nothing(&succession("tag_listing: 5s, account_listing: 5s"));
}

#[test]
fn both_listings_may_be_as_late_as_the_end_of_an_apply_waits() {
    changes_nothing(&succession("tag_listing: 59s, account_listing: 59s"));
}

/// Only the listing of the account has them, so the second apply reads each by its id.
#[test]
fn an_instance_that_cannot_be_read_yet_is_read_for_30_seconds() {
    changes_nothing(&succession("tag_listing: 10m, get: 25s"));
}

#[test]
fn an_instance_that_cannot_be_read_after_30_seconds_is_blocked() {
    let (world, [first, second]) = succession("tag_listing: 10m, get: 5m");
    assert_eq!((first.exit, second.exit), (0, 3));
    let codes =
        second.results().iter().filter_map(|it| it.status.failure().map(|it| it.code.as_str()));
    assert!(codes.clone().count() == 10 && codes.clone().all(|code| code == "not-yet-readable"));
    converges(&world, &[first, second]);
}

#[test]
fn an_apply_reports_creates_that_are_not_listed_within_60_seconds() {
    let world = ten_new();
    world.set_faults("- lag: { tag_listing: 70s, account_listing: 70s }\n");
    let first = world.apply();
    assert_eq!((first.exit, notes(&first)), (3, vec!["not-listed-yet"]));
    assert!(world.time.passed() >= seconds(60), "{:?}", world.time.passed());
    world.time.pass(seconds(10));
    let second = world.apply();
    changes_nothing_more(&world, &second);
    converges(&world, &[first, second]);
}

fn changes_nothing_more(world: &World, run: &Run) {
    assert_eq!(run.exit, 0, "{:#?}", run.done);
    assert!(run.journal.iter().all(|entry| entry.method == "GET"));
    assert_eq!(not_once(world), [""; 0]);
}

/// A plan sees the old state, so the same values are sent again.
#[test]
fn an_update_that_is_not_visible_yet_is_sent_again() {
    let mut world = ten_new();
    assert_eq!(world.apply().exit, 0);
    for document in &mut world.documents {
        document.name.push_str(" renamed");
    }
    world.set_faults("- lag: { tag_listing: 30s, account_listing: 30s, get: 30s }\n");
    let runs = [world.apply(), world.apply()];
    assert_eq!(exits(&runs), [0, 0]);
    assert_eq!(runs[1].results().len(), 10);
    assert_eq!(world.differences(), [""; 0]);
    converges(&world, &runs);
}

/// A plan still sees the instance, and deleting it again is a success.
#[test]
fn a_delete_that_is_not_visible_yet_is_sent_again() {
    let mut world = ten_new();
    assert_eq!(world.apply().exit, 0);
    world.documents.truncate(8);
    world.set_faults("- lag: { tag_listing: 30s, account_listing: 30s, get: 30s }\n");
    let before = world.stored();
    let runs = [world.apply(), world.apply()];
    assert_eq!(exits(&runs), [0, 0]);
    let deletes = runs.each_ref().map(|run| run.touched.deleted.len());
    assert_eq!((deletes, world.stored().len()), ([2, 2], before.len() - 2));
    world.time.pass(seconds(30));
    assert!(world.plan().is_empty());
}

/// The answer to the first POST is lost, and the instance exists only later.
fn late_commit(lag: &str) -> (World, Run) {
    let world = ten_new();
    let when = "method: POST, path: /instances, occurrence: 1";
    world.set_faults(&format!("- {{ when: {{ {when} }}, reset: after, lag: {{ {lag} }} }}\n"));
    let run = world.apply();
    (world, run)
}

#[test]
fn a_create_whose_answer_was_lost_is_found_within_30_seconds() {
    for lag in [
        "commit: 1s",
        "commit: 29s",
        "commit: 20s, account_listing: 9s",
        "commit: 5s, tag_listing: 10m",
    ] {
        let (world, run) = late_commit(lag);
        assert_eq!(run.exit, 0, "{lag}: {:#?}", run.done);
        assert_eq!(not_once(&world), [""; 0], "{lag}");
        converges(&world, &[run]);
    }
}

#[test]
fn a_create_whose_answer_was_lost_is_unknown_after_30_seconds_and_the_next_run_finds_it() {
    let (world, run) = late_commit("commit: 2m");
    assert_eq!(run.exit, 3);
    let outcomes: Vec<_> = run.results().iter().map(|it| it.status.outcome().as_str()).collect();
    assert_eq!(outcomes.iter().filter(|it| **it == "unknown").count(), 1, "{outcomes:?}");
    world.time.pass(seconds(120));
    let second = world.apply();
    assert_eq!(second.exit, 0);
    converges(&world, &[run, second]);
}

/// Two concurrent applies that do not see each other's creates for this time.
fn concurrent_runs(lag: &str) -> (World, Vec<Run>) {
    let world = ten_new();
    world.set_faults(&format!("- lag: {{ {lag} }}\n"));
    let runs = world.applies(&vec![Apply::default(); 2]);
    (world, runs)
}

#[test]
fn rivals_find_each_other_where_one_listing_is_in_time() {
    for lag in ["tag_listing: 5m", "tag_listing: 5m, account_listing: 20s", "get: 5m"] {
        let (world, runs) = concurrent_runs(lag);
        assert!(exits(&runs).iter().all(|exit| [0, 3].contains(exit)), "{lag}: {:?}", exits(&runs));
        assert_eq!(not_once(&world), [""; 0], "{lag}");
        converges(&world, &runs);
    }
}

#[test]
fn rivals_find_each_other_where_both_listings_are_late() {
    for lag in [5, 29, 50] {
        let (world, runs) =
            concurrent_runs(&format!("tag_listing: {lag}s, account_listing: {lag}s"));
        assert_eq!(not_once(&world), [""; 0], "{lag}: {:?}", exits(&runs));
        converges(&world, &runs);
    }
}

#[test]
fn concurrent_creates_that_cannot_see_each_other_are_reported_as_unchecked() {
    let (world, runs) = concurrent_runs("tag_listing: 5m, account_listing: 5m");
    assert_eq!(exits(&runs), [3, 3]);
    world.time.pass(seconds(300));
    let checker = Checker { world: &world, before: &[], runs: &runs };
    assert_eq!(checker.after(), [""; 0]);
}

/// The tests that the page names, in the last column of its tables.
#[test]
fn the_page_names_tests_that_exist() {
    let read = |path: &str| {
        std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path))
            .unwrap()
    };
    let sources = ["consistency", "concurrent_applies", "lag_schedules"];
    let sources = sources.map(|name| read(&format!("tests/faults/{name}.rs"))).concat();
    let page = read("docs/consistency.md");
    let rows = page.lines().filter(|line| line.starts_with("| ") && line.contains('`'));
    let named: Vec<_> = rows.filter_map(|row| row.rsplit('|').nth(1)).collect();
    let named = named.iter().flat_map(|cell| cell.split('`').skip(1).step_by(2));
    let is_test =
        |name: &&str| name.len() > 20 && !name.contains(|c: char| c != '_' && !c.is_alphanumeric());
    let named: Vec<_> = named.filter(is_test).collect();
    assert!(named.len() >= 12, "{named:?}");
    for name in named {
        assert!(sources.contains(&format!("fn {name}()")), "docs/consistency.md names `{name}`");
    }
}

/// An instance that got another document key, and a document that takes the old key in the same run.
fn reused_key(lag: &str) -> (World, [Run; 2], Vec<u64>) {
    let mut world = ten_new();
    assert_eq!(world.apply().exit, 0);
    let id = instances_by_key(&world.stored(), "new-1");
    world.set_faults(&format!("- lag: {{ {lag} }}\n"));
    world.documents[1].key = "moved".into();
    let moved = world.apply();
    let mut other = Document::desk("new-1");
    other.name = "Another desk".into();
    world.documents.push(other);
    let early = world.apply();
    (world, [moved, early], id)
}

#[test]
fn a_move_is_awaited_before_its_old_document_key_is_used_again() {
    for lag in ["tag_listing: 8s", "tag_listing: 59s, account_listing: 59s", "get: 8s"] {
        let (world, [moved, early], id) = reused_key(lag);
        assert_eq!((moved.exit, early.exit), (0, 0), "{lag}: {:#?}", early.results());
        assert_eq!(instances_by_key(&world.stored(), "moved"), id, "{lag}");
        converges(&world, &[early]);
        assert_eq!(
            (instances_by_key(&world.stored(), "moved"), not_once(&world).len()),
            (id, 0),
            "{lag}"
        );
    }
}

/// Beyond the wait, the first apply reports it, and the second one sees that two views disagree.
#[test]
fn a_document_key_that_changed_is_not_decided_by_a_late_listing() {
    let (world, [moved, early], id) = reused_key("tag_listing: 5m");
    assert_eq!((moved.exit, notes(&moved)), (3, vec!["not-listed-yet"]));
    let codes =
        early.results().iter().filter_map(|it| it.status.failure().map(|it| it.code.as_str()));
    assert_eq!((early.exit, codes.collect::<Vec<_>>()), (3, vec!["listings-disagree"; 2]));
    assert_eq!(instances_by_key(&world.stored(), "moved"), id);
    converges(&world, &[early]);
    assert_eq!((instances_by_key(&world.stored(), "moved"), not_once(&world).len()), (id, 0));
}

/// An orphan looks like the document that was moved a moment ago and is renamed now.
#[test]
fn a_move_that_is_not_visible_yet_duplicates_no_key() {
    for (lag, exits) in [("tag_listing: 8s", (0, 0)), ("tag_listing: 5m", (3, 3))] {
        let mut world = ten_new();
        assert_eq!(world.apply().exit, 0);
        let id = instances_by_key(&world.stored(), "new-1");
        world.set_faults(&format!("- lag: {{ {lag} }}\n"));
        let gone = world.documents.remove(3);
        world.documents[1].key = "moved".into();
        let first = world.apply();
        world.documents[1].name = gone.name;
        let second = world.apply();
        assert_eq!((first.exit, second.exit), exits, "{lag}: {:#?}", second.results());
        assert_eq!(instances_by_key(&world.stored(), "moved"), id, "{lag}");
        world.time.pass(seconds(300));
        world.goes_well();
        world.apply();
        assert_eq!(world.apply().exit, 0);
        assert_eq!((instances_by_key(&world.stored(), "moved"), not_once(&world).len()), (id, 0));
    }
}
