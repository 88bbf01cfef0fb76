//! Ambiguous cases: broken reserved tags, instances that are named by ID, secrets that are not available.

use ocon::api::StopSignal;
use ocon::apply::{self, Settings};
use ocon::desired::{Adopt, IgnoredField};
use ocon::instance::{InstanceId, Span, StoredValue, Value};
use ocon::plan::{Action, BlockCode, Limits};

use crate::world::{NoWait, World, block_on, document, key, secret, unset_secret, webhook_url};

const ONLY: InstanceId = InstanceId::new(20931);

fn at() -> Span {
    Span { file: "instances/desk.yaml".into(), line: 3, column: 5 }
}

fn desk(values: &[(&str, Value)]) -> World {
    World::new([document("desk", values)])
}

fn set(world: &mut World, field: &str, value: Value) {
    world.wanted("desk").configuration.get_mut(field).unwrap().value = value;
}

fn codes(world: &World) -> Vec<BlockCode> {
    world.plan().blocked.iter().map(|blocked| blocked.code).collect()
}

#[test]
fn an_instance_that_a_blocked_file_names_is_never_pruned() {
    let mut world = desk(&[]).agrees().pruning();
    world.desired.instances.clear();
    for name in ["one", "two"] {
        let (key, mut wanted) = document(name, &[]);
        wanted.adopt = Some(Adopt { id: ONLY, at: at() });
        world.desired.instances.insert(key, wanted);
    }
    assert_eq!(codes(&world), [BlockCode::IdClaimedTwice; 2]);
    assert!(world.plan().steps.is_empty());
}

#[test]
fn a_document_that_takes_an_instance_of_another_connector_is_blocked() {
    let mut world = desk(&[]).agrees();
    world.desired.instances.clear();
    let (moved, mut wanted) = document("moved", &[]);
    wanted.adopt = Some(Adopt { id: ONLY, at: at() });
    wanted.connector = "slack".parse().unwrap();
    world.desired.instances.insert(moved, wanted);
    assert_eq!(codes(&world), [BlockCode::ConnectorChanged]);
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
        assert_eq!(codes(&world), [BlockCode::BrokenMark], "{tags:?}");
        assert!(world.plan().is_guarded());
        world.wanted("desk").adopt = Some(Adopt { id: ONLY, at: at() });
        assert!(world.apply().is_complete());
        assert!(world.plan().is_empty());
    }
}

#[test]
fn a_write_without_a_secret_keeps_its_fingerprint() {
    let mut world = desk(&[("app.secret", secret("one")), ("size", Value::text("1"))]).agrees();
    set(&mut world, "app.secret", unset_secret());
    set(&mut world, "size", Value::text("2"));
    world.options.allow_unset = true;
    assert!(world.apply().is_complete());
    set(&mut world, "app.secret", secret("two"));
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
    set(&mut world, "app.secret", Value::text("two"));
    assert_eq!(world.plan().steps.len(), 1);
    assert!(world.agrees().plan().notes.is_empty());
}

#[test]
fn an_ignored_value_still_belongs_to_the_create() {
    let mut world = desk(&[("callback", webhook_url())]);
    let path = "configuration.callback".to_owned();
    let ignore = IgnoredField { path, reason: "by hand".into(), until: None, at: at() };
    world.wanted("desk").lifecycle.ignore.push(ignore);
    *world.remote.budget.lock().unwrap() = Some(1);
    world.apply();
    *world.remote.budget.lock().unwrap() = None;
    assert_eq!(world.plan().steps[0].action, Action::Finish);
    let world = world.agrees();
    world.remote.edit(ONLY, |record| {
        record.configuration.insert("callback".into(), StoredValue::new(Some("https://by.hand")));
    });
    assert!(world.plan().is_empty());
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
    assert!(world.apply().is_complete());
    assert!(world.plan().is_empty());

    let mut world = World::new([document("a", &[]), document("b", &[])]);
    world.concurrency = 1;
    *world.remote.strips.lock().unwrap() = 2;
    let outcome = world.apply();
    let codes: Vec<_> =
        outcome.results.iter().map(|result| result.status.outcome().as_str()).collect();
    assert_eq!(codes, ["failed", "not-started"]);
    assert_eq!(outcome.results[0].status.failure().unwrap().code.as_str(), "mark-not-stored");
    assert_eq!(outcome.results[0].instance.as_ref().unwrap().id, ONLY);
}

#[test]
fn a_file_that_was_moved_and_renamed_together_is_reported() {
    let mut world = desk(&[]).agrees();
    world.desired.instances.clear();
    world.desired.instances.extend([document("counter", &[])]);
    let plan = world.plan();
    assert_eq!(plan.steps[0].action, Action::Create);
    let note = plan.notes.iter().find(|note| note.code.as_str() == "maybe-moved").unwrap();
    assert_eq!((&note.key, note.instance_id), (&key("counter"), Some(ONLY)));
    assert!(note.message.contains("add `moved_from: desk` to keep"), "{}", note.message);
}

#[test]
fn a_lost_create_that_cannot_be_recovered_is_reported_as_unknown() {
    let mut world = World::new([document("a", &[]), document("b", &[]), document("c", &[])]);
    world.concurrency = 1;
    let approved = world.plan().within(Limits { max_deletes: 0 }).unwrap();
    *world.remote.lost.lock().unwrap() = Some((0, true));
    *world.remote.limit.lock().unwrap() = Some(3);
    let stop = StopSignal::default();
    let settings = Settings { concurrency: 1, clock: &NoWait, stop: &stop };
    let outcome = block_on(apply::run(&approved, &world.remote, settings, &|_| ()));
    let statuses: Vec<_> =
        outcome.results.iter().map(|result| result.status.outcome().as_str()).collect();
    assert_eq!(statuses, ["unknown", "not-started", "not-started"]);
    let failure = outcome.results[0].status.failure().unwrap();
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
