//! The values that completions offer for arguments: document keys and paths, connectors, diagnostic codes
//! and regions.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

use clap::{Arg, Command};
use clap_complete::engine::{
    ArgValueCandidates, ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter as _,
};

use super::repository::Repository;
use crate::catalog::{Catalog, Connector};
use crate::cli::setup::diagnostic_levels;
use crate::cli::setup::platform::REGIONS;
use crate::desired::Code;
use crate::report::explanation;

/// Adds the completers of all arguments, by their IDs.
pub(super) fn with_completers(tree: Command, repository: Repository) -> Command {
    complete_command(tree, &Arc::new(repository))
}

fn complete_command(command: Command, repository: &Arc<Repository>) -> Command {
    let is_apply = command.get_name() == "apply";
    let command = command.mut_args(|arg| {
        let repository = Arc::clone(repository);
        match arg.get_id().as_str() {
            "documents" if is_apply => documents(arg, repository, &[], &["json", "yaml", "yml"]),
            "documents" | "document" | "allow_duplicate" => {
                documents(arg, repository, &[], &["yaml", "yml"])
            }
            "rotate" => documents(arg, repository, &["all"], &["yaml", "yml"]),
            "connector" | "connectors" => {
                arg.add(ArgValueCompleter::new(move |current: &OsStr| {
                    connectors(&repository, current.to_str().unwrap_or("\0"))
                }))
            }
            "code" => arg.add(ArgValueCandidates::new(all_codes)),
            "deny" => arg.add(ArgValueCandidates::new(denied_codes)),
            "allow" => arg.add(ArgValueCandidates::new(allowed_codes)),
            "region" => arg.add(ArgValueCandidates::new(|| REGIONS.map(Into::into).into())),
            // A parser of its value hides from clap that it is a path.
            "report" => arg.add(ArgValueCompleter::new(PathCompleter::any())),
            // Other paths are relative to the root.
            "root" | "folder" => arg.add(ArgValueCompleter::new(PathCompleter::dir())),
            _ => arg,
        }
    });
    command.mut_subcommands(|command| complete_command(command, repository))
}

/// Completes KEY|PATH. Paths are offered when one is begun, or if no document key fits.
fn documents(
    arg: Arg,
    repository: Arc<Repository>,
    words: &'static [&'static str],
    extensions: &'static [&'static str],
) -> Arg {
    let is_offered = |path: &Path| {
        let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
        path.is_file() && extensions.contains(&extension)
    };
    let paths = PathCompleter::any().filter(is_offered).current_dir(repository.root());
    arg.add(ArgValueCompleter::new(move |current: &OsStr| {
        let is_begun = current.as_encoded_bytes().contains(&b'/')
            || current.as_encoded_bytes().starts_with(b".");
        let current_text = current.to_str().unwrap_or("\0");
        let keys = repository.documents().into_iter().map(|document| {
            CompletionCandidate::new(document.key.as_str()).help(document.name.map(Into::into))
        });
        let words = words.iter().map(CompletionCandidate::new);
        let mut found: Vec<_> = keys.chain(words).collect();
        found.retain(|it| it.get_value().to_str().is_some_and(|key| key.starts_with(current_text)));
        if is_begun || found.is_empty() {
            found.extend(paths.complete(current));
        }
        found
    }))
}

/// The connectors whose keys begin with a word. If there are none, the one that the word means: a shell
/// replaces the word only by a single candidate.
fn connectors(repository: &Repository, begun: &str) -> Vec<CompletionCandidate> {
    let catalog = Catalog::embedded();
    let known = catalog.connectors().map(|found| (found.key.to_owned(), Some(found.connector)));
    let own = repository.connectors().into_iter().map(|key| (key, None));
    let mut all: BTreeMap<String, Option<&Connector>> = own.chain(known).collect();
    all.retain(|key, _| key.starts_with(begun));
    if let ([found], true) = (catalog.search(begun).as_slice(), all.is_empty()) {
        all.insert(found.key.to_owned(), Some(found.connector));
    }
    let candidate = |(key, connector): (String, Option<&Connector>)| {
        let name = connector.map(|connector| connector.name.clone());
        CompletionCandidate::new(key).help(name.map(Into::into))
    };
    all.into_iter().map(candidate).collect()
}

fn all_codes() -> Vec<CompletionCandidate> {
    explanation::all().iter().map(|it| described(it.code, it.summary())).collect()
}

fn denied_codes() -> Vec<CompletionCandidate> {
    let warnings = described("warnings", "All warnings".to_owned());
    codes(|name| diagnostic_levels::parse_denied(name).is_ok())
        .into_iter()
        .chain([warnings])
        .collect()
}

fn allowed_codes() -> Vec<CompletionCandidate> {
    codes(|name| diagnostic_levels::parse_allowed(name).is_ok())
}

fn codes(is_accepted: impl Fn(&str) -> bool) -> Vec<CompletionCandidate> {
    let summaries = explanation::all().into_iter().map(|it| (it.code, it.summary()));
    let mut summaries: BTreeMap<&str, String> = summaries.collect();
    let names = Code::ALL.iter().map(|code| code.as_str()).filter(|name| is_accepted(name));
    names.map(|name| described(name, summaries.remove(name).unwrap_or_default())).collect()
}

fn described(value: &str, description: String) -> CompletionCandidate {
    CompletionCandidate::new(value).help(Some(description.into()))
}
