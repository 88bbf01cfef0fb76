//! The schema of one connector's instance files.
//!
//! In: the [`ConnectorSpec`] of a connector. Out: a self-contained JSON Schema. A schema for editors and for
//! repositories contains only certain rules, because every violation is an error there: a key is required
//! if the platform requires it, or several sources do, and any value may be a reference or `null`. The
//! loader also uses the likely rules, and warns (docs/platform.md#how-many-sources-a-fact-has).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::WEBHOOK_URL_FORM;
use super::instance_file::base_schema;
use crate::catalog::{Certainty, Condition, ConnectorSpec, FieldKind, PropertySpec, Requirement};
use crate::safe_text::quoted;

/// The beginning of a value that ocon fills in.
const REFERENCE: &str = r"\$\{\{";

/// The schema of a connector's instance files, as text that ends with a line break.
///
/// # Errors
///
/// None in practice: a schema is plain JSON.
pub fn connector(shape: &ConnectorSpec) -> serde_json::Result<String> {
    Ok(serde_json::to_string_pretty(&value(shape, Rules::Certain)?)? + "\n")
}

/// The rules that a schema has about the types and values of keys.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::desired) enum Rules {
    /// Only those that a violation may block.
    Certain,
    /// Also those that one source alone has.
    All,
}

/// The same as JSON, with these rules.
pub(in crate::desired) fn value(shape: &ConnectorSpec, rules: Rules) -> serde_json::Result<Value> {
    let key = shape.connector.as_str();
    let mut schema = base_schema()?;
    schema.insert("title".to_owned(), json!(format!("{} instance", shape.name)));
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        replace(properties, "element", element(key));
        replace(properties, "configuration", configuration(shape, rules));
        if !shape.grant.is_empty() {
            replace(properties, "providerData", grant(&shape.grant));
        }
    }
    if let Some(form) = shape.webhook_url.name() {
        schema.insert(WEBHOOK_URL_FORM.to_owned(), json!(form));
    }
    let is_needed = |p: &PropertySpec| p.requirement == Requirement::Certain && p.when.is_none();
    let needed = shape.properties.values().any(is_needed);
    if let (true, Some(Value::Array(required))) = (needed, schema.get_mut("required")) {
        required.push(json!("configuration"));
    }
    Ok(Value::Object(schema))
}

/// Replaces the schema of a key and keeps its description.
fn replace(properties: &mut Map<String, Value>, key: &str, mut schema: Value) {
    let old = properties.get(key).and_then(|old| old.get("description")).cloned();
    if let (Some(description), Value::Object(schema)) = (old, &mut schema) {
        schema.insert("description".to_owned(), description);
    }
    properties.insert(key.to_owned(), schema);
}

fn element(key: &str) -> Value {
    json!({
        "anyOf": [
            { "const": key },
            {
                "type": "object",
                "properties": { "key": { "const": key } },
                "required": ["key"],
                "additionalProperties": false,
            },
        ],
    })
}

fn configuration(shape: &ConnectorSpec, rules: Rules) -> Value {
    let refused = shape.refused.iter().map(|(key, right)| (key.clone(), refused(right.as_deref())));
    let known = shape.properties.iter();
    let properties = known.map(|(key, known)| (key.clone(), property(key, known, rules)));
    let properties: Map<String, Value> = properties.chain(refused).collect();
    let mut schema = json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    let (always, conditional) = required_keys(shape);
    if let Value::Object(schema) = &mut schema {
        if !shape.refused.is_empty() && shape.refusal == Certainty::Certain {
            schema.insert("patternProperties".to_owned(), refusal(shape.refused.keys()));
        }
        if !always.is_empty() {
            schema.insert("required".to_owned(), json!(always));
        }
        if !conditional.is_empty() {
            let rules = conditional.iter().map(|(when, keys)| rule(when, keys));
            schema.insert("allOf".to_owned(), rules.collect());
        }
    }
    schema
}

type Conditional<'s> = BTreeMap<&'s Condition, Vec<&'s str>>;

/// The required keys: always, and under each condition.
fn required_keys(shape: &ConnectorSpec) -> (Vec<&str>, Conditional<'_>) {
    let mut always = Vec::new();
    let mut conditional = Conditional::new();
    let certain = shape.properties.iter().filter(|(_, p)| p.requirement == Requirement::Certain);
    for (key, property) in certain {
        match &property.when {
            None => always.push(key.as_str()),
            Some(condition) => conditional.entry(condition).or_default().push(key),
        }
    }
    (always, conditional)
}

fn rule(when: &Condition, keys: &[&str]) -> Value {
    let value = match when.value.as_str() {
        "true" => json!({ "enum": [true, "true"] }),
        word => json!({ "type": "string", "pattern": format!("^{}$", in_any_case(word)) }),
    };
    json!({
        "if": { "properties": { when.key.as_str(): value }, "required": [when.key] },
        "then": { "required": keys },
    })
}

/// The message for a key that the connector does not accept. Editors show it as a warning.
fn refused(right: Option<&str>) -> Value {
    let advice = right.map(|right| format!("write {} instead", quoted(&right)));
    let advice = advice.unwrap_or_else(|| "remove the line".to_owned());
    json!({ "deprecationMessage": advice, "doNotSuggest": true })
}

/// Rejects keys. If this rule were at the key itself, editors would show a second message.
fn refusal<'k>(keys: impl Iterator<Item = &'k String>) -> Value {
    let keys: Vec<String> = keys.map(|key| key.chars().map(escaped).collect()).collect();
    json!({ format!("^({})$", keys.join("|")): false })
}

fn property(key: &str, property: &PropertySpec, rules: Rules) -> Value {
    let is_in_use = rules == Rules::All || property.certainty == Certainty::Certain;
    let mut schema = match property.kind {
        _ if property.secret => secret(),
        kind if !is_in_use => any(kind, &property.options),
        FieldKind::Boolean => {
            typed("boolean", &format!("^(true|false|)$|{REFERENCE}"), "write true or false")
        }
        FieldKind::Integer => {
            typed("integer", &format!("^-?[0-9]*$|{REFERENCE}"), "write a whole number")
        }
        FieldKind::Enum => words(key, &property.options),
        FieldKind::Json => json!({ "type": ["object", "array", "string", "null"] }),
        FieldKind::Url if key.ends_with("callback.url") => {
            text(&format!("^$|^https?://|{REFERENCE}"), "write a URL that begins with https://")
        }
        FieldKind::Url => json!({ "type": ["string", "null"] }),
        FieldKind::String => json!({ "type": ["string", "number", "boolean", "null"] }),
    };
    if let Value::Object(schema) = &mut schema {
        schema.insert("title".to_owned(), json!(property.title));
        let default = property.default.as_deref().and_then(|text| default(property.kind, text));
        schema.extend(default.map(|default| ("default".to_owned(), default)));
        if property.platform_written {
            schema.insert("readOnly".to_owned(), json!(true));
            schema.insert("doNotSuggest".to_owned(), json!(true));
        }
        let description = description(property);
        schema.extend(description.map(|text| ("description".to_owned(), json!(text))));
    }
    schema
}

/// The facts that the title and the type do not contain. Editors show them in completions.
fn description(property: &PropertySpec) -> Option<String> {
    let mut sentences = Vec::new();
    let required = match property.requirement {
        Requirement::Optional => None,
        Requirement::Likely => Some("Usually required"),
        Requirement::Certain => Some("Required"),
    };
    if let Some(required) = required {
        let when = property.when.as_ref();
        let when = when.map(|when| format!(" if {} is {}", quoted(&when.key), quoted(&when.value)));
        sentences.push(format!("{required}{}.", when.unwrap_or_default()));
    }
    if property.platform_written {
        sentences.push("The platform writes this key itself.".to_owned());
    }
    if property.secret {
        let advice = "This is a secret: write `${{ env.NAME }}` or `${{ file.PATH }}`.";
        sentences.push(advice.to_owned());
    } else if property.kind == FieldKind::Json {
        sentences.push("Write a map or a list, or its JSON as text.".to_owned());
    }
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

/// Any value, for a key whose type only one source shows. Editors suggest the values that it shows.
fn any(kind: FieldKind, options: &[String]) -> Value {
    match kind {
        FieldKind::Enum => json!({ "examples": options }),
        FieldKind::Boolean => json!({ "examples": [true, false] }),
        _ => json!({}),
    }
}

/// A value that files may only refer to.
fn secret() -> Value {
    let mut schema =
        text(&format!("^$|{REFERENCE}"), "write ${{ env.NAME }}: files must not contain secrets");
    if let Value::Object(schema) = &mut schema {
        schema.insert("writeOnly".to_owned(), json!(true));
        schema.insert("examples".to_owned(), json!(["${{ env.NAME }}"]));
    }
    schema
}

fn text(pattern: &str, advice: &str) -> Value {
    json!({ "type": ["string", "null"], "pattern": pattern, "errorMessage": advice })
}

/// A value of a type, or its text.
fn typed(kind: &str, pattern: &str, advice: &str) -> Value {
    json!({ "type": [kind, "string", "null"], "pattern": pattern, "errorMessage": advice })
}

/// One of a few words, in any case. The documentation writes both `webhook` and `webhooks` for the same
/// event type.
fn words(key: &str, options: &[String]) -> Value {
    let mut options: Vec<&str> = options.iter().map(String::as_str).collect();
    if key == "event.vendor.type" && options.iter().any(|word| word.starts_with("webhook")) {
        options.retain(|word| !word.starts_with("webhook"));
        options.extend(["webhook", "webhooks"]);
    }
    let mut any: Vec<_> = options.iter().map(|word| in_any_case(word)).collect();
    if key == "event.vendor.type" {
        // Instances use event types that the documentation of their connector does not list.
        any = ["polling", "webhook", "webhooks"].map(in_any_case).into();
    }
    let other = format!("^({}|)$|{REFERENCE}", any.join("|"));
    json!({
        "anyOf": [
            { "enum": options },
            { "type": "string", "pattern": other },
            { "type": "null" },
        ],
    })
}

/// A pattern for a word in any case. Editors support no flag for that.
fn in_any_case(word: &str) -> String {
    let in_any_case = |letter: char| match letter {
        'a'..='z' | 'A'..='Z' => {
            format!("[{}{}]", letter.to_ascii_uppercase(), letter.to_ascii_lowercase())
        }
        _ => escaped(letter),
    };
    word.chars().map(in_any_case).collect()
}

fn escaped(letter: char) -> String {
    if ".*+?()[]{}|^$\\/".contains(letter) { format!("\\{letter}") } else { letter.to_string() }
}

/// A default value for editors. The default of a JSON key is left to the platform.
fn default(kind: FieldKind, text: &str) -> Option<Value> {
    match kind {
        FieldKind::Boolean => text.parse::<bool>().ok().map(Value::from),
        FieldKind::Integer => text.parse::<i64>().ok().map(Value::from),
        FieldKind::Json => None,
        FieldKind::String | FieldKind::Url | FieldKind::Enum => Some(Value::from(text)),
    }
}

/// `providerData`: all its values are secret.
fn grant(members: &[String]) -> Value {
    let properties: Map<String, Value> =
        members.iter().map(|name| (name.clone(), secret())).collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}
