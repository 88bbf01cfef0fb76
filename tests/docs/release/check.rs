//! `packaging/check-release` and `packaging/release-notes`.
#![expect(clippy::needless_raw_string_hashes, reason = "snapbox writes all snapshots in one form")]

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
    let text = text.replace(concat!("your-", "organization"), "PLACEHOLDER");
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
error: docs/page.md:2 names the version 1.2.2 instead of 1.2.3

help: write 1.2.3 there
error: examples/ci.yml:1 names the version 0.9.0 instead of 1.2.3

help: write 1.2.3 there

"#]]
    );
}

/// Each place that names a version, with a sentence around it.
fn page(version: &str) -> String {
    let package = version.replacen('-', "~", 1);
    format!(
        "OCON_VERSION: {version}\nOCON_VERSION = '{version}'\ndefault_version={version}\n\
        ghcr.io/example/ocon:{version}\nThe image ghcr.io/example/ocon:{version}-debian.\n\
        https://example.com/example/ocon/v{version}/packaging/install\n\
        https://example.com/releases/download/v{version}/x\nocon-{version}-x86_64-pc-windows-msvc.zip\n\
        ocon-{version}-aarch64-apple-darwin.tar.gz\nocon_{package}_amd64.deb\nrev: v{version}\n  \
        version: {version}\nThe archives begin with ocon-{version}.\n"
    )
}

/// The problems of a commit with a version whose page names another one.
fn problems(released: &str, named: &str) -> (i32, usize) {
    let repository = Repository::with(&[
        ("Cargo.toml", &MANIFEST.replace("1.2.3", released)),
        ("CHANGELOG.md", &CHANGELOG.replace("1.2.3", released)),
        ("docs/page.md", &page(named)),
    ]);
    let (exit, text) = repository.run("check-release", &[&format!("v{released}")]);
    (exit, text.matches(&format!(" names the version {named} instead of {released}\n")).count())
}

#[test]
fn a_version_is_compared_as_a_whole() {
    for released in ["1.2.3", "1.2.3-rc.1"] {
        assert_eq!(problems(released, released), (0, 0), "{released}");
        for named in ["1.2.3-rc.2", "11.2.3", "1.2.30", "1.2.3-rc.1.1", "1.2.4", "0.2.3"] {
            assert_eq!(problems(released, named), (1, 13), "{released} {named}");
        }
    }
    assert_eq!(problems("1.2.3", "1.2.3-rc.1"), (1, 13));
    assert_eq!(problems("1.2.3-rc.1", "1.2.3"), (1, 13));
}

#[test]
fn every_rest_of_the_placeholder_is_found() {
    let tap = concat!("brew install your-", "organization/tap/ocon\n");
    let files = [("Cargo.toml", MANIFEST), ("CHANGELOG.md", CHANGELOG), ("README.md", tap)];
    let (exit, text) = Repository::with(&files).run("check-release", &["v1.2.3"]);
    assert_eq!(exit, 1);
    assert!(text.contains(" is still there, first in README.md\n"), "{text}");
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
    assert!(!text.contains("names the version"), "{text}");
    let has_placeholder = env!("CARGO_PKG_REPOSITORY").contains(concat!("your-", "organization"));
    assert_eq!(text.contains("error: the placeholder"), has_placeholder, "{text}");
}
