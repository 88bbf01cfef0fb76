//! The JSON form of a look at the chain from a provider to an application.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::doctor::{self, ChainLink};
use crate::instance::{InstanceId, Key};

/// Whether events get from the provider of an instance to the application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "ocon doctor")]
pub struct DoctorDocument {
    /// Always `ocon-doctor`.
    #[schemars(regex(pattern = "^ocon-doctor$"))]
    pub format: String,
    /// The version of this form; 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// The document's key.
    pub key: String,
    /// The instance; null where there is none.
    pub instance_id: Option<u64>,
    /// Whether no link is broken.
    pub healthy: bool,
    /// The links, from the instance on; only the first where there is no instance.
    pub links: Vec<DoctorLink>,
}

/// A link of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DoctorLink {
    /// Which one: `instance`, `authentication`, `enabled`, `events`, `callback`, `signature`,
    /// `registered` or `last event`.
    pub link: String,
    /// Whether it holds; `unseen` where that cannot be seen from here.
    #[schemars(regex(pattern = "^(holds|broken|unseen)$"))]
    pub state: String,
    /// What is so.
    pub says: String,
    /// What to do, if anything is to be done.
    pub advice: Option<String>,
}

impl DoctorDocument {
    /// The document for the links of an instance.
    pub fn new(key: &Key, id: Option<InstanceId>, links: &[ChainLink]) -> Self {
        let link = |link: &ChainLink| DoctorLink {
            link: link.name.to_owned(),
            state: link.state.as_str().to_owned(),
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
