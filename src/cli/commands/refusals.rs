//! The lines of files that a refusal of the platform names.
//!
//! The platform answers with a sentence. Where configuration keys occur in it, the reader wants to
//! know where they stand; where one is asked for that the file does not have, where it belongs.
//! Where a create may lack its authorization grant, the reader is shown the command that gets one.

use crate::apply::{Outcome, Status, StepResult};
use crate::catalog::Catalog;
use crate::cli::setup::file_problems;
use crate::cli::setup::global_args::GlobalArgs;
use crate::desired::{Code, Desired, GrantNeed, Problem, Severity, Wanted, quote};
use crate::instance::{Key, Span};
use crate::plan::Action;
use crate::untrusted::quoted;

/// Failures whose message is an answer to the values that were sent.
const ANSWERS: [&str; 3] = ["platform-refused", "provider-refused", "value-not-stored"];

/// Those that can be about the authorization grant.
const GRANT_REFUSALS: [&str; 2] = ["platform-refused", "provider-refused"];

/// Points at the fields that the failures of an apply name.
pub(crate) fn show(globals: &GlobalArgs, desired: &Desired, outcome: &Outcome) {
    let mut named: Vec<_> =
        outcome.results.iter().flat_map(|result| named(desired, result)).collect();
    quote(&globals.root, &globals.schemas, &mut named);
    file_problems::show(&named);
}

fn named(desired: &Desired, result: &StepResult) -> Vec<Problem> {
    let Status::Failed(failure) = &result.status else {
        return Vec::new();
    };
    let Some(wanted) = desired.instances.get(&result.key) else {
        return Vec::new();
    };
    if !ANSWERS.contains(&failure.code) {
        return Vec::new();
    }
    let mut keys: Vec<_> = words(&failure.message).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut problems: Vec<_> =
        keys.into_iter().filter_map(|key| problem(wanted, &result.key, key)).collect();
    let may_lack_grant = wanted.facts.grant_need != GrantNeed::None && problems.is_empty();
    if result.action == Some(Action::Create)
        && GRANT_REFUSALS.contains(&failure.code)
        && (may_lack_grant || is_about_grant(&failure.message))
    {
        problems.push(lacks_grant(wanted, &result.key));
    }
    problems
}

/// Whether a refusal speaks of an authorization grant, in the words of the platform or of OAuth.
fn is_about_grant(message: &str) -> bool {
    ["providerData", "authorization code", "invalid_grant"]
        .iter()
        .any(|phrase| message.contains(phrase))
}

/// The platform refused a create for which the grant is missing, used up or expired, as far as its
/// message tells.
fn lacks_grant(wanted: &Wanted, document: &Key) -> Problem {
    let message = format!(
        "the create of {document} may lack a valid authorization grant",
        document = quoted(&document)
    );
    let help = format!("a grant can be used once: get one with `ocon authorize {document}`");
    Problem { help: vec![help], ..refused(message, &wanted.at) }
}

/// What could be keys: the platform puts them between blanks, commas, quotes and brackets, and ends
/// a sentence with a full stop.
fn words(message: &str) -> impl Iterator<Item = &str> {
    let of_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    message.split(move |c| !of_key(c)).map(|word| word.trim_matches('.'))
}

fn problem(wanted: &Wanted, document: &Key, key: &str) -> Option<Problem> {
    if let Some(field) = wanted.configuration.get(key) {
        let message = format!(
            "the platform names {key} where it refuses {document}",
            key = quoted(&key),
            document = quoted(&document)
        );
        return Some(refused(message, &field.at));
    }
    let known = Catalog::embedded().connector(&wanted.connector)?;
    known.field(key)?;
    let message = format!(
        "the platform names {key} where it refuses {document}, which lacks it",
        key = quoted(&key),
        document = quoted(&document)
    );
    let problem = refused(message, &wanted.at);
    Some(Problem {
        help: vec![format!("add {key} to its `configuration`", key = quoted(&key))],
        ..problem
    })
}

fn refused(message: String, at: &Span) -> Problem {
    Problem {
        code: Code::RefusedByPlatform,
        severity: Severity::Error,
        message,
        at: at.clone(),
        excerpt: None,
        label: None,
        help: Vec::new(),
        related: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_a_sentence() {
        let message = "Missing required configuration: oauth.api.key, `site_url`. Check api-token.";
        let found: Vec<_> = words(message).filter(|word| word.contains(['.', '_', '-'])).collect();
        assert_eq!(found, ["oauth.api.key", "site_url", "api-token"]);
    }
}
