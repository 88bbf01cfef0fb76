//! Two concurrent runs create the same instance.

use ocon::apply::{FailureCode, Outcome};
use ocon::cli::terminal::failure::Exit;
use ocon::instance::InstanceId;

use crate::remote::ConcurrentCreate;
use crate::world::{World, document, first_failure, webhook_url};

const FIRST: InstanceId = InstanceId::new(20931);
const SECOND: InstanceId = InstanceId::new(20932);

fn desk() -> World {
    World::new([document("desk", &[("url", webhook_url())])])
}

fn racing(is_first: bool, leaves_after: Option<usize>) -> World {
    let world = desk();
    *world.remote.concurrent.lock().unwrap() = Some(ConcurrentCreate { is_first, leaves_after });
    world
}

fn race(is_first: bool, leaves_after: Option<usize>) -> (World, Outcome) {
    let world = racing(is_first, leaves_after);
    let outcome = world.apply();
    (world, outcome)
}

fn printed(outcome: &Outcome) -> (&str, &str) {
    let failure = first_failure(outcome);
    (failure.code.as_str(), &failure.message)
}

#[test]
fn the_run_with_the_higher_id_rolls_its_create_back() {
    let (world, outcome) = race(true, None);
    assert_eq!(
        printed(&outcome),
        (
            "concurrent-apply",
            "another run created instance 20931 for this document concurrently, so instance 20932 was \
             deleted"
        )
    );
    assert_eq!(outcome.results[0].instance, None);
    assert!(!outcome.is_guarded());
    assert!(world.remote.records().keys().eq([&FIRST]));
    assert_eq!(world.written().last().unwrap(), "DELETE /instances/20932");
}

#[test]
fn the_run_with_the_lower_id_waits_until_the_other_is_gone() {
    let (world, outcome) = race(false, Some(2));
    assert!(outcome.is_complete());
    assert!(world.remote.records().keys().eq([&FIRST]));
    world.is_settled();
}

#[test]
fn a_rival_that_stays_is_named_and_left_alone() {
    let (world, outcome) = race(false, None);
    assert_eq!(
        printed(&outcome),
        (
            "duplicate-instance",
            "instances 20931 and 20932 both have the document key `desk`: another run created one \
             concurrently and did not delete it. Delete one of them"
        )
    );
    assert!(outcome.is_guarded());
    assert!(world.remote.records().keys().eq([&FIRST, &SECOND]));
    assert!(world.plan().is_guarded());
}

#[test]
fn only_an_id_from_the_reply_to_our_create_is_ever_deleted() {
    let world = racing(true, None);
    *world.remote.lost.lock().unwrap() = Some((0, true));
    let outcome = world.apply();
    assert_eq!(printed(&outcome).0, "duplicate-instance");
    assert!(!world.written().iter().any(|write| write.starts_with("DELETE")));
    assert!(world.remote.records().keys().eq([&FIRST, &SECOND]));
    assert!(world.plan().is_guarded());
}

#[test]
fn a_failed_check_for_concurrent_creates_is_reported() {
    let world = racing(true, None);
    *world.remote.looks.lock().unwrap() = Some(2);
    let outcome = world.apply();
    let [note] = outcome.notes.as_slice() else { panic!("{outcome:#?}") };
    assert_eq!(note.code, FailureCode::UncheckedRivals);
    assert_eq!(
        note.message,
        "it could not be checked whether another run created `desk` (instance 20932) concurrently: GET \
         /instances failed: the connection broke before the answer was complete: reset. If it did, the next \
         plan names both instances"
    );
    assert!(!outcome.is_complete());
    *world.remote.looks.lock().unwrap() = None;
    assert!(world.plan().is_guarded());
}

#[test]
fn an_unchecked_concurrent_create_is_reported_with_the_reason() {
    let world = racing(false, Some(2));
    *world.remote.looks.lock().unwrap() = Some(3);
    let outcome = world.apply();
    assert_eq!(printed(&outcome).0, "duplicate-instance");
    assert_eq!(outcome.notes.len(), 1, "{:#?}", outcome.notes);
}

#[test]
fn an_apply_ends_when_a_listing_shows_what_it_created() {
    let world = desk();
    let approved = world.approved();
    // Both listings of each look, for four looks.
    *world.remote.late.lock().unwrap() = 8;
    let outcome = world.carry_out(&approved);
    assert!(outcome.is_complete(), "{outcome:#?}");
    assert_eq!(*world.remote.late.lock().unwrap(), 0);
}

#[test]
fn an_instance_that_no_listing_shows_within_a_minute_is_reported_with_the_delay() {
    let world = desk();
    let approved = world.approved();
    *world.remote.late.lock().unwrap() = 100;
    let outcome = world.carry_out(&approved);
    let [note] = outcome.notes.as_slice() else { panic!("{outcome:#?}") };
    assert_eq!(note.code, FailureCode::NotListedYet);
    assert_eq!(
        note.message,
        "no listing shows `desk` (instance 20931) yet, so the next run could create it again or match it \
         with another document. Wait 2 minutes before the next apply"
    );
    assert_eq!(Exit::of_apply(&outcome, approved.plan()).code(), 3);
}

#[test]
fn a_refused_delete_of_a_duplicate_is_tried_again() {
    let world = racing(true, None);
    *world.remote.refusals.lock().unwrap() = 3;
    let outcome = world.apply();
    assert_eq!(printed(&outcome).0, "concurrent-apply");
    assert!(world.remote.records().keys().eq([&FIRST]));
}

#[test]
fn a_duplicate_whose_delete_is_always_refused_is_named_with_the_reason() {
    let world = racing(true, None);
    *world.remote.refusals.lock().unwrap() = 100;
    let outcome = world.apply();
    assert_eq!(
        printed(&outcome),
        (
            "duplicate-instance",
            "instances 20932 and 20931 both have the document key `desk`: another run created instance 20931 \
             for this document concurrently, and instance 20932 could not be deleted: DELETE \
             /instances/20932 failed: HTTP 409 Conflict. Delete one of them"
        )
    );
    assert!(outcome.is_guarded());
}
