//! Usage errors. Clap knows the formats of all commands, but not which of them a command supports.

use std::ffi::OsString;

use clap::ValueEnum as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::cli::commands::formats;
use crate::cli::setup::Format;

/// The error with only the formats of the command, if it is about another format.
pub(crate) fn with_own_formats(
    mut error: clap::Error,
    tree: clap::Command,
    arguments: &[OsString],
) -> clap::Error {
    if error.kind() != ErrorKind::InvalidValue || !is_about_format(&error) {
        return error;
    }
    let parsed = tree.ignore_errors(true).try_get_matches_from(arguments).ok();
    let Some(command) = parsed.as_ref().and_then(clap::ArgMatches::subcommand_name) else {
        return error;
    };
    let values = formats::of_command(command).iter().filter_map(Format::to_possible_value);
    let names: Vec<String> = values.map(|value| value.get_name().to_owned()).collect();
    if let Some(ContextValue::String(nearest)) = error.get(ContextKind::SuggestedValue)
        && !names.contains(nearest)
    {
        error.remove(ContextKind::SuggestedValue);
    }
    error.insert(ContextKind::ValidValue, ContextValue::Strings(names));
    error
}

fn is_about_format(error: &clap::Error) -> bool {
    let argument = error.get(ContextKind::InvalidArg);
    matches!(argument, Some(ContextValue::String(name)) if name.starts_with("--format "))
}
