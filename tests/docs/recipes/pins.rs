//! Images, actions and crates are pinned to reviewed versions.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Images without a digest, and why.
const WITHOUT_DIGEST: [(&str, &str); 2] = [
    ("scratch", "is empty, and no registry has it"),
    (
        concat!("ghcr.io/your-organization/ocon:", env!("CARGO_PKG_VERSION")),
        "the image of a release, whose digest the release has",
    ),
];

/// Files that people and machines read and run, other than the code.
const PLACES: [&str; 7] =
    ["README.md", "CONTRIBUTING.md", "Dockerfile", "action.yml", ".ci", "docs", "examples"];

/// Commands of Cargo that choose versions of crates unless they must use the lock file.
const RESOLVING: [&str; 10] =
    ["bench", "build", "check", "clippy", "doc", "fetch", "install", "nextest", "run", "test"];

/// The text files of the places, by their path.
fn files() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let entries = PLACES.iter().flat_map(|place| walkdir::WalkDir::new(root.join(place)));
    let entries = entries.map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    let read = |entry: walkdir::DirEntry| {
        let path = entry.path().strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        Some((path, fs::read_to_string(entry.path()).ok()?))
    };
    entries.filter_map(read).collect()
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// The image that a line names: in a Dockerfile, in YAML or in a Jenkinsfile.
fn image(line: &str) -> Option<&str> {
    let line = line.trim().trim_start_matches("- ");
    let named = ["FROM ", "image: ", "image ", "container: "].iter();
    let operands = named.clone().find_map(|keyword| line.strip_prefix(keyword))?;
    let mut words = operands.split_whitespace().filter(|word| !word.starts_with("--"));
    let image = words.next()?.trim_matches(['\'', '"']);
    // Prose may begin a line with one of the words.
    (line.starts_with("FROM ") || image.contains([':', '/', '@'])).then_some(image)
}

#[test]
fn every_external_image_is_named_by_its_digest() {
    let files = files();
    let images: BTreeSet<&str> =
        files.iter().flat_map(|(_, text)| text.lines()).filter_map(image).collect();
    let (pinned, others): (BTreeSet<&str>, BTreeSet<&str>) =
        images.into_iter().partition(|image| {
            let digest = image.split_once("@sha256:");
            digest.is_some_and(|(name, digest)| name.contains(':') && is_hex(digest, 64))
        });
    let names: Vec<_> = pinned.iter().filter_map(|image| image.split(':').next()).collect();
    assert_eq!(names, ["debian", "registry.k8s.io/git-sync/git-sync", "rust"]);
    assert_eq!(others, WITHOUT_DIGEST.map(|(image, _)| image).into());
}

#[test]
fn every_action_is_named_by_its_commit() {
    let mut actions = 0;
    for (path, text) in files() {
        let lines = text.lines().map(|line| line.trim().trim_start_matches("- "));
        for line in lines.filter(|line| line.starts_with("uses: ")) {
            let (_, version) = line.split_once('@').unwrap_or_default();
            let commit = version.split(' ').next().unwrap_or_default();
            assert!(is_hex(commit, 40), "{path}: {line}");
            actions += 1;
        }
    }
    assert!(actions > 10, "{actions} were found");
}

/// The commands of Cargo in a text that choose versions of crates. Each ends with its line, or with
/// the quotation mark of Markdown.
fn resolving_commands(text: &str) -> Vec<&str> {
    let commands = text.match_indices("cargo ").filter(|(at, _)| {
        let before = text.get(..*at).and_then(|before| before.chars().next_back());
        before.is_none_or(|before| before.is_whitespace() || "`;&|(".contains(before))
    });
    let commands = commands.filter_map(|(at, _)| text.get(at..)?.split(['\n', '`']).next());
    let resolves = |command: &&str| {
        command.split(' ').nth(1).is_some_and(|subcommand| RESOLVING.contains(&subcommand))
    };
    commands.filter(resolves).collect()
}

#[test]
fn every_cargo_command_uses_the_lock_file() {
    let mut commands = 0;
    for (path, text) in &files() {
        for command in resolving_commands(text) {
            let of_cargo = command.split(" -- ").next().unwrap_or_default();
            let is_locked = of_cargo.split(' ').any(|word| matches!(word, "--locked" | "--frozen"));
            assert!(is_locked, "{path}: {command}");
            commands += 1;
        }
    }
    assert!(commands > 20, "{commands} were found");
}

#[test]
fn the_complete_check_runs_cargo_deny_and_the_tests() {
    let check = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/run")).unwrap();
    assert!(check.contains("\ndeny --offline check bans licenses sources\n"));
    assert!(check.contains("\n  deny --offline check advisories\n"));
    assert!(check.ends_with("\ncargo test --locked\n"));
}
