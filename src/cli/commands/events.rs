//! `ocon events KEY|PATH`: shows the events of an instance. `ocon events listen` receives events.

mod listen;

use crate::cli::commands::{document_instance, examples};
use crate::cli::setup::{
    Format, GlobalArgs, KeyOrPath, SecretAccess, connection, global_args::positive,
};
use crate::cli::terminal::{Exit, Failure, Output, output};
use crate::report::human;
use crate::report::json::{self, EventsDocument};

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct EventsArgs {
    /// Document key, or path of a file with one document
    #[arg(value_name = "KEY|PATH", required = true)]
    document: Option<KeyOrPath>,
    /// Maximum number of events to show, the newest first
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = positive::<usize>)]
    limit: usize,
    #[command(subcommand)]
    command: Option<EventsCommand>,
}

#[derive(Debug, clap::Subcommand)]
enum EventsCommand {
    /// Receive events on this machine and verify their signatures
    ///
    /// Use it for a callback URL on loopback, to which the sandbox delivers, or behind a tunnel. A request
    /// gets 401 if its signature does not match the key, and 400 if it is not JSON.
    ///
    /// A request gets 403 if it is for another host or was sent by a web page of another site. For a
    /// tunnel, name its public host: --allow-host HOST.
    #[command(after_long_help = examples::EVENTS_LISTEN)]
    Listen(listen::ListenArgs),
}

pub(crate) fn run(globals: &GlobalArgs, args: &EventsArgs) -> Result<Exit, Failure> {
    match (&args.command, &args.document) {
        (Some(EventsCommand::Listen(args)), _) => listen::run(globals, args),
        (None, Some(document)) => show(globals, document, args.limit),
        (None, None) => unreachable!("clap requires one of the two"),
    }
}

fn show(globals: &GlobalArgs, document: &KeyOrPath, limit: usize) -> Result<Exit, Failure> {
    let (platform, files) = connection::prepare(globals, SecretAccess::Withheld)?;
    let (key, _) = files.document(globals, document)?;
    let (id, mut events) = connection::runtime()?.block_on(async {
        let (connection, found) = document_instance::find(platform, globals, &files, key).await?;
        let found = found.map_err(|missing| missing.failure(key, "so it has no events"))?;
        let events = connection.client.events(found.id).await;
        let events = events.map_err(connection.read_failed("the events cannot be read"))?;
        Ok((found.id, events))
    })?;
    events.truncate(limit);
    let document = EventsDocument::new(key, id, &events);
    output::result(&match globals.format {
        Format::Json => Output::Json(json::render(&document)),
        _ => Output::Text(human::events(&document)),
    })?;
    Ok(Exit::Success)
}
