//! The shape of an instance file.
//!
//! The types are never filled. Their comments become the descriptions in the JSON Schema.

#![expect(dead_code, reason = "only the JSON Schema uses the fields")]

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

/// A connector instance that ocon keeps in sync with this file.
///
/// The documented body of `POST /instances`, plus `key`, `id`, `enabled`, `moved_from` and `lifecycle`.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "ocon instance file")]
pub(in crate::desired) struct InstanceFile {
    /// The connector: its key or a map that contains its key.
    element: Element,
    /// The display name of the instance. It cannot contain `<` or `>`.
    #[schemars(
        length(min = 1),
        regex(pattern = r"^[^<>]*$"),
        extend("errorMessage" = "write a name without `<` and `>`")
    )]
    name: String,
    /// The tags, as a set. Without this key, ocon does not change the tags.
    tags: Option<Vec<Tag>>,
    /// The configuration values by key. ocon does not change keys that are absent.
    ///
    /// Write secrets as `${{ env.NAME }}` or `${{ file.PATH }}`.
    configuration: Option<BTreeMap<String, AnyValue>>,
    /// The authorization grant. ocon sends it when it creates the instance and never compares it.
    provider_data: Option<BTreeMap<String, AnyValue>>,
    /// `initial` to create the instance from a refresh token.
    #[schemars(
        regex(pattern = r"^initial$|\$\{\{"),
        extend("errorMessage" = "write initial")
    )]
    external_authentication: Option<String>,
    /// The document key, which identifies the instance in Git. It must never change.
    ///
    /// The default is the path of the file below the instances folder, without extension.
    #[schemars(
        length(max = 80),
        regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$"),
        extend(
            "not" = { "enum": ["all", "listen"] },
            "errorMessage" = "use letters, digits, `.`, `_` and `-`, with `/` between the parts of the key"
        )
    )]
    key: Option<String>,
    /// The ID of an existing instance to adopt.
    #[schemars(range(min = 1))]
    id: Option<u64>,
    /// The previous document keys of this document. Its instance keeps its ID and token.
    #[serde(rename = "moved_from")]
    moved_from: Option<PreviousKeys>,
    /// Whether the instance is enabled. Without this key, ocon does not change that.
    enabled: Option<bool>,
    /// The protection of the instance and its ignored fields.
    lifecycle: Option<LifecycleSection>,
}

/// A tag. Tags that begin with `ocon:` are reserved.
#[derive(JsonSchema)]
struct Tag(
    #[schemars(
        length(min = 1),
        // The pattern also excludes `ocon:`, because editors have no message for a `not`.
        regex(
            pattern = r"^([^<>o]|o([^<>c]|$)|oc([^<>o]|$)|oco([^<>n]|$)|ocon([^<>:]|$))[^<>]*$"
        ),
        extend("errorMessage" = "write a tag without `<` and `>` that does not begin with `ocon:`")
    )]
    String,
);

/// The previous document keys of this document, one or a list of them. Its instance keeps its ID and
/// token.
#[derive(JsonSchema)]
#[serde(untagged)]
enum PreviousKeys {
    /// One document key.
    One(PreviousKey),
    /// Several document keys.
    Several(Vec<PreviousKey>),
}

/// A previous document key of this document.
#[derive(JsonSchema)]
struct PreviousKey(
    #[schemars(
        length(max = 80),
        regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$"),
        extend("errorMessage" = "use letters, digits, `.`, `_` and `-`, with `/` between the parts of the key")
    )]
    String,
);

/// The connector key, as in the catalog of the platform.
#[derive(JsonSchema)]
#[serde(untagged)]
enum Element {
    /// The key alone.
    Short(ConnectorName),
    /// The form of the API documentation.
    Long(ElementKey),
}

/// The connector in the form of the API documentation.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct ElementKey {
    /// The key of the connector.
    key: ConnectorName,
}

/// For example `hootsuite`.
#[derive(JsonSchema)]
struct ConnectorName(#[schemars(regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"))] String);

/// The protection of the instance and its ignored fields.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct LifecycleSection {
    /// Whether ocon must never delete the instance.
    protect: Option<bool>,
    /// Fields that ocon sends when it creates the instance and does not compare later.
    ignore: Option<Vec<IgnoreEntry>>,
}

/// A field that is not compared.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct IgnoreEntry {
    /// `name`, `tags` or `configuration.KEY`.
    path: String,
    /// The reason, for the next reader of the file.
    reason: String,
    /// The last day on which this applies, `YYYY-MM-DD` in UTC.
    until: Option<String>,
}

/// A value. The platform stores all values as text.
///
/// `null` unsets a configuration value. ocon sends maps and lists as JSON text.
struct AnyValue(Value);

impl JsonSchema for AnyValue {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Value".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A string, boolean or number. `null` unsets the value. Use a map or list for a key that takes JSON.",
            "type": ["string", "boolean", "number", "null", "object", "array"],
            // Any text except 8 asterisks.
            "pattern": r"[^*]|^\*{0,7}$|^\*{9}",
            "errorMessage": "write ${{ env.NAME }}: this is the mask that the platform shows instead of a secret",
        })
    }
}

/// The schema that all instance files share, without `$ref`.
pub(super) fn base_schema() -> serde_json::Result<Map<String, Value>> {
    let settings = SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .with_transform(RecursiveTransform(without_null));
    let schema = settings.into_generator().into_root_schema_for::<InstanceFile>();
    serde_json::from_value(schema.to_value())
}

/// Removes `null` from optional keys: an optional key may be absent, but the generator would also allow
/// `null`.
fn without_null(schema: &mut Schema) {
    let Some(map) = schema.as_object_mut() else {
        return;
    };
    if let Some([one, Value::String(null)]) =
        map.get("type").and_then(Value::as_array).map(Vec::as_slice)
        && null == "null"
    {
        map.insert("type".to_owned(), one.clone());
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
