//! Configuration properties of connectors, including the keys that similar connectors share.
//!
//! A read of an instance shows every property of its connector, set or not. A property with a default
//! must never be required, because the platform fills in the default.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    AuthMethod, catalog::entry::CatalogEntry, catalog::entry::CatalogField,
    catalog::entry::PropertyType,
};

pub(super) struct SchemaProperty {
    pub(super) key: String,
    pub(super) default: Option<String>,
    property_type: PropertyType,
    required: bool,
    /// Authentication method that makes it required.
    authentication: Option<String>,
    options: Vec<String>,
    /// Whether the platform writes it, not the user (docs/platform.md#connectors-and-their-fields).
    internal: bool,
    /// Whether the console hides it. The API accepts it.
    hidden: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ConnectorGroup {
    All,
    Events,
    Polling,
    Oauth,
    Oauth1,
    Oauth2,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SetBy {
    User,
    Hidden,
    Platform,
}

/// A shared property: its connectors, key, type, default and who sets it. `""` means no default.
type SharedProperty = (ConnectorGroup, &'static str, PropertyType, &'static str, SetBy);

const SHARED: [SharedProperty; 24] = {
    use ConnectorGroup::{All, Events, Oauth, Oauth1, Oauth2, Polling};
    use PropertyType::{Area, Boolean, Long, Password, Short, Text};
    use SetBy::{Hidden, Platform, User};
    [
        (All, "base.url", Long, "", User),
        (All, "filter.response.nulls", Boolean, "true", Hidden),
        (All, "pagination.max", Short, "200", Hidden),
        (All, "pagination.type", Short, "offset", Hidden),
        (Events, "event.notification.basic.password", Password, "", User),
        (Events, "event.notification.basic.username", Text, "", User),
        (Events, "event.notification.callback.headers", Text, "", User),
        (Events, "event.notification.callback.url", Long, "", User),
        (Events, "event.notification.enabled", Boolean, "false", User),
        (Events, "event.notification.signature.key", Text, "", User),
        (Events, "event.notification.subscription.id", Text, "", Platform),
        (Events, "event.notification.type", Text, "", User),
        (Events, "event.vendor.type", Text, "", User),
        (Polling, "event.poller.configuration", Area, "{}", User),
        (Polling, "event.poller.refresh_interval", Short, "15", User),
        (Oauth, "oauth.api.key", Text, "", User),
        (Oauth, "oauth.api.secret", Text, "", User),
        (Oauth, "oauth.callback.url", Long, "", User),
        (Oauth, "oauth.user.token", Long, "", Platform),
        (Oauth1, "oauth.user.token.secret", Long, "", Platform),
        (Oauth2, "oauth.scope", Long, "", User),
        (Oauth2, "oauth.user.refresh_interval", Short, "", User),
        (Oauth2, "oauth.user.refresh_time", Short, "", Platform),
        (Oauth2, "oauth.user.refresh_token", Long, "", Platform),
    ]
};

/// Returns the schema of a connector, sorted by key.
pub(super) fn properties(entry: &CatalogEntry) -> Vec<SchemaProperty> {
    let mut properties: BTreeMap<&str, SchemaProperty> = SHARED
        .iter()
        .filter(|(group, ..)| contains(*group, entry))
        .map(|&(_, key, property_type, default, set_by)| {
            (key, SchemaProperty::shared(key, property_type, default, set_by))
        })
        .collect();
    properties.retain(|key, _| !entry.refused.contains_key(*key));
    if let Some(events) = properties.get_mut("event.vendor.type") {
        events.default = vendor_type(entry);
    }
    for field in &entry.fields {
        let shared = properties.remove(field.key.as_str());
        properties.insert(&field.key, SchemaProperty::documented(field, shared));
    }
    properties.into_values().collect()
}

fn contains(group: ConnectorGroup, entry: &CatalogEntry) -> bool {
    match group {
        ConnectorGroup::All => true,
        ConnectorGroup::Events => entry.polling || entry.webhook,
        ConnectorGroup::Polling => entry.polling,
        ConnectorGroup::Oauth => entry.auth.iter().any(|method| method.is_oauth()),
        ConnectorGroup::Oauth1 => entry.auth.contains(&AuthMethod::Oauth1),
        ConnectorGroup::Oauth2 => entry.auth.contains(&AuthMethod::Oauth2),
    }
}

/// Default of `event.vendor.type`. Reads show `webhooks`, in the plural.
fn vendor_type(entry: &CatalogEntry) -> Option<String> {
    match (entry.polling, entry.webhook) {
        (true, _) => Some("polling".to_owned()),
        (false, true) => Some("webhooks".to_owned()),
        (false, false) => None,
    }
}

impl SchemaProperty {
    fn shared(key: &str, property_type: PropertyType, default: &str, set_by: SetBy) -> Self {
        Self {
            key: key.to_owned(),
            default: (!default.is_empty()).then(|| default.to_owned()),
            property_type,
            required: false,
            authentication: None,
            options: Vec::new(),
            internal: set_by == SetBy::Platform,
            hidden: set_by != SetBy::User,
        }
    }

    fn documented(field: &CatalogField, shared: Option<Self>) -> Self {
        let shared_default = shared.as_ref().and_then(|property| property.default.clone());
        let default = field.default.as_ref().map(stored_text).or(shared_default);
        let condition = field.required_when.as_deref();
        let method = condition.and_then(|text| text.strip_prefix("authentication.type="));
        Self {
            key: field.key.clone(),
            property_type: match field.property_type {
                _ if is_password(&field.key) => PropertyType::Password,
                property_type => property_type,
            },
            required: field.required && default.is_none(),
            authentication: method.map(str::to_owned),
            options: field.options.clone(),
            internal: shared.as_ref().is_some_and(|property| property.internal),
            hidden: shared.is_some_and(|property| property.hidden),
            default,
        }
    }

    /// Whether a creation must set it. `value_of` returns the values of other properties.
    ///
    /// Conditions on events do not count, because the platform creates instances without a callback
    /// URL.
    pub(super) fn is_required<'a>(&self, value_of: impl Fn(&str) -> Option<&'a str>) -> bool {
        let chosen = value_of("authentication.type");
        let is_met = self.authentication.as_deref().zip(chosen);
        self.required || is_met.is_some_and(|(wanted, chosen)| wanted.eq_ignore_ascii_case(chosen))
    }

    /// The property as `GET /elements/{key}/configuration` shows it.
    pub(super) fn describe(&self, connector: &str) -> Value {
        let label = label(&self.key);
        let options: Vec<_> =
            self.options.iter().map(|o| json!({ "value": o, "description": o })).collect();
        json!({
            "id": property_id(connector, &self.key),
            "name": label,
            "key": self.key,
            "description": label,
            "defaultValue": self.default,
            "resellerConfig": false,
            "companyConfig": false,
            "active": true,
            "internal": self.internal,
            "groupControl": false,
            "type": self.property_type,
            "hideFromConsole": self.hidden,
            "groupName": self.authentication,
            "required": self.required || self.authentication.is_some(),
            "options": options,
        })
    }

    /// The property as a configuration entry of an instance. `value` is what a read shows.
    pub(super) fn entry(&self, connector: &str, value: Option<&str>) -> Value {
        let label = label(&self.key);
        json!({
            "id": property_id(connector, &self.key),
            "key": self.key,
            "name": label,
            "description": label,
            "propertyValue": value,
            "type": self.property_type,
            "required": self.required,
            "hideFromConsole": self.hidden,
            "active": true,
        })
    }

    /// A property for a key that is not in the schema of the connector.
    pub(super) fn unknown(key: &str) -> Self {
        let property_type =
            if is_password(key) { PropertyType::Password } else { PropertyType::Text };
        Self::shared(key, property_type, "", SetBy::User)
    }
}

/// ID of a property: the same for all instances of a connector, and stable.
pub(super) fn property_id(connector: &str, key: &str) -> u64 {
    // FNV-1a is the same in every build, unlike the standard library's hasher.
    let bytes = connector.bytes().chain([b'/']).chain(key.bytes());
    let hash = bytes
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    u64::from(hash)
}

/// Whether the property of a key has the type PASSWORD.
///
/// The catalog does not have that type. Every known key with it ends in one of two words. Secrets with
/// other names (`consumer_secret`, `token_secret`) are shown in plain text.
pub(super) fn is_password(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.ends_with("password") || key.ends_with("passphrase")
}

/// The text that the platform stores for a JSON value. Maps and lists become indented JSON
/// (docs/platform.md#configuration-values).
pub(super) fn stored_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(_) | Value::Object(_) => format!("{value:#}"),
    }
}

/// Label of a key: `Event Notification Enabled` for `event.notification.enabled`.
fn label(key: &str) -> String {
    let words = key.split(['.', '_', '-']).filter(|word| !word.is_empty()).map(|word| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| {
            first.to_uppercase().chain(letters).collect::<String>()
        })
    });
    words.collect::<Vec<_>>().join(" ")
}
