//! Instances as replies spell them. Members that ocon does not need are not looked at, and those
//! it needs are checked one by one, so that an error names the member and never its value.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeSeed as _;
use serde_json::value::RawValue;

use super::body::Body;
use super::configuration::{Kept, text};
use crate::api::{Keep, Kind};
use crate::instance::{InstanceId, OmittedMembers, Record, Secret};

/// The members of an instance, `null` being as good as absent.
#[derive(Deserialize)]
struct Entry<'a> {
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

/// The one member of `element` that is in all replies and means the same in all landscapes.
#[derive(Deserialize)]
struct Element<'a> {
    #[serde(borrow)]
    key: Option<&'a RawValue>,
}

/// The old documentation has tags as objects.
#[derive(Deserialize)]
struct Tag<'a> {
    #[serde(borrow)]
    name: &'a RawValue,
}

/// What is wrong with which member.
type Flaw = String;

impl Body {
    /// The instance in the body.
    pub(in crate::api) fn record(&self, keep: &Keep) -> Result<Record, Kind> {
        let expected = "an instance";
        let entry: Entry<'_> = self.parse(expected)?;
        entry.record(keep).map_err(|found| Kind::Decode { expected, found })
    }

    /// The instances in the body.
    pub(in crate::api) fn records(&self, keep: &Keep) -> Result<Vec<Record>, Kind> {
        let expected = "a list of instances";
        let entries: Vec<Entry<'_>> = self.parse(expected)?;
        let read = |(index, entry): (usize, Entry<'_>)| {
            entry.record(keep).map_err(|flaw| Kind::Decode {
                expected,
                found: format!("{flaw} (entry {})", index + 1),
            })
        };
        entries.into_iter().enumerate().map(read).collect()
    }
}

impl Entry<'_> {
    fn record(self, keep: &Keep) -> Result<Record, Flaw> {
        Ok(Record {
            id: id(self.id)?,
            connector: connector(self.element)?,
            name: optional_text("name", self.name)?,
            tags: tags(self.tags)?,
            configuration: match self.configuration {
                None => BTreeMap::default(),
                Some(raw) => Kept(keep)
                    .deserialize(&mut serde_json::Deserializer::from_str(raw.get()))
                    .map_err(|_| "`configuration` is not a map of values".to_owned())?,
            },
            valid: flag("valid", self.valid)?.unwrap_or(true),
            disabled: flag("disabled", self.disabled)?.unwrap_or(false),
            token: Secret::new(optional_text("token", self.token)?),
            omitted: OmittedMembers {
                tags: self.tags.is_none(),
                disabled: self.disabled.is_none(),
            },
        })
    }
}

fn id(raw: Option<&RawValue>) -> Result<InstanceId, Flaw> {
    let raw = raw.ok_or("`id` is missing")?.get();
    match raw.parse() {
        Ok(id) if id > 0 => Ok(InstanceId::new(id)),
        _ => Err("`id` is not a positive whole number of 64 bits".to_owned()),
    }
}

fn connector(element: Option<&RawValue>) -> Result<String, Flaw> {
    let raw = element.ok_or("`element` is missing")?.get();
    let element: Element<'_> =
        serde_json::from_str(raw).map_err(|_| "`element` is not an object")?;
    let key = element.key.ok_or("`element.key` is missing")?;
    optional_text("element.key", Some(key))
}

fn optional_text(member: &str, raw: Option<&RawValue>) -> Result<String, Flaw> {
    match raw.map(|raw| text(raw.get())) {
        None => Ok(String::new()),
        Some(Ok(text)) => Ok(text.into_owned()),
        Some(Err(_)) => Err(format!("`{member}` is not a text")),
    }
}

/// A boolean, or the text that configuration values have in its place.
fn flag(member: &str, raw: Option<&RawValue>) -> Result<Option<bool>, Flaw> {
    match raw.map(RawValue::get) {
        None => Ok(None),
        Some("true" | r#""true""#) => Ok(Some(true)),
        Some("false" | r#""false""#) => Ok(Some(false)),
        Some(_) => Err(format!("`{member}` is neither true nor false")),
    }
}

fn tags(raw: Option<&RawValue>) -> Result<Vec<String>, Flaw> {
    let flaw = || "`tags` is not a list of tags".to_owned();
    let Some(raw) = raw else {
        return Ok(Vec::new());
    };
    let tags: Vec<&RawValue> = serde_json::from_str(raw.get()).map_err(|_| flaw())?;
    tags.into_iter().map(|tag| tag_name(tag.get()).map_err(|_| flaw())).collect()
}

fn tag_name(raw: &str) -> serde_json::Result<String> {
    if raw.starts_with('{') {
        let tag: Tag<'_> = serde_json::from_str(raw)?;
        return text(tag.name.get()).map(Into::into);
    }
    text(raw).map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::StoredValue;

    fn read(json: &str) -> Result<Record, String> {
        let body = Body::new(None, json.into());
        body.record(&Keep::All).map_err(|kind| kind.to_string())
    }

    #[test]
    fn an_instance_needs_no_more_than_its_id_and_connector() {
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
    fn a_full_instance_is_read_in_every_spelling() {
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
    fn null_is_as_good_as_absent() {
        let record = read(
            r#"{"id":1,"name":null,"token":null,"element":{"key":"a"},"tags":null,
                "configuration":null,"valid":null,"disabled":null}"#,
        );
        assert_eq!(record.unwrap(), read(r#"{"id":1,"element":{"key":"a"}}"#).unwrap());
    }

    #[test]
    fn a_flaw_is_named_and_its_value_is_not() {
        let table = [
            (r#"{"element":{"key":"a"}}"#, "`id` is missing"),
            (r#"{"id":-5}"#, "`id` is not a positive whole number of 64 bits"),
            (r#"{"id":0}"#, "`id` is not a positive whole number of 64 bits"),
            (r#"{"id":1.5}"#, "`id` is not a positive whole number of 64 bits"),
            (r#"{"id":1e3}"#, "`id` is not a positive whole number of 64 bits"),
            (r#"{"id":18446744073709551616}"#, "`id` is not a positive whole number of 64 bits"),
            (r#"{"id":"s3cret"}"#, "`id` is not a positive whole number of 64 bits"),
            (r#"{"id":1}"#, "`element` is missing"),
            (r#"{"id":1,"element":"s3cret"}"#, "`element` is not an object"),
            (r#"{"id":1,"element":{"id":2}}"#, "`element.key` is missing"),
            (r#"{"id":1,"element":{"key":5}}"#, "`element.key` is not a text"),
            (r#"{"id":1,"element":{"key":"a"},"name":5}"#, "`name` is not a text"),
            (r#"{"id":1,"element":{"key":"a"},"tags":"s3cret"}"#, "`tags` is not a list of tags"),
            (r#"{"id":1,"element":{"key":"a"},"tags":[5]}"#, "`tags` is not a list of tags"),
            (
                r#"{"id":1,"element":{"key":"a"},"valid":"s3cret"}"#,
                "`valid` is neither true nor false",
            ),
            (
                r#"{"id":1,"element":{"key":"a"},"configuration":["s3cret"]}"#,
                "`configuration` is not a map of values",
            ),
        ];
        for (json, flaw) in table {
            assert_eq!(read(json).unwrap_err(), format!("the answer is not an instance: {flaw}"));
        }
    }

    #[test]
    fn a_flaw_in_a_list_says_where() {
        let body = Body::new(None, br#"[{"id":1,"element":{"key":"a"}},{"id":2}]"#.to_vec());
        assert_eq!(
            body.records(&Keep::All).unwrap_err().to_string(),
            "the answer is not a list of instances: `element` is missing (entry 2)"
        );
        let body = Body::new(None, b"{}".to_vec());
        assert_eq!(
            body.records(&Keep::All).unwrap_err().to_string(),
            "the answer is not a list of instances: JSON of another shape at line 1, column 0"
        );
    }
}
