//! `ocon validate`: are the files right? No network, no secrets.

use std::path::PathBuf;

use super::environment::Environment;
use super::failure::{Exit, Failure};
use super::globals::Globals;
use super::session::{self, Lookup};
use super::{output, problems};
use crate::report::style::count;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Files or folders that must hold documents; every file is checked in any case
    paths: Vec<PathBuf>,
}

pub(super) fn run(
    globals: &Globals,
    arguments: &Arguments,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let files = session::load(globals, environment, Lookup::Withheld)?;
    files.warn(globals);
    files.select(&globals.root, &arguments.paths)?;
    let documents = files.desired.instances.len();
    if let Some(document) = problems::document(globals, Some(documents), &files.warnings) {
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
