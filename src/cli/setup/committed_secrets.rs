//! Secrets that are committed.
//!
//! Whoever can read the repository knows such a secret. Whoever proposes a change could choose what
//! ocon takes for a secret, and so what it hides. A file in a repository that cannot be queried counts
//! as committed.

use std::collections::BTreeSet;
use std::path::Path;

use crate::cli::setup::arguments::Globals;
use crate::cli::setup::environment::Environment;
use crate::cli::setup::file_problems;
use crate::cli::setup::git::{Repository, Unusable};
use crate::cli::terminal::failure::Failure;
use crate::desired::{Code, Desired, Problem, add_excerpts};
use crate::instance::Span;
use crate::reader::repository_above;
use crate::safe_text::quoted;

/// Ends a command if a document refers to a secret file below `folder` that Git has.
pub(crate) fn refuse(
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
    let committed = tracked(globals, environment, &folder);
    let root = globals.root.canonicalize().unwrap_or_default();
    let mut problems = Vec::new();
    for (file, fields) in files {
        let file = folder.join(file);
        let Ok(real) = file.canonicalize() else { continue };
        let name = quoted(file.strip_prefix(&root).unwrap_or(&file).display());
        let (message, help) = match &committed {
            Ok(tracked) if tracked.as_ref().is_some_and(|tracked| tracked.has(&real)) => {
                (format!("{name} is in Git, so it is no secret"), FORGET)
            }
            Ok(_) => continue,
            Err(Unusable(cause)) => (
                format!("{name} counts as committed, because Git cannot be queried: {cause}"),
                ANSWER,
            ),
        };
        problems.extend(fields.into_iter().map(|at| problem(at, &message, help)));
    }
    if problems.is_empty() {
        return Ok(());
    }
    add_excerpts(&globals.root, &globals.schemas, &mut problems);
    Err(file_problems::invalid(globals, &problems))
}

const FORGET: &str = "take it out of Git (also out of the index), give it another value, and name its folder in .gitignore";
const ANSWER: &str = "make `git status` work here: install Git, or, where another user owns the repository, \
                      git config --global --add safe.directory FOLDER";

fn problem(at: &Span, message: &str, help: &str) -> Problem {
    let elsewhere =
        "a pipeline keeps secrets outside of the repository: --secrets-dir DIR (OCON_SECRETS_DIR)";
    Problem {
        code: Code::CommittedSecret,
        severity: Code::CommittedSecret.level().severity(),
        message: message.to_owned(),
        at: at.clone(),
        excerpt: None,
        label: None,
        help: vec![help.to_owned(), elsewhere.to_owned()],
        related: None,
    }
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
