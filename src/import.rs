//! Files for instances that exist.
//!
//! In: instances as the platform has them ([`Candidate`]), and what the files that are there already
//! have taken ([`Ground`]). Out: a [`File`] for each, that `plan` finds nothing to change in but the
//! mark, or why there can be none.
//!
//! What comes from the platform is hostile until the loader of files says otherwise: each text is
//! loaded again before it is handed out, and what the loader complains of or reads differently is
//! left out. No secret gets into a file, whether the platform shows it or not, and no text of the
//! platform into a comment. Nothing is read or written here.

mod configuration;
mod document;
mod place;
mod variable;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};

use self::variable::Names;
use crate::catalog::{Catalog, Shape};
use crate::desired::{Loaded, Problems};
use crate::instance::{BaseUrl, ConnectorKey, InstanceId, Key};
use crate::observed::ObservedInstance;

pub use self::variable::{is_too_broad, is_well_known};

/// An instance that gets a file.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The instance, with all of its configuration.
    pub found: ObservedInstance,
    /// Its connector.
    pub connector: ConnectorKey,
    /// The key in a mark of ours, of an instance whose document is gone.
    pub carried: Option<Key>,
}

/// What files are made with.
pub struct Ground<'a> {
    /// Base URL of the API.
    pub base_url: &'a BaseUrl,
    /// What is known of connectors.
    pub catalog: &'a Catalog,
    /// The keys of the documents that there are.
    pub keys: BTreeSet<String>,
    /// The names of the variables that these mention, in capitals.
    pub variables: BTreeSet<String>,
    /// The schema of a connector as a file at this path below the folder of instances finds it;
    /// `None` where there is none.
    pub schema: &'a dyn Fn(&ConnectorKey, &str) -> Option<String>,
    /// Loads a text as the file at this path below the folder of instances.
    pub load: &'a dyn Fn(&str, &str) -> Result<Loaded, Problems>,
    /// Whether a text holds a secret that this process knows.
    pub holds_secret: &'a dyn Fn(&str) -> bool,
}

/// The file of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The path below the folder of instances.
    pub below: String,
    /// The content.
    pub text: String,
    /// The variables to set, by the configuration key that needs them.
    pub variables: BTreeMap<String, String>,
    /// The configuration keys that stand in comments.
    pub commented: Vec<String>,
    /// What the file does not say, and why.
    pub left_out: Vec<LeftOut>,
}

/// Something of an instance that its file does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The field, written as in a plan. It may hold any text.
    pub field: String,
    /// Why. It may hold any text.
    pub why: String,
}

/// The files of the instances, or why one has none, which may hold any text.
pub fn files(
    candidates: &[Candidate],
    ground: &Ground<'_>,
) -> BTreeMap<InstanceId, Result<File, String>> {
    let keys = place::keys(candidates, &ground.keys);
    let mut variables = Names::new(&ground.keys, ground.variables.clone());
    let mut shapes: BTreeMap<&ConnectorKey, Option<Shape>> = BTreeMap::new();
    let by_id: BTreeMap<InstanceId, &Candidate> =
        candidates.iter().map(|candidate| (candidate.found.id, candidate)).collect();
    let mut files = BTreeMap::new();
    for (id, key) in keys {
        let Some(candidate) = by_id.get(&id) else { continue };
        let connector = &candidate.connector;
        let shape = shapes.entry(connector).or_insert_with(|| {
            ground.catalog.connector(connector).map(|known| known.shape(connector))
        });
        let file = key.and_then(|key| {
            document::Writer { candidate, key: &key, shape: shape.as_ref(), ground }
                .file(&mut variables)
        });
        files.insert(id, file);
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::Secret;
    use crate::ownership;

    pub(super) fn found(id: u64, connector: &str, name: &str) -> ObservedInstance {
        let (marks, tags) = ownership::split(Vec::new());
        ObservedInstance {
            id: InstanceId::new(id),
            connector: connector.to_owned(),
            name: name.to_owned(),
            marks,
            tags,
            configuration: BTreeMap::new(),
            valid: true,
            disabled: false,
            token: Secret::new("token"),
        }
    }
}
