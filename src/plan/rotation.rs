//! Which secrets to write although nothing says that they changed.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use crate::instance::{InvalidName, Key};

/// The secrets to write on request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rotate {
    all: bool,
    keys: BTreeMap<Key, Paths>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Paths {
    All,
    These(BTreeSet<String>),
}

/// One request, written `KEY`, `KEY#path` or `all`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RotateRequest {
    /// Every secret of every document.
    All,
    /// Every secret of a document.
    Document(Key),
    /// One secret of a document, by its configuration key.
    Path(Key, String),
}

impl FromStr for RotateRequest {
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

impl FromIterator<RotateRequest> for Rotate {
    fn from_iter<I: IntoIterator<Item = RotateRequest>>(requests: I) -> Self {
        let mut rotate = Self::default();
        for request in requests {
            match request {
                RotateRequest::All => rotate.all = true,
                RotateRequest::Document(key) => {
                    rotate.keys.insert(key, Paths::All);
                }
                RotateRequest::Path(key, path) => {
                    let paths =
                        rotate.keys.entry(key).or_insert_with(|| Paths::These(BTreeSet::new()));
                    if let Paths::These(paths) = paths {
                        paths.insert(path);
                    }
                }
            }
        }
        rotate
    }
}

impl Rotate {
    /// Whether the secret under this configuration key is to be written.
    pub(super) fn asks(&self, key: &Key, path: &str) -> bool {
        self.all
            || match self.keys.get(key) {
                Some(Paths::All) => true,
                Some(Paths::These(paths)) => paths.contains(path),
                None => false,
            }
    }

    /// The documents that are named.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.keys.keys()
    }

    /// The single secrets that are named.
    pub fn paths(&self) -> impl Iterator<Item = (&Key, &str)> {
        self.keys.iter().flat_map(|(key, paths)| {
            let paths = match paths {
                Paths::All => None,
                Paths::These(paths) => Some(paths),
            };
            paths.into_iter().flatten().map(move |path| (key, path.as_str()))
        })
    }
}
