//! The configuration keys of a new file, with their values and comments.

use std::collections::BTreeSet;

use serde_json::Value;

use super::entry::{Entry, EntryValue};
use super::interface::NewDocument;
use super::{credentials, event_entries, samples};
use crate::catalog::{Authentication, ConnectorSpec, FieldKind, PropertySpec, Requirement};

/// The key that selects how an instance authenticates.
const AUTHENTICATION_TYPE: &str = "authentication.type";

/// The redirect URL at which `ocon authorize` waits (docs/events.md).
const REDIRECT_URL: &str = "http://127.0.0.1:8899/callback";

/// The lines of a document, in their order.
pub(super) fn of<'a>(document: &NewDocument<'a>) -> Vec<Entry<'a>> {
    let NewDocument { spec, request, .. } = document;
    let way = way_to_authenticate(document);
    let needed = spec.properties.iter().filter(|(key, property)| {
        !property.platform_written
            && key.as_str() != AUTHENTICATION_TYPE
            && (request.application.contains(key.as_str()) || is_needed(property, way.as_ref()))
    });
    let mut needed: Vec<Entry<'a>> =
        needed.map(|(key, property)| entry(document, key, property)).collect();
    // Equal comments are written once.
    needed.sort_by_key(|entry| (order(&entry.value), entry.comment.clone()));
    if !credentials::are_known(document, &needed) {
        needed.splice(0..0, credentials::possible(document));
    }
    let mut entries: Vec<Entry<'a>> = way.into_iter().collect();
    entries.extend(needed);
    entries.extend(usual(document, &entries));
    entries.extend(event_entries::of(document));
    entries
}

fn order(value: &EntryValue) -> usize {
    match value {
        EntryValue::Variable | EntryValue::WebhookUrl => 0,
        EntryValue::Given(_) => 1,
        EntryValue::Sample(_) | EntryValue::Comment => 2,
    }
}

/// The line of `authentication.type`, if the connector has this key.
fn way_to_authenticate<'a>(document: &NewDocument<'a>) -> Option<Entry<'a>> {
    let spec = document.spec;
    let (key, property) = spec.properties.get_key_value(AUTHENTICATION_TYPE)?;
    let wanted = document.request.authentication.map(Authentication::as_str).unwrap_or_default();
    let options = property.options.iter().map(String::as_str);
    let mut usual = options.clone().filter(|option| option.eq_ignore_ascii_case(wanted));
    let chosen = usual.next().or(options.clone().next()).unwrap_or(wanted);
    if chosen.is_empty() {
        return None;
    }
    let others = options.filter(|option| *option != chosen);
    let others: Vec<_> = others.map(|option| alternative(spec, option)).collect();
    let comment = match others.as_slice() {
        [] => String::new(),
        others => format!("How the instance authenticates, or {}.", others.join(", or ")),
    };
    Some(Entry { key, value: EntryValue::Given(chosen.into()), comment })
}

/// `` `apiKey` with hubspot.authorization.apikey ``
fn alternative(spec: &ConnectorSpec, way: &str) -> String {
    let keys = spec.properties.iter().filter(|(_, property)| {
        let when = property.when.as_ref();
        when.is_some_and(|when| {
            when.key == AUTHENTICATION_TYPE && when.value.eq_ignore_ascii_case(way)
        })
    });
    let keys: Vec<&str> = keys.map(|(key, _)| key.as_str()).collect();
    if keys.is_empty() { format!("`{way}`") } else { format!("`{way}` with {}", keys.join(", ")) }
}

/// Whether a create needs the key if the instance authenticates in this way.
fn is_needed(property: &PropertySpec, way: Option<&Entry<'_>>) -> bool {
    let applies = || match (&property.when, way) {
        (None, _) => true,
        (Some(when), Some(Entry { key, value: EntryValue::Given(Value::String(way)), .. })) => {
            when.key == *key && when.value.eq_ignore_ascii_case(way)
        }
        (Some(_), _) => false,
    };
    property.requirement != Requirement::Optional && applies()
}

fn entry<'a>(document: &NewDocument<'a>, key: &'a str, property: &PropertySpec) -> Entry<'a> {
    let name = &document.spec.name;
    let (value, comment) = match key {
        "oauth.api.key" | "oauth.api.secret" => (
            EntryValue::Variable,
            format!("Client ID and client secret of your OAuth application at {name}."),
        ),
        "oauth.callback.url" => (
            EntryValue::Given(REDIRECT_URL.into()),
            "Redirect URL of this application. `ocon authorize` listens at this address."
                .to_owned(),
        ),
        _ if property.secret => {
            (EntryValue::Variable, format!("Credentials of your account at {name}."))
        }
        _ => value_of_account(key, property),
    };
    Entry { key, value, comment }
}

fn value_of_account(key: &str, property: &PropertySpec) -> (EntryValue, String) {
    match (property.kind, property.options.first()) {
        (FieldKind::Enum, Some(first)) => {
            let comment = format!("One of: {}.", property.options.join(", "));
            (EntryValue::Given(first.as_str().into()), comment)
        }
        (FieldKind::Boolean, _) => (EntryValue::Given(false.into()), "true or false.".to_owned()),
        (kind, _) => (
            EntryValue::Sample(samples::of(key, kind)),
            "Samples: write the values of your account instead.".to_owned(),
        ),
    }
}

/// Comments for keys that every documented request has, although a create does not require them.
fn usual<'a>(document: &NewDocument<'a>, declared: &[Entry<'_>]) -> Vec<Entry<'a>> {
    let declared: BTreeSet<&str> = declared.iter().map(|entry| entry.key).collect();
    let is_usual = |key: &&'a str| {
        document.request.usual.contains(key)
            && !declared.contains(key)
            && !key.starts_with("event.")
    };
    let keys = document.spec.properties.keys().map(String::as_str).filter(is_usual);
    let entry = |key| {
        let comment = "Optional keys that the documented requests have.".to_owned();
        Entry { key, value: EntryValue::Comment, comment }
    };
    keys.map(entry).collect()
}
