//! What an account contains, for a repository without any document.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::observed::Observed;
use crate::ownership::Ownership;

/// The numbers of all instances of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountContent {
    /// The number of instances.
    pub instances: usize,
    /// The number of those that belong to other projects.
    pub of_other_projects: usize,
    /// The connectors, with the most frequent first, then by connector key.
    pub connectors: Vec<ConnectorUse>,
}

/// The number of instances of one connector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectorUse {
    /// The connector key, as the reply spells it.
    pub connector: String,
    /// The number of instances.
    pub instances: usize,
}

impl AccountContent {
    /// Counts the instances. `None` if the account was not listed.
    pub(super) fn new(observed: &Observed) -> Option<Self> {
        let account = observed.account.as_ref()?;
        let mut by_connector: BTreeMap<&str, usize> = BTreeMap::new();
        let mut of_other_projects = 0;
        for found in account.values() {
            *by_connector.entry(&found.connector).or_default() += 1;
            let owner = found.marks.ownership(&observed.project);
            of_other_projects += usize::from(matches!(owner, Ownership::Foreign(_)));
        }
        let connectors = by_connector.into_iter();
        let mut connectors: Vec<_> = connectors
            .map(|(connector, instances)| ConnectorUse {
                connector: connector.to_owned(),
                instances,
            })
            .collect();
        connectors.sort_by_key(|used| Reverse(used.instances));
        Some(Self { instances: account.len(), of_other_projects, connectors })
    }
}
