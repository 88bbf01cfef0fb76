//! `ocon man`: manual pages, made of what `--help` says.

use std::path::PathBuf;

use crate::cli::setup::arguments::{Globals, beside};
use crate::cli::terminal::failure::{Exit, Failure};
use crate::cli::terminal::new_file::Batch;
use crate::cli::terminal::output;
use crate::report::style::count;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The folder, which is made if need be
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub(crate) fn run(
    globals: &Globals,
    arguments: &Arguments,
    command: clap::Command,
) -> Result<Exit, Failure> {
    let folder = beside(&globals.root, &arguments.folder);
    let unwritten = |cause: &dyn std::fmt::Display| {
        let sentence = format!("no manual page can be written to {}", folder.display());
        Failure::new(Exit::Other, sentence).caused_by(cause)
    };
    let mut batch = Batch::default();
    batch.folder(&globals.root, &folder).map_err(|error| unwritten(&error))?;
    let pages = pages(command);
    for (name, command) in &pages {
        let mut page = Vec::new();
        clap_mangen::Man::new(command.clone())
            .render(&mut page)
            .map_err(|error| unwritten(&error))?;
        batch.add(&folder.join(name), &String::from_utf8_lossy(&page))?;
    }
    batch.place().map_err(|misplaced| misplaced.failure)?;
    output::text(&format!("{} in {}\n", count(pages.len(), "page"), folder.display()))?;
    Ok(Exit::Success)
}

/// The commands that have a page, with its file name.
fn pages(mut command: clap::Command) -> Vec<(String, clap::Command)> {
    command.build();
    let own = command.clone();
    let inner = command.get_subcommands().filter(|inner| inner.get_name() != "help").cloned();
    let file = |command: &clap::Command| {
        format!("{}.1", command.get_display_name().unwrap_or(command.get_name()))
    };
    std::iter::once(own).chain(inner).map(|command| (file(&command), command)).collect()
}
