//! All tests that `docs/threat-model.md` names exist.

use std::fs;
use std::path::Path;

/// The attackers, each with its own section.
const ATTACKERS: [&str; 6] = [
    "The author of a pull request",
    "A response from the platform",
    "Another user on the runner",
    "Between a person and a provider",
    "A reader of logs",
    "The supply chain",
];

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The sections of the page: title and text.
fn sections(page: &str) -> Vec<(&str, &str)> {
    let sections = page.split("\n## ").skip(1);
    sections.map(|section| section.split_once('\n').unwrap()).collect()
}

/// The rows of the tables in a text, without their heads.
fn rows(text: &str) -> Vec<&str> {
    let rows = text.lines().filter(|line| line.starts_with("| "));
    rows.filter(|row| !row.starts_with("| attack |")).collect()
}

/// The tests that a row names, as file and function.
fn tests(row: &str) -> Vec<(&str, &str)> {
    let last = row.trim_end_matches(" |").rsplit(" | ").next().unwrap_or_default();
    let names = last.split(", ").filter_map(|name| name.strip_prefix('`')?.strip_suffix('`'));
    names.filter_map(|name| name.split_once("::")).collect()
}

/// Whether the file has this function, and marks it as a test.
fn has_test(code: &str, name: &str) -> bool {
    let Some((before, _)) = code.split_once(&format!("fn {name}() {{")) else { return false };
    let above = before.rsplit_once('\n').map_or("", |(above, _)| above);
    let mut attributes = above.split('\n').rev().map(str::trim).take_while(|line| !line.is_empty());
    attributes.any(is_attribute)
}

fn is_attribute(line: &str) -> bool {
    line == "#[test]" || line.starts_with("#[tokio::test")
}

#[test]
fn every_attack_names_tests_that_exist() {
    let page = read("docs/threat-model.md");
    for row in sections(&page).into_iter().flat_map(|(_, text)| rows(text)) {
        let named = tests(row);
        assert!(!named.is_empty(), "no test shows this: {row}");
        assert_eq!(
            named.len(),
            row.matches("::").count() - commands(row),
            "a test name has another form: {row}"
        );
        for (file, name) in named {
            assert!(has_test(&read(file), name), "{file} has no test `{name}`");
        }
    }
}

/// How often `::` occurs in the attack itself.
fn commands(row: &str) -> usize {
    row.split(" | ").next().unwrap_or_default().matches("::").count()
}

#[test]
fn every_attacker_and_the_remaining_risks_have_a_section() {
    let page = read("docs/threat-model.md");
    let sections = sections(&page);
    for attacker in ATTACKERS {
        let text =
            sections.iter().find(|(title, _)| *title == attacker).map(|(_, text)| rows(text));
        assert!(text.is_some_and(|rows| rows.len() >= 3), "{attacker}");
    }
    let (title, text) = sections.last().unwrap();
    assert_eq!(*title, "Remaining risks");
    assert!(text.matches("\n- **").count() >= 5);
}

#[test]
fn a_function_without_the_attribute_is_not_a_test() {
    let code = "mod x {\n    #[test]\n    fn one() {\n    }\n\n    fn two() {\n    }\n}\n\n\
                #[tokio::test(worker_threads = 2)]\nasync fn three() {\n}\n";
    assert!(has_test(code, "one") && has_test(code, "three"));
    assert!(!has_test(code, "two") && !has_test(code, "on") && !has_test(code, "four"));
}
