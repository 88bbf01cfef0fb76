//! Input and output of an import.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::Catalog;
use crate::desired::{Loaded, Problems};
use crate::instance::{BaseUrl, ConnectorKey, EventSupport, Key};
use crate::observed::ObservedInstance;

#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) found: ObservedInstance,
    pub(crate) connector: ConnectorKey,
    /// Document key in this project's mark on the instance, if the document no longer exists.
    pub(crate) marked_key: Option<Key>,
}

/// Everything else that an import depends on.
pub(crate) struct ImportContext<'a> {
    pub(crate) base_url: &'a BaseUrl,
    pub(crate) catalog: &'a Catalog,
    /// How the events of a connector can arrive, according to the repository and the catalog.
    pub(crate) event_support: &'a dyn Fn(&ConnectorKey) -> EventSupport,
    pub(crate) keys: BTreeSet<String>,
    /// Names of the variables in these documents, in capitals.
    pub(crate) variables: BTreeSet<String>,
    /// Finds the schema of a connector. The second argument is the path of the file below the
    /// instances folder. The result is relative to that file.
    pub(crate) schema: &'a dyn Fn(&ConnectorKey, &str) -> Option<String>,
    /// Loads a text as if it were the file at a path below the instances folder.
    pub(crate) load: &'a dyn Fn(&str, &str) -> Result<Loaded, Problems>,
    /// Whether a text contains a secret that this process knows.
    pub(crate) holds_secret: &'a dyn Fn(&str) -> bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ImportedFile {
    pub(crate) path: String,
    pub(crate) text: String,
    /// Variables to set, by the configuration key that refers to them.
    pub(crate) variables: BTreeMap<String, String>,
    /// Configuration keys that the file contains as comments.
    pub(crate) commented: Vec<String>,
    /// Fields that the file does not contain.
    pub(crate) omitted: Vec<OmittedField>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OmittedField {
    /// The field, written as in a plan. Can be any text.
    pub(crate) field: String,
    /// Why the file does not contain it. Can be any text.
    pub(crate) reason: String,
}
