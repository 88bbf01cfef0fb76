//! The expected state of the platform, computed from the documents alone.
//!
//! In: documents as a test writes them, and the sandbox's own file. Out: what differs. It shares no
//! code with the planner or the client: it is the second opinion on what an apply left behind.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::support::{BASE_URL, PROJECT};

/// A document of the files.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) key: String,
    pub(crate) connector: &'static str,
    pub(crate) name: String,
    pub(crate) tags: Option<Vec<String>>,
    pub(crate) values: BTreeMap<&'static str, Value>,
    /// Whether it has an authorization grant.
    pub(crate) grant: bool,
    pub(crate) enabled: Option<bool>,
    pub(crate) id: Option<u64>,
}

/// A declared value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    /// The variable that holds it.
    Secret(String),
    /// The webhook URL of the instance itself.
    Webhook,
}

/// The variables, and what they hold.
pub(crate) type Variables = BTreeMap<String, String>;

/// An instance as the sandbox stores it, with secrets in plain text.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) connector: String,
    pub(crate) tags: Vec<String>,
    pub(crate) disabled: bool,
    pub(crate) configuration: BTreeMap<String, Option<String>>,
}

impl Document {
    /// A document that needs a POST and a PATCH: it has a value with its own id.
    pub(crate) fn social(key: &str) -> Self {
        let values = [
            ("event.notification.callback.url", Value::Webhook),
            ("event.notification.enabled", Value::text("true")),
            ("oauth.api.key", Value::secret("CLIENT_ID")),
            ("oauth.api.secret", Value::secret("CLIENT_SECRET")),
            ("oauth.callback.url", Value::text("https://app.example/")),
        ];
        Self { grant: true, ..Self::new(key, "hootsuite", values) }
    }

    /// A document with a secret, and without a grant.
    pub(crate) fn desk(key: &str) -> Self {
        let values = [
            ("password", Value::secret("DESK_PASSWORD")),
            ("servicenow.subdomain", Value::text("dev12345")),
            ("username", Value::text("admin")),
        ];
        Self::new(key, "servicenow", values)
    }

    fn new<const N: usize>(
        key: &str,
        connector: &'static str,
        values: [(&'static str, Value); N],
    ) -> Self {
        Self {
            key: key.to_owned(),
            connector,
            name: format!("The {key}"),
            tags: None,
            values: values.into(),
            grant: false,
            enabled: None,
            id: None,
        }
    }

    /// The file.
    pub(crate) fn yaml(&self) -> String {
        let mut text =
            format!("key: {}\nelement: {}\nname: {}\n", self.key, self.connector, self.name);
        if let Some(id) = self.id {
            writeln!(text, "id: {id}").unwrap();
        }
        if let Some(enabled) = self.enabled {
            writeln!(text, "enabled: {enabled}").unwrap();
        }
        if let Some(tags) = &self.tags {
            writeln!(text, "tags: [{}]", tags.join(", ")).unwrap();
        }
        text.push_str("configuration:\n");
        for (key, value) in &self.values {
            writeln!(text, "  {key}: {}", value.yaml()).unwrap();
        }
        if self.grant {
            text.push_str("providerData:\n  code: ${{ env.CODE }}\n");
        }
        text
    }

    /// The differences between this document and the platform.
    pub(crate) fn differences(&self, stored: &[Stored], variables: &Variables) -> Vec<String> {
        let instances_by_key: Vec<_> =
            stored.iter().filter(|found| found.is_for(&self.key)).collect();
        if let [found] = instances_by_key.as_slice() {
            return self.differs_from(found, variables);
        }
        let ids: Vec<_> = instances_by_key.iter().map(|found| found.id).collect();
        vec![format!("{} is carried by {ids:?}", self.key)]
    }

    /// The differences between this document and this instance.
    fn differs_from(&self, found: &Stored, variables: &Variables) -> Vec<String> {
        let mut differences = Vec::new();
        let mut differs = |what: &str, wanted: String, found: String| {
            if wanted != found {
                differences.push(format!("{}: {what} is {found}, not {wanted}", self.key));
            }
        };
        differs("id", self.id.unwrap_or(found.id).to_string(), found.id.to_string());
        differs("connector", self.connector.to_owned(), found.connector.clone());
        differs("name", self.name.clone(), found.name.clone());
        differs(
            "disabled",
            self.enabled.map_or(found.disabled, |enabled| !enabled).to_string(),
            found.disabled.to_string(),
        );
        if let Some(tags) = &self.tags {
            let mut tags = tags.clone();
            tags.sort();
            differs("tags", tags.join(" "), found.plain_tags().join(" "));
        }
        for (key, value) in &self.values {
            let stored = found.configuration.get(*key).cloned().flatten().unwrap_or_default();
            differs(key, value.on(self.connector, found.id, variables), stored);
        }
        differences
    }
}

impl Value {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    pub(crate) fn secret(variable: &str) -> Self {
        Self::Secret(variable.to_owned())
    }

    fn yaml(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Secret(variable) => format!("${{{{ env.{variable} }}}}"),
            Self::Webhook => "${{ instance.webhook_url }}".to_owned(),
        }
    }

    /// The value that the platform must store for it.
    fn on(&self, connector: &str, id: u64, variables: &Variables) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Secret(variable) => variables[variable].clone(),
            Self::Webhook => {
                format!("{BASE_URL}/events/{connector}/{}", STANDARD.encode(id.to_string()))
            }
        }
    }
}

impl Stored {
    /// Whether it carries this key in our project.
    pub(crate) fn is_for(&self, key: &str) -> bool {
        self.is_ours() && self.tags.contains(&format!("ocon:key={key}"))
    }

    pub(crate) fn is_ours(&self) -> bool {
        self.tags.contains(&format!("ocon:project={PROJECT}"))
    }

    fn plain_tags(&self) -> Vec<String> {
        let plain = self.tags.iter().filter(|tag| !tag.starts_with("ocon:"));
        let mut tags: Vec<_> = plain.cloned().collect();
        tags.sort();
        tags
    }
}

/// The ids that share a key with another of our instances.
pub(crate) fn duplicates(stored: &[Stored]) -> Vec<u64> {
    let key = |instance: &Stored| {
        instance.tags.iter().find(|tag| tag.starts_with("ocon:key=")).cloned().unwrap_or_default()
    };
    let ours: Vec<_> = stored.iter().filter(|instance| instance.is_ours()).collect();
    let shared =
        |one: &&&Stored| ours.iter().any(|other| other.id != one.id && key(other) == key(one));
    ours.iter().filter(shared).map(|instance| instance.id).collect()
}
