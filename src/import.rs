//! Writes instance files: for existing instances, and the first one of a new instance ([`new_file()`]).
//!
//! In: instances of the platform ([`Candidate`]), and the document keys and variables that are
//! already in use ([`ImportContext`]). Out: an [`ImportedFile`] for each instance, or the reason why
//! there is none. A plan for such a file changes nothing but the mark on the instance.
//!
//! Text from the platform is not trusted: each file is loaded before it is returned, and omits
//! everything that the loader rejects or reads differently. It must never write a secret to a file,
//! or text of the platform to a comment. It reads and writes no files itself.

mod configuration;
mod document;
mod document_keys;
mod interface;
mod new_file;
mod variable_names;
mod yaml;

use std::collections::BTreeMap;

use self::configuration::Classifier;
use self::document::DocumentWriter;
use self::variable_names::VariableNames;
use crate::catalog::ConnectorSpec;
use crate::instance::{ConnectorKey, InstanceId};

pub(crate) use self::document_keys::has_device_name;
pub(crate) use self::interface::{Candidate, ImportContext, ImportedFile};
pub(crate) use self::new_file::{NewDocument, NewFile, new_file};

/// Returns the file of each instance, or the reason why it has none. The reason can be any text.
pub(crate) fn files(
    candidates: &[Candidate],
    context: &ImportContext<'_>,
) -> BTreeMap<InstanceId, Result<ImportedFile, String>> {
    let keys = document_keys::assign(candidates, &context.keys);
    let mut variables = VariableNames::new(&context.keys, context.variables.clone());
    let mut shapes: BTreeMap<&ConnectorKey, Option<ConnectorSpec>> = BTreeMap::new();
    let by_id: BTreeMap<InstanceId, &Candidate> =
        candidates.iter().map(|candidate| (candidate.found.id, candidate)).collect();
    let mut files = BTreeMap::new();
    for (id, key) in keys {
        let Some(candidate) = by_id.get(&id) else { continue };
        let connector = &candidate.connector;
        let shape = shapes.entry(connector).or_insert_with(|| {
            context.catalog.connector(connector).map(|known| known.spec(connector))
        });
        let classifier = Classifier { candidate, shape: shape.as_ref(), context };
        let file =
            key.and_then(|key| DocumentWriter { classifier, key: &key }.file(&mut variables));
        files.insert(id, file);
    }
    files
}
