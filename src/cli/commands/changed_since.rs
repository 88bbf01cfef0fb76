//! `--changed-since REF`: the documents that a branch changes.
//!
//! The files on disk are compared with the commit at which the branch left REF, so later changes on REF do
//! not count. A changed file that several documents share changes all of them: `ocon.yaml`, a
//! `--var-file`, or the schema of their connector.
//!
//! Git returns the object IDs of the commit. ocon itself computes the object IDs of the files on disk,
//! because Git would run the filters that the repository configures. Therefore a file counts as changed
//! if a filter changes more than its line endings. So do files of a repository inside this one, about
//! which ocon does not query Git.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::cli::setup::{
    Files, GlobalArgs, git,
    git::{Entries, Entry, EntryKind, Repository, Unusable},
    global_args::below_root,
};
use crate::cli::terminal::{Exit, Failure};
use crate::instance::Key;
use crate::safe_text::quoted;

const MAX_LINKS: usize = 40;
/// The maximum number of bytes of a file that are compared. ocon reads no larger file of a repository.
const MAX_BYTES: u64 = 1 << 20;
/// The maximum number of merge bases. Branches that were merged into each other have several. Only a
/// contrived history has more, and each one costs a list of all its files.
const MAX_MERGE_BASES: usize = 8;
const NAME_FILES: &str = "or name the files instead: ocon plan PATH…";

pub(crate) fn changed_documents(
    reference: &str,
    globals: &GlobalArgs,
    files: &Files,
) -> Result<BTreeSet<Key>, Failure> {
    // Not canonical, because a link on the path to the root may have changed.
    let root = globals.environment.working_directory().join(&globals.root);
    let root = root.as_path();
    let repository = Repository::containing(root, &globals.environment).and_then(|repository| {
        repository.ok_or_else(|| Unusable("no folder above has a `.git`".to_owned()))
    });
    let base = Base::of(reference, &repository.map_err(unusable)?)?;
    let mut shared = globals.var_file.iter().map(|file| root.join(file));
    let all_changed =
        base.differs(&root.join("ocon.yaml")) || shared.any(|file| base.differs(&file));
    let schemas = below_root(root, &globals.schemas).join("connectors");
    let changed = files.desired.instances.iter().filter(|(_, wanted)| {
        let file = root.join(&*wanted.at.file);
        all_changed
            // A name that is not Unicode differs from the one in the span.
            || fs::symlink_metadata(&file).is_err()
            || base.differs(&file)
            || base.differs(&schemas.join(format!("{}.schema.json", wanted.connector)))
    });
    Ok(changed.map(|(key, _)| key.clone()).collect())
}

struct Base {
    top: PathBuf,
    /// The files of each merge base.
    commits: Vec<Entries>,
}

impl Base {
    fn of(reference: &str, repository: &Repository) -> Result<Self, Failure> {
        let files = |commit: &String| repository.files_of(commit).map_err(unusable);
        let commits =
            merge_bases(repository, reference)?.iter().map(files).collect::<Result<_, _>>()?;
        Ok(Self { top: repository.top.clone(), commits })
    }

    /// Whether a file, or a link on the path to it, differs. A file outside the repository never does.
    fn differs(&self, file: &Path) -> bool {
        let steps = resolve(file);
        let inside =
            steps.iter().filter_map(|step| Some((step, step.strip_prefix(&self.top).ok()?)));
        let mut inside = inside.collect::<Vec<_>>().into_iter();
        inside.any(|(step, name)| self.commits.iter().any(|files| !is_same(step, files.get(name))))
    }
}

/// The links on the path to a file, and the file that they lead to.
fn resolve(file: &Path) -> Vec<PathBuf> {
    let parts = |path: &Path| -> Vec<OsString> {
        path.components().rev().map(|part| part.as_os_str().to_owned()).collect()
    };
    let (mut links, mut resolved, mut remaining) = (Vec::new(), PathBuf::new(), parts(file));
    while let Some(part) = remaining.pop() {
        if part == ".." {
            resolved.pop();
            continue;
        }
        let next = if part == "." { resolved.clone() } else { resolved.join(part) };
        match fs::read_link(&next) {
            Ok(target) if links.len() < MAX_LINKS => {
                remaining.extend(parts(&target));
                links.push(next);
            }
            _ => resolved = next,
        }
    }
    links.push(resolved);
    links
}

fn is_same(path: &Path, entry: Option<&Entry>) -> bool {
    let Some(entry) = entry else { return fs::symlink_metadata(path).is_err() };
    match (entry.kind, fs::read_link(path)) {
        (EntryKind::Link, Ok(target)) => {
            is_object(target.as_os_str().as_encoded_bytes(), &entry.object)
        }
        (EntryKind::File, Err(_)) => content(path).is_ok_and(|content| {
            is_object(&content, &entry.object)
                || is_object(&without_carriage_returns(&content), &entry.object)
        }),
        _ => false,
    }
}

fn content(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let mut content = Vec::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut content)?;
    Ok(content)
}

/// The bytes as Git commits them if it converts line endings (`core.autocrlf`).
fn without_carriage_returns(content: &[u8]) -> Vec<u8> {
    let mut rest = content.iter().peekable();
    let mut converted = Vec::with_capacity(content.len());
    while let Some(byte) = rest.next() {
        if *byte != b'\r' || rest.peek() != Some(&&b'\n') {
            converted.push(*byte);
        }
    }
    converted
}

/// Whether these bytes have this object ID (<https://git-scm.com/book/en/v2/Git-Internals-Git-Objects>).
fn is_object(content: &[u8], id: &str) -> bool {
    fn id_of<D: Digest>(content: &[u8]) -> String {
        let digest = D::new().chain_update(format!("blob {}\0", content.len()));
        let digest = digest.chain_update(content).finalize();
        digest.iter().fold(String::new(), |id, byte| id + &format!("{byte:02x}"))
    }
    // A repository uses either hash for all objects.
    let is_sha1 = id.len() == 40;
    id == if is_sha1 { id_of::<Sha1>(content) } else { id_of::<Sha256>(content) }
}

/// The commits at which the branch left `reference`.
fn merge_bases(repository: &Repository, reference: &str) -> Result<Vec<String>, Failure> {
    check_unambiguous(repository, reference)?;
    let commit = format!("{reference}^{{commit}}");
    let rev_parse = ["rev-parse", "--verify", "--quiet", "--end-of-options", &commit];
    let name = quoted(reference);
    let Ok(commit) = repository.output_of(&rev_parse) else {
        return Err(no_base(repository, format!("Git finds no commit {name} here")));
    };
    match repository.output_of(&["merge-base", "--all", &commit, "HEAD"]) {
        Ok(bases) if bases.lines().nth(MAX_MERGE_BASES).is_some() => Err(too_many_bases(reference)),
        Ok(bases) => Ok(bases.lines().map(str::to_owned).collect()),
        Err(_) => Err(no_base(repository, format!("{name} and HEAD have no common commit"))),
    }
}

/// Refuses a name of several references. Git prefers a tag, which others than reviewers may push.
fn check_unambiguous(repository: &Repository, reference: &str) -> Result<(), Failure> {
    let name = reference.split(['~', '^', '@', ':']).next().unwrap_or_default();
    let names = ["refs/", "refs/tags/", "refs/heads/", "refs/remotes/"];
    let names = names.map(|folder| format!("{folder}{name}"));
    let for_each_ref = ["for-each-ref", "--format=%(refname)", "--"].into_iter();
    let for_each_ref: Vec<&str> = for_each_ref.chain(names.iter().map(String::as_str)).collect();
    let output = repository.output_of(&for_each_ref).map_err(unusable)?;
    let found = output.lines().filter(|line| names.iter().any(|name| name == line));
    let found: Vec<&str> = found.collect();
    let [first, .., last] = found[..] else { return Ok(()) };
    // A review compares with the remote branch.
    let suggested = if last.starts_with("refs/remotes/") { last } else { first };
    let error =
        format!("{} is the name of several references: {}", quoted(reference), found.join(", "));
    Err(Failure::new(Exit::Usage, error)
        .hint(format!("write the full name, for example --changed-since {suggested}")))
}

/// The failure if there is no commit to compare with, most often because a pipeline fetched too little.
fn no_base(repository: &Repository, error: String) -> Failure {
    let failure = Failure::new(Exit::Usage, error);
    match repository.output_of(&["rev-parse", "--is-shallow-repository"]).as_deref() {
        Ok("true") => failure.hint(
            "this clone has only a part of the history: fetch all of it \
             (`fetch-depth: 0` in GitHub Actions, `GIT_DEPTH: 0` in GitLab CI)",
        ),
        _ => failure.hint("name a branch, a tag or a commit, for example origin/main"),
    }
}

fn too_many_bases(reference: &str) -> Failure {
    let error = format!(
        "the histories of {} and HEAD have more than {MAX_MERGE_BASES} merge bases, too many to compare",
        quoted(reference)
    );
    Failure::new(Exit::Usage, error)
        .hint("name a commit that HEAD contains, for example --changed-since HEAD~1")
        .hint(NAME_FILES)
}

fn unusable(Unusable(cause): Unusable) -> Failure {
    Failure::new(Exit::Usage, "Git cannot be queried, but --changed-since needs it")
        .caused_by(&cause)
        .hint(git::REPAIR_HINT)
        .hint(NAME_FILES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_ids_equal_those_of_git() {
        // `printf 'hello\n' | git hash-object --stdin`, in both object formats.
        for id in [
            "ce013625030ba8dba906f756967f9e9ca394464a",
            "2cf8d83d9ee29543b34a87727421fdecb7e3f3a183d337639025de576db9ebb4",
        ] {
            assert!(is_object(b"hello\n", id), "{id}");
            assert!(!is_object(b"hello", id), "{id}");
            assert!(is_object(&without_carriage_returns(b"hello\r\n"), id), "{id}");
        }
        assert_eq!(without_carriage_returns(b"a\rb\r\r\nc\r"), b"a\rb\r\nc\r");
    }
}
