//! A document as it is written, in one canonical form: what a fingerprint of it is made of.

use serde_json::{Value, json};

use super::Wanted;

impl Wanted {
    /// The canonical JSON (RFC 8785) of the document: public variables substituted, other references
    /// as text, scalars as strings, tags sorted. Left out is what only steers ocon, and the grant.
    pub fn as_written(&self) -> String {
        let configuration = self.configuration.iter();
        let configuration: serde_json::Map<String, Value> =
            configuration.map(|(key, field)| (key.clone(), field.value.as_written())).collect();
        // Maps are sorted by key and written without spaces, as the canonical form asks.
        json!({
            "configuration": configuration,
            "element": self.connector.as_str(),
            "externalAuthentication": self.external_authentication,
            "name": self.name,
            "tags": self.tags,
        })
        .to_string()
    }
}
