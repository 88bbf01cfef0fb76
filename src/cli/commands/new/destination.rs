//! The path of a new file. Nothing at that path is ever replaced.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::setup::{GlobalArgs, global_args::below_root};
use crate::cli::terminal::{
    Exit, Failure,
    atomic_file::{FileBatch, PersistFailure},
};
use crate::desired;
use crate::import::has_device_name;
use crate::instance::{ConnectorKey, Key};
use crate::safe_text::quoted;

/// The endings of instance files.
const ENDINGS: [&str; 2] = ["yaml", "yml"];

pub(super) struct Destination<'a> {
    globals: &'a GlobalArgs,
    connector: &'a ConnectorKey,
    key: &'a Key,
    path: PathBuf,
}

impl<'a> Destination<'a> {
    /// The path of a document key. Refuses keys that are meant as paths, or that no file can have.
    pub(super) fn of(
        globals: &'a GlobalArgs,
        connector: &'a ConnectorKey,
        key: &'a Key,
    ) -> Result<Self, Failure> {
        let text = key.as_str();
        if has_device_name(text) {
            let error = format!("Windows reserves a name in the document key {}", quoted(key));
            return Err(Failure::new(Exit::Usage, error).hint("use another document key"));
        }
        let ending = ENDINGS.iter().find_map(|ending| text.strip_suffix(&format!(".{ending}")));
        let folder = format!("{}/", globals.instances.display());
        let without = ending.unwrap_or(text);
        let without = without.strip_prefix(&folder).unwrap_or(without);
        if without != text {
            let error = format!("{} is a path, not a document key", quoted(key));
            let hint = format!("write the key: ocon new {connector} {without}");
            return Err(Failure::new(Exit::Usage, error).hint(hint));
        }
        let path = below_root(&globals.root, &globals.instances).join(format!("{key}.yaml"));
        Ok(Self { globals, connector, key, path })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Fails if the file or a document with this key exists.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let paths = ENDINGS.map(|ending| self.path.with_file_name(self.file_name(ending)));
        if let Some(path) = paths.iter().find(|path| fs::symlink_metadata(path).is_ok()) {
            return Err(self.refused(format!("{} exists, so no file was written", path.display())));
        }
        let outlines = desired::outlines(&self.globals.root, &self.globals.instances);
        let same = outlines.iter().map(|outline| &outline.key);
        let mut same = same.filter(|key| key.as_str().eq_ignore_ascii_case(self.key.as_str()));
        match same.next() {
            None => Ok(()),
            Some(other) if other == self.key => {
                let error = format!(
                    "a document already has the key {}, so no file was written",
                    quoted(other)
                );
                Err(self.refused(error))
            }
            Some(other) => Err(self.refused(format!(
                "the document key {} differs from {} only in case, so no file was written",
                quoted(self.key),
                quoted(other)
            ))),
        }
    }

    fn file_name(&self, ending: &str) -> String {
        let last = self.key.as_str().rsplit('/').next().unwrap_or_default();
        format!("{last}.{ending}")
    }

    /// Writes the file, in folders that are created if necessary.
    pub(super) fn write(&self, text: &str) -> Result<(), Failure> {
        let mut batch = FileBatch::default();
        let folder = self.path.parent().unwrap_or(Path::new("."));
        batch.create_folder(&self.globals.root, folder).map_err(|error| {
            let message = format!("no file can be written to {}", folder.display());
            let hint = "make it a folder inside the repository that you can write to";
            Failure::new(Exit::Other, message).caused_by(&error).hint(hint).hint(self.print_hint())
        })?;
        batch.add_new(&self.path, text)?;
        batch.persist().map_err(|PersistFailure { failure, .. }| failure)
    }

    fn refused(&self, error: String) -> Failure {
        let connector = self.connector;
        Failure::new(Exit::Other, error)
            .hint(format!("name another document key: ocon new {connector} KEY"))
            .hint(self.print_hint())
    }

    fn print_hint(&self) -> String {
        format!("or print the file: ocon new {} --stdout", self.connector)
    }
}
