//! A configuration value as a file declares it, and its comparison with what is stored.

use std::collections::BTreeMap;

use serde_json::Number;

use super::{
    ExactJson, RenderContext, Secret, SecretReference, StoredValue, Template, ValueComparison,
};

/// A wanted configuration value. Booleans and numbers are held as the text the platform stores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `null` in the file: the value shall not be set.
    Unset,
    /// A text, boolean or number.
    Text(Template),
    /// A map or list: sent as JSON text, compared by structure.
    Json(Json),
}

/// A JSON document whose texts may hold references.
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

/// What is known of a field's confidentiality. Where nothing is known, the wanted value is shown
/// (it stands in the file, for all to see) and the stored one is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrecy {
    /// Neither value is ever shown.
    Secret,
    /// The catalogue knows the key as not secret: both values are shown.
    Public,
    /// Nothing says that a stored value may be shown.
    Unknown,
}

/// Whether the platform keeps a JSON document as text under this key, so that two texts with the
/// same structure are the same value.
pub fn json_valued(key: &str) -> bool {
    matches!(key, "event.poller.configuration" | "event.metadata")
}

impl Value {
    /// A text without references.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(Template::text(text))
    }

    /// The text to send at `place`, or `None` when a secret in it is unset.
    pub fn render(&self, place: &RenderContext<'_>) -> Option<Secret> {
        match self {
            Self::Unset => Some(Secret::new("")),
            Self::Text(template) => template.render(place),
            Self::Json(json) => Some(Secret::new(json.render(place)?.to_string())),
        }
    }

    /// The text with its secrets, and the references to the instance as they are written;
    /// `None` when a secret is unset.
    pub fn render_unplaced(&self) -> Option<Secret> {
        match self {
            Self::Unset => Some(Secret::new("")),
            Self::Text(template) => template.render_unplaced(),
            Self::Json(json) => {
                let document = json
                    .build(&mut |template| Some(template.render_unplaced()?.expose().to_owned()))?;
                Some(Secret::new(document.to_string()))
            }
        }
    }

    /// The value as a file says it, with its references as text and scalars as strings.
    pub fn as_written(&self) -> serde_json::Value {
        match self {
            Self::Unset => serde_json::Value::Null,
            Self::Text(template) => template.as_written().into(),
            Self::Json(json) => {
                // Never null: what is written is there whether or not a secret is set.
                json.build(&mut |template| Some(template.as_written())).unwrap_or_default()
            }
        }
    }

    /// The text for a reader, JSON in indented lines; `None` when a secret occurs in it.
    pub fn describe(&self, place: &RenderContext<'_>) -> Option<String> {
        match self {
            Self::Unset => Some(String::new()),
            Self::Text(template) => template.describe(place),
            Self::Json(json) => {
                let document = json.build(&mut |template| template.describe(place))?;
                Some(format!("{document:#}"))
            }
        }
    }

    /// Compares with what is stored under `key`.
    pub fn compare(
        &self,
        key: &str,
        seen: &StoredValue,
        place: &RenderContext<'_>,
    ) -> ValueComparison {
        let (Some(wanted), false) = (self.render(place), self.hides_behind(seen)) else {
            return ValueComparison::CannotTell;
        };
        let same = match seen {
            StoredValue::Masked | StoredValue::Unset => wanted.expose().is_empty(),
            StoredValue::Text(stored) => {
                wanted == *stored || self.same_document(key, &wanted, stored)
            }
        };
        if same { ValueComparison::Same } else { ValueComparison::Different }
    }

    /// A mask hides everything but the wish that the value be unset.
    fn hides_behind(&self, seen: &StoredValue) -> bool {
        *seen == StoredValue::Masked && *self != Self::Unset
    }

    fn same_document(&self, key: &str, wanted: &Secret, stored: &Secret) -> bool {
        if !json_valued(key) && !matches!(self, Self::Json(_)) {
            return false;
        }
        let parse = |text: &Secret| ExactJson::parse(text.expose());
        matches!((parse(wanted), parse(stored)), (Some(wanted), Some(stored)) if wanted == stored)
    }

    /// All templates in the value, in order.
    pub fn templates(&self) -> Vec<&Template> {
        match self {
            Self::Unset => Vec::new(),
            Self::Text(template) => vec![template],
            Self::Json(json) => json.templates(),
        }
    }

    /// The references to secrets in the value.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretReference> {
        self.templates().into_iter().flat_map(Template::secrets)
    }

    /// Whether a reference to the instance itself occurs in the value.
    pub fn refers_to_instance(&self) -> bool {
        self.templates().into_iter().any(Template::refers_to_instance)
    }
}

impl Json {
    /// The document with all references resolved, or `None` when a secret in it is unset.
    pub fn render(&self, place: &RenderContext<'_>) -> Option<serde_json::Value> {
        self.build(&mut |template| template.render(place).map(|secret| secret.expose().to_owned()))
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

    /// All templates in the document, in order.
    pub fn templates(&self) -> Vec<&Template> {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) => Vec::new(),
            Self::Text(template) => vec![template],
            Self::List(items) => items.iter().flat_map(Self::templates).collect(),
            Self::Map(members) => members.values().flat_map(Self::templates).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::{BaseUrl, Part, SecretSource};

    fn compare(key: &str, value: &Value, seen: Option<&str>) -> ValueComparison {
        let base_url = BaseUrl::new("https://api.example");
        let connector = "closeio".parse().unwrap();
        let place = RenderContext { base_url: &base_url, connector: &connector, id: None };
        value.compare(key, &StoredValue::new(seen), &place)
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
    fn unset_equals_absent_null_and_empty_and_what_a_mask_may_hide() {
        for seen in [None, Some(""), Some("********")] {
            assert_eq!(compare("k", &Value::Unset, seen), ValueComparison::Same);
        }
        assert_eq!(compare("k", &Value::Unset, Some("x")), ValueComparison::Different);
    }

    #[test]
    fn a_mask_says_nothing_of_a_wanted_value() {
        assert_eq!(
            compare("k", &secret(Some("pw")), Some("********")),
            ValueComparison::CannotTell
        );
        assert_eq!(compare("k", &Value::text("pw"), Some("********")), ValueComparison::CannotTell);
    }

    #[test]
    fn a_secret_in_clear_is_compared_and_one_that_reads_unset_differs() {
        assert_eq!(compare("k", &secret(Some("pw")), Some("pw")), ValueComparison::Same);
        assert_eq!(compare("k", &secret(Some("pw")), Some("old")), ValueComparison::Different);
        assert_eq!(compare("k", &secret(Some("pw")), None), ValueComparison::Different);
        assert_eq!(compare("k", &secret(None), Some("old")), ValueComparison::CannotTell);
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
    fn a_platform_that_writes_json_in_its_own_way_causes_no_difference() {
        let wanted =
            r#"{"size":15,"ratio":0.10,"note":null,"list":[{"a":null}],"id":9007199254740993}"#;
        let stored = r#"{"id":9007199254740993.0,"list":[{}],"ratio":0.1,"size":1.5e1}"#;
        let rounded = stored.replace("993.0", "992.0");
        let key = "event.poller.configuration";
        assert_eq!(compare(key, &Value::text(wanted), Some(stored)), ValueComparison::Same);
        assert_eq!(compare(key, &Value::text(wanted), Some(&rounded)), ValueComparison::Different);
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
