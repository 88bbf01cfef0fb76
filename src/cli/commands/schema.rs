//! `ocon schema pull`: the schemas of connectors, from what the platform says of them, and the one
//! by which an editor finds them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::api::{self, ConnectorDescription};
use crate::catalog::{Catalog, ConnectorSpec, closest};
use crate::cli::setup::arguments::{Globals, beside};
use crate::cli::setup::environment::Environment;
use crate::cli::setup::project;
use crate::cli::setup::session::{self, Connection};
use crate::cli::setup::unreachable;
use crate::cli::terminal::failure::{Exit, Failure};
use crate::cli::terminal::new_file::Batch;
use crate::cli::terminal::output;
use crate::cli::terminal::progress::Progress;
use crate::cli::terminal::redaction;
use crate::desired::schema;
use crate::instance::ConnectorKey;
use crate::report::style::count;
use crate::safe_text::quoted;

/// The size of a schema that is read, in bytes: 1 MiB, as for every file of a repository.
const LARGEST: u64 = 1 << 20;

/// What to do with schemas.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Write the schemas of connectors, as the platform describes them
    #[command(after_long_help = crate::cli::commands::examples::SCHEMA_PULL)]
    Pull(Pull),
}

#[derive(Debug, clap::Args)]
struct Pull {
    /// Keys of connectors, like hootsuite
    #[arg(required_unless_present = "all", value_name = "KEY")]
    connectors: Vec<ConnectorKey>,
    /// All connectors that the platform has
    #[arg(long, conflicts_with = "connectors")]
    all: bool,
}

/// What became of a schema file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Written,
    Unchanged,
}

pub(crate) fn run(
    globals: &Globals,
    arguments: &Arguments,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let Action::Pull(pull) = &arguments.action;
    let platform = session::platform(globals, environment)?;
    let described = session::runtime()?.block_on(async {
        let progress = Arc::new(Progress::new(globals, environment));
        let project = project::default_project();
        let connection =
            session::connect(platform, globals, environment, &project, &progress).await?;
        connection.read(describe(globals, pull, &connection)).await
    })?;
    let mut batch = Batch::default();
    let folder = folder(globals, &mut batch)?;
    let mut unknown = Vec::new();
    let mut outcomes = BTreeMap::new();
    for (connector, description) in described {
        match description {
            Some(description) => {
                let (file, outcome) = write(&mut batch, &folder, &connector, description)?;
                outcomes.insert(file, outcome);
            }
            None => unknown.push(connector),
        }
    }
    let index = index(&mut batch, &folder, outcomes.keys())?;
    outcomes.extend(index);
    batch.place().map_err(|misplaced| misplaced.failure)?;
    output::text(&told(&outcomes))?;
    match unknown.first() {
        None => Ok(Exit::Success),
        Some(first) => Err(not_there(first, &unknown)),
    }
}

type Described = BTreeMap<ConnectorKey, Option<ConnectorDescription>>;

/// Asks the platform about the connectors, a few at a time.
async fn describe(
    globals: &Globals,
    pull: &Pull,
    connection: &Connection,
) -> Result<Described, Failure> {
    let base_url = &connection.target.base_url;
    let failed = |error: api::Error| {
        unreachable::unreadable("the connectors cannot be read", &error, base_url)
    };
    let client = &connection.client;
    let connectors = if pull.all {
        let keys = client.connectors().await.map_err(failed)?;
        keys.iter().filter_map(|key| key.parse().ok()).collect()
    } else {
        pull.connectors.clone()
    };
    let questions = connectors.into_iter().map(|connector| async move {
        let description = client.describe(&connector).await?;
        Ok((connector, description))
    });
    stream::iter(questions)
        .buffer_unordered(globals.concurrency)
        .try_collect()
        .await
        .map_err(failed)
}

/// The folder that schemas are written to; it is created where it is missing.
fn folder(globals: &Globals, batch: &mut Batch) -> Result<PathBuf, Failure> {
    let folder = beside(&globals.root, &globals.schemas).join("connectors");
    let refused = |cause: &dyn std::fmt::Display| {
        let sentence = format!("schemas cannot be written to {}", folder.display());
        Failure::new(Exit::Usage, sentence).caused_by(cause)
    };
    let created = batch.folder(&globals.root, &folder);
    created.map_err(|error| refused(&error).hint("--schemas names a folder elsewhere"))?;
    Ok(folder)
}

fn write(
    batch: &mut Batch,
    folder: &Path,
    connector: &ConnectorKey,
    description: ConnectorDescription,
) -> Result<(PathBuf, Outcome), Failure> {
    let file = folder.join(format!("{connector}.schema.json"));
    let mut shape = shape(connector, description);
    // What somebody made secret by hand stays so.
    shape.mark_secret(old(&file).as_deref().map(schema::secret_keys).unwrap_or_default());
    put(batch, file, schema::connector(&shape))
}

/// What the file says so far; a link, a device or something huge is no schema of ours.
fn old(file: &Path) -> Option<String> {
    let metadata = fs::symlink_metadata(file).ok()?;
    let usual = metadata.is_file() && metadata.len() <= LARGEST;
    usual.then(|| fs::read_to_string(file).ok()).flatten()
}

/// Writes the schema that picks, for an editor, one of those in the folder, where those of `files` will
/// be as well.
fn index<'f>(
    batch: &mut Batch,
    folder: &Path,
    files: impl Iterator<Item = &'f PathBuf>,
) -> Result<Option<(PathBuf, Outcome)>, Failure> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name());
    let names = names.chain(files.filter_map(|file| file.file_name().map(ToOwned::to_owned)));
    let connectors: BTreeSet<ConnectorKey> = names
        .filter_map(|name| name.to_str()?.strip_suffix(".schema.json")?.parse().ok())
        .collect();
    let connectors: Vec<ConnectorKey> = connectors.into_iter().collect();
    let file = folder.with_file_name("instance.schema.json");
    let some = !connectors.is_empty();
    some.then(|| put(batch, file, schema::instance(&connectors))).transpose()
}

fn put(
    batch: &mut Batch,
    file: PathBuf,
    text: serde_json::Result<String>,
) -> Result<(PathBuf, Outcome), Failure> {
    let text = text.map_err(|error| {
        Failure::new(Exit::Other, format!("{} cannot be made", file.display())).caused_by(&error)
    })?;
    if text.len() as u64 > LARGEST {
        let sentence = format!("{} would have more than 1 MiB", file.display());
        return Err(Failure::new(Exit::Other, sentence)
            .caused_by(&"the platform describes more keys than a schema can hold")
            .hint("the connector is checked with what is built in; pull the others by name"));
    }
    if old(&file).is_some_and(|old| old == text) {
        return Ok((file, Outcome::Unchanged));
    }
    batch.add(&file, &redaction::scrub_json(&text))?;
    Ok((file, Outcome::Written))
}

fn shape(connector: &ConnectorKey, description: ConnectorDescription) -> ConnectorSpec {
    let known = Catalog::embedded().connector(connector);
    let name = known.map_or_else(|| connector.to_string(), |known| known.name.clone());
    let ConnectorDescription { properties, grant } = description;
    ConnectorSpec::live(connector, name, properties, grant, known)
}

fn told(outcomes: &BTreeMap<PathBuf, Outcome>) -> String {
    let mut text = String::new();
    for (file, outcome) in outcomes {
        let word = match outcome {
            Outcome::Written => "written  ",
            Outcome::Unchanged => "unchanged",
        };
        text.push_str(&format!("{word}  {}\n", file.display()));
    }
    let written = outcomes.values().filter(|outcome| **outcome == Outcome::Written).count();
    let unchanged = outcomes.len() - written;
    text.push_str(&format!("{} written, {unchanged} unchanged.\n", count(written, "schema")));
    text
}

fn not_there(first: &ConnectorKey, unknown: &[ConnectorKey]) -> Failure {
    let names: Vec<_> = unknown.iter().map(|connector| quoted(connector).to_string()).collect();
    let sentence = format!("the platform knows no connector {}", names.join(", "));
    let failure = Failure::new(Exit::Other, sentence);
    match closest(first.as_str(), Catalog::embedded().keys()) {
        Some(nearest) => {
            failure.hint(format!("did you mean {nearest}?", nearest = quoted(&nearest)))
        }
        None => failure.hint("`ocon schema pull --all` writes those that it knows"),
    }
}
