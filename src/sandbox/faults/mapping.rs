//! Converts a YAML mapping to a value and validates it.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

/// Deserializes a `Raw` and converts it to a `T` while the mapping is visited, so that the YAML parser
/// adds the position of the mapping to an error.
pub(super) fn mapping<'de, D: Deserializer<'de>, Raw: Deserialize<'de>, T>(
    deserializer: D,
    convert: fn(Raw) -> Result<T, String>,
) -> Result<T, D::Error> {
    deserializer.deserialize_map(Mapping(convert))
}

struct Mapping<Raw, T>(fn(Raw) -> Result<T, String>);

impl<'de, Raw: Deserialize<'de>, T> Visitor<'de> for Mapping<Raw, T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a mapping")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        let raw = Raw::deserialize(de::value::MapAccessDeserializer::new(map))?;
        (self.0)(raw).map_err(de::Error::custom)
    }
}
