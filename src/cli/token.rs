//! `ocon token KEY`: the token with which an application uses an instance.

use super::environment::Environment;
use super::failure::{Exit, Failure};
use super::globals::Globals;
use super::session::{self, Lookup};
use super::{one, output};
use crate::instance::Key;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The document whose instance it is
    key: Key,
}

pub(super) fn run(
    globals: &Globals,
    arguments: &Arguments,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let platform = session::platform(globals, environment)?;
    let files = session::load(globals, environment, Lookup::Withheld)?;
    let key = &arguments.key;
    one::document(&files, key)?;
    let find = one::find(platform, globals, environment, &files, key);
    let (_, found) = session::runtime()?.block_on(find)?;
    let found = found.map_err(|nowhere| nowhere.failure(key, "so no token"))?;
    let token = found.token.expose();
    if token.is_empty() || token.contains(char::is_control) {
        let sentence = format!("the platform shows no usable token of instance {}", found.id);
        return Err(Failure::new(Exit::Other, sentence)
            .hint("look whether the credentials may see it in the user interface"));
    }
    output::credentials(&format!("{token}\n"))?;
    Ok(Exit::Success)
}
