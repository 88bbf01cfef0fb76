//! `ocon new CONNECTOR [KEY]`: writes the file of an instance that does not exist yet.
//! [`crate::import`] generates its text. This module finds the connector, and checks the document key.
//!
//! Contacts nothing, and reads existing files only for their document keys and variables. So another file
//! with a mistake does not prevent a new one.

mod destination;
mod summary;

use std::collections::BTreeSet;

use crate::catalog::{Catalog, Connector, ConnectorSpec, CreateRequest};
use crate::cli::commands::generated_files;
use crate::cli::setup::{GlobalArgs, file_problems};
use crate::cli::terminal::{Exit, Failure, output};
use crate::desired::{self, Sources};
use crate::import::{self, NewDocument};
use crate::instance::{ConnectorKey, EVENTS_ENABLED, EventSupport, InvalidName, Key};
use crate::safe_text::quoted;

use destination::Destination;

#[derive(Debug, clap::Args)]
pub(crate) struct NewArgs {
    /// Connector key, for example hootsuite; `ocon connectors` lists them
    #[arg(value_name = "CONNECTOR")]
    connector: String,
    /// Document key, and path of the file below instances/ [default: the connector key]
    key: Option<Key>,
    /// Enable events
    #[arg(long)]
    events: bool,
    /// Print the file instead of writing it
    #[arg(long)]
    stdout: bool,
}

/// A connector, as the repository or the catalog describes it.
struct Described {
    spec: ConnectorSpec,
    known: Option<&'static Connector>,
    events: EventSupport,
}

pub(crate) fn run(globals: &GlobalArgs, args: &NewArgs) -> Result<Exit, Failure> {
    let described = generated_files::with_sources(globals, |sources| {
        describe(globals, sources, &args.connector)
    })?;
    let connector = &described.spec.connector;
    let key = args.document_key(connector)?;
    let destination = Destination::of(globals, connector, &key)?;
    let events = args.events.then(|| described.supported_events()).transpose()?;
    let request = described.request();
    let document = NewDocument {
        key: &key,
        spec: &described.spec,
        request: &request,
        events,
        callback_carries_id: described.known.is_some_and(Connector::callback_carries_id),
        schema: generated_files::schema(globals, connector, &format!("{key}.yaml")),
    };
    let free = destination.check();
    if args.stdout {
        // The printed file can replace an existing one, so it may have the same names.
        let others = if free.is_ok() { Others::of(globals) } else { Others::default() };
        output::text(&import::new_file(&document, &others.keys, others.variables).text)?;
        return Ok(Exit::Success);
    }
    free?;
    let others = Others::of(globals);
    let file = import::new_file(&document, &others.keys, others.variables);
    destination.write(&file.text)?;
    let has_schema = generated_files::has_schema(globals, connector);
    let is_granted = !request.grant.is_empty();
    let facts = summary::Facts { key: &key, connector, has_schema, is_granted };
    output::text(&summary::written(globals, destination.path(), &file, &facts))?;
    Ok(Exit::Success)
}

impl NewArgs {
    fn document_key(&self, connector: &ConnectorKey) -> Result<Key, Failure> {
        match &self.key {
            Some(key) => Ok(key.clone()),
            None => connector.as_str().parse().map_err(|error: InvalidName| {
                Failure::new(Exit::Usage, error.to_string())
                    .hint(format!("name a document key: ocon new {connector} KEY"))
            }),
        }
    }
}

/// The document keys and variables of the existing files.
#[derive(Default)]
struct Others {
    keys: BTreeSet<String>,
    /// In capitals.
    variables: BTreeSet<String>,
}

impl Others {
    fn of(globals: &GlobalArgs) -> Self {
        let outlines = desired::outlines(&globals.root, &globals.instances);
        let texts = desired::file_texts(&globals.root, &globals.instances);
        let variables =
            texts.iter().flat_map(|text| generated_files::mentioned_variables(text)).collect();
        Self { keys: outlines.iter().map(|it| it.key.to_string()).collect(), variables }
    }
}

/// Describes a connector of the repository or the catalog.
fn describe(
    globals: &GlobalArgs,
    sources: &Sources<'_>,
    connector: &str,
) -> Result<Described, Failure> {
    let key = connector.parse::<ConnectorKey>().ok();
    let Some(key) = &key else { return Err(unknown_connector(connector, None)) };
    let spec = desired::connector_spec(sources, key)
        .map_err(|problems| file_problems::invalid(globals, problems.as_slice()))?;
    let spec = spec.ok_or_else(|| {
        if generated_files::has_schema(globals, key) {
            no_keys(globals, key)
        } else {
            unknown_connector(connector, Some(key))
        }
    })?;
    let known = Catalog::embedded().connector(key);
    Ok(Described { spec, known, events: desired::event_support(sources, key) })
}

impl Described {
    /// The usual request. Of a custom connector, only a schema is known.
    fn request(&self) -> CreateRequest<'_> {
        self.known.map_or_else(
            || {
                let grant = self.spec.grant.iter().map(String::as_str).collect();
                CreateRequest { grant, ..CreateRequest::default() }
            },
            Connector::create_request,
        )
    }

    fn supported_events(&self) -> Result<EventSupport, Failure> {
        let is_documented = self.events.polling || self.events.webhooks;
        let is_described =
            self.known.is_none() && self.spec.properties.contains_key(EVENTS_ENABLED);
        if is_documented || is_described {
            return Ok(self.events);
        }
        let connector = &self.spec.connector;
        let error = format!("the catalog has no events for {}", quoted(connector));
        Err(Failure::new(Exit::Usage, error)
            .hint(format!("write the file without events: ocon new {connector}"))
            .hint("to list how the events of each connector arrive: ocon connectors"))
    }
}

/// The failure for a schema that is valid but lists no keys of the configuration.
fn no_keys(globals: &GlobalArgs, connector: &ConnectorKey) -> Failure {
    let path = generated_files::schema_path(globals, connector);
    let error = format!("the schema {} lists no keys of `configuration`", path.display());
    Failure::new(Exit::Invalid, error)
        .hint(format!("get the schema of your tenant: ocon schema pull {connector}"))
        .hint("or list the keys in its `properties.configuration.properties`")
}

fn unknown_connector(written: &str, key: Option<&ConnectorKey>) -> Failure {
    let error = format!("the connector {} is not in the catalog", quoted(&written));
    let failure = Failure::new(Exit::Usage, error);
    let failure = match Catalog::embedded().suggest(written) {
        Some(nearest) => nearest.hints(written).into_iter().fold(failure, Failure::hint),
        None => failure.hint("list the connectors with: ocon connectors"),
    };
    let Some(key) = key else { return failure };
    failure.hint(format!(
        "for a custom connector of your tenant, get its schema first: ocon schema pull {key}"
    ))
}
