//! What an import says: the files, the variables to set, and what comes next.

use std::collections::BTreeSet;

use super::Made;
use super::choice::Refused;
use crate::catalog::{Catalog, closest};
use crate::cli::setup::arguments::{Globals, beside};
use crate::cli::setup::environment::Environment;
use crate::cli::terminal::output;
use crate::import::{ImportedFile, is_reserved_variable, is_too_broad_pattern};
use crate::instance::{ConnectorKey, InstanceId};
use crate::report::style::{clean_line, count};
use crate::safe_text::quoted;

/// The length of a line that is easy to read, in characters.
const MAX_LINE: usize = 100;

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
        for left_out in &file.omitted {
            let path = path(globals, file);
            let (field, why) = (clean_line(&left_out.field), clean_line(&left_out.reason));
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
pub(super) fn written(globals: &Globals, files: &[(InstanceId, ImportedFile)]) -> String {
    let line = |(id, file): &(InstanceId, ImportedFile)| {
        format!("written  {}  #{id}\n", path(globals, file))
    };
    files.iter().map(line).collect()
}

/// All that there is to say of files that were written.
pub(super) fn result(
    globals: &Globals,
    files: &[(InstanceId, ImportedFile)],
    environment: &Environment,
    existing: &BTreeSet<String>,
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
        text.push_str(&allow_list(&allowed_variables(globals, files, environment, existing)));
    }
    if !project_is_named {
        text.push_str("\nFirst: name a project, `project: NAME` in ocon.yaml, since it is written to the instances.");
    }
    text.push_str("\nNext: `ocon plan` shows the adoptions; `ocon apply --allow-unset` marks the instances as\n");
    text.push_str("yours and changes nothing else, whether or not the variables are set.\n");
    text
}

/// The variables that files may refer to: those of the new files, each by its name, and what the
/// list had before.
///
/// A pattern that matches other programs' variables is replaced by the names that the `existing`
/// files refer to, as is a list that was not set.
fn allowed_variables(
    globals: &Globals,
    files: &[(InstanceId, ImportedFile)],
    environment: &Environment,
    existing: &BTreeSet<String>,
) -> BTreeSet<String> {
    let given = globals.env_allow.clone().or_else(|| environment.given("OCON_ENV_ALLOW"));
    let is_complete = given.is_some();
    let given = given.unwrap_or_default();
    let is_pattern = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '*');
    let given = given.split(',').map(str::trim);
    let given = given.filter(|pattern| !pattern.is_empty() && pattern.chars().all(is_pattern));
    let (broad, mut allowed): (BTreeSet<String>, BTreeSet<String>) =
        given.map(str::to_owned).partition(|pattern| is_too_broad_pattern(pattern));
    if !is_complete || !broad.is_empty() {
        allowed.extend(existing.iter().filter(|name| !is_reserved_variable(name)).cloned());
    }
    allowed.extend(files.iter().flat_map(|(_, file)| file.variables.values().cloned()));
    allowed
}

/// The line that sets the list, or one line for each name if that is too long to read.
fn allow_list(allowed: &BTreeSet<String>) -> String {
    let names: Vec<&str> = allowed.iter().map(String::as_str).collect();
    let line = format!("export OCON_ENV_ALLOW='{}'\n", names.join(","));
    if line.len() <= MAX_LINE {
        return line;
    }
    // ocon trims each name, so line breaks do no harm.
    format!("export OCON_ENV_ALLOW='\n{}\n'\n", names.join(",\n"))
}

fn path(globals: &Globals, file: &ImportedFile) -> String {
    clean_line(&beside(&globals.root, &globals.instances).join(&file.path).display().to_string())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        globals: Globals,
    }

    fn allowed(given: Option<&str>) -> Vec<String> {
        let mut globals = Line::parse_from(["ocon"]).globals;
        globals.env_allow = given.map(str::to_owned);
        let existing = ["AWS_SECRET_ACCESS_KEY", "SHOP_KEY"].map(str::to_owned).into();
        allowed_variables(&globals, &[], &Environment::default(), &existing).into_iter().collect()
    }

    #[test]
    fn the_suggested_list_keeps_what_was_given_and_matches_no_other_program() {
        assert_eq!(allowed(None), ["SHOP_KEY"]);
        assert_eq!(allowed(Some("")), Vec::<String>::new());
        assert_eq!(allowed(Some("SLACK_*, DESK_KEY")), ["DESK_KEY", "SLACK_*"]);
        for broad in ["*", "AWS_*", "A*", "AWS_SECRET_ACCESS_KEY", "*_KEY"] {
            let given = format!("SLACK_*,{broad}");
            assert_eq!(allowed(Some(&given)), ["SHOP_KEY", "SLACK_*"], "{broad}");
        }
    }

    #[test]
    fn a_long_list_has_a_line_for_each_name() {
        let names = |count| (10..10 + count).map(|n| format!("SHOP_{n}_KEY")).collect();
        assert_eq!(allow_list(&names(2)), "export OCON_ENV_ALLOW='SHOP_10_KEY,SHOP_11_KEY'\n");
        let long = allow_list(&names(20));
        assert!(long.starts_with("export OCON_ENV_ALLOW='\nSHOP_10_KEY,\n"), "{long}");
        assert!(long.ends_with(",\nSHOP_29_KEY\n'\n"), "{long}");
    }
}
