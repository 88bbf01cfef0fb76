//! Replies without a value that was written: an omitted value is not another value.

use ocon::apply::FailureCode;
use ocon::instance::Value;
use ocon::plan::Action;

use crate::remote::OmittedValues;
use crate::rules::{ONLY, hootsuite};
use crate::world::{World, document, first_failure};

impl World {
    fn omitting(self, reticence: OmittedValues) -> Self {
        *self.remote.reticence.lock().unwrap() = reticence;
        self
    }

    fn reads(&self) -> usize {
        std::mem::take(&mut self.remote.reads.lock().unwrap())
    }
}

/// A document without a value that refers to its instance, so its create is one POST.
fn plain() -> World {
    World::new([document("plain", &[("site", Value::text("one"))])])
}

#[test]
fn one_get_decides_where_the_reply_to_a_create_leaves_values_out() {
    let world = plain().omitting(OmittedValues::Members);
    assert!(world.apply().is_complete());
    // One for the marks, one for the value.
    assert!((1..=2).contains(&world.reads()), "{}", world.reads());
    assert_eq!(world.written(), ["POST /instances"]);
    world.is_settled();
}

#[test]
fn one_get_decides_after_the_patch_of_a_create() {
    for reticence in [OmittedValues::Members, OmittedValues::Body] {
        let world = hootsuite().omitting(reticence);
        assert!(world.apply().is_complete());
        assert_eq!(world.written().len(), 2);
        world.is_settled();
    }
}

#[test]
fn one_get_decides_after_an_update() {
    for reticence in [OmittedValues::Members, OmittedValues::Body] {
        let mut world = plain().agrees();
        world.set("plain", "site", Value::text("two"));
        let world = world.omitting(reticence);
        world.reads();
        assert!(world.apply().is_complete());
        assert_eq!(world.reads(), 1);
        world.is_settled();
    }
}

#[test]
fn a_reply_that_shows_everything_needs_no_get() {
    let mut world = hootsuite();
    assert!(world.apply().is_complete());
    world.wanted("hootsuite").name = "renamed".into();
    assert!(world.apply().is_complete());
    assert_eq!(world.reads(), 0);
}

#[test]
fn a_value_that_the_get_does_not_show_either_was_not_stored() {
    let mut world = plain().agrees();
    world.set("plain", "site", Value::text("two"));
    let world = world.omitting(OmittedValues::Body);
    world.remote.stuck.lock().unwrap().insert("site");
    let outcome = world.apply();
    let failure = first_failure(&outcome);
    assert!(failure.code.is(FailureCode::ValueNotStored));
    assert_eq!(
        failure.message,
        "the platform accepted the request but stored another value of configuration.site. Check which \
         values the connector allows"
    );
}

#[test]
fn an_update_that_cannot_be_checked_is_unknown() {
    let mut world = plain().agrees();
    world.wanted("plain").name = "renamed".into();
    let world = world.omitting(OmittedValues::Body);
    world.remote.unreadable.lock().unwrap().insert(ONLY);
    let outcome = world.apply();
    assert_eq!(outcome.results[0].status.outcome().as_str(), "unknown");
    assert_eq!(
        first_failure(&outcome).message,
        "the platform accepted the request, but GET /instances/20931 does not find the instance, so it is \
         unknown whether the change took effect"
    );
    assert!(!outcome.is_complete());
}

#[test]
fn one_get_decides_after_enabling_and_disabling() {
    let mut world = plain().agrees();
    for enabled in [false, true] {
        world.wanted("plain").enabled = Some(enabled);
        let plan = world.plan();
        assert_eq!(plan.checks(), 1);
        world.reads();
        assert!(world.apply().is_complete());
        assert_eq!(world.reads(), 1);
    }
}

#[test]
fn an_instance_that_stays_disabled_was_not_enabled() {
    let mut world = plain();
    world.wanted("plain").enabled = Some(false);
    let mut world = world.agrees();
    world.wanted("plain").enabled = Some(true);
    *world.remote.ignores_switches.lock().unwrap() = true;
    let outcome = world.apply();
    assert_eq!(outcome.results[0].action, Some(Action::Enable));
    assert_eq!(
        first_failure(&outcome).message,
        "the platform accepted the request, but instance 20931 is still disabled"
    );
}
