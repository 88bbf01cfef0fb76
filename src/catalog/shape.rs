//! Everything that a connector takes: its documented keys and those it shares with others.
//!
//! In: a [`Connector`] of the built-in table, or the properties that a live platform lists. Out: a
//! [`Shape`], from which a schema is written. What the live platform says wins; what it does not
//! tell (that a text is a URL, that a key is secret by its name) comes from the table.

use std::collections::BTreeMap;

use super::{Connector, Field, FieldKind, common, named_like_a_secret, platform_written};
use crate::instance::{ConnectorKey, LiveProperty};

/// What a connector takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Its key.
    pub connector: ConnectorKey,
    /// Its name in the user interface.
    pub name: String,
    /// Its configuration keys.
    pub properties: BTreeMap<String, Property>,
    /// The members of `providerData` that a create takes; empty where none is known.
    pub grant: Vec<String>,
    /// Keys that some page shows and the connector does not take, with the right one if there is one.
    pub refused: BTreeMap<String, Option<String>>,
}

/// A configuration key of a [`Shape`].
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// What it is for, in a few words.
    pub title: String,
    /// What its values are.
    pub kind: FieldKind,
    /// Whether a create needs it.
    pub need: Need,
    /// What must be so for it to be needed; `None` for always.
    pub when: Option<Condition>,
    /// Whether its value is confidential.
    pub secret: bool,
    /// Whether the platform itself writes it.
    pub platform_written: bool,
    /// What the platform takes where it is absent. Never that of a secret.
    pub default: Option<String>,
    /// The values of an [`FieldKind::Enum`].
    pub options: Vec<String>,
}

/// Whether a create needs a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It does not.
    Optional,
    /// All examples have it, and no page says that it is needed.
    Likely,
    /// The platform or the documentation says so.
    Certain,
}

/// A configuration key that has a certain value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Condition {
    /// The key, as a rule `authentication.type`.
    pub key: String,
    /// Its value, in small or capital letters.
    pub value: String,
}

impl Connector {
    /// What the connector takes, as far as the table knows.
    pub fn shape(&self, key: &ConnectorKey) -> Shape {
        let shared = common::of(self).map(|&(key, kind, default, _)| {
            let default = Some(default.to_owned()).filter(|text| !text.is_empty());
            (key.to_owned(), Property { default, ..Property::new(key, kind) })
        });
        let mut properties: BTreeMap<String, Property> = shared.collect();
        properties.retain(|key, _| !self.refused.contains_key(key));
        for field in &self.fields {
            let shared = properties.remove(&field.key);
            properties.insert(field.key.clone(), Property::documented(field, shared));
        }
        if let Some(sent) = properties.get_mut("event.notification.type") {
            sent.options = vec!["webhook".to_owned()];
        }
        if let Some(learnt) = properties.get_mut("event.vendor.type") {
            self.ways_to_learn(learnt);
        }
        let refused = self.refused.clone();
        let (name, grant) = (self.name.clone(), self.provider_data.clone());
        Shape { connector: key.clone(), name, properties, grant, refused }
    }

    /// What `event.vendor.type` says: reads spell it `webhooks`, pages also `webhook`.
    fn ways_to_learn(&self, property: &mut Property) {
        let ways = [("polling", self.polling), ("webhooks", self.webhook)];
        let known: Vec<_> = ways.into_iter().filter(|(_, has)| *has).map(|(way, _)| way).collect();
        if property.options.is_empty() {
            property.options = known.iter().map(|way| (*way).to_owned()).collect();
        }
        property.default = known.first().map(|way| (*way).to_owned());
    }
}

impl Shape {
    /// What a connector takes, from the properties that the platform lists and what the table knows.
    pub fn live(
        key: &ConnectorKey,
        name: String,
        properties: Vec<LiveProperty>,
        grant: Vec<String>,
        known: Option<&Connector>,
    ) -> Self {
        let known = known.map(|connector| connector.shape(key));
        let property = |live: LiveProperty| {
            let known = known.as_ref().and_then(|shape| shape.properties.get(&live.key));
            (live.key.clone(), Property::live(live, known))
        };
        let mut by_key: BTreeMap<String, Property> = BTreeMap::new();
        for (key, mut property) in properties.into_iter().map(property) {
            if by_key.get(&key).is_some_and(|other| other.secret) {
                property.secret = true;
                property.default = None;
            }
            by_key.insert(key, property);
        }
        let properties = by_key;
        let mut refused = known.map(|shape| shape.refused).unwrap_or_default();
        refused.retain(|key, _| !properties.contains_key(key));
        Self { connector: key.clone(), name, properties, grant, refused }
    }

    /// Makes these keys secret, which a user did before.
    pub fn keep_secret(&mut self, keys: Vec<String>) {
        for key in keys {
            let property = self.properties.entry(key.clone());
            let property = property.or_insert_with(|| Property::new(&key, FieldKind::String));
            property.secret = true;
            property.default = None;
        }
    }

    /// The same with everything that is likely needed as certain.
    #[must_use]
    pub fn taken_at_its_word(mut self) -> Self {
        for property in self.properties.values_mut() {
            if property.need == Need::Likely {
                property.need = Need::Certain;
            }
        }
        self
    }
}

impl Property {
    fn new(key: &str, kind: FieldKind) -> Self {
        Self {
            title: common::title(key),
            kind,
            need: Need::Optional,
            when: None,
            secret: named_like_a_secret(key),
            platform_written: platform_written(key),
            default: None,
            options: Vec::new(),
        }
    }

    fn documented(field: &Field, shared: Option<Self>) -> Self {
        let base = Self::new(&field.key, field.kind);
        let documented = field.default.as_ref().map(|value| match value {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        let secret = base.secret || field.secret;
        let default = documented.or(shared.and_then(|shared| shared.default));
        // What a callback URL is needed for shows with the first event: that has a rule of its own.
        let when = field.required_when.as_deref().and_then(Condition::parse);
        let when = when.filter(|condition| condition.key != "event.notification.enabled");
        let need = match (field.certain, field.required || when.is_some()) {
            _ if default.is_some() => Need::Optional,
            (true, _) => Need::Certain,
            (false, true) => Need::Likely,
            (false, false) => Need::Optional,
        };
        let options = field.options.clone();
        Self { need, when, secret, default: default.filter(|_| !secret), options, ..base }
    }

    fn live(live: LiveProperty, known: Option<&Self>) -> Self {
        let LiveProperty { key, name, data_type, default, required, internal, group, options } =
            live;
        let (kind, options) = kind(&data_type, options, known);
        let base = Self::new(&key, kind);
        let secret =
            base.secret || data_type == "PASSWORD" || known.is_some_and(|known| known.secret);
        let default = default.filter(|text| !text.is_empty());
        let needed = required && default.is_none() && !internal;
        // Of conditions, the platform tells only the authentication that a property belongs to.
        let told = known.filter(|known| known.need == Need::Certain && known.when.is_some());
        let group = group.filter(|_| needed);
        let when = group.map(|value| Condition { key: "authentication.type".to_owned(), value });
        let when = when.or_else(|| told.and_then(|known| known.when.clone()));
        Self {
            title: if known.is_some() || name.is_empty() { base.title } else { name },
            need: if needed || told.is_some() { Need::Certain } else { Need::Optional },
            when,
            secret,
            platform_written: base.platform_written || internal,
            default: default.filter(|_| !secret),
            options,
            ..base
        }
    }
}

/// What the values of a live property are. A text field may be what the table knows it to be.
fn kind(
    data_type: &str,
    options: Vec<String>,
    known: Option<&Property>,
) -> (FieldKind, Vec<String>) {
    use FieldKind::{Boolean, Enum, Json, String};
    match (data_type, known) {
        ("COMBO", _) if !options.is_empty() => (Enum, options),
        ("BOOLEAN" | "BOOLEAN_YESNO", _) => (Boolean, Vec::new()),
        ("PASSWORD", _) => (String, Vec::new()),
        (_, Some(known)) if known.kind != Boolean => (known.kind, known.options.clone()),
        // A text of several lines is JSON as often as not.
        ("TEXTAREA", _) => (Json, Vec::new()),
        _ => (String, Vec::new()),
    }
}

impl Condition {
    /// Reads `key=value`.
    fn parse(text: &str) -> Option<Self> {
        let (key, value) = text.split_once('=')?;
        Some(Self { key: key.to_owned(), value: value.to_owned() })
    }
}
