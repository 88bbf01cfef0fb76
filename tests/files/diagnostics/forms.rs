//! All invalid test files in every output format: each contains the same problems, and none contains a
//! secret.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use super::sarif;

/// A secret that many of the files contain in plain text.
const SECRET: &str = "hunter2";

/// Copies the invalid files, including those in folders, into an instances folder.
fn invalid_files() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/files/invalid");
    let mut with_secret = 0;
    for entry in walkdir::WalkDir::new(&from) {
        let entry = entry.unwrap();
        let to = root.path().join("instances").join(entry.path().strip_prefix(&from).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir_all(to).unwrap();
        } else if entry.path().extension().is_some_and(|extension| extension != "stderr") {
            let bytes = fs::read(entry.path()).unwrap();
            with_secret += usize::from(String::from_utf8_lossy(&bytes).contains(SECRET));
            fs::write(to, bytes).unwrap();
        }
    }
    assert!(with_secret > 2, "the files contain too few secrets: {with_secret}");
    root
}

fn ocon(root: &Path, arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ocon"))
        .args(arguments.split_whitespace())
        .current_dir(root)
        .env_clear()
        .output()
        .unwrap()
}

/// The stdout of `validate` in a format. The exit code is always the same.
fn validated(root: &Path, format: &str) -> String {
    let output = ocon(root, &format!("validate --format {format}"));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(5), "{stderr}");
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(!stdout.contains(SECRET) && !stderr.contains(SECRET));
    stdout
}

#[test]
fn all_formats_contain_the_same_problems_and_no_secret() {
    let root = invalid_files();
    assert_eq!(validated(root.path(), "text"), "");
    let document: Value = serde_json::from_str(&validated(root.path(), "json")).unwrap();
    let problems = document["problems"].as_array().unwrap();
    assert!(problems.len() > 60, "{}", problems.len());
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for problem in problems {
        *counts.entry(problem["severity"].as_str().unwrap()).or_default() += 1;
    }
    assert_eq!(document["summary"]["errors"], counts["error"]);
    assert_eq!(document["summary"]["warnings"], counts["warning"]);
    let github = validated(root.path(), "github");
    let log = sarif::valid(&validated(root.path(), "sarif"));
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(github.lines().count(), problems.len());
    assert_eq!(results.len(), problems.len());
    for ((problem, line), result) in problems.iter().zip(github.lines()).zip(results) {
        let (code, level) =
            (problem["code"].as_str().unwrap(), problem["severity"].as_str().unwrap());
        assert!(line.starts_with(&format!("::{level} ")), "{line}");
        assert!(line.contains(&format!("title={code}::")), "{line}");
        assert_eq!(result["ruleId"], code);
        assert_eq!(result["level"], level);
        let region = &result["locations"][0]["physicalLocation"]["region"];
        // The errata of the standard require a start line. The schema does not.
        assert!(region.is_null() || region["startLine"].is_u64(), "{result:#}");
        for (name, name_in_log) in
            [("line", "startLine"), ("column", "startColumn"), ("end_column", "endColumn")]
        {
            assert_eq!(problem[name], region[name_in_log], "{problem:#}");
        }
    }
}
