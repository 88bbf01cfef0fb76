//! The sections of a document whose keys depend on the connector.

use serde_json::{Map, Value};

/// A section of a document that depends on the connector.
#[derive(Clone, Copy)]
pub(in crate::desired) enum Section {
    Configuration,
    ProviderData,
}

impl Section {
    pub(in crate::desired) const ALL: [Self; 2] = [Self::Configuration, Self::ProviderData];

    pub(in crate::desired) fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::ProviderData => "providerData",
        }
    }

    pub(in crate::desired) fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|section| section.as_str() == key)
    }

    /// The rules for the keys of the section in a schema.
    pub(super) fn properties(self, schema: &Value) -> Option<&Map<String, Value>> {
        schema.get("properties")?.get(self.as_str())?.get("properties")?.as_object()
    }
}
