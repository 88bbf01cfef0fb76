//! Builds new instances from the bodies that describe them.

use std::time::SystemTime;

use serde_json::Value;

use super::{
    Connector, ErrorReply, InstanceBody, StoredConfiguration, StoredInstance, random_token,
    timestamp,
};

/// Builds the instance that a body describes. It has no ID and no OAuth tokens yet.
pub(super) fn draft(
    body: &InstanceBody,
    connector: &'static Connector,
    keep_masked: bool,
    now: SystemTime,
) -> Result<StoredInstance, ErrorReply> {
    let missing = || ErrorReply::bad_request("Missing required member: name");
    let name = body.name()?.ok_or_else(missing)?;
    let mut configuration = StoredConfiguration::default();
    if let Some(values) = &body.configuration {
        configuration.merge(values, keep_masked);
    }
    Ok(StoredInstance {
        id: 0,
        created: timestamp::iso(now),
        token: random_token(),
        connector,
        // The platform uses the name as a tag if there is no other.
        tags: body.tags().filter(|tags| !tags.is_empty()).unwrap_or_else(|| vec![name.clone()]),
        name,
        disabled: false,
        refused: false,
        trace_logging: false,
        external_authentication: body.external_authentication.unwrap_or_default(),
        configuration,
    })
}

/// Builds the instance that a JSON body describes, or says what is wrong with the body.
pub(super) fn draft_from_json(
    body: Value,
    keep_masked: bool,
    now: SystemTime,
) -> Result<StoredInstance, String> {
    let body: InstanceBody = serde_json::from_value(body).map_err(|error| error.to_string())?;
    let connector = body.connector().map_err(ErrorReply::into_message)?;
    draft(&body, connector, keep_masked, now).map_err(ErrorReply::into_message)
}
