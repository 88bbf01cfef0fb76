//! Whether every instance file that Git has is on disk.
//!
//! A sparse or partial checkout, a submodule that was not initialized, or a deletion that nobody
//! committed yet looks like files that somebody gave up. Git has all files of the commit and of the
//! index, whether or not they are on disk. Links below the folder of instances are followed. ocon
//! queries Git about no other repository than the one that contains the root. What cannot be
//! queried is an error: it never counts as complete.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::cli::setup::environment::Environment;
use crate::cli::setup::git::{Entry, EntryKind, Repository, Unusable};
use crate::cli::terminal::failure::{Exit, Failure};
use crate::reader::{begins_repository, repository_above};

/// The files below `folder` that Git has and that are not on disk, as a person names them.
///
/// # Errors
/// If Git cannot be queried although there is a repository.
pub(crate) fn missing_files(
    environment: &Environment,
    root: &Path,
    folder: &Path,
) -> Result<BTreeSet<String>, Failure> {
    let repository = Repository::containing(root, environment).map_err(unknown)?;
    let mut checkout = Checkout { repository, seen: BTreeSet::new(), missing: BTreeSet::new() };
    checkout.visit(folder).map_err(unknown)?;
    Ok(checkout.missing)
}

struct Checkout {
    repository: Option<Repository>,
    /// The folders that were visited: links may lead in a circle.
    seen: BTreeSet<PathBuf>,
    missing: BTreeSet<String>,
}

impl Checkout {
    fn visit(&mut self, folder: &Path) -> Result<(), Unusable> {
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        if !self.seen.insert(folder.clone()) {
            return Ok(());
        }
        let top = repository_above(&folder);
        match &self.repository {
            Some(repository) if top.as_ref() == Some(&repository.top) => {
                for (path, entry) in repository.tracked(&folder)? {
                    let file = repository.top.join(&path);
                    self.missing.extend(absence(&file, &path, &entry)?);
                }
            }
            _ => top.map_or(Ok(()), |top| Err(another(&top)))?,
        }
        self.visit_below(&folder)
    }

    /// Visits where links lead. A repository that the one above does not know is not complete for sure.
    fn visit_below(&mut self, folder: &Path) -> Result<(), Unusable> {
        let below = WalkDir::new(folder).min_depth(1).into_iter().filter_map(Result::ok);
        for entry in below.collect::<Vec<_>>() {
            if entry.path_is_symlink() && entry.path().is_dir() {
                self.visit(entry.path())?;
            } else if entry.file_name() == ".git" && entry.depth() > 1 {
                return Err(another(entry.path().parent().unwrap_or(folder)));
            }
        }
        Ok(())
    }
}

/// What is missing at a path that Git has, as a person names it.
fn absence(file: &Path, path: &Path, entry: &Entry) -> Result<Option<String>, Unusable> {
    let name = path.display();
    Ok(match entry.kind {
        _ if fs::symlink_metadata(file).is_err() => Some(name.to_string()),
        EntryKind::Link => file.canonicalize().is_err().then(|| format!("what {name} links to")),
        EntryKind::Repository if begins_repository(file) => return Err(another(path)),
        EntryKind::Repository => Some(format!("the submodule {name}")),
        EntryKind::File => None,
    })
}

fn another(folder: &Path) -> Unusable {
    let folder = folder.display();
    Unusable(format!("{folder} is another repository than the one that contains the root"))
}

fn unknown(Unusable(cause): Unusable) -> Failure {
    let error = "Git cannot say whether all instance files are checked out, and --prune needs to know, so nothing \
                 was contacted";
    Failure::new(Exit::Guarded, error)
        .caused_by(&cause)
        .hint(
            "make `git status` work here: install Git, or, where another user owns the repository, \
             git config --global --add safe.directory FOLDER",
        )
        .hint("submodules and other repositories cannot be checked: run ocon in a clone of their own (-C DIR)")
}
