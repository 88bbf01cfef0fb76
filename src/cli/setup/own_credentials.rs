//! Refuses files that would send ocon's own credentials.
//!
//! Input: the desired state and the credentials. Output: a problem for each value that is a credential
//! of ocon or its fingerprint key, wherever it comes from. Otherwise the author of a file could have
//! a credential sent to any provider.

use crate::cli::setup::credentials::{self, OwnCredential};
use crate::cli::setup::file_problems::{self, problem};
use crate::cli::setup::global_args::GlobalArgs;
use crate::cli::terminal::Failure;
use crate::desired::{Code, Desired, DesiredInstance, Problem};
use crate::instance::{Part, Span, Template, trimmed};

const USE_PROVIDER_SECRET: &str =
    "set it to the secret of the provider; ocon sends its own credentials only to the platform";
const CHANGE_CREDENTIAL: &str = "remove it, and change the credential: everyone who can read the file or the \
                                 command knows it";

pub(crate) fn refuse(globals: &GlobalArgs, desired: &Desired) -> Result<(), Failure> {
    let own = credentials::own(globals);
    if own.is_empty() {
        return Ok(());
    }
    let documents = desired.instances.values();
    let mut problems: Vec<_> =
        documents.flat_map(|wanted| document_problems(wanted, &own)).collect();
    problems.sort_by(|a, b| (&a.at, &a.message).cmp(&(&b.at, &b.message)));
    problems.dedup();
    if problems.is_empty() { Ok(()) } else { Err(file_problems::invalid(globals, &problems)) }
}

fn document_problems(wanted: &DesiredInstance, own: &[OwnCredential]) -> Vec<Problem> {
    let fields = wanted.configuration.values().map(|field| (field.value.templates(), &field.at));
    let grants = wanted.provider_data.values().map(|grant| (grant.value.templates(), &grant.at));
    let values = fields.chain(grants).flat_map(|(templates, at)| {
        templates.into_iter().filter_map(|template| template_problem(template, at, own))
    });
    let names = std::iter::once(&wanted.name).chain(wanted.tags.iter().flatten());
    let names = names.filter_map(|text| text_problem(text, &wanted.at, own));
    values.chain(names).collect()
}

fn template_problem(template: &Template, at: &Span, own: &[OwnCredential]) -> Option<Problem> {
    // Most values are plain text, which needs no copy.
    if let [Part::Text(text)] = template.parts() {
        return text_problem(text, at, own);
    }
    let referenced = template.secrets().find_map(|reference| {
        let name = credential_name(reference.value.as_ref()?.expose(), own)?;
        let message = format!("the value of {} is ocon's own {name}", reference.source);
        Some(own_credential(at, message, USE_PROVIDER_SECRET))
    });
    referenced.or_else(|| {
        if template.refers_to_instance() {
            return None;
        }
        text_problem(template.render_secrets()?.expose(), at, own)
    })
}

fn text_problem(text: &str, at: &Span, own: &[OwnCredential]) -> Option<Problem> {
    let name = credential_name(text, own)?;
    Some(own_credential(at, format!("this value is ocon's own {name}"), CHANGE_CREDENTIAL))
}

fn credential_name(text: &str, own: &[OwnCredential]) -> Option<&'static str> {
    let text = trimmed(text);
    own.iter().find(|own| own.secret.expose() == text).map(|own| own.name)
}

/// A problem without an excerpt, because the credential may be on the line.
fn own_credential(at: &Span, message: String, help: &str) -> Problem {
    let code = Code::OwnCredential;
    problem(code, code.level().severity(), message, at, &[help])
}
