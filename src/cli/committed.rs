//! Secrets that are committed.
//!
//! Whoever can read the repository knows such a secret. Whoever proposes a change could choose what
//! ocon takes for a secret, and so what it hides. A file in a repository that cannot be queried counts
//! as committed.

use std::collections::BTreeSet;
use std::path::Path;

use super::environment::Environment;
use super::failure::{Exit, Failure};
use super::git::{Repository, Unusable};
use super::globals::Globals;
use crate::desired::Desired;
use crate::reader::repository_above;

/// Ends a command if a document refers to a secret file below `folder` that Git has.
pub(super) fn refuse(
    globals: &Globals,
    environment: &Environment,
    folder: &Path,
    desired: &Desired,
) -> Result<(), Failure> {
    let files = desired.secret_files();
    // A folder that is not there has no file.
    let Some(folder) = folder.canonicalize().ok().filter(|_| !files.is_empty()) else {
        return Ok(());
    };
    let mut there = files.iter().filter_map(|file| {
        let real = folder.join(file).canonicalize().ok()?;
        Some((*file, real))
    });
    let committed = tracked(globals, environment, &folder);
    let found = match &committed {
        Ok(None) => None,
        Ok(Some(tracked)) => there.find(|(_, real)| tracked.has(real)),
        Err(_) => there.next(),
    };
    let Some((file, _)) = found else { return Ok(()) };
    let file = folder.join(file);
    let root = globals.root.canonicalize().unwrap_or_default();
    let name = file.strip_prefix(root).unwrap_or(&file).display();
    Err(match committed {
        Ok(_) => Failure::new(Exit::Invalid, format!("{name} is committed, so it is no secret"))
            .hint("take it out of Git, give it another value, and name its folder in .gitignore"),
        Err(Unusable(cause)) => {
            let sentence = format!("{name} counts as committed, because Git cannot be queried");
            Failure::new(Exit::Invalid, sentence).caused_by(&cause).hint(
                "make `git status` work here: install Git, or, where another user owns the \
                 repository, git config --global --add safe.directory FOLDER",
            )
        }
    }
    .hint(
        "a pipeline keeps secrets outside of the repository: --secrets-dir DIR (OCON_SECRETS_DIR)",
    ))
}

/// The paths that Git has, in lower case: some file systems find a file under either.
struct Tracked(BTreeSet<String>);

impl Tracked {
    /// Whether Git has the file, or has a folder above it as another repository.
    fn has(&self, real: &Path) -> bool {
        real.ancestors().any(|path| self.0.contains(&lower(path)))
    }
}

/// What the repository of the root has below the folder; `None` where the folder is in no repository,
/// or in one that is not that of the root and so not a matter of this review.
fn tracked(
    globals: &Globals,
    environment: &Environment,
    folder: &Path,
) -> Result<Option<Tracked>, Unusable> {
    let Some(repository) = Repository::containing(&globals.root, environment)? else {
        return Ok(None);
    };
    if !folder.starts_with(&repository.top) {
        return Ok(None);
    }
    if repository_above(folder).as_ref() != Some(&repository.top) {
        let cause = "it is in another repository than the one that contains the root";
        return Err(Unusable(cause.to_owned()));
    }
    let tracked = repository.tracked(folder)?;
    let paths = tracked.keys().map(|path| lower(&repository.top.join(path)));
    Ok(Some(Tracked(paths.collect())))
}

fn lower(path: &Path) -> String {
    path.to_string_lossy().to_lowercase()
}
