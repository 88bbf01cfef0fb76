//! The types of the desired state.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as JsonValue, json};

use super::canonical_json::{canonical, with_exact_integers};
use crate::catalog::{ConnectorFacts, HostRole};
use crate::instance::{
    ConnectorKey, EventSettings, InstanceId, Json, Key, Secrecy, Secret, SecretReference,
    SecretSource, Span, Template, Value, WebhookUrlForm,
};

/// The normalized content of all files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Desired {
    /// One entry per document.
    pub instances: BTreeMap<Key, DesiredInstance>,
}

/// The desired state of one instance: one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredInstance {
    /// The beginning of the document.
    pub at: Span,
    /// The connector.
    pub connector: ConnectorKey,
    /// The facts that the catalog has about the connector.
    pub facts: ConnectorFacts,
    /// The display name.
    pub name: String,
    /// The tags, or `None` if the file does not manage them.
    pub tags: Option<BTreeSet<String>>,
    /// The declared configuration values.
    pub configuration: BTreeMap<String, DeclaredValue>,
    /// The authorization grant for a create. It is never compared.
    pub provider_data: BTreeMap<String, Grant>,
    /// `initial` if a create uses a refresh token.
    pub external_authentication: Option<String>,
    /// Whether the instance should be enabled, or `None` if the file does not manage that.
    pub enabled: Option<bool>,
    /// The existing instance to adopt.
    pub adopt: Option<Adopt>,
    /// The previous document keys of this document. No other document has or names any of them.
    pub moved_from: BTreeSet<Key>,
    /// The protection of the instance and its ignored fields.
    pub lifecycle: Lifecycle,
}

/// A declared configuration value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredValue {
    /// The value.
    pub value: Value,
    /// Whether it may be shown.
    pub secrecy: Secrecy,
    /// Whether the platform itself writes the key. If so, the value is sent on create only
    /// (docs/platform.md#configuration-values).
    pub platform_written: bool,
    /// Whether the value is a secret that the platform shows in plain text under this key.
    pub is_shown_by_platform: bool,
    /// How the key affects which host receives the credentials.
    pub host_role: HostRole,
    /// The location of the value.
    pub at: Span,
}

/// A declared `providerData` value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The value.
    pub value: Json,
    /// The location of the value.
    pub at: Span,
}

/// The `id:` of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adopt {
    /// The instance to adopt.
    pub id: InstanceId,
    /// The location of the ID.
    pub at: Span,
}

/// The `lifecycle:` of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lifecycle {
    /// Whether the instance must never be deleted.
    pub protect: bool,
    /// The fields that are sent on create and not compared later.
    pub ignore: Vec<IgnoredField>,
}

/// A field that is not compared after the create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IgnoredField {
    /// The field as a plan shows it: `name`, `tags` or `configuration.<key>`.
    pub path: String,
    /// The reason, for readers of the file.
    pub reason: String,
    /// The last day on which it applies (UTC), `YYYY-MM-DD`.
    pub until: Option<String>,
    /// The location of the entry.
    pub at: Span,
}

/// References to secrets that have no value, each with the location of the field that needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnsetSecrets {
    /// Those of compared fields, which cannot be verified or written without them.
    pub configuration: Vec<(Span, SecretSource)>,
    /// Those that only a create or a re-authentication needs: in `providerData` and in keys that the
    /// platform writes itself.
    pub provider_data: Vec<(Span, SecretSource)>,
}

impl Desired {
    /// The configuration keys that any document declares. No other key needs to be read.
    pub fn declared_keys(&self) -> BTreeSet<String> {
        self.instances.values().flat_map(|wanted| wanted.configuration.keys()).cloned().collect()
    }

    /// Whether any document refers to an environment variable.
    pub(crate) fn refers_to_environment(&self) -> bool {
        self.sources().any(|source| matches!(source, SecretSource::Env(_)))
    }

    /// The secret files that documents refer to, as paths below the secrets folder, each with the
    /// fields that refer to it.
    pub(crate) fn secret_files(&self) -> BTreeMap<&str, BTreeSet<&Span>> {
        let mut files: BTreeMap<&str, BTreeSet<&Span>> = BTreeMap::new();
        for (template, at) in self.instances.values().flat_map(DesiredInstance::templates) {
            for reference in template.secrets() {
                if let SecretSource::File(path) = &reference.source {
                    files.entry(path).or_default().insert(at);
                }
            }
        }
        files
    }

    /// The references to secrets that are set, with their values.
    pub(crate) fn values_of_references(&self) -> impl Iterator<Item = (&SecretSource, &Secret)> {
        self.references()
            .filter_map(|reference| Some((&reference.source, reference.value.as_ref()?)))
    }

    /// The sources of secrets that documents refer to.
    pub fn sources(&self) -> impl Iterator<Item = &SecretSource> {
        self.references().map(|reference| &reference.source)
    }

    fn references(&self) -> impl Iterator<Item = &SecretReference> {
        let templates = self.instances.values().flat_map(DesiredInstance::templates);
        templates.flat_map(|(template, _)| template.secrets())
    }

    /// The unset secrets of all documents.
    pub fn unset_secrets(&self) -> UnsetSecrets {
        let mut all = UnsetSecrets::default();
        self.instances.values().for_each(|wanted| wanted.add_unset_secrets(&mut all));
        all
    }
}

impl DesiredInstance {
    /// All values with references, in the order of their keys, each with its location.
    fn templates(&self) -> impl Iterator<Item = (&Template, &Span)> {
        let configuration = self.configuration.values();
        let configuration = configuration.map(|field| (field.value.templates(), &field.at));
        let grants = self.provider_data.values().map(|grant| (grant.value.templates(), &grant.at));
        let values = configuration.chain(grants);
        values.flat_map(|(templates, at)| templates.into_iter().map(move |template| (template, at)))
    }

    /// The declared settings that decide how events arrive.
    pub(crate) fn event_settings(&self) -> EventSettings {
        EventSettings::declared(self.facts.events, |key| {
            let text = self.configuration.get(key)?.value.render_secrets()?;
            Some(text.expose().to_owned())
        })
    }

    /// The unset secrets of this document.
    pub fn unset_secrets(&self) -> UnsetSecrets {
        let mut secrets = UnsetSecrets::default();
        self.add_unset_secrets(&mut secrets);
        secrets
    }

    fn add_unset_secrets(&self, UnsetSecrets { configuration, provider_data }: &mut UnsetSecrets) {
        for field in self.configuration.values() {
            let list =
                if field.platform_written { &mut *provider_data } else { &mut *configuration };
            list.extend(unset(field.value.templates(), &field.at));
        }
        for grant in self.provider_data.values() {
            provider_data.extend(unset(grant.value.templates(), &grant.at));
        }
    }

    /// The canonical JSON (RFC 8785) of the document, the input of its fingerprint. Public variables
    /// are substituted, other references stay text, scalars are strings, and tags are sorted. The keys
    /// that only steer ocon and the grant are omitted.
    pub fn canonical_json(&self) -> String {
        let configuration = self.configuration.iter();
        let configuration: Map<String, JsonValue> = configuration
            .map(|(key, field)| (key.clone(), with_exact_integers(field.value.as_written())))
            .collect();
        let mut document = json!({
            "configuration": configuration,
            "element": self.connector.as_str(),
            "externalAuthentication": self.external_authentication,
            "name": self.name,
            "tags": self.tags,
        });
        if let Some(form) = self.uncommon_webhook_url_form() {
            document["webhookUrlForm"] = form.as_str().into();
        }
        canonical(&document)
    }

    /// The form of the webhook URL, if a value refers to it. The most common form is omitted, so that
    /// documents have the fingerprints that they had before there were others.
    fn uncommon_webhook_url_form(&self) -> Option<WebhookUrlForm> {
        let refers = self.configuration.values().any(|field| field.value.refers_to_webhook_url());
        let form = self.facts.events.webhook_url.form().filter(|_| refers);
        form.filter(|form| *form != WebhookUrlForm::Base64)
    }
}

fn unset<'t>(
    templates: Vec<&'t Template>,
    at: &'t Span,
) -> impl Iterator<Item = (Span, SecretSource)> + 't {
    let secrets = templates.into_iter().flat_map(Template::secrets);
    let unset = secrets.filter(|reference| reference.value.is_none());
    unset.map(|reference| (at.clone(), reference.source.clone()))
}
