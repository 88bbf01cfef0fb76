//! What the platform reports about a connector.

use crate::instance::LiveProperty;

/// The configuration that a connector accepts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectorDescription {
    /// The properties of its configuration.
    pub properties: Vec<LiveProperty>,
    /// The members of `providerData` that a create accepts.
    pub grant: Vec<String>,
}
