//! The inputs of a plan other than files and platform.

use std::collections::BTreeSet;
use std::str::FromStr;

use super::Action;
use crate::instance::{BaseUrl, InvalidName, Key, Project};
use crate::ownership::Fingerprints;

/// The platform and the project of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The base URL, for display and for values.
    pub base_url: BaseUrl,
    /// The project.
    pub project: Project,
}

/// The options of the caller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanOptions {
    /// Documents that may create an instance although a similar one exists.
    pub allow_duplicates: BTreeSet<Key>,
    /// The project whose instances the documents take over.
    pub take_from: Option<Project>,
    /// What to do with orphans.
    pub orphans: OrphanPolicy,
    /// The secrets to write even if they did not change.
    pub rotate: Rotate,
    /// Whether the plan skips unset secrets. Otherwise, they end an apply.
    pub allow_unset: bool,
    /// The secrets that a saved plan writes to existing instances. `None` without a saved plan.
    pub planned_secrets: Option<BTreeSet<(Key, String)>>,
    /// The stored values that the plan shows.
    pub stored_values: StoredValueVisibility,
    /// The selected documents. `None` selects all.
    pub selection: Option<BTreeSet<Key>>,
}

impl PlanOptions {
    /// Whether the document is selected.
    pub fn selects(&self, key: &Key) -> bool {
        self.selection.as_ref().is_none_or(|selection| selection.contains(key))
    }
}

/// The stored values that a plan shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StoredValueVisibility {
    /// The public ones.
    #[default]
    Public,
    /// The public ones of instances that this project manages. The author of a proposed change can
    /// choose any other instance.
    OfProject,
    /// None, because the author of a proposed change can choose the project too.
    None,
}

/// What to do with an instance of the project that no document describes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrphanPolicy {
    /// Report it.
    #[default]
    Note,
    /// Delete it, unless it is protected.
    Prune,
}

/// The inputs of a plan other than files and platform.
#[derive(Clone, Copy, Debug)]
pub struct PlanContext<'a> {
    /// The platform and the project.
    pub target: &'a Target,
    /// The options of the caller.
    pub options: &'a PlanOptions,
    /// The keys by which secrets and documents are recognized.
    pub fingerprints: &'a Fingerprints,
    /// Whether the platform may get the samples of a new file: it is an emulator without providers.
    pub accepts_samples: bool,
}

impl PlanContext<'_> {
    /// A digest of what a step depends on: the document, the action and the observed values of the
    /// declared fields. A step of a saved plan runs only if this did not change.
    pub(super) fn basis(
        &self,
        document: &str,
        action: Action,
        observed: &serde_json::Value,
    ) -> String {
        let text = serde_json::json!([document, action.as_str(), observed]).to_string();
        self.fingerprints.seal("basis", &text)
    }
}

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
}
