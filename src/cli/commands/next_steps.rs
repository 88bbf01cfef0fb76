//! Commands that an output suggests, for the same files as the command that suggests them.

use std::path::Path;

use crate::cli::setup::GlobalArgs;
use crate::cli::setup::global_args::{DEFAULT_INSTANCES_FOLDER, DEFAULT_SCHEMAS_FOLDER};
use crate::report::style::clean_line;

/// `ocon COMMAND`, with the given options that select the files.
pub(super) fn ocon(globals: &GlobalArgs, command: &str) -> String {
    let folders = [
        ("-C", &globals.root, "."),
        ("--instances", &globals.instances, DEFAULT_INSTANCES_FOLDER),
        ("--schemas", &globals.schemas, DEFAULT_SCHEMAS_FOLDER),
    ];
    let given = folders.into_iter().filter(|(_, folder, default)| *folder != Path::new(default));
    let options = given.map(|(option, folder, _)| format!(" {option} {}", argument(folder)));
    format!("ocon {command}{}", options.collect::<String>())
}

/// A path as an argument of a shell.
fn argument(path: &Path) -> String {
    let path = clean_line(&path.display().to_string());
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if path.chars().all(is_plain) { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
}
