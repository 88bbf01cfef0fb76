//! The document of the checks of the chain from a provider to an application.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::doctor::{self, ChainLink, LinkState};
use crate::instance::{InstanceId, Key};

/// Whether events reach the application from the provider of an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "ocon doctor")]
pub struct DoctorDocument {
    /// Always `ocon-doctor`.
    #[schemars(extend("const" = "ocon-doctor"))]
    pub format: String,
    /// Version of this format: 1.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// The document key.
    pub key: String,
    /// The instance ID. Null if there is no instance.
    pub instance_id: Option<u64>,
    /// Whether no link is broken.
    pub healthy: bool,
    /// The links, starting with the instance. Without an instance, there is only the first link.
    pub links: Vec<DoctorLink>,
}

/// A link of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DoctorLink {
    /// Name of the link: `instance`, `authentication`, `enabled`, `events`, `callback`, `signature`,
    /// `registered` or `last event`.
    pub link: String,
    /// Whether the link is intact.
    pub state: LinkState,
    /// What was found.
    pub says: String,
    /// What to do about it, if anything.
    pub advice: Option<String>,
}

impl DoctorDocument {
    /// Creates the document for the links of an instance.
    pub fn new(key: &Key, id: Option<InstanceId>, links: &[ChainLink]) -> Self {
        let link = |link: &ChainLink| DoctorLink {
            link: link.name.to_string(),
            state: link.state,
            says: link.says.clone(),
            advice: link.advice.clone(),
        };
        Self {
            format: "ocon-doctor".to_owned(),
            version: 1,
            key: key.to_string(),
            instance_id: id.map(InstanceId::get),
            healthy: doctor::is_healthy(links),
            links: links.iter().map(link).collect(),
        }
    }
}
