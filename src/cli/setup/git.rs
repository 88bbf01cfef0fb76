//! The one place that runs Git.
//!
//! Git is asked for names and IDs of objects only: `ls-files`, `ls-tree`, `rev-parse`, `merge-base`,
//! `for-each-ref`. These commands run no filter, no hook, no monitor, no external diff and no alias,
//! and they do not look at the content of the working tree. ocon compares that content itself (see
//! [`crate::cli::commands::changed_since`]). A Git library executes nothing either, but it adds far more code than five
//! questions need, and reads configuration, index and objects in a way that may differ from the
//! Git that made the checkout.
//!
//! Only the repository that contains the root is queried. Its top is the nearest folder with a
//! `.git`, which no commit can contain. Git starts there, so it never discovers another repository:
//! a folder of the commit that looks like a bare repository has its own configuration, and Git would
//! execute what it says.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cli::setup::environment::Environment;
use crate::reader::repository_above;

/// Options for every command. `safe.bareRepository` is the second lock on the door that the module
/// describes, for a Git that knows it.
const OPTIONS: [&str; 10] = [
    "--no-optional-locks",
    "--no-replace-objects",
    "--literal-pathspecs",
    "--no-pager",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "safe.bareRepository=explicit",
];

/// A clone that has only a part of its objects would fetch the others, with the programs that its
/// configuration names.
const NO_FETCH: [(&str, &str); 2] = [("GIT_NO_LAZY_FETCH", "1"), ("GIT_ALLOW_PROTOCOL", "none")];

/// Where a system looks for programs if no PATH is set.
const USUAL_PATH: &str = if cfg!(unix) { "/usr/bin:/bin" } else { "" };

/// Why Git cannot be queried: the cause, as a clause.
pub(crate) struct Unusable(pub(crate) String);

/// The repository that contains a folder.
pub(crate) struct Repository {
    /// The folder with `.git`, without links.
    pub(crate) top: PathBuf,
    program: Option<PathBuf>,
    variables: Vec<(OsString, OsString)>,
}

/// What Git has at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// What kind of file it is.
    pub(crate) kind: EntryKind,
    /// The ID of the object, in hexadecimal digits.
    pub(crate) object: String,
}

/// The kinds of files that Git knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryKind {
    /// A file, executable or not.
    File,
    /// A symbolic link, whose object is its target.
    Link,
    /// A commit of another repository (a submodule).
    Repository,
}

/// Entries by their path below the top of the repository.
pub(crate) type Entries = BTreeMap<PathBuf, Entry>;

impl Repository {
    /// The repository that contains `folder`; `None` where no folder above has a `.git`.
    ///
    /// # Errors
    /// If only `GIT_DIR` names a repository: nothing says which files it is about. If the repository is
    /// a submodule: a commit of the one around it chooses the whole history that Git would be asked for.
    pub(crate) fn containing(
        folder: &Path,
        environment: &Environment,
    ) -> Result<Option<Self>, Unusable> {
        match repository_above(folder) {
            Some(top) => {
                refuse_submodule(&top, environment)?;
                Ok(Some(Self::at(top, environment)))
            }
            None if environment.raw("GIT_DIR").is_some() => {
                let cause = "GIT_DIR names a repository, and no folder above has a `.git`";
                Err(Unusable(cause.to_owned()))
            }
            None => Ok(None),
        }
    }

    fn at(top: PathBuf, environment: &Environment) -> Self {
        let mut variables = environment.for_git();
        let folders = search_path(environment, &top);
        let program = folders.iter().find_map(|folder| program_in(folder));
        variables.extend(std::env::join_paths(folders).ok().map(|path| ("PATH".into(), path)));
        variables.extend(NO_FETCH.map(|(name, value)| (name.into(), value.into())));
        // Git does not search above the top, whatever is wrong with the `.git` there.
        let above = top.parent().map(|parent| ("GIT_CEILING_DIRECTORIES".into(), parent.into()));
        variables.extend(above);
        Self { top, program, variables }
    }

    /// What the index and HEAD have below `folder`.
    ///
    /// # Errors
    /// If Git cannot be queried.
    pub(crate) fn tracked(&self, folder: &Path) -> Result<Entries, Unusable> {
        let below = folder.strip_prefix(&self.top).unwrap_or(folder).as_os_str();
        let below = if below.is_empty() { OsStr::new(".") } else { below };
        let question = |words: [&'static str; 3]| {
            let words = words.into_iter().map(OsStr::new);
            words.chain([OsStr::new("-z"), OsStr::new("--"), below]).collect::<Vec<_>>()
        };
        let mut entries = self.entries(&question(["ls-files", "--cached", "--stage"]))?;
        // A branch without a commit has no HEAD; one whose commit is missing has, and fails below.
        let named = ["rev-parse", "--verify", "--quiet", "HEAD"].map(OsStr::new);
        if self.ask(&named).is_ok() {
            entries.extend(self.entries(&question(["ls-tree", "-r", "HEAD"]))?);
        }
        Ok(entries)
    }

    /// What a commit has, with the paths of the whole repository.
    ///
    /// # Errors
    /// If Git cannot be queried, or a part of the commit is not in this clone.
    pub(crate) fn files_of(&self, commit: &str) -> Result<Entries, Unusable> {
        self.entries(&["ls-tree", "-r", "-z", "--full-tree", commit].map(OsStr::new))
    }

    /// The answer to a question whose arguments are all text, without the line break at its end.
    ///
    /// # Errors
    /// If Git cannot be queried, or answers that there is no such thing.
    pub(crate) fn answer(&self, question: &[&str]) -> Result<String, Unusable> {
        let question: Vec<_> = question.iter().map(OsStr::new).collect();
        let answer = self.ask(&question)?;
        Ok(String::from_utf8_lossy(answer.trim_ascii_end()).into_owned())
    }

    fn entries(&self, question: &[&OsStr]) -> Result<Entries, Unusable> {
        let answer = self.ask(question)?;
        let lines = answer.split(|byte| *byte == 0).filter(|line| !line.is_empty());
        let unknown = || Unusable("git answers in a form that ocon does not know".to_owned());
        lines.map(|line| entry(line).ok_or_else(unknown)).collect()
    }

    fn ask(&self, question: &[&OsStr]) -> Result<Vec<u8>, Unusable> {
        let program = self.program.as_ref();
        let program = program.ok_or_else(|| Unusable("there is no `git` on the PATH".into()))?;
        let output = Command::new(program)
            .args(OPTIONS)
            .args(question)
            .current_dir(&self.top)
            .env_clear()
            .envs(self.variables.iter().cloned())
            .stdin(Stdio::null())
            .output()
            .map_err(|error| Unusable(format!("git cannot be started: {error}")))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        // The lines after the first one say what to do, as the hint does.
        let said = String::from_utf8_lossy(&output.stderr);
        Err(Unusable(said.lines().next().unwrap_or("git failed").to_owned()))
    }
}

/// Refuses the top of a submodule of a repository around it.
fn refuse_submodule(top: &Path, environment: &Environment) -> Result<(), Unusable> {
    let Some(outer) = top.parent().and_then(repository_above) else { return Ok(()) };
    let outer = Repository::at(outer, environment);
    let name = top.strip_prefix(&outer.top).unwrap_or(top);
    let is_submodule =
        outer.tracked(top)?.get(name).is_some_and(|entry| entry.kind == EntryKind::Repository);
    if is_submodule {
        let (name, outer) = (name.display(), outer.top.display());
        return Err(Unusable(format!(
            "{name} is a submodule of {outer}, which chooses its commits"
        )));
    }
    refuse_submodule(&outer.top, environment)
}

/// The folders of the PATH, without those that the author of a commit could fill.
fn search_path(environment: &Environment, top: &Path) -> Vec<PathBuf> {
    let path = environment.raw("PATH").cloned().unwrap_or_else(|| USUAL_PATH.into());
    let folders = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
    folders.filter(|folder| !real(folder).starts_with(top)).collect()
}

fn program_in(folder: &Path) -> Option<PathBuf> {
    let program = folder.join(format!("git{}", std::env::consts::EXE_SUFFIX));
    program.is_file().then_some(program)
}

fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// Reads `MODE … ID … TAB PATH`, as `ls-files --stage` and `ls-tree` write it.
fn entry(line: &[u8]) -> Option<(PathBuf, Entry)> {
    let tab = line.iter().position(|byte| *byte == b'\t')?;
    let (about, path) = (std::str::from_utf8(line.get(..tab)?).ok()?, line.get(tab + 1..)?);
    let mut words = about.split(' ');
    let kind = match words.next()? {
        "120000" => EntryKind::Link,
        "160000" => EntryKind::Repository,
        _ => EntryKind::File,
    };
    // Between the mode and the ID, `ls-tree` has the type; after the ID, `ls-files` has the stage.
    let object = words.find(|word| word.len() >= 40)?.to_owned();
    Some((PathBuf::from(self::path(path)), Entry { kind, object }))
}

/// A path in the bytes that Git writes.
fn path(bytes: &[u8]) -> OsString {
    #[cfg(unix)]
    {
        std::os::unix::ffi::OsStringExt::from_vec(bytes.to_vec())
    }
    #[cfg(not(unix))]
    {
        String::from_utf8_lossy(bytes).into_owned().into()
    }
}
