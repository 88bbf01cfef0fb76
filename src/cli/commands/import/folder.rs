//! Files in their folders: all of them can be written, or none is begun.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::told;
use crate::cli::setup::arguments::{Globals, beside};
use crate::cli::terminal::command_output::Output;
use crate::cli::terminal::failure::{Exit, Failure};
use crate::cli::terminal::new_file::{Batch, Misplaced};
use crate::cli::terminal::output::{self, Output};
use crate::desired::{Desired, DesiredInstance};
use crate::import::ImportedFile;
use crate::instance::{InstanceId, Key};
use crate::safe_text::quoted;

/// How many files are named that are in the way.
const MOST_NAMED: usize = 20;

/// Writes the files. None of their folders leads out of the repository.
pub(super) fn write(
    globals: &Globals,
    files: &[(InstanceId, ImportedFile)],
    force: bool,
    desired: &Desired,
    seen: &BTreeSet<Key>,
) -> Result<(), Failure> {
    let base = beside(&globals.root, &globals.instances);
    let path = |file: &ImportedFile| base.join(&file.path);
    refuse_to_overwrite(files.iter().map(|(_, file)| path(file)), force)?;
    refuse_to_forget(globals, files, desired, seen)?;
    let mut batch = Batch::default();
    for (_, file) in files {
        begin(&globals.root, &mut batch, &path(file), &file.text)
            .map_err(|failure| failure.hint("no file was written"))?;
    }
    batch.place().map_err(|Misplaced { before, failure }| {
        let before = told::written(globals, files.get(..before).unwrap_or_default());
        failure.hint("what was written before is on stdout").with_result(Some(Output::Text(before)))
    })
}

fn begin(root: &Path, batch: &mut Batch, path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new("."));
    batch.folder(root, folder).map_err(|error| refused(folder, &error))?;
    batch.add(path, text)
}

/// Makes sure that no file is replaced that holds several documents, or that of an instance which was
/// `seen`: without it, the next `--prune` would delete the instance. Says which document goes.
fn refuse_to_forget(
    globals: &Globals,
    files: &[(InstanceId, ImportedFile)],
    desired: &Desired,
    seen: &BTreeSet<Key>,
) -> Result<(), Failure> {
    let base = beside(&globals.root, &globals.instances);
    let mut failure: Option<Failure> = None;
    for (_, file) in files {
        let Ok(path) = base.join(&file.path).canonicalize() else { continue };
        let stands_there = |wanted: &DesiredInstance| {
            let file = beside(&globals.root, Path::new(&*wanted.at.file));
            file.canonicalize().is_ok_and(|file| file == path)
        };
        let documents = desired.instances.iter().filter(|(_, wanted)| stands_there(wanted));
        let documents: Vec<_> = documents.map(|(key, wanted)| (key, &wanted.at)).collect();
        let is_needed = documents.len() > 1 || documents.iter().any(|(key, _)| seen.contains(*key));
        for (key, at) in documents {
            let document = format!("{key} at {}:{}", at.file, at.line, key = quoted(&key));
            if is_needed {
                let sentence = "files with other documents are in the way, so no file was written";
                let begun = failure.unwrap_or_else(|| Failure::new(Exit::Other, sentence));
                failure = Some(begun.caused_by(&document));
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

/// Makes sure that nothing is in the way; a folder is, even where files are replaced.
fn refuse_to_overwrite(paths: impl Iterator<Item = PathBuf>, force: bool) -> Result<(), Failure> {
    let in_the_way = |path: &PathBuf| match fs::symlink_metadata(path) {
        Ok(metadata) => !force || !metadata.is_file(),
        Err(_) => false,
    };
    let there: Vec<PathBuf> = paths.filter(in_the_way).collect();
    if there.is_empty() {
        return Ok(());
    }
    let sentence = "files are in the way, so no file was written";
    let mut failure = Failure::new(Exit::Other, sentence);
    for path in there.iter().take(MOST_NAMED) {
        failure = failure.caused_by(&format!("{} is there", path.display()));
    }
    if there.len() > MOST_NAMED {
        failure = failure.caused_by(&format!("and {} more", there.len() - MOST_NAMED));
    }
    Err(failure
        .hint("move them, or replace them with --force; links and folders are never replaced"))
}

fn refused(folder: &Path, cause: &dyn std::fmt::Display) -> Failure {
    let sentence = format!("no file can be written to {}", folder.display());
    Failure::new(Exit::Other, sentence).caused_by(cause)
}
