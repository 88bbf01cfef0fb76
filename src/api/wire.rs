//! The JSON of the platform. Only this module calls a connector an *element*.
//!
//! In: a [`Draft`] to send, or a received [`Body`]. Out: the bytes of a request,
//! [`Record`](crate::instance::Record)s, or an [`ErrorKind`](super::ErrorKind). Requests contain
//! only desired values. A stored value is a [`StoredValue`](crate::instance::StoredValue), which cannot enter a
//! request, so a mask is never sent back (docs/platform.md#secrets).
//!
//! Errors never contain a part of a successful reply, because such bodies contain live credentials.
//! Parser messages quote their input, so they are dropped. Texts of refusals are scrubbed first.

mod body;
mod configuration;
mod connector;
mod event;
mod node;
mod oauth;
mod path;
mod record;
mod refusal;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer};

pub(super) use body::Body;
pub(super) use connector::{connector_keys, description};
pub(super) use event::events;
pub(super) use oauth::{application, authorization_url, parameters, request_token};
pub(super) use record::{record, record_of, records};
pub(super) use refusal::{
    has_refusal_members, is_empty_account, is_empty_listing, is_refusal, refusal,
};

use crate::instance::{Draft, FieldPath, Json, RenderContext, Secret, Value};

/// The body of a POST or PATCH.
pub(super) struct Outgoing {
    pub(super) bytes: Vec<u8>,
    pub(super) secrets: Vec<Secret>,
}

/// The body that creates an instance. The ID is unknown, so references to it are placeholders.
pub(super) fn create(draft: &Draft, place: &RenderContext<'_>) -> Result<Outgoing, FieldPath> {
    let place = RenderContext { id: None, ..*place };
    let key = place.connector.as_str();
    outgoing(Some(Element { key }), draft, &place)
}

pub(super) fn patch(draft: &Draft, place: &RenderContext<'_>) -> Result<Outgoing, FieldPath> {
    outgoing(None, draft, place)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Members<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    element: Option<Element<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<&'a BTreeSet<String>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    configuration: BTreeMap<&'a str, Exposed>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    provider_data: BTreeMap<&'a str, serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_authentication: Option<&'a str>,
}

#[derive(Serialize)]
struct Element<'a> {
    key: &'a str,
}

/// A configuration value to send. The platform stores only text
/// (docs/platform.md#configuration-values).
struct Exposed(Secret);

impl Serialize for Exposed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose())
    }
}

fn outgoing(
    element: Option<Element<'_>>,
    draft: &Draft,
    place: &RenderContext<'_>,
) -> Result<Outgoing, FieldPath> {
    let members = Members {
        element,
        name: draft.name.as_deref(),
        tags: draft.tags.as_ref(),
        configuration: configuration_of(draft, place)?,
        provider_data: provider_data_of(draft, place)?,
        external_authentication: draft.external_authentication.as_deref(),
    };
    Ok(Outgoing {
        bytes: serde_json::to_vec(&members).expect("maps with text keys are JSON"),
        secrets: secrets_of(draft, place),
    })
}

fn configuration_of<'a>(
    draft: &'a Draft,
    place: &RenderContext<'_>,
) -> Result<BTreeMap<&'a str, Exposed>, FieldPath> {
    let values = draft.configuration.iter().map(|(key, value)| {
        let text = value.render(place).ok_or_else(|| FieldPath::Configuration(key.clone()))?;
        Ok((key.as_str(), Exposed(text)))
    });
    values.collect()
}

fn provider_data_of<'a>(
    draft: &'a Draft,
    place: &RenderContext<'_>,
) -> Result<BTreeMap<&'a str, serde_json::Value>, FieldPath> {
    let values = draft.provider_data.iter().map(|(key, value)| {
        let json = value.render(place).ok_or_else(|| FieldPath::ProviderData(key.clone()))?;
        Ok((key.as_str(), json))
    });
    values.collect()
}

/// All secrets that configuration values refer to, and all texts of `providerData`, because each of
/// them is an authorization grant.
fn secrets_of(draft: &Draft, place: &RenderContext<'_>) -> Vec<Secret> {
    let configuration = draft.configuration.values();
    let referred =
        configuration.flat_map(Value::secrets).filter_map(|reference| reference.value.clone());
    let grants = draft
        .provider_data
        .values()
        .flat_map(Json::templates)
        .filter_map(|template| template.render(place));
    referred.chain(grants).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::{
        BaseUrl, ConnectorKey, InstanceId, InstanceReference, Part, SecretReference, SecretSource,
        StoredValue, Template, WebhookUrlForm,
    };

    fn at(id: Option<u64>, check: impl FnOnce(&RenderContext<'_>)) {
        let base_url = BaseUrl::new("https://api.example");
        let connector: ConnectorKey = "hootsuite".parse().unwrap();
        check(&RenderContext {
            base_url: &base_url,
            connector: &connector,
            id: id.map(InstanceId::new),
        });
    }

    fn text(outgoing: &Outgoing) -> &str {
        std::str::from_utf8(&outgoing.bytes).unwrap()
    }

    fn secret(name: &str, value: Option<&str>) -> Template {
        Template::new(vec![Part::Secret(SecretReference {
            source: SecretSource::Env(name.into()),
            value: value.map(Secret::new),
        })])
    }

    fn webhook_url() -> Value {
        Value::Text(Template::new(vec![Part::Instance(InstanceReference::WebhookUrl(
            WebhookUrlForm::Base64,
        ))]))
    }

    #[test]
    fn a_create_contains_every_field_with_placeholders_and_text_values() {
        let poller = Json::Map([("b".into(), Json::Bool(true)), ("a".into(), Json::Null)].into());
        let draft = Draft {
            name: Some("Marketing".into()),
            tags: Some(["b".into(), "a".into()].into()),
            configuration: [
                ("event.poller.configuration".into(), Value::Json(poller)),
                ("filter".into(), Value::text("true")),
                ("old".into(), Value::Unset),
                ("url".into(), webhook_url()),
            ]
            .into(),
            provider_data: [
                ("code".into(), Json::Text(secret("CODE", Some("grant-1")))),
                ("debug".into(), Json::Bool(true)),
            ]
            .into(),
            external_authentication: Some("initial".into()),
        };
        at(Some(20931), |place| {
            assert_eq!(
                text(&create(&draft, place).unwrap()),
                r#"{"element":{"key":"hootsuite"},"name":"Marketing","tags":["a","b"],"configuration":{"event.poller.configuration":"{\"a\":null,\"b\":true}","filter":"true","old":"","url":"https://api.example/events/hootsuite"},"providerData":{"code":"grant-1","debug":true},"externalAuthentication":"initial"}"#
            );
        });
    }

    #[test]
    fn a_patch_contains_only_the_fields_of_the_draft() {
        at(Some(20931), |place| {
            let body = |draft: &Draft| text(&patch(draft, place).unwrap()).to_owned();
            let url =
                Draft { configuration: [("url".into(), webhook_url())].into(), ..Draft::default() };
            assert_eq!(
                body(&url),
                r#"{"configuration":{"url":"https://api.example/events/hootsuite/MjA5MzE="}}"#
            );
            let no_tags = Draft { tags: Some(BTreeSet::new()), ..Draft::default() };
            assert_eq!(body(&no_tags), r#"{"tags":[]}"#);
            assert_eq!(body(&Draft::default()), "{}");
        });
    }

    #[test]
    fn a_missing_value_is_named() {
        at(None, |place| {
            let password = Value::Text(secret("PW", None));
            let configuration = [("pw".into(), password)].into();
            let draft = Draft { configuration, ..Draft::default() };
            assert_eq!(create(&draft, place).err().unwrap().to_string(), "configuration.pw");
            let provider_data = [("code".into(), Json::Text(secret("CODE", None)))].into();
            let draft = Draft { provider_data, ..Draft::default() };
            assert_eq!(patch(&draft, place).err().unwrap().to_string(), "providerData.code");
        });
    }

    #[test]
    fn a_body_lists_its_secrets() {
        let draft = Draft {
            configuration: [
                ("pw".into(), Value::Text(secret("PW", Some("hunter2")))),
                ("url".into(), Value::text("https://public.example")),
            ]
            .into(),
            provider_data: [("code".into(), Json::Text(Template::text("plain-text")))].into(),
            ..Draft::default()
        };
        at(None, |place| {
            let secrets = create(&draft, place).unwrap().secrets;
            let secrets: Vec<_> = secrets.iter().map(Secret::expose).collect();
            assert_eq!(secrets, ["hunter2", "plain-text"]);
        });
    }

    /// The types keep stored values out of requests: a record has only `StoredValue`s, and a draft accepts
    /// only `Value`s. This test checks that a mask does not even keep its text.
    #[test]
    fn a_mask_has_no_text_that_could_be_sent() {
        let reply = br#"{"id":1,"element":{"key":"a"},"configuration":{"pw":"********"}}"#;
        let body = Body::new(None, reply.to_vec());
        let record = record(&body, &crate::api::Projection::All).unwrap();
        assert_eq!(record.configuration("pw"), &StoredValue::Masked);
    }
}
