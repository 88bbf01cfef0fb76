//! `--changed-since REF`: the documents that a branch touches, as Git tells.
//!
//! What counts is the difference between the working tree and the commit at which the branch left
//! REF: later changes on REF are not those of the branch. A document is touched as well by a change
//! of what several share: `ocon.yaml`, a `--var-file`, the schema of its connector.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::failure::{Exit, Failure};
use super::git::{Git, path, unusable};
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
    let changes = Git::new(root, environment).changes_since(reference)?;
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

/// How many links are followed on the way to a file.
const MOST_LINKS: usize = 40;

/// Paths that differ, absolute, as Git names them; what is not UTF-8 in them as documents name it.
struct Changes(BTreeSet<String>);

impl Changes {
    /// Whether a file differs, or a link on the way to it.
    fn touch(&self, file: &Path) -> bool {
        // A path that Git names is that of a file or of a link, which may be one to a folder, or of
        // a repository within this one.
        let named = |path: &Path| self.0.contains(&*path.to_string_lossy());
        way(file).iter().any(|step| step.ancestors().any(named))
    }
}

/// The links that are followed to a file, and where they lead in the end.
fn way(file: &Path) -> Vec<PathBuf> {
    let parts = |path: &Path| -> Vec<OsString> {
        path.components().rev().map(|part| part.as_os_str().to_owned()).collect()
    };
    let (mut links, mut reached, mut ahead) = (Vec::new(), PathBuf::new(), parts(file));
    while let Some(part) = ahead.pop() {
        if part == ".." {
            reached.pop();
            continue;
        }
        let next = if part == "." { reached.clone() } else { reached.join(part) };
        match fs::read_link(&next) {
            Ok(target) if links.len() < MOST_LINKS => {
                ahead.extend(parts(&target));
                links.push(next);
            }
            _ => reached = next,
        }
    }
    links.push(reached);
    links
}

impl Git<'_> {
    fn changes_since(&self, reference: &str) -> Result<Changes, Failure> {
        let top = self.run(&["rev-parse", "--show-toplevel"])?.map_err(|said| {
            unusable().caused_by(&said).hint("name the files instead: ocon plan PATH…")
        })?;
        let top = PathBuf::from(path(top.trim_ascii_end()));
        let base = self.base(reference)?;
        // Whatever the repository has configured: its files are those of whoever asks for a review.
        let differ = [
            "diff",
            "--name-only",
            "-z",
            "--no-renames",
            "--no-ext-diff",
            "--no-relative",
            "--ignore-submodules=none",
            &base,
            "--",
        ];
        let new = ["ls-files", "--others", "--exclude-standard", "--full-name", "-z", "--", ":/"];
        let mut changes = BTreeSet::new();
        for question in [&differ[..], &new[..]] {
            let names = self.run(question)?.map_err(|said| unusable().caused_by(&said))?;
            let names = names.split(|byte| *byte == 0).filter(|name| !name.is_empty());
            changes.extend(names.map(|name| top.join(path(name)).to_string_lossy().into_owned()));
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
}
