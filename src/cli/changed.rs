//! `--changed-since REF`: the documents that a branch touches, as Git tells.
//!
//! What counts is the difference between the working tree and the commit at which the branch left
//! REF: later changes on REF are not those of the branch. A document is touched as well by a change
//! of what several share: `ocon.yaml`, a `--var-file`, the schema of its connector.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::environment::Environment;
use super::failure::{Exit, Failure};
use super::globals::{Globals, beside};
use super::session::Files;
use crate::instance::Key;

/// The documents that changed since `reference`.
pub(super) fn since(
    reference: &str,
    globals: &Globals,
    environment: &Environment,
    files: &Files,
) -> Result<BTreeSet<Key>, Failure> {
    // As Git names it, whatever links lead to it.
    let root = globals.root.canonicalize().unwrap_or_else(|_| globals.root.clone());
    let root = root.as_path();
    let changes = Git { root, environment }.changes_since(reference)?;
    let shared = globals.var_file.iter().map(|file| root.join(file));
    let everything = changes.touch(&root.join("ocon.yaml"))
        || shared.into_iter().any(|file| changes.touch(&file));
    let schemas = beside(root, &globals.schemas).join("connectors");
    let documents = files.desired.instances.iter().filter(|(_, wanted)| {
        everything
            || changes.touch(&root.join(&*wanted.at.file))
            || changes.touch(&schemas.join(format!("{}.schema.json", wanted.connector)))
    });
    Ok(documents.map(|(key, _)| key.clone()).collect())
}

/// Paths that differ, absolute, as Git names them.
struct Changes(BTreeSet<PathBuf>);

impl Changes {
    /// Whether a file differs, or a link on the way to it.
    fn touch(&self, file: &Path) -> bool {
        // A path that Git names is that of a file or of a link, which may be one to a folder.
        let named = |path: &Path| path.ancestors().any(|path| self.0.contains(path));
        let real = file.canonicalize();
        named(file) || real.is_ok_and(|real| named(&real))
    }
}

/// Git, run in the root.
struct Git<'a> {
    root: &'a Path,
    environment: &'a Environment,
}

impl Git<'_> {
    fn changes_since(&self, reference: &str) -> Result<Changes, Failure> {
        let top = self.run(&["rev-parse", "--show-toplevel"])?.map_err(|said| {
            unusable().caused_by(&said).hint("name the files instead: ocon plan PATH…")
        })?;
        let top = PathBuf::from(path(top.trim_ascii_end()));
        let base = self.base(reference)?;
        let differ = ["diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", &base, "--"];
        let new = ["ls-files", "--others", "--exclude-standard", "--full-name", "-z", "--", ":/"];
        let mut changes = BTreeSet::new();
        for question in [&differ, &new] {
            let names = self.run(question)?.map_err(|said| unusable().caused_by(&said))?;
            let names = names.split(|byte| *byte == 0).filter(|name| !name.is_empty());
            changes.extend(names.map(|name| top.join(path(name))));
        }
        Ok(Changes(changes))
    }

    /// The commit at which the branch left `reference`.
    fn base(&self, reference: &str) -> Result<String, Failure> {
        let commit = format!("{reference}^{{commit}}");
        let known = self.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])?;
        let Ok(commit) = known else {
            return Err(self.missing(format!("Git knows no commit `{reference}` here")));
        };
        let commit = String::from_utf8_lossy(commit.trim_ascii_end()).into_owned();
        match self.run(&["merge-base", &commit, "HEAD"])? {
            Ok(base) => Ok(String::from_utf8_lossy(base.trim_ascii_end()).into_owned()),
            Err(_) => Err(self.missing(format!("`{reference}` and HEAD have no commit in common"))),
        }
    }

    /// Nothing to compare with, most often since a pipeline fetched too little.
    fn missing(&self, sentence: String) -> Failure {
        let failure = Failure::new(Exit::Usage, sentence);
        let shallow = self.run(&["rev-parse", "--is-shallow-repository"]);
        match shallow {
            Ok(Ok(answer)) if answer.starts_with(b"true") => failure.hint(
                "this clone has only a part of the history: fetch all of it \
                 (`fetch-depth: 0` in GitHub Actions, `GIT_DEPTH: 0` in GitLab CI)",
            ),
            _ => failure.hint("name a branch, a tag or a commit, like origin/main"),
        }
    }

    /// What Git answers, or what it says instead. It gets no secret, and starts nothing of what the
    /// repository may have configured.
    fn run(&self, arguments: &[&str]) -> Result<Result<Vec<u8>, String>, Failure> {
        let output = Command::new("git")
            .args(["-c", "core.fsmonitor=false"])
            .args(arguments)
            .current_dir(self.root)
            .env_clear()
            .envs(self.environment.for_children())
            .stdin(Stdio::null())
            .output()
            .map_err(|error| {
                unusable().caused_by(&error).hint("install Git, or name the files: ocon plan PATH…")
            })?;
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Ok(if output.status.success() { Ok(output.stdout) } else { Err(said) })
    }
}

fn unusable() -> Failure {
    Failure::new(Exit::Usage, "Git cannot tell what changed, and --changed-since needs it")
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
