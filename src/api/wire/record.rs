//! Decodes instances. Members that `ocon` does not need are ignored. The others are checked one by
//! one, so that an error names the member and never its value.
//!
//! A listing with an odd instance is an error. Without that instance, `ocon` could create it a second
//! time. For the same reason, a tag that cannot be read is an error: it may be a reserved tag.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed as _, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::Body;
use super::configuration::{ConfigurationSeed, text};
use super::path::{JsonType, Path, Problem};
use crate::api::{ErrorKind, Projection};
use crate::instance::{InstanceId, OmittedMembers, Record, Secret};

/// The members of an instance. `null` means absent.
#[derive(Deserialize)]
struct InstanceMembers<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    name: Option<&'a RawValue>,
    token: Option<&'a RawValue>,
    element: Option<&'a RawValue>,
    tags: Option<&'a RawValue>,
    configuration: Option<&'a RawValue>,
    valid: Option<&'a RawValue>,
    disabled: Option<&'a RawValue>,
}

/// An instance that must be an object. A derived type would accept an array too.
struct InstanceObject<'a>(InstanceMembers<'a>);

impl<'de> Deserialize<'de> for InstanceObject<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = InstanceObject<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Deserialize::deserialize(MapAccessDeserializer::new(map)).map(InstanceObject)
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// The only member of `element` that all replies contain with the same meaning in all landscapes.
#[derive(Deserialize)]
struct Element<'a> {
    #[serde(borrow)]
    key: Option<&'a RawValue>,
}

/// Older documentation shows tags as objects (docs/platform.md#names-and-tags).
#[derive(Deserialize)]
struct Tag<'a> {
    #[serde(borrow)]
    name: Option<&'a RawValue>,
}

/// Decodes the instance with this ID. A proxy or a cache can answer with another one, whose values and
/// token must not be taken for those of this one.
pub(in crate::api) fn record_of(
    id: InstanceId,
    body: &Body,
    projection: &Projection,
) -> Result<Record, ErrorKind> {
    let record = record(body, projection)?;
    if record.id == id {
        return Ok(record);
    }
    let found = format!("id is {}, not {id}", record.id);
    Err(ErrorKind::Decode { expected: "the requested instance", found })
}

pub(in crate::api) fn record(body: &Body, projection: &Projection) -> Result<Record, ErrorKind> {
    let expected = "an instance";
    let raw: &RawValue = body.parse(expected)?;
    let record = members(raw, &Path::Root)
        .and_then(|InstanceObject(members)| members.record(&Path::Root, projection));
    record.map_err(|found| ErrorKind::Decode { expected, found })
}

pub(in crate::api) fn records(
    body: &Body,
    projection: &Projection,
) -> Result<Vec<Record>, ErrorKind> {
    let expected = "a list of instances";
    let decode = |found| ErrorKind::Decode { expected, found };
    let instances = body.parse(expected).map_err(|kind| match body.parse::<&RawValue>(expected) {
        Ok(raw) => first_misfit(raw).map_or(kind, decode),
        Err(not_json) => not_json,
    });
    let instances: Vec<InstanceObject<'_>> = instances?;
    let records = instances.into_iter().enumerate().map(|(index, InstanceObject(members))| {
        members.record(&Path::Item(&Path::Root, index), projection).map_err(decode)
    });
    records.collect()
}

/// Finds the reason why a reply is not a list of objects. Only a failed parse pays for this search.
fn first_misfit(raw: &RawValue) -> Option<Problem> {
    let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(raw.get()) else {
        return Some(Path::Root.unexpected(JsonType::of_text(raw.get()), "an array"));
    };
    let misfit =
        |(index, item)| members::<InstanceObject<'_>>(item, &Path::Item(&Path::Root, index)).err();
    items.into_iter().enumerate().find_map(misfit)
}

/// Parses an object whose members are raw.
fn members<'a, T: Deserialize<'a>>(raw: &'a RawValue, path: &Path<'_>) -> Result<T, Problem> {
    object(raw, path)?;
    serde_json::from_str(raw.get()).map_err(|_| format!("{path} has a member twice"))
}

fn object(raw: &RawValue, path: &Path<'_>) -> Result<(), Problem> {
    match JsonType::of_text(raw.get()) {
        JsonType::Object => Ok(()),
        found => Err(path.unexpected(found, "an object")),
    }
}

impl InstanceMembers<'_> {
    fn record(self, path: &Path<'_>, projection: &Projection) -> Result<Record, Problem> {
        let of = |name| Path::Member(path, name);
        Ok(Record {
            id: id(self.id, &of("id"))?,
            connector: connector(self.element, &of("element"))?,
            name: optional_text(self.name, &of("name"))?,
            tags: tags(self.tags, &of("tags"))?,
            configuration: match self.configuration {
                None => BTreeMap::default(),
                Some(raw) => {
                    let path = of("configuration");
                    object(raw, &path)?;
                    ConfigurationSeed(projection)
                        .deserialize(&mut serde_json::Deserializer::from_str(raw.get()))
                        .map_err(|_| format!("{path} has a value that cannot be read as text"))?
                }
            },
            valid: flag(self.valid, &of("valid"))?.unwrap_or(true),
            disabled: flag(self.disabled, &of("disabled"))?.unwrap_or(false),
            token: Secret::new(optional_text(self.token, &of("token"))?),
            omitted: OmittedMembers {
                tags: self.tags.is_none(),
                disabled: self.disabled.is_none(),
            },
        })
    }
}

/// A positive integer, or its digits as a text.
fn id(raw: Option<&RawValue>, path: &Path<'_>) -> Result<InstanceId, Problem> {
    let raw = raw.ok_or_else(|| path.missing())?.get();
    let digits = raw.trim_matches('"');
    match digits.parse() {
        Ok(id) if id > 0 && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(InstanceId::new(id))
        }
        _ => Err(path.unexpected(JsonType::of_text(raw), "a positive 64-bit integer")),
    }
}

fn connector(element: Option<&RawValue>, path: &Path<'_>) -> Result<String, Problem> {
    let element: Element<'_> = members(element.ok_or_else(|| path.missing())?, path)?;
    let path = Path::Member(path, "key");
    let key = element.key.ok_or_else(|| path.missing())?;
    match JsonType::of_text(key.get()) {
        JsonType::String => scalar_text(key, &path),
        found => Err(path.unexpected(found, "a string")),
    }
}

fn optional_text(raw: Option<&RawValue>, path: &Path<'_>) -> Result<String, Problem> {
    raw.map_or_else(|| Ok(String::new()), |raw| scalar_text(raw, path))
}

/// A string, or the text of a number or a boolean.
fn scalar_text(raw: &RawValue, path: &Path<'_>) -> Result<String, Problem> {
    let raw = raw.get();
    match JsonType::of_text(raw) {
        JsonType::Number | JsonType::Boolean => Ok(raw.to_owned()),
        JsonType::String => match text(raw) {
            Ok(text) => Ok(text.into_owned()),
            Err(_) => Err(path.unexpected(JsonType::String, "valid Unicode")),
        },
        found => Err(path.unexpected(found, "a string")),
    }
}

/// A boolean, or the equivalent text that configuration values use.
fn flag(raw: Option<&RawValue>, path: &Path<'_>) -> Result<Option<bool>, Problem> {
    match raw.map(RawValue::get) {
        None => Ok(None),
        Some("true" | r#""true""#) => Ok(Some(true)),
        Some("false" | r#""false""#) => Ok(Some(false)),
        Some(other) => Err(path.unexpected(JsonType::of_text(other), "true or false")),
    }
}

/// The tags. A `null` among them is no tag.
fn tags(raw: Option<&RawValue>, path: &Path<'_>) -> Result<Vec<String>, Problem> {
    let Some(raw) = raw else {
        return Ok(Vec::new());
    };
    let found = JsonType::of_text(raw.get());
    let tags: Vec<Option<&RawValue>> =
        serde_json::from_str(raw.get()).map_err(|_| path.unexpected(found, "an array"))?;
    let tags = tags.into_iter().enumerate();
    let tags = tags.filter_map(|(index, tag)| Some(tag_name(tag?, &Path::Item(path, index))));
    tags.collect()
}

fn tag_name(raw: &RawValue, path: &Path<'_>) -> Result<String, Problem> {
    match JsonType::of_text(raw.get()) {
        JsonType::Object => {
            let tag: Tag<'_> = members(raw, path)?;
            let path = Path::Member(path, "name");
            scalar_text(tag.name.ok_or_else(|| path.missing())?, &path)
        }
        JsonType::Array => Err(path.unexpected(JsonType::Array, "a string or an object")),
        _ => scalar_text(raw, path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::StoredValue;

    fn read(json: &str) -> Result<Record, String> {
        let body = Body::new(None, json.into());
        record(&body, &Projection::All).map_err(|kind| kind.to_string())
    }

    #[test]
    fn an_instance_needs_only_its_id_and_connector() {
        let record =
            read(r#"{"id":471196,"element":{"key":"sfdc","id":23,"image":null},"user":{"id":0}}"#);
        let expected = Record {
            id: InstanceId::new(471_196),
            connector: "sfdc".into(),
            name: String::new(),
            tags: vec![],
            configuration: [].into(),
            valid: true,
            disabled: false,
            token: Secret::new(""),
            omitted: OmittedMembers { tags: true, disabled: true },
        };
        assert_eq!(record.unwrap(), expected);
    }

    #[test]
    fn a_complete_instance_is_decoded_in_every_notation() {
        let record = read(
            r#"{"id":18446744073709551615,"name":"M\u00fc","token":"ABC/D=","element":{"key":"box"},
                "tags":["b",{"id":7,"name":"a"},"b"],"configuration":{"base.url":"","n":15},
                "valid":false,"disabled":"true","providerData":{},"objects":[{}]}"#,
        );
        let record = record.unwrap();
        assert_eq!(record.id.get(), u64::MAX);
        assert_eq!(record.name, "Mü");
        assert_eq!(record.token.expose(), "ABC/D=");
        assert_eq!(record.tags, ["b", "a", "b"]);
        assert_eq!(record.configuration("base.url"), &StoredValue::Unset);
        assert_eq!(record.configuration("n"), &StoredValue::new(Some("15")));
        assert!(!record.valid && record.disabled);
    }

    #[test]
    fn null_means_absent() {
        let record = read(
            r#"{"id":1,"name":null,"token":null,"element":{"key":"a"},"tags":null,
                "configuration":null,"valid":null,"disabled":null}"#,
        );
        assert_eq!(record.unwrap(), read(r#"{"id":1,"element":{"key":"a"}}"#).unwrap());
    }

    #[test]
    fn a_problem_names_the_member_and_not_its_value() {
        let number = "id is a number, not a positive 64-bit integer";
        let table = [
            (r#"{"element":{"key":"a"}}"#, "id is missing"),
            (r#"{"id":-5}"#, number),
            (r#"{"id":0}"#, number),
            (r#"{"id":1.5}"#, number),
            (r#"{"id":1e3}"#, number),
            (r#"{"id":18446744073709551616}"#, number),
            (r#"{"id":"s3cret"}"#, "id is a string, not a positive 64-bit integer"),
            (r#"{"id":"+7"}"#, "id is a string, not a positive 64-bit integer"),
            (r#"{"id":[]}"#, "id is an array, not a positive 64-bit integer"),
            (r#"{"id":1}"#, "element is missing"),
            (r#"{"id":1,"element":"s3cret"}"#, "element is a string, not an object"),
            (r#"{"id":1,"element":{"id":2}}"#, "element.key is missing"),
            (r#"{"id":1,"element":{"key":5}}"#, "element.key is a number, not a string"),
            (r#"{"id":1,"id":2}"#, "it has a member twice"),
            (r#"[1,"n","t",{"key":"a"},[],{},true,false]"#, "it is an array, not an object"),
        ];
        let of_members = [
            (r#""name":["s3cret"]"#, "name is an array, not a string"),
            (r#""name":"\ud800""#, "name is a string, not valid Unicode"),
            (r#""token":{}"#, "token is an object, not a string"),
            (r#""tags":"s3cret""#, "tags is a string, not an array"),
            (r#""tags":["a",["s3cret"]]"#, "tags[1] is an array, not a string or an object"),
            (r#""tags":[{"id":7}]"#, "tags[0].name is missing"),
            (r#""valid":"s3cret""#, "valid is a string, not true or false"),
            (r#""disabled":1"#, "disabled is a number, not true or false"),
            (r#""configuration":["s3cret"]"#, "configuration is an array, not an object"),
            (
                r#""configuration":{"a":"\ud800"}"#,
                "configuration has a value that cannot be read as text",
            ),
        ];
        let of_members = of_members.map(|(member, problem)| {
            (format!(r#"{{"id":1,"element":{{"key":"a"}},{member}}}"#), problem)
        });
        let table = table.map(|(json, problem)| (json.to_owned(), problem));
        for (json, problem) in table.into_iter().chain(of_members) {
            assert_eq!(
                read(&json).unwrap_err(),
                format!("the answer is not an instance: {problem}")
            );
        }
    }

    #[test]
    fn a_number_and_a_text_can_replace_each_other() {
        let record = read(
            r#"{"id":"7","name":5,"token":12,"element":{"key":"a"},"tags":[8,{"name":9},null,true],
                "valid":"false"}"#,
        );
        let record = record.unwrap();
        assert_eq!((record.id.get(), record.name.as_str(), record.valid), (7, "5", false));
        assert_eq!(record.tags, ["8", "9", "true"]);
        assert_eq!(record.token.expose(), "12");
    }

    #[test]
    fn an_odd_instance_in_a_list_is_an_error_that_names_its_place() {
        let first = r#"{"id":1,"element":{"key":"a"}}"#;
        for (second, problem) in [
            (r#"{"id":2}"#, "[1].element is missing"),
            (r#"{"id":2,"element":7}"#, "[1].element is a number, not an object"),
            ("5", "[1] is a number, not an object"),
            ("null", "[1] is null, not an object"),
            ("[]", "[1] is an array, not an object"),
            (r#"{"id":2,"id":3}"#, "[1] has a member twice"),
        ] {
            let body = Body::new(None, format!("[{first},{second}]").into_bytes());
            assert_eq!(
                records(&body, &Projection::All).unwrap_err().to_string(),
                format!("the answer is not a list of instances: {problem}")
            );
        }
    }
}
