//! Properties that hold for any files and any state of the platform.

use ocon::instance::{StoredValue, Value};
use ocon::report::json::{PlanDocument, render};
use proptest::prelude::*;

use crate::world::{World, document, secret, tags, webhook_url};

/// A document with few possible values, so collisions are common.
#[derive(Clone, Debug)]
struct Case {
    name: usize,
    enabled: Option<bool>,
    tags: Option<usize>,
    values: Vec<usize>,
}

fn case() -> impl Strategy<Value = Case> {
    let tags = proptest::option::of(0..3_usize);
    let values = proptest::collection::vec(0..6_usize, 0..4);
    (0..4_usize, proptest::option::of(any::<bool>()), tags, values)
        .prop_map(|(name, enabled, tags, values)| Case { name, enabled, tags, values })
}

fn value(number: usize) -> Value {
    match number {
        0 => Value::Unset,
        1 => webhook_url(),
        2 => secret("one"),
        other => Value::text(other.to_string()),
    }
}

const KEYS: [&str; 4] = ["first", "second.url", "third.secret", "fourth"];

fn world(cases: &[Case]) -> World {
    let documents = cases.iter().map(|case| {
        let values = KEYS.into_iter().zip(case.values.iter().copied().map(value));
        let (key, mut wanted) = document(&format!("n{}", case.name), &values.collect::<Vec<_>>());
        wanted.enabled = case.enabled;
        wanted.tags = case.tags.map(|count| tags(&["a", "b", "c"][..count]));
        (key, wanted)
    });
    World::new(documents).pruning()
}

/// An edit of the platform.
fn disturb(world: &World, edits: &[(usize, usize, usize)]) {
    let ids: Vec<_> = world.remote.instances.lock().unwrap().keys().copied().collect();
    for (which, what, to) in edits {
        let Some(id) = ids.get(which % ids.len().max(1)) else {
            continue;
        };
        world.remote.edit(*id, |record| match what % 4 {
            0 => record.name = format!("x{to}"),
            1 => record.disabled = to % 2 == 0,
            2 => record.tags.push(format!("t{to}")),
            _ => {
                let text = to.to_string();
                record.configuration.insert(KEYS[to % 4].into(), StoredValue::new(Some(&text)));
            }
        });
    }
}

fn edits() -> impl Strategy<Value = Vec<(usize, usize, usize)>> {
    proptest::collection::vec((0..4_usize, 0..4_usize, 0..8_usize), 0..6)
}

fn cases() -> impl Strategy<Value = Vec<Case>> {
    proptest::collection::vec(case(), 0..5)
}

proptest! {
    #[test]
    fn after_an_apply_the_plan_is_empty(before in cases(), edits in edits(), after in cases()) {
        let mut world = world(&before).agrees();
        disturb(&world, &edits);
        world.desired = self::world(&after).desired;
        prop_assert!(world.apply().is_complete());
        // OrphanPolicy of a connector of which something was created go in the next run.
        prop_assert!(world.apply().is_complete());
        prop_assert!(world.plan().is_empty());
    }

    #[test]
    fn interrupted_at_any_request_and_run_again_it_converges(
        before in cases(), edits in edits(), after in cases(), budget in 0..8_usize,
    ) {
        let mut world = world(&before).agrees();
        disturb(&world, &edits);
        world.desired = self::world(&after).desired;
        world.apply_killed_after(budget);
        prop_assert!(world.apply().is_complete());
        prop_assert!(world.apply().is_complete());
        prop_assert!(world.plan().is_empty());
        prop_assert_eq!(world.remote.instances.lock().unwrap().len(), world.desired.instances.len());
    }

    #[test]
    fn every_write_belongs_to_a_step_and_every_forecast_is_kept(before in cases(), after in cases()) {
        let mut world = world(&before).agrees();
        world.desired = self::world(&after).desired;
        let plan = world.plan();
        world.apply();
        prop_assert_eq!(world.written().len(), plan.writes());
    }

    #[test]
    fn a_plan_survives_json(before in cases(), edits in edits()) {
        let world = world(&before);
        disturb(&world, &edits);
        let document = PlanDocument::sealed(&world.plan(), &|text| text.len().to_string());
        let read: PlanDocument = serde_json::from_str(&render(&document)).unwrap();
        prop_assert_eq!(render(&read), render(&document));
    }
}
