//! `ocon connectors [WORD]`: the connectors of the built-in catalog. Contacts nothing and reads no file.

use crate::catalog::{Authentication, Catalog, ConnectorMatch};
use crate::cli::setup::{Format, GlobalArgs};
use crate::cli::terminal::{Exit, Failure, Output, output};
use crate::report::human;
use crate::report::json::{
    self, AuthenticationType, ConnectorEntry, ConnectorsDocument, EventMethod,
};
use crate::safe_text::quoted;

#[derive(Debug, clap::Args)]
pub(crate) struct ConnectorsArgs {
    /// Key, name or hub, or a part of it; lists all connectors by default
    word: Option<String>,
}

pub(crate) fn run(globals: &GlobalArgs, args: &ConnectorsArgs) -> Result<Exit, Failure> {
    let catalog = Catalog::embedded();
    let found = match &args.word {
        Some(word) => catalog.search(word),
        None => catalog.connectors().collect(),
    };
    if let (Some(word), true) = (&args.word, found.is_empty()) {
        return Err(nothing_found(word));
    }
    let entries = found.into_iter().map(entry).collect();
    let document = ConnectorsDocument::new(args.word.clone(), entries);
    output::result(&match globals.format {
        Format::Json => Output::Json(json::render(&document)),
        _ => Output::Text(human::connectors(&document, globals.layout())),
    })?;
    Ok(Exit::Success)
}

fn entry(found: ConnectorMatch<'_>) -> ConnectorEntry {
    let ConnectorMatch { key, connector } = found;
    ConnectorEntry {
        key: key.to_owned(),
        name: connector.name.clone(),
        hub: connector.hub.clone(),
        authentication: connector.auth.iter().map(|way| authentication(*way)).collect(),
        events: EventMethod::of(connector.event_support()),
    }
}

fn authentication(way: Authentication) -> AuthenticationType {
    match way {
        Authentication::Oauth2 => AuthenticationType::Oauth2,
        Authentication::Oauth1 => AuthenticationType::Oauth1,
        Authentication::Basic => AuthenticationType::Basic,
        Authentication::ApiKey => AuthenticationType::ApiKey,
        Authentication::Custom => AuthenticationType::Custom,
    }
}

fn nothing_found(word: &str) -> Failure {
    Failure::new(Exit::Usage, format!("no connector matches {}", quoted(&word)))
        .hint("write a part of the connector's name or key, or list all: ocon connectors")
        .hint("a custom connector of your tenant is not listed: ocon schema pull KEY writes its schema")
}
