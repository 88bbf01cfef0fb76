//! The secrets that this process knows, which are removed from everything that it writes.
//!
//! Code that obtains a secret registers it here before the secret can get into any text. Code that
//! writes (`output`, `atomic_file`, `progress`, `log`) passes complete messages through here. There is one
//! set per process because the log and the panic hook have no other access to it.

use std::borrow::Cow;
use std::sync::{LazyLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::instance::Secret;
use crate::scrub::Scrubber;

static KNOWN: LazyLock<RwLock<Scrubber>> = LazyLock::new(RwLock::default);

fn known() -> RwLockReadGuard<'static, Scrubber> {
    KNOWN.read().unwrap_or_else(PoisonError::into_inner)
}

fn known_mut() -> RwLockWriteGuard<'static, Scrubber> {
    KNOWN.write().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn register<'s>(secrets: impl IntoIterator<Item = &'s Secret>) {
    let mut known = known_mut();
    secrets.into_iter().for_each(|secret| known.register(secret));
}

/// Registers secrets that stay visible where they are text of the repository.
pub(crate) fn register_values(secrets: impl IntoIterator<Item = Secret>) {
    let mut known = known_mut();
    secrets.into_iter().for_each(|secret| known.register_value(&secret));
}

/// Registers the tokens of instances. A value that does not look like a token stays visible: otherwise
/// the platform could choose which text of a plan is hidden.
pub(crate) fn register_tokens<'s>(tokens: impl IntoIterator<Item = &'s Secret>) {
    let mut known = known_mut();
    let tokens = tokens.into_iter().filter(|token| looks_like_token(token.expose()));
    tokens.for_each(|token| known.register_token(token));
}

fn looks_like_token(text: &str) -> bool {
    let has = |class: fn(char) -> bool| text.contains(class);
    text.len() >= 20
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+/=_-".contains(c))
        && has(|c| c.is_ascii_digit())
        && has(|c| c.is_ascii_lowercase())
        && has(|c| c.is_ascii_uppercase())
}

/// Registers texts that every reader of the repository knows.
pub(crate) fn register_public(texts: impl IntoIterator<Item = String>) {
    let mut known = known_mut();
    texts.into_iter().for_each(|text| known.register_public(text));
}

/// Whether the text occurs literally in a file of the repository.
pub(crate) fn is_public(text: &str) -> bool {
    known().is_public(text)
}

/// Whether the text contains the letters of a secret, whatever their case and separators.
pub(crate) fn has_letters_of_secret(text: &str) -> bool {
    known().has_letters_of_secret(text)
}

/// Removes secrets from a complete message.
pub(crate) fn scrub(text: &str) -> Cow<'_, str> {
    known().scrub(text)
}

/// Removes secrets from a complete JSON document.
pub(crate) fn scrub_json(text: &str) -> Cow<'_, str> {
    known().scrub_json(text)
}

pub(crate) fn without_secrets<T: Serialize + DeserializeOwned>(document: &T) -> Option<T> {
    let text = serde_json::to_string(document).ok()?;
    match scrub_json(&text) {
        Cow::Borrowed(_) => None,
        Cow::Owned(clean) => serde_json::from_str(&clean).ok(),
    }
}

/// The message without secrets, or `None` if they are locked: in a panic, this thread may hold the lock.
pub(crate) fn try_scrub(text: &str) -> Option<String> {
    KNOWN.try_read().ok().map(|known| known.scrub(text).into_owned())
}
