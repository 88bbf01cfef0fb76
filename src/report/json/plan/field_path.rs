//! A field path as a text, such as `configuration.<key>`.

use serde::de::Error as _;
use serde::{Deserialize as _, Deserializer, Serializer};

use crate::instance::FieldPath;
use crate::safe_text::quoted;

const WITHOUT_KEY: [FieldPath; 5] = [
    FieldPath::Name,
    FieldPath::Tags,
    FieldPath::Mark,
    FieldPath::Protect,
    FieldPath::ExternalAuthentication,
];

pub(super) fn serialize<S: Serializer>(path: &FieldPath, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(path)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<FieldPath, D::Error> {
    let text = String::deserialize(from)?;
    let key = |section: &str| text.strip_prefix(section).map(ToOwned::to_owned);
    WITHOUT_KEY
        .into_iter()
        .find(|path| path.to_string() == text)
        .or_else(|| key("configuration.").map(FieldPath::Configuration))
        .or_else(|| key("providerData.").map(FieldPath::ProviderData))
        .ok_or_else(|| {
            D::Error::custom(format_args!("unknown field {field}", field = quoted(&text)))
        })
}
