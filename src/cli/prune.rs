//! What must be sure before `--prune` may delete anything: that what is missing among the files is
//! not missing by mistake.
//!
//! A sparse checkout, a folder that does not exist, or a deletion that nobody committed yet looks
//! like files that somebody gave up. Git knows better: it has all files of the commit, whether or not
//! they are on disk. Where it cannot be queried, nothing is deleted.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::failure::{Exit, Failure};
use super::git::{self, Git};
use super::globals::{Globals, beside};
use super::session::Files;

/// How many missing files a message names.
const MAX_NAMED: usize = 3;

/// Refuses `--prune` where what is missing may be missing by mistake.
pub(super) fn check(
    globals: &Globals,
    environment: &Environment,
    files: &Files,
) -> Result<(), Failure> {
    check_files(globals, files)?;
    check_checkout(globals, environment)
}

fn check_files(globals: &Globals, files: &Files) -> Result<(), Failure> {
    let (error, hint) = if files.desired.instances.is_empty() {
        let folder = globals.instances.display();
        (
            "there is no document at all, so --prune would delete every instance of the project",
            format!(
                "check that `{folder}` is the folder you mean: --instances DIR, -C DIR. To give up a whole \
                 project, delete its instances in the user interface"
            ),
        )
    } else if !files.project_is_named {
        (
            "no project is named, and --prune would delete what others call `default` too",
            "if they are yours and stay in it: --project default; to name another one, write `project: NAME` \
             in ocon.yaml and take them over once with --take-from default, while they still have files"
                .to_owned(),
        )
    } else if files.left_unread {
        (
            "JSON files are not read, and --prune would delete the instances that they describe",
            "rename them to .yaml (JSON is YAML, too), or take them away".to_owned(),
        )
    } else {
        return Ok(());
    };
    Err(Failure::new(Exit::Guarded, error).hint(hint))
}

/// Refuses `--prune` where Git has a file below the folder of instances, in the index or in HEAD,
/// that is not on disk.
pub(super) fn check_checkout(globals: &Globals, environment: &Environment) -> Result<(), Failure> {
    let root = real(&globals.root);
    let folder = real(&beside(&globals.root, &globals.instances));
    // A folder elsewhere has a repository of its own, if any.
    let base = if folder.starts_with(&root) { &root } else { &folder };
    let is_above = |above: &Path| fs::symlink_metadata(above.join(".git")).is_ok();
    if environment.raw("GIT_DIR").is_none() && !base.ancestors().any(is_above) {
        return Ok(());
    }
    let missing = missing(&Git { root: base, environment }, &folder)?;
    if missing.is_empty() {
        return Ok(());
    }
    let mut named: Vec<_> = missing.iter().take(MAX_NAMED).map(String::as_str).collect();
    let more = missing.len() - named.len();
    let more = format!("{more} more");
    if missing.len() > MAX_NAMED {
        named.push(&more);
    }
    let error =
        "--prune would delete instances whose files are not checked out, so nothing was contacted";
    let cause = format!("Git has these files, and they are not on disk: {}", named.join(", "));
    Err(Failure::new(Exit::Guarded, error)
        .caused_by(&cause)
        .hint("if they are missing by mistake, bring them back: git sparse-checkout disable, or git restore FILE")
        .hint("if they were deleted or moved on purpose, commit that first: git add --all && git commit"))
}

/// The files below `folder` that Git has and that are not on disk, as Git names them.
fn missing(git: &Git<'_>, folder: &Path) -> Result<BTreeSet<String>, Failure> {
    let below = folder.strip_prefix(git.root).unwrap_or(folder).to_string_lossy().into_owned();
    let below = if below.is_empty() { ".".to_owned() } else { below };
    let has_commit = ask(git, &["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]).is_ok();
    let index = ["ls-files", "--cached", "-z", "--", &below];
    let head = ["ls-tree", "-r", "--name-only", "-z", "HEAD", "--", &below];
    let mut names = ask(git, &index)?;
    if has_commit {
        names.extend(ask(git, &head)?);
    }
    let is_missing = |name: &PathBuf| fs::symlink_metadata(git.root.join(name)).is_err();
    let missing = names.into_iter().filter(is_missing);
    Ok(missing.map(|name| name.to_string_lossy().into_owned()).collect())
}

/// The paths that Git answers with.
fn ask(git: &Git<'_>, question: &[&str]) -> Result<BTreeSet<PathBuf>, Failure> {
    let refused = |cause: &dyn std::fmt::Display| {
        let error = "Git cannot say whether all instance files are checked out, and --prune needs to know, so \
                     nothing was contacted";
        Failure::new(Exit::Guarded, error).caused_by(cause).hint(
            "make `git status` work here: install Git, or, where another user owns the repository, git config \
             --global --add safe.directory FOLDER",
        )
    };
    match git.output(question) {
        Ok(Ok(names)) => {
            let names = names.split(|byte| *byte == 0).filter(|name| !name.is_empty());
            Ok(names.map(|name| PathBuf::from(git::path(name))).collect())
        }
        // The lines after the first one repeat what the hint says.
        Ok(Err(reason)) => Err(refused(&reason.lines().next().unwrap_or_default())),
        Err(error) => Err(refused(&format!("git cannot be started: {error}"))),
    }
}

fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
