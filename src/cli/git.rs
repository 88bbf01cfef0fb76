//! What Git knows of the repository.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use super::environment::Environment;
use super::failure::{Exit, Failure};
use super::globals::Globals;

/// Refuses secrets that Git has: whoever can read the repository knows them, and whoever proposes a
/// change could choose what is taken for a secret, and so for something to hide.
pub(super) fn refuse_committed(
    globals: &Globals,
    environment: &Environment,
    folder: &Path,
) -> Result<(), Failure> {
    let git = Git::new(&globals.root, environment);
    let folder = folder.strip_prefix(&globals.root).unwrap_or(folder).to_string_lossy();
    // Where there is no Git, or no repository, nothing is committed.
    let Ok(Ok(names)) = git.run(&["ls-files", "-z", "--", &folder]) else { return Ok(()) };
    let Some(name) = names.split(|byte| *byte == 0).find(|name| !name.is_empty()) else {
        return Ok(());
    };
    let name = String::from_utf8_lossy(name);
    Err(Failure::new(Exit::Invalid, format!("{name} is committed, so it is no secret"))
        .hint("take it out of Git, give it another value, and name its folder in .gitignore")
        .hint("a pipeline keeps secrets elsewhere: --secrets-dir DIR (OCON_SECRETS_DIR)"))
}

/// Git, run in the root.
pub(super) struct Git<'a> {
    pub(super) root: &'a Path,
    /// All that it gets of the environment.
    variables: Vec<(OsString, OsString)>,
}

impl<'a> Git<'a> {
    /// Git of the repository that the environment names, or else of the one above `root`.
    pub(super) fn new(root: &'a Path, environment: &Environment) -> Self {
        Self { root, variables: environment.for_git() }
    }

    /// Git of the repository above `root`, whatever the environment names.
    pub(super) fn discovered(root: &'a Path, environment: &Environment) -> Self {
        let mut variables = environment.for_git();
        variables.retain(|(name, _)| name != "GIT_DIR" && name != "GIT_WORK_TREE");
        Self { root, variables }
    }

    /// What Git answers, or what it says instead. It starts no hook and no monitor, and a filter
    /// that the repository has configured gets no variable of the pipeline.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<Result<Vec<u8>, String>, Failure> {
        let arguments: Vec<_> = arguments.iter().map(OsStr::new).collect();
        self.output(&arguments).map_err(|error| {
            unusable().caused_by(&error).hint("install Git, or name the files: ocon plan PATH…")
        })
    }

    /// The same, where it is the caller who says what follows if Git cannot be started.
    pub(super) fn output(&self, arguments: &[&OsStr]) -> io::Result<Result<Vec<u8>, String>> {
        let output = Command::new("git")
            .args(["--no-optional-locks", "-c", "core.fsmonitor=false"])
            .args(["-c", "core.hooksPath=/dev/null", "-c", "safe.bareRepository=explicit"])
            .args(arguments)
            .current_dir(self.root)
            .env_clear()
            .envs(self.variables.iter().cloned())
            .stdin(Stdio::null())
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Ok(if output.status.success() { Ok(output.stdout) } else { Err(said) })
    }
}

pub(super) fn unusable() -> Failure {
    Failure::new(Exit::Usage, "Git cannot tell what changed, and --changed-since needs it")
}

/// A path in the bytes that Git writes.
pub(super) fn path(bytes: &[u8]) -> OsString {
    #[cfg(unix)]
    {
        std::os::unix::ffi::OsStringExt::from_vec(bytes.to_vec())
    }
    #[cfg(not(unix))]
    {
        String::from_utf8_lossy(bytes).into_owned().into()
    }
}
