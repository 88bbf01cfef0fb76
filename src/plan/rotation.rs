//! The secrets to write on request.

use std::collections::BTreeSet;
use std::str::FromStr;

use crate::instance::{InvalidName, Key};

/// The secrets to write on request, even if they did not change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rotate(BTreeSet<RotationRequest>);

/// A request, written `KEY`, `KEY#path` or `all`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RotationRequest {
    /// Every secret of every document.
    All,
    /// Every secret of a document.
    Document(Key),
    /// One secret of a document, by its configuration key.
    Path(Key, String),
}

impl FromStr for RotationRequest {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        match text.split_once('#') {
            None if text == "all" => Ok(Self::All),
            None => text.parse().map(Self::Document),
            Some((key, path)) => {
                let path = path.strip_prefix("configuration.").unwrap_or(path);
                Ok(Self::Path(key.parse()?, path.to_owned()))
            }
        }
    }
}

impl FromIterator<RotationRequest> for Rotate {
    fn from_iter<I: IntoIterator<Item = RotationRequest>>(requests: I) -> Self {
        Self(requests.into_iter().collect())
    }
}

impl Rotate {
    /// Whether the secret under this configuration key must be written.
    pub(super) fn includes(&self, key: &Key, path: &str) -> bool {
        let of_document = || RotationRequest::Document(key.clone());
        let of_path = || RotationRequest::Path(key.clone(), path.to_owned());
        !self.0.is_empty()
            && (self.0.contains(&RotationRequest::All)
                || self.0.contains(&of_document())
                || self.0.contains(&of_path()))
    }

    /// The documents that requests name.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        let keys = self.0.iter().filter_map(|request| match request {
            RotationRequest::All => None,
            RotationRequest::Document(key) | RotationRequest::Path(key, _) => Some(key),
        });
        keys.collect::<BTreeSet<_>>().into_iter()
    }

    /// The single secrets that requests name, of documents that no request names as a whole.
    pub fn paths(&self) -> impl Iterator<Item = (&Key, &str)> {
        self.0.iter().filter_map(|request| match request {
            RotationRequest::Path(key, path) => {
                let of_document = RotationRequest::Document(key.clone());
                (!self.0.contains(&of_document)).then_some((key, path.as_str()))
            }
            RotationRequest::All | RotationRequest::Document(_) => None,
        })
    }
}
