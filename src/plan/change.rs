//! One change of one field: what it writes, and what of it may be shown.

mod lookalike;

use std::collections::BTreeSet;

use crate::desired::Field;
use crate::instance::{
    Draft, ExactJson, FieldPath, Json, Key, RenderContext, Secrecy, SecretSource, StoredValue,
    Value, json_valued, vocabulary,
};

/// A change, from which both the request and the report are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The display name.
    Name {
        /// The stored name; `None` on create.
        before: Option<String>,
        /// The wanted name.
        after: String,
    },
    /// The tags of people; the step carries the complete list.
    Tags {
        /// The stored tags; `None` on create.
        before: Option<BTreeSet<String>>,
        /// The wanted tags.
        after: BTreeSet<String>,
    },
    /// Our marks; the step carries the complete list of tags.
    Mark {
        /// The key that the instance carries, where it is another one.
        before: Option<Key>,
        /// The key that it will carry.
        after: Key,
    },
    /// Whether the instance is protected; the step carries the complete list of tags.
    Protect {
        /// What the file says now.
        after: bool,
    },
    /// A configuration value.
    Configuration {
        /// The key.
        key: String,
        /// The stored value; `None` on create.
        before: Option<StoredValue>,
        /// The wanted value.
        after: Field,
    },
    /// A piece of the authorization grant.
    ProviderData {
        /// The member.
        key: String,
        /// Its value.
        after: Json,
    },
    /// How the platform authenticates at the provider on create.
    ExternalAuthentication(
        /// `initial`.
        String,
    ),
}

vocabulary! {
    /// What a change does to its field.
    pub enum ChangeKind {
        /// Gives a value to what had none.
        Set = "set",
        /// Replaces a value.
        Change = "change",
        /// Takes the value away.
        Unset = "unset",
        /// Replaces a secret.
        Rotate = "rotate",
        /// Writes our own marks.
        Mark = "mark",
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

/// A change as a report shows it; it holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedactedChange {
    /// The field.
    pub path: FieldPath,
    /// What happens to it.
    pub kind: ChangeKind,
    /// Whether its values are kept from the reader.
    pub sensitive: bool,
    /// Where the secrets in the new value come from.
    pub sources: Vec<SecretSource>,
    /// The stored value, where it is known as public.
    pub before: Option<DisplayValue>,
    /// The wanted value, unless it is sensitive.
    pub after: Option<DisplayValue>,
    /// Whether there is a stored value that is not shown.
    pub before_hidden: bool,
    /// Whether a part of the new value is only known once the instance exists.
    pub known_after_create: bool,
    /// In words what differs, where both values are shown and look alike.
    pub hint: Option<String>,
}

impl RedactedChange {
    /// The same without the stored value.
    pub(super) fn without_stored(self) -> Self {
        let before_hidden = self.before_hidden || self.before.is_some();
        Self { before: None, before_hidden, hint: None, ..self }
    }
}

impl Change {
    /// Adds what this change asks for to a request.
    pub fn write_to(&self, draft: &mut Draft) {
        match self {
            Self::Name { before: _, after } => draft.name = Some(after.clone()),
            // The list of tags belongs to the step, since marks and tags share it.
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

    /// What a report may show of it.
    pub fn view(&self, place: &RenderContext<'_>) -> RedactedChange {
        let view = self.values(place);
        RedactedChange { hint: hint(view.before.as_ref(), view.after.as_ref()), ..view }
    }

    /// The view without its hint.
    fn values(&self, place: &RenderContext<'_>) -> RedactedChange {
        let list = |tags: &BTreeSet<String>| DisplayValue::List(tags.iter().cloned().collect());
        let key = |key: &Key| DisplayValue::Text(key.to_string());
        match self {
            Self::Name { before, after } => self
                .plain(before.clone().map(DisplayValue::Text), DisplayValue::Text(after.clone())),
            Self::Tags { before, after } => self.plain(before.as_ref().map(list), list(after)),
            Self::Mark { before, after } => RedactedChange {
                kind: ChangeKind::Mark,
                ..self.plain(before.as_ref().map(key), key(after))
            },
            Self::Protect { after } => {
                let text = |flag: bool| DisplayValue::Text(flag.to_string());
                RedactedChange {
                    kind: ChangeKind::Mark,
                    ..self.plain(Some(text(!after)), text(*after))
                }
            }
            Self::ExternalAuthentication(form) => {
                self.plain(None, DisplayValue::Text(form.clone()))
            }
            Self::ProviderData { key: _, after } => RedactedChange {
                sensitive: true,
                sources: sources(&Value::Json(after.clone())),
                after: None,
                ..self.plain(None, DisplayValue::Text(String::new()))
            },
            Self::Configuration { key, before, after } => {
                self.configuration(key, before.as_ref(), after, place)
            }
        }
    }

    /// A view of a change without any secret.
    fn plain(&self, before: Option<DisplayValue>, after: DisplayValue) -> RedactedChange {
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
        after: &Field,
        place: &RenderContext<'_>,
    ) -> RedactedChange {
        let is_document = json_valued(key) || matches!(after.value, Value::Json(_));
        let text = after.value.describe(place);
        let masked = before == Some(&StoredValue::Masked);
        let sensitive = after.secrecy == Secrecy::Secret || text.is_none() || masked;
        let stored = before.is_some_and(|seen| *seen != StoredValue::Unset);
        let shown_before = match before {
            Some(StoredValue::Text(stored)) if after.secrecy == Secrecy::Public && !sensitive => {
                let stored = stored.expose();
                let laid_out = is_document.then(|| indented(stored, text.as_deref()));
                Some(DisplayValue::Text(laid_out.unwrap_or_else(|| stored.to_owned())))
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
            known_after_create: place.id.is_none() && after.value.refers_to_instance(),
            hint: None,
        }
    }
}

/// What differs between two values that look alike. Of tags, those that only one side has.
fn hint(before: Option<&DisplayValue>, after: Option<&DisplayValue>) -> Option<String> {
    match (before?, after?) {
        (DisplayValue::Text(before), DisplayValue::Text(after)) => {
            lookalike::unseen_difference(before, after)
        }
        (DisplayValue::List(before), DisplayValue::List(after)) => {
            let removed = before.iter().filter(|item| !after.contains(item));
            let added = after.iter().filter(|item| !before.contains(item));
            let differences: BTreeSet<String> = removed
                .flat_map(|removed| {
                    added.clone().filter_map(|added| lookalike::unseen_difference(removed, added))
                })
                .collect();
            (!differences.is_empty()).then(|| Vec::from_iter(differences).join(", "))
        }
        (DisplayValue::Text(_), DisplayValue::List(_))
        | (DisplayValue::List(_), DisplayValue::Text(_)) => None,
    }
}

/// A JSON document in indented lines. What is equal in the document `other` is written as it is
/// there, so that the lines of two documents differ only where their content does.
fn indented(text: &str, other: Option<&str>) -> String {
    let Some(mut document) = ExactJson::parse(text).filter(ExactJson::is_composite) else {
        return text.to_owned();
    };
    if let Some(other) = other.and_then(ExactJson::parse) {
        document.write_like(&other);
    }
    format!("{document:#}")
}

/// The sources of the secrets in a value, each once, in the order of the text.
fn sources(value: &Value) -> Vec<SecretSource> {
    let mut sources: Vec<SecretSource> = Vec::new();
    for reference in value.secrets() {
        if !sources.contains(&reference.source) {
            sources.push(reference.source.clone());
        }
    }
    sources
}
