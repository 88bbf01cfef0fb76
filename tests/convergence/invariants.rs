//! Invariants of a plan, of any run, and of a run that nothing disturbed.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ocon::apply::{Outcome, StepStatus};
use ocon::desired::DesiredInstance;
use ocon::instance::{
    BaseUrl, InstanceId, Key, Project, Record, RenderContext, StoredValue, Value, ValueComparison,
};
use ocon::ownership::{self, Ownership};
use ocon::plan::{Action, Change, OrphanPolicy, Plan, Rotate, Step};
use ocon::report::human::{self, Layout};
use ocon::report::json::{PlanDocument, PlanStep, ResultDocument, render};

use crate::remote::CANARY;
use crate::world::World;

type Records = BTreeMap<InstanceId, Record>;

/// It does not depend on the order of the platform's lists, survives JSON, shows no secret, and
/// only mentions what is ours and differs.
pub(crate) fn of_a_plan(world: &World, plan: &Plan, before: &Records) {
    let document = PlanDocument::sealed(plan, &|text| text.len().to_string());
    let json = render(&document);
    assert_eq!(render(&serde_json::from_str::<PlanDocument>(&json).unwrap()), json);
    *world.remote.reversed.lock().unwrap() = true;
    assert_eq!(world.plan(), *plan);
    *world.remote.reversed.lock().unwrap() = false;
    tells_no_secret(&[json, human::plan(&document, Layout::default()), format!("{plan:?}")]);
    for step in &plan.steps {
        assert!(world.options.selects(&step.key) || step.action == Action::Delete, "{step:#?}");
        let Some(id) = step.id else {
            assert!(matches!(step.action, Action::Create | Action::Disable), "{step:#?}");
            continue;
        };
        let record = &before[&id];
        match (step.action, claim(world, record)) {
            (Action::Delete, Ownership::Ours(key)) => {
                assert!(!world.desired.instances.contains_key(&key));
                assert!(world.options.orphans == OrphanPolicy::Prune && !plan.partial);
                assert!(!record.tags.contains(&"ocon:protect".into()));
            }
            (Action::Delete, other) => panic!("{other:?}: {step:#?}"),
            (_, Ownership::Unmanaged | Ownership::Broken) => {
                let adopt = &world.desired.instances[&step.key].adopt;
                assert!(adopt.as_ref().is_some_and(|adopt| adopt.id == id), "{step:#?}");
            }
            (_, Ownership::Foreign(owner)) => {
                let taken = world.options.take_from.as_ref().map(Project::as_str);
                assert_eq!(taken, Some(owner.as_str()), "{step:#?}");
            }
            (_, Ownership::Ours(_)) if world.options.rotate != Rotate::default() => {}
            (_, Ownership::Ours(_)) => touches_only_what_differs(step, record),
        }
    }
}

/// A visible value is written only where it is another one.
fn touches_only_what_differs(step: &Step, record: &Record) {
    for change in &step.changes {
        match change {
            Change::Configuration { key, after, .. } if !key.ends_with("secret") => {
                let verdict = compare(key, &after.value, record);
                assert_ne!(verdict, ValueComparison::Same, "{key} of {record:#?}");
            }
            Change::Name { before: _, after } => assert_ne!(*after, record.name),
            _ => {}
        }
    }
}

/// No instance is touched that the plan does not mention, no key is duplicated, the forecast is not
/// exceeded and no secret is shown, whatever happened in between.
pub(crate) fn of_a_run(world: &World, plan: &Plan, outcome: &Outcome, before: &Records) {
    let (after, written) = (world.remote.records(), world.written());
    assert!(written.len() <= plan.writes(), "{written:#?}\n{plan:#?}");
    let touched: BTreeSet<_> = plan.steps.iter().filter_map(|step| step.id).collect();
    for (id, record) in before {
        assert!(touched.contains(id) || after.get(id) == Some(record), "{id} was touched");
    }
    let is_deleted =
        |id| plan.steps.iter().any(|step| step.action == Action::Delete && step.id == Some(id));
    for (id, record) in before {
        let is_kept = after.get(id).is_some_and(|kept| kept.token == record.token);
        assert!(is_kept || is_deleted(*id), "{id} is gone, or its token is");
    }
    for record in after.values() {
        if let Ownership::Ours(key) = claim(world, record) {
            let count = |records| carriers(world, records, &key);
            assert!(count(&after) <= count(before).max(1), "{key} is duplicated");
        }
    }
    let json = render(&ResultDocument::new(outcome, plan.untouched.unchanged));
    tells_no_secret(&[
        json,
        human::outcome(&ResultDocument::new(outcome, 0), Layout::default()),
        format!("{outcome:?}"),
    ]);
}

/// The forecast holds, each remaining difference has a reason, and the platform matches the files.
pub(crate) fn of_an_undisturbed_run(world: &World, plan: &Plan, outcome: &Outcome) {
    let finished =
        |status: &StepStatus| matches!(status, StepStatus::Done | StepStatus::Blocked(_));
    assert!(outcome.results.iter().all(|result| finished(&result.status)), "{outcome:#?}");
    let next = world.plan();
    // This run may have unblocked a document.
    let blocked: BTreeSet<_> = plan.blocked.iter().map(|blocked| &blocked.key).collect();
    // An orphan that is kept from pruning may go in the next run.
    let left =
        next.steps.iter().filter(|step| step.action != Action::Delete || !is_kept(plan, step));
    let left = left.map(|step| &step.key);
    let mut left = left.chain(next.blocked.iter().map(|left| &left.key));
    assert!(left.all(|key| blocked.contains(key)), "{next:#?}\nafter {plan:#?}");
    for (key, wanted) in &world.desired.instances {
        if world.options.selects(key) && !blocked.contains(key) {
            is_described_by(&only(world, key), wanted, &unverified(&next, key));
        }
    }
}

fn is_kept(plan: &Plan, step: &Step) -> bool {
    plan.notes
        .iter()
        .any(|note| note.code.as_str() == "kept-from-prune" && note.instance_id == step.id)
}

/// A saved plan does nothing that it does not contain.
pub(crate) fn of_a_saved_plan(world: &World, saved: &PlanDocument, before: &Records) {
    let after = world.remote.records();
    let steps_of =
        |id: InstanceId| saved.steps.iter().filter(move |step| step.instance_id == Some(id.get()));
    for (id, record) in &after {
        let Some(old) = before.get(id) else {
            let Ownership::Ours(key) = claim(world, record) else { panic!("{record:#?}") };
            let is_it = |step: &PlanStep| step.key == key.as_str() && step.action == Action::Create;
            assert!(saved.steps.iter().any(is_it), "{key} is created");
            continue;
        };
        let changes = || steps_of(*id).flat_map(|step| &step.changes);
        for path in changed(old, record) {
            assert!(
                changes().any(|change| change.path.to_string() == path),
                "{path} of {id} is changed"
            );
        }
        let switches = |name| steps_of(*id).any(|step| step.action == name);
        match (old.disabled, record.disabled) {
            (false, true) => assert!(switches(Action::Disable), "{id} is disabled"),
            (true, false) => assert!(switches(Action::Enable), "{id} is enabled"),
            (true, true) | (false, false) => {}
        }
    }
    for id in before.keys().filter(|id| !after.contains_key(id)) {
        assert!(steps_of(*id).any(|step| step.action == Action::Delete), "{id} is deleted");
    }
}

/// The fields that differ, without the fingerprints, which go with every write.
fn changed(old: &Record, new: &Record) -> Vec<String> {
    let parts = |record: &Record| {
        let (marks, tags) = ownership::split(record.tags.clone());
        (marks.owner().map(|(project, key)| (project.clone(), key.clone())), marks.protect(), tags)
    };
    let (before, after) = (parts(old), parts(new));
    let named = |is_changed: bool, path: &str| is_changed.then(|| path.to_owned());
    let keys: BTreeSet<_> = old.configuration.keys().chain(new.configuration.keys()).collect();
    let values =
        keys.into_iter().filter(|key| old.configuration.get(*key) != new.configuration.get(*key));
    [
        named(old.name != new.name, "name"),
        named(before.0 != after.0, "mark"),
        named(before.1 != after.1, "lifecycle.protect"),
        named(before.2 != after.2, "tags"),
    ]
    .into_iter()
    .flatten()
    .chain(values.map(|key| format!("configuration.{key}")))
    .collect()
}

/// The one instance with this key, as far as the listing by tag shows it.
fn only(world: &World, key: &Key) -> Record {
    let mut records = world.remote.records();
    records.retain(|_, record| claim(world, record) == claimed(key));
    if records.len() > 1 {
        records.retain(|id, _| !world.remote.unlisted.lock().unwrap().contains(id));
    }
    assert_eq!(records.len(), 1, "instances of {key}: {records:#?}");
    records.into_values().next().unwrap()
}

/// Whether the platform matches the file, except for values that the plan reports as unknown.
fn is_described_by(record: &Record, wanted: &DesiredInstance, unverified: &str) {
    let (marks, tags) = ownership::split(record.tags.clone());
    assert_eq!(
        (&record.name, record.connector.as_str()),
        (&wanted.name, wanted.connector.as_str())
    );
    assert!(wanted.tags.as_ref().is_none_or(|wanted| wanted == tags.as_set()));
    assert!(wanted.enabled.is_none_or(|enabled| enabled != record.disabled));
    assert_eq!(marks.protect(), wanted.lifecycle.protect);
    for (key, field) in &wanted.configuration {
        let path = format!("configuration.{key}");
        let is_ignored = wanted.lifecycle.ignore.iter().any(|ignore| ignore.path == path);
        // Where nothing is known, a mask counts as unset.
        let may_be_unset = key.ends_with("secret") && field.value == Value::Unset;
        let is_unset = field.value.secrets().any(|reference| reference.value.is_none());
        let is_same =
            || may_be_unset || compare(key, &field.value, record) == ValueComparison::Same;
        assert!(
            is_ignored || is_unset || unverified.contains(key) || is_same(),
            "{key} of {record:#?}"
        );
    }
}

/// The keys that a plan reports as not comparable.
fn unverified(plan: &Plan, key: &Key) -> String {
    let mut notes = plan.notes.iter().filter(|note| note.code.as_str() == "unverified");
    notes.find(|note| note.key == *key).map(|note| note.message.clone()).unwrap_or_default()
}

/// Compares with the true value, which no mask hides.
fn compare(key: &str, value: &Value, record: &Record) -> ValueComparison {
    let base_url = BaseUrl::new("https://api.example/elements/api-v2");
    let connector = record.connector.parse().unwrap();
    let place = RenderContext { base_url: &base_url, connector: &connector, id: Some(record.id) };
    let seen = record.configuration.get(key).unwrap_or(&StoredValue::Unset);
    value.compare(key, seen, &place)
}

fn claim(world: &World, record: &Record) -> Ownership {
    claim_in(&world.project.parse().unwrap(), record)
}

fn claim_in(project: &Project, record: &Record) -> Ownership {
    ownership::split(record.tags.clone()).0.ownership(project)
}

fn claimed(key: &Key) -> Ownership {
    Ownership::Ours(key.clone())
}

fn carriers(world: &World, records: &Records, key: &Key) -> usize {
    records.values().filter(|record| claim(world, record) == claimed(key)).count()
}

/// No text holds a secret, in any form in which it could get out.
pub(crate) fn tells_no_secret(texts: &[String]) {
    let json = serde_json::to_string(CANARY).unwrap();
    let letter = |byte| match byte {
        b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    let url = CANARY.bytes().map(letter).collect::<Vec<_>>().concat();
    let encoded = |shift: usize| STANDARD.encode([&b"\0\0"[..shift], CANARY.as_bytes()].concat());
    // Without the characters at both ends, which also depend on the adjacent text.
    let base64 = (0..3).map(|shift| encoded(shift)[4..16].to_owned());
    let forms = [CANARY.to_owned(), json.trim_matches('"').to_owned(), url];
    for form in forms.into_iter().chain(base64) {
        let found = texts.iter().find(|text| text.contains(&form));
        assert!(found.is_none(), "{form} occurs in {}", found.unwrap());
    }
}
