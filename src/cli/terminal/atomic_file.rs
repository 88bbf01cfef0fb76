//! Files that appear complete or not at all, even if the process is interrupted.

use std::collections::BTreeSet;
use std::error::Error as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

use crate::cli::terminal::failure::{Exit, Failure};
use crate::cli::terminal::interrupt::{self, Cleanup, CleanupGuard};
use crate::cli::terminal::redaction;
use crate::reader::{self, FileError};
use crate::report::style::count;

/// The root of a repository, and the folders below it whose files ocon reads.
#[derive(Clone, Copy)]
pub(crate) struct RepositoryFolders<'a> {
    pub(crate) root: &'a Path,
    pub(crate) instances: &'a Path,
    pub(crate) schemas: &'a Path,
}

impl RepositoryFolders<'_> {
    /// Whether ocon reads this file. It may be a document, and tokens there would be committed.
    fn contain(self, path: &Path) -> bool {
        let real = |path: &Path| path.canonicalize().ok();
        let folder = path.parent().and_then(real).unwrap_or_default();
        let is_below =
            |of: &Path| real(&self.root.join(of)).is_some_and(|of| folder.starts_with(of));
        if real(self.root).as_ref() == Some(&folder) {
            return path.extension().is_some_and(|extension| extension == "yaml");
        }
        is_below(self.instances) || is_below(self.schemas)
    }
}

/// A file that is written at the end. Its temporary file shows at the start that it can be written.
pub(crate) struct AtomicFile {
    path: PathBuf,
    given: PathBuf,
    file: NamedTempFile,
    cleanup: CleanupGuard,
}

impl AtomicFile {
    /// Prepares a file with mode 0600, given relative to the root. `content` names it in messages.
    pub(crate) fn prepare(
        folders: RepositoryFolders<'_>,
        given: &Path,
        content: &str,
    ) -> Result<Self, Failure> {
        let refused = |cause: &dyn std::fmt::Display| {
            let error =
                format!("{content} cannot be written to {}, so nothing was done", given.display());
            Failure::new(Exit::Usage, error).caused_by(cause)
        };
        // A user who names a link does not expect its target to be replaced.
        let path = folders.root.join(given);
        if let Err(refusal) = reader::check_output(folders.root, &path) {
            return Err(refused(&refusal).hint("name the file itself"));
        }
        if folders.contain(&path) {
            return Err(refused(&"ocon reads its input from there").hint("name a file elsewhere"));
        }
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        if given == Path::new("-") {
            return Err(refused(&"`-` is not a file name").hint("name a file"));
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
        // The error names the temporary file, which the user does not know. Its cause does not.
        let created = interrupt::with_cleanup(|| NamedTempFile::new_in(folder), removal);
        let (file, cleanup) = created.map_err(|error| match error.source() {
            Some(cause) => refused(&cause),
            None => refused(&error),
        })?;
        Ok(Self { path, given: given.to_owned(), file, cleanup })
    }

    fn world_readable(path: &Path) -> Result<Self, Failure> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let (file, cleanup) = interrupt::with_cleanup(|| world_readable_in(folder), removal)
            .map_err(|error| unwritten(path, &without_temporary_path(&error)))?;
        Ok(Self { path: path.to_owned(), given: path.to_owned(), file, cleanup })
    }

    /// Writes a JSON document without secrets.
    pub(crate) fn write(self, document: &str) -> Result<(), Failure> {
        self.write_secrets(&redaction::scrub_json(document))
    }

    /// Writes a text with the secrets that the user asked for.
    pub(crate) fn write_secrets(self, text: &str) -> Result<(), Failure> {
        persist([self.fill(text)?]).map_err(|PersistFailure { failure, .. }| failure)
    }

    fn fill(mut self, text: &str) -> Result<FilledFile, Failure> {
        // Not through `NamedTempFile`, whose errors name the temporary file.
        let filled = self.file.as_file_mut().write_all(text.as_bytes());
        match filled.and_then(|()| self.file.as_file().sync_all()) {
            Ok(()) => Ok(FilledFile {
                path: self.path,
                given: self.given,
                file: self.file.into_temp_path(),
                cleanup: self.cleanup,
                existing: Existing::Replaced,
            }),
            Err(error) => Err(unwritten(&self.given, &error)),
        }
    }
}

/// Creates a temporary file with the permissions that the umask of the process allows.
#[cfg(unix)]
fn world_readable_in(folder: &Path) -> io::Result<NamedTempFile> {
    use std::os::unix::fs::PermissionsExt as _;
    let permissions = std::fs::Permissions::from_mode(0o666);
    tempfile::Builder::new().permissions(permissions).tempfile_in(folder)
}

/// Creates a temporary file. Windows takes its permissions from the folder.
#[cfg(not(unix))]
fn world_readable_in(folder: &Path) -> io::Result<NamedTempFile> {
    NamedTempFile::new_in(folder)
}

/// A complete temporary file. It is removed unless it is persisted.
struct FilledFile {
    path: PathBuf,
    given: PathBuf,
    file: TempPath,
    cleanup: CleanupGuard,
    existing: Existing,
}

/// What happens to a file that exists at the path when a new one is persisted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Existing {
    Replaced,
    /// The new file is not persisted.
    Kept,
}

pub(crate) struct PersistFailure {
    pub(crate) persisted: usize,
    pub(crate) failure: Failure,
}

/// Moves files to their paths. An interruption comes before the first of them or after the last.
fn persist(files: impl IntoIterator<Item = FilledFile>) -> Result<(), PersistFailure> {
    // The guards take the lock of `interrupt` when they are dropped, so both outlive the closure.
    let mut persisted = Vec::new();
    let mut files = files.into_iter();
    let result = interrupt::uninterrupted(|| {
        for FilledFile { path, given, file, cleanup, existing } in files.by_ref() {
            let before = persisted.len();
            persisted.push(cleanup);
            let result = match existing {
                Existing::Replaced => file.persist(&path),
                Existing::Kept => file.persist_noclobber(&path),
            };
            if let Err(error) = result {
                let failure = unwritten(&given, &error.error);
                return (Err(PersistFailure { persisted: before, failure }), Some(written(before)));
            }
        }
        (Ok(()), Some(written(persisted.len())))
    });
    drop((persisted, files));
    result
}

fn written(files: usize) -> String {
    let verb = if files == 1 { "was" } else { "were" };
    format!("{} {verb} written.", count(files, "file"))
}

/// Files that are written together or not at all, in folders that are created if necessary.
#[derive(Default)]
pub(crate) struct FileBatch {
    files: Vec<FilledFile>,
    created_folders: BTreeSet<PathBuf>,
    cleanups: Vec<CleanupGuard>,
}

impl FileBatch {
    /// Checks that a folder can be created, or exists. No link may lead from below the root out of it.
    pub(crate) fn check_folder(root: &Path, folder: &Path) -> io::Result<()> {
        let any_file = folder.join("file");
        reader::check_output(root, &any_file).map_err(|refusal| match refusal {
            FileError::Io(error) => error,
            refusal => io::Error::other(refusal.to_string()),
        })?;
        let existing = folder.ancestors().find(|part| part.exists());
        if existing.is_none_or(Path::is_dir) {
            return Ok(());
        }
        Err(io::Error::from(io::ErrorKind::NotADirectory))
    }

    /// Creates a folder and its parents, after [`Self::check_folder`].
    pub(crate) fn create_folder(&mut self, root: &Path, folder: &Path) -> io::Result<()> {
        Self::check_folder(root, folder)?;
        let missing = folder.ancestors().filter(|part| !part.as_os_str().is_empty());
        let missing: Vec<_> = missing.take_while(|part| !part.exists()).collect();
        for part in missing.into_iter().rev() {
            let remove = |(): &()| {
                let part = part.to_owned();
                Box::new(move || remove_if_empty(&part)) as Cleanup
            };
            let ((), cleanup) = interrupt::with_cleanup(|| create_dir(part), remove)?;
            self.created_folders.insert(part.to_owned());
            self.cleanups.push(cleanup);
        }
        // Reports a file in place of the folder.
        fs::create_dir_all(folder)
    }

    /// Adds a file that everyone may read, in an existing folder.
    pub(crate) fn add(&mut self, path: &Path, text: &str) -> Result<(), Failure> {
        self.files.push(AtomicFile::world_readable(path)?.fill(text)?);
        Ok(())
    }

    /// Like [`Self::add`], but never replaces a file, even one that appears in the meantime.
    pub(crate) fn add_new(&mut self, path: &Path, text: &str) -> Result<(), Failure> {
        let filled = AtomicFile::world_readable(path)?.fill(text)?;
        self.files.push(FilledFile { existing: Existing::Kept, ..filled });
        Ok(())
    }

    pub(crate) fn persist(mut self) -> Result<(), PersistFailure> {
        persist(std::mem::take(&mut self.files))
    }
}

impl Drop for FileBatch {
    fn drop(&mut self) {
        self.files.clear();
        // Inner folders first.
        self.created_folders.iter().rev().for_each(|folder| remove_if_empty(folder));
    }
}

fn create_dir(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        created => created,
    }
}

fn remove_if_empty(folder: &Path) {
    let _ = fs::remove_dir(folder);
}

pub(crate) fn removal(file: &NamedTempFile) -> Cleanup {
    let path = file.path().to_owned();
    Box::new(move || {
        let _ = fs::remove_file(path);
    })
}

/// The error without the path of the temporary file, which the user does not know.
fn without_temporary_path(error: &io::Error) -> io::Error {
    let text = error.to_string();
    let cause = text.split(" at path ").next().unwrap_or_default();
    io::Error::new(error.kind(), cause)
}

fn unwritten(path: &Path, error: &io::Error) -> Failure {
    Failure::unwritten(format!("{} cannot be written", path.display()), error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_never_replaces_one_that_appeared_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let mut batch = FileBatch::default();
        batch.add_new(&path, "ours").unwrap();
        fs::write(&path, "theirs").unwrap();
        let Err(PersistFailure { persisted, failure }) = batch.persist() else {
            panic!("the file exists")
        };
        assert_eq!((persisted, failure.exit), (0, Exit::Other));
        assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn files_after_one_that_cannot_be_persisted_are_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let mut batch = FileBatch::default();
        for name in ["a", "b", "c"] {
            batch.add(&path(name), name).unwrap();
        }
        fs::create_dir(path("b")).unwrap();
        let Err(PersistFailure { persisted, failure }) = batch.persist() else {
            panic!("a folder has the path of a file")
        };
        assert_eq!((persisted, failure.exit), (1, Exit::Other));
        let names = fs::read_dir(folder.path()).unwrap();
        let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["a", "b"]);
    }
}
