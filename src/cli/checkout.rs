//! Whether every instance file that Git has is on disk.
//!
//! A sparse or partial checkout, a submodule that was not initialized, or a deletion that nobody
//! committed yet looks like files that somebody gave up. Git has all files of the commit and of the
//! index, whether or not they are on disk. Links and repositories below the folder of instances are
//! followed. What cannot be queried is an error: it never counts as complete.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::environment::Environment;
use super::failure::{Exit, Failure};
use super::git::{self, Git};

/// The modes of entries that are no files, as Git writes them.
const LINK: &[u8] = b"120000";
const REPOSITORY: &[u8] = b"160000";

/// The files below `folder` that Git has and that are not on disk, as a person names them.
///
/// # Errors
/// If Git cannot be queried although there is a repository.
pub(super) fn missing_files(
    environment: &Environment,
    folder: &Path,
) -> Result<BTreeSet<String>, Failure> {
    let mut checkout = Checkout { environment, seen: BTreeSet::new(), missing: BTreeSet::new() };
    if environment.raw("GIT_DIR").is_some() && repository_above(&real(folder)).is_none() {
        return Err(unknown(&"GIT_DIR names a repository, and none is above the instance files"));
    }
    checkout.visit(folder)?;
    Ok(checkout.missing)
}

struct Checkout<'a> {
    environment: &'a Environment,
    /// The folders that were visited: links may lead in a circle.
    seen: BTreeSet<PathBuf>,
    missing: BTreeSet<String>,
}

/// An entry of the index or of HEAD.
struct Entry {
    mode: Vec<u8>,
    path: PathBuf,
}

impl Checkout<'_> {
    fn visit(&mut self, folder: &Path) -> Result<(), Failure> {
        let folder = real(folder);
        if !self.seen.insert(folder.clone()) {
            return Ok(());
        }
        if let Some(top) = repository_above(&folder) {
            for entry in self.entries(&top, &folder)? {
                self.check(&top, &entry)?;
            }
        }
        self.visit_below(&folder)
    }

    /// Visits where links lead, and repositories that the one above does not know.
    fn visit_below(&mut self, folder: &Path) -> Result<(), Failure> {
        let below = WalkDir::new(folder).min_depth(1).into_iter().filter_map(Result::ok);
        for entry in below.collect::<Vec<_>>() {
            if entry.path_is_symlink() && entry.path().is_dir() {
                self.visit(entry.path())?;
            } else if entry.file_name() == ".git" && entry.depth() > 1 {
                entry.path().parent().map_or(Ok(()), |nested| self.visit(nested))?;
            }
        }
        Ok(())
    }

    fn check(&mut self, top: &Path, entry: &Entry) -> Result<(), Failure> {
        let path = top.join(&entry.path);
        let name = entry.path.display();
        if fs::symlink_metadata(&path).is_err() {
            self.missing.insert(name.to_string());
        } else if entry.mode == LINK && path.canonicalize().is_err() {
            self.missing.insert(format!("what {name} links to"));
        } else if entry.mode == REPOSITORY {
            if has_repository(&path) {
                self.visit(&path)?;
            } else {
                self.missing.insert(format!("the submodule {name}"));
            }
        }
        Ok(())
    }

    /// What the index and HEAD have below `folder`.
    fn entries(&self, top: &Path, folder: &Path) -> Result<Vec<Entry>, Failure> {
        let git = Git::discovered(top, self.environment);
        let below = folder.strip_prefix(top).unwrap_or(folder).as_os_str();
        let below = if below.is_empty() { OsStr::new(".") } else { below };
        let question = |words: [&'static str; 4]| {
            let words = words.into_iter().map(OsStr::new);
            words.chain([OsStr::new("-z"), OsStr::new("--"), below]).collect::<Vec<_>>()
        };
        let index = question(["--literal-pathspecs", "ls-files", "--cached", "--stage"]);
        let head = question(["--literal-pathspecs", "ls-tree", "-r", "HEAD"]);
        let mut entries = ask(&git, &index)?;
        // A branch without a commit has no HEAD; one whose commit is missing has, and fails below.
        let named = ["rev-parse", "--verify", "--quiet", "HEAD"].map(OsStr::new);
        if git.output(&named).is_ok_and(|answer| answer.is_ok()) {
            entries.extend(ask(&git, &head)?);
        }
        Ok(entries)
    }
}

/// The entries that Git answers with: `MODE … TAB PATH NUL`.
fn ask(git: &Git<'_>, question: &[&OsStr]) -> Result<Vec<Entry>, Failure> {
    let answer = match git.output(question) {
        Ok(Ok(answer)) => answer,
        // The lines after the first one repeat what the hint says.
        Ok(Err(reason)) => return Err(unknown(&reason.lines().next().unwrap_or_default())),
        Err(error) => return Err(unknown(&format!("git cannot be started: {error}"))),
    };
    let entry = |line: &[u8]| {
        let tab = line.iter().position(|byte| *byte == b'\t')?;
        let (about, path) = (line.get(..tab)?, line.get(tab + 1..)?);
        let mode = about.split(|byte| *byte == b' ').next()?.to_vec();
        Some(Entry { mode, path: PathBuf::from(git::path(path)) })
    };
    let lines = answer.split(|byte| *byte == 0).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            entry(line).ok_or_else(|| unknown(&"git answers in a form that ocon does not know"))
        })
        .collect()
}

fn unknown(cause: &dyn std::fmt::Display) -> Failure {
    let error = "Git cannot say whether all instance files are checked out, and --prune needs to know, so nothing \
                 was contacted";
    Failure::new(Exit::Guarded, error).caused_by(cause).hint(
        "make `git status` work here: install Git, or, where another user owns the repository, git config --global \
         --add safe.directory FOLDER",
    )
}

/// The folder above, or this one, in which a repository begins.
fn repository_above(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find(|above| has_repository(above)).map(Path::to_owned)
}

fn has_repository(folder: &Path) -> bool {
    fs::symlink_metadata(folder.join(".git")).is_ok()
}

fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
