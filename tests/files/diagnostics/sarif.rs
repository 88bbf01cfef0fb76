//! The format for code scanning, checked against the official schema of SARIF 2.1.0.

use ocon::report::diagnostics::sarif;
use ocon::report::json::DiagnosticsDocument;
use serde_json::{Value, json};

use super::{HOSTILE, bare, problem};

pub(crate) fn valid(text: &str) -> Value {
    let log: Value = serde_json::from_str(text).unwrap();
    let errors: Vec<_> = crate::sarif_schema::validator()
        .iter_errors(&log)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}\n{log:#}");
    log
}

#[test]
fn a_result_has_a_rule_a_location_and_a_related_location() {
    let log = valid(&render(&[problem(), bare("instances", "b")]));
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    assert_eq!(run["tool"]["driver"]["rules"].as_array().unwrap().len(), 1);
    let rule = &run["tool"]["driver"]["rules"][0];
    assert_eq!(rule["id"], "duplicate-key");
    assert!(rule["help"]["text"].as_str().unwrap().starts_with("Always an error."), "{rule:#}");
    let location = |line| {
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
                "locations": [{ "physicalLocation": location(12) }],
                "relatedLocations": [
                    { "physicalLocation": location(3), "message": { "text": "first time" } },
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
fn an_empty_log_is_valid() {
    let log = valid(&render(&[]));
    assert_eq!(log["runs"][0]["results"], json!([]));
    assert_eq!(log["runs"][0]["tool"]["driver"]["rules"], json!([]));
}

#[test]
fn a_problem_without_a_file_has_no_location() {
    let log = valid(&render(&[bare("", "a")]));
    assert_eq!(log["runs"][0]["results"][0].get("locations"), None);
}

#[test]
fn hostile_names_become_relative_uris_and_messages_contain_no_link() {
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
fn the_schema_rejects_an_invalid_log() {
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
        assert!(!crate::sarif_schema::validator().is_valid(&log), "{pointer}");
    }
}

/// Decodes a percent-encoded URI.
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
