//! The output of `ocon new`: the file, what to write into it, and the next commands.

use std::path::Path;

use crate::cli::commands::next_steps;
use crate::cli::setup::GlobalArgs;
use crate::import::NewFile;
use crate::instance::{ConnectorKey, Key};
use crate::report::style::{clean_line, next_commands};

/// `missing_schema` is the connector whose schema the file names, although it is not in the repository.
/// `is_granted` is whether somebody grants access at the provider.
pub(super) fn written(
    globals: &GlobalArgs,
    key: &Key,
    path: &Path,
    file: &NewFile,
    missing_schema: Option<&ConnectorKey>,
    is_granted: bool,
) -> String {
    let mut text = format!("written  {}\n", clean_line(&path.display().to_string()));
    if !file.samples.is_empty() {
        text.push_str("\nReplace the samples in the file:\n");
        text.extend(file.samples.iter().map(|key| format!("  {key}\n")));
    }
    if !file.variables.is_empty() {
        text.push_str("\n# Set these where ocon runs. The sandbox needs none of them.\n");
        text.extend(file.variables.iter().map(|name| format!("export {name}=\n")));
    }
    let create = if is_granted {
        (format!("authorize {key}"), "create the instance after you grant access")
    } else {
        ("apply".to_owned(), "create the instance on your tenant")
    };
    let schema = missing_schema.map(|connector| {
        (format!("schema pull {connector} --sandbox"), "get the schema for your editor")
    });
    let checks = [
        ("validate".to_owned(), "check the file"),
        ("apply --sandbox".to_owned(), "try it without a tenant"),
    ];
    let commands = checks.into_iter().chain([create]).chain(schema);
    let commands =
        commands.map(|(command, purpose)| (next_steps::ocon(globals, &command), purpose));
    text + &next_commands(&commands.collect::<Vec<_>>())
}
