//! Decides how a file represents each configuration key.

use serde_json::Value as Node;

use super::interface::{Candidate, ImportContext};
use crate::catalog::{
    ConnectorSpec, FieldKind, PropertySpec, Requirement, named_like_a_secret, platform_written,
};
use crate::instance::{RenderContext, Secrecy, StoredValue, json_valued};

/// How a file represents a configuration key. If the loader rejects one representation,
/// [`Representation::fallback`] is the next to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Representation {
    /// A boolean, a number, a map or a list.
    Typed,
    Text,
    /// A reference to the instance's own webhook URL.
    WebhookUrl,
    Variable,
    /// A comment with a reference to a variable.
    Comment,
    Omitted,
}

#[derive(Debug)]
pub(super) struct ConfigurationField<'a> {
    pub(super) key: &'a str,
    pub(super) seen: &'a StoredValue,
    pub(super) representation: Representation,
    /// Why the file does not contain the value.
    pub(super) reason: Option<String>,
}

#[derive(Clone, Copy)]
pub(super) struct Classifier<'a> {
    pub(super) candidate: &'a Candidate,
    pub(super) shape: Option<&'a ConnectorSpec>,
    pub(super) context: &'a ImportContext<'a>,
}

impl Representation {
    pub(super) fn fallback(self, is_plain_text_secret: bool) -> Self {
        match self {
            Self::Typed | Self::Text if is_plain_text_secret => Self::Variable,
            Self::Typed => Self::Text,
            Self::Variable => Self::Comment,
            Self::Text | Self::WebhookUrl | Self::Comment | Self::Omitted => Self::Omitted,
        }
    }
}

impl<'a> ConfigurationField<'a> {
    pub(super) fn text(&self) -> Option<&'a str> {
        match self.seen {
            StoredValue::Text(text) => Some(text.expose()),
            StoredValue::Unset | StoredValue::Masked => None,
        }
    }
}

impl<'a> Classifier<'a> {
    /// The keys that the file contains, or that are reported as omitted.
    pub(super) fn fields(&self) -> Vec<ConfigurationField<'a>> {
        let keys = self.candidate.found.configuration.iter();
        let keys = keys.filter(|(key, seen)| {
            **seen != StoredValue::Unset && !self.is_written_by_platform(key)
        });
        let fields = keys.filter_map(|(key, seen)| {
            let (representation, reason) = self.classify(key, seen)?;
            Some(ConfigurationField { key, seen, representation, reason })
        });
        fields.collect()
    }

    fn is_written_by_platform(&self, key: &str) -> bool {
        platform_written(key) || self.property(key).is_some_and(|known| known.platform_written)
    }

    /// The first representation to try. `None` if the value is the connector's default.
    fn classify(&self, key: &str, seen: &StoredValue) -> Option<(Representation, Option<String>)> {
        if !is_key(key) {
            let reason = "it is not a valid configuration key".to_owned();
            return Some((Representation::Omitted, Some(reason)));
        }
        let StoredValue::Text(text) = seen else {
            let is_needed = self.is_needed(key);
            let representation =
                if is_needed { Representation::Variable } else { Representation::Comment };
            return Some((representation, None));
        };
        let text = text.expose();
        let default = self.property(key).and_then(|known| known.default.as_deref());
        if default.is_some_and(|default| self.is_same(key, default, text)) {
            return None;
        }
        Some(match self.secrecy(key) {
            Secrecy::Secret => (Representation::Variable, None),
            _ if (self.context.holds_secret)(text) || grants_access(text) => {
                (Representation::Variable, None)
            }
            Secrecy::Unknown if self.shape.is_some() => {
                let reason = "the connector does not document this key".to_owned();
                (Representation::Omitted, Some(reason))
            }
            Secrecy::Unknown => (Representation::Comment, None),
            Secrecy::Public if self.is_own_webhook_url(text) => (Representation::WebhookUrl, None),
            Secrecy::Public => (Representation::Typed, None),
        })
    }

    /// Whether the value is a secret. A property of the connector that the catalog's table of keys
    /// does not contain is one that many connectors share.
    fn secrecy(&self, key: &str) -> Secrecy {
        match (self.context.catalog.secrecy(&self.candidate.connector, key), self.property(key)) {
            (Secrecy::Secret, _) => Secrecy::Secret,
            (_, Some(known)) if known.secret => Secrecy::Secret,
            (_, Some(_)) => Secrecy::Public,
            (secrecy, None) => secrecy,
        }
    }

    fn is_needed(&self, key: &str) -> bool {
        let Some(known) =
            self.property(key).filter(|known| known.requirement != Requirement::Optional)
        else {
            return false;
        };
        known.when.as_ref().is_none_or(|when| {
            let stored = self.candidate.found.configuration(&when.key);
            matches!(stored, StoredValue::Text(text) if text.expose().eq_ignore_ascii_case(&when.value))
        })
    }

    fn is_same(&self, key: &str, default: &str, text: &str) -> bool {
        let parse = |text| serde_json::from_str::<Node>(text).ok();
        default == text
            || (self.is_json(key)
                && parse(default).is_some_and(|default| Some(default) == parse(text)))
    }

    /// The value in the type of its field: a boolean, a number, a map, a list or a text.
    pub(super) fn typed(&self, key: &str, text: &str) -> Node {
        let kind = self.property(key).map(|known| known.kind);
        let typed = match kind {
            Some(FieldKind::Boolean) => boolean(text),
            Some(FieldKind::Integer) => number(text),
            _ if self.is_json(key) => map_or_list(text),
            Some(_) => None,
            None => boolean(text).or_else(|| number(text)),
        };
        typed.unwrap_or_else(|| text.into())
    }

    fn is_json(&self, key: &str) -> bool {
        json_valued(key) || self.property(key).is_some_and(|known| known.kind == FieldKind::Json)
    }

    fn property(&self, key: &str) -> Option<&PropertySpec> {
        self.shape?.properties.get(key)
    }

    pub(super) fn render_context(&self) -> RenderContext<'a> {
        let id = Some(self.candidate.found.id);
        RenderContext { base_url: self.context.base_url, connector: &self.candidate.connector, id }
    }

    fn is_own_webhook_url(&self, text: &str) -> bool {
        let Candidate { found, connector, .. } = self.candidate;
        let form = (self.context.event_support)(connector).webhook_url.form();
        form.is_some_and(|form| text == form.url(self.context.base_url, connector, Some(found.id)))
    }
}

/// Whether the key looks like one of a connector. Other keys are not even written to a comment.
fn is_key(key: &str) -> bool {
    let harmless = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    key.len() <= 100
        && key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.chars().all(harmless)
}

/// Whether a URL grants access by itself: it contains user information or a token, or belongs to a
/// service whose webhook paths are secret.
fn grants_access(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let parameters = rest.split(['?', '&', '#', ';']).skip(1);
    let secret_paths = ["hooks.slack.com", "discord.com", "outlook.office.com", "hooks.zapier.com"];
    authority.contains('@')
        || secret_paths.contains(&authority)
        || authority.ends_with(".webhook.office.com")
        || parameters.filter_map(|part| part.split_once('=')).any(|(name, value)| {
            !value.is_empty()
                && (named_like_a_secret(name) || matches!(name, "sig" | "key" | "code"))
        })
}

fn boolean(text: &str) -> Option<Node> {
    text.parse::<bool>().ok().map(Node::from)
}

/// An integer whose decimal form is exactly the text.
fn number(text: &str) -> Option<Node> {
    let number = text.parse::<i64>().ok()?;
    (number.to_string() == text).then(|| number.into())
}

fn map_or_list(text: &str) -> Option<Node> {
    let document: Node = serde_json::from_str(text).ok()?;
    (document.is_object() || document.is_array()).then_some(document)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_grants_access_is_a_secret() {
        for secret in [
            "https://me:pass@a.example/x",
            "https://a.example/hook?x=1&token=abc",
            "https://a.example/hook?sig=abc",
            "https://a.example/#access_token=abc",
        ] {
            assert!(grants_access(secret), "{secret}");
        }
        for plain in
            ["https://a.example/x?y=1", "me@a.example", "https://a.example/a@b", "?token=x"]
        {
            assert!(!grants_access(plain), "{plain}");
        }
    }
}
