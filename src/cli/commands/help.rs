//! `ocon help`, and the layout of every help text: a command shows its own options, and the global
//! options are a topic.

use std::ffi::OsString;

use clap::Args as _;
use clap::builder::PossibleValuesParser;

use crate::cli::setup::GlobalArgs;
use crate::cli::terminal::{Exit, Failure, output};
use crate::safe_text::quoted;

const OPTIONS_TOPIC: &str = "options";
const FOOTER: &str = "Run `ocon help options` for the global options.";
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
    0  success, or no changes
    1  another error
    2  changes or blocked instances (plan and status with --detailed-exitcode)
    3  some instances failed, are unknown or are blocked
    4  the state changed since the plan
    5  invalid files
    6  not authenticated, or the platform cannot be reached
    7  stopped by a guard
   64  usage error
  130  interrupted";

#[derive(Debug, clap::Args)]
pub(crate) struct HelpArgs {
    /// A command, or `options` for the global options
    #[arg(value_name = "COMMAND")]
    topic: Vec<String>,
}

pub(crate) fn run(args: &HelpArgs, tree: clap::Command) -> Result<Exit, Failure> {
    let topic = args.topic.iter().map(String::as_str);
    if topic.clone().eq([OPTIONS_TOPIC]) {
        output::text(&global_options())?;
        return Ok(Exit::Success);
    }
    check_topic(&tree, topic.clone())?;
    let arguments = ["ocon"].into_iter().chain(topic).chain(["--help"]);
    let help = clap_message(tree, arguments);
    let text = help.render().ansi().to_string();
    if help.exit_code() != 0 {
        return Err(Failure::usage(text));
    }
    output::text(&text)?;
    Ok(Exit::Success)
}

/// Clap itself ignores words between a command without subcommands and `--help`.
fn check_topic<'t>(
    tree: &clap::Command,
    mut topic: impl Iterator<Item = &'t str>,
) -> Result<(), Failure> {
    let Some(mut command) = topic.next().and_then(|name| tree.find_subcommand(name)) else {
        return Ok(());
    };
    for name in topic {
        command = command.find_subcommand(name).ok_or_else(|| {
            let message =
                format!("{} is not a subcommand of {}", quoted(&name), command.get_name());
            Failure::new(Exit::Usage, message)
                .hint(format!("run `ocon help {}` for its help", command.get_name()))
        })?;
    }
    Ok(())
}

/// Lets completions offer the names of commands and topics.
pub(crate) fn with_topics(tree: clap::Command) -> clap::Command {
    let commands = tree.get_subcommands().filter(|command| !command.is_hide_set());
    let names = commands.map(|command| command.get_name().to_owned());
    let topics: Vec<_> = names.chain([OPTIONS_TOPIC.to_owned()]).collect();
    tree.mut_subcommand("help", |help| {
        help.mut_arg("topic", |topic| topic.value_parser(PossibleValuesParser::new(topics)))
    })
}

/// The help, version or error for arguments that do not parse because they ask for help.
pub(crate) fn clap_message<I, T>(tree: clap::Command, arguments: I) -> clap::Error
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    let parsed = with_own_options(tree).try_get_matches_from(arguments);
    parsed.expect_err("arguments with --help never parse")
}

/// The tree in which the help of every command shows its own options, and a footer.
fn with_own_options(tree: clap::Command) -> clap::Command {
    with_footer(without_global_options(tree))
}

pub(crate) fn without_global_options(tree: clap::Command) -> clap::Command {
    tree.mut_args(|arg| {
        let is_global = arg.is_global_set();
        arg.hide(is_global)
    })
}

fn with_footer(command: clap::Command) -> clap::Command {
    let long = match command.get_after_long_help() {
        Some(examples) => format!("{examples}\n\n{FOOTER}"),
        None => FOOTER.to_owned(),
    };
    command.after_help(FOOTER).after_long_help(long).mut_subcommands(with_footer)
}

fn global_options() -> String {
    let mut command = GlobalArgs::augment_args(clap::Command::new("ocon"))
        .about("Options that every command accepts, before or after the command")
        .help_template("{about}\n\n{all-args}\n")
        .disable_help_flag(true);
    command.render_help().ansi().to_string()
}
