//! One rule per test: an edit on one side, and the resulting plan.

use ocon::apply::StepOutcome;
use ocon::apply::StepStatus;
use ocon::desired::GrantNeed;
use ocon::instance::{FieldPath, InstanceId, StoredValue, Value};
use ocon::plan::{Action, BlockCode, Cause, Rotate, RotationRequest};

use crate::world::{
    World, block_codes, document, key, secret, secret_with_id, tags, unset_secret, webhook_url,
};

/// The id of the first instance that the platform creates.
pub(crate) const ONLY: InstanceId = InstanceId::new(20931);

/// A Hootsuite-like instance, whose callback URL carries its own id.
pub(crate) fn hootsuite() -> World {
    let configuration = [
        ("event.notification.enabled", Value::text("true")),
        ("event.notification.callback.url", webhook_url()),
        ("oauth.api.secret", secret("s3cret")),
    ];
    World::new([document("hootsuite", &configuration)])
}

fn stored(world: &World, name: &str) -> String {
    let instances = world.remote.instances.lock().unwrap();
    match &instances[&ONLY].configuration[name] {
        StoredValue::Text(text) => text.expose().to_owned(),
        other => format!("{other:?}"),
    }
}

impl World {
    pub(crate) fn only_step(&self) -> ocon::plan::Step {
        let mut plan = self.plan();
        assert_eq!((plan.steps.len(), plan.blocked.len()), (1, 0), "{plan:#?}");
        plan.steps.remove(0)
    }

    /// Checks that the plan is one step of this kind, with a change of one field.
    fn plans_only(&self, action: Action, cause: Cause, path: &str) {
        let step = self.only_step();
        assert_eq!((step.action, step.cause), (action, cause));
        assert_eq!(paths(&step), [path]);
    }

    pub(crate) fn only_block(&self) -> (BlockCode, String) {
        let mut plan = self.plan();
        assert_eq!((plan.steps.len(), plan.blocked.len()), (0, 1), "{plan:#?}");
        let blocked = plan.blocked.remove(0);
        (blocked.code, blocked.message)
    }
}

pub(crate) fn paths(step: &ocon::plan::Step) -> Vec<String> {
    step.changes.iter().map(|change| change.path().to_string()).collect()
}

#[test]
fn a_create_takes_a_post_and_the_patch_with_the_base64_of_its_id() {
    let world = hootsuite();
    assert!(world.apply().is_complete());
    assert_eq!(
        world.written(),
        ["POST /instances", "PATCH /instances/20931 {\"event.notification.callback.url\"}"]
    );
    assert_eq!(
        stored(&world, "event.notification.callback.url"),
        "https://api.example/elements/api-v2/events/hootsuite/MjA5MzE="
    );
}

#[test]
fn second_apply_changes_nothing() {
    let world = hootsuite().agrees();
    assert!(world.apply().is_complete());
    assert_eq!(world.written(), [""; 0]);
}

#[test]
fn an_incomplete_create_is_completed_with_all_other_differences() {
    let world = hootsuite();
    assert_eq!(world.apply_killed_after(1).count(StepOutcome::Failed), 1);
    world.remote.store(ONLY, "event.notification.enabled", "false");
    let step = world.only_step();
    assert_eq!((step.action, step.cause), (Action::Finish, Cause::Unfinished));
    assert_eq!(paths(&step).len(), 2);
    world.written();
    assert!(world.apply().is_complete());
    assert_eq!(world.written().len(), 1);
    assert!(world.plan().steps.is_empty());
}

#[test]
fn an_edit_on_the_platform_is_corrected_by_one_patch_of_that_key() {
    let world = hootsuite().agrees();
    world.remote.store(ONLY, "event.notification.enabled", "false");
    let step = world.only_step();
    assert_eq!(paths(&step), ["configuration.event.notification.enabled"]);
    assert_eq!((step.action, step.cause, step.unchanged), (Action::Update, Cause::Remote, 3));
    assert!(world.apply().is_complete());
    assert_eq!(world.written(), ["PATCH /instances/20931 {\"event.notification.enabled\"}"]);
}

#[test]
fn undeclared_keys_and_foreign_tags_are_left_alone() {
    let world = hootsuite().agrees();
    world.remote.edit(ONLY, |record| {
        record.configuration.insert("filter.response.nulls".into(), StoredValue::new(Some("x")));
        record.tags.push("set by somebody".into());
    });
    world.is_settled();
}

#[test]
fn declared_tags_replace_other_tags_and_keep_the_reserved_ones() {
    let mut world = hootsuite().agrees();
    world.remote.edit(ONLY, |record| record.tags.push("old".into()));
    world.wanted("hootsuite").tags = Some(tags(&["new"]));
    assert_eq!(world.only_step().changes[0].path(), FieldPath::Tags);
    assert!(world.apply().is_complete());
    let instances = world.remote.instances.lock().unwrap();
    let mut tags = instances[&ONLY].tags.clone();
    tags.retain(|tag| !tag.starts_with("ocon:applied="));
    assert_eq!(tags, ["new", "ocon:key=hootsuite", "ocon:project=test"]);
}

#[test]
fn a_masked_secret_that_changed_here_is_rotated_with_one_patch() {
    let mut world = hootsuite().agrees();
    world.set("hootsuite", "oauth.api.secret", secret("new"));
    world.plans_only(Action::Update, Cause::File, "configuration.oauth.api.secret");
    let world = world.agrees();
    assert!(world.plan().notes.is_empty());
}

#[test]
fn a_secret_that_reads_unset_is_written_again() {
    let world = hootsuite().agrees();
    world.remote.edit(ONLY, |record| {
        record.configuration.insert("oauth.api.secret".into(), StoredValue::Unset);
    });
    world.plans_only(Action::Update, Cause::Remote, "configuration.oauth.api.secret");
    let unverified = World { fingerprint_key: "another key", ..world };
    assert_eq!(unverified.only_step().cause, Cause::Remote);
}

#[test]
fn a_secret_that_cannot_be_verified_is_written_only_on_request() {
    let mut world = hootsuite().agrees();
    world.fingerprint_key = "another key";
    let plan = world.plan();
    assert!(plan.is_empty());
    assert_eq!(plan.notes[0].code, "unverified");
    world.options.rotate = [RotationRequest::All].into_iter().collect();
    world.plans_only(Action::Update, Cause::Requested, "configuration.oauth.api.secret");
    assert!(world.apply().is_complete());
    world.options.rotate = Rotate::default();
    assert!(world.plan().is_empty() && world.plan().notes.is_empty());
}

#[test]
fn a_secret_that_is_not_set_here_is_neither_compared_nor_written() {
    let mut world = hootsuite().agrees();
    world.set("hootsuite", "oauth.api.secret", unset_secret());
    let plan = world.plan();
    assert!(plan.is_empty() && plan.notes.is_empty());
    assert_eq!(plan.unset.len(), 1);
    world.options.rotate = ["hootsuite#oauth.api.secret".parse().unwrap()].into_iter().collect();
    assert_eq!(world.only_block().0, BlockCode::MissingVariable);
}

#[test]
fn the_cause_of_a_difference_is_the_side_that_moved() {
    let mut world = hootsuite().agrees();
    world.wanted("hootsuite").name = "renamed".into();
    assert_eq!(world.only_step().cause, Cause::File);
    world.wanted("hootsuite").name = "hootsuite".into();
    world.remote.edit(ONLY, |record| record.name = "renamed".into());
    assert_eq!(world.only_step().cause, Cause::Remote);
    world.fingerprint_key = "another key";
    assert_eq!(world.only_step().cause, Cause::Unknown);
}

#[test]
fn fingerprints_that_are_missing_or_garbled_are_written_alone() {
    for tag in [None, Some("ocon:applied=nonsense")] {
        let world = hootsuite().agrees();
        world.remote.retag(ONLY, "ocon:applied=", tag);
        let plan = world.plan();
        assert_eq!(paths(&plan.steps[0]), ["mark"]);
        assert_eq!(plan.notes.iter().any(|note| note.code == "garbled-mark"), tag.is_some());
        world.converges();
    }
}

#[test]
fn fingerprints_of_a_newer_version_cause_no_step() {
    let world = hootsuite().agrees();
    world.remote.retag(ONLY, "ocon:applied=", Some("ocon:applied=v2.of.a.later.kind"));
    world.is_settled();
}

#[test]
fn a_rekeyed_document_keeps_what_was_verified() {
    let mut world = hootsuite().agrees();
    world.rekey("hootsuite", "moved");
    let world = world.agrees();
    assert!(world.plan().notes.is_empty());
}

#[test]
fn the_secrets_of_an_adopted_instance_are_unverified_until_they_are_rotated() {
    let mut world = hootsuite().agrees();
    world.remote.edit(ONLY, |record| record.tags.clear());
    world.adopt("hootsuite", ONLY);
    let mut world = world.agrees();
    assert_eq!(world.plan().notes[0].code, "unverified");
    world.options.rotate = ["hootsuite".parse().unwrap()].into_iter().collect();
    assert!(world.apply().is_complete());
    world.options.rotate = Rotate::default();
    assert!(world.plan().is_empty() && world.plan().notes.is_empty());
}

#[test]
fn a_create_without_a_secret_is_blocked_where_unset_ones_are_allowed() {
    let mut world = World::new([document("new", &[("password", unset_secret())])]);
    world.options.allow_unset = true;
    assert_eq!(world.only_block().0, BlockCode::MissingVariable);
}

#[test]
fn enabling_is_a_separate_step_after_the_update() {
    let mut world = hootsuite().agrees();
    world.wanted("hootsuite").enabled = Some(false);
    world.wanted("hootsuite").name = "renamed".into();
    let actions: Vec<_> = world.plan().steps.iter().map(|step| step.action).collect();
    assert_eq!(actions, [Action::Update, Action::Disable]);
    world.converges();
    world.wanted("hootsuite").enabled = None;
    assert_eq!(world.plan().notes.iter().filter(|note| note.code == "disabled").count(), 1);
}

#[test]
fn an_instance_that_is_declared_disabled_is_created_and_disabled() {
    let mut world = hootsuite();
    world.wanted("hootsuite").enabled = Some(false);
    assert!(world.apply().is_complete());
    assert_eq!(world.written().last().unwrap(), "DELETE /instances/20931/enabled");
    world.is_settled();
}

#[test]
fn an_ignored_field_is_sent_on_create_and_not_compared_later() {
    let mut world = hootsuite();
    world.ignore("hootsuite", "configuration.event.notification.enabled");
    let world = world.agrees();
    world.remote.store(ONLY, "event.notification.enabled", "false");
    world.is_settled();
}

#[test]
fn a_renamed_instance_and_a_moved_file_are_updates() {
    let mut world = hootsuite().agrees();
    world.wanted("hootsuite").name = "renamed".into();
    assert_eq!(paths(&world.only_step()), ["name"]);
    world.wanted("hootsuite").name = "hootsuite".into();
    world.rekey("hootsuite", "moved");
    let step = world.only_step();
    assert_eq!((step.action, paths(&step)), (Action::Update, vec!["mark".to_owned()]));
    world.converges();
}

#[test]
fn a_partial_plan_neither_rekeys_nor_prunes() {
    let mut world = hootsuite().agrees().pruning();
    let wanted = world.take("hootsuite");
    world.options.selection = Some([key("moved")].into());
    assert!(world.plan().steps.is_empty());
    world.put("moved", wanted);
    assert_eq!(world.only_block().0, BlockCode::PartialRekey);
}

#[test]
fn two_instances_with_one_key_block_that_key_and_are_both_named() {
    let mut world = hootsuite().agrees();
    let twin = world.remote.instances.lock().unwrap()[&ONLY].clone();
    world.remote.insert(|id| ocon::instance::Record { id, ..twin });
    world.add("other");
    let plan = world.plan();
    assert!(plan.is_guarded());
    assert_eq!(
        plan.blocked[0].message,
        "instances 20931 and 20932 have the document key `hootsuite`. Delete all but one, or remove the tag \
         `ocon:key=hootsuite` from the others"
    );
    assert_eq!(plan.steps[0].key, key("other"));
}

#[test]
fn an_unmanaged_namesake_blocks_a_create() {
    let mut world = hootsuite().agrees();
    world.remote.edit(ONLY, |record| {
        record.tags = vec!["by hand".into()];
    });
    assert_eq!(
        world.only_block(),
        (
            BlockCode::UnmanagedNamesake,
            "the unmanaged instance 20931 has the same connector and name. To adopt it, add `id: 20931` to \
             the document. To create another one, use `--allow-duplicate hootsuite`"
                .into()
        )
    );
    world.adopt("hootsuite", ONLY);
    world.plans_only(Action::Adopt, Cause::Adoption, "mark");
    world.converges();
    assert!(world.remote.instances.lock().unwrap()[&ONLY].tags.contains(&"by hand".into()));
}

#[test]
fn a_namesake_may_be_doubled_on_request() {
    let mut world = hootsuite().agrees();
    world.remote.edit(ONLY, |record| record.tags.clear());
    world.options.allow_duplicates.insert(key("hootsuite"));
    assert_eq!(world.only_step().action, Action::Create);
}

#[test]
fn an_id_that_is_not_there_is_foreign_or_is_claimed_twice_blocks_its_document() {
    let mut world = hootsuite().agrees();
    world.add("second");
    world.adopt("second", InstanceId::new(7));
    assert_eq!(world.only_block().0, BlockCode::IdNotFound);
    world.adopt("second", ONLY);
    assert_eq!(world.only_block().0, BlockCode::ForeignInstance);
    world.adopt("hootsuite", ONLY);
    let plan = world.plan();
    assert_eq!(block_codes(&plan), [BlockCode::IdClaimedTwice; 2]);
    assert!(plan.blocked[0].message.contains("instances/second.yaml:3:5"));
}

#[test]
fn a_change_of_connector_is_blocked() {
    let mut world = hootsuite().agrees();
    world.wanted("hootsuite").connector = "slack".parse().unwrap();
    assert_eq!(world.only_block().0, BlockCode::ConnectorChanged);
}

#[test]
fn a_create_without_its_grant_is_blocked_and_the_others_go_on() {
    let mut world = World::new([document("oauth", &[]), document("other", &[])]);
    world.wanted("oauth").facts.grant_need = GrantNeed::Certain;
    let plan = world.plan();
    assert_eq!(plan.blocked[0].code, BlockCode::NeedsAuthorization);
    assert_eq!(plan.steps[0].key, key("other"));
    let outcome = world.apply();
    assert_eq!((outcome.count(StepOutcome::Done), outcome.count(StepOutcome::Blocked)), (1, 1));
    assert!(matches!(outcome.results[1].status, StepStatus::Blocked(_)));
}

#[test]
fn orphans_are_noted_and_only_pruned_on_request_and_never_when_protected() {
    let mut world = World::new([document("plain", &[]), document("precious", &[])]);
    world.wanted("precious").lifecycle.protect = true;
    let mut world = world.agrees();
    world.desired.instances.clear();
    let plan = world.plan();
    assert!(plan.is_empty() && plan.untouched.orphans == 2 && plan.notes.len() == 2);
    let world = world.pruning();
    let step = world.only_step();
    assert_eq!(
        (step.action, step.cause, step.key),
        (Action::Delete, Cause::Requested, key("plain"))
    );
    assert!(world.plan().within(ocon::plan::Limits { max_deletes: 0 }).is_err());
}

#[test]
fn a_step_that_fails_does_not_stop_the_others() {
    let world = World::new([document("a", &[]), document("b", &[]), document("c", &[])]);
    let outcome = world.apply_killed_after(2);
    assert_eq!((outcome.count(StepOutcome::Done), outcome.count(StepOutcome::Failed)), (2, 1));
}

#[test]
fn a_masked_secret_that_holds_the_id_is_written_once_the_id_is_known() {
    let parts = [("app.secret", secret_with_id()), ("other.secret", secret("two"))];
    let world = World::new([document("hootsuite", &parts)]);
    assert_eq!(world.apply_killed_after(1).count(StepOutcome::Failed), 1);
    let step = world.only_step();
    assert_eq!(
        (step.action, paths(&step)),
        (Action::Finish, vec!["configuration.app.secret".into()])
    );
    let mut world = world.agrees();
    assert!(world.plan().notes.is_empty());
    world.set("hootsuite", "app.secret", secret("plain"));
    assert_eq!(world.only_step().action, Action::Update);
}

#[test]
fn another_project_is_taken_over_with_its_verified_secrets() {
    let mut world = hootsuite().agrees();
    world.project = "renamed";
    assert!(world.plan().is_guarded());
    assert_eq!(
        world.only_block(),
        (
            BlockCode::ForeignNamesake,
            "instance 20931 of project `test` has the same connector and name. If this project was renamed, \
             adopt it with `--take-from test`. To create another instance, use `--allow-duplicate hootsuite`"
                .into()
        )
    );
    world.options.take_from = Some("test".parse().unwrap());
    let step = world.only_step();
    assert_eq!((step.action, paths(&step)), (Action::Adopt, vec!["mark".into()]));
    let mut world = world.agrees();
    world.options.take_from = None;
    assert!(world.plan().is_empty() && world.plan().notes.is_empty());
}
