//! The connectors that this sandbox knows.
//!
//! In: the embedded catalog file, one connector per line. Out: connectors by key and by id, each
//! with the configuration schema that `GET /elements/{key}/configuration` shows and with the
//! `element` objects that instances carry. Read once per process and constant afterwards, so an
//! instance holds a reference. It must never take a fact from the client's own catalog code:
//! what the two read differently is a bug that tests can see.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Deserializer, Serializer};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::schema::{self, SchemaProperty};

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    Catalog::parse(include_str!("../catalog/connectors.json"))
        .expect("the embedded catalog is valid: a unit test parses it")
});

/// All connectors.
pub(super) struct Catalog {
    by_key: BTreeMap<String, Connector>,
    key_of: BTreeMap<u64, String>,
}

/// One connector; the API calls it an element.
pub(super) struct Connector {
    pub(super) id: u64,
    pub(super) key: String,
    pub(super) name: String,
    pub(super) hub: String,
    /// The ways in which it authenticates, the usual one first.
    pub(super) methods: Vec<AuthMethod>,
    pub(super) webhook: bool,
    pub(super) polling: bool,
    /// InstanceSelector members of `providerData` a creation takes.
    pub(super) provider_data: Vec<String>,
    /// The documented bodies of a creation, where the connector offers OAuth.
    pub(super) bodies: Vec<DocumentedBody>,
    /// The configuration schema, sorted by key.
    pub(super) properties: Vec<SchemaProperty>,
    /// The `element` object of a single instance.
    pub(super) full: Box<RawValue>,
    /// The `element` object in a list of instances.
    pub(super) listed: Box<RawValue>,
    /// The `element` object in the list of an account.
    pub(super) slim: Box<RawValue>,
}

/// A way to authenticate at the provider.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(super) enum AuthMethod {
    Oauth2,
    Oauth1,
    Basic,
    Custom,
    ApiKey,
}

/// A documented body of a creation.
#[derive(Deserialize)]
pub(super) struct DocumentedBody {
    #[serde(rename = "auth")]
    pub(super) method: AuthMethod,
    /// Its configuration keys.
    pub(super) keys: Vec<String>,
}

/// A connector as the file has it.
#[derive(Deserialize)]
pub(super) struct CatalogEntry {
    id: u64,
    name: String,
    hub: Option<String>,
    #[serde(default)]
    pub(super) auth: Vec<AuthMethod>,
    #[serde(default)]
    pub(super) webhook: bool,
    #[serde(default)]
    pub(super) polling: bool,
    #[serde(default)]
    provider_data: Vec<String>,
    #[serde(default)]
    bodies: Vec<DocumentedBody>,
    #[serde(default)]
    pub(super) fields: Vec<CatalogField>,
    /// Keys that the connector does not have, whatever others of its kind have.
    #[serde(default)]
    pub(super) refused: BTreeMap<String, Value>,
}

/// A configuration field as the file has it.
#[derive(Deserialize)]
pub(super) struct CatalogField {
    pub(super) key: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) required: bool,
    pub(super) required_when: Option<String>,
    pub(super) default: Option<Value>,
    #[serde(default)]
    pub(super) options: Vec<String>,
}

/// The catalog of this build.
pub(super) fn catalog() -> &'static Catalog {
    &CATALOG
}

impl Catalog {
    fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let sources: BTreeMap<String, CatalogEntry> = serde_json::from_str(text)?;
        let by_key = sources
            .into_iter()
            .map(|(key, source)| Ok((key.clone(), Connector::new(key, source)?)))
            .collect::<Result<BTreeMap<_, _>, serde_json::Error>>()?;
        let key_of = by_key.values().map(|connector| (connector.id, connector.key.clone()));
        Ok(Self { key_of: key_of.collect(), by_key })
    }

    /// Finds a connector by what stands in a path: its key or its decimal id.
    pub(super) fn find(&self, key_or_id: &str) -> Option<&Connector> {
        self.by_key.get(key_or_id).or_else(|| self.with_id(key_or_id.parse().ok()?))
    }

    /// Finds a connector by its id.
    pub(super) fn with_id(&self, id: u64) -> Option<&Connector> {
        self.by_key.get(self.key_of.get(&id)?)
    }

    /// All connectors, by ascending id.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Connector> {
        self.key_of.values().filter_map(|key| self.by_key.get(key))
    }
}

impl Connector {
    fn new(key: String, source: CatalogEntry) -> Result<Self, serde_json::Error> {
        let properties = schema::properties(&source);
        let element = element(&key, &source);
        let only = |members: &[&str]| {
            let kept = element.iter().filter(|(name, _)| members.contains(&name.as_str()));
            serde_json::value::to_raw_value(&kept.collect::<BTreeMap<_, _>>())
        };
        Ok(Self {
            full: serde_json::value::to_raw_value(&element)?,
            listed: only(LISTED)?,
            slim: only(SLIM)?,
            id: source.id,
            name: source.name,
            hub: source.hub.unwrap_or_else(|| NO_HUB.to_owned()),
            methods: source.auth,
            webhook: source.webhook,
            polling: source.polling,
            provider_data: source.provider_data,
            bodies: source.bodies,
            properties,
            key,
        })
    }

    /// Whether any of its ways in is OAuth.
    pub(super) fn is_oauth(&self) -> bool {
        self.methods.iter().any(|method| method.is_oauth())
    }
}

impl AuthMethod {
    /// The method with this word, in any case: pages write `Basic` and `basic`.
    pub(super) fn named(word: &str) -> Option<Self> {
        let all = [Self::Oauth2, Self::Oauth1, Self::Basic, Self::Custom, Self::ApiKey];
        all.into_iter().find(|method| method.as_str().eq_ignore_ascii_case(word))
    }

    /// The word for it in `authentication.type`.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Oauth2 => "oauth2",
            Self::Oauth1 => "oauth1",
            Self::Basic => "basic",
            Self::Custom => "custom",
            Self::ApiKey => "apiKey",
        }
    }

    /// Whether it needs a grant of the provider's user.
    pub(super) fn is_oauth(self) -> bool {
        matches!(self, Self::Oauth1 | Self::Oauth2)
    }
}

/// The hub of a connector whose hub is not known.
const NO_HUB: &str = "general";

/// What the `element` object of an account's list has; it has no authentication.
const SLIM: &[&str] = &[
    "id",
    "name",
    "key",
    "image",
    "deleted",
    "typeOauth",
    "trialAccount",
    "transformationsEnabled",
    "bulkDownloadEnabled",
    "bulkUploadEnabled",
    "cloneable",
    "extendable",
    "beta",
    "extended",
];

/// What the `element` object of `GET /instances` has.
const LISTED: &[&str] = &[
    "id",
    "name",
    "key",
    "description",
    "image",
    "active",
    "deleted",
    "typeOauth",
    "authentication",
    "hub",
];

/// The `element` object in full.
fn element(key: &str, source: &CatalogEntry) -> serde_json::Map<String, Value> {
    let method = source.auth.first().map_or("custom", |method| method.as_str());
    let element = json!({
        "id": source.id,
        "name": source.name,
        "hookName": source.name,
        "key": key,
        "description": format!("Add a {} instance", source.name),
        "image": format!("elements/provider_{key}.png"),
        "logo": key,
        "active": true,
        "deleted": false,
        "typeOauth": source.auth.iter().any(|method| method.is_oauth()),
        "trialAccount": false,
        "resources": [],
        "transformationsEnabled": true,
        "bulkDownloadEnabled": false,
        "bulkUploadEnabled": false,
        "cloneable": true,
        "extendable": true,
        "beta": source.name.ends_with(" Beta"),
        "authentication": { "type": method },
        "extended": false,
        "hub": source.hub.as_deref().unwrap_or(NO_HUB),
        "protocolType": "http",
        "parameters": [],
        "private": false,
    });
    match element {
        Value::Object(members) => members,
        _ => serde_json::Map::new(),
    }
}

/// Writes a connector as its key.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
pub(super) fn serialize<S: Serializer>(
    connector: &&'static Connector,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&connector.key)
}

/// Reads a connector from its key; one that is not in the catalog is an error.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<&'static Connector, D::Error> {
    let key = String::deserialize(deserializer)?;
    catalog()
        .by_key
        .get(&key)
        .ok_or_else(|| serde::de::Error::custom(format!("there is no connector `{key}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_catalog_is_complete() {
        assert_eq!(catalog().iter().count(), 167);
        let hootsuite = catalog().find("4066").unwrap();
        assert_eq!(hootsuite.key, "hootsuite");
        assert!(hootsuite.is_oauth() && hootsuite.webhook && !hootsuite.polling);
        assert_eq!(hootsuite.provider_data, ["code"]);
    }

    #[test]
    fn the_schema_of_a_connector_is_sorted_and_without_duplicates() {
        for connector in catalog().iter() {
            let keys: Vec<_> = connector.properties.iter().map(|p| &p.key).collect();
            assert!(keys.is_sorted_by(|a, b| a < b), "{}", connector.key);
        }
    }
}
