//! A text with references, as the file says it.

use std::fmt;

use super::{BaseUrl, ConnectorKey, InstanceId, Secret};

/// A text whose references are resolved as far as the environment allows.
///
/// `${{ var.… }}` is public and substituted when the file is read; what remains are secrets, which
/// may be unset, and references to the instance itself, which are known once it exists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

/// A piece of a [`Template`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Public text.
    Text(String),
    /// A secret from outside the repository.
    Secret(SecretReference),
    /// Something that is known once the instance exists.
    Instance(InstanceReference),
}

/// A reference to a secret, with its value where the environment has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretReference {
    /// Where the value comes from.
    pub source: SecretSource,
    /// The value; `None` when it is unset, empty or was not asked for.
    pub value: Option<Secret>,
}

/// Where a secret comes from, displayed `env.NAME` or `file.PATH`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretSource {
    /// An environment variable.
    Env(String),
    /// A file below the secrets folder.
    File(String),
    /// A person, who grants it while ocon runs. No file can say so.
    Authorization,
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env.{name}"),
            Self::File(path) => write!(f, "file.{path}"),
            Self::Authorization => f.write_str("granted by a person"),
        }
    }
}

/// A reference to the instance that the value belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InstanceReference {
    /// `${{ instance.id }}`: the decimal id.
    Id,
    /// `${{ instance.id_base64 }}`: Base64 of the decimal id.
    IdBase64,
    /// `${{ instance.webhook_url }}`: `<base url>/events/<connector>/<id_base64>`.
    WebhookUrl,
}

impl InstanceReference {
    /// The reference as a file says it.
    pub fn as_written(self) -> &'static str {
        match self {
            Self::Id => "${{ instance.id }}",
            Self::IdBase64 => "${{ instance.id_base64 }}",
            Self::WebhookUrl => "${{ instance.webhook_url }}",
        }
    }
}

/// What a reference to the instance itself needs to know.
#[derive(Clone, Copy, Debug)]
pub struct RenderContext<'a> {
    /// Base URL of the API.
    pub base_url: &'a BaseUrl,
    /// The instance's connector.
    pub connector: &'a ConnectorKey,
    /// The instance, or `None` before it exists: then references give their placeholder.
    pub id: Option<InstanceId>,
}

impl RenderContext<'_> {
    /// The address at which the platform takes this instance's events from the provider; without
    /// an id the connector's address, which is the placeholder that a create sends.
    pub fn webhook_url(&self) -> String {
        let common = format!("{}/events/{}", self.base_url, self.connector);
        self.id.map_or(common.clone(), |id| format!("{common}/{}", id.base64()))
    }

    fn resolve(&self, reference: InstanceReference) -> String {
        match reference {
            InstanceReference::WebhookUrl => self.webhook_url(),
            InstanceReference::Id => self.id.map(|id| id.to_string()).unwrap_or_default(),
            InstanceReference::IdBase64 => self.id.map(InstanceId::base64).unwrap_or_default(),
        }
    }

    /// The reference as a reader of a plan sees it; `{…}` stands for what a create will assign.
    fn describe(&self, reference: InstanceReference) -> String {
        match (self.id, reference) {
            (Some(_), _) => self.resolve(reference),
            (None, InstanceReference::WebhookUrl) => {
                format!("{}/{{base64(id)}}", self.webhook_url())
            }
            (None, InstanceReference::Id) => "{id}".to_owned(),
            (None, InstanceReference::IdBase64) => "{base64(id)}".to_owned(),
        }
    }
}

impl Template {
    /// A template of these pieces.
    pub fn new(parts: Vec<Part>) -> Self {
        Self { parts }
    }

    /// A template without references.
    pub fn text(text: impl Into<String>) -> Self {
        Self::new(vec![Part::Text(text.into())])
    }

    /// The pieces, in the order of the text.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The references to secrets, in the order of the text.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretReference> {
        self.parts.iter().filter_map(|part| match part {
            Part::Secret(reference) => Some(reference),
            Part::Text(_) | Part::Instance(_) => None,
        })
    }

    /// Whether a reference to the instance itself occurs.
    pub fn refers_to_instance(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Instance(_)))
    }

    /// The full text at `place`, or `None` when a secret is unset.
    pub fn render(&self, place: &RenderContext<'_>) -> Option<Secret> {
        self.expand(&|reference| place.resolve(reference))
    }

    /// The text with its secrets, and the references to the instance as they are written: the same
    /// before and after a create. `None` when a secret is unset.
    pub fn render_unplaced(&self) -> Option<Secret> {
        self.expand(&|reference| reference.as_written().to_owned())
    }

    fn expand(&self, own: &dyn Fn(InstanceReference) -> String) -> Option<Secret> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(piece) => text.push_str(piece),
                Part::Secret(reference) => text.push_str(reference.value.as_ref()?.expose()),
                Part::Instance(reference) => text.push_str(&own(*reference)),
            }
        }
        Some(Secret::new(text))
    }

    /// The text as a file says it, with its references as text.
    pub fn as_written(&self) -> String {
        let piece = |part: &Part| match part {
            Part::Text(piece) => piece.replace("${{", "$${{"),
            Part::Secret(reference) => format!("${{{{ {} }}}}", reference.source),
            Part::Instance(reference) => reference.as_written().to_owned(),
        };
        self.parts.iter().map(piece).collect()
    }

    /// The text for a reader, or `None` when a secret occurs in it.
    pub fn describe(&self, place: &RenderContext<'_>) -> Option<String> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(piece) => text.push_str(piece),
                Part::Secret(_) => return None,
                Part::Instance(reference) => text.push_str(&place.describe(*reference)),
            }
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(value: Option<&str>) -> Part {
        Part::Secret(SecretReference {
            source: SecretSource::Env("A".into()),
            value: value.map(Secret::new),
        })
    }

    #[test]
    fn a_webhook_url_is_a_placeholder_until_the_id_is_known() {
        let base_url = BaseUrl::new("https://api.example/elements/api-v2/");
        let connector = "hootsuite".parse().unwrap();
        let before = RenderContext { base_url: &base_url, connector: &connector, id: None };
        let after = RenderContext { id: Some(InstanceId::new(20931)), ..before };
        let template = Template::new(vec![Part::Instance(InstanceReference::WebhookUrl)]);
        let render = |place| template.render(place).unwrap().expose().to_owned();
        assert_eq!(render(&before), "https://api.example/elements/api-v2/events/hootsuite");
        assert_eq!(render(&after), "https://api.example/elements/api-v2/events/hootsuite/MjA5MzE=");
        assert_eq!(
            template.describe(&before).unwrap(),
            "https://api.example/elements/api-v2/events/hootsuite/{base64(id)}"
        );
    }

    #[test]
    fn a_text_with_a_secret_is_rendered_for_requests_and_never_described() {
        let base_url = BaseUrl::new("https://api.example");
        let connector = "slack".parse().unwrap();
        let place = RenderContext { base_url: &base_url, connector: &connector, id: None };
        let template = |value| Template::new(vec![Part::Text("user:".into()), secret(value)]);
        assert_eq!(template(Some("pw")).render(&place).unwrap().expose(), "user:pw");
        assert_eq!(template(None).render(&place), None);
        assert_eq!(template(Some("pw")).describe(&place), None);
    }
}
