//! Cases that the table and the schedules found, and cases that they cannot show.

use ocon::plan::BlockCode;
use ocon::report::human::{self, Layout};
use ocon::report::json::{ResultDocument, render};

use crate::columns::{Column, TARGET};
use crate::fifty_instances::Fifty;
use crate::model::duplicates;
use crate::support::World;

/// An apply that meets these faults.
fn met(column: Column, page_size: usize, rules: &str) -> (World, crate::support::Run) {
    let mut world = column.prepared().world();
    world.page_size = page_size;
    world.set_faults(rules);
    let run = world.apply();
    (world, run)
}

fn ends_well(world: &World) {
    world.goes_well();
    assert_eq!(world.apply().exit, 0);
    // OrphanPolicy of a connector of which something was created go in the next run.
    assert_eq!(world.apply().exit, 0);
    assert_eq!(world.differences(), [""; 0]);
    assert!(world.plan().is_empty() && duplicates(&world.stored()).is_empty());
}

/// Both listings left out the first instance of the second page, which was created again.
#[test]
fn an_instance_that_slips_between_two_pages_is_not_created_again() {
    let skip = "- { when: { method: GET, path: /instances }, shift_listing: skip }";
    let (world, run) = met(Column::Update, 3, skip);
    let error = run.error.as_ref().unwrap().to_string();
    assert!(error.ends_with("instances, and each of 3 reads missed different ones"), "{error}");
    assert!(run.journal.iter().all(|entry| entry.method == "GET"));
    ends_well(&world);
}

/// It took 10,000 pages, of some tenths of a second each, to see it.
#[test]
fn a_listing_without_end_is_given_up_soon() {
    let endless = "- { when: { method: GET, path: /instances }, endless_pages: true }";
    let (world, run) = met(Column::Update, 3, endless);
    assert_eq!(run.exit, 6);
    assert!(run.journal.len() < 10, "{}", run.journal.len());
    ends_well(&world);
}

/// There was no report, and the exit code was 0.
#[test]
fn an_apply_that_could_not_check_its_creates_is_not_complete() {
    let broken = "- { when: { method: GET, occurrence: 3.. }, status: 400 }";
    let (world, run) = met(Column::Create, 200, broken);
    assert_eq!(run.exit, 3);
    let (plan, outcome) = run.done.as_ref().unwrap();
    let text = human::outcome(&ResultDocument::new(outcome, 0), Layout::default());
    let note = text.lines().skip_while(|line| !line.starts_with("  note:"));
    let note: Vec<_> = note.take_while(|line| !line.is_empty()).map(str::trim).collect();
    let note = note.join(" ");
    let (before, after) = note.split_once(" (request ").unwrap();
    assert!(
        before.starts_with(
            "note: unchecked-rivals: it could not be checked whether another run created `target` (instance 2"
        ),
        "{before}"
    );
    assert!(
        before.ends_with(
            "concurrently: GET /instances?tags%5B%5D=ocon%3Aproject%3Dtests&pageSize=200 \
             failed: HTTP 400 Bad Request: The sandbox simulates this error"
        ),
        "{before}"
    );
    let after = after.split_once("). ").unwrap().1;
    assert_eq!(after, "If it did, the next plan names both instances");
    assert!(text.ends_with("Wait 2 minutes, then run it again.\n"), "{text}");
    let json = render(&ResultDocument::new(outcome, plan.untouched.unchanged));
    assert!(json.contains("\"notes\": [\n    {\n      \"code\": \"unchecked-rivals\","), "{json}");
    ends_well(&world);
}

/// An instance without reserved tags cannot be found again, so it is reported, and nothing is created.
#[test]
fn an_instance_whose_tags_are_never_stored_is_named_and_not_duplicated() {
    let dropped = "- { when: {}, drop_tags: true }";
    let (world, run) = met(Column::Create, 200, dropped);
    assert_eq!(
        (run.exit, run.results()[0].status.failure().unwrap().code.as_str()),
        (3, "mark-not-stored")
    );
    let id = run.results()[0].instance.as_ref().unwrap().id;
    world.goes_well();
    let before = world.stored().len();
    assert_eq!(world.apply().exit, 3);
    assert_eq!(world.stored().len(), before);
    let blocked = &world.plan().blocked[0];
    assert_eq!((blocked.code, blocked.key.as_str()), (BlockCode::UnmanagedNamesake, TARGET));
    assert!(blocked.message.contains(&id.to_string()), "{}", blocked.message);
}

/// Killed at a request, before or after it is executed: the next run converges.
#[test]
fn interrupted_at_any_request_and_run_again_it_converges() {
    let mut finished = false;
    for request in (1..).step_by(6).take_while(|request| *request < 400) {
        for killed in ["before", "after"] {
            let mut world = Fifty::prepared().world(&mut fastrand::Rng::with_seed(7));
            world.concurrency = 1;
            let after = request + 1;
            world.set_faults(&format!(
                "- {{ when: {{ occurrence: {request} }}, reset: {killed} }}\n- {{ when: {{ occurrence: {after}.. }}, reset: before }}"
            ));
            finished = world.apply().exit == 0;
            assert!(duplicates(&world.stored()).is_empty(), "{killed} request {request}");
            ends_well(&world);
        }
        if finished {
            break;
        }
    }
    assert!(finished);
}
