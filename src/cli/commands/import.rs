//! `ocon import`: writes files for existing instances. [`crate::import`] generates their text. This
//! module reads and selects the instances, and writes the files.

mod candidates;
mod summary;
mod write;

use std::collections::BTreeSet;
use std::path::Path;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::api::{Projection, Read as _, Scope};
use crate::catalog::{Catalog, named_like_a_secret};
use crate::cli::commands::generated_files;
use crate::cli::setup::{
    Connection, Files, GlobalArgs, SecretAccess, connection, global_args::below_root,
};
use crate::cli::terminal::{Exit, Failure, output, redaction};
use crate::desired;
use crate::import::{self, Candidate, ImportContext};
use crate::instance::{
    BaseUrl, ConnectorKey, InstanceId, Key, SecretSource, StoredValue as Stored,
};
use crate::observed::ObservedInstance;
use crate::ownership::Ownership;
use crate::report::human::Detail;

use candidates::{Candidates, ReadInstances, RefusalCause, Refused};
use summary::{GeneratedFiles, Summary};

#[derive(Debug, clap::Args)]
pub(crate) struct ImportArgs {
    /// Instance IDs
    #[arg(value_name = "ID", value_parser = parse_id)]
    ids: Vec<InstanceId>,
    /// All instances that have no file
    #[arg(long, conflicts_with = "ids")]
    all: bool,
    /// All instances of a connector that have no file (repeatable)
    #[arg(long, value_name = "KEY", conflicts_with_all = ["ids", "all"])]
    connector: Vec<ConnectorKey>,
    /// Replace existing files
    #[arg(long)]
    force: bool,
    /// Show what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
}

fn parse_id(text: &str) -> Result<InstanceId, String> {
    let id = text.parse().ok().filter(|id| *id > 0).map(InstanceId::new);
    id.ok_or_else(|| "write an instance ID, for example 4711".to_owned())
}

pub(crate) fn run(globals: &GlobalArgs, args: &ImportArgs) -> Result<Exit, Failure> {
    args.check()?;
    let (platform, files) = connection::prepare(globals, SecretAccess::WithheldWithoutFiles)?;
    files.warn(globals);
    let (read, base_url) = connection::runtime()?.block_on(async {
        let connection = connection::connect(platform, globals, &files.project.name).await?;
        let read = args.read(globals, &connection).await?;
        Ok((read, connection.target.base_url))
    })?;
    register_secrets(read.values().flatten());
    let marked = marked_keys(read.values().flatten(), &files);
    let Candidates { candidates, mut refused } = candidates::select(read, &files);
    let mut generated = Vec::new();
    for (id, file) in generate(globals, &files, &base_url, &candidates) {
        let cause = RefusalCause::CannotBeWritten;
        match file {
            Ok(file) => generated.push((id, file)),
            Err(reason) => refused.push(Refused { id, cause, reason }),
        }
    }
    refused.sort_by_key(|refused| refused.id);
    summary::print_omissions(globals, args.refusals_to_print(globals, &refused), &generated);
    write::check(globals, &generated, args.force, &files.desired, &marked)?;
    if !args.dry_run {
        write::write(globals, &generated)?;
    }
    let existing = referenced_variables(&files);
    let named = files.project.is_named;
    let summary = Summary {
        globals,
        connectors: &args.connector,
        is_dry_run: args.dry_run,
        files: &generated,
        refused: &refused,
    };
    output::text(&summary.text(&existing, named))?;
    Ok(args.exit(&refused))
}

/// The document keys in the marks of this project.
fn marked_keys<'f>(
    instances: impl Iterator<Item = &'f ObservedInstance>,
    files: &Files,
) -> BTreeSet<Key> {
    let claims = instances.map(|found| found.marks.ownership(&files.project.name));
    let key = |claim| match claim {
        Ownership::Ours(key) => Some(key),
        Ownership::Unmanaged | Ownership::Broken | Ownership::Foreign(_) => None,
    };
    claims.filter_map(key).collect()
}

impl ImportArgs {
    fn check(&self) -> Result<(), Failure> {
        if self.all || !self.ids.is_empty() || !self.connector.is_empty() {
            return Ok(());
        }
        Err(Failure::new(Exit::Usage, "no instances to import are given")
            .hint("name IDs, `ocon import 4711`, or a connector, `--connector hootsuite`")
            .hint("or import all instances that have no file: ocon import --all"))
    }

    async fn read(
        &self,
        globals: &GlobalArgs,
        connection: &Connection,
    ) -> Result<ReadInstances, Failure> {
        let client = &connection.client;
        let failed = connection.read_failed("the instances cannot be read, so no file was written");
        if self.ids.is_empty() {
            let listing =
                client.list(&Scope::Everything, &Projection::All).await.map_err(failed)?;
            let found = listing.records.into_iter().map(ObservedInstance::from);
            let is_selected = |found: &ObservedInstance| {
                self.all || self.connector.iter().any(|key| key.as_str() == found.connector)
            };
            return Ok(found.filter(is_selected).map(|found| (found.id, Some(found))).collect());
        }
        let ids: BTreeSet<InstanceId> = self.ids.iter().copied().collect();
        let requests = ids.into_iter().map(|id| async move {
            let record = client.instance(id, &Projection::All).await?;
            Ok((id, record.map(ObservedInstance::from)))
        });
        stream::iter(requests)
            .buffer_unordered(globals.concurrency)
            .try_collect()
            .await
            .map_err(failed)
    }

    /// How a run ends in which these instances got no file. An instance with a document needs none, and
    /// one of another project counts only if it was given by its ID.
    fn exit(&self, refused: &[Refused]) -> Exit {
        let exit = |refused: &Refused| match refused.cause {
            RefusalCause::CannotBeWritten => Exit::Incomplete,
            RefusalCause::OfOtherProject if !self.ids.is_empty() => Exit::Guarded,
            RefusalCause::OfOtherProject | RefusalCause::HasDocument => Exit::Success,
        };
        refused.iter().map(exit).min().unwrap_or(Exit::Success)
    }

    /// The instances whose reason is of interest: those that were given by their IDs or that cannot be
    /// written. The others are only counted.
    fn refusals_to_print<'r>(
        &self,
        globals: &GlobalArgs,
        refused: &'r [Refused],
    ) -> impl Iterator<Item = &'r Refused> {
        let all = !self.ids.is_empty() || globals.layout().detail == Detail::Complete;
        refused.iter().filter(move |refused| all || refused.cause == RefusalCause::CannotBeWritten)
    }
}

/// Registers tokens and secrets: no secret may get into a file under another configuration key.
fn register_secrets<'f>(instances: impl Iterator<Item = &'f ObservedInstance>) {
    for found in instances {
        let facts = found.connector.parse().ok();
        let facts = facts.and_then(|key: ConnectorKey| Catalog::embedded().connector(&key));
        let is_secret = |key: &str| match facts.and_then(|facts| facts.field(key)) {
            Some(field) => field.secret,
            None => named_like_a_secret(key),
        };
        let secrets = found.configuration.iter().filter(|(key, _)| is_secret(key));
        let secrets = secrets.filter_map(|(_, stored)| match stored {
            Stored::Text(secret) => Some(secret),
            Stored::Unset | Stored::Masked => None,
        });
        redaction::register(secrets);
        redaction::register_tokens([&found.token]);
    }
}

/// Generates the files. The loader accepts each of them.
fn generate(
    globals: &GlobalArgs,
    files: &Files,
    base_url: &BaseUrl,
    candidates: &[Candidate],
) -> GeneratedFiles {
    generated_files::with_sources(globals, |sources| {
        import::files(
            candidates,
            &ImportContext {
                base_url,
                catalog: Catalog::embedded(),
                event_support: &|connector| desired::event_support(sources, connector),
                keys: files.desired.instances.keys().map(Key::to_string).collect(),
                variables: taken_variables(globals, files),
                schema: &|connector, below| generated_files::schema(globals, connector, below),
                load: &|below, text| {
                    desired::load_bytes(Path::new(below), text.as_bytes().to_vec(), sources)
                },
                holds_secret: &|text| {
                    redaction::scrub(text) != text || redaction::has_letters_of_secret(text)
                },
            },
        )
    })
}

/// The variables that the files refer to. Secrets are withheld, so all of them are unset.
fn referenced_variables(files: &Files) -> BTreeSet<String> {
    let missing = files.desired.unset_secrets();
    let sources = missing.configuration.into_iter().chain(missing.provider_data);
    let names = sources.filter_map(|(_, source)| match source {
        SecretSource::Env(name) => Some(name),
        SecretSource::File(_) | SecretSource::Authorization => None,
    });
    names.collect()
}

/// The variables, in upper case, that no new file may use: the files refer to them or mention them.
fn taken_variables(globals: &GlobalArgs, files: &Files) -> BTreeSet<String> {
    let documents = files.desired.instances.values();
    let paths: BTreeSet<&Path> = documents.map(|wanted| Path::new(&*wanted.at.file)).collect();
    let texts = paths.into_iter().filter_map(|path| {
        // If the file was deleted since the loader read it, its variables are free.
        std::fs::read_to_string(below_root(&globals.root, path)).ok()
    });
    let mentioned =
        texts.flat_map(|text| generated_files::mentioned_variables(&text).collect::<Vec<_>>());
    let referenced = referenced_variables(files).into_iter();
    referenced.map(|name| name.to_ascii_uppercase()).chain(mentioned).collect()
}
