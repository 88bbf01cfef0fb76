//! The state file of a sandbox, which holds secrets in plain text.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// The instances, as the file has them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct State(Vec<Map<String, Value>>);

impl State {
    pub(crate) fn read(saved: &str) -> Self {
        let mut document: Value = serde_json::from_str(saved).unwrap();
        Self(serde_json::from_value(document["instances"].take()).unwrap())
    }

    /// The names of all instances, in order.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<_> =
            self.0.iter().map(|instance| instance["name"].as_str().unwrap()).collect();
        names.sort_unstable();
        names
    }

    /// The parts that two runs must have in common: all but the numbers, times and tokens that the
    /// platform gives out.
    pub(crate) fn essence(&self) -> Vec<String> {
        let essence = |instance: &Map<String, Value>| {
            let mut rest = instance.clone();
            let id = rest.remove("id").unwrap().to_string();
            rest.retain(|key, _| !["created", "token"].contains(&key.as_str()));
            Value::Object(without_grant(rest)).to_string().replace(&id, "{id}")
        };
        let mut essence: Vec<_> = self.0.iter().map(essence).collect();
        essence.sort();
        essence
    }

    /// The identity of each instance that is also in `other`: nothing is replaced by something new.
    pub(crate) fn identities(&self, ids: &BTreeSet<u64>) -> BTreeMap<u64, (String, String)> {
        let identity = |instance: &Map<String, Value>| {
            let text = |key: &str| instance[key].to_string();
            (instance["id"].as_u64().unwrap(), (text("token"), text("created")))
        };
        let mut identities: BTreeMap<_, _> = self.0.iter().map(identity).collect();
        identities.retain(|id, _| ids.contains(id));
        identities
    }

    pub(crate) fn ids(&self) -> BTreeSet<u64> {
        self.0.iter().map(|instance| instance["id"].as_u64().unwrap()).collect()
    }
}

/// Without the tokens of the provider, which are new with each grant.
fn without_grant(mut instance: Map<String, Value>) -> Map<String, Value> {
    if let Some(Value::Object(configuration)) = instance.get_mut("configuration") {
        configuration.retain(|key, _| !key.starts_with("oauth.user."));
    }
    instance
}
