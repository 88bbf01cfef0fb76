//! The folders from which the values of a command line come.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::desired::{self, Outline};

/// The folders that the options of a command line name.
#[derive(Debug)]
pub(super) struct Repository {
    root: PathBuf,
    instances: PathBuf,
    schemas: PathBuf,
}

impl Repository {
    /// Reads `-C`, `--instances` and `--schemas` from the words before the cursor. The line is incomplete, so
    /// mistakes in it do not count.
    pub(super) fn of(tree: &clap::Command, words: &[OsString]) -> Self {
        let matches = tree.clone().ignore_errors(true).try_get_matches_from(words).ok();
        let folder = |name: &str, default: &str| {
            let given = matches.as_ref()?.try_get_one::<PathBuf>(name).ok()?;
            Some(given.cloned().unwrap_or_else(|| default.into()))
        };
        let folder = |name, default: &str| folder(name, default).unwrap_or_else(|| default.into());
        Self {
            root: folder("root", "."),
            instances: folder("instances", "instances"),
            schemas: folder("schemas", "schemas"),
        }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn documents(&self) -> Vec<Outline> {
        desired::outlines(&self.root, &self.instances)
    }

    /// The connectors that have a schema in the repository, such as those of the tenant alone.
    pub(super) fn connectors(&self) -> Vec<String> {
        let folder = self.root.join(&self.schemas).join("connectors");
        let names = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let names = names.filter_map(|entry| entry.file_name().into_string().ok());
        names.filter_map(|name| Some(name.strip_suffix(".schema.json")?.to_owned())).collect()
    }
}
