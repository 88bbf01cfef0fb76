//! Opens a browser, where a person sits at a terminal.

use std::io::{self, IsTerminal as _};
use std::process::Stdio;

use crate::cli::environment::Environment;
use crate::cli::output;

/// Opens the address, unless nobody is there. It is printed in any case, so a browser that does not
/// start is no failure.
pub(super) fn open(url: &str, environment: &Environment) {
    if !io::stderr().is_terminal() {
        return;
    }
    for mut command in open::commands(url) {
        command.env_clear().envs(environment.for_children());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if command.spawn().is_ok() {
            return;
        }
    }
    output::message("No browser can be opened here: open the address yourself.\n");
}
