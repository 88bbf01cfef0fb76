//! Renamed and moved documents, new keys, and instances that a listing misses: nothing is created or
//! deleted.

use ocon::desired::DesiredInstance;
use ocon::instance::{InstanceId, Record, Value};
use ocon::plan::{Action, BlockCode, Limits};

use crate::remote::record;
use crate::rules::{ONLY, hootsuite, paths};
use crate::world::{World, block_codes, document, first_failure, key, note, secret, webhook_url};

/// Two instances of one connector, each with a value, a secret and its own address.
fn pair() -> World {
    let values = |text: &str| {
        let configuration = [
            ("event.notification.callback.url", webhook_url()),
            ("oauth.api.secret", secret(text)),
            ("site", Value::text(text)),
        ];
        document(text, &configuration)
    };
    World::new([values("one"), values("two")]).agrees()
}

impl World {
    /// Applies, and checks that each document keeps the instance that is given for it.
    fn keeps(&self, documents: &[(&str, u64)]) {
        let expected: Vec<(String, InstanceId)> =
            documents.iter().map(|(key, id)| ((*key).into(), InstanceId::new(*id))).collect();
        let plan = self.plan();
        assert!(plan.blocked.is_empty(), "{plan:#?}");
        assert_eq!(plan.count(Action::Create) + plan.count(Action::Delete), 0, "{plan:#?}");
        assert!(self.apply().is_complete());
        assert!(
            self.plan().is_empty()
                && self.plan().notes.iter().all(|note| note.code.as_str() != "orphan")
        );
        let carried = |(id, record): (InstanceId, Record)| {
            let tag = record.tags.iter().find_map(|tag| tag.strip_prefix("ocon:key="));
            (tag.unwrap().to_owned(), id)
        };
        let mut carried: Vec<_> = self.remote.records().into_iter().map(carried).collect();
        carried.sort();
        assert_eq!(carried, expected);
    }
}

#[test]
fn a_renamed_document_keeps_its_instance() {
    let mut world = pair().pruning();
    world.wanted("one").name = "uno".into();
    world.keeps(&[("one", 20931), ("two", 20932)]);
}

#[test]
fn a_moved_file_keeps_its_instance() {
    let mut world = pair().pruning();
    world.rekey("one", "eu/one");
    world.keeps(&[("eu/one", 20931), ("two", 20932)]);
}

#[test]
fn a_file_that_is_moved_and_renamed_together_keeps_its_instance_by_its_key() {
    let mut world = pair().pruning();
    let wanted = world.wanted("one");
    wanted.name = "uno".into();
    wanted.at.file = "instances/eu/uno.yaml".into();
    world.keeps(&[("one", 20931), ("two", 20932)]);
}

#[test]
fn two_files_that_swap_their_names_keep_both_instances() {
    let mut world = pair().pruning();
    let (one, two) = (world.take("one"), world.take("two"));
    world.put("one", two);
    world.put("two", one);
    world.keeps(&[("one", 20931), ("two", 20932)]);
}

#[test]
fn two_documents_that_swap_their_display_names_keep_both_instances() {
    let mut world = pair().pruning();
    world.wanted("one").name = "two".into();
    world.wanted("two").name = "one".into();
    world.keeps(&[("one", 20931), ("two", 20932)]);
}

#[test]
fn swapping_two_files_with_explicit_keys_changes_nothing() {
    let mut world = pair().pruning();
    let files = ["one", "two"].map(|name| world.wanted(name).at.file.clone());
    for (name, file) in ["two", "one"].into_iter().zip(files) {
        world.wanted(name).at.file = file;
    }
    world.is_settled();
}

#[test]
fn a_document_with_another_key_keeps_its_instance() {
    let mut world = pair().pruning();
    world.rekey("two", "zwei");
    assert_eq!(paths(&world.plan().steps[0]), ["mark"]);
    world.keeps(&[("one", 20931), ("zwei", 20932)]);
}

#[test]
fn all_documents_of_a_folder_that_moves_keep_their_instances() {
    let mut world = pair().pruning();
    for name in ["one", "two"] {
        let wanted = world.take(name);
        world.put(&format!("eu/{name}"), wanted);
    }
    world.keeps(&[("eu/one", 20931), ("eu/two", 20932)]);
}

#[test]
fn instances_that_the_tag_filter_misses_are_not_created_again() {
    let world = pair();
    for missed in [&[20931][..], &[20932], &[20931, 20932]] {
        *world.remote.unlisted.lock().unwrap() = ids(missed);
        let plan = world.plan();
        assert!(plan.is_empty(), "{plan:#?}");
        let notes: Vec<_> = plan.notes.iter().map(|note| note.code.as_str()).collect();
        assert_eq!(notes, vec!["tag-filter-unreliable"; missed.len()]);
    }
    world.keeps(&[("one", 20931), ("two", 20932)]);
}

#[test]
fn a_moved_document_is_followed_although_the_tag_filter_misses_it() {
    let mut world = pair();
    *world.remote.unlisted.lock().unwrap() = ids(&[20932]);
    world.rekey("two", "zwei");
    world.keeps(&[("one", 20931), ("zwei", 20932)]);
}

/// Two documents that are the same but for their document keys, and their instances.
fn twins() -> World {
    let twin = |name: &str| {
        let (key, mut wanted) = document(name, &[("oauth.api.secret", secret("one"))]);
        wanted.name = "Desk".into();
        (key, wanted)
    };
    World::new([twin("apac/desk"), twin("emea/desk")]).agrees()
}

#[test]
fn namesakes_whose_folder_moves_keep_their_instances_even_while_pruning() {
    let mut world = twins().pruning();
    let carried = world.plan().untouched.unchanged;
    assert_eq!(carried, 2);
    let before = world.remote.records();
    for name in ["apac/desk", "emea/desk"] {
        let wanted = world.take(name);
        world.put(&format!("regions/{name}"), wanted);
    }
    let step = world.plan().steps;
    assert_eq!(step.iter().map(paths).collect::<Vec<_>>(), [["mark"], ["mark"]]);
    assert!(world.apply().is_complete());
    let tokens = |records: &std::collections::BTreeMap<InstanceId, Record>| {
        records.values().map(|record| record.token.expose().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(tokens(&world.remote.records()), tokens(&before));
    assert!(world.plan().is_empty() && world.plan().notes.is_empty());
}

#[test]
fn an_open_move_blocks_and_nothing_is_pruned_until_it_is_settled() {
    let mut world = twins().pruning();
    let (one, other) = (world.take("apac/desk"), world.take("emea/desk"));
    world.put("one", one);
    world.put("two", other);
    let plan = world.plan();
    assert!(plan.steps.is_empty(), "{plan:#?}");
    assert_eq!(block_codes(&plan), [BlockCode::AmbiguousMove; 2]);
    assert_eq!(plan.notes.iter().filter(|note| note.code.as_str() == "kept-from-prune").count(), 2);
    world.wanted("one").moved_from = [key("emea/desk")].into();
    // One of each is left, and settles the other one.
    let remaining = world.plan();
    assert_eq!((remaining.steps.len(), remaining.blocked.len()), (2, 0), "{remaining:#?}");
    world.keeps(&[("one", 20932), ("two", 20931)]);
}

#[test]
fn an_orphan_is_pruned_in_the_run_after_the_create_of_its_connector() {
    let mut world = hootsuite().agrees().pruning();
    world.take("hootsuite");
    world.add("new");
    let plan = world.plan();
    assert_eq!((plan.count(Action::Create), plan.count(Action::Delete)), (1, 0));
    let note = note(&plan, "kept-from-prune");
    assert_eq!(
        note.text(),
        "no document describes hootsuite `hootsuite`. It is not deleted in this run, because `new` has the \
         same connector and is created or blocked. If `new` is not this instance under another document key, the next \
         `--prune` deletes it"
    );
    assert!(world.apply().is_complete());
    assert_eq!(world.plan().count(Action::Delete), 1);
    world.converges();
}

#[test]
fn an_orphan_is_pruned_in_the_run_after_another_one_was_recognized_by_its_name_only() {
    let mut world = pair().pruning();
    // `one` is deleted, and in the same change `two` was moved and given the name of `one`.
    world.take("one");
    let mut wanted = world.take("two");
    wanted.name = "one".into();
    world.put("zwei", wanted);
    let plan = world.plan();
    assert_eq!((plan.count(Action::Update), plan.count(Action::Delete)), (1, 0), "{plan:#?}");
    let note = note(&plan, "kept-from-prune");
    assert_eq!(
        note.text(),
        "no document describes hootsuite `two`. It is not deleted in this run, because `zwei` has the same \
         connector and was matched with another instance by its name or path only. If `zwei` is not this instance under another document key, the next `--prune` deletes it"
    );
    // The line names the instance, and then the other one may be deleted too.
    world.wanted("zwei").moved_from = [key("two")].into();
    assert_eq!(world.plan().count(Action::Delete), 1);
}

#[test]
fn a_project_is_taken_over_by_the_whole_account_and_by_the_rules_for_moves() {
    let mut world = pair();
    world.project = "renamed";
    world.options.take_from = Some("test".parse().unwrap());
    // An instance that the tag filter leaves out is adopted too.
    *world.remote.unlisted.lock().unwrap() = ids(&[20931, 20932]);
    world.rekey("two", "eu/two");
    let plan = world.plan();
    assert_eq!((plan.count(Action::Adopt), plan.steps.len()), (2, 2), "{plan:#?}");
    assert_eq!(
        plan.notes.iter().filter(|note| note.code.as_str() == "tag-filter-unreliable").count(),
        2
    );
    assert!(world.apply().is_complete());
    world.options.take_from = None;
    *world.remote.unlisted.lock().unwrap() = ids(&[]);
    world.keeps(&[("eu/two", 20932), ("one", 20931)]);
}

#[test]
fn two_projects_with_equal_document_keys_and_different_names_share_a_tenant() {
    let mut world = hootsuite().agrees();
    world.project = "sales";
    world.wanted("hootsuite").name = "Sales".into();
    assert_eq!(world.only_step().action, Action::Create);
    let world = world.agrees();
    assert_eq!(world.remote.records().len(), 2);
}

#[test]
fn a_listed_but_unreadable_instance_is_awaited_and_never_duplicated() {
    let mut world = pair();
    *world.remote.unlisted.lock().unwrap() = ids(&[20932]);
    *world.remote.unreadable.lock().unwrap() = ids(&[20932]);
    let plan = world.plan();
    assert!(plan.steps.is_empty() && !plan.is_guarded(), "{plan:#?}");
    assert_eq!(plan.blocked[0].code, BlockCode::NotYetReadable);
    assert_eq!(
        plan.blocked[0].message,
        "a listing shows instance 20932, but GET /instances/20932 does not find it. The platform may still \
         be creating or deleting it. Run again in a minute. If this does not change, ask the platform's \
         support"
    );
    // Nor does it get another document key, or is it deleted.
    world.rekey("two", "zwei");
    assert_eq!(world.only_block().0, BlockCode::NotYetReadable);
    world.take("zwei");
    let world = world.pruning();
    world.is_settled();
    world.remote.unreadable.lock().unwrap().clear();
    world.remote.unlisted.lock().unwrap().clear();
    assert_eq!(world.only_step().action, Action::Delete);
}

fn ids(numbers: &[u64]) -> std::collections::BTreeSet<InstanceId> {
    numbers.iter().copied().map(InstanceId::new).collect()
}

#[test]
fn an_orphan_never_gets_a_key_of_an_instance_outside_the_filter() {
    let mut world = pair();
    world.wanted("two").name = "one".into();
    let mut world = world.agrees();
    *world.remote.unlisted.lock().unwrap() = ids(&[20931]);
    world.take("two");
    world.is_settled();
}

#[test]
fn an_instance_is_not_adopted_under_a_key_that_one_outside_of_the_filter_carries() {
    let mut world = hootsuite().agrees();
    *world.remote.unlisted.lock().unwrap() = ids(&[ONLY.get()]);
    let other = world.remote.insert(|id| record(id, "hootsuite", "another"));
    world.adopt("hootsuite", other);
    assert_eq!(world.only_block().0, BlockCode::KeyTaken);
}

#[test]
fn an_id_whose_document_is_gone_is_not_taken_over_by_another_connector() {
    let mut world = hootsuite().agrees();
    let mut wanted = world.take("hootsuite");
    wanted.connector = "slack".parse().unwrap();
    world.put("slack", wanted);
    world.adopt("slack", ONLY);
    assert_eq!(world.only_block().0, BlockCode::ConnectorChanged);
}

#[test]
fn an_instance_that_is_taken_over_by_its_key_is_not_adopted_by_another_document() {
    let mut world = pair();
    world.project = "renamed";
    world.options.take_from = Some("test".parse().unwrap());
    world.add("three");
    world.adopt("three", InstanceId::new(20931));
    let plan = world.plan();
    assert_eq!(plan.count(Action::Adopt), 2, "{plan:#?}");
    assert_eq!(plan.blocked[0].code, BlockCode::ForeignInstance);
    assert!(plan.blocked[0].message.starts_with("instance 20931 belongs to the document `one`"));
}

#[test]
fn an_instance_that_one_document_names_by_id_is_not_given_to_another_one_by_moved_from() {
    let mut world = pair();
    let one = world.take("one");
    world.put("by-id", one.clone());
    world.put("by-line", DesiredInstance { moved_from: [key("one")].into(), ..one });
    world.adopt("by-id", InstanceId::new(20931));
    let plan = world.plan();
    assert_eq!((plan.steps.len(), plan.steps[0].key.as_str()), (1, "by-id"), "{plan:#?}");
    assert_eq!(plan.blocked[0].code, BlockCode::AmbiguousMove);
    assert_eq!(
        plan.blocked[0].message,
        "`moved_from: one` names instance 20931, but another document has `id: 20931` at \
         instances/by-id.yaml:3:5. Remove one of these lines"
    );
}

#[test]
fn an_instance_returned_by_another_project_has_no_old_fingerprints() {
    let mut world = pair();
    world.remote.retag(InstanceId::new(20931), "ocon:project=", Some("ocon:project=other"));
    let changed = secret("changed");
    world.set("one", "oauth.api.secret", changed);
    world.options.take_from = Some("other".parse().unwrap());
    let plan = world.plan();
    assert_eq!((plan.count(Action::Adopt), plan.steps.len()), (1, 1), "{plan:#?}");
    assert!(plan.notes.iter().any(|note| note.code.as_str() == "unverified"));
    assert!(world.apply().is_complete());
    world.is_settled();
}

#[test]
fn instances_of_a_renamed_project_are_listed_with_the_line_that_adopts_them() {
    let mut world = pair();
    world.project = "renamed";
    world.options.take_from = Some("test".parse().unwrap());
    let mut wanted = world.take("two");
    wanted.name = "zwei".into();
    world.put("eu/zwei", wanted);
    let plan = world.plan();
    let message = |code: &str| {
        let note = note(&plan, code);
        (note.instance_id.map(InstanceId::get), note.text())
    };
    assert_eq!(
        message("left-behind"),
        (
            Some(20932),
            "hootsuite `two` stays in project `test`, because no document describes it. If a document \
             continues it, add `moved_from: two` to that document"
                .to_owned()
        )
    );
    assert!(message("maybe-moved").1.contains("add `moved_from: two` to keep its ID and token"));
    world.wanted("eu/zwei").moved_from = [key("two")].into();
    world.keeps(&[("eu/zwei", 20932), ("one", 20931)]);
}

/// Only the listing of the account has the document's own instance, and an orphan looks like it.
#[test]
fn a_partial_plan_finds_an_instance_that_the_tag_filter_misses_next_to_a_similar_orphan() {
    let mut world = twins();
    world.take("apac/desk");
    *world.remote.unlisted.lock().unwrap() = ids(&[20932]);
    world.options.selection = Some([key("emea/desk")].into());
    world.is_settled();
}

#[test]
fn a_moved_from_that_contradicts_the_document_key_blocks_and_prunes_nothing() {
    let mut world = pair().pruning();
    let wanted = world.take("two");
    world.take("one");
    world.put("one", wanted);
    world.wanted("one").moved_from = [key("two")].into();
    let plan = world.plan();
    assert!(plan.steps.is_empty(), "{plan:#?}");
    assert_eq!(
        (plan.blocked[0].code, plan.blocked[0].message.as_str()),
        (
            BlockCode::AmbiguousMove,
            "`moved_from: two` names instance 20932, but instance 20931 already belongs to the document \
             `one`. To continue instance 20932, replace `moved_from` with `key: two`. To keep instance \
             20931, remove `moved_from`"
        )
    );
}

/// A file replaced a deleted one: its own instance has its fingerprints, and stays for now.
#[test]
fn an_orphan_that_remembers_a_document_stays_in_the_run_in_which_another_instance_becomes_it() {
    let mut world = pair().pruning();
    let wanted = world.take("two");
    world.take("one");
    world.put("one", wanted);
    let plan = world.plan();
    assert_eq!((plan.count(Action::Update), plan.count(Action::Delete)), (1, 0), "{plan:#?}");
    let note = note(&plan, "kept-from-prune");
    assert_eq!(
        note.text(),
        "no document describes hootsuite `two`. It is not deleted in this run, because `one` has the same \
         connector and was last applied to this instance, but now belongs to another one. If `one` is not this instance under another document key, the next `--prune` deletes it"
    );
}

#[test]
fn of_two_orphans_with_one_document_key_none_is_taken_and_none_deleted_while_a_document_may_continue_one()
 {
    let mut world = pair().pruning();
    let twin = world.remote.records().remove(&InstanceId::new(20931)).unwrap();
    world.remote.insert(|id| Record { id, ..twin });
    world.rekey("one", "eins");
    let plan = world.plan();
    assert!(plan.is_guarded() && plan.steps.is_empty(), "{plan:#?}");
    assert_eq!(plan.blocked[0].code, BlockCode::AmbiguousKey);
}

/// The document key of one instance was copied onto another by hand.
#[test]
fn a_document_whose_instance_got_the_key_of_another_one_by_hand_is_not_created_again() {
    let world = pair();
    world.remote.retag(InstanceId::new(20932), "ocon:key=", Some("ocon:key=one"));
    let plan = world.plan();
    assert!(plan.is_guarded() && plan.steps.is_empty(), "{plan:#?}");
    assert_eq!(block_codes(&plan), [BlockCode::AmbiguousKey; 2]);
}

#[test]
fn an_orphan_that_got_a_document_since_the_plan_is_not_deleted() {
    let mut world = pair().pruning();
    world.take("two");
    let approved = world.plan().within(Limits { max_deletes: 1 }).unwrap();
    world.remote.retag(InstanceId::new(20932), "ocon:key=", Some("ocon:key=zwei"));
    let outcome = world.carry_out(&approved);
    assert_eq!(outcome.results[0].status.outcome().as_str(), "stale");
    assert_eq!(
        first_failure(&outcome).message,
        "instance 20932 changed since the plan: it no longer has only the document key `two` of this \
         project, or it is protected now. It was not deleted. Plan again"
    );
    assert_eq!(world.remote.records().len(), 2);
}

/// The instance that `moved_from` names has a second key, so its owner is ambiguous.
#[test]
fn an_instance_with_a_broken_mark_that_moved_from_names_is_not_created_again() {
    let mut world = pair();
    world.remote.edit(InstanceId::new(20931), |record| {
        record.tags.push("ocon:key=other".into());
        record.name = "renamed".into();
    });
    let mut wanted = world.take("one");
    wanted.moved_from = [key("one")].into();
    world.put("eins", wanted);
    assert_eq!(world.only_block().0, BlockCode::BrokenMark);
}
