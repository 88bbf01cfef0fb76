//! `ocon man`: writes manual pages with the text of `--help`, one per command and subcommand.

mod page;

use std::path::PathBuf;

use clap::Command;

use crate::cli::commands::help;
use crate::cli::setup::{GlobalArgs, global_args::below_root};
use crate::cli::terminal::{Exit, Failure, atomic_file::FileBatch, output};
use crate::report::style::count;
use page::Page;

#[derive(Debug, clap::Args)]
pub(crate) struct ManArgs {
    /// Folder for the pages; ocon creates it if it does not exist
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub(crate) fn run(globals: &GlobalArgs, args: &ManArgs, tree: Command) -> Result<Exit, Failure> {
    let folder = below_root(&globals.root, &args.folder);
    let unwritten = |cause: &dyn std::fmt::Display| {
        let error = format!("manual pages cannot be written to {}", folder.display());
        Failure::new(Exit::Other, error).caused_by(cause)
    };
    let mut batch = FileBatch::default();
    batch.create_folder(&globals.root, &folder).map_err(|error| unwritten(&error))?;
    let pages = pages(tree);
    for page in &pages {
        let text = page.render(&pages).map_err(|error| unwritten(&error))?;
        batch.add(&folder.join(format!("{}.1", page.name)), &text)?;
    }
    batch.persist().map_err(|failed| failed.failure)?;
    output::text(&format!("{} in {}\n", count(pages.len(), "page"), folder.display()))?;
    Ok(Exit::Success)
}

/// `ocon` with the global options, then every command and subcommand with its own.
fn pages(mut tree: Command) -> Vec<Page> {
    let mut own_options = help::without_global_options(tree.clone());
    tree.build();
    own_options.build();
    let mut pages = vec![Page::new(tree, None)];
    add_subcommands(&own_options, "ocon", &mut pages);
    pages
}

fn add_subcommands(command: &Command, parent: &str, pages: &mut Vec<Page>) {
    for command in command.get_subcommands().filter(|command| !command.is_hide_set()) {
        let page = Page::new(command.clone(), Some(parent));
        let name = page.name.clone();
        pages.push(page);
        add_subcommands(command, &name, pages);
    }
}
