//! `ocon completions`: prints a script that completes commands and options.

use clap_complete::Shell;

use crate::cli::commands::help;
use crate::cli::terminal::{Exit, Failure, output};

#[derive(Debug, clap::Args)]
pub(crate) struct CompletionsArgs {
    /// Shell
    shell: Shell,
}

pub(crate) fn run(args: &CompletionsArgs, tree: clap::Command) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut help::with_topics(tree), "ocon", &mut script);
    output::text(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Success)
}
