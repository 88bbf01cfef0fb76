//! `ocon token KEY`: the token with which an application uses an instance.

use crate::cli::commands::single_instance;
use crate::cli::setup::arguments::Globals;
use crate::cli::setup::environment::Environment;
use crate::cli::setup::session::{self, Lookup};
use crate::cli::terminal::failure::{Exit, Failure};
use crate::cli::terminal::output;
use crate::instance::Key;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The document whose instance it is
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
    single_instance::document(&files, key)?;
    let find = single_instance::find(platform, globals, environment, &files, key);
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
