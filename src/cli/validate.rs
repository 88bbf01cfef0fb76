//! `ocon validate`: are the files right? No network, no secrets.

use std::path::PathBuf;

use super::environment::Environment;
use super::failure::{Exit, Failure};
use super::globals::Globals;
use super::output;
use super::session::{self, Lookup};
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
    if files.desired.instances.is_empty() {
        let folder = globals.instances.display();
        output::result(&format!("There is no document below {folder}.\n"))?;
        return Ok(Exit::Success);
    }
    let documents = count(files.desired.instances.len(), "document");
    let verb = if files.desired.instances.len() == 1 { "is" } else { "are" };
    output::result(&format!("{documents} {verb} valid.\n"))?;
    Ok(Exit::Success)
}
