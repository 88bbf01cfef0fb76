//! Variables that files refer to and that are not set: a warning for a plan, the end of an apply.

use std::collections::BTreeSet;

use crate::cli::setup::arguments::Globals;
use crate::cli::setup::file_problems;
use crate::cli::terminal::failure::Failure;
use crate::desired::{Code, Desired, Missing, Problem, Severity, quote};
use crate::instance::{SecretSource, Span};
use crate::plan::PlanOptions;

/// Says which fields of a plan cannot be compared for want of their secrets.
pub(crate) fn warn(globals: &Globals, desired: &Desired, options: &PlanOptions) {
    file_problems::warn(globals, &unset(globals, desired, options, Severity::Warning));
}

/// Ends an apply that would have to write what it does not know.
pub(crate) fn refuse(
    globals: &Globals,
    desired: &Desired,
    options: &PlanOptions,
) -> Result<(), Failure> {
    let unset = unset(globals, desired, options, Severity::Error);
    if unset.is_empty() { Ok(()) } else { Err(file_problems::invalid(globals, &unset)) }
}

/// One problem per reference, in the order of the files. Those of an authorization grant are left
/// out: only a create needs them, and a plan says so where it matters.
fn unset(
    globals: &Globals,
    desired: &Desired,
    options: &PlanOptions,
    severity: Severity,
) -> Vec<Problem> {
    let documents = desired.instances.iter().filter(|(key, _)| options.selects(key));
    let missing = documents.map(|(_, wanted)| wanted.missing());
    let mut unset: Vec<_> =
        missing.flat_map(|Missing { configuration, provider_data: _ }| configuration).collect();
    unset.sort();
    let sources: BTreeSet<_> = unset.iter().map(|(_, source)| source.clone()).collect();
    let mut problems: Vec<_> =
        unset.into_iter().map(|(at, source)| problem(at, &source, severity)).collect();
    // What to do is the same for all of them, so it is said once, where a reader ends.
    let object = if sources.len() == 1 { "it" } else { "them" };
    if let Some(last) = problems.last_mut() {
        last.help = help(object, severity);
    }
    quote(&globals.root, &globals.schemas, &mut problems);
    problems
}

fn problem(at: Span, source: &SecretSource, severity: Severity) -> Problem {
    let message = match source {
        SecretSource::Env(_) => format!("{source} is not set, or empty"),
        SecretSource::File(_) => format!("{source} is not in the folder of secrets, or empty"),
        SecretSource::Authorization => format!("nobody has {source} it yet"),
    };
    Problem {
        code: Code::UnsetVariable,
        severity,
        message,
        at,
        excerpt: None,
        label: None,
        help: Vec::new(),
        related: None,
    }
}

fn help(object: &str, severity: Severity) -> Vec<String> {
    let set = format!("set {object} where ocon runs");
    match severity {
        Severity::Error => vec![
            format!("{set}; nothing was contacted"),
            "to go on without, name the files to apply (PATH), or give --allow-unset".to_owned(),
        ],
        Severity::Warning => {
            vec![format!("{set}; until then such a field is neither compared nor written")]
        }
    }
}
