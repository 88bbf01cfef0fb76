//! KEY|PATH: the documents that an argument names, by document key or by path.
//!
//! Input: an argument and the loaded files. Output: the document keys that it means. Every command uses
//! these rules:
//!
//! - A name that is a document key means that document.
//! - A name that is a path means the documents in that file or folder. The path is relative to the root
//!   or to the working directory, which differ only with `-C`.
//! - A name that means different documents as a key and as a path, or as two paths, is an error. A name
//!   that begins with `./`, `../` or `/` is never a key.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use clap::builder::{OsStringValueParser, TypedValueParser as _, ValueParser, ValueParserFactory};

use crate::catalog::closest;
use crate::cli::setup::files::Files;
use crate::cli::setup::global_args::{GlobalArgs, below_root};
use crate::cli::terminal::{Exit, Failure};
use crate::desired::{Desired, DesiredInstance};
use crate::instance::Key;
use crate::report::style::count;
use crate::safe_text::quoted;

/// The maximum number of document keys in a message.
const MAX_KEYS_SHOWN: usize = 10;

/// An argument that names documents, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyOrPath(PathBuf);

impl KeyOrPath {
    /// Takes an argument. An empty one would be the root, and select every document.
    pub(crate) fn parse(text: OsString) -> Result<Self, String> {
        if text.is_empty() {
            return Err("write a document key or a path".to_owned());
        }
        Ok(Self(text.into()))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    fn key(&self) -> Option<Key> {
        self.0.to_str()?.parse().ok()
    }

    /// What a name without a document lacks.
    fn lacks(&self, globals: &GlobalArgs) -> Missing {
        let extension = self.0.extension().unwrap_or_default();
        if below_root(&globals.root, &self.0).exists() || self.0.exists() {
            Missing::Document
        } else if self.key().is_none()
            || extension.eq_ignore_ascii_case("yaml")
            || extension.eq_ignore_ascii_case("yml")
        {
            Missing::File
        } else {
            Missing::KeyOrFile
        }
    }
}

impl fmt::Display for KeyOrPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}

impl ValueParserFactory for KeyOrPath {
    type Parser = ValueParser;

    fn value_parser() -> Self::Parser {
        OsStringValueParser::new().try_map(Self::parse).into()
    }
}

/// What a name without a document lacks.
#[derive(Clone, Copy, Debug)]
enum Missing {
    /// It is a file or folder that contains no document.
    Document,
    /// It can only be a path, but nothing is there.
    File,
    /// It can be a document key or a path, and is neither.
    KeyOrFile,
}

/// Why an argument does not name the documents that a command needs.
#[derive(Debug)]
enum NameError<'n> {
    /// It names none.
    Unknown { name: &'n KeyOrPath, missing: Missing, similar: Option<String> },
    /// It names several, but the command needs one.
    Several { name: &'n KeyOrPath, keys: BTreeSet<Key> },
    /// It is the key of one document, which is at `key_at`, and the path of others.
    KeyAndPath { name: &'n KeyOrPath, key_at: String, in_path: usize },
    /// It is a path below the root and another one below the working directory.
    TwoPaths { name: &'n KeyOrPath, root: PathBuf, working_directory: PathBuf },
}

impl NameError<'_> {
    /// The failure, with this exit code if the name is unknown and can be a document key.
    fn failure(self, unknown_key: Exit, instances: &Path) -> Failure {
        let usage = |message: String| Failure::new(Exit::Usage, message);
        match self {
            Self::Unknown { name, missing, similar } => {
                let failure = match missing {
                    Missing::Document => usage(format!("{} contains no document", quoted(name))),
                    Missing::File => usage(format!("{} does not exist", quoted(name))),
                    Missing::KeyOrFile => {
                        let name = quoted(name);
                        let message = format!("no document has the key or the path {name}");
                        Failure::new(unknown_key, message)
                    }
                };
                failure.hint(similar.map_or_else(
                    || {
                        format!(
                            "name a document key, or a file or folder below {}/",
                            instances.display()
                        )
                    },
                    |similar| format!("did you mean {}?", quoted(similar)),
                ))
            }
            Self::Several { name, keys } => {
                let documents = count(keys.len(), "document");
                usage(format!(
                    "{} contains {documents}, but only one can be named here",
                    quoted(name)
                ))
                .hint(format!("use a document key: {}", list(&keys)))
            }
            Self::KeyAndPath { name, key_at, in_path } => {
                let documents = count(in_path, "document");
                usage(format!(
                    "{} is the key of the document at {key_at}, and a path with {documents}",
                    quoted(name)
                ))
                .hint(format!(
                    "for the path, write {}",
                    quoted(Path::new(".").join(&name.0).display())
                ))
                .hint("for the document, write the path of its file, or give it another `key:`")
            }
            Self::TwoPaths { name, root, working_directory } => usage(format!(
                "{} is a path below the folder of -C and another one below the current folder",
                quoted(name)
            ))
            .hint(format!(
                "write it in full: {} or {}",
                quoted(root.display()),
                quoted(working_directory.display())
            )),
        }
    }
}

fn list(keys: &BTreeSet<Key>) -> String {
    let shown: Vec<&str> = keys.iter().take(MAX_KEYS_SHOWN).map(Key::as_str).collect();
    let shown = shown.join(", ");
    match keys.len().saturating_sub(MAX_KEYS_SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

impl Files {
    /// The documents that these arguments name; `None` for all.
    pub(crate) fn select(
        &self,
        globals: &GlobalArgs,
        names: &[KeyOrPath],
    ) -> Result<Option<BTreeSet<Key>>, Failure> {
        if names.is_empty() {
            return Ok(None);
        }
        let failed = |error: NameError<'_>| error.failure(Exit::Usage, &globals.instances);
        let mut selected = BTreeSet::new();
        for name in names {
            selected.append(&mut self.named(globals, name).map_err(failed)?);
        }
        Ok(Some(selected))
    }

    /// The one document that an argument names.
    pub(crate) fn document(
        &self,
        globals: &GlobalArgs,
        name: &KeyOrPath,
    ) -> Result<(&Key, &DesiredInstance), Failure> {
        let failed = |error: NameError<'_>| error.failure(Exit::Invalid, &globals.instances);
        let keys = self.named(globals, name).map_err(failed)?;
        let documents = &self.desired.instances;
        let document = keys.first().and_then(|key| documents.get_key_value(key));
        match document {
            Some(document) if keys.len() == 1 => Ok(document),
            _ => Err(failed(NameError::Several { name, keys })),
        }
    }

    /// The documents that an argument names: at least one.
    fn named<'n>(
        &self,
        globals: &GlobalArgs,
        name: &'n KeyOrPath,
    ) -> Result<BTreeSet<Key>, NameError<'n>> {
        let desired = &self.desired;
        let by_key = name.key().and_then(|key| desired.instances.get_key_value(&key));
        let by_path = in_path(desired, globals, name)?;
        match by_key {
            None if by_path.is_empty() => Err(NameError::Unknown {
                name,
                missing: name.lacks(globals),
                similar: similar(desired, globals, name),
            }),
            None => Ok(by_path),
            Some((key, _)) if by_path.is_empty() || by_path.iter().eq([key]) => {
                Ok(BTreeSet::from([key.clone()]))
            }
            Some((_, wanted)) => {
                let key_at = format!("{}:{}", wanted.at.file, wanted.at.line);
                Err(NameError::KeyAndPath { name, key_at, in_path: by_path.len() })
            }
        }
    }
}

/// The documents in a file or folder, relative to the root or to the working directory.
fn in_path<'n>(
    desired: &Desired,
    globals: &GlobalArgs,
    name: &'n KeyOrPath,
) -> Result<BTreeSet<Key>, NameError<'n>> {
    let working_directory = globals.environment.working_directory();
    let root = working_directory.join(&globals.root);
    let below_root = documents_at(desired, &root, &root.join(&name.0));
    let below_working_directory = documents_at(desired, &root, &working_directory.join(&name.0));
    if below_root.is_empty() || below_root == below_working_directory {
        return Ok(below_working_directory);
    }
    if below_working_directory.is_empty() {
        return Ok(below_root);
    }
    let (root, working_directory) = (root.join(&name.0), working_directory.join(&name.0));
    Err(NameError::TwoPaths { name, root, working_directory })
}

/// The documents in a file or folder with an absolute path: as it is written, else without its links.
fn documents_at(desired: &Desired, root: &Path, path: &Path) -> BTreeSet<Key> {
    let inside = |root: &Path, path: &Path| -> BTreeSet<Key> {
        let documents = desired.instances.iter();
        let inside = documents.filter(|(_, wanted)| root.join(&*wanted.at.file).starts_with(path));
        inside.map(|(key, _)| key.clone()).collect()
    };
    let written = inside(root, path);
    match (root.canonicalize(), path.canonicalize()) {
        (Ok(root), Ok(path)) if written.is_empty() => inside(&root, &path),
        _ => written,
    }
}

/// A similar document key or path: the same path below the folder of instances, else one with a typo.
fn similar(desired: &Desired, globals: &GlobalArgs, name: &KeyOrPath) -> Option<String> {
    let below_instances = KeyOrPath(globals.instances.join(&name.0));
    if in_path(desired, globals, &below_instances).is_ok_and(|keys| !keys.is_empty()) {
        return Some(below_instances.to_string());
    }
    let keys = desired.instances.keys().map(Key::as_str);
    let files = desired.instances.values().map(|wanted| Path::new(&*wanted.at.file));
    // The name of a file that does not exist is not meant to be a folder above it.
    let others = files.flat_map(Path::ancestors).filter(|path| !name.0.starts_with(path));
    let paths: BTreeSet<&str> = others.filter_map(Path::to_str).collect();
    let name = name.to_string();
    closest(name.trim_end_matches('/'), keys.chain(paths)).map(str::to_owned)
}
