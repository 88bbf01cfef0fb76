//! Keyed digests of what was last applied to an instance.
//!
//! The tag `ocon:applied=v1.<key ID>.<spec digest>.<secret digests>` contains digests (HMAC-SHA-256) of
//! the document and of each of its secrets. Without the fingerprint key they reveal nothing, not even
//! that two instances share a secret. With it, a later run knows whether a masked secret is still the
//! one that was written, and whether a difference comes from the file or from the platform.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::{Hkdf, HkdfExtract};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::instance::{Key, Project, Secret};

pub(super) const TAG: &str = "ocon:applied=";
const VERSION: &str = "v1";
/// The maximum length of the tag. A longer one omits the secret digests.
const MAX_TAG_LENGTH: usize = 250;
/// Characters of a key ID, enough to distinguish the few fingerprint keys of a tenant's history.
const KEY_ID: usize = 6;
const SPEC: usize = 16;
/// Characters of the digests of a secret's path and of its value.
const PATH: usize = 8;
const VALUE: usize = 8;

/// The keys for digests and seals, all derived from one secret (HKDF-SHA-256, RFC 5869). Each has one
/// purpose, so the output of one reveals nothing about another.
pub struct Fingerprints {
    /// Identifies the fingerprint key in a tag.
    id: String,
    specs: SubKey,
    secrets: SubKey,
    /// Also depends on the organization: see [`Fingerprints::seal`].
    seals: SubKey,
}

/// A derived key for HMAC-SHA-256. It is zeroized on drop.
struct SubKey(Hmac<Sha256>);

/// The owner that a digest includes, so that equal secrets of two instances have different digests.
#[derive(Clone, Copy, Debug)]
pub struct FingerprintScope<'a> {
    /// The project of the instance.
    pub project: &'a Project,
    /// The document key of the instance.
    pub key: &'a Key,
}

/// The digests of an applied document and its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedDigests {
    key_id: String,
    spec: String,
    /// Value digest by path digest.
    secrets: BTreeMap<String, String>,
}

/// What an instance's tags contain about what was last applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum LastApplied {
    /// There is no tag.
    #[default]
    Absent,
    /// There are several tags, or the tag is invalid.
    Invalid,
    /// A newer version of `ocon` wrote the tag.
    Newer,
    /// The tag contains these digests.
    Known(AppliedDigests),
}

/// What was last applied to an instance, as its digests show under one fingerprint key.
#[derive(Clone, Copy)]
pub struct Baseline<'a> {
    fingerprints: &'a Fingerprints,
    last: &'a LastApplied,
    scope: FingerprintScope<'a>,
}

/// What is known about a secret that cannot be read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretState {
    /// It is the one last applied.
    Unchanged,
    /// It differs from the one last applied.
    WillRotate,
    /// `ocon` did not apply it, applied it under another fingerprint key, or has no value for it.
    Unverified,
}

impl Fingerprints {
    /// Derives the keys from a fingerprint key. Seals also depend on the organization secret.
    pub fn new(key: &Secret, organization: &Secret) -> Self {
        Self::derive("fingerprint key", key, organization)
    }

    /// Derives all keys from the organization secret.
    pub fn from_organization_secret(secret: &Secret) -> Self {
        Self::derive("organization secret", secret, secret)
    }

    /// `source` distinguishes a fingerprint key from an organization secret with the same text.
    fn derive(source: &str, key: &Secret, organization: &Secret) -> Self {
        let digests = extract(&[source, key.expose()]);
        let seals = extract(&[source, key.expose(), organization.expose()]);
        Self {
            id: encode(expand(&digests, "key id"), KEY_ID),
            specs: SubKey::new(&digests, "spec digest"),
            secrets: SubKey::new(&digests, "secret digest"),
            seals: SubKey::new(&seals, "seal"),
        }
    }

    /// Digests a document without its secrets.
    pub fn begin(&self, scope: FingerprintScope<'_>, document: &str) -> AppliedDigests {
        let spec = digest(&self.specs, "spec", scope, &[document], SPEC);
        AppliedDigests { key_id: self.id.clone(), spec, secrets: BTreeMap::new() }
    }

    /// Adds the digest of a secret. The value may contain unresolved references to the instance.
    pub fn add(
        &self,
        applied: &mut AppliedDigests,
        scope: FingerprintScope<'_>,
        path: &str,
        value: &Secret,
    ) {
        let (path, value) = self.secret(scope, path, value);
        applied.secrets.insert(path, value);
    }

    /// Reads what was last applied to the instance of this owner.
    pub(crate) fn baseline<'a>(
        &'a self,
        last: &'a LastApplied,
        scope: FingerprintScope<'a>,
    ) -> Baseline<'a> {
        Baseline { fingerprints: self, last, scope }
    }

    /// A digest that detects edits of a text. Two organizations with the same fingerprint key have
    /// different seals, so neither accepts a plan of the other.
    pub fn seal(&self, purpose: &str, document: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.seals.sign(&[purpose, document]))
    }

    fn path(&self, scope: FingerprintScope<'_>, path: &str) -> String {
        digest(&self.secrets, "path", scope, &[path], PATH)
    }

    fn secret(&self, scope: FingerprintScope<'_>, path: &str, value: &Secret) -> (String, String) {
        let parts = [path, value.expose()];
        (self.path(scope, path), digest(&self.secrets, "value", scope, &parts, VALUE))
    }
}

impl Baseline<'_> {
    /// Copies the digest of a secret that is not written this time.
    pub(crate) fn keep(&self, applied: &mut AppliedDigests, path: &str) {
        let path = self.fingerprints.path(self.scope, path);
        let kept = self.digests().and_then(|digests| digests.secrets.get(&path));
        applied.secrets.extend(kept.map(|value| (path.clone(), value.clone())));
    }

    /// Whether the document is the one last applied. `None` if that is unknown.
    pub(crate) fn same_document(&self, document: &str) -> Option<bool> {
        Some(self.digests()?.spec == self.fingerprints.begin(self.scope, document).spec)
    }

    /// Whether the secret is the one last applied.
    pub(crate) fn state(&self, path: &str, value: Option<&Secret>) -> SecretState {
        let (Some(digests), Some(value)) = (self.digests(), value) else {
            return SecretState::Unverified;
        };
        let (path, value) = self.fingerprints.secret(self.scope, path, value);
        match digests.secrets.get(&path) {
            Some(last) if *last == value => SecretState::Unchanged,
            Some(_) => SecretState::WillRotate,
            None => SecretState::Unverified,
        }
    }

    /// Whether the value stored under this path was, or may have been, applied as a secret.
    pub(crate) fn was_secret(&self, path: &str) -> bool {
        match (self.digests(), self.last) {
            (Some(digests), _) => {
                digests.secrets.contains_key(&self.fingerprints.path(self.scope, path))
            }
            // The paths are digested with another fingerprint key, so any of them may be this one.
            (None, last) => last.holds_secrets(),
        }
    }

    /// The digests, if they are under this fingerprint key.
    fn digests(&self) -> Option<&AppliedDigests> {
        match self.last {
            LastApplied::Known(applied) if applied.key_id == self.fingerprints.id => Some(applied),
            LastApplied::Known(_)
            | LastApplied::Absent
            | LastApplied::Invalid
            | LastApplied::Newer => None,
        }
    }
}

fn digest(
    key: &SubKey,
    purpose: &str,
    scope: FingerprintScope<'_>,
    parts: &[&str],
    length: usize,
) -> String {
    let head = [purpose, scope.project.as_str(), scope.key.as_str()];
    encode(key.sign(&[&head, parts].concat()), length)
}

impl SubKey {
    fn new(source: &Hkdf<Sha256>, purpose: &str) -> Self {
        let key = expand(source, purpose);
        Self(Hmac::new_from_slice(&key).expect("HMAC takes keys of any length"))
    }

    fn sign(&self, parts: &[&str]) -> [u8; 32] {
        let mut mac = self.0.clone();
        each_with_length(parts, |bytes| mac.update(bytes));
        mac.finalize().into_bytes().into()
    }
}

/// The extract step of HKDF.
fn extract(parts: &[&str]) -> Hkdf<Sha256> {
    let mut extract = HkdfExtract::<Sha256>::new(Some(b"ocon fingerprints v1"));
    each_with_length(parts, |bytes| extract.input_ikm(bytes));
    extract.finalize().1
}

/// The expand step of HKDF: 32 bytes for one purpose.
fn expand(source: &Hkdf<Sha256>, purpose: &str) -> [u8; 32] {
    let mut key = [0; 32];
    source.expand(purpose.as_bytes(), &mut key).expect("HKDF gives up to 255 times 32 bytes");
    key
}

/// Passes each part after its length, so different lists of parts never give the same bytes.
fn each_with_length(parts: &[&str], mut update: impl FnMut(&[u8])) {
    for part in parts {
        update(&(part.len() as u64).to_be_bytes());
        update(part.as_bytes());
    }
}

fn encode(bytes: [u8; 32], length: usize) -> String {
    let mut text = URL_SAFE_NO_PAD.encode(bytes);
    text.truncate(length);
    text
}

impl LastApplied {
    /// Whether secrets were, or may have been, applied.
    pub(crate) fn holds_secrets(&self) -> bool {
        match self {
            Self::Known(applied) => !applied.secrets.is_empty(),
            Self::Newer => true,
            Self::Absent | Self::Invalid => false,
        }
    }

    /// Parses the values of all `ocon:applied=` tags of an instance.
    pub(super) fn parse(values: &[&str]) -> Self {
        match values {
            [] => Self::Absent,
            [value] if is_newer(value) => Self::Newer,
            [value] => AppliedDigests::parse(value).map_or(Self::Invalid, Self::Known),
            _ => Self::Invalid,
        }
    }
}

fn is_newer(value: &str) -> bool {
    let version = value.split('.').next().and_then(|version| version.strip_prefix('v'));
    version.and_then(|number| number.parse::<u32>().ok()).is_some_and(|number| number > 1)
}

impl AppliedDigests {
    fn parse(value: &str) -> Option<Self> {
        let mut parts = value.split('.');
        let (VERSION, key_id, spec, secrets, None) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next())
        else {
            return None;
        };
        let is_digest = |text: &str| {
            text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        let whole =
            key_id.len() == KEY_ID && spec.len() == SPEC && secrets.len() % (PATH + VALUE) == 0;
        if !whole || ![key_id, spec, secrets].into_iter().all(is_digest) {
            return None;
        }
        let secrets = (0..secrets.len()).step_by(PATH + VALUE).map(|start| {
            let (path, value) = secrets[start..start + PATH + VALUE].split_at(PATH);
            (path.to_owned(), value.to_owned())
        });
        Some(Self { key_id: key_id.into(), spec: spec.into(), secrets: secrets.collect() })
    }
}

/// Writes the whole tag.
impl fmt::Display for AppliedDigests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = format!("{TAG}{VERSION}.{}.{}.", self.key_id, self.spec);
        f.write_str(&head)?;
        if head.len() + self.secrets.len() * (PATH + VALUE) > MAX_TAG_LENGTH {
            return Ok(());
        }
        self.secrets.iter().try_for_each(|(path, value)| write!(f, "{path}{value}"))
    }
}

impl fmt::Debug for Fingerprints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fingerprints").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
