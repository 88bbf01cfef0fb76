//! A plan announces the number of requests of an apply. Without faults, the apply makes exactly those.

use fastrand::Rng;

use crate::columns::Column;
use crate::concurrent_applies::ten_new;
use crate::fifty_instances::Fifty;
use crate::support::World;

/// Applies, and compares the journal of the sandbox with the forecast of the plan.
fn check(world: &World, what: &str) {
    let run = world.apply();
    let (plan, _) = run.done.as_ref().unwrap();
    assert_eq!(run.exit, 0, "{what}");
    let reads = run.journal.iter().filter(|entry| entry.method == "GET").count();
    let writes = run.journal.len() - reads;
    assert_eq!((reads, writes), (plan.reads + plan.checks(), plan.writes()), "{what}: {plan:#?}");
}

#[test]
fn each_action_makes_as_many_requests_as_the_plan_announces() {
    for column in Column::ALL {
        for page_size in [2, 3, 200] {
            let mut world = column.prepared().world();
            world.page_size = page_size;
            check(&world, &format!("{}, pages of {page_size}", column.name()));
            check(&world, &format!("{} again, pages of {page_size}", column.name()));
        }
    }
}

#[test]
fn creates_that_fill_another_page_are_counted() {
    for page_size in 2..=11 {
        let mut world = ten_new();
        world.page_size = page_size;
        check(&world, &format!("pages of {page_size}"));
    }
}

#[test]
fn the_requests_of_every_action_on_fifty_instances_are_counted() {
    for page_size in [7, 50, 200] {
        let mut world = Fifty::prepared().world(&mut Rng::with_seed(3));
        world.page_size = page_size;
        check(&world, &format!("pages of {page_size}"));
        check(&world, &format!("what was kept from pruning, pages of {page_size}"));
    }
}

#[test]
fn moves_are_counted_with_the_listing_that_shows_them() {
    for page_size in [3, 10, 200] {
        let mut world = ten_new();
        world.page_size = page_size;
        assert_eq!(world.apply().exit, 0);
        for document in &mut world.documents[..2] {
            document.key = format!("moved-{}", document.key);
        }
        check(&world, &format!("moves, pages of {page_size}"));
    }
}
