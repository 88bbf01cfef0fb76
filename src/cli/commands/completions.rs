//! `ocon completions`: a script that completes commands and flags.

use clap_complete::Shell;

use crate::cli::terminal::failure::{Exit, Failure};
use crate::cli::terminal::output;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The shell to write it for
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments, command: &mut clap::Command) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, command, "ocon", &mut script);
    output::text(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Success)
}
