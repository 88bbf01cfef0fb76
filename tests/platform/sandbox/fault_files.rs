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
        known("rules: [{ missing_privileges: [x] }]"),
    ]
    .concat();
    assert_eq!(keys.len(), 2 + 23 + 5 + 7 + 2 + 2 + 2 + 4 + 3, "{keys:?}");
    for key in keys {
        assert!(written.contains(&key), "docs/sandbox-faults.md has no example of `{key}`");
    }
}

/// Checks the position and the reason with which each rule is refused: `POSITION | RULE | REASON`, where
/// `⏎` is a line break in the rule.
fn refuses(rules: &str) {
    for line in rules.trim().lines() {
        let [position, rule, reason] = line.split(" | ").collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let rule = rule.replace('⏎', "\n    ");
        let error = Faults::parse(&format!("rules:\n  - {rule}\n")).unwrap_err();
        assert_eq!(format!("{}:{}", error.line, error.column), position, "{rule}: {error}");
        assert!(error.reason.contains(reason), "{rule}: {error}");
    }
}

#[test]
fn an_invalid_rule_is_refused_with_its_position() {
    refuses(
        r#"
2:13 | status: 99 | rules[0].status: `99` is not a status: write a status from 200 to 599
2:13 | status: many | `many` is not a status
2:5 | redirect: https://x⏎status: 200 | 200 is not a redirect: write a status from 300 to 399
2:5 | redirect: "a\nb" | "a\nb" is not allowed in a header
2:5 | redirect: https://x⏎body: y | `redirect` has its own body: remove `body:`
2:5 | html: true⏎redirect: https://x | this rule has `html` and `redirect`: make it two rules
2:5 | reset: after⏎truncate: 1 | this rule has `reset-after` and `truncate`: make it two rules
2:5 | status: 500⏎reset: before | this rule has `status` and `reset-before`
2:12 | reset: later | unknown variant `later`, expected `before` or `after`
2:5 | reset: after⏎processed: true | `processed` need a status: add `status:`
2:5 | body: x | add `status:`
2:5 | status: 500⏎headers: { Content-Length: 1 } | the sandbox sets the header `Content-Length`: remove it
2:5 | status: 500⏎headers: { "a b": c } | "a b" is not allowed in a header
2:12 | delay: 2 | `2` is not a duration: write 150ms, 2s or 1m
2:10 | drip: | invalid type: unit value, expected a text or a number
2:5 | when: {} | the rule has no fault: add one, such as `status: 503`
2:5 | html: false | the rule has no fault
2:5 | ignore_keys: [] | the rule has no fault
2:5 | missing_privileges: [] | the rule has no fault
2:26 | missing_privileges: [all] | unknown variant `all`, expected one of `createElements`, `createElementInstances`, `viewElements`
2:5 | hide_tags: true⏎drop_tags: true | this rule has `drop_tags` and `hide_tags`: make it two rules
2:21 | when: { method: get } | `get` is not a method: write it in capitals, such as POST
2:19 | when: { path: instances } | start with /, without the base URL
2:19 | when: { path: /instances/2* } | * matches one complete segment
2:19 | when: { path: /instances?a=b } | has a query: write it as `query:`
2:20 | when: { query: } | invalid type: unit value
2:25 | when: { occurrence: 0 } | `0` is not an occurrence: write 3, 2..4 or 5.., counted from 1
2:25 | when: { occurrence: 4..2 } | `4..2` is empty: write the smaller number first
2:26 | when: { probability: 2 } | `2` is not a probability: write a number from 0 to 1, such as 0.25
2:26 | when: { probability: .nan } | is not a probability
2:13 | when: { methods: GET } | unknown field `methods`, expected one of `method`, `path`
2:12 | edit: [{ instance: x }] | an edit has only `create:`, or `instance:` with
2:12 | edit: [{ instance: x, delete: true, rename: y }] | an edit has only `create:`
2:12 | edit: [{ instance: [x], delete: true }] | `instance:` takes an ID, which is a number, or a name
2:12 | edit: [{ create: { name: x } }] | does not describe an instance: Missing required member: element.key
2:12 | edit: [{ create: { element: { key: nosuch }, name: x } }] | No element found with key nosuch
2:12 | edit: [{ create: { element: { key: stripe } } }] | Missing required member: name
"#,
    );
}

#[test]
fn a_lag_that_delays_nothing_is_refused_at_its_place() {
    refuses(
        r#"
2:10 | lag: {} | rules[0].lag: the lag delays nothing: add one of `tag_listing`, `account_listing`, `get` and `commit`
2:10 | lag: 5s | rules[0].lag: invalid type: string "5s", expected a mapping
2:12 | lag: { listing: 5s } | unknown field `listing`, expected one of `tag_listing`, `account_listing`, `get`, `commit`
2:17 | lag: { get: 2 } | `2` is not a duration: write 150ms, 2s or 1m
2:17 | lag: { get: 0s } | `0s` is not a lag: remove the line, or write 150ms, 2s or 1m
2:17 | lag: { get: 11m } | `11m` is too long for a lag: write at most 10m
2:5 | when: { method: GET }⏎lag: { get: 1s } | a GET changes nothing, so nothing can lag: remove `method: GET`, or add `edit:`
2:5 | when: { method: GET }⏎reset: after⏎edit: [{ instance: x, delete: true }]⏎lag: { commit: 1s } | a GET commits nothing, so `commit` cannot lag: remove `commit:`
2:5 | status: 500⏎lag: { get: 1s } | the request is not processed, so nothing can lag: write `processed: true`, `reset: after`, or no fault
2:5 | reset: before⏎lag: { get: 1s } | the request is not processed
2:5 | lag: { commit: 1s } | a commit can only be late if the response is lost: add `reset: after`, or `status: 504` with `processed: true`, or write `delay:` instead
2:5 | hold: after⏎lag: { commit: 1s } | a commit can only be late if the response is lost
"#,
    );
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
