//! Steps of the commands that write instance files.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use crate::catalog::Catalog;
use crate::cli::setup::{GlobalArgs, global_args::below_root};
use crate::desired::{Levels, Sources, secrets::WithheldSecrets};
use crate::instance::ConnectorKey;

/// Passes on the sources of the files, without any value of a secret or of a public variable.
pub(super) fn with_sources<T>(globals: &GlobalArgs, read: impl FnOnce(&Sources<'_>) -> T) -> T {
    read(&Sources {
        root: &globals.root,
        instances: &globals.instances,
        schemas: &globals.schemas,
        variables: &BTreeMap::new(),
        secrets: &WithheldSecrets::default(),
        catalog: Catalog::embedded(),
        levels: &Levels::default(),
        on_text: &|_| (),
        today: "",
    })
}

/// The names after `env.` in a text, in upper case.
pub(super) fn mentioned_variables(text: &str) -> impl Iterator<Item = String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let names = text.split("env.").skip(1).map(move |rest| {
        let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        rest.get(..end).unwrap_or_default().to_ascii_uppercase()
    });
    names.filter(|name| !name.is_empty())
}

/// The relative path of a connector's schema from a file below the folder of instances.
pub(super) fn schema(
    globals: &GlobalArgs,
    connector: &ConnectorKey,
    below: &str,
) -> Option<String> {
    let plain = |path: &Path| {
        let parts = path.components().filter(|part| *part != Component::CurDir);
        let parts = parts.map(|part| match part {
            Component::Normal(name) => name.to_str().map(str::to_owned),
            _ => None,
        });
        parts.collect::<Option<Vec<String>>>()
    };
    let (instances, schemas) = (plain(&globals.instances)?, plain(&globals.schemas)?);
    // The path becomes part of a comment.
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if !schemas.iter().all(|part| part.chars().all(is_word)) {
        return None;
    }
    let known =
        Catalog::embedded().connector(connector).is_some() || has_schema(globals, connector);
    let up = "../".repeat(instances.len() + below.matches('/').count());
    known.then(|| format!("{up}{}/connectors/{}", schemas.join("/"), file_name(connector)))
}

/// Whether the repository contains a schema of the connector.
pub(super) fn has_schema(globals: &GlobalArgs, connector: &ConnectorKey) -> bool {
    schema_path(globals, connector).is_file()
}

/// The path of a connector's schema in the repository.
pub(super) fn schema_path(globals: &GlobalArgs, connector: &ConnectorKey) -> PathBuf {
    let folder = below_root(&globals.root, &globals.schemas);
    folder.join("connectors").join(file_name(connector))
}

fn file_name(connector: &ConnectorKey) -> String {
    format!("{connector}.schema.json")
}
