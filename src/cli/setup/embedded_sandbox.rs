//! The sandbox inside the process, for `--sandbox`.

use std::io::Write as _;
use std::path::Path;

use tempfile::NamedTempFile;

use crate::cli::setup::arguments::beside;
use crate::cli::terminal::failure::{Exit, Failure};
use crate::cli::terminal::interrupt;
use crate::cli::terminal::new_file::removal;
use crate::sandbox::{self, Handle, SandboxOptions};

/// The folder that holds its state, below the root.
const FOLDER: &str = ".ocon";

/// Starts a sandbox whose state is in `.ocon/sandbox.json` below `root`.
pub(crate) async fn start(root: &Path) -> Result<Handle, Failure> {
    let folder = beside(root, Path::new(FOLDER));
    prepare(&folder).map_err(|error| {
        let sentence = format!("the folder {} cannot be written", folder.display());
        Failure::unwritten(sentence, &error)
    })?;
    let options =
        SandboxOptions { state: Some(folder.join("sandbox.json")), ..SandboxOptions::default() };
    sandbox::start(options).await.map_err(|error| failure(&error))
}

/// Makes a folder that only its owner can read and that Git leaves alone.
fn prepare(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    refuse_links(folder)?;
    builder.create(folder)?;
    #[cfg(unix)]
    std::fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    let ignored = folder.join(".gitignore");
    if ignored.symlink_metadata().is_ok() {
        return Ok(());
    }
    let (mut file, _begun) = interrupt::undoable(|| NamedTempFile::new_in(folder), removal)?;
    // Git sees the secrets if this file stays empty.
    file.as_file_mut().write_all(b"*\n")?;
    match file.persist_noclobber(ignored) {
        Err(error) if error.error.kind() != std::io::ErrorKind::AlreadyExists => Err(error.error),
        _ => Ok(()),
    }
}

/// Refuses a folder that is a link or has one in it: somebody may have committed it, and the state has
/// secrets.
fn refuse_links(folder: &Path) -> std::io::Result<()> {
    let inside = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths = std::iter::once(folder.to_owned()).chain(inside.map(|entry| entry.path()));
    match paths.find(|path| path.is_symlink()) {
        Some(link) => {
            let name = link.file_name().unwrap_or_default().display();
            Err(std::io::Error::other(format!("{name} is a link, and the state has secrets")))
        }
        None => Ok(()),
    }
}

/// A sandbox that does not start, with the causes.
pub(crate) fn failure(error: &sandbox::SandboxError) -> Failure {
    let exit = match error {
        sandbox::SandboxError::NotLoopback { .. } => Exit::Usage,
        sandbox::SandboxError::FaultsUnreadable { .. }
        | sandbox::SandboxError::FaultsTooLarge { .. }
        | sandbox::SandboxError::FaultsInvalid { .. } => Exit::Invalid,
        _ => Exit::Other,
    };
    let failure = Failure::new(exit, error.to_string());
    match std::error::Error::source(error) {
        Some(cause) => failure.caused_by(&cause),
        None => failure,
    }
}
