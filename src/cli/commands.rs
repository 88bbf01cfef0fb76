//! The tree of commands and their dispatch. Each command is a file; the other files are steps that
//! several commands share.

mod apply;
mod authorize;
mod changed_since;
mod comment;
mod completions;
mod connectors;
mod doctor;
mod document_instance;
mod events;
pub(crate) mod examples;
mod execution;
mod explain;
pub(crate) mod failure_report;
mod formats;
mod generated_files;
pub(crate) mod help;
mod import;
mod incomplete_checkout;
mod init;
mod loopback_server;
mod man;
mod new;
mod next_steps;
mod outputs;
mod plan;
mod plan_scope;
mod prune;
mod refusals;
mod refused_requests;
pub(crate) mod reports;
mod sandbox;
mod saved_plan;
mod schema;
mod selftest;
mod status;
mod token;
mod unset_variables;
pub(crate) mod usage_error;
mod validate;
mod variables;

use clap::Subcommand;

use crate::cli::setup::{Format, GlobalArgs};
use crate::cli::terminal::{Exit, Failure};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start a repository
    ///
    /// Writes ocon.yaml, the folder of instances and .gitignore. With `--ci`, also writes the pipelines for a CI
    /// system, with the secrets of your files. Overwrites nothing.
    #[command(after_long_help = examples::INIT)]
    Init(init::InitArgs),
    /// Write the file of a new instance
    ///
    /// Writes instances/KEY.yaml with the keys that the connector needs. Secrets are references to
    /// variables. Never replaces a file. Needs no network.
    #[command(after_long_help = examples::NEW)]
    New(new::NewArgs),
    /// List the connectors
    ///
    /// Shows the key, name, authentication and events of each connector in the built-in catalog. WORD
    /// searches keys, names and hubs, and the best match comes first. Needs no network.
    #[command(after_long_help = examples::CONNECTORS)]
    Connectors(connectors::ConnectorsArgs),
    /// Check the files without network access or secrets
    ///
    /// Reports every problem in every file, each with its line and a diagnostic code that `ocon explain`
    /// describes. Run it as the first step of every pipeline.
    #[command(after_long_help = examples::VALIDATE)]
    Validate(validate::ValidateArgs),
    /// List the secrets and variables that the files read
    ///
    /// Shows where each secret is read and whether it is set, never its value. Other formats print the lines
    /// for a file of variables or for a pipeline. Needs no network access.
    #[command(after_long_help = examples::VARIABLES)]
    Variables(variables::VariablesArgs),
    /// Show what apply would change
    ///
    /// Reads the platform and writes nothing. Run it before an apply, and on every pull request.
    #[command(after_long_help = examples::PLAN)]
    Plan(plan::PlanArgs),
    /// Change the instances to match the files
    ///
    /// Makes a plan, asks for approval, executes the plan and reports the outcome. You can always run it
    /// again: it completes an interrupted apply and creates nothing twice. A saved plan is already
    /// approved, so ocon does not ask.
    #[command(after_long_help = examples::APPLY)]
    Apply(apply::ApplyArgs),
    /// Grant access at a provider in the browser
    ///
    /// Prints a URL and opens a browser. When you have granted access there, ocon creates the instance of
    /// the document or authenticates it again, which keeps its ID and token. The grant is used once and
    /// not stored.
    #[command(after_long_help = examples::AUTHORIZE)]
    Authorize(authorize::AuthorizeArgs),
    /// Compare the platform with the files, instance by instance
    ///
    /// Shows whether each instance is in sync, drifted, incomplete, missing, blocked or an orphan, and
    /// whether it is valid, enabled and receives events at the right callback URL. Writes nothing.
    #[command(after_long_help = examples::STATUS)]
    Status(status::StatusArgs),
    /// Show the events of an instance, or receive events on this machine
    ///
    /// Shows the provider's events that the platform stores, with their time, whether the platform
    /// delivered them, and the result. `ocon events listen` receives deliveries on this machine.
    #[command(after_long_help = examples::EVENTS)]
    Events(events::EventsArgs),
    /// Check each link between the provider and the application
    ///
    /// Checks whether events arrive: the instance, its authentication, its event settings, the callback
    /// URL, the signature and the last event. The exit code is 1 if a link is broken.
    #[command(after_long_help = examples::DOCTOR)]
    Doctor(document_instance::DocumentArgs),
    /// Write files for existing instances
    ///
    /// Use it for a tenant that was set up by hand. The next plan adopts the instances and changes nothing
    /// else.
    #[command(after_long_help = examples::IMPORT)]
    Import(import::ImportArgs),
    /// Print the token of an instance
    ///
    /// Prints the token that an application needs to call the connector's API, and nothing else. Needs no
    /// secrets of the files.
    #[command(after_long_help = examples::TOKEN)]
    Token(document_instance::DocumentArgs),
    /// Write the schemas of connectors
    ///
    /// Editors use these schemas. ocon also checks files with them instead of its built-in schemas.
    #[command(after_long_help = examples::SCHEMA)]
    Schema(schema::SchemaArgs),
    /// Explain a diagnostic code and how to fix the problem
    ///
    /// Messages show the code in brackets, for example error[unknown-key] or (orphan).
    #[command(after_long_help = examples::EXPLAIN)]
    Explain(explain::ExplainArgs),
    /// Test that no command prints a secret of these files
    ///
    /// Runs the commands on these files against an emulator, and searches their output for the secrets in
    /// several encodings. The exit code is 1 if a secret is found.
    #[command(after_long_help = examples::SELFTEST)]
    Selftest(selftest::SelftestArgs),
    /// Run a local emulator of the platform
    ///
    /// Use it for tests, with curl, or to try ocon. Other commands start their own emulator with
    /// `--sandbox`.
    #[command(after_long_help = examples::SANDBOX)]
    Sandbox(sandbox::SandboxArgs),
    /// Print a completion script for a shell
    ///
    /// Create the folder of the example, save it there, and open a new shell.
    #[command(after_long_help = examples::COMPLETIONS)]
    Completions(completions::CompletionsArgs),
    /// Print candidates for the scripts of `ocon completions`
    #[command(name = "__complete", hide = true)]
    Complete(completions::CompleteArgs),
    /// Write manual pages into a folder
    ///
    /// Writes one page for ocon, with the global options, and one for each command.
    #[command(after_long_help = examples::MAN)]
    Man(man::ManArgs),
    /// Show the help of a command, or the global options
    ///
    /// `ocon help options` lists the options that every command accepts.
    #[command(after_long_help = examples::HELP)]
    Help(help::HelpArgs),
}

/// The properties of a command that the command line needs before it runs.
pub(crate) struct CommandInfo {
    pub(crate) name: &'static str,
    pub(crate) formats: &'static [Format],
    /// The message after `Interrupted: ` until the command has done anything.
    pub(crate) interrupted: &'static str,
    pub(crate) interrupted_exit: Exit,
}

impl Command {
    pub(crate) fn info(&self) -> CommandInfo {
        let (name, interrupted) = match self {
            Self::Init(_) => ("init", "nothing was written."),
            Self::New(_) => ("new", "no file was written."),
            Self::Connectors(_) => ("connectors", "nothing was printed."),
            Self::Validate(_) => ("validate", "the files were not checked."),
            Self::Variables(_) => ("variables", "no variable was listed."),
            Self::Plan(_) => ("plan", "no plan was made."),
            Self::Apply(_) => ("apply", "nothing was applied."),
            Self::Authorize(_) => ("authorize", "nothing was created or changed."),
            Self::Status(_) => ("status", "no status was printed."),
            Self::Events(_) => ("events", "no events were printed."),
            Self::Doctor(_) => ("doctor", "the delivery of events was not checked."),
            Self::Import(_) => ("import", "no file was written."),
            Self::Token(_) => ("token", "no token was printed."),
            Self::Schema(_) => ("schema", "no schema was written."),
            Self::Explain(_) => ("explain", "nothing was printed."),
            Self::Selftest(_) => ("selftest", "the self-test did not finish."),
            Self::Sandbox(_) => ("sandbox", "the sandbox did not start."),
            Self::Completions(_) => ("completions", "nothing was printed."),
            Self::Complete(_) => ("__complete", "nothing was printed."),
            Self::Man(_) => ("man", "no page was written."),
            Self::Help(_) => ("help", "nothing was printed."),
        };
        // A signal is the normal end of a server.
        let is_server = matches!(self, Self::Sandbox(_));
        let interrupted_exit = if is_server { Exit::Success } else { Exit::Interrupted };
        CommandInfo { name, formats: formats::of_command(name), interrupted, interrupted_exit }
    }

    /// Runs the command. `tree` builds the complete command line.
    pub(crate) fn run(
        &self,
        globals: &GlobalArgs,
        tree: fn() -> clap::Command,
    ) -> Result<Exit, Failure> {
        match self {
            Self::Init(args) => init::run(globals, args),
            Self::New(args) => new::run(globals, args),
            Self::Connectors(args) => connectors::run(globals, args),
            Self::Validate(args) => validate::run(globals, args),
            Self::Variables(args) => variables::run(globals, args),
            Self::Plan(args) => plan::run(globals, args),
            Self::Apply(args) => apply::run(globals, args),
            Self::Authorize(args) => authorize::run(globals, args),
            Self::Status(args) => status::run(globals, args),
            Self::Events(args) => events::run(globals, args),
            Self::Doctor(args) => doctor::run(globals, args),
            Self::Import(args) => import::run(globals, args),
            Self::Token(args) => token::run(globals, args),
            Self::Schema(args) => schema::run(globals, args),
            Self::Explain(args) => explain::run(args),
            Self::Selftest(args) => selftest::run(globals, args),
            Self::Sandbox(args) => sandbox::run(globals, args),
            Self::Completions(args) => completions::run(args),
            Self::Complete(args) => completions::complete(args, tree()),
            Self::Man(args) => man::run(globals, args, tree()),
            Self::Help(args) => help::run(args, tree()),
        }
    }
}
