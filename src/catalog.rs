//! What a connector's fields mean: which it has, which are secret, which the platform writes itself.
//!
//! In: the table `catalog/connectors.json`, compiled into the program, one connector per line. Out:
//! [`Connector`]s, looked up by key, and the answers to "may this value be shown?" and "is it ours
//! to compare?".
//!
//! A connector is parsed when somebody first asks for it, so that a run pays for the connectors it
//! uses and `--version` for none. The table says what it knows; a connector or a field that it does
//! not know is no error here, and nothing in it can make a key public whose name says that it is
//! secret.

mod common;
mod grant;
mod hosts;
mod secrecy;
mod shape;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{LazyLock, OnceLock};

use serde::Deserialize;

use crate::instance::{ConnectorKey, Secrecy};

pub use grant::GrantNeed;
pub use hosts::{Credentials, HostRole};
pub use secrecy::{named_like_a_secret, platform_written};
pub use shape::{Condition, Need, Property, Shape};

/// Below this Jaro-Winkler similarity two names are different words rather than one misspelt.
const SIMILAR: f64 = 0.8;

/// Comparing two texts takes the product of their lengths, and names come from files: beyond these
/// bounds there is no suggestion.
const LONGEST_SUGGESTED: usize = 100;
const MOST_SUGGESTIONS: usize = 500;

/// All known connectors.
#[derive(Debug)]
pub struct Catalog {
    entries: BTreeMap<&'static str, Entry>,
}

#[derive(Debug)]
struct Entry {
    line: &'static str,
    parsed: OnceLock<Connector>,
}

/// What is known of one connector. The text is that of the platform's own catalogue.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connector {
    /// The platform's number for it.
    pub id: u64,
    /// The name in the platform's user interface.
    pub name: String,
    /// The kind of application, such as `crm` or `social`.
    #[serde(default)]
    pub hub: Option<String>,
    /// The ways to authenticate that it offers.
    #[serde(default)]
    pub auth: Vec<Authentication>,
    /// Whether it takes events from the provider by webhook.
    #[serde(default)]
    pub webhook: bool,
    /// Whether it asks the provider for events at intervals.
    #[serde(default)]
    pub polling: bool,
    /// How the webhook URL names the instance, where it does: `base64`, `raw`, …
    #[serde(default)]
    pub webhook_url_id: Option<String>,
    /// Whether the URL belongs into `event.notification.callback.url` of the instance itself.
    #[serde(default)]
    pub callback_carries_id: bool,
    /// The members of `providerData` that a create takes.
    #[serde(default)]
    pub provider_data: Vec<String>,
    /// The documented requests that create an instance, of connectors that offer OAuth.
    #[serde(default)]
    bodies: Vec<grant::Body>,
    /// The configuration keys that it documents.
    #[serde(default)]
    pub fields: Vec<Field>,
    /// Keys that some page shows and it does not take, with the right one where there is one.
    #[serde(default)]
    pub refused: BTreeMap<String, Option<String>>,
}

/// A way to authenticate at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Authentication {
    /// OAuth 2: a person grants access once.
    Oauth2,
    /// OAuth 1: likewise, with a signed exchange of tokens.
    Oauth1,
    /// User name and password.
    Basic,
    /// A fixed key.
    ApiKey,
    /// Something of the provider's own.
    Custom,
}

/// One configuration key of a connector.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The key, such as `oauth.api.key`.
    pub key: String,
    /// What its values are.
    #[serde(rename = "type")]
    pub kind: FieldKind,
    /// Whether a create needs it.
    #[serde(default)]
    pub required: bool,
    /// Whether a page says so, for the condition as well; otherwise examples do.
    #[serde(default)]
    pub certain: bool,
    /// Whether its value is confidential.
    #[serde(default)]
    pub secret: bool,
    /// What the platform takes where it is absent.
    #[serde(default)]
    pub default: Option<serde_json::Value>,
    /// The values of an [`FieldKind::Enum`].
    #[serde(default)]
    pub options: Vec<String>,
    /// The condition under which a create needs it, written `key=value`.
    #[serde(default)]
    pub required_when: Option<String>,
}

/// What the values of a configuration key are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldKind {
    /// Any text.
    String,
    /// A URL.
    Url,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// One of a few words.
    Enum,
    /// A JSON document, kept as text.
    Json,
}

/// What a plan needs to know of a document's connector. Nothing holds for one that the catalog does
/// not know, except what the document itself declares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Whether a create of the document needs an authorization grant.
    pub grant_need: GrantNeed,
    /// It takes events by webhook.
    pub webhooks: bool,
    /// The provider must be told the instance's webhook URL by hand.
    pub webhook_url_at_provider: bool,
    /// The instance's own callback URL must carry its id.
    pub callback_carries_id: bool,
    /// Whether an instance keeps credentials for the provider.
    pub credentials: Credentials,
}

impl Catalog {
    /// The catalogue that is compiled into the program.
    pub fn embedded() -> &'static Self {
        static EMBEDDED: LazyLock<Catalog> =
            LazyLock::new(|| Catalog { entries: entries(include_str!("catalog/connectors.json")) });
        &EMBEDDED
    }

    /// The connector with this key.
    #[expect(clippy::missing_panics_doc, reason = "a test parses every line of the table")]
    pub fn connector(&self, key: &ConnectorKey) -> Option<&Connector> {
        let entry = self.entries.get(key.as_str())?;
        Some(entry.parsed.get_or_init(|| {
            serde_json::from_str(entry.line).expect("a test parses every line of the table")
        }))
    }

    /// All connector keys, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().copied()
    }

    /// What a plan needs to know of the connector of a document that declares this
    /// `authentication.type`, if any, and values for these configuration keys.
    pub fn facts(
        &self,
        connector: &ConnectorKey,
        declared_type: Option<&str>,
        keys: &BTreeSet<&str>,
    ) -> Facts {
        let grant_need = self.grant_need(connector, declared_type, keys);
        match self.connector(connector) {
            Some(known) => known.facts(grant_need),
            None => Facts { grant_need, ..Facts::default() },
        }
    }

    /// Whether a value of the connector's configuration key may be shown.
    pub fn secrecy(&self, connector: &ConnectorKey, key: &str) -> Secrecy {
        let field = self.connector(connector).and_then(|known| known.field(key));
        if field.is_some_and(|field| field.secret) || named_like_a_secret(key) {
            Secrecy::Secret
        } else if field.is_some() || secrecy::common_and_public(key) {
            Secrecy::Public
        } else {
            Secrecy::Unknown
        }
    }

    /// The known connector whose key is most like `name`.
    pub fn closest_connector(&self, name: &str) -> Option<&str> {
        closest(name, self.keys())
    }
}

impl Connector {
    /// The configuration key as the connector documents it.
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key == key)
    }

    /// The documented configuration key that is most like `key`.
    pub fn closest_key(&self, key: &str) -> Option<&str> {
        closest(key, self.fields.iter().map(|field| field.key.as_str()))
    }

    fn facts(&self, grant_need: GrantNeed) -> Facts {
        Facts {
            grant_need,
            webhooks: self.webhook,
            webhook_url_at_provider: self.webhook_url_id.as_deref() == Some("base64"),
            callback_carries_id: self.callback_carries_id,
            credentials: self.credentials(),
        }
    }
}

/// The candidate most like `name`, unless none is much like it: for "did you mean".
pub fn closest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > LONGEST_SUGGESTED {
        return None;
    }
    let name = name.to_lowercase();
    // In a word of three letters a single slip makes the similarity small.
    let one_slip = |other: &str| name.len() > 2 && strsim::osa_distance(&name, other) == 1;
    candidates
        .take(MOST_SUGGESTIONS)
        .filter(|candidate| candidate.len() <= LONGEST_SUGGESTED)
        .filter_map(|candidate| {
            let other = candidate.to_lowercase();
            let similarity = strsim::jaro_winkler(&name, &other);
            (similarity > SIMILAR || one_slip(&other)).then_some((similarity, candidate))
        })
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// Finds the key and the text of each connector without parsing it: `"key":{…},` on a line.
fn entries(table: &'static str) -> BTreeMap<&'static str, Entry> {
    let entry = |line: &'static str| {
        let (key, text) = line.strip_prefix('"')?.split_once("\":")?;
        let line = text.trim_end_matches(',');
        let parsed = OnceLock::new();
        Some((key, Entry { line, parsed }))
    };
    table.lines().filter_map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connector(key: &str) -> &'static Connector {
        Catalog::embedded().connector(&key.parse().unwrap()).unwrap()
    }

    #[test]
    fn every_line_of_the_table_is_found_and_parses() {
        let table = include_str!("catalog/connectors.json");
        let whole: BTreeMap<String, Connector> = serde_json::from_str(table).unwrap();
        assert!(whole.len() > 100);
        assert!(whole.keys().map(String::as_str).eq(Catalog::embedded().keys()));
        for (key, parsed) in &whole {
            assert_eq!(connector(key), parsed);
        }
    }

    #[test]
    fn hootsuite_needs_oauth_and_a_url_at_the_provider() {
        let facts = |connector: &str| {
            Catalog::embedded().facts(&connector.parse().unwrap(), None, &BTreeSet::new())
        };
        assert_eq!(
            facts("hootsuite"),
            Facts {
                grant_need: GrantNeed::Certain,
                webhooks: true,
                webhook_url_at_provider: true,
                callback_carries_id: true,
                credentials: Credentials::Kept
            }
        );
        assert_eq!(facts("no-such-thing"), Facts::default());
    }

    #[test]
    fn only_keys_in_the_catalog_are_public() {
        let secrecy =
            |connector: &str, key| Catalog::embedded().secrecy(&connector.parse().unwrap(), key);
        assert_eq!(secrecy("hootsuite", "oauth.callback.url"), Secrecy::Public);
        assert_eq!(secrecy("hootsuite", "oauth.api.secret"), Secrecy::Secret);
        assert_eq!(secrecy("hootsuite", "site.url"), Secrecy::Unknown);
        assert_eq!(secrecy("no-such-thing", "event.vendor.type"), Secrecy::Public);
        assert_eq!(secrecy("no-such-thing", "some.password"), Secrecy::Secret);
        assert_eq!(secrecy("no-such-thing", "username"), Secrecy::Unknown);
    }

    #[test]
    fn a_misspelt_name_finds_its_neighbour_and_another_word_does_not() {
        assert_eq!(Catalog::embedded().closest_connector("hootsiute"), Some("hootsuite"));
        assert_eq!(connector("hootsuite").closest_key("oauth.api.kee"), Some("oauth.api.key"));
        assert_eq!(closest("evn", ["env", "var"].into_iter()), Some("env"));
        assert_eq!(closest("xyz", ["name", "tags"].into_iter()), None);
    }
}
