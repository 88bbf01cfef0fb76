//! Who may import whom, as CONTRIBUTING.md describes it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The rooms that each room may import.
const ALLOWED: &[(&str, &[&str])] = &[
    ("reader", &[]),
    ("untrusted", &[]),
    ("instance", &["untrusted"]),
    ("catalog", &["instance", "untrusted"]),
    ("ownership", &["instance", "untrusted"]),
    ("desired", &["catalog", "instance", "reader", "untrusted"]),
    ("api", &["instance", "untrusted"]),
    ("observed", &["api", "ownership", "catalog", "instance", "untrusted"]),
    ("plan", &["desired", "observed", "ownership", "instance", "untrusted"]),
    ("apply", &["plan", "api", "ownership", "instance", "untrusted"]),
    ("report", &["plan", "apply", "desired", "doctor", "events", "instance", "untrusted"]),
    ("scrub", &["instance"]),
    ("import", &["desired", "observed", "catalog", "instance", "untrusted"]),
    ("authorization", &["instance", "untrusted"]),
    ("events", &["api", "instance", "untrusted"]),
    ("doctor", &["api", "desired", "observed", "instance", "untrusted"]),
    ("sandbox", &[]),
    (
        "cli",
        &[
            "api",
            "apply",
            "authorization",
            "catalog",
            "desired",
            "doctor",
            "events",
            "import",
            "instance",
            "observed",
            "ownership",
            "plan",
            "reader",
            "report",
            "sandbox",
            "scrub",
            "untrusted",
        ],
    ),
    ("main", &["cli"]),
];

/// What a room must not mention at all, since it is pure or is not its business.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("instance", &["tokio", "reqwest", "clap", "std::fs", "std::env", "anstyle"]),
    (
        "plan",
        &[
            "tokio",
            "reqwest",
            "clap",
            "std::fs",
            "std::env",
            "std::time",
            "fastrand",
            "anstyle",
            "async fn",
        ],
    ),
    ("ownership", &["tokio", "reqwest", "std::fs", "std::env", "async fn"]),
    ("desired", &["tokio", "reqwest", "std::env", "async fn"]),
    ("catalog", &["tokio", "reqwest", "std::env", "async fn"]),
    ("report", &["tokio", "reqwest", "std::fs", "std::env", "async fn"]),
    ("import", &["tokio", "reqwest", "std::fs", "std::env", "std::time", "async fn"]),
    ("authorization", &["tokio", "reqwest", "std::fs", "std::env", "std::time", "async fn"]),
    ("events", &["tokio", "reqwest", "std::fs", "std::env", "std::time", "async fn"]),
    ("doctor", &["tokio", "reqwest", "std::fs", "std::env", "std::time", "async fn"]),
    ("scrub", &["tokio", "reqwest", "std::fs", "std::env", "std::time", "async fn"]),
    ("observed", &["reqwest", "std::fs", "std::env"]),
    ("apply", &["reqwest", "std::fs", "std::env"]),
    ("api", &["std::fs", "std::env"]),
];

/// The code of each room, without comments and unit tests.
fn rooms() -> BTreeMap<String, String> {
    let mut rooms: BTreeMap<String, String> = BTreeMap::new();
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in walkdir::WalkDir::new(&src).sort_by_file_name() {
        let entry = entry.unwrap();
        let path = entry.path().strip_prefix(&src).unwrap();
        if path.extension().is_none_or(|extension| extension != "rs") || path == Path::new("lib.rs")
        {
            continue;
        }
        let first = path.components().next().unwrap().as_os_str().to_str().unwrap();
        let text = fs::read_to_string(entry.path()).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        let room = rooms.entry(first.trim_end_matches(".rs").to_owned()).or_default();
        room.extend(code.flat_map(|line| [line, "\n"]));
    }
    rooms
}

/// The rooms that `code` names after `crate::` (or, in the binary, after `ocon::`), groups included.
fn imports(code: &str) -> BTreeSet<&str> {
    let paths = ["crate::", "ocon::"].into_iter().flat_map(|root| code.split(root).skip(1));
    paths
        .flat_map(|path| {
            let group = path
                .strip_prefix('{')
                .map_or(path, |group| group.split('}').next().unwrap_or(group));
            let names: Vec<&str> =
                if path.starts_with('{') { group.split(',').collect() } else { vec![group] };
            names
        })
        .map(|path| {
            path.trim().split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
        })
        .filter(|name| !name.is_empty())
        .collect()
}

#[test]
fn rooms_import_only_what_they_may() {
    let allowed: BTreeMap<_, _> = ALLOWED.iter().copied().collect();
    let rooms = rooms();
    assert_eq!(
        rooms.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        allowed.keys().copied().collect(),
        "every room has its line in the table"
    );
    for (room, code) in &rooms {
        for imported in imports(code) {
            let may = imported == room || allowed[room.as_str()].contains(&imported);
            assert!(may, "`{room}` imports `{imported}`");
        }
    }
}

/// The code that still puts names between backticks by itself. Every one of them is checked when it
/// enters, or is reported for a file that the reader wrote.
const QUOTES_BY_ITSELF: &[&str] = &[
    "src/api/",
    "src/cli/authorize.rs",
    "src/cli/authorize/",
    "src/import/",
    "src/report/markdown/",
    "src/sandbox",
];

#[test]
fn messages_quote_foreign_text_through_one_function() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for entry in walkdir::WalkDir::new(root.join("src")).sort_by_file_name() {
        let entry = entry.unwrap();
        let path = entry.path().strip_prefix(root).unwrap().to_str().unwrap();
        let exempt = QUOTES_BY_ITSELF.iter().any(|prefix| path.starts_with(prefix));
        if exempt || !entry.file_type().is_file() {
            continue;
        }
        let text = fs::read_to_string(entry.path()).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            let mut rest = line;
            while let Some((_, after)) = rest.split_once("`{") {
                let name = after.split(['}', ':']).next().unwrap_or_default();
                let is_placeholder = name.chars().all(|c| c.is_ascii_lowercase() || c == '_')
                    && after.get(name.len()..).is_some_and(|rest| rest.contains("}`"));
                assert!(!is_placeholder, "{path} does not use `untrusted::quoted`: {line}");
                rest = after;
            }
        }
    }
}

#[test]
fn pure_rooms_mention_no_effects() {
    let rooms = rooms();
    for (room, words) in FORBIDDEN {
        for word in *words {
            assert!(!rooms[*room].contains(word), "`{room}` mentions `{word}`");
        }
    }
}

/// The crates `hmac`, `sha2` and `hkdf` make digests, seals and signatures. `ring` is the provider of TLS.
#[test]
fn ring_is_named_once_as_the_provider_of_tls() {
    let mut uses = Vec::new();
    for (module, code) in rooms() {
        let names_ring = |line: &&str| {
            line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "ring")
        };
        let lines = code.lines().filter(names_ring);
        uses.extend(lines.map(|line| (module.clone(), line.trim().to_owned())));
    }
    let provider = "let _ = rustls::crypto::ring::default_provider().install_default();";
    assert_eq!(uses, [("api".to_owned(), provider.to_owned())]);
}

/// Whoever else writes to the terminal writes past what takes secrets out.
#[test]
fn one_file_writes_to_the_terminal() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in walkdir::WalkDir::new(&src) {
        let entry = entry.unwrap();
        if !entry.file_type().is_file() || entry.path().ends_with("cli/output.rs") {
            continue;
        }
        let code = fs::read_to_string(entry.path()).unwrap();
        for stream in ["stdout()", "stderr()"] {
            let others =
                code.split(stream).skip(1).filter(|rest| !rest.starts_with(".is_terminal()"));
            assert_eq!(others.count(), 0, "{} writes to {stream}", entry.path().display());
        }
    }
}

#[test]
fn the_reader_of_imports_sees_groups_and_single_paths() {
    let code = "use crate::api::{Error, Kind};\nuse crate::{plan, report::json};\nlet x = crate::cli::run();";
    assert_eq!(imports(code), ["api", "cli", "plan", "report"].into());
}
