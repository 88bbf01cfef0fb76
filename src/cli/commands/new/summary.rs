//! The output of `ocon new`: the file, what to write into it, and the next commands.

use std::path::Path;

use crate::cli::commands::next_steps;
use crate::cli::setup::GlobalArgs;
use crate::import::NewFile;
use crate::instance::{ConnectorKey, Key};
use crate::report::style::{clean_line, next_commands};

/// What the next commands depend on.
pub(super) struct Facts<'a> {
    pub(super) key: &'a Key,
    pub(super) connector: &'a ConnectorKey,
    /// Whether the repository has the schema of the connector.
    pub(super) has_schema: bool,
    /// Whether somebody grants access at the provider.
    pub(super) is_granted: bool,
}

pub(super) fn written(
    globals: &GlobalArgs,
    path: &Path,
    file: &NewFile,
    facts: &Facts<'_>,
) -> String {
    let mut text = format!("written  {}\n", clean_line(&path.display().to_string()));
    if !file.samples.is_empty() {
        text.push_str("\nReplace the samples in the file:\n");
        text.extend(file.samples.iter().map(|key| format!("  {key}\n")));
    }
    if !file.has_credentials {
        let connector = &facts.connector;
        text.push_str(&format!(
            "\nNo credentials of {connector} are known. Add them to the file.\n"
        ));
    }
    text.push_str(&exports(file));
    let checks = [
        ("validate".to_owned(), "check the file"),
        ("apply --sandbox".to_owned(), "try it without a tenant"),
    ];
    let commands = checks.into_iter().chain(last_commands(file, facts));
    let commands =
        commands.map(|(command, purpose)| (next_steps::ocon(globals, &command), purpose));
    text + &next_commands(&commands.collect::<Vec<_>>())
}

/// The commands for a tenant. Without its credentials, an instance cannot be created.
fn last_commands(file: &NewFile, facts: &Facts<'_>) -> Vec<(String, &'static str)> {
    let Facts { key, connector, has_schema, is_granted } = facts;
    if !file.has_credentials {
        let purpose = "get the keys of its credentials from your tenant";
        return vec![(format!("schema pull {connector}"), purpose)];
    }
    let create = if *is_granted {
        (format!("authorize {key}"), "create the instance after you grant access")
    } else {
        ("apply".to_owned(), "create the instance on your tenant")
    };
    let schema = (format!("schema pull {connector} --sandbox"), "get the schema for your editor");
    if *has_schema { vec![create] } else { vec![create, schema] }
}

/// The lines that set the variables, those of the grant apart.
fn exports(file: &NewFile) -> String {
    let mut text = String::new();
    if !file.variables.is_empty() || !file.grant_variables.is_empty() {
        text.push_str("\n# Set these where ocon runs. The sandbox needs none of them.\n");
    }
    let line = |name: &String| format!("export {name}=\n");
    text.extend(file.variables.iter().map(line));
    if !file.grant_variables.is_empty() {
        text.push_str("# Only without `ocon authorize`:\n");
    }
    text.extend(file.grant_variables.iter().map(line));
    text
}
