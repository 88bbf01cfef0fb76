//! The meaning of a connector's configuration keys: their types, whether they are secret, and whether
//! the platform writes them.
//!
//! In: the table `catalog/connectors.json`, compiled into the program, one connector per line. Out:
//! [`Connector`]s by key, and answers to "may this value be shown?" and "is this value compared?".
//!
//! A connector is parsed on first use, so a run pays only for the connectors that it uses. A
//! connector or key that is missing in the table is not an error. The table cannot make a key public
//! if its name says that it is secret.

mod certainty;
mod connector;
mod create_request;
mod grant;
mod hosts;
mod search;
mod secrecy;
mod shared_keys;
mod spec;
mod suggestion;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{LazyLock, OnceLock};

use crate::instance::{ConnectorKey, EventSupport, Secrecy};

pub use certainty::Certainty;
pub(crate) use connector::Authentication;
pub use connector::{Connector, ConnectorField, FieldKind};
pub(crate) use create_request::CreateRequest;
pub use grant::GrantNeed;
pub use hosts::{HostRole, ProviderCredentials};
pub(crate) use search::ConnectorMatch;
pub(crate) use secrecy::key_ends_with;
pub use secrecy::{named_like_a_secret, platform_written};
pub(crate) use spec::Condition;
pub use spec::{ConnectorSpec, PropertySpec, Requirement};
pub(crate) use suggestion::closest;

/// All known connectors.
#[derive(Debug)]
pub struct Catalog {
    entries: BTreeMap<&'static str, CatalogEntry>,
}

#[derive(Debug)]
struct CatalogEntry {
    json: &'static str,
    parsed: OnceLock<Connector>,
}

/// The properties of a connector that a plan needs. For a connector that is not in the catalog, only
/// what the document declares is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectorFacts {
    /// Whether a create of the document needs an authorization grant.
    pub grant_need: GrantNeed,
    /// How its events can arrive.
    pub events: EventSupport,
    /// Whether the callback URL of the instance must contain its ID.
    pub callback_carries_id: bool,
    /// Whether an instance stores credentials for the provider.
    pub credentials: ProviderCredentials,
}

impl Catalog {
    /// The catalog that is compiled into the program.
    pub fn embedded() -> &'static Self {
        static EMBEDDED: LazyLock<Catalog> = LazyLock::new(|| {
            let table = include_str!("catalog/connectors.json");
            Catalog { entries: table.lines().filter_map(entry).collect() }
        });
        &EMBEDDED
    }

    /// The connector with this key.
    #[expect(clippy::missing_panics_doc, reason = "a test parses every line of the table")]
    pub fn connector(&self, key: &ConnectorKey) -> Option<&Connector> {
        let entry = self.entries.get(key.as_str())?;
        Some(entry.parsed.get_or_init(|| {
            serde_json::from_str(entry.json).expect("a test parses every line of the table")
        }))
    }

    /// All connector keys, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().copied()
    }

    /// The facts about the connector of a document with this `authentication.type` and these
    /// configuration keys.
    pub(crate) fn facts(
        &self,
        connector: &ConnectorKey,
        declared_type: Option<&str>,
        keys: &BTreeSet<&str>,
    ) -> ConnectorFacts {
        let connector = self.connector(connector);
        let grant_need = grant::grant_need(connector, declared_type, keys);
        let Some(connector) = connector else {
            return ConnectorFacts { grant_need, ..ConnectorFacts::default() };
        };
        ConnectorFacts {
            grant_need,
            events: connector.event_support(),
            callback_carries_id: connector.callback_carries_id,
            credentials: hosts::credentials(connector),
        }
    }

    /// How the events of the connector can arrive. Nothing is known about a connector that is not in the
    /// catalog.
    pub fn event_support(&self, connector: &ConnectorKey) -> EventSupport {
        self.connector(connector).map(Connector::event_support).unwrap_or_default()
    }

    /// The role of the configuration key in choosing the host that receives the credentials.
    pub fn host_role(&self, connector: &ConnectorKey, key: &str) -> HostRole {
        hosts::host_role(self.field(connector, key), key)
    }

    /// Whether a value of the configuration key may be shown.
    pub(crate) fn secrecy(&self, connector: &ConnectorKey, key: &str) -> Secrecy {
        let field = self.field(connector, key);
        if field.is_some_and(|field| field.secret) || named_like_a_secret(key) {
            Secrecy::Secret
        } else if field.is_some() || secrecy::common_and_public(key) {
            Secrecy::Public
        } else {
            Secrecy::Unknown
        }
    }

    fn field(&self, connector: &ConnectorKey, key: &str) -> Option<&ConnectorField> {
        self.connector(connector)?.field(key)
    }
}

/// The key and the text of a connector, without parsing it: `"key":{…},` on a line.
fn entry(line: &'static str) -> Option<(&'static str, CatalogEntry)> {
    let (key, json) = line.strip_prefix('"')?.split_once("\":")?;
    Some((key, CatalogEntry { json: json.trim_end_matches(','), parsed: OnceLock::new() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::{WebhookUrlForm, WebhookUrlKnowledge};

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
    fn hootsuite_needs_a_grant_and_a_url_at_the_provider() {
        let facts = |connector: &str| {
            Catalog::embedded().facts(&connector.parse().unwrap(), None, &BTreeSet::new())
        };
        assert_eq!(
            facts("hootsuite"),
            ConnectorFacts {
                grant_need: GrantNeed::Certain,
                events: EventSupport {
                    polling: false,
                    webhooks: true,
                    webhook_url: WebhookUrlKnowledge::Documented(WebhookUrlForm::Base64)
                },
                callback_carries_id: true,
                credentials: ProviderCredentials::Stored
            }
        );
        assert_eq!(facts("no-such-thing"), ConnectorFacts::default());
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
}
