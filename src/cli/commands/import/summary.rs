//! The output of an import: the files, the variables to set, and the next steps.

use std::collections::{BTreeMap, BTreeSet};

use super::candidates::{RefusalCause, Refused};
use crate::catalog::Catalog;
use crate::cli::setup::{GlobalArgs, global_args::below_root};
use crate::cli::terminal::output;
use crate::desired::foreign_variables::{is_foreign_variable, is_too_broad_pattern};
use crate::import::ImportedFile;
use crate::instance::{ConnectorKey, InstanceId};
use crate::report::human::Detail;
use crate::report::style::{clean_line, count};

/// The generated file of each instance, or the reason why there is none.
pub(super) type GeneratedFiles = BTreeMap<InstanceId, Result<ImportedFile, String>>;

const MAX_LINE_CHARS: usize = 100;
/// Maximum number of places that are listed for one reason.
const MAX_PLACES: usize = 3;
const AFTER_DRY_RUN: &str = "\nNext: run it without `--dry-run` to write the files.\n";
const NEXT_STEPS: &str = "
Next: `ocon plan` shows the adoptions. `ocon apply --allow-unset` adopts the instances and changes
nothing else, whether or not the variables are set.
";

/// The result of an import.
pub(super) struct Summary<'a> {
    pub(super) globals: &'a GlobalArgs,
    /// The connectors that were given.
    pub(super) connectors: &'a [ConnectorKey],
    pub(super) is_dry_run: bool,
    pub(super) files: &'a [(InstanceId, ImportedFile)],
    pub(super) refused: &'a [Refused],
}

/// Prints to stderr which instances get no file, and which keys are in no file. Equal reasons are
/// printed once.
pub(super) fn print_omissions<'r>(
    globals: &GlobalArgs,
    refused: impl Iterator<Item = &'r Refused>,
    files: &[(InstanceId, ImportedFile)],
) {
    if globals.quiet {
        return;
    }
    let ids = refused.map(|refused| (clean_line(&refused.reason), refused.id.to_string()));
    let mut text = String::new();
    for (reason, ids) in grouped(globals, ids) {
        text.push_str(&format!("no file for {}: {reason}\n", first_places(&ids)));
    }
    let omitted = files.iter().flat_map(|(_, file)| {
        let path = path(globals, file);
        file.omitted.iter().map(move |left_out| {
            let (field, reason) = (clean_line(&left_out.field), clean_line(&left_out.reason));
            (format!("{field}: {reason}"), path.clone())
        })
    });
    for (what, paths) in grouped(globals, omitted) {
        let verb = if paths.len() == 1 { "omits" } else { "omit" };
        text.push_str(&format!("warning: {} {verb} {what}\n", first_places(&paths)));
    }
    if !text.is_empty() {
        output::message(&text);
    }
}

/// The places of each text, in the order of the texts. With `-v`, each place is apart.
fn grouped(
    globals: &GlobalArgs,
    texts: impl Iterator<Item = (String, String)>,
) -> Vec<(String, Vec<String>)> {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    let mut index: BTreeMap<String, usize> = BTreeMap::new();
    for (text, place) in texts {
        let known = index.get(&text).and_then(|at| groups.get_mut(*at));
        if let Some((_, places)) = known.filter(|_| globals.layout().detail == Detail::Grouped) {
            places.push(place);
            continue;
        }
        index.insert(text.clone(), groups.len());
        groups.push((text, vec![place]));
    }
    groups
}

/// `a, b, c and 4 more`.
fn first_places(places: &[String]) -> String {
    let (first, rest) = places.split_at(places.len().min(MAX_PLACES));
    match rest.len() {
        0 => first.join(", "),
        rest => format!("{} and {rest} more", first.join(", ")),
    }
}

pub(super) fn written(globals: &GlobalArgs, files: &[(InstanceId, ImportedFile)]) -> String {
    listed(globals, files, "written")
}

fn listed(globals: &GlobalArgs, files: &[(InstanceId, ImportedFile)], label: &str) -> String {
    let lines = files.iter().map(|(id, file)| format!("{label}  {}  #{id}\n", path(globals, file)));
    lines.collect()
}

impl Summary<'_> {
    /// The files, the variables to set, the next step, and the numbers of instances in the last line.
    pub(super) fn text(&self, existing: &BTreeSet<String>, project_is_named: bool) -> String {
        if self.files.is_empty() {
            return self.nothing();
        }
        let (globals, files) = (self.globals, self.files);
        let variables: usize = files.iter().map(|(_, file)| file.variables.len()).sum();
        let commented: usize = files.iter().map(|(_, file)| file.commented.len()).sum();
        let label = if self.is_dry_run { "to write" } else { "written" };
        let mut text = listed(globals, files, label);
        let names = format!("{} and {}", count(files.len(), "file"), count(variables, "variable"));
        text.push_str(&format!("{names}; {} in comments.\n", count(commented, "key")));
        if variables > 0 {
            text.push_str("\n# Set these where ocon runs, to the secrets from the provider:\n");
            for (_, file) in files.iter().filter(|(_, file)| !file.variables.is_empty()) {
                text.push_str(&format!("# {}\n", path(globals, file)));
                let lines = file.variables.values().map(|name| format!("export {name}=\n"));
                text.extend(lines);
            }
            text.push_str(&allow_list(&allowed_variables(globals, files, existing)));
        }
        if !project_is_named {
            text.push_str("\nFirst, name your project with `project: NAME` in ocon.yaml: it is written to the instances.");
        }
        text.push_str(if self.is_dry_run { AFTER_DRY_RUN } else { NEXT_STEPS });
        text + "\n" + &self.counts()
    }

    fn nothing(&self) -> String {
        let number = self.refused.len();
        let catalog = Catalog::embedded();
        let connectors = self.connectors.iter();
        let unknown = connectors.filter(|connector| catalog.connector(connector).is_none());
        let nearest = unknown.take(1).find_map(|unknown| catalog.suggest(unknown.as_str()));
        match (number, nearest) {
            (0, Some(nearest)) => {
                format!("Nothing to import: no such instances exist. Did you mean {nearest}?\n")
            }
            (0, None) => "Nothing to import: no such instances exist.\n".to_owned(),
            _ if self.number_of(RefusalCause::CannotBeWritten) > 0 => {
                format!("Nothing to import.\n{}", self.counts())
            }
            _ => format!(
                "Nothing to import: every instance that can have a file has one.\n{}",
                self.counts()
            ),
        }
    }

    fn number_of(&self, cause: RefusalCause) -> usize {
        self.refused.iter().filter(|refused| refused.cause == cause).count()
    }

    /// `4 instances: 2 written, 1 with a document already, 1 that cannot be written.`
    fn counts(&self) -> String {
        let counters = [
            (self.files.len(), if self.is_dry_run { "to write" } else { "written" }),
            (self.number_of(RefusalCause::HasDocument), "with a document already"),
            (self.number_of(RefusalCause::OfOtherProject), "of other projects"),
            (self.number_of(RefusalCause::CannotBeWritten), "that cannot be written"),
        ];
        let counters = counters.iter().filter(|(number, _)| *number > 0);
        let counters: Vec<_> = counters.map(|(number, what)| format!("{number} {what}")).collect();
        let all = count(self.files.len() + self.refused.len(), "instance");
        format!("{all}: {}.\n", counters.join(", "))
    }
}

/// The value of `OCON_ENV_ALLOW`: the given list and the variables of the new files.
/// A pattern that matches variables of other programs is replaced by the variables that the `existing`
/// files refer to. So is a list that is not set.
fn allowed_variables(
    globals: &GlobalArgs,
    files: &[(InstanceId, ImportedFile)],
    existing: &BTreeSet<String>,
) -> BTreeSet<String> {
    let given = globals.allowed_patterns();
    let is_given = given.is_some();
    let given = given.unwrap_or_default();
    let is_pattern = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '*');
    let given = given.split(',').map(str::trim);
    let given = given.filter(|pattern| !pattern.is_empty() && pattern.chars().all(is_pattern));
    let (broad, mut allowed): (BTreeSet<String>, BTreeSet<String>) =
        given.map(str::to_owned).partition(|pattern| is_too_broad_pattern(pattern));
    if !is_given || !broad.is_empty() {
        allowed.extend(existing.iter().filter(|name| !is_foreign_variable(name)).cloned());
    }
    allowed.extend(files.iter().flat_map(|(_, file)| file.variables.values().cloned()));
    allowed
}

/// The command that sets the list: one line, or one line per name if that is too long to read.
fn allow_list(allowed: &BTreeSet<String>) -> String {
    let names: Vec<&str> = allowed.iter().map(String::as_str).collect();
    let line = format!("export OCON_ENV_ALLOW='{}'\n", names.join(","));
    if line.len() <= MAX_LINE_CHARS {
        return line;
    }
    // ocon trims each name.
    format!("export OCON_ENV_ALLOW='\n{}\n'\n", names.join(",\n"))
}

fn path(globals: &GlobalArgs, file: &ImportedFile) -> String {
    clean_line(
        &below_root(&globals.root, &globals.instances).join(&file.path).display().to_string(),
    )
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        globals: GlobalArgs,
    }

    fn allowed(given: Option<&str>) -> Vec<String> {
        let mut globals = Line::parse_from(["ocon"]).globals;
        globals.env_allow = given.map(str::to_owned);
        let existing = ["AWS_SECRET_ACCESS_KEY", "SHOP_KEY"].map(str::to_owned).into();
        allowed_variables(&globals, &[], &existing).into_iter().collect()
    }

    #[test]
    fn the_suggested_list_keeps_the_given_names_and_matches_no_other_program() {
        assert_eq!(allowed(None), ["SHOP_KEY"]);
        assert_eq!(allowed(Some("")), Vec::<String>::new());
        assert_eq!(allowed(Some("SLACK_*, DESK_KEY")), ["DESK_KEY", "SLACK_*"]);
        for broad in ["*", "AWS_*", "A*", "AWS_SECRET_ACCESS_KEY", "*_KEY"] {
            let given = format!("SLACK_*,{broad}");
            assert_eq!(allowed(Some(&given)), ["SHOP_KEY", "SLACK_*"], "{broad}");
        }
    }

    #[test]
    fn a_long_list_has_one_line_per_name() {
        let names = |count| (10..10 + count).map(|n| format!("SHOP_{n}_KEY")).collect();
        assert_eq!(allow_list(&names(2)), "export OCON_ENV_ALLOW='SHOP_10_KEY,SHOP_11_KEY'\n");
        let long = allow_list(&names(20));
        assert!(long.starts_with("export OCON_ENV_ALLOW='\nSHOP_10_KEY,\n"), "{long}");
        assert!(long.ends_with(",\nSHOP_29_KEY\n'\n"), "{long}");
    }
}
