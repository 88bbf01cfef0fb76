//! Sample values of configuration keys that depend on an account. A person recognizes them, and the plan
//! blocks their texts ([`crate::instance::is_sample`]), because a text can select the host that gets a
//! secret. Integers and JSON cannot.

use serde_json::{Map, Value};

use crate::catalog::{FieldKind, key_ends_with};
use crate::instance::{SAMPLE_HOST, SAMPLE_TEXT, json_valued};

/// Words at the end of a key that names a host.
const HOSTS: [&[&str]; 6] =
    [&["host"], &["host", "name"], &["hostname"], &["server"], &["ip"], &["address"]];

/// The sample of a port, the only integer that a create needs according to the catalog.
const PORT: u64 = 587;

/// The sample of other integers. It is the ID of nobody.
const NUMBER: u64 = 0;

/// The sample of a configuration key.
pub(super) fn of(key: &str, kind: FieldKind) -> Value {
    let ends_with = |words: &[&str]| key_ends_with(key, words);
    if kind == FieldKind::Json || json_valued(key) {
        return Value::Object(Map::new());
    }
    if kind == FieldKind::Integer {
        return if ends_with(&["port"]) { PORT } else { NUMBER }.into();
    }
    let text = if key.ends_with("callback.url") {
        format!("https://{SAMPLE_HOST}/callback")
    } else if kind == FieldKind::Url || ends_with(&["url"]) {
        format!("https://{SAMPLE_HOST}")
    } else if HOSTS.iter().any(|words| ends_with(words)) {
        SAMPLE_HOST.to_owned()
    } else {
        SAMPLE_TEXT.to_owned()
    };
    text.into()
}
