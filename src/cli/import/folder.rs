//! Files in their folders: all of them can be written, or none is begun.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::told;
use crate::cli::failure::{Exit, Failure};
use crate::cli::globals::{Globals, beside};
use crate::cli::new_file::NewFile;
use crate::cli::output::Output;
use crate::import::File;
use crate::instance::InstanceId;

/// How many files are named that are in the way.
const MOST_NAMED: usize = 20;

/// Writes the files.
pub(super) fn write(
    globals: &Globals,
    files: &[(InstanceId, File)],
    force: bool,
) -> Result<(), Failure> {
    let base = beside(&globals.root, &globals.instances);
    let path = |file: &File| base.join(&file.below);
    refuse_to_overwrite(files.iter().map(|(_, file)| path(file)), force)?;
    let folders: BTreeSet<PathBuf> =
        files.iter().filter_map(|(_, file)| Some(path(file).parent()?.to_owned())).collect();
    for folder in &folders {
        stays_inside(globals, folder)?;
    }
    for folder in &folders {
        fs::create_dir_all(folder).map_err(|error| refused(folder, &error))?;
        // Whether files can be written there shows when one is begun.
        NewFile::public(&folder.join("a.yaml"))?;
    }
    for (index, (_, file)) in files.iter().enumerate() {
        let written = NewFile::public(&path(file)).and_then(|new| new.write_searched(&file.text));
        written.map_err(|failure| {
            let before = told::written(globals, files.get(..index).unwrap_or_default());
            failure
                .hint("what was written before is on stdout")
                .with_result(Some(Output::Text(before)))
        })?;
    }
    Ok(())
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

/// Makes sure that the folder, or what there is of it, does not lead out of the repository or out of
/// the folder that somebody named.
fn stays_inside(globals: &Globals, folder: &Path) -> Result<(), Failure> {
    let there = folder.ancestors().find(|part| fs::symlink_metadata(part).is_ok());
    let there = there.filter(|part| !part.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let real = there.canonicalize().map_err(|error| refused(folder, &error))?;
    let root = globals.root.canonicalize().map_err(|error| refused(folder, &error))?;
    let named = globals.instances.is_absolute() || globals.instances.starts_with("..");
    if named || real.starts_with(&root) {
        return Ok(());
    }
    Err(refused(folder, &"it is a link that leads out of the repository")
        .hint("--instances names a folder elsewhere"))
}

fn refused(folder: &Path, cause: &dyn std::fmt::Display) -> Failure {
    let sentence = format!("no file can be written to {}", folder.display());
    Failure::new(Exit::Other, sentence).caused_by(cause)
}
