//! Reads the schema of a connector again, as `ocon schema pull` writes it.
//!
//! In: the text of a schema that a repository may have changed. Out: the keys that it describes, as far
//! as they can be recognized. Its titles and descriptions are not used, because they can be any text.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::catalog::{Certainty, Condition, ConnectorSpec, FieldKind, PropertySpec, Requirement};
use crate::instance::ConnectorKey;

/// The configuration that a schema describes. `None` if the text is not such a schema.
pub(in crate::desired) fn read(
    connector: &ConnectorKey,
    name: &str,
    text: &str,
) -> Option<ConnectorSpec> {
    let schema: Value = serde_json::from_str(text).ok()?;
    let sections = schema.get("properties")?;
    let configuration = sections.get("configuration")?;
    let described = configuration.get("properties")?.as_object()?;
    let is_accepted =
        |(key, rule): &(&String, &Value)| is_key(key) && rule.get("deprecationMessage").is_none();
    let mut properties: BTreeMap<String, PropertySpec> = described
        .iter()
        .filter(is_accepted)
        .map(|(key, rule)| (key.clone(), property(key, rule)))
        .collect();
    require(&mut properties, configuration, None);
    for rule in configuration.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        if let (Some(when), Some(then)) = (condition(rule), rule.get("then")) {
            require(&mut properties, then, Some(&when));
        }
    }
    let grant = sections.get("providerData").and_then(|data| data.get("properties")?.as_object());
    let grant = grant.map(Map::keys).into_iter().flatten().filter(|key| is_key(key));
    Some(ConnectorSpec {
        connector: connector.clone(),
        name: name.to_owned(),
        properties,
        grant: grant.cloned().collect(),
        refused: BTreeMap::new(),
        refusal: Certainty::Certain,
        webhook_url: super::webhook_url(&schema).ok().flatten().unwrap_or_default(),
    })
}

/// Marks the required keys of a rule.
fn require(
    properties: &mut BTreeMap<String, PropertySpec>,
    rule: &Value,
    when: Option<&Condition>,
) {
    let required = rule.get("required").and_then(Value::as_array).into_iter().flatten();
    for key in required.filter_map(Value::as_str) {
        if let Some(property) = properties.get_mut(key) {
            property.requirement = Requirement::Certain;
            property.when = when.cloned();
        }
    }
}

fn property(key: &str, rule: &Value) -> PropertySpec {
    let (kind, options) = kind(key, rule);
    let named = PropertySpec::new(key, kind);
    PropertySpec {
        options,
        secret: named.secret || super::marks_secret(rule),
        platform_written: rule["readOnly"] == true,
        ..named
    }
}

fn kind(key: &str, rule: &Value) -> (FieldKind, Vec<String>) {
    let options = options(rule);
    // A type or a list of types.
    let types = match rule.get("type") {
        Some(Value::Array(types)) => types.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    let accepts = |name: &str| types.iter().any(|accepted| accepted == name);
    let kind = match () {
        () if !options.is_empty() => FieldKind::Enum,
        () if accepts("object") => FieldKind::Json,
        () if accepts("integer") => FieldKind::Integer,
        () if accepts("number") && !accepts("string") => FieldKind::Integer,
        () if accepts("boolean") && !accepts("number") => FieldKind::Boolean,
        () if key.ends_with("url") => FieldKind::Url,
        () => FieldKind::String,
    };
    (kind, options)
}

/// The words that a key accepts. Other texts are not written to files.
fn options(rule: &Value) -> Vec<String> {
    let branches = rule.get("anyOf").and_then(Value::as_array).into_iter().flatten();
    let lists = branches.chain([rule]).filter_map(|branch| branch.get("enum")?.as_array());
    let words = lists.flatten().filter_map(Value::as_str).filter(|word| is_key(word));
    words.map(str::to_owned).collect()
}

/// The condition of a rule for one key: a word in any case, or `true`.
fn condition(rule: &Value) -> Option<Condition> {
    let (key, expected) = rule.get("if")?.get("properties")?.as_object()?.iter().next()?;
    let value = match expected.get("pattern") {
        Some(pattern) => word(pattern.as_str()?)?,
        None if expected.get("enum").is_some() => "true".to_owned(),
        None => return None,
    };
    Some(Condition { key: key.clone(), value })
}

/// The word of a pattern such as `^[Bb][Aa]2$`, in lower case.
fn word(pattern: &str) -> Option<String> {
    let mut rest = pattern.strip_prefix('^')?.strip_suffix('$')?.chars();
    let mut word = String::new();
    while let Some(letter) = rest.next() {
        word.push(match letter {
            '[' => {
                let (_, lower, end) = (rest.next()?, rest.next()?, rest.next()?);
                (end == ']').then_some(lower)?
            }
            '\\' => rest.next()?,
            letter => letter,
        });
    }
    Some(word)
}

/// Whether the text looks like a key. Others are not written to files.
fn is_key(key: &str) -> bool {
    let harmless = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ' ');
    key.len() <= 100
        && key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.chars().all(harmless)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::desired::schema;

    /// The names of the keys that a create needs, with their conditions.
    fn needs(spec: &ConnectorSpec) -> Vec<(&str, Option<String>, bool)> {
        let needed = spec.properties.iter().filter(|(_, property)| {
            property.requirement == Requirement::Certain && !property.platform_written
        });
        let when = |property: &PropertySpec| {
            let when = property.when.as_ref()?;
            Some(format!("{}={}", when.key, when.value.to_lowercase()))
        };
        needed.map(|(key, it)| (key.as_str(), when(it), it.secret)).collect()
    }

    #[test]
    fn a_schema_that_was_written_is_read_again() {
        for key in Catalog::embedded().keys() {
            let key: ConnectorKey = key.parse().unwrap();
            let known = Catalog::embedded().connector(&key).unwrap().spec(&key);
            let read = read(&key, &known.name, &schema::connector(&known).unwrap()).unwrap();
            assert_eq!(needs(&read), needs(&known), "{key}");
            assert_eq!(
                (&read.grant.len(), read.webhook_url),
                (&known.grant.len(), known.webhook_url)
            );
            let keys = |spec: &ConnectorSpec| spec.properties.keys().cloned().collect::<Vec<_>>();
            assert_eq!(keys(&read), keys(&known));
        }
    }

    #[test]
    fn other_texts_are_no_schemas_and_odd_keys_are_left_out() {
        let key: ConnectorKey = "own".parse().unwrap();
        for text in ["", "[]", "{}", r#"{"properties":{"configuration":{"properties":[]}}}"#] {
            assert_eq!(read(&key, "Own", text), None, "{text}");
        }
        let odd = r#"{"properties":{"configuration":{"properties":{"a\n#b":{},"pin":{"writeOnly":true}},
            "required":["pin","missing"],"allOf":[{"if":{}},{"if":{"properties":{"x":{"pattern":"^[a"}}}}]}}}"#;
        let read = read(&key, "Own", odd).unwrap();
        assert_eq!(needs(&read), [("pin", None, true)]);
        assert_eq!(read.properties.len(), 1);
    }
}
