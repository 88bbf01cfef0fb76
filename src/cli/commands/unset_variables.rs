//! Secrets that files refer to and that are not set: a warning for a plan, a failure for an apply.

use std::collections::BTreeSet;

use crate::cli::setup::{GlobalArgs, file_problems, file_problems::problem};
use crate::cli::terminal::Failure;
use crate::desired::{Code, Desired, Problem, Severity, UnsetSecrets, add_excerpts};
use crate::instance::SecretSource;
use crate::plan::PlanOptions;

/// Warns about the fields of a plan that cannot be compared.
pub(crate) fn warn(globals: &GlobalArgs, desired: &Desired, options: &PlanOptions) {
    file_problems::warn(globals, &unset(globals, desired, options, Severity::Warning));
}

pub(crate) fn refuse(
    globals: &GlobalArgs,
    desired: &Desired,
    options: &PlanOptions,
) -> Result<(), Failure> {
    let unset = unset(globals, desired, options, Severity::Error);
    if unset.is_empty() { Ok(()) } else { Err(file_problems::invalid(globals, &unset)) }
}

/// One problem per reference, except for those in a grant: only a create needs it, as the plan reports.
fn unset(
    globals: &GlobalArgs,
    desired: &Desired,
    options: &PlanOptions,
    severity: Severity,
) -> Vec<Problem> {
    let documents = desired.instances.iter().filter(|(key, _)| options.selects(key));
    let missing = documents.map(|(_, wanted)| wanted.unset_secrets());
    let mut unset: Vec<_> = missing
        .flat_map(|UnsetSecrets { configuration, provider_data: _ }| configuration)
        .collect();
    unset.sort();
    let sources: BTreeSet<_> = unset.iter().map(|(_, source)| source.clone()).collect();
    let mut problems: Vec<_> = unset
        .into_iter()
        .map(|(at, source)| problem(Code::UnsetVariable, severity, message(&source), &at, &[]))
        .collect();
    // The help is the same for all of them, so only the last one shows it.
    if let Some(last) = problems.last_mut() {
        last.help = help(sources.len(), severity);
    }
    add_excerpts(&globals.root, &globals.schemas, &mut problems);
    problems
}

fn message(source: &SecretSource) -> String {
    match source {
        SecretSource::Env(_) => format!("{source} is not set, or empty"),
        SecretSource::File(_) => format!("{source} is not in the secrets folder, or empty"),
        SecretSource::Authorization => "its value is not granted yet".to_owned(),
    }
}

fn help(sources: usize, severity: Severity) -> Vec<String> {
    let set = format!("set {} where ocon runs", if sources == 1 { "it" } else { "them" });
    match severity {
        Severity::Error => vec![
            format!("{set}; nothing was contacted"),
            "to apply the rest anyway, use --allow-unset, or give only the files whose variables are set".to_owned(),
        ],
        Severity::Warning => {
            vec![format!("{set}; until then ocon neither compares nor writes these fields")]
        }
    }
}
