//! The status of files and a platform, both in memory.

use std::collections::{BTreeMap, BTreeSet};

use ocon::desired::{Adopt, Desired, DesiredInstance};
use ocon::instance::{BaseUrl, InstanceId, Secret, StoredValue};
use ocon::observed::{Observed, ObservedInstance};
use ocon::ownership::{self, FingerprintScope, Fingerprints, OwnershipMark, ReservedTags};
use ocon::plan::status::{InstanceHealth, InstanceStatus, StatusReport, SyncState, status};
use ocon::plan::{PlanContext, PlanOptions, Target, compute};

use crate::world::{document, webhook_url};

/// The project `test` with documents and with instances of any project.
#[derive(Default)]
struct World {
    desired: Desired,
    account: BTreeMap<InstanceId, ObservedInstance>,
    options: PlanOptions,
}

fn target() -> Target {
    let base_url = BaseUrl::new("https://api.example/elements/api-v2");
    Target { base_url, project: "test".parse().unwrap() }
}

fn fingerprints() -> Fingerprints {
    Fingerprints::from_organization_secret(&Secret::new("k1"))
}

fn found(id: u64, name: &str, tags: BTreeSet<String>, callback: &str) -> ObservedInstance {
    let (marks, tags) = ownership::split(tags.into_iter().collect());
    let configuration =
        [("event.notification.enabled", "true"), ("event.notification.callback.url", callback)];
    let configuration =
        configuration.map(|(key, value)| (key.to_owned(), StoredValue::new(Some(value))));
    ObservedInstance {
        id: InstanceId::new(id),
        connector: "closeio".into(),
        name: name.into(),
        marks,
        tags,
        configuration: configuration.into(),
        valid: true,
        disabled: false,
        token: Secret::new("token"),
    }
}

impl World {
    /// A document whose callback URL refers to its instance.
    fn file(mut self, key: &str) -> Self {
        let callback = ("event.notification.callback.url", webhook_url());
        let (key, mut wanted) = document(key, &[callback]);
        wanted.connector = "closeio".parse().unwrap();
        self.desired.instances.insert(key, wanted);
        self
    }

    /// An instance that was applied under `key`; its callback URL ends in `callback`.
    fn instance(mut self, id: u64, project: &str, key: &str, callback: &str) -> Self {
        let name = key;
        let (project, key) = (project.parse().unwrap(), key.parse().unwrap());
        let subject = FingerprintScope { project: &project, key: &key };
        let document = self.desired.instances.get(&key).map(DesiredInstance::canonical_json);
        let applied = fingerprints().begin(subject, &document.unwrap_or_default());
        let mark = OwnershipMark { project: project.clone(), key, protect: false, applied };
        let callback = format!("{}{callback}", target().base_url);
        let found = found(id, name, mark.with(&ReservedTags::default(), []), &callback);
        self.account.insert(found.id, found);
        self
    }

    fn status(&self) -> StatusReport {
        let (target, fingerprints) = (target(), fingerprints());
        let is_ours = |found: &ObservedInstance| {
            found.marks.owner().map(|(project, _)| project.clone()) == Some(target.project.clone())
        };
        let ours = self.account.iter().filter(|(_, found)| is_ours(found));
        let adopted = self.desired.instances.values();
        let adopted = adopted.filter_map(|wanted| Some(wanted.adopt.as_ref()?.id));
        let observed = Observed {
            project: target.project.clone(),
            ours: ours.map(|(id, found)| (*id, found.clone())).collect(),
            account: Some(self.account.clone()),
            by_id: adopted.map(|id| (id, self.account.get(&id).cloned())).collect(),
            taken: None,
            reads: 1,
            page_size: 200,
        };
        let options = &self.options;
        let context = PlanContext {
            target: &target,
            options,
            fingerprints: &fingerprints,
            accepts_samples: false,
        };
        let plan = compute(&self.desired, &observed, &context);
        status(&self.desired, &observed, &plan, &context)
    }

    fn rows(&self) -> Vec<String> {
        let row = |row: &InstanceStatus| {
            let id = row.instance.as_ref().map(|instance| format!(" {}", instance.id));
            let id = id.unwrap_or_default();
            format!("{}{id} {}", row.key, row.state.as_str())
        };
        self.status().rows.iter().map(row).collect()
    }
}

const OWN: &str = "/events/closeio/MjA5MzE=";

#[test]
fn every_instance_of_the_project_has_a_row_and_the_most_urgent_is_first() {
    let world = World::default()
        .file("d/new")
        .file("a")
        .file("c")
        .file("e")
        .instance(20931, "test", "a", OWN)
        .instance(20932, "test", "c", "/events/closeio/MjA5MzE=")
        .instance(20933, "test", "b", "")
        .instance(20934, "other", "a", "")
        .instance(20935, "test", "e", "/events/closeio");
    assert_eq!(
        world.rows(),
        [
            "d/new missing",
            "e 20935 unfinished",
            "c 20932 drifted",
            "b 20933 orphan",
            "a 20931 in-sync",
        ]
    );
}

#[test]
fn a_status_row_shows_the_observed_values() {
    let mut world = World::default().file("a").instance(20931, "test", "a", OWN);
    let found = world.account.get_mut(&InstanceId::new(20931)).unwrap();
    (found.valid, found.disabled) = (false, true);
    let row = world.status().rows.remove(0);
    let expected = InstanceHealth {
        id: InstanceId::new(20931),
        valid: false,
        enabled: false,
        events: true,
        webhook_url: Some(format!("{}{OWN}", target().base_url)),
    };
    assert_eq!((row.state, row.instance), (SyncState::InSync, Some(expected)));
}

#[test]
fn a_document_to_create_disabled_is_missing() {
    let mut world = World::default().file("a");
    world.desired.instances.values_mut().next().unwrap().enabled = Some(false);
    assert_eq!(world.rows(), ["a missing"]);
}

#[test]
fn every_instance_of_a_blocked_key_has_a_row() {
    let world = World::default()
        .file("a")
        .instance(20931, "test", "a", OWN)
        .instance(20932, "test", "a", "");
    assert_eq!(world.rows(), ["a 20931 blocked", "a 20932 blocked"]);
    assert_eq!(world.status().blocked.len(), 1);
}

#[test]
fn an_instance_in_sync_needs_attention_if_somebody_must_act() {
    let change = |change: fn(&mut ObservedInstance)| {
        let mut world = World::default().file("a").instance(20931, "test", "a", OWN);
        world.account.values_mut().for_each(change);
        world
    };
    let is_urgent = |world: &World| {
        let row = world.status().rows.remove(0);
        assert_eq!(row.state, SyncState::InSync);
        row.needs_attention
    };
    assert!(!is_urgent(&change(|_| ())));
    assert!(is_urgent(&change(|found| found.valid = false)));
    let mut disabled = change(|found| found.disabled = true);
    assert!(is_urgent(&disabled));
    disabled.desired.instances.values_mut().for_each(|wanted| wanted.enabled = Some(false));
    assert!(!is_urgent(&disabled));
}

#[test]
fn a_wrong_callback_url_needs_attention_in_any_state() {
    let callback = "/events/closeio/MjA5MzI=";
    let mut world = World::default().file("a").instance(20931, "test", "a", callback);
    world.desired.instances.values_mut().for_each(|wanted| wanted.configuration.clear());
    let status = world.status();
    let row = &status.rows[0];
    assert_eq!((row.state, row.needs_attention), (SyncState::InSync, true));
    assert_eq!(status.findings[0].id, InstanceId::new(20931));
}

#[test]
fn an_instance_without_an_owner_is_unmanaged_until_a_document_adopts_it() {
    let world = || {
        let mut world = World::default().file("a").instance(20934, "other", "a", "");
        for id in [20932, 20931] {
            let found = found(id, "free", BTreeSet::new(), "");
            world.account.insert(found.id, found);
        }
        world
    };
    let ids = |world: &World| -> Vec<u64> {
        world.status().unmanaged.iter().map(|found| found.id.get()).collect()
    };
    assert_eq!(ids(&world()), [20931, 20932]);
    let mut adopting = world();
    let span = adopting.desired.instances.values().next().unwrap().at.clone();
    let adopt = Some(Adopt { id: InstanceId::new(20931), at: span });
    adopting.desired.instances.values_mut().for_each(|wanted| wanted.adopt = adopt.clone());
    assert_eq!(ids(&adopting), [20932]);
}
