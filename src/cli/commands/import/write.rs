//! Writes the files: all of them, or none.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::summary;
use crate::cli::setup::{GlobalArgs, global_args::below_root};
use crate::cli::terminal::{
    Exit, Failure, Output,
    atomic_file::{FileBatch, PersistFailure},
    output,
};
use crate::desired::{Desired, DesiredInstance};
use crate::import::ImportedFile;
use crate::instance::{InstanceId, Key};
use crate::safe_text::quoted;

const MAX_NAMED_FILES: usize = 20;

/// Fails if a file cannot be written without a loss. Writes nothing.
pub(super) fn check(
    globals: &GlobalArgs,
    files: &[(InstanceId, ImportedFile)],
    force: bool,
    desired: &Desired,
    marked: &BTreeSet<Key>,
) -> Result<(), Failure> {
    let paths: Vec<PathBuf> = files.iter().map(|(_, file)| path(globals, file)).collect();
    refuse_existing_files(&paths, force)?;
    refuse_to_replace_documents(globals, files, desired, marked)?;
    paths.iter().try_for_each(|path| {
        let folder = folder_of(path);
        FileBatch::check_folder(&globals.root, folder)
            .map_err(|error| no_folder(folder, &error).hint("no file was written"))
    })
}

/// Writes the files after a [`check`]. Refuses folders that lead out of the repository.
pub(super) fn write(
    globals: &GlobalArgs,
    files: &[(InstanceId, ImportedFile)],
) -> Result<(), Failure> {
    let mut batch = FileBatch::default();
    for (_, file) in files {
        add(&globals.root, &mut batch, &path(globals, file), &file.text)
            .map_err(|failure| failure.hint("no file was written"))?;
    }
    batch.persist().map_err(|PersistFailure { persisted, failure }| {
        let written = summary::written(globals, files.get(..persisted).unwrap_or_default());
        failure.hint("the files on stdout were written").with_result(Some(Output::Text(written)))
    })
}

fn path(globals: &GlobalArgs, file: &ImportedFile) -> PathBuf {
    below_root(&globals.root, &globals.instances).join(&file.path)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}

fn no_folder(folder: &Path, error: &io::Error) -> Failure {
    let error_text = format!("no file can be written to {}", folder.display());
    Failure::new(Exit::Other, error_text).caused_by(error)
}

fn add(root: &Path, batch: &mut FileBatch, path: &Path, text: &str) -> Result<(), Failure> {
    let folder = folder_of(path);
    batch.create_folder(root, folder).map_err(|error| no_folder(folder, &error))?;
    batch.add(path, text)
}

/// Refuses to replace a file with several documents, or one with the document of a `marked` instance:
/// without the document, the next `--prune` would delete the instance. Warns about replaced documents.
fn refuse_to_replace_documents(
    globals: &GlobalArgs,
    files: &[(InstanceId, ImportedFile)],
    desired: &Desired,
    marked: &BTreeSet<Key>,
) -> Result<(), Failure> {
    let mut failure: Option<Failure> = None;
    for (_, file) in files {
        let Ok(path) = path(globals, file).canonicalize() else { continue };
        let is_in_file = |wanted: &DesiredInstance| {
            let file = below_root(&globals.root, Path::new(&*wanted.at.file));
            file.canonicalize().is_ok_and(|file| file == path)
        };
        let documents = desired.instances.iter().filter(|(_, wanted)| is_in_file(wanted));
        let documents: Vec<_> = documents.map(|(key, wanted)| (key, &wanted.at)).collect();
        let is_needed =
            documents.len() > 1 || documents.iter().any(|(key, _)| marked.contains(*key));
        for (key, at) in documents {
            let document = format!("{} at {}:{}", quoted(&key), at.file, at.line);
            if is_needed {
                let error = "existing files contain other documents, so no file was written";
                let failed = failure.unwrap_or_else(|| Failure::new(Exit::Other, error));
                failure = Some(failed.caused_by(&document));
            } else {
                output::message(&format!("warning: the document {document} is replaced\n"));
            }
        }
    }
    match failure {
        None => Ok(()),
        Some(failure) => Err(failure.hint("move these documents to other files")),
    }
}

/// Refuses to overwrite files without `--force`. Anything but a file is never overwritten.
fn refuse_existing_files(paths: &[PathBuf], force: bool) -> Result<(), Failure> {
    let is_refused = |path: &&PathBuf| match fs::symlink_metadata(path) {
        Ok(metadata) => !force || !metadata.is_file(),
        Err(_) => false,
    };
    let existing: Vec<&PathBuf> = paths.iter().filter(is_refused).collect();
    if existing.is_empty() {
        return Ok(());
    }
    let error = "files already exist, so no file was written";
    let mut failure = Failure::new(Exit::Other, error);
    for path in existing.iter().take(MAX_NAMED_FILES) {
        failure = failure.caused_by(&format!("{} exists", path.display()));
    }
    if existing.len() > MAX_NAMED_FILES {
        failure = failure.caused_by(&format!("and {} more", existing.len() - MAX_NAMED_FILES));
    }
    Err(failure
        .hint("move them, or replace them with --force; links and folders are never replaced"))
}
