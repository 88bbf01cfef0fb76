//! What a request asks for, what a reply says, and whether the one satisfies the other.

use std::collections::{BTreeMap, BTreeSet};

use super::{ConnectorKey, FieldPath, InstanceId, Json, Place, Secret, Seen, Value, Verdict};

/// The members of a POST or PATCH body; absent members are left as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// The display name.
    pub name: Option<String>,
    /// The complete list of tags, the reserved ones included: the platform replaces the list.
    pub tags: Option<BTreeSet<String>>,
    /// Configuration values: the platform merges them by key.
    pub configuration: BTreeMap<String, Value>,
    /// The authorization grant, for a create or a re-authentication.
    pub provider_data: BTreeMap<String, Json>,
    /// `initial` where a create starts from a refresh token.
    pub external_authentication: Option<String>,
}

/// One instance as a reply describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The platform's number for it.
    pub id: InstanceId,
    /// Its connector, as the reply spells it.
    pub connector: String,
    /// The display name.
    pub name: String,
    /// All tags, the reserved ones included, in the order of the reply.
    pub tags: Vec<String>,
    /// The kept configuration values; empty in a slim listing.
    pub configuration: BTreeMap<String, Seen>,
    /// Whether the platform holds a working authentication at the provider.
    pub valid: bool,
    /// Whether the instance is switched off.
    pub disabled: bool,
    /// The credential for calls through the instance.
    pub token: Secret,
}

impl Record {
    /// The stored value of a configuration key; an absent one is unset.
    pub fn configuration(&self, key: &str) -> &Seen {
        self.configuration.get(key).unwrap_or(&Seen::Unset)
    }
}

impl Draft {
    /// The values that name the instance itself, which only a second request can send.
    #[must_use]
    pub fn referring_to_instance(&self) -> Self {
        let configuration =
            self.configuration.iter().filter(|(_, value)| value.refers_to_instance());
        Self {
            configuration: configuration.map(|(key, value)| (key.clone(), value.clone())).collect(),
            ..Self::default()
        }
    }

    /// Whether there is nothing to ask for.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The asked-for fields that the reply does not show; a masked value counts as taken.
    pub fn unmet_by(
        &self,
        record: &Record,
        connector: &ConnectorKey,
        base_url: &super::BaseUrl,
    ) -> Vec<FieldPath> {
        let place = Place { base_url, connector, id: Some(record.id) };
        let name = self.name.as_ref().filter(|name| **name != record.name);
        let tags = self
            .tags
            .as_ref()
            .filter(|tags| !tags.iter().eq(record.tags.iter().collect::<BTreeSet<_>>()));
        let differs = |(key, value): &(&String, &Value)| {
            value.compare(key, record.configuration(key), &place) == Verdict::Different
        };
        let configuration = self.configuration.iter().filter(differs);
        name.map(|_| FieldPath::Name)
            .into_iter()
            .chain(tags.map(|_| FieldPath::Tags))
            .chain(configuration.map(|(key, _)| FieldPath::Configuration(key.clone())))
            .collect()
    }
}
