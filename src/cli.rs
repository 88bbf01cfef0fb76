//! The command line: the only module that knows the environment, the terminal and the clock.
//!
//! Input: arguments, environment variables, files and signals. Output: a result on stdout, everything
//! else on stderr, and an exit code ([`Exit`]). Each command is a file in `commands`. `setup` contains
//! arguments, environment, files and connection, `terminal` contains output, failures, progress and the
//! log. A command never makes a decision that a plan could make.

mod commands;
pub mod setup;
pub mod terminal;

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser};

use commands::failure_report::{on_early_failure, on_failure};
use commands::usage_error::with_own_formats;
use commands::{Command, CommandInfo, examples, help, reports};
use setup::{Environment, GlobalArgs};
use terminal::{Exit, Failure, interrupt, output, panic, supervisor};

/// Keep SAP Open Connectors instances in sync with YAML files in Git
#[derive(Debug, Parser)]
#[command(name = "ocon", version, propagate_version = true, disable_help_subcommand = true)]
#[command(after_long_help = format!("{}\n\n{}", examples::OCON, help::EXIT_CODES))]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    globals: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

/// Runs the command that the arguments name. This is the whole program.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    panic::install_hook();
    let arguments: Arc<[OsString]> = arguments.into_iter().collect();
    let of_reporter = Arc::clone(&arguments);
    // Before any signal is received: an interruption has a document too.
    interrupt::set_reporter(Box::new(move |failure| on_early_failure(failure, &of_reporter)));
    let of_command = Arc::clone(&arguments);
    let exit = supervisor::run(move || run_command(&of_command));
    exit.unwrap_or_else(|failure| report(&on_early_failure(failure, &arguments)).into())
}

fn run_command(arguments: &Arc<[OsString]>) -> Exit {
    let environment = Environment::capture();
    environment.disable_redaction_in_tests();
    environment.register_secrets();
    environment.panic_in_tests();
    // A usage error has colors too.
    environment.color().write_global();
    let exit = match parse(arguments) {
        Ok(mut cli) => {
            cli.globals.environment = environment;
            dispatch(&Arc::new(cli))
        }
        Err(exit) => exit.map_err(|failure| on_early_failure(failure, arguments)),
    };
    exit.unwrap_or_else(|failure| report(&failure))
}

/// Prints a failure, and the result document of a failed command.
fn report(failure: &Failure) -> Exit {
    output::message(&failure.render(output::columns()));
    if let Some(Err(unwritten)) = failure.result().map(output::result) {
        output::message(&unwritten.render(output::columns()));
    }
    failure.exit
}

/// Parses the arguments, or prints the help or version that they ask for. A usage error has the exit
/// code 64, because clap's own exit code, 2, means changes.
fn parse(arguments: &[OsString]) -> Result<Cli, Result<Exit, Failure>> {
    Cli::try_parse_from(arguments).map_err(|error| {
        let error = match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
                help::clap_message(Cli::command(), arguments)
            }
            _ => with_own_formats(error, Cli::command(), arguments),
        };
        let text = error.render().ansi().to_string();
        if error.exit_code() != 0 {
            return Err(Failure::usage(text));
        }
        output::text(&text).map(|()| Exit::Success)
    })
}

fn dispatch(cli: &Arc<Cli>) -> Result<Exit, Failure> {
    let Cli { globals, command } = &**cli;
    let CommandInfo { name, formats, interrupted, interrupted_exit } = command.info();
    let failed = Arc::clone(cli);
    let reporter = move |failure| on_failure(failure, name, &failed.globals);
    interrupt::set_command(interrupted, interrupted_exit, Box::new(reporter.clone()));
    let run = || {
        globals.init_output()?;
        globals.check_root()?;
        globals.check_format(name, formats)?;
        reports::check(globals)?;
        command
            .run(globals, Cli::command)
            .inspect_err(|failure| reports::write_failure(failure, name, globals))
    };
    run().map_err(reporter)
}
