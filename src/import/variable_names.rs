//! Names of the variables for an instance's secrets.
//!
//! In: the existing documents and variables. Out: names that start with the document key. Two
//! documents never share a prefix, and no name belongs to [another program](crate::desired::foreign_variables).

use std::collections::{BTreeMap, BTreeSet};

use crate::desired::foreign_variables::is_foreign_variable;
use crate::desired::reference::syntax::MAX_NAME_CHARS;
use crate::instance::{InstanceId, Key};

/// Prefix of a name that would otherwise be reserved.
const OWN_PREFIX: &str = "MY_";

/// The names that are in use, and the prefix of each document.
pub(super) struct VariableNames {
    variables: BTreeSet<String>,
    prefixes: BTreeSet<String>,
    prefix_by_document: BTreeMap<Key, String>,
}

impl VariableNames {
    /// Creates the set from the keys of the existing documents and from the variables in them, in
    /// capitals.
    pub(super) fn new<'k>(
        documents: impl IntoIterator<Item = &'k String>,
        variables: BTreeSet<String>,
    ) -> Self {
        let prefixes = documents.into_iter().map(|document| prefix(document)).collect();
        Self { variables, prefixes, prefix_by_document: BTreeMap::new() }
    }

    /// Returns an unused name: the prefix of the document, followed by the configuration key. A document
    /// without an instance has no ID.
    pub(super) fn take(&mut self, document: &Key, value: &str, id: Option<InstanceId>) -> String {
        let name = format!("{}_{}", self.prefix_of(document, id), capitals(value));
        let name = if is_foreign_variable(&name) { format!("{OWN_PREFIX}{name}") } else { name };
        claim(&mut self.variables, id, |suffix| with_suffix(&name, suffix))
    }

    fn prefix_of(&mut self, document: &Key, id: Option<InstanceId>) -> String {
        if let Some(prefix) = self.prefix_by_document.get(document) {
            return prefix.clone();
        }
        let own = prefix(document.as_str());
        let free = claim(&mut self.prefixes, id, |suffix| format!("{own}{suffix}"));
        self.prefix_by_document.insert(document.clone(), free.clone());
        free
    }
}

/// Adds the first free name, with the ID and a number as its suffix if necessary, and returns it.
fn claim(
    used: &mut BTreeSet<String>,
    id: Option<InstanceId>,
    with: impl Fn(&str) -> String,
) -> String {
    let id = id.map(|id| format!("_{id}"));
    let before_number = id.clone().unwrap_or_default();
    let numbered = (2_u64..).map(|number| format!("{before_number}_{number}"));
    let suffixes = std::iter::once(String::new()).chain(id).chain(numbered);
    let free = suffixes.map(|suffix| with(&suffix)).find(|name| used.insert(name.clone()));
    free.expect("there are more numbers than names")
}

/// The document key in capitals, with [`OWN_PREFIX`] if the result would be reserved.
fn prefix(document: &str) -> String {
    let name = capitals(document);
    let is_reserved = is_foreign_variable(&format!("{name}_"));
    let is_invalid = name.starts_with(|c: char| c.is_ascii_digit() || c == '_');
    if is_reserved || is_invalid { format!("{OWN_PREFIX}{name}") } else { name }
}

fn capitals(text: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    text.chars().map(letter).collect()
}

/// The name with a suffix, shortened to the maximum length of a name.
fn with_suffix(name: &str, suffix: &str) -> String {
    let max_length = MAX_NAME_CHARS.saturating_sub(suffix.len());
    format!("{}{suffix}", name.get(..max_length).unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desired::foreign_variables::is_too_broad_pattern;

    fn names() -> VariableNames {
        VariableNames::new([], BTreeSet::new())
    }

    fn take(names: &mut VariableNames, document: &str, value: &str, id: u64) -> String {
        names.take(&document.parse().unwrap(), value, Some(InstanceId::new(id)))
    }

    #[test]
    fn a_name_starts_with_the_document_key() {
        for (document, value, expected) in [
            ("hootsuite/team-eu", "oauth.api.secret", "HOOTSUITE_TEAM_EU_OAUTH_API_SECRET"),
            ("github/code", "token", "MY_GITHUB_CODE_TOKEN"),
            ("ci/x", "token", "MY_CI_X_TOKEN"),
            ("3d", "pässword", "MY_3D_P_SSWORD"),
            ("stripe/shop", "api.key", "STRIPE_SHOP_API_KEY"),
            ("stripe", "api.key", "MY_STRIPE_API_KEY"),
        ] {
            assert_eq!(take(&mut names(), document, value, 7), expected);
        }
    }

    /// Tools on the same runner read these credentials.
    #[test]
    fn no_name_is_a_reserved_variable() {
        let credentials = "\
            AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AZURE_CLIENT_SECRET ARM_CLIENT_SECRET \
            GOOGLE_APPLICATION_CREDENTIALS GCP_SERVICE_ACCOUNT_KEY GITHUB_TOKEN GITLAB_TOKEN \
            GH_TOKEN GIT_ASKPASS GIT_SSH_COMMAND DOCKER_AUTH_CONFIG DOCKER_PASSWORD \
            NPM_TOKEN NODE_AUTH_TOKEN NODE_OPTIONS SSH_AUTH_SOCK SSH_PRIVATE_KEY KUBECONFIG \
            KUBE_TOKEN KUBERNETES_SERVICE_HOST VAULT_TOKEN TF_VAR_SECRET \
            TF_TOKEN_APP_TERRAFORM_IO CI_JOB_TOKEN OCON_USER_SECRET PATH HOME LD_PRELOAD \
            PYTHONPATH PYTHON_KEYRING_BACKEND HTTP_PROXY HTTPS_PROXY ALL_PROXY PGPASSWORD \
            DATABASE_URL SENTRY_AUTH_TOKEN SLACK_BOT_TOKEN STRIPE_API_KEY TWILIO_AUTH_TOKEN";
        for credential in credentials.split_whitespace() {
            assert!(is_foreign_variable(credential), "{credential}");
            assert!(is_foreign_variable(&credential.to_lowercase()), "{credential}");
            assert!(is_too_broad_pattern(credential), "{credential}");
            // A document key and a configuration key that together spell the credential.
            for (at, _) in credential.match_indices('_') {
                let (document, value) = (&credential[..at], &credential[at + 1..]);
                let (document, value) = (document.to_lowercase(), value.to_lowercase());
                let documents = [document.replace('_', "-"), document.replace('_', "/"), document];
                for document in documents.iter().filter(|document| *document != "all") {
                    let name = take(&mut names(), document, &value.replace('_', "."), 7);
                    assert_eq!(name, format!("MY_{credential}"));
                    assert!(!is_foreign_variable(&name), "{name}");
                }
            }
        }
        for own in ["HOOTSUITE_TEAM_TOKEN", "SERVICENOW_DESK_PASSWORD", "MY_AWS_TOKEN"] {
            assert!(!is_foreign_variable(own), "{own}");
        }
    }

    #[test]
    fn documents_with_similar_keys_have_different_names() {
        let mut names = names();
        let of_each = |names: &mut VariableNames, value: &str| {
            [("s/team-eu", 1), ("s/team.eu", 2), ("s/team_eu", 3), ("s-team/eu", 2)]
                .map(|(document, id)| take(names, document, value, id))
        };
        let first = of_each(&mut names, "token");
        assert_eq!(
            first,
            ["S_TEAM_EU_TOKEN", "S_TEAM_EU_2_TOKEN", "S_TEAM_EU_3_TOKEN", "S_TEAM_EU_2_2_TOKEN"]
        );
        let second = of_each(&mut names, "password");
        assert_eq!(second[1], "S_TEAM_EU_2_PASSWORD", "a document keeps its prefix");
        // Another document and key that spell the same words.
        assert_eq!(take(&mut names, "s/team", "eu.token", 4), "S_TEAM_EU_TOKEN_4");
        assert_eq!(take(&mut names, "my/aws", "token", 5), "MY_AWS_TOKEN");
        assert_eq!(take(&mut names, "aws", "token", 6), "MY_AWS_6_TOKEN");
    }

    #[test]
    fn existing_documents_and_variables_keep_their_names() {
        let documents = ["s/team.eu".to_owned()];
        let variables = BTreeSet::from(["T_X_TOKEN".to_owned()]);
        let mut names = VariableNames::new(&documents, variables);
        assert_eq!(take(&mut names, "s/team-eu", "token", 7), "S_TEAM_EU_7_TOKEN");
        assert_eq!(take(&mut names, "t/x", "token", 8), "T_X_TOKEN_8");
    }

    #[test]
    fn a_document_without_an_instance_has_numbers_as_suffixes() {
        let documents = ["s/team.eu".to_owned()];
        let variables = BTreeSet::from(["T_X_TOKEN".to_owned(), "T_X_TOKEN_2".to_owned()]);
        let mut names = VariableNames::new(&documents, variables);
        let mut take = |document: &str| names.take(&document.parse().unwrap(), "token", None);
        assert_eq!(take("s/team-eu"), "S_TEAM_EU_2_TOKEN");
        assert_eq!(take("t/x"), "T_X_TOKEN_3");
    }

    #[test]
    fn no_name_exceeds_the_maximum_length() {
        let mut names = names();
        let document = format!("{}/{}", "c".repeat(40), "d".repeat(39));
        let value = "v".repeat(100);
        let taken: BTreeSet<_> = (0..3)
            .map(|end| take(&mut names, &document, &format!("{value}{end}"), u64::MAX))
            .collect();
        assert_eq!(taken.len(), 3);
        assert!(taken.iter().all(|name| name.len() == MAX_NAME_CHARS), "{taken:?}");
    }
}
