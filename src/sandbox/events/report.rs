//! What a provider reports: the instances that it addresses, and its data.
//!
//! The address `/events/{connector}/{id}` names one instance, by the form of the connector. The address
//! `/events/{connector}` names none. Then the instances are those in the header `Element-Instances`, those
//! of a user or target in the data, or, if the connector never has an ID in its address, all of the
//! connector (docs/platform.md#events). It must never address an instance of another connector.

use std::borrow::Cow;

use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::sandbox::{
    AddressForm, ApiRequest, ErrorReply, Store, StoredConfiguration, StoredInstance, random_number,
};

/// Parameter of a GET that has the data of zendesk.
const TICKET: &str = "ticket";

/// By what the platform recognizes the instances of a report.
#[derive(Clone, Copy)]
struct Recognition {
    /// The configuration key of an instance.
    key: &'static str,
    /// The member of the data that has its value, or a list of values.
    member: &'static str,
}

/// The user who granted access. Forms of box have it.
const USER: Recognition = Recognition { key: "oauth.user.id", member: "userId" };

/// The target of a webhook. Tickets of zendesk have it.
const TARGET: Recognition =
    Recognition { key: "helpdesk.zendesk.webhook.target_id", member: "target" };

/// The data of a report.
pub(in crate::sandbox) struct ProviderReport<'a> {
    /// The data as the provider sent it.
    pub(super) text: Cow<'a, str>,
    pub(super) data: Value,
    recognition: Option<Recognition>,
}

impl<'a> ProviderReport<'a> {
    /// Reads JSON, a form, or the ticket in the query of a GET.
    pub(in crate::sandbox) fn read(request: &'a ApiRequest) -> Result<Self, ErrorReply> {
        if request.method == Method::GET {
            let missing = || ErrorReply::bad_request("Missing required parameter: ticket");
            let text = request.parameter(TICKET).ok_or_else(missing)?;
            let data = serde_json::from_str(text).map_err(|error| {
                ErrorReply::bad_request(format!("Invalid JSON in the ticket: {error}"))
            })?;
            return Ok(Self { text: text.into(), data, recognition: Some(TARGET) });
        }
        let text = request.body_text();
        let Some(form) = request.form() else {
            return Ok(Self { text, data: request.json()?, recognition: None });
        };
        let data: Map<_, _> = form.map(|(name, value)| (name, value.into())).collect();
        Ok(Self { text, data: data.into(), recognition: Some(USER) })
    }

    /// The instances of the connector `key` that the report is for.
    pub(in crate::sandbox) fn instances<'s>(
        &self,
        store: &'s Store,
        request: &ApiRequest,
        (key, id): (&str, Option<&str>),
    ) -> Result<Vec<&'s StoredInstance>, ErrorReply> {
        let connector = store.connectors().with_key(key).ok_or_else(unknown_address)?;
        let form = connector.original().address_form;
        let all = || store.instances().filter(|instance| instance.connector.key() == key);
        let with_id = |id: Option<u64>| {
            let instance = id.and_then(|id| store.get(id));
            let is_addressed = |instance: &&StoredInstance| instance.connector.key() == key;
            instance.filter(is_addressed).ok_or_else(unknown_address)
        };
        if let Some(id) = id {
            return Ok(vec![with_id(form.instance_id(id))?]);
        }
        if let Some(ids) = request.element_instances.as_deref() {
            return ids.split(',').map(|id| with_id(id.trim().parse().ok())).collect();
        }
        let found: Vec<_> = match self.recognized(all()) {
            Some(instances) => instances,
            None if form == AddressForm::None => all().collect(),
            None => Vec::new(),
        };
        if found.is_empty() { Err(unknown_address()) } else { Ok(found) }
    }

    /// The instances that the data names. `None` if it names none.
    fn recognized<'s>(
        &self,
        instances: impl Iterator<Item = &'s StoredInstance>,
    ) -> Option<Vec<&'s StoredInstance>> {
        let Recognition { key, member } = self.recognition?;
        let values = texts(self.data.get(member)?);
        let is_named = |instance: &&StoredInstance| {
            let value = instance.configuration.get(key);
            value.is_some_and(|value| values.iter().any(|named| named == value))
        };
        Some(instances.filter(is_named).collect())
    }
}

impl AddressForm {
    /// The instance ID in a segment of an address.
    fn instance_id(self, segment: &str) -> Option<u64> {
        match self {
            Self::Raw => segment.parse().ok(),
            Self::None => None,
            Self::Base64 => {
                let bytes = STANDARD.decode(segment).ok()?;
                String::from_utf8(bytes).ok()?.parse().ok()
            }
        }
    }
}

/// Writes the keys by which the platform later recognizes the instance of an event. The platform learns
/// their values from the provider when it authenticates.
pub(in crate::sandbox) fn write_recognized_keys(
    connector: &str,
    configuration: &mut StoredConfiguration,
) {
    let key = match connector {
        "box" => USER.key,
        "zendesk" if configuration.get("event.notification.enabled") == Some("true") => TARGET.key,
        _ => return,
    };
    if configuration.get(key).is_none() {
        configuration.set(key, random_number().to_string());
    }
}

/// One or more values: a text, a number, a list of them, or the JSON text of such a list.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => match serde_json::from_str(text) {
            Ok(list @ Value::Array(_)) => texts(&list),
            _ => vec![text.clone()],
        },
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        other => vec![other.to_string()],
    }
}

fn unknown_address() -> ErrorReply {
    ErrorReply::not_found("No element instance found for this address")
}
