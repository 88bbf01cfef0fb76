//! `ocon doctor KEY`: whether events get from the provider to the application.

use crate::api::ProviderEvent;
use crate::api::{self, Projection, Read as _};
use crate::cli::commands::single_instance;
use crate::cli::setup::arguments::{Format, Globals};
use crate::cli::setup::environment::Environment;
use crate::cli::setup::session::{self, Connection, Lookup};
use crate::cli::setup::unreachable;
use crate::cli::terminal::command_output::Output;
use crate::cli::terminal::failure::{Exit, Failure};
use crate::cli::terminal::output;
use crate::cli::terminal::redaction;
use crate::doctor::{self, DoctorInput};
use crate::instance::{InstanceId, Key, RenderContext};
use crate::observed::ObservedInstance;
use crate::report::human;
use crate::report::json::{self, DoctorDocument};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The document whose instance is looked at
    key: Key,
}

pub(crate) fn run(
    globals: &Globals,
    arguments: &Arguments,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let platform = session::platform(globals, environment)?;
    let files = session::load(globals, environment, Lookup::Withheld)?;
    let key = &arguments.key;
    let wanted = single_instance::document(&files, key)?;
    let (links, id) = session::runtime()?.block_on(async {
        let (connection, found) =
            single_instance::find(platform, globals, environment, &files, key).await?;
        let seen = match &found {
            Ok(found) => Some(look(&connection, found.id).await?),
            Err(_) => None,
        };
        let found = match (&seen, &found) {
            (Some((found, _)), _) => Ok(found),
            (None, Err(nowhere)) => Err(nowhere.why()),
            (None, Ok(_)) => unreachable!("an instance that was found was looked at"),
        };
        let events = seen.as_ref().map_or(Ok(&[][..]), |(_, events)| match events {
            Ok(events) => Ok(events.as_slice()),
            Err(why) => Err(why.as_str()),
        });
        let base_url = &connection.target.base_url;
        let place = RenderContext { base_url, connector: &wanted.connector, id: None };
        let links = doctor::check_links(&DoctorInput { key, wanted, found, events, place });
        Ok((links, found.ok().map(|found| found.id)))
    })?;
    let document = DoctorDocument::new(key, id, &links);
    output::result(&match globals.format {
        Format::Json => Output::Json(json::render(&document)),
        _ => Output::Text(human::doctor(&document)),
    })?;
    Ok(if document.healthy { Exit::Success } else { Exit::Other })
}

/// The instance with all of its configuration; and its events, or why they cannot be read: the links
/// before them are worth a look all the same.
async fn look(
    connection: &Connection,
    id: InstanceId,
) -> Result<(ObservedInstance, Result<Vec<ProviderEvent>, String>), Failure> {
    let Connection { client, target, .. } = connection;
    let failed = |error: api::Error| {
        let sentence = "the instance cannot be looked at";
        unreachable::unreadable(sentence, &error, &target.base_url)
    };
    let (record, events) =
        futures_util::future::join(client.instance(id, &Projection::All), client.events(id)).await;
    let gone = || Failure::new(Exit::Other, format!("instance {id} is gone")).hint("look again");
    let found = ObservedInstance::from(record.map_err(failed)?.ok_or_else(gone)?);
    redaction::learn_tokens([&found.token]);
    Ok((found, events.map_err(|error| format!("the events cannot be read: {error}"))))
}
