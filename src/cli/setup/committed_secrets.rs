//! Refuses secret files that are committed to Git.
//!
//! Every reader of the repository knows such a secret. The author of a change could also choose what
//! ocon treats as a secret, and therefore what it hides. If Git cannot be queried, a file in a repository
//! counts as committed.

use std::collections::BTreeSet;
use std::path::Path;

use crate::cli::setup::file_problems::{self, problem};
use crate::cli::setup::git::{self, Repository, Unusable};
use crate::cli::setup::global_args::GlobalArgs;
use crate::cli::terminal::Failure;
use crate::desired::{Code, Desired, add_excerpts};
use crate::reader::repository_above;
use crate::safe_text::quoted;

const REMOVE: &str =
    "remove it from Git (also from the index), change the secret, and add its folder to .gitignore";
const KEEP_OUTSIDE: &str =
    "in a pipeline, keep secrets outside the repository: --secrets-dir DIR (OCON_SECRETS_DIR)";

/// Fails if a document refers to a secret file below `folder` that is in Git.
pub(crate) fn refuse(
    globals: &GlobalArgs,
    folder: &Path,
    desired: &Desired,
) -> Result<(), Failure> {
    let files = desired.secret_files();
    // A missing folder has no file.
    let Some(folder) = folder.canonicalize().ok().filter(|_| !files.is_empty()) else {
        return Ok(());
    };
    let committed = tracked(globals, &folder);
    let root = globals.root.canonicalize().unwrap_or_default();
    let mut problems = Vec::new();
    for (file, fields) in files {
        let file = folder.join(file);
        let Ok(real) = file.canonicalize() else { continue };
        let name = quoted(file.strip_prefix(&root).unwrap_or(&file).display());
        let (message, help) = match &committed {
            // A folder above the file can be a submodule.
            Ok(tracked) if real.ancestors().any(|path| tracked.contains(&lowercase(path))) => {
                (format!("{name} is in Git, so it is not secret"), REMOVE)
            }
            Ok(_) => continue,
            Err(Unusable(cause)) => (
                format!("{name} counts as committed, because Git cannot be queried: {cause}"),
                git::REPAIR_HINT,
            ),
        };
        let code = Code::CommittedSecret;
        problems.extend(fields.into_iter().map(|at| {
            problem(code, code.level().severity(), message.clone(), at, &[help, KEEP_OUTSIDE])
        }));
    }
    if problems.is_empty() {
        return Ok(());
    }
    add_excerpts(&globals.root, &globals.schemas, &mut problems);
    Err(file_problems::invalid(globals, &problems))
}

/// The paths in Git below the folder, in lower case, because some file systems ignore the case of names.
/// Empty if the folder is in no repository, or in another one, which is not part of this review.
fn tracked(globals: &GlobalArgs, folder: &Path) -> Result<BTreeSet<String>, Unusable> {
    let Some(repository) = Repository::containing(&globals.root, &globals.environment)? else {
        return Ok(BTreeSet::new());
    };
    if !folder.starts_with(&repository.top) {
        return Ok(BTreeSet::new());
    }
    if repository_above(folder).as_ref() != Some(&repository.top) {
        let cause = "it is in another repository than the one that contains the root";
        return Err(Unusable(cause.to_owned()));
    }
    let tracked = repository.tracked(folder)?;
    let paths = tracked.keys().map(|path| lowercase(&repository.top.join(path)));
    Ok(paths.collect())
}

fn lowercase(path: &Path) -> String {
    path.to_string_lossy().to_lowercase()
}
