//! The secrets that this process has met, so that none of them is written.
//!
//! Whoever gets hold of a secret names it here, before it can get into any text; whoever writes
//! (`output`, `new_file`, `progress`, the log) passes whole messages through here. There is one set
//! for the process, since the log and what happens in a panic have no other place to look.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, PoisonError, RwLock};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::desired::{Desired, DesiredInstance, LookUp, SecretStore};
use crate::instance::{Key, Secret, SecretSource, Template, trimmed};
use crate::scrub::Scrubber;

static KNOWN: LazyLock<RwLock<Scrubber>> = LazyLock::new(RwLock::default);

/// Whether nothing is taken out, so that a test sees that the search for leaks finds some.
static IS_OFF: AtomicBool = AtomicBool::new(false);

/// Takes nothing out of any text from now on. Only a build for tests does that.
pub(crate) fn switch_off() {
    IS_OFF.store(cfg!(debug_assertions), Ordering::Relaxed);
}

/// Takes notice of secrets.
pub(crate) fn learn<'s>(secrets: impl IntoIterator<Item = &'s Secret>) {
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    for secret in secrets {
        known.learn(secret);
    }
}

/// Takes notice of secrets that are not hidden where they are text of the repository.
pub(crate) fn learn_values(secrets: impl IntoIterator<Item = Secret>) {
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    for secret in secrets {
        known.learn_value(&secret);
    }
}

/// Takes notice of the tokens of instances. What does not look like a token is not hidden: the platform
/// could otherwise choose which text of a plan is.
pub(crate) fn learn_tokens<'s>(tokens: impl IntoIterator<Item = &'s Secret>) {
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    let tokens = tokens.into_iter().filter(|token| is_like_a_token(token.expose()));
    tokens.for_each(|token| known.learn_token(token));
}

fn is_like_a_token(text: &str) -> bool {
    let has = |wanted: fn(char) -> bool| text.contains(wanted);
    text.len() >= 20
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+/=_-".contains(c))
        && has(|c| c.is_ascii_digit())
        && has(|c| c.is_ascii_lowercase())
        && has(|c| c.is_ascii_uppercase())
}

/// Whether the letters of a text have those of a secret, however they are capitalized and separated.
pub(crate) fn has_letters_of_secret(text: &str) -> bool {
    KNOWN.read().unwrap_or_else(PoisonError::into_inner).has_letters_of_secret(text)
}

/// A whole message without secrets.
pub(crate) fn scrub(text: &str) -> Cow<'_, str> {
    if IS_OFF.load(Ordering::Relaxed) {
        return Cow::Borrowed(text);
    }
    KNOWN.read().unwrap_or_else(PoisonError::into_inner).scrub(text)
}

/// A whole JSON document without secrets.
pub(crate) fn scrub_json(text: &str) -> Cow<'_, str> {
    if IS_OFF.load(Ordering::Relaxed) {
        return Cow::Borrowed(text);
    }
    KNOWN.read().unwrap_or_else(PoisonError::into_inner).scrub_json(text)
}

/// What is left of a document without secrets; `None` where there is none in it.
pub(crate) fn without_secrets<T: Serialize + DeserializeOwned>(document: &T) -> Option<T> {
    let text = serde_json::to_string(document).ok()?;
    match scrub_json(&text) {
        Cow::Borrowed(_) => None,
        Cow::Owned(clean) => serde_json::from_str(&clean).ok(),
    }
}

/// The message without secrets, or `None` where that cannot be told now: in a panic, this very
/// thread may be the one that keeps the secrets busy.
pub(crate) fn scrub_at_once(text: &str) -> Option<String> {
    KNOWN.try_read().ok().map(|known| known.scrub(text).into_owned())
}

/// A store of secrets of which every answer is taken notice of.
pub(crate) struct Noticed<'a>(pub(crate) Box<dyn SecretStore + 'a>);

impl SecretStore for Noticed<'_> {
    fn look_up(&self, source: &SecretSource) -> LookUp {
        let answer = self.0.look_up(source);
        if let LookUp::Set(secret) = &answer {
            // Whoever gets it may trim it before they repeat it.
            learn_values([secret.clone(), Secret::new(trimmed(secret.expose()))]);
        }
        answer
    }
}

/// Takes texts for those that everybody who reads the repository knows.
pub(crate) fn show(texts: impl IntoIterator<Item = String>) {
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    texts.into_iter().for_each(|text| known.show(text));
}

/// Whether the text is literally in a file of the repository.
pub(crate) fn is_public(text: &str) -> bool {
    KNOWN.read().unwrap_or_else(PoisonError::into_inner).is_public(text)
}

/// Takes for public what documents say of their instances beside their own text: values into which
/// variables were put.
pub(crate) fn show_values(desired: &Desired) {
    let of_document = |(key, wanted): (&Key, &DesiredInstance)| {
        let fields = wanted.configuration.values().flat_map(|field| field.value.templates());
        let public = fields.filter(|template| template.secrets().next().is_none());
        let fields = public.filter_map(Template::render_secrets);
        let fields = fields.map(|text| text.expose().to_owned());
        let named = [key.to_string(), wanted.at.file.to_string(), wanted.name.clone()];
        fields.chain(named).chain(wanted.tags.iter().flatten().cloned()).collect::<Vec<_>>()
    };
    show(desired.instances.iter().map(|document| of_document(document).join("\n")));
}

/// The sources of secrets that would have to be hidden in a text that nobody may change.
pub(crate) fn hidden_in<'d>(desired: &'d Desired, text: &str) -> BTreeSet<&'d SecretSource> {
    if scrub(text) == text {
        return BTreeSet::new();
    }
    let hides = |secret: &Secret| {
        let mut scrubber = Scrubber::default();
        scrubber.learn(secret);
        scrubber.scrub(text) != text
    };
    desired
        .values_of_references()
        .filter(|(_, value)| hides(value))
        .map(|(source, _)| source)
        .collect()
}
