//! What is promised of a plan, of any run, and of one that nothing disturbed.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ocon::apply::{Outcome, Status};
use ocon::desired::Wanted;
use ocon::instance::{BaseUrl, InstanceId, Key, Place, Project, Record, Seen, Value, Verdict};
use ocon::ownership::{self, Claim};
use ocon::plan::{Action, Change, Orphans, Plan, Rotate, Step};
use ocon::report::human::{self, Layout};
use ocon::report::json::{PlanDocument, ResultDocument, render};

use crate::remote::CANARY;
use crate::world::World;

type Records = BTreeMap<InstanceId, Record>;

/// It is the same whatever the order of the platform's lists, survives JSON, tells no secret, and
/// only mentions what is ours and differs.
pub(crate) fn of_a_plan(world: &World, plan: &Plan, before: &Records) {
    let document = PlanDocument::sealed(plan, &|text| text.len().to_string());
    let json = render(&document);
    assert_eq!(serde_json::from_str::<PlanDocument>(&json).unwrap(), document);
    *world.remote.reversed.lock().unwrap() = true;
    assert_eq!(world.plan(), *plan);
    *world.remote.reversed.lock().unwrap() = false;
    tells_no_secret(&[json, human::plan(plan, Layout::default()), format!("{plan:?}")]);
    let adopted = plan.steps.iter().filter(|step| step.action == Action::Adopt);
    let adopted: BTreeSet<_> = adopted.map(|step| step.id).collect();
    for step in &plan.steps {
        let claim = step.id.map(|id| claim(&before[&id]));
        match (step.action, claim) {
            (Action::Create, None) => doubles_nothing(step, before),
            (Action::Disable, None) => {}
            (_, Some(Claim::Unmanaged | Claim::Broken)) => {
                assert!(adopted.contains(&step.id), "{step:#?}");
            }
            (Action::Delete, Some(Claim::Ours(key))) => {
                assert!(!world.desired.instances.contains_key(&key));
                assert!(world.wishes.orphans == Orphans::Prune);
                assert!(!before[&step.id.unwrap()].tags.contains(&"ocon:protect".into()));
            }
            (_, Some(Claim::Ours(_))) if world.wishes.rotate != Rotate::default() => {}
            (_, Some(Claim::Ours(_))) => touches_only_what_differs(step, before),
            other => panic!("{other:?}: {step:#?}"),
        }
    }
}

/// No instance carries the key of what is created, not even with a broken mark.
fn doubles_nothing(step: &Step, before: &Records) {
    let tag = format!("ocon:key={}", step.key);
    let is_it = |record: &&Record| match claim(record) {
        Claim::Ours(key) => key == step.key,
        Claim::Broken => record.tags.contains(&tag),
        Claim::Unmanaged | Claim::Foreign(_) => false,
    };
    assert_eq!(before.values().find(is_it), None, "{step:#?}");
}

/// A visible value is written only where it is another one.
fn touches_only_what_differs(step: &Step, before: &Records) {
    let record = &before[&step.id.unwrap()];
    for change in &step.changes {
        match change {
            Change::Configuration { key, after, .. } if !key.ends_with("secret") => {
                let verdict = compare(key, &after.value, record);
                assert_ne!(verdict, Verdict::Same, "{key} of {record:#?}");
            }
            Change::Name { before: _, after } => assert_ne!(*after, record.name),
            _ => {}
        }
    }
}

/// No instance is touched that the plan does not mention, no key is doubled, the forecast is not
/// exceeded and no secret is told, whatever happened in between.
pub(crate) fn of_a_run(world: &World, plan: &Plan, outcome: &Outcome, before: &Records) {
    let (after, written) = (world.remote.records(), world.written());
    assert!(written.len() <= plan.writes(), "{written:#?}\n{plan:#?}");
    let touched: BTreeSet<_> = plan.steps.iter().filter_map(|step| step.id).collect();
    for (id, record) in before {
        assert!(touched.contains(id) || after.get(id) == Some(record), "{id} was touched");
    }
    for record in after.values() {
        if let Claim::Ours(key) = claim(record) {
            assert!(carriers(&after, &key) <= carriers(before, &key).max(1), "{key} is doubled");
        }
    }
    let json = render(&ResultDocument::new(outcome, plan.tally.unchanged));
    tells_no_secret(&[json, human::outcome(outcome, Layout::default()), format!("{outcome:?}")]);
}

/// The forecast is kept, what is left has a reason, and the platform holds what the files say.
pub(crate) fn of_an_undisturbed_run(world: &World, plan: &Plan, outcome: &Outcome) {
    let finished = |status: &Status| matches!(status, Status::Done | Status::Blocked(_));
    assert!(outcome.results.iter().all(|result| finished(&result.status)), "{outcome:#?}");
    let next = world.plan();
    // What this run did may have cleared the way for a document that was blocked.
    let blocked: BTreeSet<_> = plan.blocked.iter().map(|blocked| &blocked.key).collect();
    // What was kept from being pruned beside a create is pruned in the next run.
    let kept = plan.notes.iter().filter(|note| note.code == "kept-from-prune").collect::<Vec<_>>();
    let is_kept = |step: &&Step| {
        step.action == Action::Delete && kept.iter().any(|note| note.instance_id == step.id)
    };
    let left = next.steps.iter().filter(|step| !is_kept(step)).map(|step| &step.key);
    let mut left = left.chain(next.blocked.iter().map(|left| &left.key));
    assert!(left.all(|key| blocked.contains(key)), "{next:#?}\nafter {plan:#?}");
    for (key, wanted) in &world.desired.instances {
        if !blocked.contains(key) {
            is_described_by(&only(world, key), wanted, &unverified(&next, key));
        }
    }
}

/// The one instance with this key, as far as the listing by tag shows it.
fn only(world: &World, key: &Key) -> Record {
    let mut records = world.remote.records();
    records.retain(|_, record| claim(record) == claimed(key));
    if records.len() > 1 {
        records.retain(|id, _| !world.remote.unlisted.lock().unwrap().contains(id));
    }
    assert_eq!(records.len(), 1, "instances of {key}: {records:#?}");
    records.into_values().next().unwrap()
}

/// Whether the platform holds what the file says, but for what the plan admits not to know.
fn is_described_by(record: &Record, wanted: &Wanted, unverified: &str) {
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
        let is_same = || may_be_unset || compare(key, &field.value, record) == Verdict::Same;
        assert!(is_ignored || unverified.contains(key) || is_same(), "{key} of {record:#?}");
    }
}

/// The keys that a plan says it cannot compare.
fn unverified(plan: &Plan, key: &Key) -> String {
    let mut notes = plan.notes.iter().filter(|note| note.code == "unverified");
    notes.find(|note| note.key == *key).map(|note| note.message.clone()).unwrap_or_default()
}

/// Compares with the true value, which no mask hides.
fn compare(key: &str, value: &Value, record: &Record) -> Verdict {
    let base_url = BaseUrl::new("https://api.example/elements/api-v2");
    let connector = record.connector.parse().unwrap();
    let place = Place { base_url: &base_url, connector: &connector, id: Some(record.id) };
    let seen = record.configuration.get(key).unwrap_or(&Seen::Unset);
    value.compare(key, seen, &place)
}

fn claim(record: &Record) -> Claim {
    let project: Project = "test".parse().unwrap();
    ownership::split(record.tags.clone()).0.claim(&project)
}

fn claimed(key: &Key) -> Claim {
    Claim::Ours(key.clone())
}

fn carriers(records: &Records, key: &Key) -> usize {
    records.values().filter(|record| claim(record) == claimed(key)).count()
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
    // Without the characters at both ends, in which its neighbours have a part.
    let base64 = (0..3).map(|shift| encoded(shift)[4..16].to_owned());
    let forms = [CANARY.to_owned(), json.trim_matches('"').to_owned(), url];
    for form in forms.into_iter().chain(base64) {
        let found = texts.iter().find(|text| text.contains(&form));
        assert!(found.is_none(), "{form} occurs in {}", found.unwrap());
    }
}
