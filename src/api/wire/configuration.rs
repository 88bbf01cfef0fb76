//! Decodes the `configuration` member of a reply: a flat map whose values mean text, whatever their
//! JSON type. An instance has dozens of keys and values of several kilobytes, but a plan compares few
//! of them. Other values are skipped without allocating.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::api::Projection;
use crate::instance::{ExactJson, StoredValue};

/// Decodes the map, and keeps the values in the projection.
pub(super) struct ConfigurationSeed<'k>(pub(super) &'k Projection);

impl<'de> DeserializeSeed<'de> for ConfigurationSeed<'_> {
    type Value = BTreeMap<String, StoredValue>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ConfigurationSeed<'_> {
    type Value = BTreeMap<String, StoredValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of configuration values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut kept = BTreeMap::new();
        while let Some(key) = map.next_key_seed(KeySeed(self.0))? {
            if let Some(key) = key {
                let raw = map.next_value::<&RawValue>()?;
                kept.insert(key, stored_value(raw.get()).map_err(A::Error::custom)?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(kept)
    }
}

/// Decodes a key, and returns it if it is in the projection.
struct KeySeed<'k>(&'k Projection);

impl<'de> DeserializeSeed<'de> for KeySeed<'_> {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_> {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a configuration key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        let wanted = match self.0 {
            Projection::All => true,
            Projection::Only(keys) => keys.contains(key),
        };
        Ok(wanted.then(|| key.to_owned()))
    }
}

/// The text that the platform stores: booleans and numbers as written, documents compact
/// (docs/platform.md#configuration-values).
fn stored_value(raw: &str) -> serde_json::Result<StoredValue> {
    Ok(match raw.as_bytes().first() {
        Some(b'n') => StoredValue::Unset,
        Some(b'"') => StoredValue::new(Some(&text(raw)?)),
        Some(b'{' | b'[') => {
            let document = ExactJson::parse(raw).ok_or_else(|| Error::custom("no document"))?;
            StoredValue::new(Some(&document.to_string()))
        }
        _ => StoredValue::new(Some(raw)),
    })
}

/// The content of a JSON string, borrowed if it has no escapes.
pub(super) fn text(raw: &str) -> serde_json::Result<Cow<'_, str>> {
    #[derive(serde::Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
    serde_json::from_str::<Text<'_>>(raw).map(|text| text.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(
        projection: &Projection,
        json: &str,
    ) -> serde_json::Result<BTreeMap<String, StoredValue>> {
        ConfigurationSeed(projection).deserialize(&mut serde_json::Deserializer::from_str(json))
    }

    #[test]
    fn values_of_every_type_become_the_text_the_platform_stores() {
        let json = r#"{"text":"a\u003eb","null":null,"empty":"","mask":"********","yes":true,
            "int":15,"exact":12345678901234567890123.10,"doc":{ "b": [1.50, null], "a": "x" }}"#;
        let kept = read(&Projection::All, json).unwrap();
        let expect = |key: &str, text: Option<&str>| {
            assert_eq!(kept[key], StoredValue::new(text), "{key}");
        };
        expect("text", Some("a>b"));
        expect("null", None);
        expect("empty", None);
        expect("mask", Some("********"));
        expect("yes", Some("true"));
        expect("int", Some("15"));
        expect("exact", Some("12345678901234567890123.10"));
        expect("doc", Some(r#"{"a":"x","b":[1.50,null]}"#));
        assert_eq!(kept.len(), 8);
    }

    #[test]
    fn only_keys_in_the_projection_are_kept() {
        let projection = Projection::Only(["b".into(), "not.there".into()].into());
        let kept = read(&projection, r#"{"a":{"deep":["\ud800"]},"b":"1","c":null}"#).unwrap();
        assert_eq!(kept, BTreeMap::from([("b".into(), StoredValue::new(Some("1")))]));
    }

    #[test]
    fn anything_but_a_map_of_values_is_an_error() {
        for json in ["[]", "5", r#""text""#, r#"{"a":"\ud800"}"#] {
            assert!(read(&Projection::All, json).is_err(), "{json}");
        }
    }
}
