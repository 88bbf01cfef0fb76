//! `ocon events KEY`: what the provider of an instance has reported; and `ocon events listen`.

mod listen;

use crate::cli::commands::single_instance;
use crate::cli::setup::arguments::{Format, Globals, at_least_one};
use crate::cli::setup::environment::Environment;
use crate::cli::setup::session::{self, Lookup};
use crate::cli::setup::unreachable;
use crate::cli::terminal::command_output::Output;
use crate::cli::terminal::failure::{Exit, Failure};
use crate::cli::terminal::output;
use crate::instance::Key;
use crate::report::human;
use crate::report::json::{self, EventsDocument};

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Arguments {
    /// The document whose instance is looked at
    #[arg(required = true)]
    key: Option<Key>,
    /// Show so many at most, the newest first
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = at_least_one)]
    limit: usize,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Take deliveries on this machine, and say whether their signatures hold
    ///
    /// For a callback URL on loopback, as the sandbox delivers to, or behind a tunnel. What is not
    /// signed with the key is refused with 401, what is no JSON with 400.
    ///
    /// A request for another host than this listener's gets 403, as does one that a web page of
    /// another site sent. For a tunnel, name its public host: --allow-host HOST.
    #[command(after_long_help = crate::cli::commands::examples::EVENTS_LISTEN)]
    Listen(listen::Arguments),
}

pub(crate) fn run(
    globals: &Globals,
    arguments: &Arguments,
    environment: &Environment,
) -> Result<Exit, Failure> {
    match (&arguments.action, &arguments.key) {
        (Some(Action::Listen(arguments)), _) => listen::run(globals, arguments, environment),
        (None, Some(key)) => show(globals, key, arguments.limit, environment),
        (None, None) => unreachable!("the command line needs one of the two"),
    }
}

fn show(
    globals: &Globals,
    key: &Key,
    limit: usize,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let platform = session::platform(globals, environment)?;
    let files = session::load(globals, environment, Lookup::Withheld)?;
    single_instance::document(&files, key)?;
    let (id, mut events) = session::runtime()?.block_on(async {
        let (connection, found) =
            single_instance::find(platform, globals, environment, &files, key).await?;
        let found = found.map_err(|nowhere| nowhere.failure(key, "so no events"))?;
        let events = connection.client.events(found.id).await.map_err(|error| {
            let sentence = "the events cannot be read";
            unreachable::unreadable(sentence, &error, &connection.target.base_url)
        })?;
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
