//! Ambiguous cases: broken reserved tags, instances that are named by ID, secrets that are not available.

use ocon::instance::Value;
use ocon::plan::{Action, BlockCode};

use crate::rules::ONLY;
use crate::world::{
    World, block_codes, document, first_failure, key, note, outcomes, secret, unset_secret,
    webhook_url,
};

fn desk(values: &[(&str, Value)]) -> World {
    World::new([document("desk", values)])
}

#[test]
fn an_instance_that_a_blocked_file_names_is_never_pruned() {
    let mut world = desk(&[]).agrees().pruning();
    world.desired.instances.clear();
    for name in ["one", "two"] {
        world.add(name);
        world.adopt(name, ONLY);
    }
    assert_eq!(block_codes(&world.plan()), [BlockCode::IdClaimedTwice; 2]);
    assert!(world.plan().steps.is_empty());
}

#[test]
fn a_document_that_takes_an_instance_of_another_connector_is_blocked() {
    let mut world = desk(&[]).agrees();
    world.desired.instances.clear();
    world.add("moved").connector = "slack".parse().unwrap();
    world.adopt("moved", ONLY);
    assert_eq!(block_codes(&world.plan()), [BlockCode::ConnectorChanged]);
}

#[test]
fn an_instance_with_a_broken_mark_is_never_duplicated() {
    for tags in [
        &["ocon:project=test"][..],
        &["ocon:key=desk"],
        &["ocon:project=test", "ocon:key=desk", "ocon:key=other"],
        &["ocon:project=test", "ocon:key=not a key"],
    ] {
        let mut world = desk(&[]).agrees();
        world
            .remote
            .edit(ONLY, |record| record.tags = tags.iter().map(ToString::to_string).collect());
        assert_eq!(block_codes(&world.plan()), [BlockCode::BrokenMark], "{tags:?}");
        assert!(world.plan().is_guarded());
        world.adopt("desk", ONLY);
        world.converges();
    }
}

#[test]
fn a_write_without_a_secret_keeps_its_fingerprint() {
    let mut world = desk(&[("app.secret", secret("one")), ("size", Value::text("1"))]).agrees();
    world.set("desk", "app.secret", unset_secret());
    world.set("desk", "size", Value::text("2"));
    world.options.allow_unset = true;
    assert!(world.apply().is_complete());
    world.set("desk", "app.secret", secret("two"));
    let plan = world.plan();
    assert_eq!(plan.steps[0].changes[0].path().to_string(), "configuration.app.secret");
}

#[test]
fn a_value_that_was_applied_as_a_secret_is_not_shown_when_it_is_replaced() {
    let mut world =
        desk(&[("event.notification.callback.url", secret("https://a/?t=s3cret"))]).agrees();
    let (_, literal) =
        document("desk", &[("event.notification.callback.url", Value::text("https://a"))]);
    world.wanted("desk").configuration = literal.configuration;
    let plan = world.plan();
    let view = plan.steps[0].views(&plan.target.base_url).next().unwrap();
    assert!(view.before.is_none() && view.before_hidden, "{view:?}");
}

#[test]
fn a_literal_that_the_platform_masks_is_written_when_the_file_changes() {
    let mut world = desk(&[("app.secret", Value::text("one"))]).agrees();
    assert!(world.plan().notes.is_empty());
    world.set("desk", "app.secret", Value::text("two"));
    assert_eq!(world.plan().steps.len(), 1);
    assert!(world.agrees().plan().notes.is_empty());
}

#[test]
fn an_ignored_value_still_belongs_to_the_create() {
    let mut world = desk(&[("callback", webhook_url())]);
    world.ignore("desk", "configuration.callback");
    world.apply_killed_after(1);
    assert_eq!(world.plan().steps[0].action, Action::Finish);
    let world = world.agrees();
    world.remote.store(ONLY, "callback", "https://by.hand");
    world.is_settled();
}

#[test]
fn protection_that_changes_is_shown() {
    let mut world = desk(&[]).agrees();
    world.wanted("desk").lifecycle.protect = true;
    let changes = &world.plan().steps[0].changes;
    assert_eq!(changes[0].path().to_string(), "lifecycle.protect");
    let world = world.agrees();
    assert!(world.remote.instances.lock().unwrap()[&ONLY].tags.contains(&"ocon:protect".into()));
}

#[test]
fn a_mark_that_is_not_stored_is_sent_once_more_and_then_creates_stop() {
    let world = World::new([document("a", &[]), document("b", &[])]);
    *world.remote.strips.lock().unwrap() = 1;
    world.converges();

    let mut world = World::new([document("a", &[]), document("b", &[])]);
    world.concurrency = 1;
    *world.remote.strips.lock().unwrap() = 2;
    let outcome = world.apply();
    assert_eq!(outcomes(&outcome), ["failed", "not-started"]);
    assert_eq!(first_failure(&outcome).code.as_str(), "mark-not-stored");
    assert_eq!(outcome.results[0].instance.as_ref().unwrap().id, ONLY);
}

#[test]
fn a_file_that_was_moved_and_renamed_together_is_reported() {
    let mut world = desk(&[]).agrees();
    world.desired.instances.clear();
    world.add("counter");
    let plan = world.plan();
    assert_eq!(plan.steps[0].action, Action::Create);
    let note = note(&plan, "maybe-moved");
    assert_eq!((&note.key, note.instance_id), (&key("counter"), Some(ONLY)));
    assert!(note.message.contains("add `moved_from: desk` to keep"), "{}", note.message);
}

#[test]
fn a_lost_create_that_cannot_be_recovered_is_reported_as_unknown() {
    let mut world = World::new([document("a", &[]), document("b", &[]), document("c", &[])]);
    world.concurrency = 1;
    let approved = world.approved();
    *world.remote.lost.lock().unwrap() = Some((0, true));
    *world.remote.limit.lock().unwrap() = Some(3);
    let outcome = world.carry_out(&approved);
    assert_eq!(outcomes(&outcome), ["unknown", "not-started", "not-started"]);
    let failure = first_failure(&outcome);
    assert_eq!(failure.code.as_str(), "answer-lost");
    assert_eq!(
        failure.message,
        "POST /instances failed: the connection broke before the answer was complete: reset. It is unknown \
         whether the instance exists: the search failed: GET /instances failed: the limit of 3 requests is \
         reached. Wait 2 minutes, then run again. The next run finds the instance or creates it"
    );
    *world.remote.limit.lock().unwrap() = None;
    assert!(world.apply().is_complete());
    assert_eq!(world.remote.records().len(), 3, "nothing is duplicated");
}
