//! The secrets that this process has met, so that none of them is written.
//!
//! Whoever gets hold of a secret names it here, before it can get into any text; whoever writes
//! (`output`, `new_file`, `progress`, the log) passes whole messages through here. There is one set
//! for the process, since the log and what happens in a panic have no other place to look.

use std::borrow::Cow;
use std::sync::{LazyLock, PoisonError, RwLock};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::catalog::named_like_a_secret;
use crate::desired::{Desired, LookUp, SecretStore};
use crate::instance::{Json, Secrecy, Secret, Source, Template, Value, trimmed};
use crate::scrub::Scrubber;

static KNOWN: LazyLock<RwLock<Scrubber>> = LazyLock::new(RwLock::default);

/// Takes notice of secrets.
pub(super) fn learn<'s>(secrets: impl IntoIterator<Item = &'s Secret>) {
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    for secret in secrets {
        known.learn(secret);
    }
}

/// A whole message without secrets.
pub(super) fn scrub(text: &str) -> Cow<'_, str> {
    KNOWN.read().unwrap_or_else(PoisonError::into_inner).scrub(text)
}

/// A whole JSON document without secrets.
pub(super) fn scrub_json(text: &str) -> Cow<'_, str> {
    KNOWN.read().unwrap_or_else(PoisonError::into_inner).scrub_json(text)
}

/// What is left of a document without secrets; `None` where there is none in it.
pub(super) fn without_secrets<T: Serialize + DeserializeOwned>(document: &T) -> Option<T> {
    let text = serde_json::to_string(document).ok()?;
    match scrub_json(&text) {
        Cow::Borrowed(_) => None,
        Cow::Owned(clean) => serde_json::from_str(&clean).ok(),
    }
}

/// The message without secrets, or `None` where that cannot be told now: in a panic, this very
/// thread may be the one that keeps the secrets busy.
pub(super) fn scrub_at_once(text: &str) -> Option<String> {
    KNOWN.try_read().ok().map(|known| known.scrub(text).into_owned())
}

/// A store of secrets of which every answer is taken notice of.
pub(super) struct Noticed<'a>(pub(super) Box<dyn SecretStore + 'a>);

impl SecretStore for Noticed<'_> {
    fn look_up(&self, source: &Source) -> LookUp {
        let answer = self.0.look_up(source);
        if let LookUp::Set(secret) = &answer {
            // Whoever gets it may trim it before they repeat it.
            learn([secret, &Secret::new(trimmed(secret.expose()))]);
        }
        answer
    }
}

/// Takes notice of the secrets that stand in files in clear, and of what references and the text
/// around them make together.
pub(super) fn learn_values(desired: &Desired) {
    let mut values = Vec::new();
    for wanted in desired.instances.values() {
        for (key, field) in &wanted.configuration {
            match &field.value {
                value if field.secrecy == Secrecy::Secret => values.extend(value.templates()),
                Value::Json(json) => values.extend(named_like_secrets(key, json)),
                Value::Text(_) | Value::Unset => {}
            }
        }
        values.extend(wanted.provider_data.values().flat_map(|grant| grant.value.templates()));
    }
    let secrets: Vec<Secret> = values.into_iter().filter_map(known_value).collect();
    learn(&secrets);
}

/// The texts in a document that stand under names of secrets.
fn named_like_secrets<'j>(path: &str, json: &'j Json) -> Vec<&'j Template> {
    match json {
        json if named_like_a_secret(path) => json.templates(),
        Json::List(items) => items.iter().flat_map(|item| named_like_secrets(path, item)).collect(),
        Json::Map(members) => members
            .iter()
            .flat_map(|(name, member)| named_like_secrets(&format!("{path}.{name}"), member))
            .collect(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) => Vec::new(),
    }
}

/// What will be sent, where that is known; what refers to the instance itself is an address.
fn known_value(template: &Template) -> Option<Secret> {
    if template.refers_to_instance() { None } else { template.render_unplaced() }
}
