//! Which secrets and public variables the documents use, and where.
//!
//! In: the desired state. Out: one entry per reference, never with a value, and the patterns of the
//! environment variables that the documents need.

use std::collections::BTreeSet;

use super::foreign_variables::is_too_broad_pattern;
use super::{Desired, DesiredInstance};
use crate::instance::{Key, SecretSource, Span, Template};

/// A reference of a document to a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretUse<'a> {
    /// The document.
    pub key: &'a Key,
    /// The source of the secret.
    pub source: &'a SecretSource,
    /// The location of the field.
    pub at: &'a Span,
    /// Whether the secret has a value.
    pub is_set: bool,
    /// Whether only a create or a re-authentication needs it, as in [`super::UnsetSecrets`].
    pub is_for_create: bool,
}

/// A reference of a document to a public variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableUse {
    /// The document.
    pub key: Key,
    /// The name of the variable.
    pub name: String,
    /// The location of the reference.
    pub at: Span,
}

impl Desired {
    /// Every reference to a secret, in the order of the document keys and of the lines.
    pub fn secret_uses(&self) -> Vec<SecretUse<'_>> {
        let documents = self.instances.iter();
        let mut uses: Vec<_> = documents.flat_map(|(key, wanted)| uses_of(key, wanted)).collect();
        uses.sort_by(|a, b| (a.key, a.at, a.source).cmp(&(b.key, b.at, b.source)));
        uses
    }

    /// The environment variables that the documents read, in alphabetical order.
    pub fn environment_variables(&self) -> Vec<&str> {
        let names = self.sources().filter_map(environment_variable);
        names.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Patterns for the environment variables of all documents, as `OCON_ENV_ALLOW` lists them:
    /// `SLACK_*` if every variable of a document has this prefix, and otherwise the names. A pattern such as
    /// `VAULT_*` is never among them: it would allow the files of a pull request to read the token of a
    /// secret store.
    pub fn variable_patterns(&self) -> Vec<String> {
        let documents = self.instances.iter();
        let names = documents.map(|(key, wanted)| {
            let uses = uses_of(key, wanted);
            uses.filter_map(|it| environment_variable(it.source)).collect::<BTreeSet<_>>()
        });
        let all: BTreeSet<String> = names.flat_map(|names| patterns(&names)).collect();
        let is_covered = |pattern: &String| {
            let others = all.iter().filter(|other| *other != pattern);
            let mut prefixes = others.filter_map(|other| other.strip_suffix('*'));
            prefixes.any(|prefix| pattern.starts_with(prefix))
        };
        all.iter().filter(|pattern| !is_covered(pattern)).cloned().collect()
    }
}

/// The name of an environment variable; `None` for another source.
pub(crate) fn environment_variable(source: &SecretSource) -> Option<&str> {
    match source {
        SecretSource::Env(name) => Some(name),
        SecretSource::File(_) | SecretSource::Authorization => None,
    }
}

fn uses_of<'a>(
    key: &'a Key,
    wanted: &'a DesiredInstance,
) -> impl Iterator<Item = SecretUse<'a>> + 'a {
    let fields = wanted.configuration.values();
    let fields = fields.map(|it| (it.value.templates(), &it.at, it.platform_written));
    let grants = wanted.provider_data.values().map(|it| (it.value.templates(), &it.at, true));
    fields.chain(grants).flat_map(move |(templates, at, is_for_create)| {
        let secrets = templates.into_iter().flat_map(Template::secrets);
        secrets.map(move |reference| SecretUse {
            key,
            source: &reference.source,
            at,
            is_set: reference.value.is_some(),
            is_for_create,
        })
    })
}

/// One pattern for names with the same first words, else the names themselves, which allow less.
fn patterns(names: &BTreeSet<&str>) -> Vec<String> {
    let (Some(first), Some(last)) = (names.first(), names.last()) else { return Vec::new() };
    // In alphabetical order, all names begin with what the first and the last have in common.
    let common = first.bytes().zip(last.bytes()).take_while(|(a, b)| a == b).count();
    let common = first.get(..common).unwrap_or_default();
    let prefix = common.rfind('_').and_then(|at| common.get(..=at));
    let prefix = prefix.filter(|prefix| names.len() > 1 && prefix.len() > 1);
    match prefix.map(|prefix| format!("{prefix}*")) {
        Some(pattern) if !is_too_broad_pattern(&pattern) => vec![pattern],
        _ => names.iter().map(|name| (*name).to_owned()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_the_same_first_words_are_one_pattern() {
        for (names, expected) in [
            ("", ""),
            ("DESK_PASSWORD", "DESK_PASSWORD"),
            ("SLACK_CODE SLACK_CLIENT_ID SLACK_CLIENT_SECRET", "SLACK_*"),
            ("SLACK_EU_CODE SLACK_EU_KEY", "SLACK_EU_*"),
            // A prefix of a word, or only `_`, allows names that no file uses.
            ("SLACKA SLACKB", "SLACKA SLACKB"),
            ("_A _B", "_A _B"),
            ("CRM_USER SHARED_PASSWORD", "CRM_USER SHARED_PASSWORD"),
            // Other programs read variables with these prefixes.
            ("OP_CODE OP_KEY", "OP_CODE OP_KEY"),
            ("AWS_SHOP_KEY AWS_SHOP_SECRET", "AWS_SHOP_KEY AWS_SHOP_SECRET"),
            ("MY_OP_CODE MY_OP_KEY", "MY_OP_*"),
        ] {
            let names = names.split(' ').filter(|name| !name.is_empty()).collect();
            assert_eq!(patterns(&names).join(" "), expected, "{names:?}");
        }
    }
}
