//! What an import says: the files, the variables to set, and what comes next.

use std::collections::BTreeSet;

use super::Made;
use super::choice::Refused;
use crate::catalog::{Catalog, closest};
use crate::cli::environment::Environment;
use crate::cli::globals::{Globals, beside};
use crate::cli::output;
use crate::import::File;
use crate::instance::{ConnectorKey, InstanceId};
use crate::report::style::{clean_line, count};
use crate::untrusted::quoted;

/// Says on stderr what has no file, and what is in none.
pub(super) fn left_out<'r>(
    globals: &Globals,
    refused: impl Iterator<Item = &'r Refused>,
    made: &Made,
) {
    if globals.quiet {
        return;
    }
    let mut text = String::new();
    for Refused { id, why, .. } in refused {
        text.push_str(&format!("no file for {id}: {}\n", clean_line(why)));
    }
    for file in made.values().filter_map(|made| made.as_ref().ok()) {
        for left_out in &file.left_out {
            let path = path(globals, file);
            let (field, why) = (clean_line(&left_out.field), clean_line(&left_out.why));
            text.push_str(&format!("warning: {path} leaves out {field}: {why}\n"));
        }
    }
    if !text.is_empty() {
        output::message(&text);
    }
}

/// What is said where nothing is written.
pub(super) fn nothing(looked_at: usize, connectors: &[ConnectorKey]) -> String {
    let catalog = Catalog::embedded();
    let unknown = connectors.iter().find(|connector| catalog.connector(connector).is_none());
    let meant = unknown.and_then(|connector| closest(connector.as_str(), catalog.keys()));
    match (looked_at, meant) {
        (0, Some(meant)) => {
            format!(
                "Nothing to import: there are no such instances. Did you mean {meant}?\n",
                meant = quoted(&meant)
            )
        }
        (0, None) => "Nothing to import: there are no such instances.\n".to_owned(),
        _ => "Nothing to import: no instance that can have a file lacks one.\n".to_owned(),
    }
}

/// The files, one line each.
pub(super) fn written(globals: &Globals, files: &[(InstanceId, File)]) -> String {
    let line =
        |(id, file): &(InstanceId, File)| format!("written  {}  #{id}\n", path(globals, file));
    files.iter().map(line).collect()
}

/// All that there is to say of files that were written.
pub(super) fn result(
    globals: &Globals,
    files: &[(InstanceId, File)],
    environment: &Environment,
    project_is_named: bool,
) -> String {
    let variables: usize = files.iter().map(|(_, file)| file.variables.len()).sum();
    let commented: usize = files.iter().map(|(_, file)| file.commented.len()).sum();
    let mut text = written(globals, files);
    let names = format!("{} and {}", count(files.len(), "file"), count(variables, "variable"));
    text.push_str(&format!("{names}; {} in comments.\n", count(commented, "key")));
    if variables > 0 {
        text.push_str("\n# Where ocon runs, with the secrets as they are at the provider:\n");
        for (_, file) in files.iter().filter(|(_, file)| !file.variables.is_empty()) {
            text.push_str(&format!("# {}\n", path(globals, file)));
            let lines = file.variables.values().map(|name| format!("export {name}=\n"));
            text.extend(lines);
        }
        text.push_str(&format!(
            "export OCON_ENV_ALLOW='{}'\n",
            patterns(globals, files, environment)
        ));
    }
    if !project_is_named {
        text.push_str("\nFirst: name a project, `project: NAME` in ocon.yaml, since it is written to the instances.");
    }
    text.push_str("\nNext: `ocon plan` shows the adoptions; `ocon apply --allow-unset` marks the instances as\n");
    text.push_str("yours and changes nothing else, whether or not the variables are set.\n");
    text
}

/// The variables that files may refer to, those of before included.
fn patterns(globals: &Globals, files: &[(InstanceId, File)], environment: &Environment) -> String {
    let given = globals.env_allow.clone().or_else(|| environment.given("OCON_ENV_ALLOW"));
    let given = given.unwrap_or_default();
    let is_pattern = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '*');
    let given = given.split(',').map(str::trim);
    let given = given.filter(|pattern| !pattern.is_empty() && pattern.chars().all(is_pattern));
    let mut patterns: BTreeSet<&str> = given.collect();
    let with_variables = files.iter().filter(|(_, file)| !file.variables.is_empty());
    patterns.extend(with_variables.map(|(_, file)| file.pattern.as_str()));
    patterns.into_iter().collect::<Vec<_>>().join(",")
}

fn path(globals: &Globals, file: &File) -> String {
    clean_line(&beside(&globals.root, &globals.instances).join(&file.below).display().to_string())
}
