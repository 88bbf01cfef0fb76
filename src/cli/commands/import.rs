//! `ocon import`: files for instances that exist. What is in them is the business of the room
//! [`crate::import`]; here instances are read and chosen, and files written.

mod choice;
mod folder;
mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::api::{self, Keep, Read as _, Scope};
use crate::catalog::{Catalog, named_like_a_secret};
use crate::cli::setup::arguments::{Globals, beside};
use crate::cli::setup::environment::Environment;
use crate::cli::setup::session::{self, Connection, Files, Lookup};
use crate::cli::setup::unreachable;
use crate::cli::terminal::failure::{Exit, Failure};
use crate::cli::terminal::output;
use crate::cli::terminal::progress::Progress;
use crate::cli::terminal::redaction;
use crate::desired::secrets::Withheld;
use crate::desired::{self, Levels, Sources};
use crate::import::{self, Candidate, File, Ground};
use crate::instance::{
    BaseUrl, ConnectorKey, InstanceId, Key, SecretSource, StoredValue as Stored,
};
use crate::observed::ObservedInstance;
use crate::ownership::Ownership;

use choice::Chosen;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Ids of instances
    #[arg(value_name = "ID", value_parser = id)]
    ids: Vec<InstanceId>,
    /// All instances that have no file yet
    #[arg(long, conflicts_with = "ids")]
    all: bool,
    /// Those of a connector that have no file yet (repeatable)
    #[arg(long, value_name = "KEY", conflicts_with_all = ["ids", "all"])]
    connector: Vec<ConnectorKey>,
    /// Replace files that are there
    #[arg(long)]
    force: bool,
}

fn id(text: &str) -> Result<InstanceId, String> {
    let id = text.parse().ok().filter(|id| *id > 0).map(InstanceId::new);
    id.ok_or_else(|| "write the number of an instance, like 4711".to_owned())
}

/// An instance that may get a file; `None` where the platform has none by the id that was given.
type Seen = BTreeMap<InstanceId, Option<ObservedInstance>>;

/// What a file is, or why there is none, by instance.
type Made = BTreeMap<InstanceId, Result<File, String>>;

pub(crate) fn run(
    globals: &Globals,
    arguments: &Arguments,
    environment: &Environment,
) -> Result<Exit, Failure> {
    arguments.check()?;
    let platform = session::platform(globals, environment)?;
    let files = session::load(globals, environment, Lookup::WithheldFromAny)?;
    files.warn(globals);
    let (seen, base_url) = session::runtime()?.block_on(async {
        let progress = Arc::new(Progress::new(globals, environment));
        let connection =
            session::connect(platform, globals, environment, &files.project, &progress).await?;
        let seen = arguments.read(globals, &connection).await?;
        Ok((seen, connection.target.base_url))
    })?;
    learn(seen.values().flatten());
    let looked_at = seen.len();
    let claims = seen.values().flatten().map(|found| found.marks.ownership(&files.project));
    let carried: BTreeSet<Key> = claims
        .filter_map(|claim| match claim {
            Ownership::Ours(key) => Some(key),
            _ => None,
        })
        .collect();
    let Chosen { candidates, refused } = choice::choose(seen, &files);
    arguments.refuse(&refused)?;
    let made = make(globals, &files, &base_url, &candidates);
    let failed: Vec<_> =
        made.iter().filter_map(|(id, made)| Some((*id, made.as_ref().err()?))).collect();
    let failed = failed.into_iter().map(|(id, why)| choice::Refused {
        id,
        exit: Exit::Other,
        why: why.clone(),
    });
    let failed: Vec<_> = failed.collect();
    arguments.refuse(&failed)?;
    told::left_out(globals, refused.iter().chain(&failed), &made);
    let made: Vec<(InstanceId, File)> =
        made.into_iter().filter_map(|(id, file)| Some((id, file.ok()?))).collect();
    if made.is_empty() {
        output::text(&told::nothing(looked_at, &arguments.connector))?;
        return Ok(Exit::Success);
    }
    folder::write(globals, &made, arguments.force, &files.desired, &carried)?;
    let existing = referenced_variables(&files);
    output::text(&told::result(globals, &made, environment, &existing, files.project_is_named))?;
    Ok(Exit::Success)
}

impl Arguments {
    fn check(&self) -> Result<(), Failure> {
        if self.all || !self.ids.is_empty() || !self.connector.is_empty() {
            return Ok(());
        }
        Err(Failure::new(Exit::Usage, "nothing says which instances to import")
            .hint("name ids, `ocon import 4711`, or a connector, `--connector hootsuite`")
            .hint("`ocon import --all` writes a file for every instance that has none"))
    }

    /// Reads what was asked for: instances one by one, or the whole account.
    async fn read(&self, globals: &Globals, connection: &Connection) -> Result<Seen, Failure> {
        let client = &connection.client;
        let sentence = "the instances cannot be read, so no file was written";
        let failed = |error: api::Error| {
            unreachable::unreadable(sentence, &error, &connection.target.base_url)
        };
        if self.ids.is_empty() {
            let listing = client.list(&Scope::Everything, &Keep::All).await.map_err(failed)?;
            let found = listing.records.into_iter().map(ObservedInstance::from);
            let wanted = |found: &ObservedInstance| {
                let of = |connector: &ConnectorKey| connector.as_str() == found.connector;
                self.all || self.connector.iter().any(of)
            };
            return Ok(found.filter(wanted).map(|found| (found.id, Some(found))).collect());
        }
        let ids: BTreeSet<InstanceId> = self.ids.iter().copied().collect();
        let questions = ids.into_iter().map(|id| async move {
            let record = client.instance(id, &Keep::All).await?;
            Ok((id, record.map(ObservedInstance::from)))
        });
        stream::iter(questions)
            .buffer_unordered(globals.concurrency)
            .try_collect()
            .await
            .map_err(failed)
    }

    /// What was named has to get a file.
    fn refuse(&self, refused: &[choice::Refused]) -> Result<(), Failure> {
        let Some(exit) = refused.iter().map(|refused| refused.exit).min() else { return Ok(()) };
        if self.ids.is_empty() {
            return Ok(());
        }
        let sentence = "not all of these instances can be imported, so no file was written";
        let failure = Failure::new(exit, sentence);
        Err(refused
            .iter()
            .fold(failure, |failure, choice::Refused { id, why, .. }| {
                failure.caused_by(&format!("{id}: {why}"))
            })
            .hint("leave them out; `ocon import --all` does so itself"))
    }
}

/// Takes notice of the tokens, and of the secrets that the platform shows: what is one under its own
/// key must not get into a file under another.
fn learn<'f>(seen: impl Iterator<Item = &'f ObservedInstance>) {
    for found in seen {
        let facts = found.connector.parse().ok();
        let facts = facts.and_then(|key: ConnectorKey| Catalog::embedded().connector(&key));
        let is_secret = |key: &str| match facts.and_then(|facts| facts.field(key)) {
            Some(field) => field.secret,
            None => named_like_a_secret(key),
        };
        let secrets = found.configuration.iter().filter(|(key, _)| is_secret(key));
        let secrets = secrets.filter_map(|(_, seen)| match seen {
            Stored::Text(secret) => Some(secret),
            Stored::Unset | Stored::Masked => None,
        });
        redaction::learn(secrets);
        redaction::learn_tokens([&found.token]);
    }
}

/// Makes the files, each of which the loader has taken.
fn make(globals: &Globals, files: &Files, base_url: &BaseUrl, candidates: &[Candidate]) -> Made {
    let (none, secrets, levels) = (BTreeMap::new(), Withheld::default(), Levels::default());
    let sources = Sources {
        root: &globals.root,
        instances: &globals.instances,
        schemas: &globals.schemas,
        variables: &none,
        secrets: &secrets,
        catalog: Catalog::embedded(),
        levels: &levels,
        on_text: &|_| (),
        today: "",
    };
    import::files(
        candidates,
        &Ground {
            base_url,
            catalog: Catalog::embedded(),
            keys: files.desired.instances.keys().map(Key::to_string).collect(),
            variables: taken_variables(globals, files),
            schema: &|connector, below| schema(globals, connector, below),
            load: &|below, text| {
                desired::load_bytes(Path::new(below), text.as_bytes().to_vec(), &sources)
            },
            holds_secret: &|text| {
                redaction::scrub(text) != text || redaction::has_letters_of_secret(text)
            },
        },
    )
}

/// The variables that the files refer to. None of them has a value here.
fn referenced_variables(files: &Files) -> BTreeSet<String> {
    let missing = files.desired.missing();
    let sources = missing.configuration.into_iter().chain(missing.provider_data);
    let names = sources.filter_map(|(_, source)| match source {
        SecretSource::Env(name) => Some(name),
        SecretSource::File(_) | SecretSource::Authorization => None,
    });
    names.collect()
}

/// The variables, in capitals, that no new file may use: those that the files refer to or mention in
/// a comment, which somebody may turn into a reference.
fn taken_variables(globals: &Globals, files: &Files) -> BTreeSet<String> {
    let documents = files.desired.instances.values();
    let paths: BTreeSet<&Path> = documents.map(|wanted| Path::new(&*wanted.at.file)).collect();
    let texts = paths.into_iter().filter_map(|path| {
        // The loader has read it a moment ago. If it is gone, nothing in it is taken.
        std::fs::read_to_string(beside(&globals.root, path)).ok()
    });
    let mentioned = texts.flat_map(|text| mentioned(&text).collect::<Vec<_>>());
    let referenced = referenced_variables(files).into_iter();
    referenced.map(|name| name.to_ascii_uppercase()).chain(mentioned).collect()
}

/// The names, in capitals, that stand behind `env.` in a text.
fn mentioned(text: &str) -> impl Iterator<Item = String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let names = text.split("env.").skip(1).map(move |rest| {
        let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        rest.get(..end).unwrap_or_default().to_ascii_uppercase()
    });
    names.filter(|name| !name.is_empty())
}

/// The schema of a connector as an editor finds it from a file below the folder of instances.
fn schema(globals: &Globals, connector: &ConnectorKey, below: &str) -> Option<String> {
    let plain = |path: &Path| {
        let parts = path.components().filter(|part| *part != std::path::Component::CurDir);
        let parts = parts.map(|part| match part {
            std::path::Component::Normal(name) => name.to_str().map(str::to_owned),
            _ => None,
        });
        parts.collect::<Option<Vec<String>>>()
    };
    let (instances, schemas) = (plain(&globals.instances)?, plain(&globals.schemas)?);
    // It is part of a comment.
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if !schemas.iter().all(|part| part.chars().all(is_word)) {
        return None;
    }
    let name = format!("{connector}.schema.json");
    let file: PathBuf = globals.root.join(&globals.schemas).join("connectors").join(&name);
    let known = Catalog::embedded().connector(connector).is_some() || file.is_file();
    let up = "../".repeat(instances.len() + below.matches('/').count());
    known.then(|| format!("{up}{}/connectors/{name}", schemas.join("/")))
}
