//! Finding and reading the files.
//!
//! In: a folder. Out: the texts of the YAML files below it, sorted by path. Whatever comes out of a
//! pull request is bounded: how many files, how large, and links may not lead out of the repository.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use walkdir::{DirEntry, WalkDir};

use super::Code;
use super::problem::Problem;
use super::text::{Cover, START, Text};
use crate::reader::{Bounds, Refusal};
use crate::safe_text::quoted;

/// An instance file has a few kilobytes; beyond this it is something else.
const LARGEST_FILE: u64 = 1 << 20;

/// An account has some thousand instances.
const MOST_FILES: usize = 100_000;

/// As many folders as files.
const MAX_ENTRIES: usize = 2 * MOST_FILES;

/// The most entries that are links or reached through one. Folders that link to each other have more
/// paths than any disk has files, and each path takes longer to follow.
const MAX_LINKED_ENTRIES: usize = 20_000;

/// What some editors begin a file with.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// A file that belongs to the desired state.
#[derive(Debug)]
pub(super) struct Found {
    /// Path for messages, relative to the root, with `/`.
    file: String,
    /// Path below the folder without extension, with `/`: the key of its document.
    stem: String,
    path: PathBuf,
    bounds: Arc<Bounds>,
}

impl Found {
    /// A file at `path`, which is `below` the folder that messages call `shown`.
    fn new(shown: &str, below: &Path, path: PathBuf, bounds: Arc<Bounds>) -> Self {
        let file = inside(shown, below);
        Self { file, stem: display_path(&below.with_extension("")), path, bounds }
    }

    /// A file `below` the folder of instances, whether it is there or not.
    pub(super) fn named(root: &Path, folder: &Path, below: &Path) -> Self {
        let bounds = Arc::new(Bounds::of(root, folder));
        Self::new(&shown(root, folder), below, root.join(folder).join(below), bounds)
    }

    pub(super) fn stem(&self) -> &str {
        &self.stem
    }
}

/// Finds the YAML files below a folder.
pub(super) fn find(root: &Path, folder: &Path, problems: &mut Vec<Problem>) -> Vec<Found> {
    let base = root.join(folder);
    let shown = shown(root, folder);
    if !base.is_dir() {
        problems.push(no_folder(&shown));
        return Vec::new();
    }
    let bounds = Arc::new(Bounds::of(root, folder));
    if bounds.resolve(&base).is_err() {
        problems.push(link_leaves(&shown));
        return Vec::new();
    }
    let mut search = Search { base: &base, shown: &shown, bounds, problems };
    let mut found = search.walk();
    found.sort_by(|a, b| a.file.cmp(&b.file));
    found
}

/// The name of the folder of instances in messages.
pub(super) fn shown(root: &Path, folder: &Path) -> String {
    display_path(folder.strip_prefix(root).unwrap_or(folder))
}

/// A file `below` a folder, as a message names it; the root itself has no name.
fn inside(folder: &str, below: &Path) -> String {
    match folder {
        "" => display_path(below),
        _ => format!("{folder}/{}", display_path(below)),
    }
}

struct Search<'a> {
    base: &'a Path,
    shown: &'a str,
    bounds: Arc<Bounds>,
    problems: &'a mut Vec<Problem>,
}

/// The entries of a walk so far.
#[derive(Default)]
struct Visits {
    all: usize,
    /// Those that are links or reached through one.
    linked: usize,
    /// The depth of the first link on the way to the entry.
    link: Option<usize>,
}

impl Visits {
    fn add(&mut self, entry: &Result<DirEntry, walkdir::Error>) {
        let depth = entry.as_ref().map_or_else(walkdir::Error::depth, DirEntry::depth);
        // The folder of instances itself may be a link.
        let is_link = depth > 0 && entry.as_ref().map_or(true, DirEntry::path_is_symlink);
        self.link = self.link.filter(|link| *link < depth).or_else(|| is_link.then_some(depth));
        self.all += 1;
        self.linked += usize::from(self.link.is_some());
    }

    /// What there is too much of, and what to do.
    fn excess(&self) -> Option<(String, &'static str)> {
        if self.linked > MAX_LINKED_ENTRIES {
            let message = format!(
                "links in this folder lead to more than {MAX_LINKED_ENTRIES} files and folders"
            );
            return Some((message, "remove links from one folder to another"));
        }
        let message = format!("there are more than {MAX_ENTRIES} files and folders in this folder");
        (self.all > MAX_ENTRIES).then_some((message, "name another folder with `--instances DIR`"))
    }
}

impl Search<'_> {
    fn walk(&mut self) -> Vec<Found> {
        let mut found = Vec::new();
        let mut visits = Visits::default();
        let mut entries = WalkDir::new(self.base).follow_links(true).into_iter();
        while let Some(entry) = entries.next() {
            visits.add(&entry);
            if let Some((message, help)) = visits.excess() {
                let problem = Problem::of_file(Code::TooManyFiles, self.shown, message);
                self.problems.push(problem.help(help));
                return Vec::new();
            }
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.problems.push(self.unreadable(&error));
                    continue;
                }
            };
            if entry.depth() == 0 {
                continue;
            }
            if is_skipped(&entry) || self.leaves(&entry) {
                if entry.file_type().is_dir() {
                    entries.skip_current_dir();
                }
                continue;
            }
            found.extend(self.file(&entry));
            if found.len() > MOST_FILES {
                let message = format!("there are more than {MOST_FILES} files in this folder");
                self.problems.push(Problem::of_file(Code::TooManyFiles, self.shown, message));
                return Vec::new();
            }
        }
        found
    }

    fn file(&mut self, entry: &DirEntry) -> Option<Found> {
        if entry.file_type().is_dir() {
            return None;
        }
        let file = self.name(entry.path());
        let extension = entry.path().extension().and_then(OsStr::to_str).unwrap_or_default();
        match extension.to_ascii_lowercase().as_str() {
            "json" => self.problems.push(json_file(&file)),
            "yaml" | "yml" if !entry.file_type().is_file() => {
                self.problems.push(Problem::of_file(
                    Code::UnreadableFile,
                    &file,
                    "this is not a file",
                ));
            }
            "yaml" | "yml" => {
                let below = entry.path().strip_prefix(self.base).unwrap_or(entry.path());
                let bounds = Arc::clone(&self.bounds);
                return Some(Found::new(self.shown, below, entry.path().to_owned(), bounds));
            }
            _ => {}
        }
        None
    }

    /// Whether the entry is a link that leads out of the repository; that is reported.
    fn leaves(&mut self, entry: &DirEntry) -> bool {
        if !entry.path_is_symlink() {
            return false;
        }
        let path = entry.path();
        let leaves = self.bounds.resolve(path).is_err();
        if leaves {
            self.problems.push(link_leaves(&self.name(path)));
        }
        leaves
    }

    fn unreadable(&self, error: &walkdir::Error) -> Problem {
        let file = error.path().map_or_else(|| self.shown.to_owned(), |path| self.name(path));
        let message = match error.io_error() {
            Some(error) => format!("this cannot be read: {error}"),
            None => "this link leads back to a folder that it is in".to_owned(),
        };
        Problem::of_file(Code::UnreadableFile, &file, message)
    }

    fn name(&self, path: &Path) -> String {
        let below = path.strip_prefix(self.base).unwrap_or(path);
        inside(self.shown, below)
    }
}

fn link_leaves(file: &str) -> Problem {
    Problem::of_file(Code::LinkLeavesRepository, file, "this link leads out of the repository")
        .help("put the file itself there")
}

/// The names of the files in a folder, sorted; folders below it are left out. A name that is not
/// Unicode is none that ocon knows.
pub(super) fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() {
            names.extend(entry.file_name().into_string());
        }
    }
    names.sort();
    Ok(names)
}

/// Reads a file whose name is known, below a folder that is given relative to the root; `None` where
/// there is none.
pub(super) fn read_known(
    root: &Path,
    folder: &Path,
    below: &Path,
) -> Result<Option<Text>, Box<Problem>> {
    let file = folder.join(below);
    let path = root.join(&file);
    if fs::symlink_metadata(&path).is_err() {
        return Ok(None);
    }
    read_text(&Bounds::of(root, folder), &path, &display_path(&file)).map(Some)
}

fn is_skipped(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

/// The path with `/` on every platform, without `./`.
pub(super) fn display_path(path: &Path) -> String {
    let text = path.to_string_lossy();
    let text = text.strip_prefix("./").unwrap_or(&text);
    if std::path::MAIN_SEPARATOR == '/' {
        text.to_owned()
    } else {
        text.replace(std::path::MAIN_SEPARATOR, "/")
    }
}

/// Reads a file that was found.
pub(super) fn read(found: &Found) -> Result<Text, Box<Problem>> {
    read_text(&found.bounds, &found.path, &found.file)
}

/// Reads a file that is given relative to the root.
pub(super) fn read_given(root: &Path, given: &Path) -> Result<Text, Box<Problem>> {
    read_text(&Bounds::of(root, given), &root.join(given), &display_path(given))
}

/// Reads a text file of bounded size; `file` is its name in messages.
fn read_text(bounds: &Bounds, path: &Path, file: &str) -> Result<Text, Box<Problem>> {
    let bytes = bounds.read(path, LARGEST_FILE).map_err(|refusal| match refusal {
        Refusal::Leaves => link_leaves(file),
        Refusal::TooLarge => too_large(file),
        refusal => {
            let message = format!("this file cannot be read: {refusal}");
            Problem::of_file(Code::UnreadableFile, file, message)
        }
    })?;
    decode(bytes, file)
}

/// Takes bytes for the content of a file that was found.
pub(super) fn take(found: &Found, bytes: Vec<u8>) -> Result<Text, Box<Problem>> {
    decode(bytes, &found.file)
}

/// Bytes to text, if they are UTF-8 and not too many; `file` is their name in messages.
fn decode(mut bytes: Vec<u8>, file: &str) -> Result<Text, Box<Problem>> {
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(Box::new(too_large(file)));
    }
    let file = file.into();
    // It is no content, and serde_yaml stumbles over it.
    if bytes.starts_with(BYTE_ORDER_MARK) {
        bytes.drain(..BYTE_ORDER_MARK.len());
    }
    match String::from_utf8(bytes) {
        Ok(content) => Ok(Text { file, content }),
        Err(error) => Err(Box::new(not_utf8(file, &error))),
    }
}

fn too_large(file: &str) -> Problem {
    Problem::of_file(Code::FileTooLarge, file, "this file is larger than 1 MiB").help(
        "an instance file has a few kilobytes; large values belong into the provider's own settings",
    )
}

/// Points at the first byte that is no UTF-8.
fn not_utf8(file: std::sync::Arc<str>, error: &std::string::FromUtf8Error) -> Problem {
    let good = error.utf8_error().valid_up_to();
    let content = String::from_utf8_lossy(error.as_bytes()).into_owned();
    let text = Text { file, content };
    let mark = text.piece(START, good, '\u{fffd}'.len_utf8());
    Problem {
        at: text.span(mark),
        excerpt: Some(text.excerpt(mark, &Cover::guessing())),
        ..Problem::of_file(Code::NotUtf8, &text.file, "this file is not UTF-8 text")
    }
    .help("save it with the encoding UTF-8")
}

fn no_folder(shown: &str) -> Problem {
    Problem::of_file(
        Code::NoInstancesFolder,
        shown,
        format!("there is no folder {}", quoted(shown)),
    )
    .help("create it, or name another one with `--instances DIR`; `-C DIR` changes where ocon runs")
}

fn json_file(file: &str) -> Problem {
    Problem::of_file(Code::JsonFile, file, "JSON files are not read")
        .help("rename it to `.yaml`: JSON is valid YAML")
}
