//! Wanted configuration values, and their comparison with stored ones.

use std::collections::BTreeMap;

use serde_json::Number;

use super::{ExactJson, RenderContext, Secret, SecretReference, Template};

/// A wanted configuration value. Booleans and numbers are texts, because the platform stores texts
/// (docs/platform.md#configuration-values).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `null` in the file: the value must not be set.
    Unset,
    /// A text, boolean or number.
    Text(Template),
    /// A map or list. It is sent as JSON text and compared by structure.
    Json(Json),
}

/// A JSON document whose texts may contain references.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    Text(Template),
    /// A list.
    List(Vec<Json>),
    /// A map.
    Map(BTreeMap<String, Json>),
}

/// Whether a field's values may be shown. If nothing is known, only the wanted value is shown, which
/// is in the file anyway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrecy {
    /// Neither value may be shown.
    Secret,
    /// The catalog declares the key as public, so both values may be shown.
    Public,
    /// Only the wanted value may be shown.
    Unknown,
}

/// Whether the platform stores a JSON document as text under this key. Two texts with the same
/// structure are then the same value.
pub fn json_valued(key: &str) -> bool {
    matches!(key, "event.poller.configuration" | "event.metadata")
}

impl Value {
    /// Creates a text without references.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(Template::text(text))
    }

    /// The text to send, or `None` if a secret in it is unset.
    pub fn render(&self, context: &RenderContext<'_>) -> Option<Secret> {
        match self {
            Self::Unset => Some(Secret::new("")),
            Self::Text(template) => template.render(context),
            Self::Json(json) => Some(Secret::new(json.render(context)?.to_string())),
        }
    }

    /// The text with its secrets and with unresolved references to the instance. `None` if a secret is
    /// unset.
    pub(crate) fn render_secrets(&self) -> Option<Secret> {
        match self {
            Self::Unset => Some(Secret::new("")),
            Self::Text(template) => template.render_secrets(),
            Self::Json(json) => {
                let document = json
                    .build(&mut |template| Some(template.render_secrets()?.expose().to_owned()))?;
                Some(Secret::new(document.to_string()))
            }
        }
    }

    /// The value in the syntax of files, with unresolved references and with scalars as strings.
    pub(crate) fn as_written(&self) -> serde_json::Value {
        match self {
            Self::Unset => serde_json::Value::Null,
            Self::Text(template) => template.as_written().into(),
            Self::Json(json) => {
                // The closure always returns a text, so the document is never null.
                json.build(&mut |template| Some(template.as_written())).unwrap_or_default()
            }
        }
    }

    /// The text as a plan shows it, with indented JSON. `None` if it contains a secret.
    pub(crate) fn describe(&self, context: &RenderContext<'_>) -> Option<String> {
        match self {
            Self::Unset => Some(String::new()),
            Self::Text(template) => template.describe(context),
            Self::Json(json) => {
                let document = json.build(&mut |template| template.describe(context))?;
                Some(format!("{document:#}"))
            }
        }
    }

    /// Compares the value with the one that is stored under `key`.
    pub fn compare(
        &self,
        key: &str,
        stored: &StoredValue,
        context: &RenderContext<'_>,
    ) -> ValueComparison {
        let (Some(wanted), false) = (self.render(context), self.is_hidden_by(stored)) else {
            return ValueComparison::Unknown;
        };
        let same = match stored {
            StoredValue::Masked | StoredValue::Unset => wanted.expose().is_empty(),
            StoredValue::Text(text) => wanted == *text || self.same_document(key, &wanted, text),
        };
        if same { ValueComparison::Same } else { ValueComparison::Different }
    }

    /// A mask may hide an unset value, so only a wanted value that is unset can be compared with it.
    fn is_hidden_by(&self, stored: &StoredValue) -> bool {
        *stored == StoredValue::Masked && *self != Self::Unset
    }

    fn same_document(&self, key: &str, wanted: &Secret, stored: &Secret) -> bool {
        if !json_valued(key) && !matches!(self, Self::Json(_)) {
            return false;
        }
        let parse = |text: &Secret| ExactJson::parse(text.expose());
        matches!((parse(wanted), parse(stored)), (Some(wanted), Some(stored)) if wanted == stored)
    }

    /// The templates in the value, in order.
    pub(crate) fn templates(&self) -> Vec<&Template> {
        match self {
            Self::Unset => Vec::new(),
            Self::Text(template) => vec![template],
            Self::Json(json) => json.templates(),
        }
    }

    /// The references to secrets.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretReference> {
        self.templates().into_iter().flat_map(Template::secrets)
    }

    /// Whether a secret in the value is not set.
    pub(crate) fn has_unset_secret(&self) -> bool {
        self.secrets().any(|reference| reference.value.is_none())
    }

    /// Whether the value contains the webhook URL of the instance.
    pub(crate) fn refers_to_webhook_url(&self) -> bool {
        self.templates().into_iter().any(Template::refers_to_webhook_url)
    }

    pub(crate) fn refers_to_instance(&self) -> bool {
        self.templates().into_iter().any(Template::refers_to_instance)
    }
}

impl Json {
    /// The document with resolved references, or `None` if a secret in it is unset.
    pub(crate) fn render(&self, context: &RenderContext<'_>) -> Option<serde_json::Value> {
        self.build(&mut |template| {
            template.render(context).map(|secret| secret.expose().to_owned())
        })
    }

    fn build(
        &self,
        text: &mut impl FnMut(&Template) -> Option<String>,
    ) -> Option<serde_json::Value> {
        Some(match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(flag) => (*flag).into(),
            Self::Number(number) => serde_json::Value::Number(number.clone()),
            Self::Text(template) => text(template)?.into(),
            Self::List(items) => {
                items.iter().map(|item| item.build(text)).collect::<Option<_>>()?
            }
            Self::Map(members) => members
                .iter()
                .map(|(name, member)| Some((name.clone(), member.build(text)?)))
                .collect::<Option<serde_json::Map<_, _>>>()?
                .into(),
        })
    }

    /// The templates in the document, in order.
    pub(crate) fn templates(&self) -> Vec<&Template> {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) => Vec::new(),
            Self::Text(template) => vec![template],
            Self::List(items) => items.iter().flat_map(Self::templates).collect(),
            Self::Map(members) => members.values().flat_map(Self::templates).collect(),
        }
    }
}

/// The text that every read shows in place of a masked value.
const MASK: &str = "********";

/// A stored value. No request can contain one, because requests take only wanted values.
///
/// Its text is a [`Secret`], because the API returns credentials in plain text. A report may show it
/// only if the catalog declares the key as public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredValue {
    /// Omitted, `null` or empty. The platform uses all three for a value that is not set
    /// (docs/platform.md#configuration-values).
    Unset,
    /// Masked, so the platform does not show whether a value is set (docs/platform.md#secrets).
    Masked,
    /// The stored text.
    Text(Secret),
}

impl StoredValue {
    /// Classifies a value of a reply.
    pub fn new(text: Option<&str>) -> Self {
        match text {
            None | Some("") => Self::Unset,
            Some(MASK) => Self::Masked,
            Some(text) => Self::Text(Secret::new(text)),
        }
    }
}

/// The result of comparing a wanted value with a stored one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueComparison {
    /// They are equal.
    Same,
    /// They differ.
    Different,
    /// One of them is not visible.
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::name::BaseUrl;
    use crate::instance::template::{Part, SecretSource};

    fn compare(key: &str, value: &Value, stored: Option<&str>) -> ValueComparison {
        let base_url = BaseUrl::new("https://api.example");
        let connector = "closeio".parse().unwrap();
        let context = RenderContext { base_url: &base_url, connector: &connector, id: None };
        value.compare(key, &StoredValue::new(stored), &context)
    }

    fn secret(value: Option<&str>) -> Value {
        let source = SecretSource::Env("PASSWORD".into());
        let value = value.map(Secret::new);
        Value::Text(Template::new(vec![Part::Secret(SecretReference { source, value })]))
    }

    fn poller(url: &str) -> Value {
        Value::Json(Json::Map(BTreeMap::from([("url".into(), Json::Text(Template::text(url)))])))
    }

    #[test]
    fn unset_equals_omitted_empty_and_masked() {
        for stored in [None, Some(""), Some("********")] {
            assert_eq!(compare("k", &Value::Unset, stored), ValueComparison::Same);
        }
        assert_eq!(compare("k", &Value::Unset, Some("x")), ValueComparison::Different);
    }

    #[test]
    fn a_wanted_value_cannot_be_compared_with_a_mask() {
        assert_eq!(compare("k", &secret(Some("pw")), Some("********")), ValueComparison::Unknown);
        assert_eq!(compare("k", &Value::text("pw"), Some("********")), ValueComparison::Unknown);
    }

    #[test]
    fn a_secret_in_plain_text_is_compared_and_an_unset_one_differs() {
        assert_eq!(compare("k", &secret(Some("pw")), Some("pw")), ValueComparison::Same);
        assert_eq!(compare("k", &secret(Some("pw")), Some("old")), ValueComparison::Different);
        assert_eq!(compare("k", &secret(Some("pw")), None), ValueComparison::Different);
        assert_eq!(compare("k", &secret(None), Some("old")), ValueComparison::Unknown);
    }

    #[test]
    fn documents_are_compared_by_structure() {
        let stored = Some("{\n  \"url\": \"/a\\u003eb\"\n}");
        assert_eq!(compare("any.key", &poller("/a>b"), stored), ValueComparison::Same);
        assert_eq!(compare("any.key", &poller("/c"), stored), ValueComparison::Different);
        let text = Value::text(r#"{"url":"/a>b"}"#);
        assert_eq!(compare("event.poller.configuration", &text, stored), ValueComparison::Same);
        assert_eq!(compare("any.key", &text, stored), ValueComparison::Different);
    }

    #[test]
    fn the_format_of_a_stored_document_causes_no_difference() {
        let sizes = Json::Map(BTreeMap::from([
            ("size".into(), Json::Number(15.into())),
            ("note".into(), Json::Null),
        ]));
        assert_eq!(
            compare("any.key", &Value::Json(sizes), Some(r#"{"size":15.0}"#)),
            ValueComparison::Same
        );
    }
}
