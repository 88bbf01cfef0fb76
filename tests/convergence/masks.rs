//! Masked values, and what the fingerprints tell about them.

use std::collections::BTreeSet;

use ocon::instance::{StoredValue, Value};
use ocon::plan::Action;
use ocon::report::human::{self, Layout};
use ocon::report::json::PlanDocument;

use crate::remote::CANARY;
use crate::rules::{ONLY, hootsuite, paths};
use crate::world::{World, document, secret, secret_with_id, unset_secret};

#[test]
fn a_secret_that_the_file_unsets_is_unset_behind_its_mask() {
    let mut world = hootsuite().agrees();
    world.set("hootsuite", "oauth.api.secret", Value::Unset);
    let step = world.only_step();
    assert_eq!(paths(&step), ["configuration.oauth.api.secret"]);
    let world = world.agrees();
    let stored = &world.remote.records()[&ONLY].configuration["oauth.api.secret"];
    assert_eq!(*stored, StoredValue::Unset);
}

#[test]
fn a_mask_that_nothing_is_known_of_counts_as_unset() {
    let mut world = hootsuite().agrees();
    world.fingerprint_key = "another key";
    world.set("hootsuite", "oauth.api.secret", Value::Unset);
    world.is_settled();
}

#[test]
fn a_secret_that_is_not_set_during_another_change_is_still_recognised_later() {
    let mut world = hootsuite().agrees();
    world.set("hootsuite", "oauth.api.secret", unset_secret());
    world.wanted("hootsuite").name = "renamed".into();
    let mut world = world.agrees();
    world.set("hootsuite", "oauth.api.secret", secret("s3cret"));
    assert!(world.plan().is_empty() && world.plan().notes.is_empty());
    world.set("hootsuite", "oauth.api.secret", secret("new"));
    assert_eq!(paths(&world.only_step()), ["configuration.oauth.api.secret"]);
}

#[test]
fn a_secret_that_changed_after_a_saved_plan_is_rotated_by_the_next_one() {
    let mut world = hootsuite().agrees();
    world.wanted("hootsuite").name = "renamed".into();
    world.set("hootsuite", "oauth.api.secret", secret("new"));
    world.options.planned_secrets = Some(BTreeSet::new());
    let mut world = world.agrees();
    world.options.planned_secrets = None;
    assert_eq!(paths(&world.only_step()), ["configuration.oauth.api.secret"]);
}

#[test]
fn a_secret_with_the_id_is_left_alone_once_its_fingerprint_is_lost() {
    for tag in ["ocon:applied=nonsense", "ocon:applied=v1.abcdef.0123456789abcdef."] {
        let site = ("site", Value::text("one"));
        let parts = [("app.secret", secret_with_id()), ("account", secret("in clear")), site];
        let mut world = World::new([document("hootsuite", &parts)]).agrees();
        world.remote.retag(ONLY, "ocon:applied=", Some(tag));
        world.set("hootsuite", "site", Value::text("two"));
        let world = world.agrees();
        assert_eq!(world.plan().notes[0].code.as_str(), "unverified");
    }
}

#[test]
fn a_secret_with_the_id_among_more_than_a_tag_can_hold_is_written_once() {
    let names: Vec<String> = (0..20).map(|number| format!("n{number}.secret")).collect();
    let mut parts: Vec<(&str, Value)> =
        names.iter().map(|name| (name.as_str(), secret("one"))).collect();
    parts.push(("app.secret", secret_with_id()));
    let world = World::new([document("hootsuite", &parts)]).agrees();
    world.is_settled();
}

#[test]
fn a_value_that_was_a_secret_is_not_shown_when_public_text_replaces_it() {
    for fingerprint_key in ["k1", "another key"] {
        let parts = [("account", secret(&format!("{CANARY}name")))];
        let mut world = World::new([document("hootsuite", &parts)]).agrees();
        world.fingerprint_key = fingerprint_key;
        let field = document("hootsuite", &[("account", Value::text("public"))]).1;
        world.wanted("hootsuite").configuration = field.configuration;
        assert_eq!(world.only_step().action, Action::Update);
        let text = human::plan(&PlanDocument::new(&world.plan()), Layout::default());
        assert!(text.contains("(not shown) → public"), "{text}");
    }
}
