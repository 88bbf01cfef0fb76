//! The JSON of connectors: their keys (`/elements/keys`), their description
//! (`/elements/{key}/configuration`), the first OAuth steps (`/elements/{key}/oauth/url` and
//! `/elements/{key}/oauth/token`).
//! Also the events of an instance (`/instances/{id}/events`).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::Body;
use crate::api::connector::scalar_text;
use crate::api::{
    ChangedObject, ConnectorDescription, ErrorKind, OAuthApplication, ProviderEvent, RequestToken,
};
use crate::instance::{LiveProperty, Secret};

/// The documented object. Some versions of the platform answer with only the list
/// (docs/platform.md#connectors-and-their-fields).
#[derive(Deserialize)]
#[serde(untagged)]
enum Reply {
    Object {
        configuration: Vec<Item>,
        #[serde(default, rename = "providerData")]
        provider_data: Vec<Member>,
    },
    List(Vec<Item>),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    key: String,
    name: Option<String>,
    #[serde(rename = "type", alias = "configDataType")]
    data_type: Option<String>,
    default_value: Option<Value>,
    #[serde(alias = "mandatory")]
    required: Option<bool>,
    internal: Option<bool>,
    active: Option<bool>,
    group_name: Option<String>,
    options: Option<Vec<Choice>>,
}

#[derive(Deserialize)]
struct Choice {
    value: Option<String>,
}

#[derive(Deserialize)]
struct Member {
    key: String,
}

/// Decodes the connector keys of `GET /elements/keys`.
pub(in crate::api) fn connector_keys(body: &Body) -> Result<Vec<String>, ErrorKind> {
    let members: Vec<Member> = body.parse("a list of connectors")?;
    Ok(members.into_iter().map(|member| member.key).collect())
}

pub(in crate::api) fn description(body: &Body) -> Result<ConnectorDescription, ErrorKind> {
    let (items, members) = match body.parse("the configuration of a connector")? {
        Reply::Object { configuration, provider_data } => (configuration, provider_data),
        Reply::List(items) => (items, Vec::new()),
    };
    let active = items.into_iter().filter(|item| item.active != Some(false));
    let grant = members.into_iter().map(|member| member.key).collect();
    Ok(ConnectorDescription { properties: active.map(property).collect(), grant })
}

fn property(item: Item) -> LiveProperty {
    let choices = item.options.into_iter().flatten();
    LiveProperty {
        key: item.key,
        name: item.name.unwrap_or_default(),
        data_type: item.data_type.unwrap_or_default(),
        default: item.default_value.and_then(default_text),
        required: item.required.unwrap_or_default(),
        internal: item.internal.unwrap_or_default(),
        group: item.group_name.filter(|group| !group.is_empty()),
        options: choices.filter_map(|choice| choice.value).collect(),
    }
}

fn default_text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Url {
    oauth_url: String,
}

#[derive(Deserialize)]
struct Token {
    token: String,
    secret: String,
}

/// The parameters of an application, for a query or a JSON body.
pub(in crate::api) fn parameters<'a>(
    application: &'a OAuthApplication<'_>,
) -> impl Iterator<Item = (&'static str, &'a str)> {
    let always = [
        ("apiKey", application.client_id.expose()),
        ("apiSecret", application.client_secret.expose()),
        ("callbackUrl", application.callback),
        ("state", application.state.expose()),
    ];
    let token = application.request_token.map(|token| ("requestToken", token.expose()));
    let scope = application.scope.map(|scope| ("scope", scope));
    always.into_iter().chain(token).chain(scope)
}

pub(in crate::api) fn application(application: &OAuthApplication<'_>) -> Vec<u8> {
    let members: BTreeMap<_, _> = parameters(application).collect();
    serde_json::to_vec(&members).expect("maps with text keys are JSON")
}

pub(in crate::api) fn authorization_url(body: &Body) -> Result<String, ErrorKind> {
    body.parse("an authorization URL").map(|url: Url| url.oauth_url)
}

pub(in crate::api) fn request_token(body: &Body) -> Result<RequestToken, ErrorKind> {
    let Token { token, secret } = body.parse("a request token")?;
    Ok(RequestToken { token: Secret::new(token), secret: Secret::new(secret) })
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct EventItem {
    id: Value,
    event_date: Value,
    status: Value,
    notified_data: Value,
}

/// Decodes the events, newest first.
pub(in crate::api) fn events(body: &Body) -> Result<Vec<ProviderEvent>, ErrorKind> {
    let items: Vec<EventItem> = body.parse("a list of events")?;
    let mut events: Vec<_> = items.iter().map(event).collect();
    events.sort_by(|a, b| b.date.cmp(&a.date));
    Ok(events)
}

fn event(item: &EventItem) -> ProviderEvent {
    let objects = item.notified_data.as_array().map(Vec::as_slice).unwrap_or_default();
    ProviderEvent {
        id: scalar_text(&item.id),
        date: scalar_text(&item.event_date),
        status: scalar_text(&item.status),
        objects: objects.iter().map(ChangedObject::read).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<ConnectorDescription, ErrorKind> {
        description(&Body::new(Some("application/json".to_owned()), json.into()))
    }

    #[test]
    fn an_object_and_a_list_are_equivalent() {
        let list = r#"[{"key":"a","type":"COMBO","required":true,"options":[{"value":"x"},{}],
                        "defaultValue":15,"groupName":"basic"},{"key":"b","active":false}]"#;
        let object = format!(r#"{{"configuration":{list},"providerData":[{{"key":"code"}}]}}"#);
        let (list, object) = (read(list).unwrap(), read(&object).unwrap());
        assert_eq!(list.properties, object.properties);
        assert_eq!(object.grant, ["code"]);
        assert_eq!(
            list.properties,
            [LiveProperty {
                key: "a".to_owned(),
                data_type: "COMBO".to_owned(),
                default: Some("15".to_owned()),
                required: true,
                group: Some("basic".to_owned()),
                options: vec!["x".to_owned()],
                ..LiveProperty::default()
            }]
        );
    }

    #[test]
    fn older_member_names_are_accepted() {
        let old =
            read(r#"{"configuration":[{"key":"a","configDataType":"PASSWORD","mandatory":true}]}"#);
        let property = old.unwrap().properties.remove(0);
        assert_eq!((property.data_type.as_str(), property.required), ("PASSWORD", true));
        assert!(read(r#"{"message":"no"}"#).is_err());
    }

    #[test]
    fn incomplete_events_are_decoded_and_the_newest_comes_first() {
        let bytes = br#"[
            {"id": 1, "eventDate": "2017-01-01T00:00:00Z", "status": "NEW", "notifiedData": "none"},
            {"id": "b", "eventDate": "2018-01-01T00:00:00Z", "status": "NOTIFIED",
             "providerData": {"token": "s3cret"},
             "notifiedData": [{"eventType": "CREATED", "objectType": "message", "objectId": 7}, {}]}
        ]"#;
        let body = Body::new(Some("application/json".to_owned()), bytes.to_vec());
        let read = events(&body).unwrap();
        assert_eq!((read[0].id.as_str(), read[1].id.as_str()), ("b", "1"));
        let object = |what: &str, kind: &str, id: &str| {
            let [what, kind, id] = [what, kind, id].map(str::to_owned);
            ChangedObject { what, kind, id }
        };
        assert_eq!(read[0].objects, [object("CREATED", "message", "7"), object("", "", "")]);
        assert_eq!(read[1].objects, []);
    }
}
