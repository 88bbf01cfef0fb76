//! Converts a YAML mapping to a value and validates it.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

/// Deserializes a `Raw` and converts it to a `T` while the mapping is visited, so that the YAML parser
/// adds the position of the mapping to an error.
pub(super) fn mapping<'de, D, Raw, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    Raw: Deserialize<'de>,
    T: TryFrom<Raw, Error = String>,
{
    deserializer.deserialize_map(Mapping(PhantomData::<(Raw, T)>))
}

struct Mapping<Raw, T>(PhantomData<(Raw, T)>);

impl<'de, Raw, T> Visitor<'de> for Mapping<Raw, T>
where
    Raw: Deserialize<'de>,
    T: TryFrom<Raw, Error = String>,
{
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a mapping")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        let raw = Raw::deserialize(de::value::MapAccessDeserializer::new(map))?;
        T::try_from(raw).map_err(de::Error::custom)
    }
}
