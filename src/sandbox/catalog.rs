//! The connectors of the sandbox.
//!
//! The catalog is parsed once per process, so an instance holds a reference. It must never use the
//! client's catalog code: if the two disagree, tests must be able to see the bug.

pub(super) mod entry;
pub(super) mod identity;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Deserializer, Serializer};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{SchemaProperty, schema};
use entry::{AddressForm, AuthMethod, CatalogEntry, DocumentedBody};

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    Catalog::parse(include_str!("../catalog/connectors.json"))
        .expect("the embedded catalog is valid: a unit test parses it")
});

pub(super) struct Catalog {
    by_key: BTreeMap<String, Connector>,
    key_of: BTreeMap<u64, String>,
}

/// A connector. The API calls it an element.
pub(super) struct Connector {
    pub(super) id: u64,
    pub(super) key: String,
    pub(super) name: String,
    pub(super) hub: String,
    pub(super) methods: Vec<AuthMethod>,
    pub(super) webhook: bool,
    pub(super) polling: bool,
    /// How the address of its events names the instance.
    pub(super) address_form: AddressForm,
    /// Members of `providerData` that a creation accepts.
    pub(super) provider_data: Vec<String>,
    /// Documented bodies for creating an instance, if the connector has OAuth.
    pub(super) bodies: Vec<DocumentedBody>,
    pub(super) properties: Vec<SchemaProperty>,
    /// `element` object of a single instance.
    pub(super) full: Box<RawValue>,
    /// `element` object in a list of instances.
    pub(super) listed: Box<RawValue>,
    /// `element` object in the list of an account.
    pub(super) slim: Box<RawValue>,
}

pub(super) fn catalog() -> &'static Catalog {
    &CATALOG
}

impl Catalog {
    fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let entries: BTreeMap<String, CatalogEntry> = serde_json::from_str(text)?;
        let by_key = entries
            .into_iter()
            .map(|(key, entry)| Ok((key.clone(), Connector::new(key, entry)?)))
            .collect::<Result<BTreeMap<_, _>, serde_json::Error>>()?;
        let key_of = by_key.values().map(|connector| (connector.id, connector.key.clone()));
        Ok(Self { key_of: key_of.collect(), by_key })
    }

    pub(super) fn find(&self, key_or_id: &str) -> Option<&Connector> {
        self.by_key.get(key_or_id).or_else(|| self.with_id(key_or_id.parse().ok()?))
    }

    pub(super) fn with_id(&self, id: u64) -> Option<&Connector> {
        self.by_key.get(self.key_of.get(&id)?)
    }

    /// The connector with a key. An unknown key is an error.
    fn with_key<E: serde::de::Error>(&'static self, key: &str) -> Result<&'static Connector, E> {
        let unknown = || E::custom(format!("there is no connector `{key}`"));
        self.by_key.get(key).ok_or_else(unknown)
    }

    /// All connectors, by ascending ID.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Connector> {
        self.key_of.values().filter_map(|key| self.by_key.get(key))
    }
}

impl Connector {
    fn new(key: String, entry: CatalogEntry) -> Result<Self, serde_json::Error> {
        let properties = schema::properties(&entry);
        let element = element(&key, &entry);
        let only = |members: &str| {
            let is_kept = |name: &str| members.split_whitespace().any(|member| member == name);
            let kept = element.iter().filter(|(name, _)| is_kept(name));
            serde_json::value::to_raw_value(&kept.collect::<BTreeMap<_, _>>())
        };
        Ok(Self {
            full: serde_json::value::to_raw_value(&element)?,
            listed: only(LISTED_MEMBERS)?,
            slim: only(SLIM_MEMBERS)?,
            id: entry.id,
            name: entry.name,
            hub: entry.hub.unwrap_or_else(|| DEFAULT_HUB.to_owned()),
            methods: entry.auth,
            webhook: entry.webhook,
            polling: entry.polling,
            address_form: entry.webhook_url_id,
            provider_data: entry.provider_data,
            bodies: entry.bodies,
            properties,
            key,
        })
    }

    pub(super) fn is_oauth(&self) -> bool {
        self.methods.iter().any(|method| method.is_oauth())
    }
}

const DEFAULT_HUB: &str = "general";

/// Members of the `element` object in the list of an account. It has no authentication.
const SLIM_MEMBERS: &str = "\
    id name key image deleted typeOauth trialAccount transformationsEnabled \
    bulkDownloadEnabled bulkUploadEnabled cloneable extendable beta extended";

/// Members of the `element` object in `GET /instances`.
const LISTED_MEMBERS: &str = "\
    id name key description image active deleted typeOauth authentication hub";

fn element(key: &str, entry: &CatalogEntry) -> serde_json::Map<String, Value> {
    let method = entry.auth.first().copied().unwrap_or(AuthMethod::Custom);
    let element = json!({
        "id": entry.id,
        "name": entry.name,
        "hookName": entry.name,
        "key": key,
        "description": format!("Add a {} instance", entry.name),
        "image": format!("elements/provider_{key}.png"),
        "logo": key,
        "active": true,
        "deleted": false,
        "typeOauth": entry.auth.iter().any(|method| method.is_oauth()),
        "trialAccount": false,
        "resources": [],
        "transformationsEnabled": true,
        "bulkDownloadEnabled": false,
        "bulkUploadEnabled": false,
        "cloneable": true,
        "extendable": true,
        "beta": entry.name.ends_with(" Beta"),
        "authentication": { "type": method },
        "extended": false,
        "hub": entry.hub.as_deref().unwrap_or(DEFAULT_HUB),
        "protocolType": "http",
        "parameters": [],
        "private": false,
    });
    match element {
        Value::Object(members) => members,
        _ => serde_json::Map::new(),
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
pub(super) fn serialize<S: Serializer>(
    connector: &&'static Connector,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&connector.key)
}

/// Deserializes a connector from its key. An unknown key is an error.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<&'static Connector, D::Error> {
    catalog().with_key(&String::deserialize(deserializer)?)
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
