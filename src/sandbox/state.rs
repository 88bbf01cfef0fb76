//! The state file, which keeps the state between restarts.
//!
//! A write replaces the file atomically. Only its owner can read it, because it contains secrets in
//! plain text: without them the sandbox could not reply as the platform does. An incomplete or invalid
//! file is an error with a position. It must never be replaced, repaired or ignored. Only one sandbox
//! at a time holds the lock file.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::{PrivateConnectors, SandboxCredentials, SandboxError, StoredInstance};

const VERSION: u64 = 1;

/// The first ID. Its Base64, `MjA5MzE=`, is the one in the vendor's examples.
const FIRST_ID: u64 = 20_931;

pub(super) struct SandboxState {
    /// Random credentials of the sandbox.
    pub(super) credentials: Option<SandboxCredentials>,
    pub(super) next_id: u64,
    /// Used codes, by connector.
    pub(super) codes: BTreeMap<String, BTreeSet<String>>,
    pub(super) connectors: PrivateConnectors,
    pub(super) instances: BTreeMap<u64, StoredInstance>,
}

pub(super) struct StateFile {
    path: PathBuf,
    /// Closing the file releases the lock.
    _lock: File,
}

/// The content of the file. The instances are a list, so that each ID occurs once.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct StateDocument<'a> {
    version: u64,
    credentials: Option<Cow<'a, SandboxCredentials>>,
    next_id: u64,
    codes: Cow<'a, BTreeMap<String, BTreeSet<String>>>,
    /// Absent as long as there never was a private connector.
    #[serde(default, skip_serializing_if = "is_unused")]
    connectors: Cow<'a, PrivateConnectors>,
    instances: Vec<Cow<'a, StoredInstance>>,
}

/// The member that determines how to read the others.
#[derive(Deserialize)]
struct FormatVersion {
    version: u64,
}

pub(super) fn open(path: PathBuf) -> Result<(SandboxState, StateFile), SandboxError> {
    let unreadable = |source| SandboxError::StateUnreadable(path.clone(), source);
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
        reason: without_position(&error),
    };
    let FormatVersion { version } = serde_json::from_slice(bytes).map_err(corrupt)?;
    let invalid =
        |reason| SandboxError::StateCorrupt { path: path.to_owned(), line: 1, column: 1, reason };
    if version != VERSION {
        let reason =
            format!("it has format version {version}, and this program reads version {VERSION}");
        return Err(invalid(reason));
    }
    let document: StateDocument<'_> = serde_json::from_slice(bytes).map_err(corrupt)?;
    document.into_state().map_err(invalid)
}

/// The error message without the position at its end.
fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or_else(|| text.clone(), |(reason, _)| reason.to_owned())
}

impl Default for SandboxState {
    fn default() -> Self {
        let (codes, instances) = (BTreeMap::new(), BTreeMap::new());
        let connectors = PrivateConnectors::default();
        Self { credentials: None, next_id: FIRST_ID, codes, connectors, instances }
    }
}

fn is_unused(connectors: &PrivateConnectors) -> bool {
    connectors.is_unused()
}

impl StateDocument<'_> {
    /// Checks what the types do not guarantee.
    fn into_state(self) -> Result<SandboxState, String> {
        let next_id = self.next_id;
        let mut instances = BTreeMap::new();
        let mut tokens = BTreeSet::new();
        for instance in self.instances {
            let instance = instance.into_owned();
            let id = instance.id;
            if id >= next_id {
                return Err(format!(
                    "the ID of instance {id} is not below `next_id`, which is {next_id}"
                ));
            }
            if !tokens.insert(instance.token.clone()) {
                return Err(format!("instance {id} has the token of another instance"));
            }
            if instances.insert(id, instance).is_some() {
                return Err(format!("two instances have the ID {id}"));
            }
        }
        self.connectors.check()?;
        Ok(SandboxState {
            credentials: self.credentials.map(Cow::into_owned),
            next_id,
            codes: self.codes.into_owned(),
            connectors: self.connectors.into_owned(),
            instances,
        })
    }
}

impl StateFile {
    /// Replaces the file.
    ///
    /// Writes another file and renames it, so that a reader or a crash never sees partial content. Does
    /// not wait for the disk, because that would delay each request. A power failure can lose the
    /// last seconds.
    pub(super) fn write(&self, saved: &SandboxState) -> io::Result<()> {
        let document = StateDocument {
            version: VERSION,
            credentials: saved.credentials.as_ref().map(Cow::Borrowed),
            next_id: saved.next_id,
            codes: Cow::Borrowed(&saved.codes),
            connectors: Cow::Borrowed(&saved.connectors),
            instances: saved.instances.values().map(Cow::Borrowed).collect(),
        };
        let file = create_replacement(&self.path)?;
        let mut writer = BufWriter::new(file);
        serde_json::to_writer_pretty(&mut writer, &document)?;
        writer.write_all(b"\n")?;
        let file = writer.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.persist(&self.path)?;
        Ok(())
    }
}

/// Creates the file that will replace the one at `path`. It has mode 0600 from the start. Its name is
/// always the same, so that a killed sandbox leaves at most one such file. Only the holder of the lock
/// uses the name.
fn create_replacement(path: &Path) -> io::Result<NamedTempFile> {
    match fs::remove_file(with_suffix(path, ".new")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    tempfile::Builder::new().prefix(&name).rand_bytes(0).tempfile_in(folder_of(path))
}

/// Appends a suffix to the file name of a path.
fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn lock(path: &Path) -> Result<File, SandboxError> {
    let lock_path = with_suffix(path, ".lock");
    let unreadable = |source| SandboxError::StateUnreadable(lock_path.clone(), source);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&lock_path).map_err(unreadable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(SandboxError::StateLocked(path.to_owned())),
        Err(TryLockError::Error(source)) => Err(unreadable(source)),
    }
}

/// Creates the folder of the file if it does not exist. Only its owner has access.
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
