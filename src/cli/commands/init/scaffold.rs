//! The files of a new repository: those that do not exist are written together.

use std::io;
use std::path::{Path, PathBuf};

use super::ignore_lines;
use crate::cli::setup::{GlobalArgs, global_args::below_root};
use crate::cli::terminal::atomic_file::FileBatch;
use crate::cli::terminal::{Exit, Failure};
use crate::reader::{FileError, FileScope};

/// The largest existing file that ocon reads.
const MAX_BYTES: u64 = 1 << 20;
const NOTHING_WRITTEN: &str = "nothing was written";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Written,
    /// It existed before, and is unchanged.
    Exists,
}

/// The files and folders, with those to be written.
pub(super) struct Scaffold<'a> {
    root: &'a Path,
    outcomes: Vec<(PathBuf, Outcome)>,
    /// The texts of new files, by their path with the root.
    texts: Vec<(PathBuf, String)>,
}

impl<'a> Scaffold<'a> {
    pub(super) fn new(globals: &'a GlobalArgs) -> Self {
        Self { root: &globals.root, outcomes: Vec::new(), texts: Vec::new() }
    }

    /// Adds a file with this text, unless it exists.
    pub(super) fn file(
        &mut self,
        name: impl AsRef<Path>,
        text: String,
    ) -> Result<Outcome, Failure> {
        let path = below_root(self.root, name.as_ref());
        let outcome = match path.symlink_metadata() {
            // A link to a file counts as the file: ocon does not replace it.
            Ok(_) if path.is_dir() => return Err(in_the_way(&path, "a folder", "file")),
            Ok(_) => Outcome::Exists,
            Err(_) => {
                self.texts.push((path, text));
                Outcome::Written
            }
        };
        self.outcomes.push((name.as_ref().to_owned(), outcome));
        Ok(outcome)
    }

    /// Adds a folder, unless it exists, with an empty file because Git keeps no empty folder.
    pub(super) fn folder(&mut self, folder: &Path, empty_file: &str) -> Result<(), Failure> {
        let path = below_root(self.root, folder);
        match path.symlink_metadata() {
            Ok(_) if !path.is_dir() => Err(in_the_way(&path, "not a folder", "folder")),
            Ok(_) => {
                self.outcomes.push((folder.join(""), Outcome::Exists));
                Ok(())
            }
            Err(_) => self.file(folder.join(empty_file), String::new()).map(|_| ()),
        }
    }

    /// Adds `.gitignore`, unless it exists. Returns the lines that an existing one does not have.
    pub(super) fn ignore_file(&mut self) -> Result<Vec<&'static str>, Failure> {
        let name = Path::new(".gitignore");
        if self.file(name, ignore_lines::text())? == Outcome::Written {
            return Ok(Vec::new());
        }
        let read = self.existing_text(name);
        read.map(|text| ignore_lines::missing(&text)).map_err(|error| {
            let path = below_root(self.root, name);
            Failure::new(Exit::Other, format!("{} cannot be read", path.display()))
                .caused_by(&error)
                .hint(NOTHING_WRITTEN)
        })
    }

    /// The text of a file that exists.
    pub(super) fn existing_text(&self, name: &Path) -> Result<String, FileError> {
        FileScope::of(self.root, name).read_text(&below_root(self.root, name), MAX_BYTES)
    }

    /// Writes the new files: all of them, or none.
    pub(super) fn write(self) -> Result<Vec<(PathBuf, Outcome)>, Failure> {
        let mut batch = FileBatch::default();
        for (path, text) in &self.texts {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new("."));
            batch.create_folder(self.root, folder).map_err(|error| no_folder(folder, &error))?;
            batch.add_new(path, text).map_err(|failure| failure.hint(NOTHING_WRITTEN))?;
        }
        batch.persist().map_err(|failed| {
            let written = self.texts.get(..failed.persisted).unwrap_or_default();
            let written = written.iter().map(|(path, _)| path.display().to_string());
            let written: Vec<_> = written.collect();
            match written.as_slice() {
                [] => failed.failure.hint(NOTHING_WRITTEN),
                _ => failed.failure.hint(format!("written before: {}", written.join(", "))),
            }
        })?;
        Ok(self.outcomes)
    }
}

fn in_the_way(path: &Path, what: &str, needed: &str) -> Failure {
    Failure::new(Exit::Other, format!("{} is {what}", path.display()))
        .hint(format!("{NOTHING_WRITTEN}. Move it: ocon needs a {needed} of this name"))
}

fn no_folder(folder: &Path, error: &io::Error) -> Failure {
    Failure::unwritten(format!("no file can be written to {}", folder.display()), error)
        .hint(NOTHING_WRITTEN)
}
