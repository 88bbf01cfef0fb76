//! The shape of an instance file, for editors.
//!
//! In: the types below, which are never filled, and the shapes of connectors. Out: JSON Schemas with
//! the comments of the types as descriptions: one for all instance files, and one per connector.
//! Of these the loader uses what a connector's schema says of `configuration` and `providerData`;
//! the rest it knows better (references, other documents) and says better. A test holds that every
//! file that loads conforms.

mod connector;

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::instance::ConnectorKey;

pub use connector::connector;
pub(super) use connector::value as connector_value;

/// A connector instance, kept equal to this file by ocon.
///
/// The documented body of `POST /instances`, and the keys `key`, `id`, `enabled` and `lifecycle`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "ocon instance file")]
pub struct InstanceFile {
    /// The connector: its key, or a map with its key.
    pub element: Element,
    /// The name that the platform shows. It cannot contain `<` or `>`.
    #[schemars(
        length(min = 1),
        regex(pattern = r"^[^<>]*$"),
        extend("errorMessage" = "a name is a text without `<` and `>`")
    )]
    pub name: String,
    /// The tags, as a set. Without this key ocon leaves the tags alone.
    pub tags: Option<Vec<Tag>>,
    /// The configuration values by key. Keys that are absent are left alone.
    ///
    /// Secrets are written `${{ env.NAME }}` or `${{ file.PATH }}`.
    pub configuration: Option<BTreeMap<String, Anything>>,
    /// The authorization grant. It is used when the instance is created and never compared.
    pub provider_data: Option<BTreeMap<String, Anything>>,
    /// `initial` where the instance is created from a refresh token.
    #[schemars(
        regex(pattern = r"^initial$|\$\{\{"),
        extend("errorMessage" = "write initial")
    )]
    pub external_authentication: Option<String>,
    /// The name of the instance in Git, which stays the same for ever.
    ///
    /// By default the path of the file below the folder of instances, without extension.
    #[schemars(
        length(max = 80),
        regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$"),
        extend(
            "not" = { "enum": ["all", "listen"] },
            "errorMessage" = "a key has letters, digits, `.`, `_` and `-`, with `/` between its parts"
        )
    )]
    pub key: Option<String>,
    /// The number of an existing instance to adopt.
    #[schemars(range(min = 1))]
    pub id: Option<u64>,
    /// The document keys that this document had before. Its instance keeps its ID and token.
    #[serde(rename = "moved_from")]
    pub moved_from: Option<OldKeys>,
    /// Whether the instance is switched on. Without this key ocon leaves that alone.
    pub enabled: Option<bool>,
    /// What protects the instance, and which fields are left alone.
    pub lifecycle: Option<LifecycleSection>,
}

/// A tag. Those that begin with `ocon:` are reserved.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
pub struct Tag(
    #[schemars(
        length(min = 1),
        // Also that no tag begins with `ocon:`, in a form that editors have a message for.
        regex(
            pattern = r"^([^<>o]|o([^<>c]|$)|oc([^<>o]|$)|oco([^<>n]|$)|ocon([^<>:]|$))[^<>]*$"
        ),
        extend("errorMessage" = "a tag is a text without `<` and `>` that does not begin with `ocon:`")
    )]
    pub String,
);

/// The document keys that this document had before, one or a list of them. Its instance keeps its
/// ID and token.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OldKeys {
    /// One document key.
    One(OldKey),
    /// Several document keys.
    Several(Vec<OldKey>),
}

/// A document key that this document had before.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct OldKey(
    #[schemars(
        length(max = 80),
        regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$"),
        extend("errorMessage" = "a key has letters, digits, `.`, `_` and `-`, with `/` between its parts")
    )]
    pub String,
);

/// The key of a connector, as the catalogue of the platform has it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Element {
    /// The key alone.
    Short(ConnectorName),
    /// As the API documents it.
    Long(ElementKey),
}

/// The connector as the API documents it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ElementKey {
    /// The key of the connector.
    pub key: ConnectorName,
}

/// For example `hootsuite`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ConnectorName(
    #[schemars(regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"))] pub String,
);

/// What protects the instance, and which fields are left alone.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LifecycleSection {
    /// Never delete the instance.
    pub protect: Option<bool>,
    /// Fields that are sent when the instance is created and not compared later.
    pub ignore: Option<Vec<IgnoreEntry>>,
}

/// A field that is not compared.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IgnoreEntry {
    /// `name`, `tags` or `configuration.KEY`.
    pub path: String,
    /// Why, for the next reader of the file.
    pub reason: String,
    /// The last day on which this applies, `YYYY-MM-DD` in UTC.
    pub until: Option<String>,
}

/// A value: the platform keeps all of them as text.
///
/// `null` unsets a configuration value. Maps and lists are sent as JSON text.
#[derive(Debug, Deserialize)]
pub struct Anything(pub Value);

impl JsonSchema for Anything {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Value".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A text, boolean or number; `null` for a value that shall not be set; a map or list for a key that takes JSON",
            "type": ["string", "boolean", "number", "null", "object", "array"],
            // All but eight asterisks.
            "pattern": r"[^*]|^\*{0,7}$|^\*{9}",
            "errorMessage": "this is how the platform shows a secret: write ${{ env.NAME }}",
        })
    }
}

/// The JSON Schema of an instance file, as text that ends in a line break. The schemas of these
/// connectors stand beside it, in `connectors/`.
///
/// Each file is judged by one schema, that of its connector or the general one: from two, an editor
/// would mix what they say.
///
/// # Errors
///
/// None in practice: a schema is plain JSON.
pub fn instance(connectors: &[ConnectorKey]) -> serde_json::Result<String> {
    let mut general = document()?;
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

/// The configuration keys that a schema makes secret; none where the text is no schema.
pub fn secret_keys(schema: &str) -> Vec<String> {
    let schema: Value = serde_json::from_str(schema).unwrap_or_default();
    let properties = &schema["properties"]["configuration"]["properties"];
    let secret = |(_, rule): &(&String, &Value)| rule["writeOnly"] == true;
    let properties = properties.as_object().into_iter().flatten();
    properties.filter(secret).map(|(key, _)| key.clone()).collect()
}

/// Whether a document is of a connector, in either form.
fn element_is(name: &Value) -> Value {
    let long = json!({ "type": "object", "properties": { "key": name }, "required": ["key"] });
    json!({ "properties": { "element": { "anyOf": [name, long] } }, "required": ["element"] })
}

/// What the schemas of all instance files have in common, without references.
fn document() -> serde_json::Result<Map<String, Value>> {
    let settings = SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .with_transform(RecursiveTransform(without_null));
    let schema = settings.into_generator().into_root_schema_for::<InstanceFile>();
    serde_json::from_value(schema.to_value())
}

/// An optional key may be absent; where it is present it has a value, unlike what `Option` means
/// to the generator.
fn without_null(schema: &mut Schema) {
    let Some(map) = schema.as_object_mut() else {
        return;
    };
    if let Some([one, Value::String(null)]) =
        map.get("type").and_then(Value::as_array).map(Vec::as_slice)
        && null == "null"
    {
        let one = one.clone();
        map.insert("type".to_owned(), one);
    }
    let null = json!({ "type": "null" });
    if let Some([one, second]) = map.get("anyOf").and_then(Value::as_array).map(Vec::as_slice)
        && *second == null
        && let Value::Object(one) = one.clone()
    {
        map.remove("anyOf");
        map.extend(one);
    }
}
