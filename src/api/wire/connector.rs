//! The JSON of connectors: their keys (`/elements/keys`) and their description
//! (`/elements/{key}/configuration`).

use serde_json::Value;

use super::Body;
use super::node::{Node, decode, flag, string, text};
use super::path::Problem;
use crate::api::{ConnectorDescription, ErrorKind, Reading};
use crate::instance::{ConnectorKey, LiveProperty};

/// Decodes a page of connector keys. The platform documents strings. Objects with a `key` are accepted
/// too (docs/platform.md#connectors-and-their-fields).
pub(in crate::api) fn connector_keys(body: &Body) -> Result<Reading<Vec<ConnectorKey>>, ErrorKind> {
    decode(body, "a list of connectors", |reply| {
        reply.items("an array", |item, _| connector_key(item))?.unless_all_are_left_out()
    })
}

fn connector_key(item: &Node<'_>) -> Result<ConnectorKey, Problem> {
    let key = match item.value() {
        Value::String(key) => key.clone(),
        Value::Object(_) => item.required("key", string)?,
        _ => return Err(item.unexpected("a string or an object with a key")),
    };
    // The reason would repeat a part of the text.
    key.parse().map_err(|_| item.unexpected("a connector key"))
}

/// Decodes the documented object. A list without the object is accepted too
/// (docs/platform.md#connectors-and-their-fields).
pub(in crate::api) fn description(body: &Body) -> Result<Reading<ConnectorDescription>, ErrorKind> {
    decode(body, "the configuration of a connector", |reply| {
        if reply.value().is_array() {
            return Ok(properties(reply)?.map(|properties| describe(properties, Vec::new())));
        }
        if !reply.is_object() {
            return Err(reply.unexpected("an object"));
        }
        let Reading { value, mut left_out } = reply.required("configuration", properties)?;
        let grant = reply.optional(["providerData"; 2], |list| {
            list.items("an array", |member, _| member_key(member))
        })?;
        let grant = grant.map_or_else(Vec::new, |grant| {
            left_out.extend(grant.left_out);
            grant.value
        });
        Ok(Reading { value: describe(value, grant), left_out })
    })
}

/// Only active properties describe the connector.
fn describe(properties: Vec<Option<LiveProperty>>, grant: Vec<String>) -> ConnectorDescription {
    ConnectorDescription { properties: properties.into_iter().flatten().collect(), grant }
}

fn properties(list: &Node<'_>) -> Result<Reading<Vec<Option<LiveProperty>>>, Problem> {
    list.items("an array", property)?.unless_all_are_left_out()
}

fn member_key(item: &Node<'_>) -> Result<String, Problem> {
    item.object()?;
    item.required("key", string)
}

/// Reads a property, or `None` if it is not active. Only its key is required. If another member is odd,
/// only that member is left out, because a schema without the key would refuse it in files.
fn property(item: &Node<'_>, left_out: &mut Vec<Problem>) -> Result<Option<LiveProperty>, Problem> {
    let key = member_key(item)?;
    let mut keep = Keep { item, left_out };
    let property = LiveProperty {
        key,
        name: keep.member(["name"; 2], text),
        data_type: keep.member(["type", "configDataType"], text),
        default: keep.member(["defaultValue"; 2], |value| Ok(Some(default_text(value.value())))),
        required: keep.member(["required", "mandatory"], flag),
        internal: keep.member(["internal"; 2], flag),
        group: keep.member(["groupName"; 2], |group| {
            text(group).map(|group| Some(group).filter(|group| !group.is_empty()))
        }),
        options: keep.options(),
    };
    let is_active = keep.member(["active"; 2], |active| flag(active).map(Some)) != Some(false);
    Ok(is_active.then_some(property))
}

/// Reads the optional members of an entry.
struct Keep<'k> {
    item: &'k Node<'k>,
    left_out: &'k mut Vec<Problem>,
}

impl Keep<'_> {
    /// A member, or an older name of it. An absent or odd member has its default value.
    fn member<T: Default>(
        &mut self,
        names: [&'static str; 2],
        read: impl FnOnce(&Node<'_>) -> Result<T, Problem>,
    ) -> T {
        let read = self.item.optional(names, read).unwrap_or_else(|problem| {
            self.left_out.push(problem);
            None
        });
        read.unwrap_or_default()
    }

    fn options(&mut self) -> Vec<String> {
        let mut odd = Vec::new();
        let options = self.member(["options"; 2], |list| {
            let options = list.items("an array", |option, _| option_value(option))?;
            odd = options.left_out;
            Ok(options.value)
        });
        self.left_out.extend(odd);
        options
    }
}

/// The value of `{"value": …, "description": …}`, or a bare value.
fn option_value(option: &Node<'_>) -> Result<String, Problem> {
    if option.is_object() { option.required("value", text) } else { text(option) }
}

fn default_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(json: &str) -> Body {
        Body::new(Some("application/json".to_owned()), json.into())
    }

    fn read(json: &str) -> Reading<ConnectorDescription> {
        description(&body(json)).unwrap()
    }

    #[test]
    fn an_object_and_a_list_are_equivalent() {
        let list = r#"[{"key":"a","type":"COMBO","required":true,"options":[{"value":"x"},7,{"value":8}],
                        "defaultValue":15,"groupName":"basic"},{"key":"b","active":false}]"#;
        let object = format!(r#"{{"configuration":{list},"providerData":[{{"key":"code"}}]}}"#);
        let (list, object) = (read(list), read(&object));
        assert_eq!(list.value.properties, object.value.properties);
        assert_eq!(object.value.grant, ["code"]);
        assert_eq!(
            list.value.properties,
            [LiveProperty {
                key: "a".to_owned(),
                data_type: "COMBO".to_owned(),
                default: Some("15".to_owned()),
                required: true,
                group: Some("basic".to_owned()),
                options: ["x", "7", "8"].map(str::to_owned).to_vec(),
                ..LiveProperty::default()
            }]
        );
        assert_eq!((list.left_out.len(), object.left_out.len()), (0, 0));
    }

    #[test]
    fn older_member_names_are_accepted_and_newer_ones_win() {
        for (members, data_type, required) in [
            (r#""configDataType":"PASSWORD","mandatory":true"#, "PASSWORD", true),
            (r#""configDataType":"A","type":"B","mandatory":true,"required":false"#, "B", false),
            (r#""type":"B","configDataType":"A","required":"true","mandatory":false"#, "B", true),
            (r#""type":null,"configDataType":"A","required":null,"mandatory":"true""#, "A", true),
        ] {
            let read = read(&format!(r#"{{"configuration":[{{"key":"a",{members}}}]}}"#));
            let property = &read.value.properties[0];
            assert_eq!((property.data_type.as_str(), property.required), (data_type, required));
            assert_eq!(read.left_out.len(), 0, "{members}");
        }
    }

    #[test]
    fn an_odd_part_of_a_description_is_left_out_and_named() {
        let read = read(
            r#"{"configuration":[{"key":"a","required":{},"type":[],"options":[{},{"value":{}},null,"x"]},
                {"name":"s3cret"},{"key":5},"s3cret",{"key":"b","options":"s3cret"}],
                "providerData":[{"key":"code"},null]}"#,
        );
        let keys: Vec<_> = read.value.properties.iter().map(|p| p.key.as_str()).collect();
        assert_eq!((keys, read.value.grant), (vec!["a", "b"], vec!["code".to_owned()]));
        assert_eq!(read.value.properties[0].options, ["x"]);
        assert_eq!(
            read.left_out,
            [
                "configuration[0].type is an array, not a string",
                "configuration[0].required is an object, not true or false",
                "configuration[0].options[0].value is missing",
                "configuration[0].options[1].value is an object, not a string",
                "configuration[0].options[2] is null, not a string",
                "configuration[1].key is missing",
                "configuration[2].key is a number, not a string",
                "configuration[3] is a string, not an object",
                "configuration[4].options is a string, not an array",
                "providerData[1] is null, not an object",
            ]
        );
    }

    #[test]
    fn connector_keys_are_strings_objects_or_both() {
        let keys = connector_keys(&body(
            r#"["box",{"id":7,"key":"sfdc","name":null},5,{"key":5},{"id":7},"not a key",null]"#,
        ));
        let Reading { value, left_out } = keys.unwrap();
        assert_eq!(value.iter().map(ConnectorKey::as_str).collect::<Vec<_>>(), ["box", "sfdc"]);
        assert_eq!(
            left_out,
            [
                "[2] is a number, not a string or an object with a key",
                "[3].key is a number, not a string",
                "[4].key is missing",
                "[5] is a string, not a connector key",
                "[6] is null, not a string or an object with a key",
            ]
        );
        assert_eq!(connector_keys(&body("[]")).unwrap().value, []);
    }
}
