//! The command line: the only module that knows the environment, the terminal and the clock.
//!
//! In: arguments, environment variables, files and signals. Out: a result on stdout, everything
//! else on stderr, and an exit code from the table in [`Exit`]. Each command is a file in `commands`.
//! `setup` holds arguments, environment, target and session, and `terminal` holds output, failures,
//! progress and the log. A command never decides anything that a plan could decide.

mod commands;
pub mod setup;
pub mod terminal;

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser, Subcommand};

use commands::{
    apply, authorize, comment, completions, doctor, events, examples, explain, import, man, plan,
    sandbox, schema, selftest, status, token, validate,
};
use setup::arguments::{Format, Globals};
use setup::environment::Environment;
use terminal::failure::{Exit, Failure};
use terminal::{interrupt, output, panic};

/// Keep SAP Open Connectors instances equal to YAML files in Git
#[derive(Debug, Parser)]
#[command(name = "ocon", version, propagate_version = true, after_help = EXIT_CODES)]
#[command(after_long_help = format!("{}\n\n{EXIT_CODES}", examples::OCON))]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 success, no changes · 1 other error · 2 changes or blocked instances (plan --detailed-exitcode) · \
3 some instances failed, unknown or blocked · 4 stale plan · 5 invalid files · 6 not authenticated or unreachable · \
7 stopped by a guard · 64 usage · 130 interrupted";

#[derive(Debug, Subcommand)]
enum Command {
    /// Check the files, without network and without secrets
    ///
    /// All problems of all files are told at once, each at its line and with a code that `ocon
    /// explain` knows. The first step of every pipeline.
    #[command(after_long_help = examples::VALIDATE)]
    Validate(validate::Arguments),
    /// Show what apply would do
    ///
    /// Reads the platform and writes nothing. Run it before an apply, and on every pull request.
    #[command(after_long_help = examples::PLAN)]
    Plan(plan::Arguments),
    /// Make the platform say what the files say
    ///
    /// Plans, asks, carries out and reports. Running it again is always safe: what was
    /// interrupted is finished, and nothing is created twice. A saved plan was approved already, and is
    /// carried out without a question.
    #[command(after_long_help = examples::APPLY)]
    Apply(apply::Arguments),
    /// Have a person grant access at the provider
    ///
    /// Prints an address and opens a browser. With what the person grants there the instance of a
    /// document is created, or authenticated again, which keeps its id and token. The grant is used
    /// once and kept nowhere.
    #[command(after_long_help = examples::AUTHORIZE)]
    Authorize(authorize::Arguments),
    /// Show how the platform compares with the files, instance by instance
    ///
    /// In sync, drifted, unfinished, missing, blocked or orphan; valid, enabled, events, webhook
    /// URL. Writes nothing.
    #[command(after_long_help = examples::STATUS)]
    Status(status::Arguments),
    /// Show what the provider of an instance has reported, or take deliveries
    ///
    /// Events that the platform keeps: when they came, whether they were passed on, and what
    /// happened. `ocon events listen` is an application's end of the line.
    #[command(after_long_help = examples::EVENTS)]
    Events(events::Arguments),
    /// Look at each link between the provider and the application
    ///
    /// Whether events get through: the instance, its authentication, its switches, the callback URL,
    /// the signature, the last event. Exit code 1 where a link is broken.
    #[command(after_long_help = examples::DOCTOR)]
    Doctor(doctor::Arguments),
    /// Write files for instances that exist
    ///
    /// For a tenant that was set up by hand: the plan after it shows the adoption of the
    /// instances, and nothing else.
    #[command(after_long_help = examples::IMPORT)]
    Import(import::Arguments),
    /// Print the token of an instance, and nothing else
    ///
    /// For an application that calls the connector's API; needs no secret of the files.
    #[command(after_long_help = examples::TOKEN)]
    Token(token::Arguments),
    /// Write the schemas of connectors
    ///
    /// For editors, and for ocon itself, which then checks files with them instead of what it
    /// has built in.
    #[command(after_long_help = examples::SCHEMA)]
    Schema(schema::Arguments),
    /// Say what a code of a problem, of a plan or of a failure means, and how to mend it
    ///
    /// Codes stand in brackets behind a message: error[unknown-key], (orphan).
    #[command(after_long_help = examples::EXPLAIN)]
    Explain(explain::Arguments),
    /// Show that no secret gets out: run the commands on these files, against an emulator
    ///
    /// Looks for the secrets of these files in all that is written, in eleven encodings.
    #[command(after_long_help = examples::SELFTEST)]
    Selftest(selftest::Arguments),
    /// Run a local emulator of the platform
    ///
    /// For tests, for curl and for trying things out. `--sandbox` with other commands needs no
    /// server.
    #[command(after_long_help = examples::SANDBOX)]
    Sandbox(sandbox::Arguments),
    /// Print a completion script for a shell
    ///
    /// Put it where the shell looks for it, and open a new shell.
    #[command(after_long_help = examples::COMPLETIONS)]
    Completions(completions::Arguments),
    /// Write manual pages into a folder
    ///
    /// One for ocon and one for each command, as `man` reads them.
    #[command(after_long_help = examples::MAN)]
    Man(man::Arguments),
}

impl Command {
    /// The command's name, and the forms in which its result can be had.
    const fn formats(&self) -> (&'static str, &'static [Format]) {
        const DATA: &[Format] = &[Format::Text, Format::Json];
        const COMMENT: &[Format] = &[Format::Text, Format::Json, Format::Markdown];
        match self {
            Self::Validate(_) => {
                ("validate", &[Format::Text, Format::Json, Format::Github, Format::Sarif])
            }
            Self::Plan(_) => {
                ("plan", &[Format::Text, Format::Json, Format::Markdown, Format::Github])
            }
            Self::Apply(_) => ("apply", COMMENT),
            Self::Authorize(_) => ("authorize", &[Format::Text]),
            Self::Status(_) => ("status", COMMENT),
            Self::Events(_) => ("events", DATA),
            Self::Doctor(_) => ("doctor", DATA),
            Self::Import(_) => ("import", &[Format::Text]),
            Self::Token(_) => ("token", &[Format::Text]),
            Self::Schema(_) => ("schema", &[Format::Text]),
            Self::Explain(_) => ("explain", &[Format::Text]),
            Self::Selftest(_) => ("selftest", DATA),
            Self::Sandbox(_) => ("sandbox", &[Format::Text]),
            Self::Completions(_) => ("completions", &[Format::Text]),
            Self::Man(_) => ("man", &[Format::Text]),
        }
    }

    /// What is said after `Interrupted: ` before the command has done anything, and the exit code.
    const fn interrupted(&self) -> (&'static str, Exit) {
        let unfinished = match self {
            Self::Validate(_) => "the files were not checked.",
            Self::Plan(_) => "no plan was made.",
            Self::Apply(_) => "nothing was applied.",
            Self::Authorize(_) => "nothing was created or changed.",
            Self::Status(_) => "no status was printed.",
            Self::Events(_) => "no events were printed.",
            Self::Doctor(_) => "the delivery of events was not checked.",
            Self::Import(_) => "no file was written.",
            Self::Token(_) => "no token was printed.",
            Self::Schema(_) => "no schema was written.",
            Self::Explain(_) | Self::Completions(_) => "nothing was printed.",
            Self::Selftest(_) => "the self-test did not finish.",
            Self::Man(_) => "no page was written.",
            // A signal is how a server ends.
            Self::Sandbox(_) => return ("the sandbox did not start.", Exit::Success),
        };
        (unfinished, Exit::Interrupted)
    }
}

/// Runs the command that the arguments name. This is the whole program.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    panic::set_up();
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let ended = interrupt::supervise(|| run_to_the_end(arguments));
    ended.unwrap_or_else(|failure| end(&failure).into())
}

fn run_to_the_end(arguments: Vec<OsString>) -> Exit {
    let environment = Environment::capture();
    environment.show_secrets_on_request();
    environment.learn_secrets();
    environment.panic_on_request();
    let exit = match parse(arguments) {
        Ok(cli) => dispatch(&Arc::new(cli), &environment),
        Err(ended) => ended,
    };
    exit.unwrap_or_else(|failure| end(&failure))
}

/// Tells a failure, and what there is of a result in spite of it.
fn end(failure: &Failure) -> Exit {
    output::message(&failure.render(output::columns()));
    if let Some(Err(unwritten)) = failure.result().map(output::result) {
        output::message(&unwritten.render(output::columns()));
    }
    failure.exit
}

/// Help and version are results; what cannot be parsed is a usage failure with a code of its own,
/// since clap's own, 2, means changes to those who read exit codes.
fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, Result<Exit, Failure>> {
    Cli::try_parse_from(arguments).map_err(|error| {
        let text = error.render().ansi().to_string();
        match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                output::text(&text).map(|()| Exit::Success)
            }
            _ => Err(Failure::rendered(Exit::Usage, text)),
        }
    })
}

fn dispatch(cli: &Arc<Cli>, environment: &Environment) -> Result<Exit, Failure> {
    let globals = &cli.globals;
    globals.set_up_output();
    globals.check_root()?;
    let (command, formats) = cli.command.formats();
    globals.check_format(command, formats)?;
    let (of_failure, surroundings) = (Arc::clone(cli), environment.clone());
    let report =
        move |failure| comment::on_failure(failure, command, &of_failure.globals, &surroundings);
    let (unfinished, exit) = cli.command.interrupted();
    interrupt::begin(unfinished, exit, Box::new(report.clone()));
    execute(cli, environment).map_err(report)
}

fn execute(cli: &Cli, environment: &Environment) -> Result<Exit, Failure> {
    let globals = &cli.globals;
    match &cli.command {
        Command::Validate(arguments) => validate::run(globals, arguments, environment),
        Command::Plan(arguments) => plan::run(globals, arguments, environment),
        Command::Apply(arguments) => apply::run(globals, arguments, environment),
        Command::Authorize(arguments) => authorize::run(globals, arguments, environment),
        Command::Status(arguments) => status::run(globals, arguments, environment),
        Command::Events(arguments) => events::run(globals, arguments, environment),
        Command::Doctor(arguments) => doctor::run(globals, arguments, environment),
        Command::Import(arguments) => import::run(globals, arguments, environment),
        Command::Token(arguments) => token::run(globals, arguments, environment),
        Command::Schema(arguments) => schema::run(globals, arguments, environment),
        Command::Explain(arguments) => explain::run(arguments),
        Command::Selftest(arguments) => selftest::run(globals, arguments, environment),
        Command::Sandbox(arguments) => sandbox::run(globals, arguments),
        Command::Completions(arguments) => completions::run(arguments, &mut Cli::command()),
        Command::Man(arguments) => man::run(globals, arguments, Cli::command()),
    }
}
