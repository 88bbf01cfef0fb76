//! Everything that a connector accepts: its documented keys, and those it shares with others.
//!
//! In: a [`Connector`] of the table, or the properties that a live platform lists. Out: a
//! [`ConnectorSpec`], from which a schema is written. The live platform has priority. The table adds
//! what the platform does not report: that a text is a URL, or that the name of a key is secret.

use std::collections::BTreeMap;

use super::certainty::Certainty;
use super::connector::{Connector, ConnectorField, FieldKind};
use super::secrecy::{named_like_a_secret, platform_written};
use super::shared_keys;
use crate::instance::{ConnectorKey, LiveProperty, WebhookUrlKnowledge};

/// The configuration that a connector accepts.
#[derive(Clone, Debug, PartialEq)]
pub struct ConnectorSpec {
    /// The connector key.
    pub connector: ConnectorKey,
    /// The name in the user interface.
    pub(crate) name: String,
    /// The configuration keys.
    pub properties: BTreeMap<String, PropertySpec>,
    /// The members of `providerData` that a create accepts. Empty if none is known.
    pub grant: Vec<String>,
    /// Keys that some pages show but the connector probably does not accept, each with the right key,
    /// if there is one.
    pub(crate) refused: BTreeMap<String, Option<String>>,
    /// How certain it is that the connector does not accept the refused keys.
    pub refusal: Certainty,
    /// What is known about the webhook URLs of the instances.
    pub(crate) webhook_url: WebhookUrlKnowledge,
}

/// A configuration key of a [`ConnectorSpec`].
#[derive(Clone, Debug, PartialEq)]
pub struct PropertySpec {
    /// Its purpose, in a few words.
    pub(crate) title: String,
    /// The type of its values.
    pub kind: FieldKind,
    /// How certain its type and its values are.
    pub certainty: Certainty,
    /// Whether a create requires it.
    pub requirement: Requirement,
    /// The condition under which it is required, or `None` for always.
    pub(crate) when: Option<Condition>,
    /// Whether its value is confidential.
    pub secret: bool,
    /// Whether the platform writes it.
    pub platform_written: bool,
    /// The value that the platform uses if the key is absent. Never the value of a secret.
    pub(crate) default: Option<String>,
    /// The values of an [`FieldKind::Enum`].
    pub options: Vec<String>,
}

/// Whether a create requires a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// It does not.
    Optional,
    /// All examples have the key, or one page alone says that it is required.
    Likely,
    /// The platform requires it, or the documentation does and several sources show it.
    Certain,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Condition {
    /// The key, usually `authentication.type`.
    pub(crate) key: String,
    /// Its value, in any case.
    pub(crate) value: String,
}

impl Connector {
    /// The configuration that the connector accepts according to the table.
    pub fn spec(&self, key: &ConnectorKey) -> ConnectorSpec {
        let shared = shared_keys::of(self).map(|&(_, key, kind, default, _)| {
            let default = Some(default.to_owned()).filter(|text| !text.is_empty());
            (key.to_owned(), PropertySpec { default, ..PropertySpec::new(key, kind) })
        });
        let mut properties: BTreeMap<String, PropertySpec> = shared.collect();
        properties.retain(|key, _| !self.refused.contains_key(key));
        for field in &self.fields {
            let shared = properties.remove(&field.key);
            properties.insert(field.key.clone(), PropertySpec::documented(field, shared));
        }
        if let Some(sent) = properties.get_mut("event.notification.type") {
            sent.options = vec!["webhook".to_owned()];
        }
        if let Some(property) = properties.get_mut("event.vendor.type") {
            self.set_vendor_types(property);
        }
        let refused = self.refused.clone();
        let (name, grant) = (self.name.clone(), self.provider_data.clone());
        // Some pages show each of these keys, so the sources disagree.
        let refusal = Certainty::Likely;
        let (connector, webhook_url) = (key.clone(), self.webhook_url_id);
        ConnectorSpec { connector, name, properties, grant, refused, refusal, webhook_url }
    }

    /// Sets the values of `event.vendor.type`. Replies contain `webhooks`; some pages show `webhook`.
    fn set_vendor_types(&self, property: &mut PropertySpec) {
        let all = [("polling", self.polling), ("webhooks", self.webhook)];
        let supported = all.into_iter().filter(|(_, has)| *has).map(|(name, _)| name.to_owned());
        let supported: Vec<String> = supported.collect();
        property.default = supported.first().cloned();
        if property.options.is_empty() {
            property.options = supported;
        }
    }
}

impl ConnectorSpec {
    /// The configuration that a connector accepts, from the properties that the platform lists and from
    /// the table.
    pub(crate) fn live(
        key: &ConnectorKey,
        name: String,
        properties: Vec<LiveProperty>,
        grant: Vec<String>,
        known: Option<&Connector>,
    ) -> Self {
        let known = known.map(|connector| connector.spec(key));
        let mut by_key: BTreeMap<String, PropertySpec> = BTreeMap::new();
        for live in properties {
            let key = live.key.clone();
            let known = known.as_ref().and_then(|spec| spec.properties.get(&key));
            let mut property = PropertySpec::live(live, known);
            if by_key.get(&key).is_some_and(|other| other.secret) {
                property.make_secret();
            }
            by_key.insert(key, property);
        }
        let webhook_url = known.as_ref().map(|spec| spec.webhook_url).unwrap_or_default();
        let mut refused = known.map(|spec| spec.refused).unwrap_or_default();
        refused.retain(|key, _| !by_key.contains_key(key));
        // The platform itself does not list these keys.
        let refusal = Certainty::Certain;
        let (connector, properties) = (key.clone(), by_key);
        Self { connector, name, properties, grant, refused, refusal, webhook_url }
    }

    /// Marks these keys as secret. Adds those that are missing.
    pub(crate) fn mark_secret(&mut self, keys: Vec<String>) {
        for key in keys {
            let new = PropertySpec::new(&key, FieldKind::String);
            self.properties.entry(key).or_insert(new).make_secret();
        }
    }
}

impl PropertySpec {
    /// An optional key of which nothing but its name and type is known.
    pub(crate) fn new(key: &str, kind: FieldKind) -> Self {
        Self {
            title: shared_keys::title(key),
            kind,
            certainty: Certainty::Certain,
            requirement: Requirement::Optional,
            when: None,
            secret: named_like_a_secret(key),
            platform_written: platform_written(key),
            default: None,
            options: Vec::new(),
        }
    }

    fn make_secret(&mut self) {
        self.secret = true;
        self.default = None;
    }

    fn documented(field: &ConnectorField, shared: Option<Self>) -> Self {
        let base = Self::new(&field.key, field.kind);
        let is_shared = shared.is_some();
        let documented = field.default.as_ref();
        let documented =
            documented.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        let secret = base.secret || field.secret;
        let default = documented.or(shared.and_then(|shared| shared.default));
        // A callback URL is required only when an event occurs. Another check covers that.
        let when = field.required_when.as_deref().and_then(|text| text.split_once('='));
        let when = when.filter(|(key, _)| *key != "event.notification.enabled");
        let when = when.map(|(key, value)| Condition { key: key.into(), value: value.into() });
        let is_required = field.stated || field.required || when.is_some();
        let requirement = match field.certainty {
            _ if default.is_some() || !is_required => Requirement::Optional,
            Certainty::Certain if field.stated => Requirement::Certain,
            Certainty::Certain | Certainty::Likely => Requirement::Likely,
        };
        // The platform's guides show the type of a shared key, and those of its values that all
        // connectors have.
        let certainty = if is_shared { Certainty::Certain } else { field.certainty };
        let (default, options) = (default.filter(|_| !secret), field.options.clone());
        Self { certainty, requirement, when, secret, default, options, ..base }
    }

    fn live(live: LiveProperty, known: Option<&Self>) -> Self {
        let LiveProperty { key, name, data_type, default, required, internal, group, options } =
            live;
        let (kind, options, certainty) = kind(&data_type, options, known);
        let base = Self::new(&key, kind);
        let secret =
            base.secret || data_type == "PASSWORD" || known.is_some_and(|known| known.secret);
        let default = default.filter(|text| !text.is_empty());
        let is_required = required && default.is_none() && !internal;
        // The platform reports only conditions on the authentication type.
        let certain =
            known.filter(|known| known.requirement == Requirement::Certain && known.when.is_some());
        let is_certain = is_required || certain.is_some();
        let group = group.filter(|_| is_required);
        let when = group.map(|value| Condition { key: "authentication.type".to_owned(), value });
        let when = when.or_else(|| certain.and_then(|known| known.when.clone()));
        Self {
            title: if known.is_some() || name.is_empty() { base.title } else { name },
            requirement: if is_certain { Requirement::Certain } else { Requirement::Optional },
            when,
            secret,
            certainty,
            platform_written: base.platform_written || internal,
            default: default.filter(|_| !secret),
            options,
            ..base
        }
    }
}

/// The type of the values of a live property, its values, and how certain they are. For a text field, the
/// table may know a stricter type.
fn kind(
    data_type: &str,
    options: Vec<String>,
    known: Option<&PropertySpec>,
) -> (FieldKind, Vec<String>, Certainty) {
    use Certainty::Certain;
    use FieldKind::{Boolean, Enum, Json, String};
    match (data_type, known) {
        ("COMBO", _) if !options.is_empty() => (Enum, options, Certain),
        ("BOOLEAN" | "BOOLEAN_YESNO", _) => (Boolean, Vec::new(), Certain),
        ("PASSWORD", _) => (String, Vec::new(), Certain),
        (_, Some(known)) if known.kind == String => (String, Vec::new(), Certain),
        (_, Some(known)) if known.kind != Boolean => {
            (known.kind, known.options.clone(), known.certainty)
        }
        // A text of several lines is often JSON.
        ("TEXTAREA", _) => (Json, Vec::new(), Certain),
        _ => (String, Vec::new(), Certain),
    }
}
