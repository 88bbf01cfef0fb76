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
use ring::hmac;

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

/// A key for digests.
pub struct Fingerprints {
    key: hmac::Key,
    id: String,
}

/// What a document and an instance are called in a digest, so that equal secrets of two instances
/// have different digests.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
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
pub enum Memory {
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
    /// Digests under a key of their own.
    pub fn new(key: &Secret) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.expose().as_bytes());
        let id = text(&hmac::sign(&key, b"ocon key id"), KEY_ID);
        Self { key, id }
    }

    /// Digests under a key derived from the organization secret.
    pub fn from_organization_secret(secret: &Secret) -> Self {
        let organization = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
        let derived = hmac::sign(&organization, b"ocon fingerprint key");
        Self::new(&Secret::new(URL_SAFE_NO_PAD.encode(derived)))
    }

    /// The digests of a document without its secrets.
    pub fn begin(&self, subject: Subject<'_>, document: &str) -> Applied {
        let spec = self.digest("spec", subject, &[document], SPEC);
        Applied { key_id: self.id.clone(), spec, secrets: BTreeMap::new() }
    }

    /// Adds the digest of a secret; the value may hold references to the instance as text.
    pub fn add(&self, applied: &mut Applied, subject: Subject<'_>, path: &str, value: &Secret) {
        let (path, value) = self.secret(subject, path, value);
        applied.secrets.insert(path, value);
    }

    /// Keeps what is remembered of a secret that is not written this time.
    pub fn keep(&self, applied: &mut Applied, memory: &Memory, subject: Subject<'_>, path: &str) {
        let path = self.digest("secret", subject, &[path], PATH);
        let kept = self.known(memory).and_then(|known| known.secrets.get(&path));
        applied.secrets.extend(kept.map(|value| (path.clone(), value.clone())));
    }

    /// Whether the document is the one last applied; `None` where that cannot be told.
    pub fn same_document(
        &self,
        memory: &Memory,
        subject: Subject<'_>,
        document: &str,
    ) -> Option<bool> {
        Some(self.known(memory)?.spec == self.begin(subject, document).spec)
    }

    /// Whether the secret is the one last applied.
    pub fn state(
        &self,
        memory: &Memory,
        subject: Subject<'_>,
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
    pub fn was_secret(&self, memory: &Memory, subject: Subject<'_>, path: &str) -> bool {
        let path = self.digest("secret", subject, &[path], PATH);
        match memory {
            Memory::Known(applied) if applied.key_id == self.id => {
                applied.secrets.contains_key(&path)
            }
            // Which of them are secrets, another key hides.
            Memory::Known(applied) => !applied.secrets.is_empty(),
            Memory::Newer => true,
            Memory::Absent | Memory::Garbled => false,
        }
    }

    /// A digest that seals a text of any kind.
    pub fn seal(&self, purpose: &str, document: &str) -> String {
        let message = [purpose, "\0", document].concat();
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.key, message.as_bytes()))
    }

    fn known<'a>(&self, memory: &'a Memory) -> Option<&'a Applied> {
        match memory {
            Memory::Known(applied) if applied.key_id == self.id => Some(applied),
            Memory::Known(_) | Memory::Absent | Memory::Garbled | Memory::Newer => None,
        }
    }

    fn secret(&self, subject: Subject<'_>, path: &str, value: &Secret) -> (String, String) {
        let digest = |parts: &[&str], length| self.digest("secret", subject, parts, length);
        (digest(&[path], PATH), digest(&[path, value.expose()], VALUE))
    }

    /// Parts are separated by a byte that none but the last can contain.
    fn digest(&self, purpose: &str, subject: Subject<'_>, parts: &[&str], length: usize) -> String {
        let mut context = hmac::Context::with_key(&self.key);
        for part in [purpose, subject.project.as_str(), subject.key.as_str()].iter().chain(parts) {
            context.update(part.as_bytes());
            context.update(&[0]);
        }
        text(&context.sign(), length)
    }
}

fn text(tag: &hmac::Tag, length: usize) -> String {
    let mut text = URL_SAFE_NO_PAD.encode(tag);
    text.truncate(length);
    text
}

impl Memory {
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
mod tests {
    use super::*;

    fn keyed(key: &str) -> Fingerprints {
        Fingerprints::new(&Secret::new(key))
    }

    /// A memory of a document with these secrets, written and read back.
    fn remember(fingerprints: &Fingerprints, key: &Key, secrets: &[(&str, &str)]) -> Memory {
        let project = "test".parse().unwrap();
        let subject = Subject { project: &project, key };
        let mut applied = fingerprints.begin(subject, "{}");
        for (path, value) in secrets {
            fingerprints.add(&mut applied, subject, path, &Secret::new(*value));
        }
        let tag = applied.to_string();
        Memory::read(&[tag.strip_prefix(TAG).unwrap()])
    }

    fn state(
        fingerprints: &Fingerprints,
        memory: &Memory,
        key: &Key,
        path: &str,
        value: &str,
    ) -> SecretState {
        let project = "test".parse().unwrap();
        fingerprints.state(
            memory,
            Subject { project: &project, key },
            path,
            Some(&Secret::new(value)),
        )
    }

    #[test]
    fn a_secret_is_recognised_under_its_own_path_key_and_fingerprint_key_only() {
        let (key, other) = ("a".parse().unwrap(), "b".parse().unwrap());
        let mine = keyed("k1");
        let memory = remember(&mine, &key, &[("password", "one"), ("token", "two")]);
        assert_eq!(state(&mine, &memory, &key, "password", "one"), SecretState::Unchanged);
        assert_eq!(state(&mine, &memory, &key, "password", "two"), SecretState::WillRotate);
        assert_eq!(state(&mine, &memory, &key, "secret", "one"), SecretState::Unverified);
        assert_eq!(state(&mine, &memory, &other, "password", "one"), SecretState::Unverified);
        assert_eq!(state(&keyed("k2"), &memory, &key, "password", "one"), SecretState::Unverified);
    }

    #[test]
    fn a_document_is_recognised_or_not_or_cannot_be_told() {
        let (project, key) = ("test".parse().unwrap(), "a".parse().unwrap());
        let subject = Subject { project: &project, key: &key };
        let mine = keyed("k1");
        let memory = remember(&mine, &key, &[]);
        assert_eq!(mine.same_document(&memory, subject, "{}"), Some(true));
        assert_eq!(mine.same_document(&memory, subject, "{ }"), Some(false));
        assert_eq!(keyed("k2").same_document(&memory, subject, "{}"), None);
        assert_eq!(mine.same_document(&Memory::Absent, subject, "{}"), None);
    }

    #[test]
    fn a_tag_that_would_be_too_long_drops_its_secrets() {
        let (project, key) = ("test".parse().unwrap(), "a".parse().unwrap());
        let subject = Subject { project: &project, key: &key };
        let mine = keyed("k1");
        let mut applied = mine.begin(subject, "{}");
        for number in 0..14 {
            assert!(applied.to_string().len() <= LONGEST_TAG);
            mine.add(&mut applied, subject, &number.to_string(), &Secret::new("x"));
        }
        assert_eq!(applied.to_string().len(), "ocon:applied=v1.".len() + KEY_ID + 1 + SPEC + 1);
    }

    #[test]
    fn what_cannot_be_read_is_garbled_and_what_is_newer_is_left_alone() {
        let good = "v1.abcdef.0123456789abcdef.0123456789abcdef";
        assert!(matches!(Memory::read(&[good]), Memory::Known(_)));
        assert_eq!(Memory::read(&["v2.whatever"]), Memory::Newer);
        assert_eq!(Memory::read(&[good, good]), Memory::Garbled);
        for bad in [
            "",
            "v1",
            "v0.abcdef.0123456789abcdef.",
            "v1.abcdef.0123456789abcdef.odd",
            "v1.äbcde.0123456789abcdef.",
            "v1.abcdef.0123456789abcdef..",
            "vx.y",
        ] {
            assert_eq!(Memory::read(&[bad]), Memory::Garbled, "{bad}");
        }
    }
}
