//! The sandbox inside the process, for `--sandbox`.

use std::io::Write as _;
use std::path::Path;

use tempfile::NamedTempFile;

use crate::cli::setup::global_args::below_root;
use crate::cli::terminal::{Exit, Failure, atomic_file::removal, interrupt};
use crate::sandbox::{self, Handle, SandboxOptions};

const FOLDER: &str = ".ocon";

/// Starts a sandbox with its state in `.ocon/sandbox.json` below `root`.
pub(crate) async fn start(root: &Path) -> Result<Handle, Failure> {
    let folder = below_root(root, Path::new(FOLDER));
    create_private_folder(&folder).map_err(|error| {
        Failure::unwritten(format!("the folder {} cannot be written", folder.display()), &error)
    })?;
    let options =
        SandboxOptions { state: Some(folder.join("sandbox.json")), ..SandboxOptions::default() };
    sandbox::start(options).await.map_err(|error| start_failed(&error))
}

/// Creates a folder that only its owner can read and that Git ignores.
fn create_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    refuse_links(folder)?;
    builder.create(folder)?;
    #[cfg(unix)]
    std::fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    let ignore_file = folder.join(".gitignore");
    if ignore_file.symlink_metadata().is_ok() {
        return Ok(());
    }
    // It must never exist without its content: Git would then show the secrets.
    let (mut file, _cleanup) = interrupt::with_cleanup(|| NamedTempFile::new_in(folder), removal)?;
    file.as_file_mut().write_all(b"*\n")?;
    match file.persist_noclobber(ignore_file) {
        Err(error) if error.error.kind() != std::io::ErrorKind::AlreadyExists => Err(error.error),
        _ => Ok(()),
    }
}

/// Refuses a folder that is a link or contains one: it may be committed, and the state has secrets.
fn refuse_links(folder: &Path) -> std::io::Result<()> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths = std::iter::once(folder.to_owned()).chain(entries.map(|entry| entry.path()));
    match paths.find(|path| path.is_symlink()) {
        Some(link) => {
            let name = link.file_name().unwrap_or_default().display();
            Err(std::io::Error::other(format!("{name} is a link, and the state contains secrets")))
        }
        None => Ok(()),
    }
}

pub(crate) fn start_failed(error: &sandbox::SandboxError) -> Failure {
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
