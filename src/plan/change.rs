//! The change of a field: what a request writes, and what a report may show.

mod invisible_difference;

use std::collections::BTreeSet;

use crate::desired::DeclaredValue;
use crate::instance::{
    Draft, ExactJson, FieldPath, Json, Key, RenderContext, Secrecy, SecretSource, StoredValue,
    Value, json_valued, vocabulary,
};

/// The change of a field. Requests and reports are derived from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The display name.
    Name {
        /// The stored name. `None` for a create.
        before: Option<String>,
        /// The wanted name.
        after: String,
    },
    /// The user tags. The step holds the complete list of tags.
    Tags {
        /// The stored tags. `None` for a create.
        before: Option<BTreeSet<String>>,
        /// The wanted tags.
        after: BTreeSet<String>,
    },
    /// The ownership mark. The step holds the complete list of tags.
    Mark {
        /// The document key of the instance, if it changes.
        before: Option<Key>,
        /// The new document key.
        after: Key,
    },
    /// Whether the instance is protected. The step holds the complete list of tags.
    Protect {
        /// The wanted protection.
        after: bool,
    },
    /// A configuration value.
    Configuration {
        /// The configuration key.
        key: String,
        /// The stored value. `None` for a create.
        before: Option<StoredValue>,
        /// The wanted value.
        after: DeclaredValue,
    },
    /// A member of the authorization grant.
    ProviderData {
        /// The member name.
        key: String,
        /// The value.
        after: Json,
    },
    /// How the platform authenticates at the provider during a create.
    ExternalAuthentication(
        /// `initial`.
        String,
    ),
}

vocabulary! {
    /// What a change does to its field.
    ChangeKind {
        /// It sets an unset value.
        Set "set",
        /// It replaces a value.
        Change "change",
        /// It removes the value.
        Unset "unset",
        /// It replaces a secret.
        Rotate "rotate",
        /// It writes the ownership mark.
        Mark "mark",
    }
}

/// A value that may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DisplayValue {
    /// One text.
    Text(String),
    /// A set of texts.
    List(Vec<String>),
}

/// A change without secrets, as a report shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedactedChange {
    pub(crate) path: FieldPath,
    pub(crate) kind: ChangeKind,
    pub(crate) sensitive: bool,
    pub(crate) sources: Vec<SecretSource>,
    /// The stored value, if it is public.
    pub before: Option<DisplayValue>,
    /// The wanted value, unless it is sensitive.
    pub(crate) after: Option<DisplayValue>,
    /// Whether a stored value exists that must not be shown.
    pub before_hidden: bool,
    /// Whether a part of the new value is only known after the create.
    pub(crate) known_after_create: bool,
    /// The difference in words, if both values are shown and look the same.
    pub(crate) hint: Option<String>,
}

impl RedactedChange {
    pub(super) fn without_stored(self) -> Self {
        let before_hidden = self.before_hidden || self.before.is_some();
        Self { before: None, before_hidden, hint: None, ..self }
    }
}

impl Change {
    pub(crate) fn write_to(&self, draft: &mut Draft) {
        match self {
            Self::Name { before: _, after } => draft.name = Some(after.clone()),
            // The list of tags belongs to the step, because marks and user tags share it.
            Self::Tags { before: _, after: _ }
            | Self::Mark { before: _, after: _ }
            | Self::Protect { after: _ } => {}
            Self::Configuration { key, before: _, after } => {
                draft.configuration.insert(key.clone(), after.value.clone());
            }
            Self::ProviderData { key, after } => {
                draft.provider_data.insert(key.clone(), after.clone());
            }
            Self::ExternalAuthentication(form) => {
                draft.external_authentication = Some(form.clone());
            }
        }
    }

    /// The field that changes.
    pub fn path(&self) -> FieldPath {
        match self {
            Self::Name { .. } => FieldPath::Name,
            Self::Tags { .. } => FieldPath::Tags,
            Self::Mark { .. } => FieldPath::Mark,
            Self::Protect { .. } => FieldPath::Protect,
            Self::Configuration { key, .. } => FieldPath::Configuration(key.clone()),
            Self::ProviderData { key, .. } => FieldPath::ProviderData(key.clone()),
            Self::ExternalAuthentication(_) => FieldPath::ExternalAuthentication,
        }
    }

    pub(super) fn redacted(&self, context: &RenderContext<'_>) -> RedactedChange {
        let change = self.without_hint(context);
        RedactedChange { hint: hint(change.before.as_ref(), change.after.as_ref()), ..change }
    }

    fn without_hint(&self, context: &RenderContext<'_>) -> RedactedChange {
        let text = |text: &dyn ToString| DisplayValue::Text(text.to_string());
        let list = |tags: &BTreeSet<String>| DisplayValue::List(tags.iter().cloned().collect());
        match self {
            Self::Name { before, after } => {
                self.public(before.as_ref().map(|name| text(name)), text(after))
            }
            Self::Tags { before, after } => self.public(before.as_ref().map(list), list(after)),
            Self::Mark { before, after } => RedactedChange {
                kind: ChangeKind::Mark,
                ..self.public(before.as_ref().map(|key| text(key)), text(after))
            },
            Self::Protect { after } => RedactedChange {
                kind: ChangeKind::Mark,
                ..self.public(Some(text(&!after)), text(after))
            },
            Self::ExternalAuthentication(form) => self.public(None, text(form)),
            Self::ProviderData { key: _, after } => RedactedChange {
                sensitive: true,
                sources: sources(&Value::Json(after.clone())),
                after: None,
                ..self.public(None, DisplayValue::Text(String::new()))
            },
            Self::Configuration { key, before, after } => {
                self.configuration(key, before.as_ref(), after, context)
            }
        }
    }

    fn public(&self, before: Option<DisplayValue>, after: DisplayValue) -> RedactedChange {
        RedactedChange {
            path: self.path(),
            kind: if before.is_some() { ChangeKind::Change } else { ChangeKind::Set },
            sensitive: false,
            sources: Vec::new(),
            before,
            after: Some(after),
            before_hidden: false,
            known_after_create: false,
            hint: None,
        }
    }

    fn configuration(
        &self,
        key: &str,
        before: Option<&StoredValue>,
        after: &DeclaredValue,
        context: &RenderContext<'_>,
    ) -> RedactedChange {
        let is_document = json_valued(key) || matches!(after.value, Value::Json(_));
        let text = after.value.describe(context);
        let masked = before == Some(&StoredValue::Masked);
        let sensitive = after.secrecy == Secrecy::Secret || text.is_none() || masked;
        let stored = before.is_some_and(|seen| *seen != StoredValue::Unset);
        let shown_before = match before {
            Some(StoredValue::Text(stored)) if after.secrecy == Secrecy::Public && !sensitive => {
                let stored = stored.expose();
                let formatted = is_document.then(|| indented(stored, text.as_deref()));
                Some(DisplayValue::Text(formatted.unwrap_or_else(|| stored.to_owned())))
            }
            _ => None,
        };
        let text = text.map(|text| if is_document { indented(&text, None) } else { text });
        RedactedChange {
            path: self.path(),
            kind: match (stored, &after.value) {
                (_, Value::Unset) => ChangeKind::Unset,
                (false, _) => ChangeKind::Set,
                (true, _) if sensitive => ChangeKind::Rotate,
                (true, _) => ChangeKind::Change,
            },
            sensitive,
            sources: sources(&after.value),
            before_hidden: stored && shown_before.is_none(),
            before: shown_before,
            after: text.filter(|_| !sensitive).map(DisplayValue::Text),
            known_after_create: context.id.is_none() && after.value.refers_to_instance(),
            hint: None,
        }
    }
}

/// The difference between two values that look the same. For tags, it compares those that only one
/// side has.
fn hint(before: Option<&DisplayValue>, after: Option<&DisplayValue>) -> Option<String> {
    match (before?, after?) {
        (DisplayValue::Text(before), DisplayValue::Text(after)) => {
            invisible_difference::between(before, after)
        }
        (DisplayValue::List(before), DisplayValue::List(after)) => {
            let removed = before.iter().filter(|item| !after.contains(item));
            let added = after.iter().filter(|item| !before.contains(item));
            let differences: BTreeSet<String> = removed
                .flat_map(|removed| {
                    added.clone().filter_map(|added| invisible_difference::between(removed, added))
                })
                .collect();
            (!differences.is_empty()).then(|| Vec::from_iter(differences).join(", "))
        }
        (DisplayValue::Text(_), DisplayValue::List(_))
        | (DisplayValue::List(_), DisplayValue::Text(_)) => None,
    }
}

/// Indents a JSON document. Equal parts take their text from `other`, so the lines of the two
/// documents differ only where their content differs.
fn indented(text: &str, other: Option<&str>) -> String {
    let Some(mut document) = ExactJson::parse(text).filter(ExactJson::is_composite) else {
        return text.to_owned();
    };
    if let Some(other) = other.and_then(ExactJson::parse) {
        document.adopt_formatting(&other);
    }
    format!("{document:#}")
}

/// The distinct sources of the secrets in a value, in the order of the text.
fn sources(value: &Value) -> Vec<SecretSource> {
    let mut sources: Vec<SecretSource> = Vec::new();
    for reference in value.secrets() {
        if !sources.contains(&reference.source) {
            sources.push(reference.source.clone());
        }
    }
    sources
}
