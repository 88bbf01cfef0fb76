//! Documents that are renamed, moved or given another key, and instances that a listing misses: in
//! all of these nothing is created and nothing deleted.

use ocon::desired::Wanted;
use ocon::instance::{InstanceId, Record, Value};
use ocon::plan::{Action, BlockCode};

use crate::remote::record;
use crate::rules::{ONLY, hootsuite, paths};
use crate::world::{World, document, key, secret, webhook_url};

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
    fn take(&mut self, name: &str) -> Wanted {
        self.desired.instances.remove(&key(name)).unwrap()
    }

    fn put(&mut self, name: &str, wanted: Wanted) {
        self.desired.instances.insert(key(name), wanted);
    }

    /// Applies, and checks that each document keeps the instance that is given for it.
    fn keeps(&self, documents: &[(&str, u64)]) {
        let expected: Vec<(String, InstanceId)> =
            documents.iter().map(|(key, id)| ((*key).into(), InstanceId::new(*id))).collect();
        let plan = self.plan();
        assert!(plan.blocked.is_empty(), "{plan:#?}");
        assert_eq!(plan.count(Action::Create) + plan.count(Action::Delete), 0, "{plan:#?}");
        assert!(self.apply().is_complete());
        assert!(
            self.plan().is_empty() && self.plan().notes.iter().all(|note| note.code != "orphan")
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
    let wanted = world.take("one");
    world.put("eu/one", wanted);
    world.keeps(&[("eu/one", 20931), ("two", 20932)]);
}

#[test]
fn a_file_that_is_moved_and_renamed_at_once_keeps_its_instance_by_its_key() {
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
fn two_swapped_files_with_a_key_of_their_own_change_nothing() {
    let mut world = pair().pruning();
    let files = ["one", "two"].map(|name| world.wanted(name).at.file.clone());
    for (name, file) in ["two", "one"].into_iter().zip(files) {
        world.wanted(name).at.file = file;
    }
    assert!(world.plan().is_empty());
}

#[test]
fn a_document_with_another_key_keeps_its_instance() {
    let mut world = pair().pruning();
    let wanted = world.take("two");
    world.put("zwei", wanted);
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
        let notes: Vec<_> = plan.notes.iter().map(|note| note.code).collect();
        assert_eq!(notes, vec!["tag-filter-unreliable"; missed.len()]);
    }
    world.keeps(&[("one", 20931), ("two", 20932)]);
}

#[test]
fn a_moved_document_is_followed_although_the_tag_filter_misses_it() {
    let mut world = pair();
    *world.remote.unlisted.lock().unwrap() = ids(&[20932]);
    let wanted = world.take("two");
    world.put("zwei", wanted);
    world.keeps(&[("one", 20931), ("zwei", 20932)]);
}

fn ids(numbers: &[u64]) -> std::collections::BTreeSet<InstanceId> {
    numbers.iter().copied().map(InstanceId::new).collect()
}

#[test]
fn an_orphan_never_gets_a_key_that_an_instance_outside_of_the_filter_carries() {
    let mut world = pair();
    world.wanted("two").name = "one".into();
    let mut world = world.agrees();
    *world.remote.unlisted.lock().unwrap() = ids(&[20931]);
    world.take("two");
    let plan = world.plan();
    assert!(plan.is_empty(), "{plan:#?}");
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
