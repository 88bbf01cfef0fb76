//! A connector instance: the stored members, and what the three kinds of reads show.
//!
//! It must never contain `providerData`: an authorization code is exchanged and not stored.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{ConnectorRef, ElementMembers, ReadOptions, StoredConfiguration};

#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredInstance {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) created: String,
    pub(super) token: String,
    pub(super) connector: ConnectorRef,
    pub(super) tags: Vec<String>,
    pub(super) disabled: bool,
    /// Whether the provider refused the last token refresh.
    #[serde(default)]
    pub(super) refused: bool,
    pub(super) trace_logging: bool,
    pub(super) external_authentication: ExternalAuthentication,
    pub(super) configuration: StoredConfiguration,
}

/// Whether the instance was created with tokens from elsewhere.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ExternalAuthentication {
    #[default]
    None,
    Initial,
}

/// How many details of an instance a read shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DetailLevel {
    /// One instance with all members.
    Single,
    /// A list item with its configuration.
    Hydrated,
    /// A list item with `hydrate=false`: without its configuration.
    Slim,
    /// An item of an account's list: with an empty configuration and the shortest `element`.
    Account,
}

impl DetailLevel {
    fn element_members(self) -> ElementMembers {
        match self {
            Self::Single => ElementMembers::Full,
            Self::Hydrated | Self::Slim => ElementMembers::Listed,
            Self::Account => ElementMembers::Slim,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the wire has these members")]
pub(super) struct InstanceJson<'a> {
    id: u64,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_date: Option<&'a str>,
    token: &'a str,
    element: Cow<'a, RawValue>,
    element_id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<Cow<'a, [String]>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provision_interactions: Option<[(); 0]>,
    valid: bool,
    disabled: bool,
    max_cache_size: u32,
    cache_time_to_live: u32,
    caching_enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    configuration: Option<BTreeMap<&'a str, Option<&'a str>>>,
    events_enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    events_notification_callback_url: Option<&'a str>,
    trace_logging_enabled: bool,
    external_authentication: ExternalAuthentication,
    user: User,
}

/// The user who owns all instances of a sandbox.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct User {
    id: u32,
    email_address: &'static str,
    first_name: &'static str,
    last_name: &'static str,
}

const USER: User =
    User { id: 1, email_address: "sandbox@example.com", first_name: "Sandbox", last_name: "User" };

impl InstanceJson<'_> {
    pub(super) fn without_tags(self) -> Self {
        Self { tags: None, ..self }
    }

    /// Empties the configuration, if it is shown.
    pub(super) fn without_configuration(self) -> Self {
        Self { configuration: self.configuration.map(|_| BTreeMap::new()), ..self }
    }
}

impl StoredInstance {
    pub(super) fn events_enabled(&self) -> bool {
        self.configuration.get("event.notification.enabled") == Some("true")
    }

    /// Renders the instance as JSON. `shuffle` randomizes the order of its tags.
    pub(super) fn to_json(
        &self,
        detail: DetailLevel,
        read_options: ReadOptions,
        shuffle: bool,
    ) -> InstanceJson<'_> {
        let account = detail == DetailLevel::Account;
        let configuration = match detail {
            DetailLevel::Single | DetailLevel::Hydrated => {
                Some(self.configuration.read(self.connector.original(), read_options))
            }
            DetailLevel::Slim => None,
            DetailLevel::Account => Some(BTreeMap::new()),
        };
        InstanceJson {
            id: self.id,
            name: &self.name,
            created_date: (!account).then_some(&self.created),
            token: &self.token,
            element: self.connector.element(detail.element_members()),
            element_id: self.connector.id(),
            tags: (!account).then(|| self.tags(shuffle)),
            provision_interactions: (detail == DetailLevel::Single).then_some([]),
            valid: !self.refused,
            disabled: self.disabled,
            max_cache_size: 0,
            cache_time_to_live: 0,
            caching_enabled: false,
            configuration,
            events_enabled: self.events_enabled(),
            events_notification_callback_url: self
                .configuration
                .get("event.notification.callback.url"),
            trace_logging_enabled: self.trace_logging,
            external_authentication: self.external_authentication,
            user: USER,
        }
    }

    fn tags(&self, shuffle: bool) -> Cow<'_, [String]> {
        if !shuffle {
            return Cow::Borrowed(&self.tags);
        }
        let mut tags = self.tags.clone();
        fastrand::shuffle(&mut tags);
        Cow::Owned(tags)
    }
}
