//! Fault files: the page that describes them, and invalid ones.

use std::fs;
use std::path::Path;

use ocon::sandbox::{Faults, SandboxError};

/// The examples of the page, each with its line.
fn examples(page: &str) -> Vec<(usize, String)> {
    let mut examples: Vec<(usize, String)> = Vec::new();
    let mut inside = false;
    for (line, content) in (1..).zip(page.lines()) {
        match content.strip_prefix("```") {
            Some(language) => {
                inside = language == "yaml";
                if inside {
                    examples.push((line, String::new()));
                }
            }
            None if inside => {
                let (_, example) = examples.last_mut().unwrap();
                example.push_str(content);
                example.push('\n');
            }
            None => {}
        }
    }
    examples
}

/// The keys that a refusal of an unknown one lists.
fn known(yaml: &str) -> Vec<String> {
    let reason = Faults::parse(yaml).unwrap_err().reason;
    let (_, list) = reason.split_once("expected").unwrap_or_else(|| panic!("{reason}"));
    list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_page_has_an_example_of_everything_and_each_is_right() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/sandbox-faults.md");
    let examples = examples(&fs::read_to_string(path).unwrap());
    for (line, example) in &examples {
        let parsed = Faults::parse(example);
        parsed.unwrap_or_else(|error| panic!("docs/sandbox-faults.md:{line}: {error}"));
    }
    let written: String = examples.into_iter().map(|(_, example)| example).collect();
    let keys = [
        known("x: 1"),
        known("rules: [{ x: 1 }]"),
        known("rules: [{ when: { x: 1 } }]"),
        known("rules: [{ edit: [{ x: 1 }] }]"),
        known("rules: [{ reset: x }]"),
        known("rules: [{ hold: x }]"),
        known("rules: [{ shift_listing: x }]"),
        known("rules: [{ lag: { x: 1 } }]"),
    ]
    .concat();
    assert_eq!(keys.len(), 2 + 20 + 5 + 7 + 2 + 2 + 2 + 4, "{keys:?}");
    for key in keys {
        assert!(written.contains(&key), "docs/sandbox-faults.md has no example of `{key}`");
    }
}

/// Checks of each rule at which place it is refused, and for what reason.
fn refuses<const N: usize>(rules: [(&str, &str, &str); N]) {
    for (rule, place, reason) in rules {
        let error = Faults::parse(&format!("rules:\n  - {rule}\n")).unwrap_err();
        assert_eq!(format!("{}:{}", error.line, error.column), place, "{rule}: {error}");
        assert!(error.reason.contains(reason), "{rule}: {error}");
    }
}

#[test]
fn an_invalid_rule_is_refused_with_its_position() {
    refuses([
        (
            "status: 99",
            "2:13",
            "rules[0].status: `99` is not a status: write a status from 200 to 599",
        ),
        ("status: many", "2:13", "`many` is not a status"),
        (
            "redirect: https://x\n    status: 200",
            "2:5",
            "200 is not a redirect: write a status from 300 to 399",
        ),
        ("redirect: \"a\\nb\"", "2:5", "\"a\\nb\" is not allowed in a header"),
        ("redirect: https://x\n    body: y", "2:5", "`redirect` has its own body: remove `body:`"),
        (
            "html: true\n    redirect: https://x",
            "2:5",
            "this rule has `html` and `redirect`: make it two rules",
        ),
        (
            "reset: after\n    truncate: 1",
            "2:5",
            "this rule has `reset-after` and `truncate`: make it two rules",
        ),
        ("status: 500\n    reset: before", "2:5", "this rule has `status` and `reset-before`"),
        ("reset: later", "2:12", "unknown variant `later`, expected `before` or `after`"),
        ("reset: after\n    processed: true", "2:5", "`processed` need a status: add `status:`"),
        ("body: x", "2:5", "add `status:`"),
        (
            "status: 500\n    headers: { Content-Length: 1 }",
            "2:5",
            "the sandbox sets the header `Content-Length`: remove it",
        ),
        ("status: 500\n    headers: { \"a b\": c }", "2:5", "\"a b\" is not allowed in a header"),
        ("delay: 2", "2:12", "`2` is not a duration: write 150ms, 2s or 1m"),
        ("drip:", "2:10", "invalid type: unit value, expected a text or a number"),
        ("when: {}", "2:5", "the rule has no fault: add one, such as `status: 503`"),
        ("html: false", "2:5", "the rule has no fault"),
        ("ignore_keys: []", "2:5", "the rule has no fault"),
        (
            "when: { method: get }",
            "2:21",
            "`get` is not a method: write it in capitals, such as POST",
        ),
        ("when: { path: instances }", "2:19", "start with /, without the base URL"),
        ("when: { path: /instances/2* }", "2:19", "* matches one complete segment"),
        ("when: { path: /instances?a=b }", "2:19", "has a query: write it as `query:`"),
        ("when: { query: }", "2:20", "invalid type: unit value"),
        (
            "when: { occurrence: 0 }",
            "2:25",
            "`0` is not an occurrence: write 3, 2..4 or 5.., counted from 1",
        ),
        ("when: { occurrence: 4..2 }", "2:25", "`4..2` is empty: write the smaller number first"),
        (
            "when: { probability: 2 }",
            "2:26",
            "`2` is not a probability: write a number from 0 to 1, such as 0.25",
        ),
        ("when: { probability: .nan }", "2:26", "is not a probability"),
        (
            "when: { methods: GET }",
            "2:13",
            "unknown field `methods`, expected one of `method`, `path`",
        ),
        ("edit: [{ instance: x }]", "2:12", "an edit has only `create:`, or `instance:` with"),
        ("edit: [{ instance: x, delete: true, rename: y }]", "2:12", "an edit has only `create:`"),
        (
            "edit: [{ instance: [x], delete: true }]",
            "2:12",
            "`instance:` takes an ID, which is a number, or a name",
        ),
        (
            "edit: [{ create: { name: x } }]",
            "2:12",
            "does not describe an instance: Missing required member: element.key",
        ),
        (
            "edit: [{ create: { element: { key: nosuch }, name: x } }]",
            "2:12",
            "No element found with key nosuch",
        ),
        (
            "edit: [{ create: { element: { key: stripe } } }]",
            "2:12",
            "Missing required member: name",
        ),
    ]);
}

#[test]
fn a_lag_that_delays_nothing_is_refused_at_its_place() {
    refuses([
        (
            "lag: {}",
            "2:10",
            "rules[0].lag: the lag delays nothing: add one of `tag_listing`, `account_listing`, `get` and `commit`",
        ),
        ("lag: 5s", "2:10", "rules[0].lag: invalid type: string \"5s\", expected a mapping"),
        (
            "lag: { listing: 5s }",
            "2:12",
            "unknown field `listing`, expected one of `tag_listing`, `account_listing`, `get`, `commit`",
        ),
        ("lag: { get: 2 }", "2:17", "`2` is not a duration: write 150ms, 2s or 1m"),
        (
            "lag: { get: 0s }",
            "2:17",
            "`0s` is not a lag: remove the line, or write 150ms, 2s or 1m",
        ),
        ("lag: { get: 11m }", "2:17", "`11m` is too long for a lag: write at most 10m"),
        (
            "when: { method: GET }\n    lag: { get: 1s }",
            "2:5",
            "a GET changes nothing, so nothing can lag: remove `method: GET`, or add `edit:`",
        ),
        (
            "when: { method: GET }\n    reset: after\n    edit: [{ instance: x, delete: true }]\n    lag: { commit: 1s }",
            "2:5",
            "a GET commits nothing, so `commit` cannot lag: remove `commit:`",
        ),
        (
            "status: 500\n    lag: { get: 1s }",
            "2:5",
            "the request is not processed, so nothing can lag: write `processed: true`, `reset: after`, or no fault",
        ),
        ("reset: before\n    lag: { get: 1s }", "2:5", "the request is not processed"),
        (
            "lag: { commit: 1s }",
            "2:5",
            "a commit can only be late if the response is lost: add `reset: after`, or `status: 504` with \
             `processed: true`, or write `delay:` instead",
        ),
        (
            "hold: after\n    lag: { commit: 1s }",
            "2:5",
            "a commit can only be late if the response is lost",
        ),
    ]);
}

#[test]
fn a_text_without_rules_is_refused() {
    for (text, expected) in [
        ("", "1:1: missing field `rules`"),
        ("- status: 500", "1:1: invalid type: sequence, expected a mapping with `rules:`"),
        ("rules: { status: 500 }", "1:8: rules: invalid type: map, expected a sequence"),
        ("rules: [", "did not find expected node content"),
        ("rules: []\n---\nrules: []", "more than one document"),
        ("rules: [{ status: 500, status: 501 }]", "duplicate field `status`"),
    ] {
        let error = Faults::parse(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("faults.yaml");
    assert!(matches!(Faults::from_file(&path), Err(SandboxError::FaultsUnreadable { .. })));
    assert!(matches!(
        Faults::from_file(directory.path()),
        Err(SandboxError::FaultsUnreadable { .. })
    ));
    fs::write(&path, b"rules: [] # \xff").unwrap();
    assert!(matches!(Faults::from_file(&path), Err(SandboxError::FaultsUnreadable { .. })));
    let padding = |size: usize| format!("rules: []\n#{}", " ".repeat(size - 11));
    fs::write(&path, padding(1024 * 1024)).unwrap();
    Faults::from_file(&path).unwrap();
    fs::write(&path, padding(1024 * 1024 + 1)).unwrap();
    assert!(matches!(Faults::from_file(&path), Err(SandboxError::FaultsTooLarge { .. })));
}
