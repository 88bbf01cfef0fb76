//! The form for code scanning, held against the official schema of SARIF 2.1.0.

use std::fs;

use ocon::report::diagnostics::sarif;
use ocon::report::json::DiagnosticsDocument;
use serde_json::{Value, json};

use crate::{HOSTILE, bare, problem};

/// The official schema, formats included.
pub(crate) fn validator() -> jsonschema::Validator {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/sarif-2.1.0.schema.json");
    // In two patterns a bracket too many stands for itself, which JavaScript alone takes.
    let (stray, escaped) = ("{2}]?$", "{2}\\\\]?$");
    let text = fs::read_to_string(file).unwrap();
    assert_eq!(text.matches(stray).count(), 2);
    let schema: Value = serde_json::from_str(&text.replace(stray, escaped)).unwrap();
    jsonschema::draft7::options().should_validate_formats(true).build(&schema).unwrap()
}

pub(crate) fn valid(text: &str) -> Value {
    let log: Value = serde_json::from_str(text).unwrap();
    let errors: Vec<_> = validator()
        .iter_errors(&log)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}\n{log:#}");
    log
}

#[test]
fn a_problem_has_its_rule_its_place_and_the_related_place() {
    let log = valid(&render(&[problem(), bare("instances", "b")]));
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    assert_eq!(run["tool"]["driver"]["rules"].as_array().unwrap().len(), 1);
    let rule = &run["tool"]["driver"]["rules"][0];
    assert_eq!(rule["id"], "duplicate-key");
    assert!(rule["help"]["text"].as_str().unwrap().starts_with("Always an error."), "{rule:#}");
    let place = |line| {
        json!({
            "artifactLocation": { "uri": "instances/a.yaml", "uriBaseId": "%SRCROOT%" },
            "region": { "startLine": line, "startColumn": 3, "endColumn": 8 },
        })
    };
    let whole = json!({ "artifactLocation": { "uri": "instances", "uriBaseId": "%SRCROOT%" } });
    let message = "the key `größe` occurs twice in this map (second time)\nhelp: remove one\nhelp: or rename it";
    assert_eq!(
        run["results"],
        json!([
            {
                "ruleId": "duplicate-key",
                "ruleIndex": 0,
                "level": "error",
                "message": { "text": message },
                "locations": [{ "physicalLocation": place(12) }],
                "relatedLocations": [
                    { "physicalLocation": place(3), "message": { "text": "first time" } },
                ],
            },
            {
                "ruleId": "duplicate-key",
                "ruleIndex": 0,
                "level": "error",
                "message": { "text": "b" },
                "locations": [{ "physicalLocation": whole }],
            },
        ])
    );
}

#[test]
fn nothing_found_is_a_complete_log() {
    let log = valid(&render(&[]));
    assert_eq!(log["runs"][0]["results"], json!([]));
    assert_eq!(log["runs"][0]["tool"]["driver"]["rules"], json!([]));
}

#[test]
fn a_problem_of_no_file_has_no_place() {
    let log = valid(&render(&[bare("", "a")]));
    assert_eq!(log["runs"][0]["results"][0].get("locations"), None);
}

#[test]
fn hostile_names_are_relative_addresses_and_messages_hold_no_link() {
    for text in HOSTILE {
        let log = valid(&render(&[bare(text, text)]));
        let result = &log["runs"][0]["results"][0];
        let artifact = &result["locations"][0]["physicalLocation"]["artifactLocation"];
        assert_eq!(artifact["uriBaseId"], "%SRCROOT%");
        let uri = artifact["uri"].as_str().unwrap();
        assert!(uri.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~/%".contains(&b)), "{uri}");
        assert_eq!(decoded(uri), text);
        let message = result["message"]["text"].as_str().unwrap();
        assert!(!message.contains("]("), "{message}");
        assert!(!message.contains(['\u{1b}', '\u{202e}', '\r', '\u{200b}']), "{message:?}");
    }
    let log = valid(&render(&[bare("/srv/a b.yaml", "a")]));
    let location = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(location["artifactLocation"], json!({ "uri": "file:///srv/a%20b.yaml" }));
}

#[test]
fn the_schema_refuses_a_log_with_a_mistake() {
    let good = valid(&render(&[problem()]));
    for (pointer, bad) in [
        ("/version", json!("2.0.0")),
        ("/runs/0/results/0/level", json!("fatal")),
        ("/runs/0/results/0/message", json!("text")),
        ("/runs/0/results/0/locations/0/physicalLocation/region/startLine", json!(0)),
        ("/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri", json!("a b")),
    ] {
        let mut log = good.clone();
        *log.pointer_mut(pointer).unwrap() = bad;
        assert!(!validator().is_valid(&log), "{pointer}");
    }
}

/// Takes percent-encoding out of an address.
fn decoded(uri: &str) -> String {
    let mut pieces = uri.split('%');
    let mut bytes = pieces.next().unwrap().as_bytes().to_vec();
    for piece in pieces {
        bytes.push(u8::from_str_radix(&piece[..2], 16).unwrap());
        bytes.extend(piece[2..].bytes());
    }
    String::from_utf8(bytes).unwrap()
}

fn render(problems: &[ocon::desired::Problem]) -> String {
    sarif::render(&DiagnosticsDocument::new(None, problems).problems)
}
