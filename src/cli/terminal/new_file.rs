//! Files that appear in one go, or not at all, also where the process is interrupted.

use std::collections::BTreeSet;
use std::error::Error as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

use crate::cli::setup::arguments::Globals;
use crate::cli::terminal::failure::{Exit, Failure};
use crate::cli::terminal::interrupt::{self, Undo, Undoable};
use crate::cli::terminal::redaction;
use crate::reader::{self, FileError};
use crate::report::style::count;

/// A file to be written at the end. It is begun before anything is done, so that a folder that
/// cannot be written is known in time.
pub(crate) struct NewFile {
    path: PathBuf,
    given: PathBuf,
    file: NamedTempFile,
    begun: Undoable,
}

impl NewFile {
    /// Makes sure that the file, given relative to the root, can be written; `what` will be in it. Its
    /// mode is 0600.
    pub(crate) fn prepare(globals: &Globals, given: &Path, what: &str) -> Result<Self, Failure> {
        let refused = |cause: &dyn std::fmt::Display| {
            let sentence =
                format!("{what} cannot be written to {}, so nothing was done", given.display());
            Failure::new(Exit::Usage, sentence).caused_by(cause)
        };
        // Where a link leads is not what a reader of the command expects to be replaced.
        let path = globals.root.join(given);
        if let Err(refusal) = reader::check_output(&globals.root, &path) {
            return Err(refused(&refusal).hint("name the file itself"));
        }
        if is_of_repository(globals, &path) {
            return Err(refused(&"ocon reads the files there").hint("name a file elsewhere"));
        }
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        if given == Path::new("-") {
            return Err(refused(&"`-` is no file name").hint("name a file"));
        }
        if path.is_dir() {
            return Err(refused(&"it is a folder").hint("name a file"));
        }
        if path.exists() && !path.is_file() {
            return Err(refused(&"it is a device or a pipe").hint("name a file"));
        }
        if !folder.is_dir() {
            return Err(refused(&"its folder does not exist").hint("create the folder first"));
        }
        // The error itself names a file that only this program knows of; its cause does not.
        let begun = interrupt::undoable(|| NamedTempFile::new_in(folder), removal);
        let (file, begun) = begun.map_err(|error| match error.source() {
            Some(cause) => refused(&cause),
            None => refused(&error),
        })?;
        Ok(Self { path, given: given.to_owned(), file, begun })
    }

    /// A file that anybody may read, in a folder that is there.
    pub(crate) fn public(path: &Path) -> Result<Self, Failure> {
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // The mask of the process takes away what it does not want.
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        let (file, begun) = interrupt::undoable(|| builder.tempfile_in(folder), removal)
            .map_err(|error| unwritten(path, &error))?;
        Ok(Self { path: path.to_owned(), given: path.to_owned(), file, begun })
    }

    /// Puts the file in its place, with a JSON document without secrets.
    pub(crate) fn write(self, document: &str) -> Result<(), Failure> {
        self.write_secrets(&redaction::scrub_json(document))
    }

    /// Puts the file in its place, with the secrets that somebody asked for.
    pub(crate) fn write_secrets(self, text: &str) -> Result<(), Failure> {
        self.fill(text)?.place()
    }

    /// Has the text on the disk, where it waits for [`FullFile::place`]. It was searched for secrets
    /// piece by piece: taking them out of the whole would make it another document.
    pub(crate) fn fill(mut self, text: &str) -> Result<FullFile, Failure> {
        // The errors of the file itself, and not of the one that only this program knows of.
        let filled = self.file.as_file_mut().write_all(text.as_bytes());
        match filled.and_then(|()| self.file.as_file().sync_all()) {
            Ok(()) => Ok(FullFile {
                path: self.path,
                given: self.given,
                file: self.file.into_temp_path(),
                begun: self.begun,
            }),
            Err(error) => Err(unwritten(&self.given, &error)),
        }
    }
}

/// Whether ocon itself reads what is there: replacing it would lose a document, and a file of
/// tokens would be committed with the others.
fn is_of_repository(globals: &Globals, path: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    let folder = path.parent().and_then(real).unwrap_or_default();
    let is_below =
        |of: &Path| real(&globals.root.join(of)).is_some_and(|of| folder.starts_with(of));
    if real(&globals.root).as_ref() == Some(&folder) {
        return path.extension().is_some_and(|extension| extension == "yaml");
    }
    is_below(&globals.instances) || is_below(&globals.schemas)
}

/// A file that has its text, but not its place yet. It is gone if it gets none.
pub(crate) struct FullFile {
    path: PathBuf,
    given: PathBuf,
    file: TempPath,
    begun: Undoable,
}

impl FullFile {
    pub(crate) fn place(self) -> Result<(), Failure> {
        place([self]).map_err(|Misplaced { failure, .. }| failure)
    }
}

/// A file that did not get its place.
pub(crate) struct Misplaced {
    /// How many did before.
    pub(crate) before: usize,
    pub(crate) failure: Failure,
}

/// Puts files in their places; an interruption comes before the first of them or after the last.
fn place(files: impl IntoIterator<Item = FullFile>) -> Result<(), Misplaced> {
    // Both are dropped after this: what is begun takes the same lock when it is dropped.
    let mut placed = Vec::new();
    let mut files = files.into_iter();
    let result = interrupt::undivided(|| {
        for FullFile { path, given, file, begun } in files.by_ref() {
            let before = placed.len();
            placed.push(begun);
            if let Err(error) = file.persist(&path) {
                let failure = unwritten(&given, &error.error);
                return (Err(Misplaced { before, failure }), Some(written(before)));
            }
        }
        (Ok(()), Some(written(placed.len())))
    });
    drop((placed, files));
    result
}

fn written(files: usize) -> String {
    let verb = if files == 1 { "was" } else { "were" };
    format!("{} {verb} written.", count(files, "file"))
}

/// Files in folders that are made where they are missing. What was made is removed, unless all files can
/// be written.
#[derive(Default)]
pub(crate) struct Batch {
    files: Vec<FullFile>,
    /// The folders that were not there.
    made: BTreeSet<PathBuf>,
    begun: Vec<Undoable>,
}

impl Batch {
    /// Makes a folder, with those above it. A folder below the root stays below it.
    pub(crate) fn folder(&mut self, root: &Path, folder: &Path) -> io::Result<()> {
        let any_file = folder.join("file");
        reader::check_output(root, &any_file).map_err(|refusal| match refusal {
            FileError::Io(error) => error,
            refusal => io::Error::other(refusal.to_string()),
        })?;
        let missing = folder.ancestors().filter(|part| !part.as_os_str().is_empty());
        let missing: Vec<_> = missing.take_while(|part| !part.exists()).collect();
        for part in missing.into_iter().rev() {
            let remove = |(): &()| {
                let part = part.to_owned();
                Box::new(move || remove_folder(&part)) as Undo
            };
            let ((), begun) = interrupt::undoable(|| make_folder(part), remove)?;
            self.made.insert(part.to_owned());
            self.begun.push(begun);
        }
        // Says what is wrong where a file is in its place.
        fs::create_dir_all(folder)
    }

    /// Has the text of a file on the disk, which anybody may read. Its folder is there.
    pub(crate) fn add(&mut self, path: &Path, text: &str) -> Result<(), Failure> {
        self.files.push(NewFile::public(path)?.fill(text)?);
        Ok(())
    }

    /// Puts the files in their places.
    pub(crate) fn place(mut self) -> Result<(), Misplaced> {
        place(std::mem::take(&mut self.files))
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.files.clear();
        // The inner ones first.
        self.made.iter().rev().for_each(|folder| remove_folder(folder));
    }
}

fn make_folder(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

/// Removes a folder that is empty; one that is not is in use.
fn remove_folder(folder: &Path) {
    let _ = fs::remove_dir(folder);
}

/// What removes a file that did not get its place.
pub(crate) fn removal(file: &NamedTempFile) -> Undo {
    let path = file.path().to_owned();
    Box::new(move || {
        let _ = fs::remove_file(path);
    })
}

fn unwritten(path: &Path, error: &io::Error) -> Failure {
    Failure::unwritten(format!("{} cannot be written", path.display()), error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_after_one_that_gets_no_place_get_none_either() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let mut batch = Batch::default();
        for name in ["a", "b", "c"] {
            batch.add(&path(name), name).unwrap();
        }
        fs::create_dir(path("b")).unwrap();
        let Err(Misplaced { before, failure }) = batch.place() else {
            panic!("a folder is in the place of a file")
        };
        assert_eq!((before, failure.exit), (1, Exit::Other));
        let names = fs::read_dir(folder.path()).unwrap();
        let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["a", "b"]);
    }
}
