//! A file that appears in one go, or not at all.

use std::error::Error as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

use super::failure::{Exit, Failure};
use super::globals::Globals;
use super::known;

/// A file to be written at the end. It is begun before anything is done, so that a folder that
/// cannot be written is known in time.
pub(super) struct NewFile {
    path: PathBuf,
    given: PathBuf,
    file: NamedTempFile,
}

impl NewFile {
    /// Makes sure that the file, given relative to the root, can be written; `what` will be in it. Its
    /// mode is 0600.
    pub(super) fn prepare(globals: &Globals, given: &Path, what: &str) -> Result<Self, Failure> {
        let refused = |cause: &dyn std::fmt::Display| {
            let sentence =
                format!("{what} cannot be written to {}, so nothing was done", given.display());
            Failure::new(Exit::Usage, sentence).caused_by(cause)
        };
        // A link is followed, so that what it leads to is replaced and not the link itself.
        let path = globals.root.join(given);
        let path = path.canonicalize().unwrap_or(path);
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
        let file = NamedTempFile::new_in(folder).map_err(|error| match error.source() {
            Some(cause) => refused(&cause),
            None => refused(&error),
        })?;
        Ok(Self { path, given: given.to_owned(), file })
    }

    /// A file that anybody may read, in a folder that is there.
    pub(super) fn public(path: &Path) -> Result<Self, Failure> {
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // The mask of the process takes away what it does not want.
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        let file = builder
            .tempfile_in(path.parent().unwrap_or(Path::new(".")))
            .map_err(|error| unwritten(path, &error))?;
        Ok(Self { path: path.to_owned(), given: path.to_owned(), file })
    }

    /// Puts the file in its place, with a JSON document without secrets.
    pub(super) fn write(self, document: &str) -> Result<(), Failure> {
        self.write_secrets(&known::scrub_json(document))
    }

    /// Puts the file in its place, with the secrets that somebody asked for.
    pub(super) fn write_secrets(self, text: &str) -> Result<(), Failure> {
        self.fill(text)?.place()
    }

    /// Has the text on the disk, where it waits for [`FullFile::place`]. It was searched for secrets
    /// piece by piece: taking them out of the whole would make it another document.
    pub(super) fn fill(mut self, text: &str) -> Result<FullFile, Failure> {
        // The errors of the file itself, and not of the one that only this program knows of.
        let filled = self.file.as_file_mut().write_all(text.as_bytes());
        match filled.and_then(|()| self.file.as_file().sync_all()) {
            Ok(()) => Ok(FullFile {
                path: self.path,
                given: self.given,
                file: self.file.into_temp_path(),
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
pub(super) struct FullFile {
    path: PathBuf,
    given: PathBuf,
    file: TempPath,
}

impl FullFile {
    pub(super) fn place(self) -> Result<(), Failure> {
        self.file.persist(&self.path).map_err(|error| unwritten(&self.given, &error.error))
    }
}

fn unwritten(path: &Path, error: &io::Error) -> Failure {
    Failure::new(Exit::Other, format!("{} cannot be written", path.display())).caused_by(error)
}
