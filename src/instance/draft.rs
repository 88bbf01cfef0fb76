//! What a request asks for, what a reply says, and whether the one satisfies the other.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    ConnectorKey, FieldPath, InstanceId, Json, RenderContext, Secret, StoredValue, Value,
    ValueComparison,
};

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
    /// The display name; empty where the reply has none.
    pub name: String,
    /// All tags, the reserved ones included, in the order of the reply.
    pub tags: Vec<String>,
    /// The kept configuration values; empty in a slim listing.
    pub configuration: BTreeMap<String, StoredValue>,
    /// Whether the platform holds a working authentication at the provider.
    pub valid: bool,
    /// Whether the instance is switched off.
    pub disabled: bool,
    /// The credential for calls through the instance.
    pub token: Secret,
    /// The members that the reply leaves out.
    pub absent: OmittedMembers,
}

/// The members that a reply leaves out. An absent member proves nothing: many documented replies to
/// a POST have an empty `configuration`, and replies to a PATCH without `tags` exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OmittedMembers {
    /// No `tags`.
    pub tags: bool,
    /// No `disabled`.
    pub disabled: bool,
}

/// What a reply says about the fields that were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplyCheck {
    /// It shows all of them, or a mask in their place.
    Shown,
    /// It contradicts none of them, and leaves out some.
    Silent,
    /// It shows other values of these.
    Contradicted(Vec<FieldPath>),
}

impl Record {
    /// The stored value of a configuration key; an absent one is unset.
    pub fn configuration(&self, key: &str) -> &StoredValue {
        self.configuration.get(key).unwrap_or(&StoredValue::Unset)
    }

    /// Whether the reply leaves this field out.
    fn is_silent_on(&self, field: &FieldPath) -> bool {
        match field {
            FieldPath::Name => self.name.is_empty(),
            FieldPath::Tags => self.absent.tags,
            FieldPath::Configuration(key) => !self.configuration.contains_key(key),
            FieldPath::Mark
            | FieldPath::Protect
            | FieldPath::ProviderData(_)
            | FieldPath::ExternalAuthentication => false,
        }
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

    /// What the reply to a write says about the fields that were asked for.
    pub fn proof(
        &self,
        record: &Record,
        connector: &ConnectorKey,
        base_url: &super::BaseUrl,
    ) -> ReplyCheck {
        let (silent, contradicted): (Vec<_>, Vec<_>) = self
            .unmet_by(record, connector, base_url)
            .into_iter()
            .partition(|field| record.is_silent_on(field));
        match (silent.is_empty(), contradicted.is_empty()) {
            (_, false) => ReplyCheck::Contradicted(contradicted),
            (false, true) => ReplyCheck::Silent,
            (true, true) => ReplyCheck::Shown,
        }
    }

    /// The asked-for fields that the record does not have, where an absent one is unset; a masked
    /// value counts as taken.
    pub fn unmet_by(
        &self,
        record: &Record,
        connector: &ConnectorKey,
        base_url: &super::BaseUrl,
    ) -> Vec<FieldPath> {
        let place = RenderContext { base_url, connector, id: Some(record.id) };
        let name = self.name.as_ref().filter(|name| **name != record.name);
        let tags = self
            .tags
            .as_ref()
            .filter(|tags| !tags.iter().eq(record.tags.iter().collect::<BTreeSet<_>>()));
        let differs = |(key, value): &(&String, &Value)| {
            value.compare(key, record.configuration(key), &place) == ValueComparison::Different
        };
        let configuration = self.configuration.iter().filter(differs);
        name.map(|_| FieldPath::Name)
            .into_iter()
            .chain(tags.map(|_| FieldPath::Tags))
            .chain(configuration.map(|(key, _)| FieldPath::Configuration(key.clone())))
            .collect()
    }
}
