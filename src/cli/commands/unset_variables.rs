//! Refuses an apply whose files refer to secrets that are not set. A plan lists them.

use std::collections::BTreeSet;

use crate::cli::setup::{GlobalArgs, file_problems, file_problems::problem};
use crate::cli::terminal::Failure;
use crate::desired::{Code, Desired, Severity, UnsetSecrets, add_excerpts};
use crate::instance::SecretSource;
use crate::plan::PlanOptions;

/// Fails with one problem per reference, except for those in a grant: only a create needs it, as the plan
/// reports.
pub(crate) fn refuse(
    globals: &GlobalArgs,
    desired: &Desired,
    options: &PlanOptions,
) -> Result<(), Failure> {
    let documents = desired.instances.iter().filter(|(key, _)| options.selects(key));
    let missing = documents.map(|(_, wanted)| wanted.unset_secrets());
    let mut unset: Vec<_> = missing
        .flat_map(|UnsetSecrets { configuration, provider_data: _ }| configuration)
        .collect();
    unset.sort();
    let sources: BTreeSet<_> = unset.iter().map(|(_, source)| source.clone()).collect();
    let them = if sources.len() == 1 { "it" } else { "them" };
    let set = match sources.len() {
        1 => format!("set {them} where ocon runs; nothing was contacted"),
        _ => format!(
            "set {them} where ocon runs (`ocon variables` lists them all); nothing was contacted"
        ),
    };
    let help = [
        set.as_str(),
        "to apply the rest anyway, use --allow-unset, or give only the files whose variables are set",
    ];
    let mut problems: Vec<_> = unset
        .into_iter()
        .map(|(at, source)| {
            problem(Code::UnsetVariable, Severity::Error, message(&source), &at, &help)
        })
        .collect();
    add_excerpts(&globals.root, &globals.schemas, &mut problems);
    if problems.is_empty() { Ok(()) } else { Err(file_problems::invalid(globals, &problems)) }
}

fn message(source: &SecretSource) -> String {
    match source {
        SecretSource::Env(_) => format!("{source} is not set, or empty"),
        SecretSource::File(_) => format!("{source} is not in the secrets folder, or empty"),
        SecretSource::Authorization => "its value is not granted yet".to_owned(),
    }
}
