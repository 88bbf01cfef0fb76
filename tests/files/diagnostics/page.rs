//! `docs/diagnostics.md` describes every code and no other, and its examples are correct.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use ocon::apply;
use ocon::desired::{Code, Level};
use ocon::plan::BlockCode;
use ocon::report::explanation::{self, Explanation};
use serde_json::Value;

const BLOCKS: [BlockCode; 16] = [
    BlockCode::AmbiguousKey,
    BlockCode::AmbiguousMove,
    BlockCode::BrokenMark,
    BlockCode::ConnectorChanged,
    BlockCode::ForeignInstance,
    BlockCode::ForeignNamesake,
    BlockCode::IdClaimedTwice,
    BlockCode::IdNotFound,
    BlockCode::KeyTaken,
    BlockCode::ListingsDisagree,
    BlockCode::MissingVariable,
    BlockCode::NeedsAuthorization,
    BlockCode::NotYetReadable,
    BlockCode::PartialRekey,
    BlockCode::SampleValue,
    BlockCode::UnmanagedNamesake,
];

/// The codes of the notes of a plan.
const NOTES: [&str; 21] = [
    "credential-host-changed",
    "disabled",
    "event-host-changed",
    "event-to-host",
    "garbled-mark",
    "ignored",
    "kept-from-prune",
    "late-events",
    "left-behind",
    "may-need-authorization",
    "maybe-moved",
    "moved-from-unmatched",
    "not-authenticated",
    "not-planned",
    "orphan",
    "public-secret",
    "rotation-not-planned",
    "secret-to-host",
    "tag-filter-unreliable",
    "unverified",
    "webhook-url-assumed",
];

const FINDINGS: [&str; 1] = ["foreign-callback-id"];

fn part(title: &str) -> Vec<Explanation> {
    let all = explanation::all().into_iter();
    all.filter(|explanation| explanation.part == title).collect()
}

fn names(explanations: &[Explanation]) -> Vec<&str> {
    explanations.iter().map(|explanation| explanation.code).collect()
}

#[test]
fn every_code_has_a_section_in_order_and_every_section_a_code() {
    let codes: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(names(&part("Problems in files")), codes);
    let blocks = BLOCKS.map(BlockCode::as_str);
    assert_eq!(names(&part("Blocked documents")), blocks);
    assert_eq!(names(&part("Notes of a plan")), NOTES);
    let failures = apply::FailureCode::ALL.iter().map(|code| code.as_str());
    // A missing variable blocks a create and makes a request fail. Both have the same code.
    let failures: Vec<_> = failures.filter(|code| !blocks.contains(code)).collect();
    assert_eq!(names(&part("Failures of an apply")), failures);
    assert_eq!(names(&part("Findings of a status")), FINDINGS);
    let parts: BTreeSet<_> =
        explanation::all().iter().map(|explanation| explanation.part).collect();
    assert_eq!(parts.len(), 5);
    let all = explanation::all();
    assert_eq!(all.len(), names(&all).into_iter().collect::<BTreeSet<_>>().len());
}

/// Does not compile if a block code is missing, so that nobody forgets to add it to the list.
#[test]
fn the_list_of_block_codes_is_complete() {
    let position = |code| match code {
        BlockCode::AmbiguousKey => 0,
        BlockCode::AmbiguousMove => 1,
        BlockCode::BrokenMark => 2,
        BlockCode::ConnectorChanged => 3,
        BlockCode::ForeignInstance => 4,
        BlockCode::ForeignNamesake => 5,
        BlockCode::IdClaimedTwice => 6,
        BlockCode::IdNotFound => 7,
        BlockCode::KeyTaken => 8,
        BlockCode::ListingsDisagree => 9,
        BlockCode::MissingVariable => 10,
        BlockCode::NeedsAuthorization => 11,
        BlockCode::NotYetReadable => 12,
        BlockCode::PartialRekey => 13,
        BlockCode::SampleValue => 14,
        BlockCode::UnmanagedNamesake => 15,
    };
    assert_eq!(BLOCKS.map(position), std::array::from_fn(|place| place));
}

fn level(code: &str) -> &'static str {
    explanation::of(code).unwrap().text.split("\n\n").next().unwrap()
}

#[test]
fn the_levels_are_those_of_the_codes() {
    for code in Code::ALL {
        let level = level(code.as_str());
        match code.level() {
            Level::Fatal => assert!(level.starts_with("Always an error"), "{code}: {level}"),
            Level::Error => {
                assert_eq!(level, format!("An error. `--allow {code}` turns it off."));
            }
            Level::Warning => assert_eq!(
                level,
                format!(
                    "A warning. `--deny {code}` makes it an error. `--allow {code}` turns it off."
                )
            ),
        }
    }
    for block in BLOCKS {
        let level = level(block.as_str());
        assert!(level.starts_with("Blocks the document"), "{level}");
        assert_eq!(level.ends_with("exit code 7."), block.is_guard(), "{level}");
    }
}

#[test]
fn every_summary_is_a_sentence_that_fits_on_a_line() {
    for explanation in explanation::all() {
        let summary = explanation.summary();
        assert!(summary.ends_with('.') && summary.len() <= 92, "{}: {summary}", explanation.code);
        assert!(explanation.text.matches("\n\n").count() >= 2, "{}", explanation.code);
    }
}

/// The code blocks of a section with the language after the fence.
fn blocks(text: &str) -> Vec<(&str, String)> {
    let mut blocks: Vec<(&str, String)> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        match (line.strip_prefix("```"), open) {
            (Some(language), false) => blocks.push((language, String::new())),
            (None, true) => blocks.last_mut().unwrap().1.push_str(&format!("{line}\n")),
            (Some(_), true) | (None, false) => {}
        }
        open ^= line.starts_with("```");
    }
    blocks
}

#[test]
fn the_wrong_example_has_the_problem_and_the_right_one_does_not() {
    let mut checked = 0;
    for code in Code::ALL {
        let text = explanation::of(code.as_str()).unwrap().text;
        let examples = blocks(text);
        assert!(text.contains("\n\nWrong:\n\n```") && text.contains("\n\nRight:\n\n```"), "{code}");
        let [(language, wrong), (_, right)] = examples.as_slice() else {
            panic!("{code} must have two examples: {examples:?}");
        };
        if *language != "yaml" {
            continue;
        }
        let empty = *code == Code::EmptyDocument;
        let found = problems(&if empty { wrong.clone() } else { completed(wrong) });
        assert!(found.contains(code.as_str()), "{code}: {wrong}\n{found:?}");
        let mut found = problems(&completed(right));
        // An example contains only the relevant keys.
        if *code != Code::LikelyMissingField {
            found.remove(Code::LikelyMissingField.as_str());
        }
        assert!(found.is_empty(), "{code}: {right}\n{found:?}");
        checked += 1;
    }
    assert!(checked >= 40, "{checked}");
}

/// An example with the two required keys.
fn completed(example: &str) -> String {
    let has = |key: &str| example.lines().any(|line| line.starts_with(key));
    let mut text = String::new();
    if !has("element:") {
        text.push_str("element: hootsuite\n");
    }
    if !has("name:") {
        text.push_str("name: Marketing\n");
    }
    text + example
}

/// The diagnostic codes of a file.
fn problems(text: &str) -> BTreeSet<String> {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("instances")).unwrap();
    fs::write(root.path().join("instances/example.yaml"), text).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ocon"))
        .args(["validate", "--format", "json", "--quiet"])
        .current_dir(root.path())
        .env_clear()
        .output()
        .unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let problems = document["problems"].as_array().unwrap().iter();
    let codes = problems.map(|problem| problem["code"].as_str().unwrap().to_owned());
    codes.collect()
}
