//! JSON Schemas of instance files, for editors.
//!
//! In: the types of `instance_file` and the shapes of connectors. Out: one schema for all instance
//! files, and one per connector. The loader uses the sections `configuration` and `providerData` of a
//! connector's schema. It checks the rest itself, with better messages. A test verifies that every file
//! that loads conforms to its schema.

mod connector;
pub(super) mod instance_file;
mod reading;

use serde_json::{Map, Value, json};

use self::instance_file::base_schema;
use crate::instance::{ConnectorKey, WebhookUrlKnowledge};
use crate::safe_text::quoted;

pub use connector::connector;
pub(super) use connector::{Rules, value as connector_value};
pub(super) use reading::read as read_connector;

/// The JSON Schema of an instance file, as text that ends with a line break. The schemas of these
/// connectors are in `connectors/` beside it.
///
/// One schema applies to each file: that of its connector or the general one. If two applied, an editor
/// would mix their descriptions.
///
/// # Errors
///
/// None in practice: a schema is plain JSON.
pub fn instance(connectors: &[ConnectorKey]) -> serde_json::Result<String> {
    let mut general = base_schema()?;
    let mut schema = Map::new();
    for key in ["$schema", "title", "description"] {
        schema.extend(general.remove_entry(key));
    }
    let keys: Vec<&str> = connectors.iter().map(ConnectorKey::as_str).collect();
    let known = keys.iter().map(|key| {
        let reference = json!({ "$ref": format!("connectors/{key}.schema.json") });
        json!({ "if": element_is(&json!({ "const": key })), "then": reference })
    });
    let other = json!({
        "if": element_is(&json!({ "type": "string", "pattern": format!("^({})$", keys.join("|")) })),
        "else": general,
    });
    schema.insert("allOf".to_owned(), known.chain([other]).collect());
    Ok(serde_json::to_string_pretty(&schema)? + "\n")
}

/// Whether the rule of a key says that its value is a secret.
pub(super) fn marks_secret(rule: &Value) -> bool {
    rule["writeOnly"] == true || rule["format"] == "password"
}

/// The configuration keys that a schema makes secret. Empty if the text is not a schema.
pub fn secret_keys(schema: &str) -> Vec<String> {
    let schema: Value = serde_json::from_str(schema).unwrap_or_default();
    let properties = &schema["properties"]["configuration"]["properties"];
    let secret = |(_, rule): &(&String, &Value)| marks_secret(rule);
    let properties = properties.as_object().into_iter().flatten();
    properties.filter(secret).map(|(key, _)| key.clone()).collect()
}

/// The member at the root of a schema that states the form of the connector's webhook URL.
const WEBHOOK_URL_FORM: &str = "x-ocon-webhook-url-form";

/// The values of [`WEBHOOK_URL_FORM`].
const WEBHOOK_URL_FORMS: [&str; 4] = ["base64", "raw", "none", "platform-generated"];

/// The webhook URL that a schema states, or the message about an unknown form.
pub(super) fn webhook_url(schema: &Value) -> Result<Option<WebhookUrlKnowledge>, String> {
    let Some(stated) = schema.get(WEBHOOK_URL_FORM) else { return Ok(None) };
    let known = stated.as_str().and_then(WebhookUrlKnowledge::parse).map(Some);
    let names = WEBHOOK_URL_FORMS.map(|name| quoted(&name).to_string()).join(", ");
    known.ok_or_else(|| format!("{} must be one of {names}", quoted(&WEBHOOK_URL_FORM)))
}

/// The webhook URL that the text of a schema states, if the text is a schema that states a known form.
pub(crate) fn stated_webhook_url(schema: &str) -> Option<WebhookUrlKnowledge> {
    webhook_url(&serde_json::from_str(schema).ok()?).ok().flatten()
}

/// A schema of documents whose `element` matches, in either form.
fn element_is(name: &Value) -> Value {
    let long = json!({ "type": "object", "properties": { "key": name }, "required": ["key"] });
    json!({ "properties": { "element": { "anyOf": [name, long] } }, "required": ["element"] })
}
