//! `packaging/check-release` and `packaging/release-notes`.

use snapbox::assert_data_eq;
use snapbox::str;

use super::{Repository, root};

const MANIFEST: &str = "[package]\nname = \"ocon\"\nversion = \"1.2.3\"\n\
    repository = \"https://github.com/example/ocon\"\n\n[dependencies.other]\nversion = \"9.9.9\"\n";

const CHANGELOG: &str = "# Changelog\n\n## Unreleased\n\n## 1.2.3 (2026-11-28)\n\n### Fixed\n\n- One.\n\n\n\
    - Two.\n\n## 1.2.2\n\n- Old.\n";

#[test]
fn a_prepared_commit_can_be_released_under_its_tag() {
    let repository = Repository::with(&[("Cargo.toml", MANIFEST), ("CHANGELOG.md", CHANGELOG)]);
    let (exit, text) = repository.run("check-release", &["v1.2.3"]);
    assert_eq!((exit, text.as_str()), (0, "v1.2.3 can be released.\n"));
}

#[test]
fn every_problem_is_reported_with_what_to_do() {
    let manifest = MANIFEST.replace("example/", concat!("your-", "organization/"));
    let changelog = CHANGELOG.replace("## 1.2.3", "## 1.2.30");
    let repository = Repository::with(&[("Cargo.toml", &manifest), ("CHANGELOG.md", &changelog)]);
    let (exit, text) = repository.run("check-release", &["v1.2.4"]);
    assert_eq!(exit, 1);
    // The placeholder is in two parts here, so that no command replaces it in this test.
    let text = text.replace(concat!("your-", "organization/ocon"), "PLACEHOLDER");
    assert_data_eq!(
        text,
        str![[r#"
error: the tag is v1.2.4, but Cargo.toml has version 1.2.3

help: set the tag v1.2.3, or change Cargo.toml
error: CHANGELOG.md has no text below the heading "1.2.3"

help: rename its heading "Unreleased" to "1.2.3"
error: the placeholder PLACEHOLDER is still there, first in Cargo.toml

help: run packaging/set-repository OWNER/NAME, and commit the change

"#]]
    );
}

#[test]
fn pipelines_and_pages_use_the_released_version() {
    let page = "Use `ghcr.io/example/ocon:X.Y.Z`.\n  image: ghcr.io/example/ocon:1.2.2\n\
        OCON_VERSION = '1.2.3'\ncurl $OCON_VERSION 1.2.2\n";
    let repository = Repository::with(&[
        ("Cargo.toml", MANIFEST),
        ("CHANGELOG.md", CHANGELOG),
        ("docs/page.md", page),
        ("examples/ci.yml", "  OCON_VERSION: \"0.9.0\"\n"),
    ]);
    let (exit, text) = repository.run("check-release", &["v1.2.3"]);
    assert_eq!(exit, 1);
    assert_data_eq!(
        text,
        str![[r#"
error: docs/page.md uses another version than 1.2.3: image: ghcr.io/example/ocon:1.2.2

help: write 1.2.3 there
error: examples/ci.yml uses another version than 1.2.3: OCON_VERSION: "0.9.0"

help: write 1.2.3 there

"#]]
    );
}

#[test]
fn a_script_without_its_argument_prints_its_usage() {
    let repository = Repository::with(&[]);
    for (script, usage) in [
        ("check-release", "Usage: packaging/check-release vX.Y.Z\n"),
        ("release-notes", "Usage: packaging/release-notes X.Y.Z\n"),
    ] {
        assert_eq!(repository.run(script, &[]), (64, usage.to_owned()));
    }
}

#[test]
fn the_notes_of_a_release_are_its_section_of_the_changelog() {
    let repository = Repository::with(&[("CHANGELOG.md", CHANGELOG)]);
    let notes = |version| repository.run("release-notes", &[version]);
    assert_eq!(notes("1.2.3"), (0, "### Fixed\n\n- One.\n\n\n- Two.\n".to_owned()));
    assert_eq!(notes("1.2.2"), (0, "- Old.\n".to_owned()));
    assert_eq!(notes("1.2"), (0, String::new()));
}

/// Until the first publication, exactly the placeholder and the changelog are missing.
#[test]
fn the_check_works_on_this_repository() {
    let version = env!("CARGO_PKG_VERSION");
    let script = root().join("packaging/check-release");
    let ended = std::process::Command::new(script).arg(format!("v{version}")).output().unwrap();
    let text = super::text(&ended);
    assert!(!text.contains("but Cargo.toml has version"), "{text}");
    assert!(!text.contains("another version"), "{text}");
    let has_placeholder = env!("CARGO_PKG_REPOSITORY").contains(concat!("your-", "organization"));
    assert_eq!(text.contains("error: the placeholder"), has_placeholder, "{text}");
}
