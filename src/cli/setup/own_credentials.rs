//! ocon's own credentials as values of files.
//!
//! In: the desired state and what ocon itself was given. Out: a problem for each value that is one of
//! ocon's credentials or its fingerprint key, wherever it comes from. Whoever may change a file could
//! otherwise have it sent to a provider of their choice.

use crate::cli::setup::arguments::Globals;
use crate::cli::setup::environment::Environment;
use crate::cli::setup::file_problems;
use crate::cli::terminal::failure::Failure;
use crate::desired::{Code, Desired, DesiredInstance, Problem};
use crate::instance::{Part, Secret, Span, Template, trimmed};

/// A credential with its name in messages.
pub(crate) struct OwnCredential {
    pub(crate) what: &'static str,
    pub(crate) secret: Secret,
}

/// Ends a command whose files would send one of ocon's own credentials.
pub(crate) fn refuse(
    globals: &Globals,
    environment: &Environment,
    desired: &Desired,
) -> Result<(), Failure> {
    let own = environment.own_credentials(globals);
    if own.is_empty() {
        return Ok(());
    }
    let search = Search { own: &own };
    let mut problems: Vec<_> =
        desired.instances.values().flat_map(|wanted| search.document(wanted)).collect();
    problems.sort_by(|a, b| (&a.at, &a.message).cmp(&(&b.at, &b.message)));
    problems.dedup();
    if problems.is_empty() { Ok(()) } else { Err(file_problems::invalid(globals, &problems)) }
}

struct Search<'a> {
    own: &'a [OwnCredential],
}

impl Search<'_> {
    fn document(&self, wanted: &DesiredInstance) -> Vec<Problem> {
        let fields = wanted.configuration.values();
        let fields = fields.map(|field| (field.value.templates(), &field.at));
        let grants = wanted.provider_data.values();
        let grants = grants.map(|grant| (grant.value.templates(), &grant.at));
        let values = fields.chain(grants).flat_map(|(templates, at)| {
            templates.into_iter().filter_map(|template| self.template(template, at))
        });
        let shown = std::iter::once(&wanted.name).chain(wanted.tags.iter().flatten());
        let shown = shown.filter_map(|text| self.text(text, &wanted.at));
        values.chain(shown).collect()
    }

    fn template(&self, template: &Template, at: &Span) -> Option<Problem> {
        // Most values are plain text, which needs no copy.
        if let [Part::Text(text)] = template.parts() {
            return self.text(text, at);
        }
        let by_reference = template.secrets().find_map(|reference| {
            let what = self.is_own(reference.value.as_ref()?.expose())?;
            let message = format!("{} has ocon's own {what} as its value", reference.source);
            let help = "set it to the secret of the provider; ocon sends its own credentials to the platform only";
            Some(problem(at, message, help))
        });
        let whole = || {
            let known = (!template.refers_to_instance()).then(|| template.render_secrets());
            self.text(known??.expose(), at)
        };
        by_reference.or_else(whole)
    }

    fn text(&self, text: &str, at: &Span) -> Option<Problem> {
        let what = self.is_own(text)?;
        let message = format!("this value is ocon's own {what}");
        let help = "remove it, and change the credential: it is known to everybody who can read the file or the command";
        Some(problem(at, message, help))
    }

    /// The name of the credential that the text is.
    fn is_own(&self, text: &str) -> Option<&'static str> {
        let text = trimmed(text);
        let own = self.own.iter().find(|own| own.secret.expose() == text)?;
        Some(own.what)
    }
}

/// The line itself is not shown: the credential may be on it.
fn problem(at: &Span, message: String, help: &str) -> Problem {
    Problem {
        code: Code::OwnCredential,
        severity: Code::OwnCredential.level().severity(),
        message,
        at: at.clone(),
        excerpt: None,
        label: None,
        help: vec![help.to_owned()],
        related: None,
    }
}
