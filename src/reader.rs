//! Reads all files.
//!
//! In: the root, a path and a limit in bytes. Out: the bytes of the file, or the reason that ocon does
//! not read it. A commit can contain links, so the links of a path must not leave its boundary: the root
//! for a path below it, otherwise the repository of the path. A path outside both has no boundary,
//! because the user chose it. The checks apply to the path without links. ocon never reads files of
//! processes and devices: the environment in `/proc` contains its own credentials.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

/// The folders of processes and devices.
const SYSTEM_FOLDERS: [&str; 2] = ["/proc", "/sys"];

/// The folders to which links may lead.
#[derive(Clone, Debug)]
pub(crate) struct FileScope {
    folders: Vec<PathBuf>,
    /// The path that the user named, which may be a pipe such as `<(…)` of a shell. A pipe with another path,
    /// such as a file of a folder that was named, is not read: that would block until a process writes.
    pipe: Option<PathBuf>,
}

/// The reason that a file is not read or written, as a clause that follows its path.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error("a link leads out of the repository")]
    LeavesBoundary,
    /// An output file is a link.
    #[error("it is a link")]
    Link,
    /// It is a system file, a device or a folder.
    #[error("it is not a file")]
    NotAFile,
    #[error("it is too large")]
    TooLarge,
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl FileScope {
    /// The scope of a file or folder whose path is relative to the root: the root and the link boundary of
    /// the path, or the target of the path if it has no boundary.
    pub(crate) fn of(root: &Path, named: &Path) -> Self {
        let path = root.join(named);
        let boundary = link_boundary(root, &path);
        let pipe = boundary.is_none().then(|| path.clone());
        let boundary = boundary.or_else(|| path.canonicalize().ok());
        Self { folders: root.canonicalize().ok().into_iter().chain(boundary).collect(), pipe }
    }

    /// The scope of an existing folder within this scope.
    pub(crate) fn within(&self, folder: &Path) -> Result<Self, FileError> {
        Ok(Self { folders: vec![self.resolve(folder)?], pipe: None })
    }

    /// The path without links. It must exist within the scope.
    pub(crate) fn resolve(&self, path: &Path) -> Result<PathBuf, FileError> {
        let real = path.canonicalize()?;
        let is_inside = self.folders.iter().any(|folder| real.starts_with(folder));
        if is_inside { Ok(real) } else { Err(FileError::LeavesBoundary) }
    }

    /// Reads a file of at most `limit` bytes.
    pub(crate) fn read(&self, path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
        if self.pipe.as_deref() == Some(path) && is_pipe(path) {
            return read_all(path, limit);
        }
        let real = self.resolve(path)?;
        let is_of_system = SYSTEM_FOLDERS.iter().any(|system| real.starts_with(system));
        // Reading a pipe would block until another process writes.
        if is_of_system || !fs::metadata(&real)?.is_file() {
            return Err(FileError::NotAFile);
        }
        read_all(&real, limit)
    }

    /// Reads a file of UTF-8 text.
    pub(crate) fn read_text(&self, path: &Path, limit: u64) -> Result<String, FileError> {
        let text = String::from_utf8(self.read(path, limit)?);
        Ok(text.map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text"))?)
    }
}

fn read_all(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    let file = File::open(path)?;
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit { Err(FileError::TooLarge) } else { Ok(bytes) }
}

fn is_pipe(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        path.metadata().is_ok_and(|metadata| metadata.file_type().is_fifo())
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

/// Checks that an output file is not a link and that its folder stays within the link boundary.
pub(crate) fn check_output(root: &Path, path: &Path) -> Result<(), FileError> {
    if path.is_symlink() {
        return Err(FileError::Link);
    }
    let Some(boundary) = link_boundary(root, path) else { return Ok(()) };
    let folder = path.ancestors().skip(1).map(|folder| match folder {
        empty if empty.as_os_str().is_empty() => Path::new("."),
        folder => folder,
    });
    let folder = folder.into_iter().find(|folder| folder.symlink_metadata().is_ok());
    let scope = FileScope { folders: vec![boundary], pipe: None };
    folder.map_or(Ok(()), |folder| scope.resolve(folder).map(|_| ()))
}

/// The folder that the links of a path must not leave, as a canonical path: the root for a path below it,
/// otherwise the innermost repository that contains the path as written.
pub(crate) fn link_boundary(root: &Path, path: &Path) -> Option<PathBuf> {
    let root = root.canonicalize().ok()?;
    let path = normalized(&std::path::absolute(path).ok()?);
    let mut boundary: Option<PathBuf> = None;
    let above: Vec<&Path> = path.ancestors().skip(1).collect();
    // From the outside in, because the content of a repository may be committed links. The path of the
    // root itself may contain links: the user chose it.
    for folder in above.into_iter().rev() {
        let Ok(real) = folder.canonicalize() else { continue };
        if real == root {
            return Some(root);
        }
        let is_within = boundary.as_ref().is_none_or(|boundary| real.starts_with(boundary));
        if is_within && begins_repository(&real) {
            boundary = Some(real);
        }
    }
    boundary
}

/// The top folder of the repository that contains `folder`, as a canonical path: the nearest one with a
/// `.git`, which no commit can contain.
pub(crate) fn repository_above(folder: &Path) -> Option<PathBuf> {
    let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    real.ancestors().find(|above| begins_repository(above)).map(Path::to_owned)
}

pub(crate) fn begins_repository(folder: &Path) -> bool {
    folder.join(".git").symlink_metadata().is_ok()
}

/// The path without `.` and without `..` after a name. Links are not followed.
pub(crate) fn normalized(path: &Path) -> PathBuf {
    let mut normalized = PathBuf::new();
    for part in path.components() {
        match (part, normalized.components().next_back()) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                normalized.pop();
            }
            (part, _) => normalized.push(part),
        }
    }
    normalized
}

impl FileError {
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == io::ErrorKind::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_boundary_of_a_path_is_the_root_or_its_repository() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().canonicalize().unwrap();
        let repository = folder.join("repository");
        let root = repository.join("tenants/eu");
        fs::create_dir_all(root.join("instances")).unwrap();
        fs::create_dir(repository.join(".git")).unwrap();
        fs::create_dir_all(folder.join("other/.git")).unwrap();
        let boundary = |named: &str| link_boundary(&root, &root.join(named));
        for below in ["a.yaml", "./a/b", "a/../b", "instances/../a"] {
            assert_eq!(boundary(below), Some(root.clone()), "{below}");
        }
        for in_repository in ["../a", "a/../../b", "../../vars.yaml"] {
            assert_eq!(boundary(in_repository), Some(repository.clone()), "{in_repository}");
        }
        assert_eq!(boundary("../../../other/a"), Some(folder.join("other")));
        assert_eq!(boundary("../../../a"), None);
        assert_eq!(boundary("/etc/a"), None);
        #[cfg(unix)]
        {
            use std::os::unix::fs::symlink;
            // The path of the root contains a link, and the repository a link to another repository.
            symlink(&repository, folder.join("checkout")).unwrap();
            let checkout = folder.join("checkout");
            let in_checkout = |below| boundary(checkout.join(below).to_str().unwrap());
            assert_eq!(in_checkout("tenants/eu/a"), Some(root.clone()));
            assert_eq!(in_checkout("vars.yaml"), Some(repository.clone()));
            symlink(folder.join("other"), repository.join("out")).unwrap();
            symlink(folder.join("other"), root.join("out")).unwrap();
            assert_eq!(boundary("../../out/a"), Some(repository.clone()));
            assert_eq!(boundary("out/a"), Some(root.clone()));
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_in_a_repository_must_stay_in_it_and_others_may_lead_anywhere() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let (root, outside) = (folder.path().join("repository"), folder.path().join("outside"));
        fs::create_dir_all(root.join("sub")).unwrap();
        fs::write(&outside, "text").unwrap();
        fs::write(root.join("inside"), "text").unwrap();
        symlink("../inside", root.join("sub/link")).unwrap();
        symlink(&outside, root.join("sub/leaves")).unwrap();
        symlink("leaves", root.join("sub/chain")).unwrap();
        symlink("/proc/self", root.join("process")).unwrap();
        symlink(&outside, folder.path().join("link")).unwrap();
        let read = |named: &str| {
            let named = Path::new(named);
            FileScope::of(&root, named).read(&root.join(named), 4)
        };
        for good in ["inside", "sub/link", "../outside", "../link"] {
            assert_eq!(read(good).unwrap(), b"text", "{good}");
        }
        for bad in ["sub/leaves", "sub/chain", "sub/../sub/leaves", "process/environ"] {
            assert!(matches!(read(bad), Err(FileError::LeavesBoundary)), "{bad}");
        }
        for bad in ["/proc/self/environ", "/proc/self/root/proc/self/environ", "/dev/null", "sub"] {
            assert!(matches!(read(bad), Err(FileError::NotAFile)), "{bad}");
        }
        assert!(read("missing").unwrap_err().is_not_found());
        let scope = FileScope::of(&root, Path::new("inside"));
        assert!(matches!(scope.read(&root.join("inside"), 3), Err(FileError::TooLarge)));
    }

    #[cfg(unix)]
    #[test]
    fn an_output_file_is_not_written_through_a_link() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("repository");
        fs::create_dir_all(root.join("sub")).unwrap();
        symlink(folder.path(), root.join("out")).unwrap();
        symlink("sub", root.join("in")).unwrap();
        symlink("nowhere", root.join("sub/dangling")).unwrap();
        let check = |named: &str| check_output(&root, &root.join(named));
        for good in ["new", "sub/new", "in/new", "a/b/new", "../new"] {
            check(good).unwrap();
        }
        assert!(matches!(check("sub/dangling"), Err(FileError::Link)));
        assert!(matches!(check("out/new"), Err(FileError::LeavesBoundary)));
    }
}
