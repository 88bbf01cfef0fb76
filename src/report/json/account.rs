//! What an account contains: a part of the documents of a plan and of a status.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::{AccountContent, ConnectorUse};

/// The numbers of all instances of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountSummary {
    /// Number of instances.
    pub instances: usize,
    /// Number of those that belong to other projects.
    pub of_other_projects: usize,
    /// The connectors, with the most frequent first.
    pub connectors: Vec<ConnectorInstances>,
}

/// The number of instances of one connector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectorInstances {
    /// The connector key.
    pub connector: String,
    /// Number of instances.
    pub instances: usize,
}

impl AccountSummary {
    pub(super) fn new(content: &AccountContent) -> Self {
        let connector = |used: &ConnectorUse| ConnectorInstances {
            connector: used.connector.clone(),
            instances: used.instances,
        };
        Self {
            instances: content.instances,
            of_other_projects: content.of_other_projects,
            connectors: content.connectors.iter().map(connector).collect(),
        }
    }

    /// The first `max` connectors, and the numbers of the other connectors and of their instances.
    pub(in crate::report) fn most_used(&self, max: usize) -> (&[ConnectorInstances], usize, usize) {
        let (shown, rest) = self.connectors.split_at(max.min(self.connectors.len()));
        (shown, rest.len(), rest.iter().map(|used| used.instances).sum())
    }

    /// Number of instances for which `ocon import --all` can write files.
    pub(in crate::report) fn importable(&self) -> usize {
        self.instances.saturating_sub(self.of_other_projects)
    }
}
