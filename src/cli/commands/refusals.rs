//! Points at the fields of files that the platform names when it refuses a request.
//!
//! The platform responds with a sentence. In: that sentence. Out: the places of the configuration keys in
//! it, or the place where a required key is missing. If a create may lack its authorization grant, the
//! problem names the command that gets one.

use std::collections::BTreeSet;

use crate::apply::{Outcome, StepResult, StepStatus};
use crate::catalog::Catalog;
use crate::cli::setup::{GlobalArgs, file_problems};
use crate::desired::{Code, Desired, DesiredInstance, GrantNeed, Problem, Severity, add_excerpts};
use crate::instance::{Key, Span};
use crate::plan::Action;
use crate::safe_text::quoted;

pub(crate) fn show(globals: &GlobalArgs, desired: &Desired, outcome: &Outcome) {
    let mut named: Vec<_> =
        outcome.results.iter().flat_map(|result| named(desired, result)).collect();
    add_excerpts(&globals.root, &globals.schemas, &mut named);
    file_problems::show(globals, &named);
}

fn named(desired: &Desired, result: &StepResult) -> Vec<Problem> {
    let StepStatus::Failed(failure) = &result.status else {
        return Vec::new();
    };
    let Some(wanted) = desired.instances.get(&result.key).filter(|_| failure.code.is_refusal())
    else {
        return Vec::new();
    };
    let refusal = failure.refusal.as_deref().unwrap_or_default();
    let keys: BTreeSet<_> = words(refusal).collect();
    let mut problems: Vec<_> =
        keys.into_iter().filter_map(|key| problem(wanted, &result.key, key)).collect();
    let may_lack_grant = wanted.facts.grant_need != GrantNeed::None && problems.is_empty();
    if result.action == Some(Action::Create) && (may_lack_grant || is_about_grant(refusal)) {
        problems.push(lacks_grant(wanted, &result.key));
    }
    problems
}

/// Whether a refusal is about an authorization grant, in the words of the platform or of OAuth.
fn is_about_grant(message: &str) -> bool {
    ["providerData", "authorization code", "invalid_grant"]
        .iter()
        .any(|phrase| message.contains(phrase))
}

/// The problem of a create whose authorization grant may be missing, used or expired.
fn lacks_grant(wanted: &DesiredInstance, document: &Key) -> Problem {
    let message =
        format!("the create of {} may lack a valid authorization grant", quoted(&document));
    let help = format!("get a new grant, which works only once: `ocon authorize {document}`");
    refused(message, &wanted.at, &[&help])
}

/// Returns the words that can be configuration keys: the platform separates them by spaces, commas, quotes
/// and brackets, and ends a sentence with a period.
fn words(message: &str) -> impl Iterator<Item = &str> {
    let of_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    message.split(move |c| !of_key(c)).map(|word| word.trim_matches('.'))
}

fn problem(wanted: &DesiredInstance, document: &Key, key: &str) -> Option<Problem> {
    let message = format!("the platform refused {} and named {}", quoted(&document), quoted(&key));
    if let Some(field) = wanted.configuration.get(key) {
        return Some(refused(message, &field.at, &[]));
    }
    let known = Catalog::embedded().connector(&wanted.connector)?;
    known.field(key)?;
    let message = format!("{message}, which the document lacks");
    let help = format!("add {} to its `configuration`", quoted(&key));
    Some(refused(message, &wanted.at, &[&help]))
}

fn refused(message: String, at: &Span, help: &[&str]) -> Problem {
    file_problems::problem(Code::RefusedByPlatform, Severity::Error, message, at, help)
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
