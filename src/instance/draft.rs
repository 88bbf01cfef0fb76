//! The body of a request, the instance in a reply, and whether the reply satisfies the request.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{
    BaseUrl, ConnectorKey, InstanceId, Json, RenderContext, Secret, StoredValue, Value,
    ValueComparison,
};

/// The body of a POST or PATCH. A PATCH does not change a field that the body omits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// The display name.
    pub name: Option<String>,
    /// The complete list of tags with the reserved ones, because the platform replaces the list
    /// (docs/platform.md#names-and-tags).
    pub tags: Option<BTreeSet<String>>,
    /// Configuration values. The platform merges them by key (docs/platform.md#update).
    pub configuration: BTreeMap<String, Value>,
    /// The authorization grant, for a create or a re-authentication.
    pub provider_data: BTreeMap<String, Json>,
    /// `initial` if a create starts from a refresh token.
    pub external_authentication: Option<String>,
}

/// An instance as a reply describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The instance ID.
    pub id: InstanceId,
    /// The connector key, as the reply spells it.
    pub connector: String,
    /// The display name, empty if the reply has none.
    pub name: String,
    /// All tags with the reserved ones, in the order of the reply.
    pub tags: Vec<String>,
    /// The configuration values that were asked for, empty in a slim listing.
    pub configuration: BTreeMap<String, StoredValue>,
    /// Whether the platform holds a working authentication at the provider
    /// (docs/platform.md#the-instance).
    pub valid: bool,
    /// Whether the instance is disabled.
    pub disabled: bool,
    /// The credential for calls through the instance.
    pub token: Secret,
    /// The members that the reply omits.
    pub omitted: OmittedMembers,
}

/// The members that a reply omits. An omitted member proves nothing: many documented replies to a
/// POST have an empty `configuration`, and some replies to a PATCH have no `tags`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OmittedMembers {
    /// The reply has no `tags`.
    pub tags: bool,
    /// The reply has no `disabled`.
    pub disabled: bool,
}

/// Whether a reply shows the fields that a request set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplyCheck {
    /// The reply shows all of them, or a mask in their place.
    Confirmed,
    /// The reply omits some of them and contradicts none.
    Incomplete,
    /// The reply has other values for these fields.
    Contradicted(Vec<FieldPath>),
}

impl Record {
    /// The stored value of a configuration key. An omitted one is unset.
    pub(crate) fn configuration(&self, key: &str) -> &StoredValue {
        self.configuration.get(key).unwrap_or(&StoredValue::Unset)
    }

    fn omits(&self, field: &FieldPath) -> bool {
        match field {
            FieldPath::Name => self.name.is_empty(),
            FieldPath::Tags => self.omitted.tags,
            FieldPath::Configuration(key) => !self.configuration.contains_key(key),
            FieldPath::Mark
            | FieldPath::Protect
            | FieldPath::ProviderData(_)
            | FieldPath::ExternalAuthentication => false,
        }
    }
}

impl Draft {
    /// The values that refer to the instance itself, which only a second request can send.
    pub(crate) fn referring_to_instance(&self) -> Self {
        let configuration =
            self.configuration.iter().filter(|(_, value)| value.refers_to_instance());
        Self {
            configuration: configuration.map(|(key, value)| (key.clone(), value.clone())).collect(),
            ..Self::default()
        }
    }

    /// Checks the reply to a write that sent this body.
    pub(crate) fn check_reply(
        &self,
        record: &Record,
        connector: &ConnectorKey,
        base_url: &BaseUrl,
    ) -> ReplyCheck {
        let (omitted, contradicted): (Vec<_>, Vec<_>) = self
            .unmet_by(record, connector, base_url)
            .into_iter()
            .partition(|field| record.omits(field));
        match (omitted.is_empty(), contradicted.is_empty()) {
            (_, false) => ReplyCheck::Contradicted(contradicted),
            (false, true) => ReplyCheck::Incomplete,
            (true, true) => ReplyCheck::Confirmed,
        }
    }

    /// The fields of this body that the record does not have. An omitted value is unset. A masked
    /// value counts as stored.
    pub(crate) fn unmet_by(
        &self,
        record: &Record,
        connector: &ConnectorKey,
        base_url: &BaseUrl,
    ) -> Vec<FieldPath> {
        let context = RenderContext { base_url, connector, id: Some(record.id) };
        let name = self.name.as_ref().filter(|name| **name != record.name);
        let tags = self
            .tags
            .as_ref()
            .filter(|tags| !tags.iter().eq(record.tags.iter().collect::<BTreeSet<_>>()));
        let differs = |(key, value): &(&String, &Value)| {
            value.compare(key, record.configuration(key), &context) == ValueComparison::Different
        };
        let configuration = self.configuration.iter().filter(differs);
        name.map(|_| FieldPath::Name)
            .into_iter()
            .chain(tags.map(|_| FieldPath::Tags))
            .chain(configuration.map(|(key, _)| FieldPath::Configuration(key.clone())))
            .collect()
    }
}

/// A field of an instance, displayed `name`, `tags`, `configuration.<key>`, `providerData.<key>` and
/// so on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FieldPath {
    /// The display name.
    Name,
    /// The set of tags, without the reserved ones.
    Tags,
    /// The reserved tags that say which document the instance belongs to.
    Mark,
    /// Whether the instance is protected from being deleted, stored in a reserved tag.
    Protect,
    /// One key of `configuration`.
    Configuration(String),
    /// One key of `providerData`.
    ProviderData(String),
    /// How the platform authenticates at the provider when it creates the instance.
    ExternalAuthentication,
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => f.write_str("name"),
            Self::Tags => f.write_str("tags"),
            Self::Mark => f.write_str("mark"),
            Self::Protect => f.write_str("lifecycle.protect"),
            Self::Configuration(key) => write!(f, "configuration.{key}"),
            Self::ProviderData(key) => write!(f, "providerData.{key}"),
            Self::ExternalAuthentication => f.write_str("externalAuthentication"),
        }
    }
}
