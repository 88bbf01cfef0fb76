//! The state file: what survives a restart.
//!
//! In: a path. Out: what an earlier run saved, or nothing if there is no file yet. Every write
//! replaces the whole file at once and only its owner can read it, since it holds secrets in
//! clear: without them the sandbox could not answer as the platform does. A file that cannot be
//! read as a whole is an error with its place; it must never be replaced, repaired or ignored.
//! One sandbox at a time holds the lock beside the file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::instance::StoredInstance;
use super::{SandboxCredentials, SandboxError};

/// The version of the format that this build reads and writes.
const VERSION: u64 = 1;

/// The first id, so that its Base64, `MjA5MzE=`, is the one in the vendor's examples.
const FIRST_ID: u64 = 20_931;

/// What is saved.
pub(super) struct SandboxState {
    /// The credentials that this sandbox made up, so that they survive as well.
    pub(super) credentials: Option<SandboxCredentials>,
    pub(super) next_id: u64,
    /// The codes that were exchanged, by connector.
    pub(super) codes: BTreeMap<String, BTreeSet<String>>,
    pub(super) instances: BTreeMap<u64, StoredInstance>,
}

/// A state file that this process may write.
pub(super) struct StateFile {
    path: PathBuf,
    /// Held, not used: closing it gives the lock back.
    _lock: File,
}

/// The file as it is read. A list holds the instances, so that an id stands in one place only.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StateDocument {
    #[serde(rename = "version")]
    _version: u64,
    credentials: Option<SandboxCredentials>,
    next_id: u64,
    codes: BTreeMap<String, BTreeSet<String>>,
    instances: Vec<StoredInstance>,
}

/// The file as it is written.
#[derive(Serialize)]
struct StateDocumentRef<'a> {
    version: u64,
    credentials: Option<&'a SandboxCredentials>,
    next_id: u64,
    codes: &'a BTreeMap<String, BTreeSet<String>>,
    instances: Vec<&'a StoredInstance>,
}

/// The one member that tells how to read the others.
#[derive(Deserialize)]
struct Versioned {
    version: u64,
}

/// Locks the file at `path` and reads it.
pub(super) fn open(path: PathBuf) -> Result<(SandboxState, StateFile), SandboxError> {
    let unreadable = |source| SandboxError::StateUnreadable { path: path.clone(), source };
    create_folder(&path).map_err(unreadable)?;
    let lock = lock(&path)?;
    let saved = match fs::read(&path) {
        Ok(bytes) => decode(&path, &bytes)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => SandboxState::default(),
        Err(error) => return Err(unreadable(error)),
    };
    Ok((saved, StateFile { path, _lock: lock }))
}

fn decode(path: &Path, bytes: &[u8]) -> Result<SandboxState, SandboxError> {
    let corrupt = |error: serde_json::Error| SandboxError::StateCorrupt {
        path: path.to_owned(),
        line: error.line(),
        column: error.column(),
        reason: without_place(&error),
    };
    let Versioned { version } = serde_json::from_slice(bytes).map_err(corrupt)?;
    let invalid =
        |reason| SandboxError::StateCorrupt { path: path.to_owned(), line: 1, column: 1, reason };
    if version != VERSION {
        let reason = format!("it has format version {version}, and this program reads {VERSION}");
        return Err(invalid(reason));
    }
    let document: StateDocument = serde_json::from_slice(bytes).map_err(corrupt)?;
    document.into_saved().map_err(invalid)
}

/// What the error says, without the place that it ends with.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or_else(|| text.clone(), |(reason, _)| reason.to_owned())
}

impl Default for SandboxState {
    /// Nothing yet: no instance, no grant used.
    fn default() -> Self {
        let (codes, instances) = (BTreeMap::new(), BTreeMap::new());
        Self { credentials: None, next_id: FIRST_ID, codes, instances }
    }
}

impl StateDocument {
    /// Checks what the types cannot say.
    fn into_saved(self) -> Result<SandboxState, String> {
        let Self { _version: _, credentials, next_id, codes, instances: list } = self;
        let mut instances = BTreeMap::new();
        let mut tokens = BTreeSet::new();
        for instance in list {
            let id = instance.id;
            if id >= next_id {
                return Err(format!(
                    "the instance {id} is not below `next_id`, which is {next_id}"
                ));
            }
            if !tokens.insert(instance.token.clone()) {
                return Err(format!("the instance {id} has the token of another"));
            }
            if instances.insert(id, instance).is_some() {
                return Err(format!("there are two instances {id}"));
            }
        }
        Ok(SandboxState { credentials, next_id, codes, instances })
    }
}

impl StateFile {
    /// Replaces the file.
    ///
    /// The new content is written beside it and then takes its name, so a reader or a crash sees
    /// the old content or the new, never a part. It is not forced to disk: a power failure may
    /// cost the last seconds of a sandbox, and each request would have to wait for the disk.
    pub(super) fn write(&self, saved: &SandboxState) -> io::Result<()> {
        let document = StateDocumentRef {
            version: VERSION,
            credentials: saved.credentials.as_ref(),
            next_id: saved.next_id,
            codes: &saved.codes,
            instances: saved.instances.values().collect(),
        };
        let file = begin(&self.path)?;
        let mut writer = BufWriter::new(file);
        serde_json::to_writer_pretty(&mut writer, &document)?;
        writer.write_all(b"\n")?;
        let file = writer.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.persist(&self.path)?;
        Ok(())
    }
}

/// Begins the file that will take the place of the one at `path`. It has mode 0600 from the start, and
/// always the same name, so that a sandbox that was killed leaves one such file at most. Only the holder of the
/// lock uses the name.
fn begin(path: &Path) -> io::Result<NamedTempFile> {
    match fs::remove_file(beside(path, ".new")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    tempfile::Builder::new().prefix(&name).rand_bytes(0).tempfile_in(folder_of(path))
}

/// The path with something added to its name.
fn beside(path: &Path, addition: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(addition);
    name.into()
}

fn lock(path: &Path) -> Result<File, SandboxError> {
    let lock_path = beside(path, ".lock");
    let unreadable = |source| SandboxError::StateUnreadable { path: lock_path.clone(), source };
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&lock_path).map_err(unreadable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(SandboxError::StateLocked { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(unreadable(source)),
    }
}

/// Creates the folder of the file, for its owner alone, where there is none.
fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder_of(path))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
