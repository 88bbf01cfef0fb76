//! Discovery and reading of files.
//!
//! In: a folder. Out: the text of the YAML files below it, sorted by path. Pull requests control these
//! files, so their number and size are limited, and links must not lead out of the repository.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};
use std::sync::Arc;

use walkdir::{DirEntry, WalkDir};

use super::redactions::Redactions;
use super::{Code, Problem, START, Text};
use crate::reader::{FileError, FileScope};
use crate::safe_text::quoted;

/// The largest file. A typical instance file has a few KB.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// The most files. An account has some thousand instances.
const MAX_FILES: usize = 100_000;

/// The most files and folders.
const MAX_ENTRIES: usize = 2 * MAX_FILES;

/// The most entries that are links or are reached through one. Folders that link to each other have any
/// number of paths, and longer paths take longer to follow.
const MAX_LINKED_ENTRIES: usize = 20_000;

/// Some editors begin a file with this.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// A file that belongs to the desired state.
#[derive(Debug)]
pub(super) struct SourceFile {
    /// The path for messages, relative to the root, with `/`.
    pub(super) file: String,
    /// The path below the folder without extension, with `/`: the default document key.
    pub(super) stem: String,
    path: PathBuf,
    scope: Arc<FileScope>,
}

impl SourceFile {
    /// A file at `path`, which is `below` the folder with the display name `shown`.
    fn new(shown: &str, below: &Path, path: PathBuf, scope: Arc<FileScope>) -> Self {
        let file = display_file(shown, below);
        Self { file, stem: display_path(&below.with_extension("")), path, scope }
    }

    /// A file `below` the instances folder, whether it exists or not.
    pub(super) fn named(root: &Path, folder: &Path, below: &Path) -> Self {
        let scope = Arc::new(FileScope::of(root, folder));
        Self::new(&display_folder(root, folder), below, root.join(folder).join(below), scope)
    }
}

pub(super) fn find(root: &Path, folder: &Path, problems: &mut Vec<Problem>) -> Vec<SourceFile> {
    let base = root.join(folder);
    let shown = display_folder(root, folder);
    if !base.is_dir() {
        problems.push(no_folder(&shown));
        return Vec::new();
    }
    let scope = Arc::new(FileScope::of(root, folder));
    if scope.resolve(&base).is_err() {
        problems.push(link_leaves(&shown));
        return Vec::new();
    }
    let mut search = FileSearch { base: &base, shown: &shown, scope, problems };
    let mut found = search.walk();
    found.sort_by(|a, b| a.file.cmp(&b.file));
    found
}

pub(super) fn display_folder(root: &Path, folder: &Path) -> String {
    display_path(folder.strip_prefix(root).unwrap_or(folder))
}

/// The path for messages of a file `below` a folder. The display name of the root is empty.
fn display_file(folder: &str, below: &Path) -> String {
    match folder {
        "" => display_path(below),
        _ => format!("{folder}/{}", display_path(below)),
    }
}

struct FileSearch<'a> {
    base: &'a Path,
    shown: &'a str,
    scope: Arc<FileScope>,
    problems: &'a mut Vec<Problem>,
}

/// The number of entries of a walk so far.
#[derive(Default)]
struct Visits {
    all: usize,
    /// Those that are links or are reached through one.
    linked: usize,
    /// The depth of the first link on the path of the entry.
    link: Option<usize>,
}

impl Visits {
    fn add(&mut self, entry: &Result<DirEntry, walkdir::Error>) {
        let depth = entry.as_ref().map_or_else(walkdir::Error::depth, DirEntry::depth);
        // The instances folder itself may be a link.
        let is_link = depth > 0 && entry.as_ref().map_or(true, DirEntry::path_is_symlink);
        self.link = self.link.filter(|link| *link < depth).or_else(|| is_link.then_some(depth));
        self.all += 1;
        self.linked += usize::from(self.link.is_some());
    }

    /// The message and fix if there are too many entries.
    fn excess(&self) -> Option<(String, &'static str)> {
        if self.linked > MAX_LINKED_ENTRIES {
            let message = format!(
                "links in this folder lead to more than {MAX_LINKED_ENTRIES} files and folders"
            );
            return Some((message, "remove links from one folder to another"));
        }
        let message = format!("this folder contains more than {MAX_ENTRIES} files and folders");
        (self.all > MAX_ENTRIES).then_some((message, "name another folder with `--instances DIR`"))
    }
}

impl FileSearch<'_> {
    fn walk(&mut self) -> Vec<SourceFile> {
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
                Ok(entry) if entry.depth() == 0 => continue,
                Ok(entry) => entry,
                Err(error) => {
                    self.problems.push(self.unreadable(&error));
                    continue;
                }
            };
            if is_skipped(&entry) || self.leaves_repository(&entry) {
                if entry.file_type().is_dir() {
                    entries.skip_current_dir();
                }
                continue;
            }
            found.extend(self.file(&entry));
            if found.len() > MAX_FILES {
                let message = format!("this folder contains more than {MAX_FILES} files");
                self.problems.push(Problem::of_file(Code::TooManyFiles, self.shown, message));
                return Vec::new();
            }
        }
        found
    }

    fn file(&mut self, entry: &DirEntry) -> Option<SourceFile> {
        if entry.file_type().is_dir() {
            return None;
        }
        let file = self.name(entry.path());
        let extension = entry.path().extension().and_then(OsStr::to_str).unwrap_or_default();
        match extension.to_ascii_lowercase().as_str() {
            "json" => self.problems.push(json_file(&file)),
            "yaml" | "yml" if !entry.file_type().is_file() => {
                self.problems.push(unreadable(&file, "this is not a file"));
            }
            "yaml" | "yml" => {
                let (below, scope) = (self.below(entry.path()), Arc::clone(&self.scope));
                return Some(SourceFile::new(self.shown, below, entry.path().to_owned(), scope));
            }
            _ => {}
        }
        None
    }

    /// Reports a link that leads out of the repository. Returns whether the entry is one.
    fn leaves_repository(&mut self, entry: &DirEntry) -> bool {
        let leaves = entry.path_is_symlink() && self.scope.resolve(entry.path()).is_err();
        if leaves {
            self.problems.push(link_leaves(&self.name(entry.path())));
        }
        leaves
    }

    fn unreadable(&self, error: &walkdir::Error) -> Problem {
        let file = error.path().map_or_else(|| self.shown.to_owned(), |path| self.name(path));
        let message = match error.io_error() {
            Some(error) => format!("this cannot be read: {error}"),
            None => "this link leads to one of its own parent folders".to_owned(),
        };
        unreadable(&file, message)
    }

    fn name(&self, path: &Path) -> String {
        display_file(self.shown, self.below(path))
    }

    fn below<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(self.base).unwrap_or(path)
    }
}

fn link_leaves(file: &str) -> Problem {
    Problem::of_file(Code::LinkLeavesRepository, file, "this link leads out of the repository")
        .help("replace the link with the file itself")
}

/// The names of the files in a folder, sorted, without folders and without names that are not Unicode.
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

/// Reads a file below a folder that is relative to the root. Returns `None` if it does not exist.
pub(super) fn read_optional(
    root: &Path,
    folder: &Path,
    below: &Path,
) -> Result<Option<Text>, Box<Problem>> {
    let file = folder.join(below);
    let path = root.join(&file);
    if fs::symlink_metadata(&path).is_err() {
        return Ok(None);
    }
    read_text(&FileScope::of(root, folder), &path, &display_path(&file)).map(Some)
}

fn is_skipped(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

/// The path with `/` on every platform, without `./`.
fn display_path(path: &Path) -> String {
    let text = path.to_string_lossy();
    text.strip_prefix("./").unwrap_or(&text).replace(MAIN_SEPARATOR, "/")
}

pub(super) fn read(file: &SourceFile) -> Result<Text, Box<Problem>> {
    read_text(&file.scope, &file.path, &file.file)
}

/// Reads a file whose path is relative to the root.
pub(super) fn read_given(root: &Path, given: &Path) -> Result<Text, Box<Problem>> {
    read_text(&FileScope::of(root, given), &root.join(given), &display_path(given))
}

/// Reads a text file of limited size. `file` is its path for messages.
fn read_text(scope: &FileScope, path: &Path, file: &str) -> Result<Text, Box<Problem>> {
    let bytes = scope.read(path, MAX_FILE_BYTES).map_err(|refusal| match refusal {
        FileError::LeavesBoundary => link_leaves(file),
        FileError::TooLarge => too_large(file),
        refusal => unreadable(file, format!("this file cannot be read: {refusal}")),
    })?;
    decode(bytes, file)
}

/// Decodes UTF-8 of limited size. `file` is the path for messages.
pub(super) fn decode(mut bytes: Vec<u8>, file: &str) -> Result<Text, Box<Problem>> {
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(Box::new(too_large(file)));
    }
    let file = file.into();
    // serde_yaml does not accept it.
    if bytes.starts_with(BYTE_ORDER_MARK) {
        bytes.drain(..BYTE_ORDER_MARK.len());
    }
    match String::from_utf8(bytes) {
        Ok(content) => Ok(Text { file, content }),
        Err(error) => Err(Box::new(not_utf8(file, &error))),
    }
}

fn too_large(file: &str) -> Problem {
    Problem::of_file(Code::FileTooLarge, file, "this file is larger than 1 MiB")
        .help("make the file smaller: a typical instance file has a few KB")
}

fn not_utf8(file: Arc<str>, error: &std::string::FromUtf8Error) -> Problem {
    let good = error.utf8_error().valid_up_to();
    let content = String::from_utf8_lossy(error.as_bytes()).into_owned();
    let text = Text { file, content };
    let range = text.part(START, good, '\u{fffd}'.len_utf8());
    Problem {
        at: text.span(range),
        excerpt: Some(Redactions::guessing().excerpt(&text, range)),
        ..Problem::of_file(Code::NotUtf8, &text.file, "this file is not UTF-8 text")
    }
    .help("save the file as UTF-8")
}

fn no_folder(shown: &str) -> Problem {
    let message = format!("the folder {} does not exist", quoted(shown));
    Problem::of_file(Code::NoInstancesFolder, shown, message)
    .help("create it, name another folder with `--instances DIR`, or run ocon in another folder with `-C DIR`")
}

pub(super) fn unreadable(file: &str, message: impl Into<String>) -> Problem {
    Problem::of_file(Code::UnreadableFile, file, message)
}

fn json_file(file: &str) -> Problem {
    Problem::of_file(Code::JsonFile, file, "ocon does not read JSON files")
        .help("rename it to `.yaml`: JSON is valid YAML")
}
