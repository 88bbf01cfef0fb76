//! `ocon completions`: prints a script for a shell. The script calls `ocon __complete`, which prints the
//! candidates for the word at the cursor.
//!
//! The scripts are part of ocon instead of `clap_complete`, for three reasons. They pass and receive
//! plain lines, so a script of an earlier version keeps its function. They quote what they insert, because
//! a file in a pull request may have a name that a shell would execute. And they call the `ocon` in `PATH`,
//! never a file `./ocon` that somebody only begins to type.

mod candidates;
mod repository;
mod values;

use clap_complete::Shell;

use crate::cli::terminal::{Exit, Failure, output};

pub(crate) use candidates::{CompleteArgs, run as complete};

#[derive(Debug, clap::Args)]
pub(crate) struct CompletionsArgs {
    /// Shell
    shell: Shell,
}

pub(crate) fn run(args: &CompletionsArgs) -> Result<Exit, Failure> {
    let script = match args.shell {
        Shell::Bash => include_str!("completions/ocon.bash"),
        Shell::Elvish => include_str!("completions/ocon.elv"),
        Shell::Fish => include_str!("completions/ocon.fish"),
        Shell::PowerShell => include_str!("completions/ocon.ps1"),
        Shell::Zsh => include_str!("completions/ocon.zsh"),
        other => {
            return Err(Failure::new(Exit::Usage, format!("ocon has no script for {other}")));
        }
    };
    output::text(script)?;
    Ok(Exit::Success)
}
