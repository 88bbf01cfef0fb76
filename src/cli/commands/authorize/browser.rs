//! Opens a browser for a user at a terminal.

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal as _};
use std::process::{Command, Stdio};

use crate::cli::setup::Environment;
use crate::cli::terminal::output;

/// Opens the URL if stderr is a terminal. The URL is printed too, so ocon continues without a browser.
pub(super) fn open(url: &str, environment: &Environment) {
    if !io::stderr().is_terminal() {
        return;
    }
    for command in open::commands(url) {
        if with_variables(command, environment.for_browser()).spawn().is_ok() {
            return;
        }
    }
    output::message("No browser could be opened. Open the URL yourself.\n");
}

/// Replaces the inherited variables, but keeps those that the command sets: on Windows and in WSL,
/// PowerShell reads the URL from `OPEN_RS_TARGET`, and `WSLENV` passes it on to Windows.
fn with_variables(mut command: Command, variables: Vec<(OsString, OsString)>) -> Command {
    let set = command.get_envs().filter_map(|(name, value)| Some((name, value?)));
    let own = |(name, value): (&OsStr, &OsStr)| (name.to_owned(), value.to_owned());
    let set: Vec<(OsString, OsString)> = set.map(own).collect();
    command.env_clear().envs(variables).envs(set);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://provider.example/a?b=1&calc.exe&c=%20|`$(id)'\"";

    fn variables(command: &Command) -> Vec<(&str, &str)> {
        let pairs = command.get_envs().filter_map(|(name, value)| Some((name, value?)));
        pairs.map(|(name, value)| (name.to_str().unwrap(), value.to_str().unwrap())).collect()
    }

    #[test]
    fn variables_that_a_launcher_sets_override_inherited_ones() {
        let mut launcher = Command::new("powershell.exe");
        launcher.env("OPEN_RS_TARGET", URL).env("WSLENV", "OPEN_RS_TARGET:PATH/l");
        let inherited = [("WSLENV", "PATH/l"), ("SYSTEMROOT", "C:\\Windows")];
        let inherited = inherited.map(|(name, value)| (name.into(), value.into()));
        let command = with_variables(launcher, inherited.to_vec());
        let expected = [
            ("OPEN_RS_TARGET", URL),
            ("SYSTEMROOT", "C:\\Windows"),
            ("WSLENV", "OPEN_RS_TARGET:PATH/l"),
        ];
        assert_eq!(variables(&command), expected);
    }

    /// A shell would end the URL at `&`, and execute the rest.
    #[test]
    fn no_launcher_is_a_shell_that_parses_the_url() {
        for launcher in open::commands(URL) {
            let command = with_variables(launcher, Vec::new());
            let program = command.get_program().to_str().unwrap();
            assert!(!matches!(program, "cmd" | "cmd.exe" | "sh" | "bash"), "{program}");
            let is_argument = command.get_args().any(|argument| argument == URL);
            let is_variable = variables(&command).contains(&("OPEN_RS_TARGET", URL));
            assert!(is_argument != is_variable, "{command:?}");
            let in_code = command.get_args().filter(|argument| *argument != URL);
            let in_code = in_code.filter(|argument| argument.to_str().unwrap().contains("calc"));
            assert_eq!(in_code.count(), 0, "{command:?}");
        }
    }
}
