//! The import rules of CONTRIBUTING.md.

mod cycles;
mod source;

use std::collections::{BTreeMap, BTreeSet};

/// The modules that each module may import.
const ALLOWED: &[(&str, &[&str])] = &[
    ("reader", &[]),
    ("safe_text", &[]),
    ("instance", &["safe_text"]),
    ("catalog", &["instance", "safe_text"]),
    ("ownership", &["instance", "safe_text"]),
    ("desired", &["catalog", "instance", "reader", "safe_text"]),
    ("api", &["instance", "safe_text", "scrub"]),
    ("observed", &["api", "ownership", "catalog", "instance", "safe_text"]),
    ("plan", &["desired", "observed", "ownership", "instance", "safe_text"]),
    ("apply", &["plan", "api", "ownership", "instance", "safe_text"]),
    ("report", &["plan", "apply", "desired", "doctor", "events", "instance", "safe_text"]),
    ("scrub", &["instance"]),
    ("import", &["desired", "observed", "catalog", "instance", "safe_text"]),
    ("authorization", &["instance", "safe_text"]),
    ("events", &["api", "instance", "safe_text"]),
    ("doctor", &["api", "desired", "observed", "instance", "safe_text"]),
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
            "safe_text",
        ],
    ),
    ("main", &["cli"]),
];

/// Words that a module must not contain, because it is pure or because another module does that.
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

/// The code of each module, without comments and unit tests.
fn modules() -> BTreeMap<String, String> {
    let mut modules: BTreeMap<String, String> = BTreeMap::new();
    for (path, code) in source::files() {
        let first = path.split('/').next().unwrap();
        if first != "lib.rs" {
            modules.entry(first.trim_end_matches(".rs").to_owned()).or_default().push_str(&code);
        }
    }
    modules
}

/// The modules that `code` names after `crate::` (or, in the binary, after `ocon::`), groups included.
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
fn modules_import_only_what_they_may() {
    let allowed: BTreeMap<_, _> = ALLOWED.iter().copied().collect();
    let modules = modules();
    assert_eq!(
        modules.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        allowed.keys().copied().collect(),
        "every module has its line in the table"
    );
    for (module, code) in &modules {
        for imported in imports(code) {
            let may = imported == module || allowed[module.as_str()].contains(&imported);
            assert!(may, "`{module}` imports `{imported}`");
        }
    }
}

/// The code that puts names between backticks itself. It checks each name when it parses it, or
/// reports it in a message about the user's own file.
const QUOTES_ITSELF: &[&str] = &[
    "api/",
    "cli/commands/authorize.rs",
    "cli/commands/authorize/",
    "import/",
    "report/markdown/",
    "sandbox",
];

#[test]
fn messages_quote_foreign_text_through_one_function() {
    for (path, code) in source::files() {
        if QUOTES_ITSELF.iter().any(|prefix| path.starts_with(prefix)) {
            continue;
        }
        for line in code.lines() {
            for (_, after) in
                line.match_indices("`{").map(|(at, mark)| line.split_at(at + mark.len()))
            {
                let name = after.split(['}', ':']).next().unwrap_or_default();
                let is_placeholder = name.chars().all(|c| c.is_ascii_lowercase() || c == '_')
                    && after.get(name.len()..).is_some_and(|rest| rest.contains("}`"));
                assert!(!is_placeholder, "{path} does not use `safe_text::quoted`: {line}");
            }
        }
    }
}

#[test]
fn pure_modules_mention_no_effects() {
    let modules = modules();
    for (module, words) in FORBIDDEN {
        for word in *words {
            assert!(!modules[*module].contains(word), "`{module}` mentions `{word}`");
        }
    }
}

/// The crates `hmac`, `sha2` and `hkdf` make digests, seals and signatures. `ring` is the provider of TLS.
#[test]
fn ring_is_named_once_as_the_provider_of_tls() {
    let mut uses = Vec::new();
    for (module, code) in modules() {
        let names_ring = |line: &&str| {
            line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "ring")
        };
        let lines = code.lines().filter(names_ring);
        uses.extend(lines.map(|line| (module.clone(), line.trim().to_owned())));
    }
    let provider = "let _ = rustls::crypto::ring::default_provider().install_default();";
    assert_eq!(uses, [("api".to_owned(), provider.to_owned())]);
}

/// Other code would bypass the writer that removes secrets.
#[test]
fn one_file_writes_to_the_terminal() {
    for (path, code) in source::files() {
        if path == "cli/terminal/output.rs" {
            continue;
        }
        for stream in ["stdout()", "stderr()"] {
            let others =
                code.split(stream).skip(1).filter(|rest| !rest.starts_with(".is_terminal()"));
            assert_eq!(others.count(), 0, "{path} writes to {stream}");
        }
    }
}

#[test]
fn the_reader_of_imports_sees_groups_and_single_paths() {
    let code = "use crate::api::{Error, Kind};\nuse crate::{plan, report::json};\nlet x = crate::cli::run();";
    assert_eq!(imports(code), ["api", "cli", "plan", "report"].into());
}
