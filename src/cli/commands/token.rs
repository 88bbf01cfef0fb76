//! `ocon token KEY`: prints the token with which an application uses an instance.

use crate::cli::commands::document_instance;
use crate::cli::setup::{Environment, GlobalArgs, SecretAccess, connection};
use crate::cli::terminal::{Exit, Failure, output};
use crate::instance::Key;

#[derive(Debug, clap::Args)]
pub(crate) struct TokenArgs {
    /// Key of the document
    key: Key,
}

pub(crate) fn run(
    globals: &GlobalArgs,
    TokenArgs { key }: &TokenArgs,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let (platform, files) = connection::prepare(globals, environment, SecretAccess::Withheld)?;
    files.document(key)?;
    let find = document_instance::find(platform, globals, environment, &files, key);
    let (_, found) = connection::runtime()?.block_on(find)?;
    let found = found.map_err(|missing| missing.failure(key, "so it has no token"))?;
    let token = found.token.expose();
    if token.is_empty() || token.contains(char::is_control) {
        let error = format!("the platform returns no usable token for instance {}", found.id);
        return Err(Failure::new(Exit::Other, error)
            .hint("check in the user interface that the credentials may see the token"));
    }
    output::credentials(&format!("{token}\n"))?;
    Ok(Exit::Success)
}
