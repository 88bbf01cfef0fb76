//! `ocon schema pull`: writes the schemas of connectors as the platform describes them, and the schema by
//! which an editor finds them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use futures_util::{StreamExt as _, stream};

use crate::api::{ConnectorDescription, ErrorKind, Reading};
use crate::catalog::{Catalog, ConnectorSpec};
use crate::cli::commands::examples;
use crate::cli::setup::{
    Connection, GlobalArgs, connection, global_args::below_root, platform, project,
};
use crate::cli::terminal::{Exit, Failure, atomic_file::FileBatch, output, progress, redaction};
use crate::desired::schema;
use crate::instance::ConnectorKey;
use crate::report::style::count;
use crate::safe_text::quoted;

/// The maximum size of a schema, in bytes: that of every file in a repository.
const MAX_SCHEMA_BYTES: u64 = 1 << 20;

#[derive(Debug, clap::Args)]
pub(crate) struct SchemaArgs {
    #[command(subcommand)]
    command: SchemaCommand,
}

#[derive(Debug, clap::Subcommand)]
enum SchemaCommand {
    /// Write the schemas of connectors as the platform describes them
    #[command(after_long_help = examples::SCHEMA_PULL)]
    Pull(PullArgs),
}

#[derive(Debug, clap::Args)]
struct PullArgs {
    /// Connector keys, for example hootsuite
    #[arg(required_unless_present = "all", value_name = "KEY")]
    connectors: Vec<ConnectorKey>,
    /// All connectors of the platform
    #[arg(long, conflicts_with = "connectors")]
    all: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FileOutcome {
    Written,
    Unchanged,
}

pub(crate) fn run(globals: &GlobalArgs, args: &SchemaArgs) -> Result<Exit, Failure> {
    let SchemaCommand::Pull(args) = &args.command;
    let platform = platform::choose(globals)?;
    let pulled = connection::runtime()?.block_on(async {
        let project = project::default_project();
        let connection = connection::connect(platform, globals, &project).await?;
        connection.read(pull(globals, args, &connection)).await
    })?;
    let Pulled { descriptions, unknown, left_out, incomplete } = pulled;
    let mut batch = FileBatch::default();
    let folder = folder(globals, &mut batch)?;
    let mut outcomes = BTreeMap::new();
    for (connector, description) in descriptions {
        let (file, outcome) = write(&mut batch, &folder, &connector, description)?;
        outcomes.insert(file, outcome);
    }
    let index = index(&mut batch, &folder, outcomes.keys())?;
    outcomes.extend(index);
    batch.persist().map_err(|failed| failed.failure)?;
    output::text(&summary(&outcomes, left_out, incomplete))?;
    match unknown.first() {
        Some(first) => Err(unknown_connectors(first, &unknown)),
        None if left_out + incomplete > 0 => Err(incomplete_pull(left_out, incomplete)),
        None => Ok(Exit::Success),
    }
}

/// The result of reading the connectors.
#[derive(Default)]
struct Pulled {
    descriptions: BTreeMap<ConnectorKey, ConnectorDescription>,
    /// The connectors that the platform does not have.
    unknown: Vec<ConnectorKey>,
    /// The number of connectors whose key or description cannot be read.
    left_out: usize,
    /// The number of descriptions of which a part cannot be read.
    incomplete: usize,
}

/// Reads the connectors. One whose description cannot be read is left out, unless it is the only one.
async fn pull(
    globals: &GlobalArgs,
    args: &PullArgs,
    connection: &Connection,
) -> Result<Pulled, Failure> {
    let failed = connection.read_failed("the connectors cannot be read");
    let client = &connection.client;
    let mut pulled = Pulled::default();
    let connectors: Vec<ConnectorKey> = if args.all {
        let keys = client.connectors().await.map_err(failed)?;
        pulled.left_out = keys.left_out.len();
        keys.value.into_iter().collect()
    } else {
        args.connectors.clone()
    };
    if connectors.is_empty() && pulled.left_out == 0 {
        return Err(no_connectors());
    }
    let requests = connectors.into_iter().map(|connector| async move {
        let description = client.describe(&connector).await;
        (connector, description)
    });
    let mut replies = stream::iter(requests).buffer_unordered(globals.concurrency);
    let mut unreadable = None;
    while let Some((connector, reply)) = replies.next().await {
        match reply {
            Ok(Some(Reading { value, left_out })) => {
                pulled.incomplete += usize::from(!left_out.is_empty());
                pulled.descriptions.insert(connector, value);
            }
            Ok(None) => pulled.unknown.push(connector),
            Err(error) if matches!(error.kind, ErrorKind::Decode { .. }) => {
                progress::warn(&format!("{error}"));
                pulled.left_out += 1;
                unreadable = Some(error);
            }
            Err(error) => return Err(failed(error)),
        }
    }
    pulled.unknown.sort();
    match unreadable {
        Some(error) if pulled.descriptions.is_empty() => Err(failed(error)),
        _ => Ok(pulled),
    }
}

fn no_connectors() -> Failure {
    Failure::new(Exit::Unreachable, "the platform lists no connectors")
        .hint("check the region or base URL, or pull connectors by name")
}

fn folder(globals: &GlobalArgs, batch: &mut FileBatch) -> Result<PathBuf, Failure> {
    let folder = below_root(&globals.root, &globals.schemas).join("connectors");
    let refused = |cause: &dyn std::fmt::Display| {
        let error = format!("schemas cannot be written to {}", folder.display());
        Failure::new(Exit::Usage, error).caused_by(cause)
    };
    let created = batch.create_folder(&globals.root, &folder);
    created.map_err(|error| refused(&error).hint("name another folder with --schemas"))?;
    Ok(folder)
}

fn write(
    batch: &mut FileBatch,
    folder: &Path,
    connector: &ConnectorKey,
    description: ConnectorDescription,
) -> Result<(PathBuf, FileOutcome), Failure> {
    let file = folder.join(format!("{connector}.schema.json"));
    let mut shape = shape(connector, description);
    // Fields that a user marked as secret stay secret, and the platform does not report the form of the
    // webhook URL.
    let current = current_text(&file);
    shape.mark_secret(current.as_deref().map(schema::secret_keys).unwrap_or_default());
    let stated = current.as_deref().and_then(schema::stated_webhook_url);
    shape.webhook_url = stated.unwrap_or(shape.webhook_url);
    put(batch, file, schema::connector(&shape))
}

/// The current text of the file. Links, devices and huge files are not schemas of ocon.
fn current_text(file: &Path) -> Option<String> {
    let metadata = fs::symlink_metadata(file).ok()?;
    let is_schema = metadata.is_file() && metadata.len() <= MAX_SCHEMA_BYTES;
    is_schema.then(|| fs::read_to_string(file).ok()).flatten()
}

/// Writes the schema by which an editor selects one of those in the folder and of the new `files`.
fn index<'f>(
    batch: &mut FileBatch,
    folder: &Path,
    files: impl Iterator<Item = &'f PathBuf>,
) -> Result<Option<(PathBuf, FileOutcome)>, Failure> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name());
    let names = names.chain(files.filter_map(|file| file.file_name().map(ToOwned::to_owned)));
    let connectors: BTreeSet<ConnectorKey> = names
        .filter_map(|name| name.to_str()?.strip_suffix(".schema.json")?.parse().ok())
        .collect();
    let connectors: Vec<ConnectorKey> = connectors.into_iter().collect();
    let file = folder.with_file_name("instance.schema.json");
    let is_needed = !connectors.is_empty();
    is_needed.then(|| put(batch, file, schema::instance(&connectors))).transpose()
}

fn put(
    batch: &mut FileBatch,
    file: PathBuf,
    text: serde_json::Result<String>,
) -> Result<(PathBuf, FileOutcome), Failure> {
    let text = text.map_err(|error| {
        Failure::new(Exit::Other, format!("{} cannot be created", file.display())).caused_by(&error)
    })?;
    if text.len() as u64 > MAX_SCHEMA_BYTES {
        let error = format!("{} would be larger than 1 MiB", file.display());
        return Err(Failure::new(Exit::Other, error)
            .caused_by(&"the platform describes more keys than fit in a schema")
            .hint(
                "pull the other connectors by name; ocon checks this one with its built-in schema",
            ));
    }
    if current_text(&file).is_some_and(|current| current == text) {
        return Ok((file, FileOutcome::Unchanged));
    }
    batch.add(&file, &redaction::scrub_json(&text))?;
    Ok((file, FileOutcome::Written))
}

fn shape(connector: &ConnectorKey, description: ConnectorDescription) -> ConnectorSpec {
    let known = Catalog::embedded().connector(connector);
    let name = known.map_or_else(|| connector.to_string(), |known| known.name.clone());
    let ConnectorDescription { properties, grant } = description;
    ConnectorSpec::live(connector, name, properties, grant, known)
}

fn summary(
    outcomes: &BTreeMap<PathBuf, FileOutcome>,
    left_out: usize,
    incomplete: usize,
) -> String {
    let mut text = String::new();
    for (file, outcome) in outcomes {
        let word = match outcome {
            FileOutcome::Written => "written  ",
            FileOutcome::Unchanged => "unchanged",
        };
        text.push_str(&format!("{word}  {}\n", file.display()));
    }
    let written = outcomes.values().filter(|outcome| **outcome == FileOutcome::Written).count();
    let unchanged = outcomes.len() - written;
    text.push_str(&format!("{} written, {unchanged} unchanged", count(written, "schema")));
    for (number, word) in [(left_out, "left out"), (incomplete, "incomplete")] {
        if number > 0 {
            text.push_str(&format!(", {number} {word}"));
        }
    }
    text.push_str(".\n");
    text
}

fn incomplete_pull(left_out: usize, incomplete: usize) -> Failure {
    let connectors = match left_out {
        0 => None,
        1 => Some("1 connector is left out".to_owned()),
        _ => Some(format!("{left_out} connectors are left out")),
    };
    let schemas = match incomplete {
        0 => None,
        1 => Some("1 schema is incomplete".to_owned()),
        _ => Some(format!("{incomplete} schemas are incomplete")),
    };
    let parts: Vec<String> = connectors.into_iter().chain(schemas).collect();
    let error = format!(
        "{}, because ocon cannot read a part of the platform's answer",
        parts.join(" and ")
    );
    Failure::new(Exit::Other, error)
        .hint("each warning names a part and its problem. ocon checks a connector that has no schema with its built-in catalog")
}

fn unknown_connectors(first: &ConnectorKey, unknown: &[ConnectorKey]) -> Failure {
    let names: Vec<_> = unknown.iter().map(|connector| quoted(connector).to_string()).collect();
    let error = format!("the platform has no connector {}", names.join(", "));
    let failure = Failure::new(Exit::Other, error);
    match Catalog::embedded().suggest(first.as_str()) {
        Some(nearest) => nearest.hints(first.as_str()).into_iter().fold(failure, Failure::hint),
        None => failure.hint("to write the schemas of all connectors: ocon schema pull --all"),
    }
}
