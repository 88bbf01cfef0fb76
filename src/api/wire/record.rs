//! Decodes instances. Members that `ocon` does not need are ignored. The others are checked one by
//! one, so that an error names the member and never its value.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeSeed as _;
use serde_json::value::RawValue;

use super::Body;
use super::configuration::{ConfigurationSeed, text};
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
    name: &'a RawValue,
}

type Problem = String;

pub(in crate::api) fn record(body: &Body, projection: &Projection) -> Result<Record, ErrorKind> {
    let expected = "an instance";
    let entry: InstanceMembers<'_> = body.parse(expected)?;
    entry.record(projection).map_err(|found| ErrorKind::Decode { expected, found })
}

pub(in crate::api) fn records(
    body: &Body,
    projection: &Projection,
) -> Result<Vec<Record>, ErrorKind> {
    let expected = "a list of instances";
    let entries: Vec<InstanceMembers<'_>> = body.parse(expected)?;
    let records = entries.into_iter().zip(1..).map(|(entry, number)| {
        entry.record(projection).map_err(|problem| {
            let found = format!("{problem} (entry {number})");
            ErrorKind::Decode { expected, found }
        })
    });
    records.collect()
}

impl InstanceMembers<'_> {
    fn record(self, projection: &Projection) -> Result<Record, Problem> {
        Ok(Record {
            id: id(self.id)?,
            connector: connector(self.element)?,
            name: optional_text("name", self.name)?,
            tags: tags(self.tags)?,
            configuration: match self.configuration {
                None => BTreeMap::default(),
                Some(raw) => ConfigurationSeed(projection)
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

fn id(raw: Option<&RawValue>) -> Result<InstanceId, Problem> {
    let raw = raw.ok_or("`id` is missing")?.get();
    match raw.parse() {
        Ok(id) if id > 0 => Ok(InstanceId::new(id)),
        _ => Err("`id` is not a positive 64-bit integer".to_owned()),
    }
}

fn connector(element: Option<&RawValue>) -> Result<String, Problem> {
    let raw = element.ok_or("`element` is missing")?.get();
    let element: Element<'_> =
        serde_json::from_str(raw).map_err(|_| "`element` is not an object")?;
    let key = element.key.ok_or("`element.key` is missing")?;
    optional_text("element.key", Some(key))
}

fn optional_text(member: &str, raw: Option<&RawValue>) -> Result<String, Problem> {
    match raw.map(|raw| text(raw.get())) {
        None => Ok(String::new()),
        Some(Ok(text)) => Ok(text.into_owned()),
        Some(Err(_)) => Err(format!("`{member}` is not a string")),
    }
}

/// A boolean, or the equivalent text that configuration values use.
fn flag(member: &str, raw: Option<&RawValue>) -> Result<Option<bool>, Problem> {
    match raw.map(RawValue::get) {
        None => Ok(None),
        Some("true" | r#""true""#) => Ok(Some(true)),
        Some("false" | r#""false""#) => Ok(Some(false)),
        Some(_) => Err(format!("`{member}` is neither true nor false")),
    }
}

fn tags(raw: Option<&RawValue>) -> Result<Vec<String>, Problem> {
    let problem = || "`tags` is not a list of tags".to_owned();
    let Some(raw) = raw else {
        return Ok(Vec::new());
    };
    let tags: Vec<&RawValue> = serde_json::from_str(raw.get()).map_err(|_| problem())?;
    tags.into_iter().map(|tag| tag_name(tag.get()).map_err(|_| problem())).collect()
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
        let positive = "`id` is not a positive 64-bit integer";
        let table = [
            (r#"{"element":{"key":"a"}}"#, "`id` is missing"),
            (r#"{"id":-5}"#, positive),
            (r#"{"id":0}"#, positive),
            (r#"{"id":1.5}"#, positive),
            (r#"{"id":1e3}"#, positive),
            (r#"{"id":18446744073709551616}"#, positive),
            (r#"{"id":"s3cret"}"#, positive),
            (r#"{"id":1}"#, "`element` is missing"),
            (r#"{"id":1,"element":"s3cret"}"#, "`element` is not an object"),
            (r#"{"id":1,"element":{"id":2}}"#, "`element.key` is missing"),
            (r#"{"id":1,"element":{"key":5}}"#, "`element.key` is not a string"),
        ];
        let of_members = [
            (r#""name":5"#, "`name` is not a string"),
            (r#""tags":"s3cret""#, "`tags` is not a list of tags"),
            (r#""tags":[5]"#, "`tags` is not a list of tags"),
            (r#""valid":"s3cret""#, "`valid` is neither true nor false"),
            (r#""configuration":["s3cret"]"#, "`configuration` is not a map of values"),
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
    fn a_problem_in_a_list_names_the_entry() {
        let body = Body::new(None, br#"[{"id":1,"element":{"key":"a"}},{"id":2}]"#.to_vec());
        assert_eq!(
            records(&body, &Projection::All).unwrap_err().to_string(),
            "the answer is not a list of instances: `element` is missing (entry 2)"
        );
        let body = Body::new(None, b"{}".to_vec());
        assert_eq!(
            records(&body, &Projection::All).unwrap_err().to_string(),
            "the answer is not a list of instances: JSON with an unexpected structure at line 1, column 0"
        );
    }
}
