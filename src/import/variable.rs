//! Names for the variables that hold an instance's secrets.
//!
//! In: the documents and variables that there are. Out: names that begin with their own document's
//! key. Two documents never share a prefix, and no name is one that another program reads: setting
//! such a variable would change that program, and its credential could reach a provider.

use std::collections::{BTreeMap, BTreeSet};

use crate::desired::reference::syntax::MAX_NAME_CHARS;
use crate::desired::secrets::is_reserved_variable;
use crate::instance::{InstanceId, Key};

/// Begins a name that would otherwise belong to another program.
const OWN: &str = "MY_";

/// Variables of other programs: credentials, and what decides where such a program connects or what
/// it runs. `*` at the end stands for any text.
const WELL_KNOWN: [&str; 98] = [
    // Clouds
    "ALIBABA_*",
    "ALICLOUD_*",
    "ARM_*",
    "AWS_*",
    "AZURE_*",
    "CLOUDFLARE_*",
    "CLOUDSDK_*",
    "CF_*",
    "DIGITALOCEAN_*",
    "FIREBASE_*",
    "GCE_*",
    "GCLOUD_*",
    "GCP_*",
    "GCS_*",
    "GOOGLE_*",
    "HEROKU_*",
    "HCLOUD_*",
    "IBMCLOUD_*",
    "NETLIFY_*",
    "OCI_*",
    "OS_*",
    "S3_*",
    "VERCEL_*",
    // Infrastructure
    "ANSIBLE_*",
    "CONSUL_*",
    "CONTAINER_*",
    "DOCKER_*",
    "HELM_*",
    "KUBE*",
    "NOMAD_*",
    "PULUMI_*",
    "REGISTRY_*",
    "SOPS_*",
    "TERRAFORM_*",
    "TF_*",
    "VAULT_*",
    // Version control and pipelines
    "ACTIONS_*",
    "BITBUCKET_*",
    "BUILDKITE_*",
    "CI",
    "CIRCLE_*",
    "CI_*",
    "CODECOV_*",
    "GH_*",
    "GIT*",
    "JENKINS_*",
    "OCON_*",
    "RUNNER_*",
    "SNYK_*",
    "SONAR_*",
    "TRAVIS_*",
    // Languages and their packages
    "BUNDLE_*",
    "CARGO_*",
    "GEM_*",
    "GO_*",
    "GRADLE_*",
    "JAVA_*",
    "MAVEN_*",
    "NODE_*",
    "NPM_*",
    "NUGET_*",
    "PERL*",
    "PIP_*",
    "POETRY_*",
    "PYTHON*",
    "RUBY*",
    "RUST*",
    "TWINE_*",
    "UV_*",
    "YARN_*",
    // Databases
    "DATABASE_*",
    "DB_*",
    "MONGO*",
    "MYSQL_*",
    "PG*",
    "POSTGRES_*",
    "REDIS_*",
    // Services that watch or answer
    "ANTHROPIC_*",
    "DATADOG_*",
    "DD_*",
    "HF_*",
    "NEW_RELIC_*",
    "OPENAI_*",
    "OTEL_*",
    "SENTRY_*",
    // The system
    "BASH_*",
    "CURL_*",
    "DYLD_*",
    "GPG_*",
    "HOME",
    "LD_*",
    "PATH",
    "SSH_*",
    "SSL_*",
    // Proxies
    "ALL_PROXY",
    "HTTPS_*",
    "HTTP_*",
    "NO_PROXY",
];

/// Credentials of programs whose other variables a document of that connector may resemble.
const WELL_KNOWN_CREDENTIALS: [&str; 22] = [
    "AIRTABLE_API_KEY",
    "ASANA_ACCESS_TOKEN",
    "DROPBOX_ACCESS_TOKEN",
    "FACEBOOK_ACCESS_TOKEN",
    "HUBSPOT_ACCESS_TOKEN",
    "HUBSPOT_API_KEY",
    "JIRA_API_TOKEN",
    "MAILCHIMP_API_KEY",
    "MAILGUN_API_KEY",
    "SENDGRID_API_KEY",
    "SHOPIFY_ACCESS_TOKEN",
    "SHOPIFY_API_KEY",
    "SLACK_API_TOKEN",
    "SLACK_APP_TOKEN",
    "SLACK_BOT_TOKEN",
    "SLACK_SIGNING_SECRET",
    "SLACK_TOKEN",
    "SLACK_WEBHOOK_URL",
    "STRIPE_API_KEY",
    "STRIPE_SECRET_KEY",
    "TWILIO_AUTH_TOKEN",
    "ZENDESK_API_TOKEN",
];

/// Whether a variable belongs to another program, to ocon or to the CI system.
pub fn is_well_known(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let matches = |pattern: &&str| match pattern.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == *pattern,
    };
    WELL_KNOWN.iter().any(matches)
        || WELL_KNOWN_CREDENTIALS.contains(&&*name)
        || is_reserved_variable(&name)
}

/// Whether a pattern of `--env-allow` matches variables of other programs.
pub fn is_too_broad(pattern: &str) -> bool {
    let pattern = pattern.to_ascii_uppercase();
    let Some((beginning, _)) = pattern.split_once('*') else { return is_well_known(&pattern) };
    WELL_KNOWN.iter().any(|known| match known.strip_suffix('*') {
        Some(known) => known.starts_with(beginning) || beginning.starts_with(known),
        None => known.starts_with(beginning),
    })
}

/// The names that are taken, and what the names of each document begin with.
pub(super) struct Names {
    variables: BTreeSet<String>,
    prefixes: BTreeSet<String>,
    prefix_by_document: BTreeMap<Key, String>,
}

impl Names {
    /// The names of the documents that there are, which keep their prefixes, and the variables, in
    /// capitals, that their files mention.
    pub(super) fn new<'k>(
        documents: impl IntoIterator<Item = &'k String>,
        variables: BTreeSet<String>,
    ) -> Self {
        let prefixes = documents.into_iter().map(|document| prefix(document)).collect();
        Self { variables, prefixes, prefix_by_document: BTreeMap::new() }
    }

    /// A name that no other variable has: the document's prefix, and the configuration key.
    pub(super) fn take(&mut self, document: &Key, value: &str, id: InstanceId) -> String {
        let name = format!("{}_{}", self.prefix_of(document, id), capitals(value));
        let name = if is_well_known(&name) { format!("{OWN}{name}") } else { name };
        let numbered = (2_u64..).map(|number| with(&name, &format!("_{id}_{number}")));
        let mut names =
            [with(&name, ""), with(&name, &format!("_{id}"))].into_iter().chain(numbered);
        let free = names.find(|name| self.variables.insert(name.clone()));
        free.expect("there are more numbers than variables")
    }

    /// What the names of a document begin with, which is another text for each document.
    fn prefix_of(&mut self, document: &Key, id: InstanceId) -> String {
        if let Some(prefix) = self.prefix_by_document.get(document) {
            return prefix.clone();
        }
        let own = prefix(document.as_str());
        let numbered = (2_u64..).map(|number| format!("{own}_{id}_{number}"));
        let mut prefixes = [own.clone(), format!("{own}_{id}")].into_iter().chain(numbered);
        let free = prefixes.find(|prefix| self.prefixes.insert(prefix.clone()));
        let free = free.expect("there are more numbers than documents");
        self.prefix_by_document.insert(document.clone(), free.clone());
        free
    }
}

/// A document's key in capitals, with a leading word where other programs have such variables.
fn prefix(document: &str) -> String {
    let name = capitals(document);
    let is_reserved = is_well_known(&format!("{name}_"));
    let begins_badly = name.starts_with(|c: char| c.is_ascii_digit() || c == '_');
    if is_reserved || begins_badly { format!("{OWN}{name}") } else { name }
}

fn capitals(text: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    text.chars().map(letter).collect()
}

/// The name with this behind it, cut to the length that a name may have.
fn with(name: &str, suffix: &str) -> String {
    let longest = MAX_NAME_CHARS.saturating_sub(suffix.len());
    format!("{}{suffix}", name.get(..longest).unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names::new([], BTreeSet::new())
    }

    fn take(names: &mut Names, document: &str, value: &str, id: u64) -> String {
        names.take(&document.parse().unwrap(), value, InstanceId::new(id))
    }

    #[test]
    fn a_name_begins_with_its_document() {
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

    /// Every credential here is one that a tool on the same runner reads.
    #[test]
    fn no_name_is_a_well_known_credential() {
        let credentials = [
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "AZURE_CLIENT_SECRET",
            "ARM_CLIENT_SECRET",
            "GOOGLE_APPLICATION_CREDENTIALS",
            "GCP_SERVICE_ACCOUNT_KEY",
            "GITHUB_TOKEN",
            "GITLAB_TOKEN",
            "GH_TOKEN",
            "GIT_ASKPASS",
            "GIT_SSH_COMMAND",
            "DOCKER_AUTH_CONFIG",
            "DOCKER_PASSWORD",
            "NPM_TOKEN",
            "NODE_AUTH_TOKEN",
            "NODE_OPTIONS",
            "SSH_AUTH_SOCK",
            "SSH_PRIVATE_KEY",
            "KUBECONFIG",
            "KUBE_TOKEN",
            "KUBERNETES_SERVICE_HOST",
            "VAULT_TOKEN",
            "TF_VAR_SECRET",
            "TF_TOKEN_APP_TERRAFORM_IO",
            "CI_JOB_TOKEN",
            "OCON_USER_SECRET",
            "PATH",
            "HOME",
            "LD_PRELOAD",
            "PYTHONPATH",
            "PYTHON_KEYRING_BACKEND",
            "HTTP_PROXY",
            "HTTPS_PROXY",
            "ALL_PROXY",
            "PGPASSWORD",
            "DATABASE_URL",
            "SENTRY_AUTH_TOKEN",
            "SLACK_BOT_TOKEN",
            "STRIPE_API_KEY",
            "TWILIO_AUTH_TOKEN",
        ];
        for credential in credentials {
            assert!(is_well_known(credential), "{credential}");
            assert!(is_well_known(&credential.to_lowercase()), "{credential}");
            assert!(is_too_broad(credential), "{credential}");
            // A document and a key that spell the credential, wherever it is cut in two.
            for (at, _) in credential.match_indices('_') {
                let (document, value) = (&credential[..at], &credential[at + 1..]);
                let (document, value) = (document.to_lowercase(), value.to_lowercase());
                let documents = [document.replace('_', "-"), document.replace('_', "/"), document];
                for document in documents.iter().filter(|document| *document != "all") {
                    let name = take(&mut names(), document, &value.replace('_', "."), 7);
                    assert_eq!(name, format!("MY_{credential}"));
                    assert!(!is_well_known(&name), "{name}");
                }
            }
        }
        for own in ["HOOTSUITE_TEAM_TOKEN", "SERVICENOW_DESK_PASSWORD", "MY_AWS_TOKEN"] {
            assert!(!is_well_known(own), "{own}");
        }
    }

    #[test]
    fn a_pattern_that_matches_other_programs_is_too_broad() {
        for pattern in
            ["*", "A*", "AWS_*", "aws_*", "AWS_SECRET*", "KUBE*", "*_TOKEN", "CI_*", "P*"]
        {
            assert!(is_too_broad(pattern), "{pattern}");
        }
        for pattern in ["HOOTSUITE_*", "SLACK_*", "SERVICENOW_DESK_PASSWORD", "MY_*"] {
            assert!(!is_too_broad(pattern), "{pattern}");
        }
    }

    #[test]
    fn documents_with_keys_that_read_alike_have_names_of_their_own() {
        let mut names = names();
        let of_each = |names: &mut Names, value: &str| {
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
        // Neither do a document and a key meet another document and key in the same words.
        assert_eq!(take(&mut names, "s/team", "eu.token", 4), "S_TEAM_EU_TOKEN_4");
        assert_eq!(take(&mut names, "my/aws", "token", 5), "MY_AWS_TOKEN");
        assert_eq!(take(&mut names, "aws", "token", 6), "MY_AWS_6_TOKEN");
    }

    #[test]
    fn documents_and_variables_that_are_there_keep_their_names() {
        let documents = ["s/team.eu".to_owned()];
        let variables = BTreeSet::from(["T_X_TOKEN".to_owned()]);
        let mut names = Names::new(&documents, variables);
        assert_eq!(take(&mut names, "s/team-eu", "token", 7), "S_TEAM_EU_7_TOKEN");
        assert_eq!(take(&mut names, "t/x", "token", 8), "T_X_TOKEN_8");
    }

    #[test]
    fn no_name_is_longer_than_a_reference_takes() {
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
