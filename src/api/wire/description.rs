//! Decodes the description of a connector: `GET /elements/{key}/configuration`.

use serde::Deserialize;
use serde_json::Value;

use super::Body;
use crate::api::{ConnectorDescription, ErrorKind};
use crate::instance::LiveProperty;

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
}
