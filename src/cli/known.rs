//! The secrets that this process has met, so that none of them is written.
//!
//! Whoever gets hold of a secret names it here, before it can get into any text; whoever writes
//! (`output`, `new_file`, `progress`, the log) passes whole messages through here. There is one set
//! for the process, since the log and what happens in a panic have no other place to look.

use std::borrow::Cow;
use std::sync::{LazyLock, PoisonError, RwLock};

use crate::desired::{Desired, LookUp, SecretStore};
use crate::instance::{Secrecy, Secret, Source, Template};
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
            learn([secret]);
        }
        answer
    }
}

/// Takes notice of the secrets that stand in files in clear, and of what references and the text
/// around them make together.
pub(super) fn learn_values(desired: &Desired) {
    let documents = || desired.instances.values();
    let fields = documents().flat_map(|wanted| wanted.configuration.values());
    let secret = fields.filter(|field| field.secrecy == Secrecy::Secret);
    let configuration = secret.flat_map(|field| field.value.templates());
    let grants = documents().flat_map(|wanted| wanted.provider_data.values());
    let grants = grants.flat_map(|grant| grant.value.templates());
    let values: Vec<Secret> = configuration.chain(grants).filter_map(known_value).collect();
    learn(&values);
}

/// What will be sent, where that is known; what refers to the instance itself is an address.
fn known_value(template: &Template) -> Option<Secret> {
    if template.refers_to_instance() { None } else { template.render_unplaced() }
}
