//! What a configuration property of a connector is.
//!
//! In: the fields that the catalogue has for a connector. Out: its whole schema: these fields plus
//! the keys that every connector of its kind has (events, OAuth, paging), with type, default,
//! whether required and whether the platform itself writes it. A read of an instance shows every
//! property of its connector, set or not. It must never mark a property required that has a
//! default: the platform fills that in.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::catalogue::{Field, Source};

/// One configuration property.
pub(super) struct Property {
    pub(super) key: String,
    pub(super) default: Option<String>,
    kind: Kind,
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
pub(super) enum Kind {
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

/// Which connectors have a common property.
#[derive(Clone, Copy, PartialEq, Eq)]
enum On {
    All,
    Events,
    Polling,
    Oauth,
    Oauth1,
    Oauth2,
}

/// Who sets a common property.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    User,
    Hidden,
    Platform,
}

/// Properties that connectors share: key, type, default and who sets them; `""` is no default.
type Shared = &'static [(&'static str, Kind, &'static str, By)];

const COMMON: [(On, Shared); 6] = {
    use By::{Hidden, Platform, User};
    use Kind::{Area, Boolean, Long, Password, Short, Text};
    [
        (
            On::All,
            &[
                ("base.url", Long, "", User),
                ("filter.response.nulls", Boolean, "true", Hidden),
                ("pagination.max", Short, "200", Hidden),
                ("pagination.type", Short, "offset", Hidden),
            ],
        ),
        (
            On::Events,
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
            On::Polling,
            &[
                ("event.poller.configuration", Area, "{}", User),
                ("event.poller.refresh_interval", Short, "15", User),
            ],
        ),
        (
            On::Oauth,
            &[
                ("oauth.api.key", Text, "", User),
                ("oauth.api.secret", Text, "", User),
                ("oauth.callback.url", Long, "", User),
                ("oauth.user.token", Long, "", Platform),
            ],
        ),
        (On::Oauth1, &[("oauth.user.token.secret", Long, "", Platform)]),
        (
            On::Oauth2,
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
pub(super) fn properties(source: &Source) -> Vec<Property> {
    let mut properties: BTreeMap<&str, Property> = COMMON
        .iter()
        .filter(|(on, _)| applies(*on, source))
        .flat_map(|(_, shared)| *shared)
        .map(|&(key, kind, default, by)| (key, Property::common(key, kind, default, by)))
        .collect();
    properties.retain(|key, _| !source.refused.contains_key(*key));
    if let Some(events) = properties.get_mut("event.vendor.type") {
        events.default = vendor_type(source);
    }
    for field in &source.fields {
        let common = properties.remove(field.key.as_str());
        properties.insert(&field.key, Property::documented(field, common));
    }
    properties.into_values().collect()
}

fn applies(on: On, source: &Source) -> bool {
    use super::catalogue::Method::{Oauth1, Oauth2};
    match on {
        On::All => true,
        On::Events => source.polling || source.webhook,
        On::Polling => source.polling,
        On::Oauth => source.auth.iter().any(|method| method.is_oauth()),
        On::Oauth1 => source.auth.contains(&Oauth1),
        On::Oauth2 => source.auth.contains(&Oauth2),
    }
}

/// How a connector learns of events unless it is told; reads spell it `webhooks`.
fn vendor_type(source: &Source) -> Option<String> {
    let word = if source.polling {
        "polling"
    } else if source.webhook {
        "webhooks"
    } else {
        return None;
    };
    Some(word.to_owned())
}

impl Property {
    fn common(key: &str, kind: Kind, default: &str, by: By) -> Self {
        Self {
            key: key.to_owned(),
            default: (!default.is_empty()).then(|| default.to_owned()),
            kind,
            required: false,
            required_when: None,
            options: Vec::new(),
            internal: by == By::Platform,
            hidden: by != By::User,
        }
    }

    fn documented(field: &Field, common: Option<Self>) -> Self {
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
        let kind = if is_password(key) { Kind::Password } else { Kind::Text };
        Self::common(key, kind, "", By::User)
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
/// The catalogue does not carry that type. Every such key known by name ends in one of two words,
/// and secrets with other names (`consumer_secret`, `token_secret`) are text that reads in clear.
pub(super) fn is_password(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.ends_with("password") || key.ends_with("passphrase")
}

fn kind(field: &Field) -> Kind {
    match field.kind.as_str() {
        _ if is_password(&field.key) => Kind::Password,
        "boolean" => Kind::Boolean,
        "integer" => Kind::Short,
        "url" => Kind::Long,
        "json" => Kind::Area,
        "enum" => Kind::Choice,
        _ => Kind::Text,
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
