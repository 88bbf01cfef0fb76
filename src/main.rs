//! The `ocon` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    ocon::cli::run(std::env::args_os())
}
