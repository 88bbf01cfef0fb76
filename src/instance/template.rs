//! Texts with references to secrets and to the instance itself.

use std::fmt;

use super::{BaseUrl, ConnectorKey, InstanceId, Secret, WebhookUrlForm};

/// The reference to the webhook URL in the syntax of files.
pub(crate) const WEBHOOK_URL_REFERENCE: &str = "${{ instance.webhook_url }}";

/// A text with references.
///
/// `${{ var.… }}` is public, so it is substituted when the file is read. References to secrets remain,
/// because a secret may be unset. References to the instance remain until the instance exists.
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
    /// A value that is known once the instance exists.
    Instance(InstanceReference),
}

/// A reference to a secret, with its value if it is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretReference {
    /// The source of the value.
    pub source: SecretSource,
    /// The value. `None` if it is unset, empty or was not looked up.
    pub value: Option<Secret>,
}

/// The source of a secret, displayed `env.NAME` or `file.PATH`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretSource {
    /// An environment variable.
    Env(String),
    /// A file in the secrets folder.
    File(String),
    /// A person who grants access while `ocon` runs. No file can declare this source.
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
    /// `${{ instance.id }}`: the decimal instance ID.
    Id,
    /// `${{ instance.id_base64 }}`: Base64 of the decimal instance ID.
    IdBase64,
    /// `${{ instance.webhook_url }}`: the URL to which the provider sends events, in the form of the
    /// connector.
    WebhookUrl(WebhookUrlForm),
}

impl InstanceReference {
    /// The reference in the syntax of files.
    pub(crate) fn as_written(self) -> &'static str {
        match self {
            Self::Id => "${{ instance.id }}",
            Self::IdBase64 => "${{ instance.id_base64 }}",
            Self::WebhookUrl(_) => WEBHOOK_URL_REFERENCE,
        }
    }

    /// The reference as it is digested: like in files, but with an uncommon form of the webhook URL,
    /// because the value changes with it.
    fn as_digested(self) -> String {
        match self {
            Self::WebhookUrl(form) if form != WebhookUrlForm::Base64 => {
                format!("{} ({form})", self.as_written())
            }
            _ => self.as_written().to_owned(),
        }
    }

    /// Whether the value is known only after the create.
    fn contains_id(self) -> bool {
        match self {
            Self::Id | Self::IdBase64 => true,
            Self::WebhookUrl(form) => form.contains_id(),
        }
    }
}

/// The values that references to the instance resolve to.
#[derive(Clone, Copy, Debug)]
pub struct RenderContext<'a> {
    /// Base URL of the API.
    pub base_url: &'a BaseUrl,
    /// The instance's connector.
    pub connector: &'a ConnectorKey,
    /// The instance ID. Before the instance exists it is `None`, and references resolve to placeholders.
    pub id: Option<InstanceId>,
}

impl RenderContext<'_> {
    fn resolve(&self, reference: InstanceReference) -> String {
        match reference {
            InstanceReference::WebhookUrl(form) => form.url(self.base_url, self.connector, self.id),
            InstanceReference::Id => self.id.map(|id| id.to_string()).unwrap_or_default(),
            InstanceReference::IdBase64 => self.id.map(InstanceId::base64).unwrap_or_default(),
        }
    }

    /// The reference as a plan shows it. `{…}` marks a value that the create will assign.
    fn describe(&self, reference: InstanceReference) -> String {
        let resolved = self.resolve(reference);
        match (self.id, reference) {
            (None, InstanceReference::WebhookUrl(WebhookUrlForm::Base64)) => {
                format!("{resolved}/{{base64(id)}}")
            }
            (None, InstanceReference::WebhookUrl(WebhookUrlForm::Raw)) => {
                format!("{resolved}/{{id}}")
            }
            (None, InstanceReference::Id) => "{id}".to_owned(),
            (None, InstanceReference::IdBase64) => "{base64(id)}".to_owned(),
            (Some(_), _) | (None, InstanceReference::WebhookUrl(WebhookUrlForm::WithoutId)) => {
                resolved
            }
        }
    }
}

impl Template {
    /// Creates a template from its parts.
    pub fn new(parts: Vec<Part>) -> Self {
        Self { parts }
    }

    /// Creates a template without references.
    pub fn text(text: impl Into<String>) -> Self {
        Self::new(vec![Part::Text(text.into())])
    }

    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The references to secrets, in the order of the text.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &SecretReference> {
        self.parts.iter().filter_map(|part| match part {
            Part::Secret(reference) => Some(reference),
            Part::Text(_) | Part::Instance(_) => None,
        })
    }

    /// Whether the text contains the webhook URL of the instance.
    pub(crate) fn refers_to_webhook_url(&self) -> bool {
        let is_url = |part: &Part| matches!(part, Part::Instance(InstanceReference::WebhookUrl(_)));
        self.parts.iter().any(is_url)
    }

    /// Whether the text contains the instance ID, so that it is known only after the create.
    pub(crate) fn refers_to_instance(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Instance(own) if own.contains_id()))
    }

    /// The full text, or `None` if a secret is unset.
    pub(crate) fn render(&self, context: &RenderContext<'_>) -> Option<Secret> {
        self.expand(&|reference| context.resolve(reference))
    }

    /// The text with its secrets and with unresolved references to the instance, as it is digested. It is
    /// the same before and after a create. `None` if a secret is unset.
    pub(crate) fn render_secrets(&self) -> Option<Secret> {
        self.expand(&|reference| reference.as_digested())
    }

    fn expand(&self, resolve: &dyn Fn(InstanceReference) -> String) -> Option<Secret> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(piece) => text.push_str(piece),
                Part::Secret(reference) => text.push_str(reference.value.as_ref()?.expose()),
                Part::Instance(reference) => text.push_str(&resolve(*reference)),
            }
        }
        Some(Secret::new(text))
    }

    /// The text in the syntax of files, with unresolved references.
    pub(crate) fn as_written(&self) -> String {
        let written = |part: &Part| match part {
            Part::Text(piece) => piece.replace("${{", "$${{"),
            Part::Secret(reference) => format!("${{{{ {} }}}}", reference.source),
            Part::Instance(reference) => reference.as_written().to_owned(),
        };
        self.parts.iter().map(written).collect()
    }

    /// The text as a plan shows it, or `None` if it contains a secret.
    pub(crate) fn describe(&self, context: &RenderContext<'_>) -> Option<String> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(piece) => text.push_str(piece),
                Part::Secret(_) => return None,
                Part::Instance(reference) => text.push_str(&context.describe(*reference)),
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
    fn a_webhook_url_is_a_placeholder_until_the_instance_id_is_known() {
        let base_url = BaseUrl::new("https://api.example/elements/api-v2/");
        let connector = "hootsuite".parse().unwrap();
        let before = RenderContext { base_url: &base_url, connector: &connector, id: None };
        let after = RenderContext { id: Some(InstanceId::new(20931)), ..before };
        let template = Template::new(vec![Part::Instance(InstanceReference::WebhookUrl(
            WebhookUrlForm::Base64,
        ))]);
        let render = |context| template.render(context).unwrap().expose().to_owned();
        assert_eq!(render(&before), "https://api.example/elements/api-v2/events/hootsuite");
        assert_eq!(render(&after), "https://api.example/elements/api-v2/events/hootsuite/MjA5MzE=");
        assert_eq!(
            template.describe(&before).unwrap(),
            "https://api.example/elements/api-v2/events/hootsuite/{base64(id)}"
        );
    }

    #[test]
    fn a_text_with_a_secret_is_rendered_for_requests_only() {
        let base_url = BaseUrl::new("https://api.example");
        let connector = "slack".parse().unwrap();
        let context = RenderContext { base_url: &base_url, connector: &connector, id: None };
        let template = |value| Template::new(vec![Part::Text("user:".into()), secret(value)]);
        assert_eq!(template(Some("pw")).render(&context).unwrap().expose(), "user:pw");
        assert_eq!(template(None).render(&context), None);
        assert_eq!(template(Some("pw")).describe(&context), None);
    }
}
