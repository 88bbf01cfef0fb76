//! `ocon completions`: a script that completes commands and flags.

use clap_complete::Shell;

use super::failure::{Exit, Failure};
use super::output;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The shell to write it for
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments, command: &mut clap::Command) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, command, "ocon", &mut script);
    output::text(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Success)
}
