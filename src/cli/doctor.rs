//! `ocon doctor KEY`: whether events get from the provider to the application.

use serde::Serialize;

use super::environment::Environment;
use super::failure::{Exit, Failure};
use super::globals::{Format, Globals};
use super::output::{self, Output};
use super::session::{self, Connection, Lookup};
use super::{known, one, unreachable};
use crate::api::client::ProviderEvent;
use crate::api::{self, Keep, Read as _};
use crate::doctor::{self, Case, Link, State};
use crate::instance::{InstanceId, Key, Place};
use crate::observed::Found;
use crate::report::json;
use crate::report::style::{clean_line, count};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The document whose instance is looked at
    key: Key,
}

/// What was found, as JSON.
#[derive(Serialize)]
struct Document<'a> {
    format_version: u32,
    key: &'a str,
    instance_id: Option<u64>,
    healthy: bool,
    links: Vec<LinkDocument<'a>>,
}

#[derive(Serialize)]
struct LinkDocument<'a> {
    link: &'a str,
    state: &'a str,
    says: &'a str,
    advice: Option<&'a str>,
}

pub(super) fn run(
    globals: &Globals,
    arguments: &Arguments,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let platform = session::platform(globals, environment)?;
    let files = session::load(globals, environment, Lookup::Withheld)?;
    let key = &arguments.key;
    let wanted = one::document(&files, key)?;
    let (links, id) = session::runtime()?.block_on(async {
        let (connection, found) = one::find(platform, globals, environment, &files, key).await?;
        let seen = match &found {
            Ok(found) => Some(look(&connection, found.id).await?),
            Err(_) => None,
        };
        let found = match (&seen, &found) {
            (Some((found, _)), _) => Ok(found),
            (None, Err(nowhere)) => Err(nowhere.why()),
            (None, Ok(_)) => unreachable!("an instance that was found was looked at"),
        };
        let events = seen.as_ref().map_or(&[][..], |(_, events)| events);
        let base_url = &connection.target.base_url;
        let place = Place { base_url, connector: &wanted.connector, id: None };
        let links = doctor::examine(&Case { key, wanted, found, events, place });
        Ok((links, found.ok().map(|found| found.id)))
    })?;
    let healthy = doctor::is_healthy(&links);
    output::result(&match globals.format {
        Format::Json => Output::Json(json::render(&document(key, id, &links))),
        _ => Output::Text(text(key, &links)),
    })?;
    Ok(if healthy { Exit::Success } else { Exit::Other })
}

/// The instance with all of its configuration, and its events.
async fn look(
    connection: &Connection,
    id: InstanceId,
) -> Result<(Found, Vec<ProviderEvent>), Failure> {
    let Connection { client, target, .. } = connection;
    let failed = |error: api::Error| {
        let sentence = "the instance cannot be looked at";
        unreachable::unreadable(sentence, &error, &target.base_url)
    };
    let (record, events) =
        futures_util::future::join(client.instance(id, &Keep::All), client.events(id)).await;
    let gone = || Failure::new(Exit::Other, format!("instance {id} is gone")).hint("look again");
    let found = Found::from(record.map_err(failed)?.ok_or_else(gone)?);
    known::learn([&found.token]);
    Ok((found, events.map_err(failed)?))
}

fn document<'a>(key: &'a Key, id: Option<InstanceId>, links: &'a [Link]) -> Document<'a> {
    let link = |link: &'a Link| LinkDocument {
        link: link.name,
        state: link.state.as_str(),
        says: &link.says,
        advice: link.advice.as_deref(),
    };
    Document {
        format_version: 1,
        key: key.as_str(),
        instance_id: id.map(InstanceId::get),
        healthy: doctor::is_healthy(links),
        links: links.iter().map(link).collect(),
    }
}

fn text(key: &Key, links: &[Link]) -> String {
    let mut text = format!("{key}\n");
    for Link { name, state, says, advice } in links {
        let sign = match state {
            State::Holds => "ok",
            State::Broken => "BROKEN",
            State::Unseen => "?",
        };
        text.push_str(&format!("  {sign:<6}  {name:<14}  {}\n", clean_line(says)));
        if let Some(advice) = advice {
            text.push_str(&format!("{:26}{}\n", "", clean_line(advice)));
        }
    }
    let number = |state| links.iter().filter(|link| link.state == state).count();
    let (broken, unseen) = (number(State::Broken), number(State::Unseen));
    let verdict = match broken {
        0 => format!("\nNo link is broken; {unseen} cannot be seen from here.\n"),
        _ => format!("\n{} broken.\n", count(broken, "link")),
    };
    text + &verdict
}
