//! `docs/platform.md` gives the source and the certainty of each fact, and the code names its sections.

use std::fs;
use std::path::Path;

use crate::pages::links::anchors;

const LEVELS: [&str; 4] = ["confirmed", "probable", "assumed", "open"];

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/platform.md")).unwrap()
}

/// The cells of the rows below each `fact | certainty | source`.
fn facts(page: &str) -> Vec<Vec<&str>> {
    let mut is_in_table = false;
    let mut facts = Vec::new();
    for line in page.lines() {
        if line == "| fact | certainty | source |" {
            is_in_table = true;
        } else if !line.starts_with('|') {
            is_in_table = false;
        } else if is_in_table && line != "|---|---|---|" {
            let row = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |"));
            facts.push(row.unwrap_or(line).split(" | ").collect());
        }
    }
    facts
}

#[test]
fn every_fact_has_a_certainty_and_a_source() {
    let page = page();
    let facts = facts(&page);
    assert!(facts.len() >= 60, "{}", facts.len());
    for fact in &facts {
        let [text, certainty, source] = fact.as_slice() else { panic!("{fact:?}") };
        let level = certainty.split([' ', ':']).next().unwrap();
        assert!(LEVELS.contains(&level), "{text}: {certainty}");
        assert!(!source.trim().is_empty(), "{text}");
        let is_known = matches!(level, "confirmed" | "probable");
        assert!(!is_known || *source != "none", "{text} has no source");
        assert!(text.ends_with(['.', '`']), "{text}");
    }
}

#[test]
fn the_code_names_sections_that_exist() {
    let anchors = anchors(&page());
    let mut count = 0;
    for entry in walkdir::WalkDir::new("src").into_iter().map(Result::unwrap) {
        let path = entry.path().display();
        if entry.path().extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = fs::read_to_string(entry.path()).unwrap();
        for section in text.split("docs/platform.md#").skip(1) {
            let end = section.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
            let section = &section[..end.unwrap_or(section.len())];
            assert!(anchors.contains(section), "{path}: {section}");
            count += 1;
        }
    }
    assert!(count >= 40, "{count}");
}
