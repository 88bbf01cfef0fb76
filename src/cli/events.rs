//! `ocon events KEY`: what the provider of an instance has reported; and `ocon events listen`.

mod listen;

use serde::Serialize;

use super::environment::Environment;
use super::failure::{Exit, Failure};
use super::globals::{Format, Globals, at_least_one};
use super::output::{self, Output};
use super::session::{self, Lookup};
use super::{one, unreachable};
use crate::api::client::{Happened, ProviderEvent};
use crate::instance::{InstanceId, Key};
use crate::report::json;
use crate::report::style::clean_line;

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Arguments {
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
    #[command(after_long_help = super::examples::EVENTS_LISTEN)]
    Listen(listen::Arguments),
}

/// The events, as JSON.
#[derive(Serialize)]
struct Document<'a> {
    format_version: u32,
    key: &'a str,
    instance_id: u64,
    events: Vec<EventDocument<'a>>,
}

#[derive(Serialize)]
struct EventDocument<'a> {
    id: &'a str,
    date: &'a str,
    status: &'a str,
    objects: Vec<ObjectDocument<'a>>,
}

/// What happened to an object.
#[derive(Serialize)]
struct ObjectDocument<'a> {
    event_type: &'a str,
    object_type: &'a str,
    object_id: &'a str,
}

impl<'a> From<&'a Happened> for ObjectDocument<'a> {
    fn from(happened: &'a Happened) -> Self {
        let Happened { what, kind, id } = happened;
        Self { event_type: what, object_type: kind, object_id: id }
    }
}

pub(super) fn run(
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
    one::document(&files, key)?;
    let (id, mut events) = session::runtime()?.block_on(async {
        let (connection, found) = one::find(platform, globals, environment, &files, key).await?;
        let found = found.map_err(|nowhere| nowhere.failure(key, "so no events"))?;
        let events = connection.client.events(found.id).await.map_err(|error| {
            let sentence = "the events cannot be read";
            unreachable::unreadable(sentence, &error, &connection.target.base_url)
        })?;
        Ok((found.id, events))
    })?;
    events.truncate(limit);
    output::result(&match globals.format {
        Format::Json => Output::Json(json::render(&document(key, id, &events))),
        _ => Output::Text(text(key, id, &events)),
    })?;
    Ok(Exit::Success)
}

fn document<'a>(key: &'a Key, id: InstanceId, events: &'a [ProviderEvent]) -> Document<'a> {
    let event = |event: &'a ProviderEvent| EventDocument {
        id: &event.id,
        date: &event.date,
        status: &event.status,
        objects: event.objects.iter().map(ObjectDocument::from).collect(),
    };
    let events = events.iter().map(event).collect();
    Document { format_version: 1, key: key.as_str(), instance_id: id.get(), events }
}

fn text(key: &Key, id: InstanceId, events: &[ProviderEvent]) -> String {
    if events.is_empty() {
        return format!(
            "No event of {key} #{id} has come yet. `ocon doctor {key}` looks at what may be in their way.\n"
        );
    }
    let line = |event: &ProviderEvent| {
        let status = clean_line(&event.status);
        format!("{}  {status:<10}  {}\n", clean_line(&event.date), said(&event.objects))
    };
    events.iter().map(line).collect()
}

/// What happened, in a few words: the first object, and how many more.
fn said(objects: &[Happened]) -> String {
    let Some(Happened { what, kind, id }) = objects.first() else {
        return "nothing that the platform could read".to_owned();
    };
    let first = clean_line(format!("{what} {kind} {id}").trim());
    match objects.len() {
        1 => first,
        more => format!("{first} and {} more", more - 1),
    }
}
