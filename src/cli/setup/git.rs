//! The one place that runs Git.
//!
//! ocon runs only `ls-files`, `ls-tree`, `rev-parse`, `merge-base` and `for-each-ref`, which return names
//! and object IDs. They run no filter, hook, monitor, external diff or alias, and do not read the content
//! of the working tree. `changed_since` compares that content itself. A Git library executes nothing
//! either, but it is far more code than five commands need, and may read configuration, index and
//! objects differently from the Git that made the checkout.
//!
//! Only the repository that contains the root is queried. Its top is the nearest folder with a `.git`,
//! which no commit can contain. Git starts there, so it never discovers another repository: a folder
//! in a commit can look like a bare repository, and Git would execute its configuration.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cli::setup::environment::Environment;
use crate::reader::repository_above;

/// Options for every command. `safe.bareRepository` also prevents the discovery of the module docs.
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

/// Stop a partial clone from fetching objects, with the programs that its configuration names.
const NO_FETCH: [(&str, &str); 2] = [("GIT_NO_LAZY_FETCH", "1"), ("GIT_ALLOW_PROTOCOL", "none")];
const DEFAULT_PATH: &str = if cfg!(unix) { "/usr/bin:/bin" } else { "" };
pub(crate) const REPAIR_HINT: &str = "make `git status` work here: install Git, or, if another user owns the \
     repository, run git config --global --add safe.directory FOLDER";

/// Why Git cannot be queried, as a clause.
pub(crate) struct Unusable(pub(crate) String);

pub(crate) struct Repository {
    /// The folder with `.git`, without links.
    pub(crate) top: PathBuf,
    program: Option<PathBuf>,
    variables: Vec<(OsString, OsString)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) kind: EntryKind,
    pub(crate) object: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryKind {
    /// A file, executable or not.
    File,
    /// A symbolic link. Its object is the target.
    Link,
    /// A submodule.
    Submodule,
}

/// Entries by path, relative to the top of the repository.
pub(crate) type Entries = BTreeMap<PathBuf, Entry>;

impl Repository {
    /// Finds the repository that contains `folder`; `None` if no folder above has a `.git`.
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
                let cause = "GIT_DIR names a repository, but no folder above has a `.git`";
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
        // Git must not search above the top, even if the `.git` there is broken.
        let above = top.parent().map(|parent| ("GIT_CEILING_DIRECTORIES".into(), parent.into()));
        variables.extend(above);
        Self { top, program, variables }
    }

    /// The entries of the index and of HEAD below `folder`.
    pub(crate) fn tracked(&self, folder: &Path) -> Result<Entries, Unusable> {
        let below = folder.strip_prefix(&self.top).unwrap_or(folder).as_os_str();
        let below = if below.is_empty() { OsStr::new(".") } else { below };
        let arguments = |words: [&'static str; 3]| {
            let words = words.into_iter().map(OsStr::new);
            words.chain([OsStr::new("-z"), OsStr::new("--"), below]).collect::<Vec<_>>()
        };
        let mut entries = self.entries(&arguments(["ls-files", "--cached", "--stage"]))?;
        // A branch without a commit has no HEAD. If the commit of HEAD is missing, `ls-tree` fails.
        let verify = ["rev-parse", "--verify", "--quiet", "HEAD"].map(OsStr::new);
        if self.run(&verify).is_ok() {
            entries.extend(self.entries(&arguments(["ls-tree", "-r", "HEAD"]))?);
        }
        Ok(entries)
    }

    /// The entries of a commit, in the whole repository.
    pub(crate) fn files_of(&self, commit: &str) -> Result<Entries, Unusable> {
        self.entries(&["ls-tree", "-r", "-z", "--full-tree", commit].map(OsStr::new))
    }

    /// Runs a command and returns its trimmed output.
    pub(crate) fn output_of(&self, arguments: &[&str]) -> Result<String, Unusable> {
        let arguments: Vec<_> = arguments.iter().map(OsStr::new).collect();
        let output = self.run(&arguments)?;
        Ok(String::from_utf8_lossy(output.trim_ascii_end()).into_owned())
    }

    fn entries(&self, arguments: &[&OsStr]) -> Result<Entries, Unusable> {
        let output = self.run(arguments)?;
        let lines = output.split(|byte| *byte == 0).filter(|line| !line.is_empty());
        let unknown = || Unusable("the output of git has an unknown format".to_owned());
        lines.map(|line| parse_entry(line).ok_or_else(unknown)).collect()
    }

    fn run(&self, arguments: &[&OsStr]) -> Result<Vec<u8>, Unusable> {
        let program = self.program.as_ref();
        let program = program.ok_or_else(|| Unusable("`git` is not on the PATH".into()))?;
        let output = Command::new(program)
            .args(OPTIONS)
            .args(arguments)
            // Git for Windows does not start in a folder whose path begins with `\\?\`.
            .current_dir(dunce::simplified(&self.top))
            .env_clear()
            .envs(self.variables.iter().cloned())
            .stdin(Stdio::null())
            .output()
            .map_err(|error| Unusable(format!("git cannot be started: {error}")))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        // The other lines are advice, which the hint replaces.
        let stderr = String::from_utf8_lossy(&output.stderr);
        Err(Unusable(stderr.lines().next().unwrap_or("git failed").to_owned()))
    }
}

/// Refuses a submodule: a commit of the outer repository chooses its whole history.
fn refuse_submodule(top: &Path, environment: &Environment) -> Result<(), Unusable> {
    let Some(outer) = top.parent().and_then(repository_above) else { return Ok(()) };
    let outer = Repository::at(outer, environment);
    let name = top.strip_prefix(&outer.top).unwrap_or(top);
    let is_submodule =
        outer.tracked(top)?.get(name).is_some_and(|entry| entry.kind == EntryKind::Submodule);
    if is_submodule {
        let (name, outer) = (name.display(), dunce::simplified(&outer.top).display());
        return Err(Unusable(format!(
            "{name} is a submodule of {outer}, which chooses its commits"
        )));
    }
    refuse_submodule(&outer.top, environment)
}

/// The folders of the PATH, without those that a commit can contain.
fn search_path(environment: &Environment, top: &Path) -> Vec<PathBuf> {
    let path = environment.raw("PATH").cloned().unwrap_or_else(|| DEFAULT_PATH.into());
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

/// Parses `MODE … ID … TAB PATH`, as `ls-files --stage` and `ls-tree` write it.
fn parse_entry(line: &[u8]) -> Option<(PathBuf, Entry)> {
    let tab = line.iter().position(|byte| *byte == b'\t')?;
    let (fields, path) = (std::str::from_utf8(line.get(..tab)?).ok()?, line.get(tab + 1..)?);
    let mut words = fields.split(' ');
    let kind = match words.next()? {
        "120000" => EntryKind::Link,
        "160000" => EntryKind::Submodule,
        _ => EntryKind::File,
    };
    // Between the mode and the ID, `ls-tree` has the type; after the ID, `ls-files` has the stage.
    let object = words.find(|word| word.len() >= 40)?.to_owned();
    Some((PathBuf::from(self::path(path)), Entry { kind, object }))
}

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
