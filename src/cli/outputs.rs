//! `--outputs FILE`: what the next stage of a pipeline needs to use the instances.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::apply::Outcome;
use crate::desired::Desired;
use crate::instance::{BaseUrl, InstanceId, Place, Secret};
use crate::observed::Observed;
use crate::plan;
use crate::report::json;

#[derive(Serialize)]
struct Entry<'a> {
    id: u64,
    token: &'a str,
    name: &'a str,
    connector: &'a str,
    webhook_url: String,
}

/// The JSON of every instance that matches a document: those just touched and those left alone.
pub(super) fn render(
    desired: &Desired,
    observed: &Observed,
    outcome: &Outcome,
    base_url: &BaseUrl,
) -> String {
    let mut instances: BTreeMap<_, (InstanceId, Option<Secret>)> = plan::matched(desired, observed)
        .into_iter()
        .map(|(key, found)| (key.clone(), (found.id, Some(found.token.clone()))))
        .collect();
    for result in &outcome.results {
        if let Some(touched) = &result.instance {
            let known = instances.entry(result.key.clone()).or_insert((touched.id, None));
            *known = (touched.id, touched.token.clone().or_else(|| known.1.take()));
        }
    }
    let entries: BTreeMap<_, Entry<'_>> = instances
        .iter()
        .filter_map(|(key, (id, token))| {
            let wanted = desired.instances.get(key)?;
            let place = Place { base_url, connector: &wanted.connector, id: Some(*id) };
            let entry = Entry {
                id: id.get(),
                token: token.as_ref().map_or("", Secret::expose),
                name: &wanted.name,
                connector: wanted.connector.as_str(),
                webhook_url: place.webhook_url(),
            };
            Some((key.to_string(), entry))
        })
        .collect();
    json::render(&entries)
}
