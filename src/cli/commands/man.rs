//! `ocon man`: writes manual pages with the text of `--help`.

use std::path::PathBuf;

use crate::cli::commands::help;
use crate::cli::setup::{GlobalArgs, global_args::below_root};
use crate::cli::terminal::{Exit, Failure, atomic_file::FileBatch, output};
use crate::report::style::count;

#[derive(Debug, clap::Args)]
pub(crate) struct ManArgs {
    /// Folder for the pages; ocon creates it if it does not exist
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub(crate) fn run(
    globals: &GlobalArgs,
    args: &ManArgs,
    tree: clap::Command,
) -> Result<Exit, Failure> {
    let folder = below_root(&globals.root, &args.folder);
    let unwritten = |cause: &dyn std::fmt::Display| {
        let error = format!("manual pages cannot be written to {}", folder.display());
        Failure::new(Exit::Other, error).caused_by(cause)
    };
    let mut batch = FileBatch::default();
    batch.create_folder(&globals.root, &folder).map_err(|error| unwritten(&error))?;
    let commands = commands_with_pages(tree);
    for command in &commands {
        let mut page = Vec::new();
        clap_mangen::Man::new(command.clone())
            .render(&mut page)
            .map_err(|error| unwritten(&error))?;
        let name = command.get_display_name().unwrap_or(command.get_name());
        batch.add(&folder.join(format!("{name}.1")), &String::from_utf8_lossy(&page))?;
    }
    batch.persist().map_err(|failed| failed.failure)?;
    output::text(&format!("{} in {}\n", count(commands.len(), "page"), folder.display()))?;
    Ok(Exit::Success)
}

/// `ocon` with the global options, then every command with its own.
fn commands_with_pages(mut tree: clap::Command) -> Vec<clap::Command> {
    let mut own_options = help::with_own_options(tree.clone());
    tree.build();
    own_options.build();
    std::iter::once(tree).chain(own_options.get_subcommands().cloned()).collect()
}
