//! Variables that other programs read.
//!
//! To set such a variable would change that program, and a file that refers to one could send its
//! credential to a provider.

use super::secrets;

/// Variables of other programs: credentials, and settings of where a program connects or what it
/// runs. A final `*` matches any text.
const FOREIGN: [&str; 9] = [
    // Clouds
    "ALIBABA_* ALICLOUD_* ARM_* AWS_* AZURE_* CLOUDFLARE_* CLOUDSDK_* CF_* DIGITALOCEAN_*
     FIREBASE_* GCE_* GCLOUD_* GCP_* GCS_* GOOGLE_* HEROKU_* HCLOUD_* IBMCLOUD_* NETLIFY_* OCI_*
     OS_* S3_* VERCEL_*",
    // Infrastructure
    "ANSIBLE_* CONSUL_* CONTAINER_* DOCKER_* HELM_* KUBE* NOMAD_* PULUMI_* REGISTRY_*
     TERRAFORM_* TF_*",
    // Secret stores, among them those of docs/secret-stores.md
    "AGE_* AKEYLESS_* BAO_* BWS_* BW_* CONJUR_* DOPPLER_* INFISICAL_* OPENBAO_* OP_* SOPS_* VAULT_*",
    // Version control and pipelines
    "ACTIONS_* BITBUCKET_* BUILDKITE_* CI CIRCLE_* CI_* CODECOV_* GH_* GIT* JENKINS_* OCON_*
     RUNNER_* SNYK_* SONAR_* TRAVIS_*",
    // Languages and package managers
    "BUNDLE_* CARGO_* GEM_* GO_* GRADLE_* JAVA_* MAVEN_* NODE_* NPM_* NUGET_* PERL* PIP_* POETRY_*
     PYTHON* RUBY* RUST* TWINE_* UV_* YARN_*",
    // Databases
    "DATABASE_* DB_* MONGO* MYSQL_* PG* POSTGRES_* REDIS_*",
    // Monitoring and AI services
    "ANTHROPIC_* DATADOG_* DD_* HF_* NEW_RELIC_* OPENAI_* OTEL_* SENTRY_*",
    // System
    "BASH_* CURL_* DYLD_* GPG_* HOME LD_* PATH SSH_* SSL_*",
    // Proxies
    "ALL_PROXY HTTPS_* HTTP_* NO_PROXY",
];

/// Credentials of programs whose other variables can belong to a document.
const FOREIGN_CREDENTIALS: &str = "\
    AIRTABLE_API_KEY ASANA_ACCESS_TOKEN DROPBOX_ACCESS_TOKEN FACEBOOK_ACCESS_TOKEN \
    HUBSPOT_ACCESS_TOKEN HUBSPOT_API_KEY JIRA_API_TOKEN MAILCHIMP_API_KEY MAILGUN_API_KEY \
    SENDGRID_API_KEY SHOPIFY_ACCESS_TOKEN SHOPIFY_API_KEY SLACK_API_TOKEN SLACK_APP_TOKEN \
    SLACK_BOT_TOKEN SLACK_SIGNING_SECRET SLACK_TOKEN SLACK_WEBHOOK_URL STRIPE_API_KEY \
    STRIPE_SECRET_KEY TWILIO_AUTH_TOKEN ZENDESK_API_TOKEN";

/// Whether a variable belongs to another program, to ocon or to the CI system. ocon does not propose such a
/// name. Files may read those that are not [reserved](super::secrets).
pub(crate) fn is_foreign_variable(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let matches = |pattern: &str| match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == pattern,
    };
    foreign().any(matches)
        || FOREIGN_CREDENTIALS.split_whitespace().any(|credential| credential == name)
        || secrets::is_reserved_variable(&name)
}

/// Whether a pattern of `--env-allow` matches variables of other programs.
pub(crate) fn is_too_broad_pattern(pattern: &str) -> bool {
    let pattern = pattern.to_ascii_uppercase();
    let Some((prefix, _)) = pattern.split_once('*') else { return is_foreign_variable(&pattern) };
    foreign().any(|foreign| match foreign.strip_suffix('*') {
        Some(foreign) => foreign.starts_with(prefix) || prefix.starts_with(foreign),
        None => foreign.starts_with(prefix),
    })
}

fn foreign() -> impl Iterator<Item = &'static str> {
    FOREIGN.iter().flat_map(|group| group.split_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_that_matches_other_programs_is_too_broad() {
        for pattern in
            ["*", "A*", "AWS_*", "aws_*", "AWS_SECRET*", "KUBE*", "*_TOKEN", "CI_*", "P*"]
        {
            assert!(is_too_broad_pattern(pattern), "{pattern}");
        }
        for store in ["AGE_*", "BAO_*", "OP_*", "OP_SERVICE_*", "SOPS_*", "VAULT_*"] {
            assert!(is_too_broad_pattern(store), "{store}");
        }
        for pattern in ["HOOTSUITE_*", "SLACK_*", "SERVICENOW_DESK_PASSWORD", "MY_*"] {
            assert!(!is_too_broad_pattern(pattern), "{pattern}");
        }
    }
}
