//! Sample values of configuration keys that depend on an account. None of them belongs to anybody.

use serde_json::{Map, Value};

use crate::catalog::{FieldKind, key_ends_with};
use crate::instance::{ConnectorKey, json_valued};

/// The sample of keys that end with these words.
const SAMPLES: [(&[&str], &str); 9] = [
    (&["directory"], "/"),
    (&["country"], "US"),
    (&["port"], "22"),
    (&["version"], "1.0"),
    (&["id"], "1001"),
    (&["number"], "00"),
    (&["protocol"], "https"),
    (&["environment"], "demo"),
    (&["region", "name"], "us-east-1"),
];

/// Words at the end of a key that names a host.
const HOSTS: [&[&str]; 6] =
    [&["host"], &["host", "name"], &["hostname"], &["server"], &["ip"], &["address"]];

/// The sample of an integer: a port is the only one that a create needs.
const PORT: u64 = 587;

/// The sample of a configuration key.
pub(super) fn of(key: &str, kind: FieldKind, connector: &ConnectorKey) -> Value {
    let ends_with = |words: &[&str]| key_ends_with(key, words);
    let host = format!("{}.example", connector.as_str().to_lowercase().replace('_', "-"));
    let is_url = kind == FieldKind::Url || ends_with(&["url"]);
    if kind == FieldKind::Json || json_valued(key) {
        return Value::Object(Map::new());
    }
    let text = match SAMPLES.iter().find(|(words, _)| ends_with(words)) {
        _ if kind == FieldKind::Integer => return PORT.into(),
        _ if is_url && key.ends_with("callback.url") => "https://app.example/callback".to_owned(),
        _ if is_url => format!("https://{host}"),
        Some((_, sample)) => (*sample).to_owned(),
        None if HOSTS.iter().any(|words| ends_with(words)) => host,
        None => "example".to_owned(),
    };
    text.into()
}
