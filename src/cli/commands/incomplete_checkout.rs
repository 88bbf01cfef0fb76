//! Finds instance files that are in Git but not on disk.
//!
//! In a sparse or partial checkout, without an initialized submodule, or after an uncommitted deletion,
//! a file looks as if it was deleted on purpose. Git has all files of the commit and of the index. Links
//! below the folder of instances are followed. Only the repository that contains the root is queried.
//! If it cannot be queried, the check fails: the checkout never counts as complete.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::cli::setup::{
    Environment, git,
    git::{Entry, EntryKind, Repository, Unusable},
};
use crate::cli::terminal::{Exit, Failure};
use crate::reader::{begins_repository, repository_above};

/// Returns the files below `folder` that are in Git but not on disk, as messages name them.
pub(crate) fn missing_files(
    environment: &Environment,
    root: &Path,
    folder: &Path,
) -> Result<BTreeSet<String>, Failure> {
    let repository = Repository::containing(root, environment).map_err(unchecked)?;
    let mut search = Search { repository, visited: BTreeSet::new(), missing: BTreeSet::new() };
    search.visit(folder).map_err(unchecked)?;
    Ok(search.missing)
}

struct Search {
    repository: Option<Repository>,
    /// The visited folders, because links can form a cycle.
    visited: BTreeSet<PathBuf>,
    missing: BTreeSet<String>,
}

impl Search {
    fn visit(&mut self, folder: &Path) -> Result<(), Unusable> {
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        if !self.visited.insert(folder.clone()) {
            return Ok(());
        }
        let top = repository_above(&folder);
        match &self.repository {
            Some(repository) if top.as_ref() == Some(&repository.top) => {
                for (path, entry) in repository.tracked(&folder)? {
                    let file = repository.top.join(&path);
                    self.missing.extend(missing_file(&file, &path, &entry)?);
                }
            }
            _ => top.map_or(Ok(()), |top| Err(other_repository(&top)))?,
        }
        self.visit_below(&folder)
    }

    /// Visits the targets of links. A repository that the outer one does not know cannot be checked.
    fn visit_below(&mut self, folder: &Path) -> Result<(), Unusable> {
        let below = WalkDir::new(folder).min_depth(1).into_iter().filter_map(Result::ok);
        for entry in below.collect::<Vec<_>>() {
            if entry.path_is_symlink() && entry.path().is_dir() {
                self.visit(entry.path())?;
            } else if entry.file_name() == ".git" && entry.depth() > 1 {
                return Err(other_repository(entry.path().parent().unwrap_or(folder)));
            }
        }
        Ok(())
    }
}

/// The name of what is missing at a path in Git, if anything is.
fn missing_file(file: &Path, path: &Path, entry: &Entry) -> Result<Option<String>, Unusable> {
    let name = path.display();
    Ok(match entry.kind {
        _ if fs::symlink_metadata(file).is_err() => Some(name.to_string()),
        EntryKind::Link => file.canonicalize().is_err().then(|| format!("the target of {name}")),
        EntryKind::Submodule if begins_repository(file) => return Err(other_repository(path)),
        EntryKind::Submodule => Some(format!("the submodule {name}")),
        EntryKind::File => None,
    })
}

fn other_repository(folder: &Path) -> Unusable {
    let folder = folder.display();
    Unusable(format!("{folder} is another repository than the one that contains the root"))
}

fn unchecked(Unusable(cause): Unusable) -> Failure {
    let error = "Git cannot be queried, but --prune must know whether all instance files are checked out, so \
                 nothing was contacted";
    Failure::new(Exit::Guarded, error)
        .caused_by(&cause)
        .hint(git::REPAIR_HINT)
        .hint("ocon cannot check submodules and other repositories: run ocon in a separate clone of them (-C DIR)")
}
