//! Matches of documents with instances.

use crate::instance::Key;
use crate::observed::ObservedInstance;
use crate::plan::codes::BlockCode;

/// The match of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::plan) enum Match<'a> {
    /// The document's instance.
    Managed(&'a ObservedInstance),
    /// An instance of this project, with its current document key.
    Moved(&'a ObservedInstance, &'a Key),
    /// An instance of another owner, with its document key in the project of `--take-from`.
    Adopt(&'a ObservedInstance, Option<&'a Key>),
    /// The document has no instance.
    Missing,
    /// No step is possible.
    Blocked(BlockCode, String),
}

impl<'a> Match<'a> {
    /// The instance, if there is one.
    pub(in crate::plan) fn instance(&self) -> Option<&'a ObservedInstance> {
        match self {
            Self::Managed(found) | Self::Moved(found, _) | Self::Adopt(found, _) => Some(found),
            Self::Missing | Self::Blocked(..) => None,
        }
    }
}

/// An instance that no document claims, with its document key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate<'a> {
    pub(super) key: &'a Key,
    pub(super) found: &'a ObservedInstance,
    /// Whether it has that key in the project of `--take-from`.
    pub(super) is_taken: bool,
}
