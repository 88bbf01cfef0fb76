//! `--changed-since REF`: the documents that a branch touches.
//!
//! The difference is between the files on disk and the commit at which the branch left REF: later
//! changes on REF are not those of the branch. A change of a file that several documents share also
//! touches them: `ocon.yaml`, a `--var-file`, the schema of their connector.
//!
//! Git says which objects the commit has. ocon itself computes the IDs of the objects that the files
//! on disk would be, because Git would run the filters that the repository configures. A filter that
//! changes more than line endings therefore makes a file count as touched. The same is true for the
//! files of a repository within this one, about which Git is not asked.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::cli::setup::arguments::{Globals, beside};
use crate::cli::setup::environment::Environment;
use crate::cli::setup::git::{Entries, Entry, EntryKind, Repository, Unusable};
use crate::cli::setup::session::Files;
use crate::cli::terminal::failure::{Exit, Failure};
use crate::instance::Key;
use crate::safe_text::quoted;

/// The documents that changed since `reference`.
pub(crate) fn since(
    reference: &str,
    globals: &Globals,
    environment: &Environment,
    files: &Files,
) -> Result<BTreeSet<Key>, Failure> {
    // As it is written, since a link on the way to the root may have changed.
    let root = environment.working_directory().join(&globals.root);
    let root = root.as_path();
    let repository = Repository::containing(root, environment).and_then(|repository| {
        repository.ok_or_else(|| Unusable("no folder above has a `.git`".to_owned()))
    });
    let base = Base::of(reference, &repository.map_err(unusable)?)?;
    let shared = globals.var_file.iter().map(|file| root.join(file));
    let everything =
        base.touches(&root.join("ocon.yaml")) || shared.into_iter().any(|file| base.touches(&file));
    let schemas = beside(root, &globals.schemas).join("connectors");
    let documents = files.desired.instances.iter().filter(|(_, wanted)| {
        let file = root.join(&*wanted.at.file);
        everything
            // A name that is not Unicode is not the one by which the document was read.
            || fs::symlink_metadata(&file).is_err()
            || base.touches(&file)
            || base.touches(&schemas.join(format!("{}.schema.json", wanted.connector)))
    });
    Ok(documents.map(|(key, _)| key.clone()).collect())
}

/// How many links are followed on the way to a file.
const MAX_LINKS: usize = 40;

/// The most bytes of a file that are compared. ocon reads no larger file of a repository.
const MAX_BYTES: u64 = 1 << 20;

/// The most commits that a branch is compared with. Two branches that were merged into each other have
/// several merge bases. More come from a history that somebody made on purpose, and each one costs the
/// list of all its files.
const MAX_BASES: usize = 8;

/// What the branch began with.
struct Base {
    top: PathBuf,
    /// The files of the commit at which the branch left; of several, where histories cross.
    commits: Vec<Entries>,
}

impl Base {
    fn of(reference: &str, repository: &Repository) -> Result<Self, Failure> {
        let files = |commit: &String| repository.files_of(commit).map_err(unusable);
        let commits = repository.left_at(reference)?.iter().map(files).collect::<Result<_, _>>()?;
        Ok(Self { top: repository.top.clone(), commits })
    }

    /// Whether a file differs, or a link on the way to it. A file outside of the repository is not
    /// one of the branch.
    fn touches(&self, file: &Path) -> bool {
        let steps = way(file);
        let inside =
            steps.iter().filter_map(|step| Some((step, step.strip_prefix(&self.top).ok()?)));
        let mut inside = inside.collect::<Vec<_>>().into_iter();
        inside.any(|(step, name)| self.commits.iter().any(|files| !is_same(step, files.get(name))))
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
            Ok(target) if links.len() < MAX_LINKS => {
                ahead.extend(parts(&target));
                links.push(next);
            }
            _ => reached = next,
        }
    }
    links.push(reached);
    links
}

/// Whether the path is on disk what the commit has there.
fn is_same(path: &Path, entry: Option<&Entry>) -> bool {
    let Some(entry) = entry else { return fs::symlink_metadata(path).is_err() };
    match (entry.kind, fs::read_link(path)) {
        (EntryKind::Link, Ok(target)) => {
            is_object(target.as_os_str().as_encoded_bytes(), &entry.object)
        }
        (EntryKind::File, Err(_)) => content(path).is_ok_and(|content| {
            is_object(&content, &entry.object)
                || is_object(&with_short_line_ends(&content), &entry.object)
        }),
        _ => false,
    }
}

fn content(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(io::Error::other("this is not a file"));
    }
    let mut content = Vec::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut content)?;
    Ok(content)
}

/// The bytes as they are committed where Git converts line endings (`core.autocrlf`). YAML and JSON
/// mean the same either way.
fn with_short_line_ends(content: &[u8]) -> Vec<u8> {
    let mut rest = content.iter().peekable();
    let mut short = Vec::with_capacity(content.len());
    while let Some(byte) = rest.next() {
        if *byte != b'\r' || rest.peek() != Some(&&b'\n') {
            short.push(*byte);
        }
    }
    short
}

/// Whether these bytes are the object with this ID (<https://git-scm.com/book/en/v2/Git-Internals-Git-Objects>).
fn is_object(content: &[u8], id: &str) -> bool {
    fn id_of<D: Digest>(content: &[u8]) -> String {
        let digest = D::new().chain_update(format!("blob {}\0", content.len()));
        let digest = digest.chain_update(content).finalize();
        digest.iter().fold(String::new(), |id, byte| id + &format!("{byte:02x}"))
    }
    // A repository has either kind of ID.
    let is_sha1 = id.len() == 40;
    id == if is_sha1 { id_of::<Sha1>(content) } else { id_of::<Sha256>(content) }
}

impl Repository {
    /// The commits at which the branch left `reference`.
    fn left_at(&self, reference: &str) -> Result<Vec<String>, Failure> {
        self.check_that_one_is_meant(reference)?;
        let commit = format!("{reference}^{{commit}}");
        let question = ["rev-parse", "--verify", "--quiet", "--end-of-options", &commit];
        let Ok(commit) = self.answer(&question) else {
            return Err(self.missing(format!("Git knows no commit {} here", quoted(reference))));
        };
        match self.answer(&["merge-base", "--all", &commit, "HEAD"]) {
            Ok(bases) if bases.lines().nth(MAX_BASES).is_some() => Err(too_many_bases(reference)),
            Ok(bases) => Ok(bases.lines().map(str::to_owned).collect()),
            Err(_) => {
                Err(self
                    .missing(format!("{} and HEAD have no commit in common", quoted(reference))))
            }
        }
    }

    /// Refuses a name that is a tag, a branch and a remote branch at once. Git would take the tag, and
    /// whoever may push one could choose what a branch is compared with.
    fn check_that_one_is_meant(&self, reference: &str) -> Result<(), Failure> {
        let name = reference.split(['~', '^', '@', ':']).next().unwrap_or_default();
        let names = ["refs/", "refs/tags/", "refs/heads/", "refs/remotes/"];
        let names = names.map(|folder| format!("{folder}{name}"));
        let question = ["for-each-ref", "--format=%(refname)", "--"];
        let question: Vec<&str> =
            question.into_iter().chain(names.iter().map(String::as_str)).collect();
        let there = self.answer(&question).map_err(unusable)?;
        let meant: Vec<&str> =
            there.lines().filter(|line| names.iter().any(|name| name == line)).collect();
        let [first, .., last] = meant[..] else { return Ok(()) };
        let sentence = format!(
            "{} is the name of several references: {}",
            quoted(reference),
            meant.join(", ")
        );
        let hint = format!("write the whole name, for example --changed-since {}", {
            // The remote branch is what a review compares with.
            if last.starts_with("refs/remotes/") { last } else { first }
        });
        Err(Failure::new(Exit::Usage, sentence).hint(hint))
    }

    /// Nothing to compare with, most often since a pipeline fetched too little.
    fn missing(&self, sentence: String) -> Failure {
        let failure = Failure::new(Exit::Usage, sentence);
        match self.answer(&["rev-parse", "--is-shallow-repository"]).as_deref() {
            Ok("true") => failure.hint(
                "this clone has only a part of the history: fetch all of it \
                 (`fetch-depth: 0` in GitHub Actions, `GIT_DEPTH: 0` in GitLab CI)",
            ),
            _ => failure.hint("name a branch, a tag or a commit, like origin/main"),
        }
    }
}

/// The histories have more merge bases than are compared.
fn too_many_bases(reference: &str) -> Failure {
    let sentence = format!(
        "the histories of {} and HEAD cross too often to compare: they have more than {MAX_BASES} merge bases",
        quoted(reference)
    );
    Failure::new(Exit::Usage, sentence)
        .hint("name the files instead: ocon plan PATH…")
        .hint("or name a commit that HEAD contains, for example --changed-since HEAD~1")
}

fn unusable(Unusable(cause): Unusable) -> Failure {
    Failure::new(Exit::Usage, "Git cannot say what changed, and --changed-since needs to know")
        .caused_by(&cause)
        .hint(
            "make `git status` work here: install Git, or, where another user owns the repository, \
             git config --global --add safe.directory FOLDER",
        )
        .hint("or name the files instead: ocon plan PATH…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_has_the_id_that_git_gives_it() {
        // `printf 'hello\n' | git hash-object --stdin`, with both formats of objects.
        for id in [
            "ce013625030ba8dba906f756967f9e9ca394464a",
            "2cf8d83d9ee29543b34a87727421fdecb7e3f3a183d337639025de576db9ebb4",
        ] {
            assert!(is_object(b"hello\n", id), "{id}");
            assert!(!is_object(b"hello", id), "{id}");
            assert!(is_object(&with_short_line_ends(b"hello\r\n"), id), "{id}");
        }
        assert_eq!(with_short_line_ends(b"a\rb\r\r\nc\r"), b"a\rb\r\nc\r");
    }
}
