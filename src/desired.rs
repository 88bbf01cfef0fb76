//! The desired state: the content of the files.
//!
//! In: the `instances/` folder, the project file, variables and a [`SecretStore`]. Out: [`Desired`],
//! with one validated [`DesiredInstance`] per document, or [`Problems`]: every problem in every file,
//! sorted, each with its location. One broken file stops the load, before ocon contacts anything.
//!
//! This module knows nothing of the API and reads no environment variable. Its callers provide the
//! [`SecretStore`].

mod callbacks;
mod canonical_json;
mod code;
mod conformance;
mod diagnostics;
mod document;
mod document_set;
mod excerpts;
mod fields;
mod files;
pub(crate) mod foreign_variables;
mod levels;
mod lifecycle;
mod limits;
mod mistaken_reference;
mod moved_from;
mod node_reader;
mod outline;
mod placeholder;
mod problem;
pub mod project;
mod redactions;
pub(crate) mod reference;
pub mod schema;
mod schemas;
pub mod secrets;
mod sources;
mod state;
mod text;
mod text_checks;
mod unknown_keys;
mod uses;
mod yaml;

use std::num::NonZero;
use std::panic::resume_unwind;
use std::path::Path;
use std::thread::{self, ScopedJoinHandle};

use crate::catalog::ConnectorSpec;
pub use crate::catalog::{GrantNeed, HostRole};
pub use code::{Code, Level, Severity, UnknownCode};
pub use document_set::Loaded;
pub use excerpts::add_excerpts;
pub use levels::Levels;
pub(crate) use outline::{Outline, file_texts, outlines};
pub use problem::{Excerpt, Problem, Problems, Related};
pub use project::{DeclaredProject, ProjectFile, VarFile, load_project, load_var_file};
pub use secrets::{SecretLookup, SecretStore};
pub use sources::Sources;
pub use state::{
    Adopt, DeclaredValue, Desired, DesiredInstance, Grant, IgnoredField, Lifecycle, UnsetSecrets,
};

pub(crate) use uses::environment_variable;
pub use uses::{SecretUse, VariableUse};

pub(in crate::desired) use diagnostics::{Diagnostic, Diagnostics};
pub(in crate::desired) use limits::Usage;
pub(in crate::desired) use node_reader::NodeReader;
pub(in crate::desired) use schemas::Schemas;
pub(in crate::desired) use text::{START, Text, TextRange};
pub(in crate::desired) use yaml::{Member, Node, NodeKind};

use crate::instance::{ConnectorKey, EventSupport};
use document_set::DocumentSet;
use files::SourceFile;

/// Reading this many files takes less time than starting a thread.
const MIN_FILES_PER_THREAD: usize = 50;

/// Loads the desired state from all files below the instances folder.
///
/// # Errors
///
/// All problems in all files, including warnings, if any of them is an error.
pub fn load(sources: &Sources<'_>) -> Result<Loaded, Problems> {
    let mut set = DocumentSet::new(sources);
    let files = files::find(sources.root, sources.instances, &mut set.problems);
    let read = |file: &SourceFile| set.read(|| files::read(file), &file.stem, sources);
    for content in on_all_cores(&files, read) {
        set.add_file(content);
    }
    set.finish(sources)
}

/// Loads the desired state from one file in memory, as [`load`] would if the file were `below` the
/// instances folder and nothing else were there. Files that references name and the schemas of the
/// repository are read from disk.
///
/// # Errors
///
/// All problems in the file, including warnings, if any of them is an error.
pub fn load_bytes(below: &Path, bytes: Vec<u8>, sources: &Sources<'_>) -> Result<Loaded, Problems> {
    let mut set = DocumentSet::new(sources);
    let file = SourceFile::named(sources.root, sources.instances, below);
    set.add_file(set.read(|| files::decode(bytes, &file.file), &file.stem, sources));
    set.finish(sources)
}

/// How the events of a connector can arrive, according to the schemas of the repository and the catalog.
pub(crate) fn event_support(sources: &Sources<'_>, connector: &ConnectorKey) -> EventSupport {
    Schemas::new(sources.catalog, sources.root, sources.schemas, sources.on_text)
        .event_support(connector)
}

/// The configuration that a connector accepts, according to the schemas of the repository or else the
/// catalog. `None` if neither has the connector.
///
/// # Errors
///
/// The problem in the schema of the repository.
pub(crate) fn connector_spec(
    sources: &Sources<'_>,
    connector: &ConnectorKey,
) -> Result<Option<ConnectorSpec>, Problems> {
    let schemas = Schemas::new(sources.catalog, sources.root, sources.schemas, sources.on_text);
    schemas.of(connector);
    if let Some(problem) = schemas.into_problems().into_iter().next() {
        return Err(Problems::of(problem));
    }
    let known = sources.catalog.connector(connector);
    let name = known.map_or(connector.as_str(), |known| known.name.as_str());
    let file = Path::new("connectors").join(format!("{connector}.schema.json"));
    let text = files::read_optional(sources.root, sources.schemas, &file).ok().flatten();
    let read = text.and_then(|text| schema::read_connector(connector, name, &text.content));
    Ok(read.or_else(|| Some(known?.spec(connector))))
}

/// The results for all files in their order. Starts only as many threads as pay off.
fn on_all_cores<T: Send>(files: &[SourceFile], read: impl Fn(&SourceFile) -> T + Sync) -> Vec<T> {
    let read_all = |share: &[SourceFile]| share.iter().map(&read).collect::<Vec<_>>();
    if files.len() <= MIN_FILES_PER_THREAD {
        return read_all(files);
    }
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let share = files.len().div_ceil(cores).max(MIN_FILES_PER_THREAD);
    thread::scope(|scope| {
        let shares: Vec<_> =
            files.chunks(share).map(|share| scope.spawn(|| read_all(share))).collect();
        let results = shares.into_iter().map(ScopedJoinHandle::join);
        results.flat_map(|result| result.unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}
