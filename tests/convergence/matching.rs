//! Matching as a table: documents on one side, instances on the other, and which belong together.
//!
//! Each row reads like the contract. A document is `key name`, with `from OLD …` for `moved_from`. An
//! instance is `key name`, as it was applied; `drifted` means that it has another name now.

use std::collections::BTreeSet;

use ocon::desired::DesiredInstance;
use ocon::instance::{InstanceId, Value};
use ocon::plan::{Action, BlockCode, Change, Plan};

use crate::world::{World, document, key};

/// The id of the first instance.
const FIRST: u64 = 20931;

/// A document from its line. Documents with the same name are the same but for the value behind `=`.
fn wanted(line: &str) -> (String, DesiredInstance) {
    let mut words = line.split(' ');
    let (name, display) = (words.next().unwrap(), words.next().unwrap());
    let (display, value) = display.split_once('=').unwrap_or((display, ""));
    let (_, mut wanted) = document(name, &[("site", Value::text(value))]);
    wanted.name = display.into();
    if words.next() == Some("from") {
        wanted.moved_from = words.map(key).collect();
    }
    (name.to_owned(), wanted)
}

/// The plan for these documents, where those instances were applied before.
fn plan(documents: &[&str], instances: &[&str]) -> Plan {
    let mut world = World::new([]);
    // In sequence, so the IDs follow the order of the lines.
    for line in instances {
        let (name, wanted) = wanted(line.trim_end_matches(" drifted"));
        world.desired.instances.insert(key(&name), wanted);
        assert!(world.apply().is_complete());
    }
    for (position, line) in instances.iter().enumerate() {
        if line.ends_with(" drifted") {
            world.remote.edit(InstanceId::new(FIRST + position as u64), |record| {
                record.name = "Drifted".into();
            });
        }
    }
    let documents = documents.iter().map(|line| wanted(line));
    world.desired.instances = documents.map(|(name, wanted)| (key(&name), wanted)).collect();
    world.plan()
}

/// The result for each document and orphan, one word each, in the order of the keys.
fn summary(plan: &Plan) -> Vec<String> {
    let mut lines = BTreeSet::new();
    for step in &plan.steps {
        let mark = step.changes.iter().find_map(|change| match change {
            Change::Mark { before, .. } => before.clone(),
            _ => None,
        });
        lines.insert(match (step.action, mark, step.id) {
            (Action::Create, _, _) => format!("{} is created", step.key),
            (_, Some(old), Some(id)) => format!("{} was {old} ({id})", step.key),
            (action, _, _) => format!("{} {}", step.key, action.as_str()),
        });
    }
    for blocked in &plan.blocked {
        lines.insert(format!("{} {}", blocked.key, blocked.code.as_str()));
    }
    for note in plan.notes.iter().filter(|note| note.code.as_str() == "orphan") {
        lines.insert(format!("{} is an orphan", note.key));
    }
    lines.into_iter().collect()
}

/// Checks a table. Each rule has a line with the documents, the instances, and what becomes of them:
/// `DOCUMENT, … / INSTANCE, … / RESULT, …`, where `-` is none.
fn check(table: &str) {
    let mut lines = table.trim().lines();
    while let (Some(rule), Some(row)) = (lines.next(), lines.next()) {
        let cells = row.trim().split(" / ");
        let cells = cells.map(|cell| cell.split(", ").filter(|item| *item != "-").collect());
        let cells: Vec<Vec<&str>> = cells.collect();
        let [documents, instances, expected] = &cells[..] else { panic!("{row}") };
        let plan = plan(documents, instances);
        assert_eq!(summary(&plan), *expected, "{rule}: {plan:#?}");
    }
}

#[test]
fn a_document_key_and_moved_from_decide_first_and_a_create_is_last() {
    check(
        "
2: the own key
  desk Desk / desk Desk / -
2: the own key before any other rule
  desk Other / desk Desk / desk update
3: moved_from names the instance, whatever else differs
  new Other from old / old Desk / new was old (20931)
3: moved_from decides between namesakes
  c Desk from b / a Desk, b Desk / a is an orphan, c was b (20932)
3: no effect once nothing carries the old key
  new Desk from old / new Desk / -
3: no effect where nothing ever did
  new Desk from old / - / new is created
3: two old keys that both have an instance stay open
  c Desk from a b / a Desk, b Desk / c ambiguous-move
5: another name under another key is another instance
  new Other / old Desk / new is created, old is an orphan
",
    );
}

#[test]
fn moves_are_recognized_by_content_then_by_name_then_by_path() {
    check(
        "
4a: the instance remembers the document, though it was renamed on the platform
  new Desk / old Desk drifted / new was old (20931)
4a: of namesakes, each remembers its own document
  x/one Desk=emea, x/two Desk=apac / two Desk=emea, one Desk=apac / x/one was two (20931), x/two was one (20932)
4b: the only one with its name, though the document changed, too
  new Desk=changed / old Desk=emea / new was old (20931)
4c: the longest common end of the paths, for documents that are all alike
  regions/emea/desk Desk, regions/apac/desk Desk / emea/desk Desk, apac/desk Desk / regions/apac/desk was apac/desk (20932), regions/emea/desk was emea/desk (20931)
4c: at least the last segment
  x/one Desk, x/two Desk / one Desk, two Desk / x/one was one (20931), x/two was two (20932)
4: what one criterion settles leaves the next one with one of each
  x/one Desk, three Desk / one Desk, two Desk / three was two (20932), x/one was one (20931)
4c: a path does not give an instance to a document that it does not remember
  x/one Desk=changed, two Desk=emea, three Desk=emea / one Desk=emea / one is an orphan, three ambiguous-move, two ambiguous-move, x/one ambiguous-move
4c: a longer path to what a digest rules out does not decide between two that are alike
  emea/desk Desk=one, apac/desk Desk=one / desk Desk=one, x/apac/desk Desk=two / apac/desk ambiguous-move, desk is an orphan, emea/desk ambiguous-move, x/apac/desk is an orphan
4c: of two that are alike, the one that changed while both were moved
  x/emea/desk Desk, x/apac/desk Desk=changed / emea/desk Desk, apac/desk Desk / x/apac/desk was apac/desk (20932), x/emea/desk was emea/desk (20931)
4: two instances for one document stay open
  new Desk=changed / one Desk, two Desk / new ambiguous-move, one is an orphan, two is an orphan
4: two documents for one instance stay open
  one Desk, two Desk / old Desk / old is an orphan, one ambiguous-move, two ambiguous-move
4: moved_from settles it, and the other document is new
  one Desk from old, two Desk / old Desk / one was old (20931), two is created
",
    );
}

#[test]
fn an_open_match_shows_the_line_for_each_candidate() {
    let message = |documents: &[&str], instances: &[&str]| {
        let plan = plan(documents, instances);
        assert!(!plan.is_guarded());
        let blocked = plan.blocked.first().unwrap();
        assert_eq!(blocked.code, BlockCode::AmbiguousMove);
        blocked.message.clone()
    };
    assert_eq!(
        message(&["new Desk=changed"], &["one Desk", "two Desk"]),
        "this document looks moved, and several instances match it. To keep an instance ID and its token, \
         add the line to the document that continues it: `moved_from: one` (instance 20931), `moved_from: \
         two` (instance 20932). To create a new instance for this document, use `--allow-duplicate new`"
    );
    assert_eq!(
        message(&["a Desk", "b Desk"], &["old Desk"]),
        "this document and `b` match one instance. To keep an instance ID and its token, add the line to the \
         document that continues it: `moved_from: old` (instance 20931). To create a new instance for this \
         document, use `--allow-duplicate a`"
    );
    assert_eq!(
        message(&["c Desk from a b"], &["a Desk", "b Desk"]),
        "several instances have document keys of `moved_from`. Keep only the one that this document \
         continues: `moved_from: a` (instance 20931), `moved_from: b` (instance 20932)"
    );
}

#[test]
fn many_candidates_are_counted() {
    let instances: Vec<String> = (1..=7).map(|number| format!("n{number} Desk")).collect();
    let instances: Vec<&str> = instances.iter().map(String::as_str).collect();
    let plan = plan(&["new Desk=changed"], &instances);
    assert!(
        plan.blocked[0].message.contains("(instance 20935), and 2 more. To create"),
        "{plan:#?}"
    );
}

#[test]
fn a_create_shows_the_line_for_each_orphan_of_its_connector() {
    let notes = |documents: &[&str], instances: &[&str]| {
        let notes = plan(documents, instances).notes.into_iter();
        let notes = notes.filter(|note| note.code.as_str() == "maybe-moved");
        notes.map(|note| (note.instance_id.map(InstanceId::get), note.message)).collect::<Vec<_>>()
    };
    assert_eq!(
        notes(&["new Other"], &["old Desk"]),
        [(
            Some(20931),
            "no document describes instance 20931, hootsuite `Desk`, anymore. If this document continues it, \
             add `moved_from: old` to keep its ID and token"
                .to_owned()
        )]
    );
    assert_eq!(
        notes(&["new Other"], &["a Desk", "b Shop"]),
        [(
            None,
            "no document describes 2 instances of hootsuite anymore. If this document continues one of them, \
             add its line to keep the ID and token: `moved_from: a` (instance 20931), `moved_from: b` \
             (instance 20932)"
                .to_owned()
        )]
    );
}

#[test]
fn a_moved_from_key_without_an_instance_is_reported() {
    let note = |documents: &[&str], instances: &[&str]| {
        let mut notes = plan(documents, instances).notes.into_iter();
        notes.find(|note| note.code.as_str() == "moved-from-unmatched").map(|note| note.message)
    };
    assert_eq!(
        note(&["new Desk from odl"], &["other Shop"]).unwrap(),
        "no instance of this project has a document key of `moved_from` (`odl`), so the plan creates a new \
         instance"
    );
    assert_eq!(note(&["new Desk from old"], &["old Desk"]), None);
    assert_eq!(note(&["new Desk from old"], &["new Desk"]), None);
}
