//! What was last applied, remembered on the instance without telling anyone what it was.
//!
//! The tag `ocon:applied=v1.<key id>.<spec digest>.<secret digests>` holds keyed digests (HMAC-SHA-256)
//! of the document and of each of its secrets. Without the key they say nothing, not even that two
//! instances share a secret; with it a later run can tell whether a masked secret is still the one
//! that was written, and whether a difference comes from the file or from the platform.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::{Hkdf, HkdfExtract};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::instance::{Key, Project, Secret};

/// What the tag begins with.
pub(super) const TAG: &str = "ocon:applied=";
const VERSION: &str = "v1";
/// The longest tag that is sent; a longer one drops its secret digests.
const LONGEST_TAG: usize = 250;
/// Characters of a key id: enough to tell the few keys of a tenant's history apart.
const KEY_ID: usize = 6;
/// Characters of the digest of a document.
const SPEC: usize = 16;
/// Characters of the digests of a secret's path and of its value.
const PATH: usize = 8;
const VALUE: usize = 8;

/// The keys for digests and seals, all derived from one secret (HKDF-SHA-256, RFC 5869). Each has one
/// purpose, so no output of one says anything about another.
pub struct Fingerprints {
    /// Names the fingerprint key in a tag.
    id: String,
    specs: SubKey,
    secrets: SubKey,
    /// Depends on the organization too: see [`Fingerprints::seal`].
    seals: SubKey,
}

/// A derived key for HMAC-SHA-256. It is zeroized on drop.
struct SubKey(Hmac<Sha256>);

/// What a document and an instance are called in a digest, so that equal secrets of two instances
/// have different digests.
#[derive(Clone, Copy, Debug)]
pub struct FingerprintScope<'a> {
    /// The project in the instance's mark.
    pub project: &'a Project,
    /// The key in the instance's mark.
    pub key: &'a Key,
}

/// The digests of one application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    key_id: String,
    spec: String,
    /// Value digest by path digest.
    secrets: BTreeMap<String, String>,
}

/// What an instance's tags say about what was last applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LastApplied {
    /// Nothing.
    Absent,
    /// Something that no version of ocon wrote, or two things.
    Garbled,
    /// Something that a newer version of ocon wrote.
    Newer,
    /// These digests.
    Known(Applied),
}

/// What is known of a secret that cannot be read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretState {
    /// It is what was last applied.
    Unchanged,
    /// It is not what was last applied.
    WillRotate,
    /// It was not applied by ocon, was applied under another key, or has no value here.
    Unverified,
}

impl Fingerprints {
    /// Digests under a fingerprint key, and seals for one organization.
    pub fn new(key: &Secret, organization: &Secret) -> Self {
        Self::derive("fingerprint key", key, organization)
    }

    /// Digests and seals under keys that are derived from the organization secret.
    pub fn from_organization_secret(secret: &Secret) -> Self {
        Self::derive("organization secret", secret, secret)
    }

    /// `source` keeps a fingerprint key apart from an organization secret with the same text.
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

    /// The digests of a document without its secrets.
    pub fn begin(&self, subject: FingerprintScope<'_>, document: &str) -> Applied {
        let spec = digest(&self.specs, "spec", subject, &[document], SPEC);
        Applied { key_id: self.id.clone(), spec, secrets: BTreeMap::new() }
    }

    /// Adds the digest of a secret; the value may hold references to the instance as text.
    pub fn add(
        &self,
        applied: &mut Applied,
        subject: FingerprintScope<'_>,
        path: &str,
        value: &Secret,
    ) {
        let (path, value) = self.secret(subject, path, value);
        applied.secrets.insert(path, value);
    }

    /// Keeps what is remembered of a secret that is not written this time.
    pub fn keep(
        &self,
        applied: &mut Applied,
        memory: &LastApplied,
        subject: FingerprintScope<'_>,
        path: &str,
    ) {
        let path = self.path(subject, path);
        let kept = self.known(memory).and_then(|known| known.secrets.get(&path));
        applied.secrets.extend(kept.map(|value| (path.clone(), value.clone())));
    }

    /// Whether the document is the one last applied; `None` where that cannot be told.
    pub fn same_document(
        &self,
        memory: &LastApplied,
        subject: FingerprintScope<'_>,
        document: &str,
    ) -> Option<bool> {
        Some(self.known(memory)?.spec == self.begin(subject, document).spec)
    }

    /// Whether the secret is the one last applied.
    pub fn state(
        &self,
        memory: &LastApplied,
        subject: FingerprintScope<'_>,
        path: &str,
        value: Option<&Secret>,
    ) -> SecretState {
        let (Some(applied), Some(value)) = (self.known(memory), value) else {
            return SecretState::Unverified;
        };
        let (path, value) = self.secret(subject, path, value);
        match applied.secrets.get(&path) {
            Some(remembered) if *remembered == value => SecretState::Unchanged,
            Some(_) => SecretState::WillRotate,
            None => SecretState::Unverified,
        }
    }

    /// Whether the value stored under this path was applied as a secret, as far as that can be told.
    pub fn was_secret(
        &self,
        memory: &LastApplied,
        subject: FingerprintScope<'_>,
        path: &str,
    ) -> bool {
        let path = self.path(subject, path);
        match memory {
            LastApplied::Known(applied) if applied.key_id == self.id => {
                applied.secrets.contains_key(&path)
            }
            // Which of them are secrets, another key hides.
            LastApplied::Known(applied) => !applied.secrets.is_empty(),
            LastApplied::Newer => true,
            LastApplied::Absent | LastApplied::Garbled => false,
        }
    }

    /// A digest that shows whether a text was edited. It differs between two organizations even if they
    /// share the fingerprint key, so neither accepts a plan of the other.
    pub fn seal(&self, purpose: &str, document: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.seals.sign(&[purpose, document]))
    }

    fn known<'a>(&self, memory: &'a LastApplied) -> Option<&'a Applied> {
        match memory {
            LastApplied::Known(applied) if applied.key_id == self.id => Some(applied),
            LastApplied::Known(_)
            | LastApplied::Absent
            | LastApplied::Garbled
            | LastApplied::Newer => None,
        }
    }

    fn path(&self, subject: FingerprintScope<'_>, path: &str) -> String {
        digest(&self.secrets, "path", subject, &[path], PATH)
    }

    fn secret(
        &self,
        subject: FingerprintScope<'_>,
        path: &str,
        value: &Secret,
    ) -> (String, String) {
        let parts = [path, value.expose()];
        (self.path(subject, path), digest(&self.secrets, "value", subject, &parts, VALUE))
    }
}

fn digest(
    key: &SubKey,
    purpose: &str,
    subject: FingerprintScope<'_>,
    parts: &[&str],
    length: usize,
) -> String {
    let head = [purpose, subject.project.as_str(), subject.key.as_str()];
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

/// The first step of HKDF.
fn extract(parts: &[&str]) -> Hkdf<Sha256> {
    let mut extract = HkdfExtract::<Sha256>::new(Some(b"ocon fingerprints v1"));
    each_with_length(parts, |bytes| extract.input_ikm(bytes));
    extract.finalize().1
}

/// The second step of HKDF: 32 bytes for one purpose.
fn expand(source: &Hkdf<Sha256>, purpose: &str) -> [u8; 32] {
    let mut key = [0; 32];
    source.expand(purpose.as_bytes(), &mut key).expect("HKDF gives up to 255 times 32 bytes");
    key
}

/// Gives each part after its length, so no two lists of parts are the same bytes.
fn each_with_length(parts: &[&str], mut take: impl FnMut(&[u8])) {
    for part in parts {
        take(&(part.len() as u64).to_be_bytes());
        take(part.as_bytes());
    }
}

fn encode(bytes: [u8; 32], length: usize) -> String {
    let mut text = URL_SAFE_NO_PAD.encode(bytes);
    text.truncate(length);
    text
}

impl LastApplied {
    /// Whether secrets were applied, whatever the file says of them now.
    pub fn holds_secrets(&self) -> bool {
        match self {
            Self::Known(applied) => !applied.secrets.is_empty(),
            Self::Newer => true,
            Self::Absent | Self::Garbled => false,
        }
    }

    /// Reads the values of all `ocon:applied=` tags of an instance.
    pub(super) fn read(values: &[&str]) -> Self {
        match values {
            [] => Self::Absent,
            [value] if is_newer(value) => Self::Newer,
            [value] => Applied::parse(value).map_or(Self::Garbled, Self::Known),
            _ => Self::Garbled,
        }
    }
}

fn is_newer(value: &str) -> bool {
    let version = value.split('.').next().and_then(|version| version.strip_prefix('v'));
    version.and_then(|number| number.parse::<u32>().ok()).is_some_and(|number| number > 1)
}

impl Applied {
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

/// The whole tag.
impl fmt::Display for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = format!("{TAG}{VERSION}.{}.{}.", self.key_id, self.spec);
        f.write_str(&head)?;
        if head.len() + self.secrets.len() * (PATH + VALUE) > LONGEST_TAG {
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
