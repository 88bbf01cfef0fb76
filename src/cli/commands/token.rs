//! `ocon token KEY|PATH`: prints the token with which an application uses an instance.

use crate::cli::commands::document_instance::{self, DocumentArgs};
use crate::cli::setup::{GlobalArgs, SecretAccess, connection};
use crate::cli::terminal::{Exit, Failure, output};

pub(crate) fn run(globals: &GlobalArgs, args: &DocumentArgs) -> Result<Exit, Failure> {
    let (platform, files) = connection::prepare(globals, SecretAccess::Withheld)?;
    let (key, _) = files.document(globals, &args.document)?;
    let find = document_instance::find(platform, globals, &files, key);
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
