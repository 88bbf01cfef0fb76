//! What a configuration property of a connector is.
//!
//! In: the fields that the catalog has for a connector. Out: its whole schema: these fields plus
//! the keys that every connector of its kind has (events, OAuth, paging), with type, default,
//! whether required and whether the platform itself writes it. A read of an instance shows every
//! property of its connector, set or not. It must never mark a property required that has a
//! default: the platform fills that in.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::catalog::{CatalogEntry, CatalogField};

/// One configuration property.
pub(super) struct SchemaProperty {
    pub(super) key: String,
    pub(super) default: Option<String>,
    kind: PropertyType,
    required: bool,
    /// Key and value of another property that makes this one required.
    required_when: Option<(String, String)>,
    options: Vec<String>,
    /// Written by the platform, not by users.
    internal: bool,
    /// Hidden in the console; the API takes it all the same.
    hidden: bool,
}

/// The data types of properties, as the API names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum PropertyType {
    #[serde(rename = "TEXTFIELD_32")]
    Short,
    #[serde(rename = "TEXTFIELD_128")]
    Text,
    #[serde(rename = "TEXTFIELD_1000")]
    Long,
    #[serde(rename = "TEXTAREA")]
    Area,
    #[serde(rename = "PASSWORD")]
    Password,
    #[serde(rename = "BOOLEAN")]
    Boolean,
    #[serde(rename = "COMBO")]
    Choice,
}

/// InstanceSelector connectors have a common property.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ConnectorGroup {
    All,
    Events,
    Polling,
    Oauth,
    Oauth1,
    Oauth2,
}

/// Who sets a common property.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SetBy {
    User,
    Hidden,
    Platform,
}

/// Properties that connectors share: key, type, default and who sets them; `""` is no default.
type Shared = &'static [(&'static str, PropertyType, &'static str, SetBy)];

const COMMON: [(ConnectorGroup, Shared); 6] = {
    use PropertyType::{Area, Boolean, Long, Password, Short, Text};
    use SetBy::{Hidden, Platform, User};
    [
        (
            ConnectorGroup::All,
            &[
                ("base.url", Long, "", User),
                ("filter.response.nulls", Boolean, "true", Hidden),
                ("pagination.max", Short, "200", Hidden),
                ("pagination.type", Short, "offset", Hidden),
            ],
        ),
        (
            ConnectorGroup::Events,
            &[
                ("event.notification.basic.password", Password, "", User),
                ("event.notification.basic.username", Text, "", User),
                ("event.notification.callback.headers", Text, "", User),
                ("event.notification.callback.url", Long, "", User),
                ("event.notification.enabled", Boolean, "false", User),
                ("event.notification.signature.key", Text, "", User),
                ("event.notification.subscription.id", Text, "", Platform),
                ("event.notification.type", Text, "", User),
                ("event.vendor.type", Text, "", User),
            ],
        ),
        (
            ConnectorGroup::Polling,
            &[
                ("event.poller.configuration", Area, "{}", User),
                ("event.poller.refresh_interval", Short, "15", User),
            ],
        ),
        (
            ConnectorGroup::Oauth,
            &[
                ("oauth.api.key", Text, "", User),
                ("oauth.api.secret", Text, "", User),
                ("oauth.callback.url", Long, "", User),
                ("oauth.user.token", Long, "", Platform),
            ],
        ),
        (ConnectorGroup::Oauth1, &[("oauth.user.token.secret", Long, "", Platform)]),
        (
            ConnectorGroup::Oauth2,
            &[
                ("oauth.scope", Long, "", User),
                ("oauth.user.refresh_interval", Short, "", User),
                ("oauth.user.refresh_time", Short, "", Platform),
                ("oauth.user.refresh_token", Long, "", Platform),
            ],
        ),
    ]
};

/// The whole schema of a connector, sorted by key.
pub(super) fn properties(source: &CatalogEntry) -> Vec<SchemaProperty> {
    let mut properties: BTreeMap<&str, SchemaProperty> = COMMON
        .iter()
        .filter(|(on, _)| applies(*on, source))
        .flat_map(|(_, shared)| *shared)
        .map(|&(key, kind, default, by)| (key, SchemaProperty::common(key, kind, default, by)))
        .collect();
    properties.retain(|key, _| !source.refused.contains_key(*key));
    if let Some(events) = properties.get_mut("event.vendor.type") {
        events.default = vendor_type(source);
    }
    for field in &source.fields {
        let common = properties.remove(field.key.as_str());
        properties.insert(&field.key, SchemaProperty::documented(field, common));
    }
    properties.into_values().collect()
}

fn applies(on: ConnectorGroup, source: &CatalogEntry) -> bool {
    use super::catalog::AuthMethod::{Oauth1, Oauth2};
    match on {
        ConnectorGroup::All => true,
        ConnectorGroup::Events => source.polling || source.webhook,
        ConnectorGroup::Polling => source.polling,
        ConnectorGroup::Oauth => source.auth.iter().any(|method| method.is_oauth()),
        ConnectorGroup::Oauth1 => source.auth.contains(&Oauth1),
        ConnectorGroup::Oauth2 => source.auth.contains(&Oauth2),
    }
}

/// How a connector learns of events unless it is told; reads spell it `webhooks`.
fn vendor_type(source: &CatalogEntry) -> Option<String> {
    let word = if source.polling {
        "polling"
    } else if source.webhook {
        "webhooks"
    } else {
        return None;
    };
    Some(word.to_owned())
}

impl SchemaProperty {
    fn common(key: &str, kind: PropertyType, default: &str, by: SetBy) -> Self {
        Self {
            key: key.to_owned(),
            default: (!default.is_empty()).then(|| default.to_owned()),
            kind,
            required: false,
            required_when: None,
            options: Vec::new(),
            internal: by == SetBy::Platform,
            hidden: by != SetBy::User,
        }
    }

    fn documented(field: &CatalogField, common: Option<Self>) -> Self {
        let common_default = common.as_ref().and_then(|property| property.default.clone());
        let default = field.default.as_ref().map(super::configuration::text).or(common_default);
        Self {
            key: field.key.clone(),
            kind: kind(field),
            required: field.required && default.is_none(),
            required_when: field.required_when.as_deref().and_then(condition),
            options: field.options.clone(),
            internal: common.as_ref().is_some_and(|property| property.internal),
            hidden: common.is_some_and(|property| property.hidden),
            default,
        }
    }

    /// Whether it must be given, where `value_of` tells the values of other properties.
    ///
    /// A condition on events is left out: what a callback URL is needed for shows at the first
    /// event only, and the platform creates such instances.
    pub(super) fn is_required<'a>(&self, value_of: impl Fn(&str) -> Option<&'a str>) -> bool {
        let Some((key, wanted)) = &self.required_when else {
            return self.required;
        };
        let applies = key == "authentication.type"
            && value_of(key).is_some_and(|value| value.eq_ignore_ascii_case(wanted));
        self.required || applies
    }

    /// The authentication that makes it required.
    fn authentication(&self) -> Option<&str> {
        let (key, value) = self.required_when.as_ref()?;
        (key == "authentication.type").then_some(value.as_str())
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
            "type": self.kind,
            "hideFromConsole": self.hidden,
            "groupName": self.authentication(),
            "required": self.required || self.authentication().is_some(),
            "options": options,
        })
    }

    /// The property as an entry of an instance's configuration, with the value that a read shows.
    pub(super) fn entry(&self, connector: &str, value: Option<&str>) -> Value {
        let label = label(&self.key);
        json!({
            "id": property_id(connector, &self.key),
            "key": self.key,
            "name": label,
            "description": label,
            "propertyValue": value,
            "type": self.kind,
            "required": self.required,
            "hideFromConsole": self.hidden,
            "active": true,
        })
    }

    /// A property for a key that an instance has and its connector's schema does not.
    pub(super) fn unknown(key: &str) -> Self {
        let kind = if is_password(key) { PropertyType::Password } else { PropertyType::Text };
        Self::common(key, kind, "", SetBy::User)
    }
}

/// A number that names a property: the same for all instances of a connector, for ever.
pub(super) fn property_id(connector: &str, key: &str) -> u64 {
    // FNV-1a: short, and the same in every build, unlike the standard library's hasher.
    let bytes = connector.bytes().chain([b'/']).chain(key.bytes());
    let hash = bytes
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    u64::from(hash)
}

/// Whether a key is one whose property has the type PASSWORD.
///
/// The catalog does not carry that type. Every such key known by name ends in one of two words,
/// and secrets with other names (`consumer_secret`, `token_secret`) are text that reads in clear.
pub(super) fn is_password(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.ends_with("password") || key.ends_with("passphrase")
}

fn kind(field: &CatalogField) -> PropertyType {
    match field.kind.as_str() {
        _ if is_password(&field.key) => PropertyType::Password,
        "boolean" => PropertyType::Boolean,
        "integer" => PropertyType::Short,
        "url" => PropertyType::Long,
        "json" => PropertyType::Area,
        "enum" => PropertyType::Choice,
        _ => PropertyType::Text,
    }
}

/// Splits `authentication.type=oauth2`.
fn condition(text: &str) -> Option<(String, String)> {
    text.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()))
}

/// A label for a key: `event.notification.enabled` reads `Event Notification Enabled`.
fn label(key: &str) -> String {
    let words = key.split(['.', '_', '-']).filter(|word| !word.is_empty()).map(|word| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| {
            first.to_uppercase().chain(letters).collect::<String>()
        })
    });
    words.collect::<Vec<_>>().join(" ")
}
