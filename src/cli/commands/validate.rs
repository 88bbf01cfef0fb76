//! `ocon validate`: are the files right? No network, no secrets.

use std::path::PathBuf;

use crate::cli::setup::arguments::Globals;
use crate::cli::setup::environment::Environment;
use crate::cli::setup::file_problems;
use crate::cli::setup::session::{self, Lookup};
use crate::cli::terminal::failure::{Exit, Failure};
use crate::cli::terminal::output;
use crate::report::style::count;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Files or folders that must hold documents; every file is checked in any case
    paths: Vec<PathBuf>,
}

pub(crate) fn run(
    globals: &Globals,
    arguments: &Arguments,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let files = session::load(globals, environment, Lookup::Withheld)?;
    files.warn(globals);
    files.select(&globals.root, &arguments.paths)?;
    let documents = files.desired.instances.len();
    if let Some(document) = file_problems::document(globals, Some(documents), &files.warnings) {
        output::result(&document)?;
        return Ok(Exit::Success);
    }
    output::text(&text(globals, documents))?;
    Ok(Exit::Success)
}

fn text(globals: &Globals, documents: usize) -> String {
    if documents == 0 {
        return format!("There is no document below {}.\n", globals.instances.display());
    }
    let verb = if documents == 1 { "is" } else { "are" };
    format!("{} {verb} valid.\n", count(documents, "document"))
}
