//! A connector by its identity: one of the catalog, or a private copy of one.
//!
//! A copy has another ID and another key, and behaves as its original in everything else
//! (docs/platform.md#connectors-and-their-fields).

use std::borrow::Cow;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{Connector, catalog};

/// The state file has the key of a public connector, and the members of a private one.
#[derive(Clone)]
pub(in crate::sandbox) enum ConnectorRef {
    Public(&'static Connector),
    Private(ConnectorCopy),
}

/// A private copy of a connector.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::sandbox) struct ConnectorCopy {
    pub(in crate::sandbox) id: u64,
    pub(in crate::sandbox) key: String,
    #[serde(with = "super")]
    pub(in crate::sandbox) original: &'static Connector,
}

/// Which members of a connector a response shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum ElementMembers {
    Full,
    Listed,
    Slim,
}

impl ConnectorRef {
    /// The connector of the catalog that defines the behavior.
    pub(in crate::sandbox) fn original(&self) -> &'static Connector {
        match self {
            Self::Public(connector) => connector,
            Self::Private(copy) => copy.original,
        }
    }

    pub(in crate::sandbox) fn id(&self) -> u64 {
        match self {
            Self::Public(connector) => connector.id,
            Self::Private(copy) => copy.id,
        }
    }

    pub(in crate::sandbox) fn key(&self) -> &str {
        match self {
            Self::Public(connector) => &connector.key,
            Self::Private(copy) => &copy.key,
        }
    }

    /// The `element` object.
    pub(in crate::sandbox) fn element(&self, members: ElementMembers) -> Cow<'static, RawValue> {
        let element = match (self.original(), members) {
            (connector, ElementMembers::Full) => &connector.full,
            (connector, ElementMembers::Listed) => &connector.listed,
            (connector, ElementMembers::Slim) => &connector.slim,
        };
        match self {
            Self::Public(_) => Cow::Borrowed(element),
            Self::Private(copy) => Cow::Owned(copy.renamed(element)),
        }
    }
}

impl ConnectorCopy {
    /// The `element` object of the original with the identity of the copy.
    fn renamed(&self, element: &RawValue) -> Box<RawValue> {
        let mut members: Map<String, Value> =
            serde_json::from_str(element.get()).expect("the catalog made it from such a map");
        members.insert("id".to_owned(), self.id.into());
        members.insert("key".to_owned(), self.key.as_str().into());
        if let Some(private) = members.get_mut("private") {
            *private = true.into();
        }
        serde_json::value::to_raw_value(&members).expect("a map of JSON values is JSON")
    }
}

impl Serialize for ConnectorRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Public(connector) => serializer.serialize_str(&connector.key),
            Self::Private(copy) => copy.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for ConnectorRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ConnectorVisitor)
    }
}

struct ConnectorVisitor;

impl<'de> Visitor<'de> for ConnectorVisitor {
    type Value = ConnectorRef;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the key of a connector, or a copy of one")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<ConnectorRef, E> {
        catalog().with_key(key).map(ConnectorRef::Public)
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<ConnectorRef, A::Error> {
        let copy = ConnectorCopy::deserialize(MapAccessDeserializer::new(members))?;
        Ok(ConnectorRef::Private(copy))
    }
}
