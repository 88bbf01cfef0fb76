//! `ocon doctor KEY|PATH`: checks whether events get from the provider to the application.

use crate::api::{Projection, ProviderEvent, Read as _};
use crate::cli::commands::document_instance::{self, DocumentArgs, NoInstance};
use crate::cli::setup::{Connection, Format, GlobalArgs, SecretAccess, connection};
use crate::cli::terminal::{Exit, Failure, Output, output, redaction};
use crate::doctor::{self, DoctorInput};
use crate::instance::InstanceId;
use crate::observed::ObservedInstance;
use crate::report::human;
use crate::report::json::{self, DoctorDocument};

pub(crate) fn run(globals: &GlobalArgs, args: &DocumentArgs) -> Result<Exit, Failure> {
    let (platform, files) = connection::prepare(globals, SecretAccess::Withheld)?;
    let (key, wanted) = files.document(globals, &args.document)?;
    let (links, id) = connection::runtime()?.block_on(async {
        let (connection, found) = document_instance::find(platform, globals, &files, key).await?;
        let read = match found {
            Ok(found) => Ok(read(&connection, found.id).await?),
            Err(missing) => Err(missing),
        };
        let found = read.as_ref().map(|(found, _)| found).map_err(NoInstance::reason);
        let events = read.as_ref().map_or(Ok(&[][..]), |(_, events)| match events {
            Ok(events) => Ok(events.as_slice()),
            Err(reason) => Err(reason.as_str()),
        });
        let base_url = &connection.target.base_url;
        let links = doctor::check_links(&DoctorInput { key, wanted, found, events, base_url });
        Ok((links, found.ok().map(|found| found.id)))
    })?;
    let document = DoctorDocument::new(key, id, &links);
    output::result(&match globals.format {
        Format::Json => Output::Json(json::render(&document)),
        _ => Output::Text(human::doctor(&document)),
    })?;
    Ok(if document.healthy { Exit::Success } else { Exit::Other })
}

/// Reads the instance, and its events. If these cannot be read, the other checks still run.
async fn read(
    connection: &Connection,
    id: InstanceId,
) -> Result<(ObservedInstance, Result<Vec<ProviderEvent>, String>), Failure> {
    let client = &connection.client;
    let failed = connection.read_failed("the instance cannot be read");
    let (record, events) =
        futures_util::future::join(client.instance(id, &Projection::All), client.events(id)).await;
    let deleted = || {
        Failure::new(Exit::Other, format!("instance {id} was deleted meanwhile"))
            .hint("run the same command again")
    };
    let found = ObservedInstance::from(record.map_err(failed)?.ok_or_else(deleted)?);
    redaction::register_tokens([&found.token]);
    Ok((found, events.map_err(|error| format!("the events cannot be read: {error}"))))
}
