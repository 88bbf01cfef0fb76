//! Input and output of an import.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::Catalog;
use crate::desired::{Loaded, Problems};
use crate::instance::{BaseUrl, ConnectorKey, Key};
use crate::observed::ObservedInstance;

/// An instance that gets a file.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The instance with its complete configuration.
    pub found: ObservedInstance,
    /// Connector of the instance.
    pub connector: ConnectorKey,
    /// Document key in this project's mark on the instance, if the document no longer exists.
    pub marked_key: Option<Key>,
}

/// Everything else that an import depends on.
pub struct ImportContext<'a> {
    /// Base URL of the API.
    pub base_url: &'a BaseUrl,
    /// Known connectors.
    pub catalog: &'a Catalog,
    /// Keys of the existing documents.
    pub keys: BTreeSet<String>,
    /// Names of the variables in these documents, in capitals.
    pub variables: BTreeSet<String>,
    /// Finds the schema of a connector. The second argument is the path of the file below the
    /// instances folder. The result is relative to that file.
    pub schema: &'a dyn Fn(&ConnectorKey, &str) -> Option<String>,
    /// Loads a text as if it were the file at a path below the instances folder.
    pub load: &'a dyn Fn(&str, &str) -> Result<Loaded, Problems>,
    /// Whether a text contains a secret that this process knows.
    pub holds_secret: &'a dyn Fn(&str) -> bool,
}

/// A file for an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedFile {
    /// Path below the instances folder.
    pub path: String,
    /// Content.
    pub text: String,
    /// Variables to set, by the configuration key that refers to them.
    pub variables: BTreeMap<String, String>,
    /// Configuration keys that the file contains as comments.
    pub commented: Vec<String>,
    /// Fields that the file does not contain.
    pub omitted: Vec<OmittedField>,
}

/// A field of an instance that its file does not contain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OmittedField {
    /// The field, written as in a plan. Can be any text.
    pub field: String,
    /// Why the file does not contain it. Can be any text.
    pub reason: String,
}
