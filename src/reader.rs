//! The one reader of files.
//!
//! In: the root, a path that somebody named, and a limit in bytes. Out: the bytes of the file, or why
//! ocon does not read it. Every path has a home that its links must not leave: below the root, the
//! root; elsewhere in a repository, that repository. Links there are somebody's commit. A path outside
//! of both has no home: it is the choice of whoever runs ocon. The checks come after all links are
//! followed. ocon never reads what the system shows of processes and devices: the environment is there,
//! with ocon's own credentials in it.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

/// Where the system shows processes and devices.
const SYSTEM: [&str; 2] = ["/proc", "/sys"];

/// The folders that links may lead to.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// Without links themselves.
    folders: Vec<PathBuf>,
    /// Whether a pipe is read: `<(…)` of a shell is one.
    takes_pipes: bool,
}

/// Why a file is not read or written.
#[derive(Debug)]
pub enum Refusal {
    /// A link leads out of the repository, or out of a folder that somebody named.
    Leaves,
    /// It is a link, and a file that is written must not be one.
    Link,
    /// It is a file of the system, or a device or a folder.
    NotAFile,
    /// It has more bytes than a file of its kind.
    TooLarge,
    /// The system says why.
    Io(io::Error),
}

impl Bounds {
    /// The bounds of `named`, a file or a folder that is given relative to the root: the root, the
    /// home of the path, and without a home whatever the path leads to.
    pub fn of(root: &Path, named: &Path) -> Self {
        let path = root.join(named);
        let home = home(root, &path);
        let takes_pipes = home.is_none();
        let home = home.or_else(|| path.canonicalize().ok());
        Self { folders: root.canonicalize().ok().into_iter().chain(home).collect(), takes_pipes }
    }

    /// The bounds of what is in a folder that the other bounds have.
    ///
    /// # Errors
    /// If the folder is not there, or is beyond these bounds.
    pub fn within(&self, folder: &Path) -> Result<Self, Refusal> {
        Ok(Self { folders: vec![self.resolve(folder)?], takes_pipes: false })
    }

    /// The path without links.
    ///
    /// # Errors
    /// If it leads out of the bounds, or nothing is there.
    pub fn resolve(&self, path: &Path) -> Result<PathBuf, Refusal> {
        let real = path.canonicalize().map_err(Refusal::Io)?;
        let is_inside = self.folders.iter().any(|folder| real.starts_with(folder));
        if is_inside { Ok(real) } else { Err(Refusal::Leaves) }
    }

    /// Reads a file of at most `limit` bytes.
    ///
    /// # Errors
    /// If it is not a file within the bounds, or is larger.
    pub fn read(&self, path: &Path, limit: u64) -> Result<Vec<u8>, Refusal> {
        if self.takes_pipes && is_pipe(path) {
            return read_all(path, limit);
        }
        let real = self.resolve(path)?;
        if SYSTEM.iter().any(|system| real.starts_with(system)) {
            return Err(Refusal::NotAFile);
        }
        // A pipe would wait for somebody to write.
        if !fs::metadata(&real).map_err(Refusal::Io)?.is_file() {
            return Err(Refusal::NotAFile);
        }
        read_all(&real, limit)
    }

    /// Reads a file of UTF-8 text.
    ///
    /// # Errors
    /// As [`Bounds::read`], and if it is not UTF-8.
    pub fn read_text(&self, path: &Path, limit: u64) -> Result<String, Refusal> {
        let text = String::from_utf8(self.read(path, limit)?);
        text.map_err(|_| {
            Refusal::Io(io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text"))
        })
    }
}

fn read_all(path: &Path, limit: u64) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(Refusal::Io)?;
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(Refusal::Io)?;
    if bytes.len() as u64 > limit { Err(Refusal::TooLarge) } else { Ok(bytes) }
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

/// Makes sure that a file is written through no link: it is none itself, and its folder does not leave
/// the home of the path.
///
/// # Errors
/// If the file is a link, or a folder above it leads out of the repository.
pub fn check_output(root: &Path, path: &Path) -> Result<(), Refusal> {
    if path.is_symlink() {
        return Err(Refusal::Link);
    }
    let Some(home) = home(root, path) else { return Ok(()) };
    let folder = path.ancestors().skip(1).map(|folder| match folder {
        empty if empty.as_os_str().is_empty() => Path::new("."),
        folder => folder,
    });
    let folder = folder.into_iter().find(|folder| folder.symlink_metadata().is_ok());
    let bounds = Bounds { folders: vec![home], takes_pipes: false };
    folder.map_or(Ok(()), |folder| bounds.resolve(folder).map(|_| ()))
}

/// The folder that the links of a path must not leave: the root for a path below it, or else the
/// innermost repository that the path is in as it is written. It has no links itself.
pub fn home(root: &Path, path: &Path) -> Option<PathBuf> {
    let root = root.canonicalize().ok()?;
    let path = plain(&std::path::absolute(path).ok()?);
    let mut home: Option<PathBuf> = None;
    let above: Vec<&Path> = path.ancestors().skip(1).collect();
    // From the outside, since what is within a repository may be a link that somebody committed. The
    // way to the root may have links of whoever runs ocon.
    for folder in above.into_iter().rev() {
        let Ok(real) = folder.canonicalize() else { continue };
        if real == root {
            return Some(root);
        }
        let is_within = home.as_ref().is_none_or(|home| real.starts_with(home));
        if is_within && begins_repository(&real) {
            home = Some(real);
        }
    }
    home
}

/// The folder in which the repository around `folder` begins: the nearest one with a `.git`, which no
/// commit can contain. It has no links.
pub fn repository_above(folder: &Path) -> Option<PathBuf> {
    let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    real.ancestors().find(|above| begins_repository(above)).map(Path::to_owned)
}

/// Whether a repository begins in this folder.
pub fn begins_repository(folder: &Path) -> bool {
    folder.join(".git").symlink_metadata().is_ok()
}

/// The path as it is written, without `.` and without `..` behind a name.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match (part, plain.components().next_back()) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                plain.pop();
            }
            (part, _) => plain.push(part),
        }
    }
    plain
}

impl Refusal {
    /// Whether there is no such file.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == io::ErrorKind::NotFound)
    }
}

/// The cause, as a clause after the name of the file.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leaves => f.write_str("a link leads out of the repository"),
            Self::Link => f.write_str("it is a link"),
            Self::NotAFile => f.write_str("it is not a file"),
            Self::TooLarge => f.write_str("it is too large"),
            Self::Io(error) => error.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_of_a_path_is_the_root_or_its_repository() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().canonicalize().unwrap();
        let repository = folder.join("repository");
        let root = repository.join("tenants/eu");
        fs::create_dir_all(root.join("instances")).unwrap();
        fs::create_dir(repository.join(".git")).unwrap();
        fs::create_dir_all(folder.join("other/.git")).unwrap();
        let home = |named: &str| home(&root, &root.join(named));
        for below in ["a.yaml", "./a/b", "a/../b", "instances/../a"] {
            assert_eq!(home(below), Some(root.clone()), "{below}");
        }
        for in_repository in ["../a", "a/../../b", "../../vars.yaml"] {
            assert_eq!(home(in_repository), Some(repository.clone()), "{in_repository}");
        }
        assert_eq!(home("../../../other/a"), Some(folder.join("other")));
        assert_eq!(home("../../../a"), None);
        assert_eq!(home("/etc/a"), None);
        #[cfg(unix)]
        {
            use std::os::unix::fs::symlink;
            // The way to the root has a link, and the repository has one to another repository.
            symlink(&repository, folder.join("checkout")).unwrap();
            let checkout = folder.join("checkout");
            assert_eq!(home(checkout.join("tenants/eu/a").to_str().unwrap()), Some(root.clone()));
            assert_eq!(
                home(checkout.join("vars.yaml").to_str().unwrap()),
                Some(repository.clone())
            );
            symlink(folder.join("other"), repository.join("out")).unwrap();
            symlink(folder.join("other"), root.join("out")).unwrap();
            assert_eq!(home("../../out/a"), Some(repository.clone()));
            assert_eq!(home("out/a"), Some(root.clone()));
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_of_the_repository_stay_in_it_and_others_lead_anywhere() {
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
            Bounds::of(&root, named).read(&root.join(named), 4)
        };
        for good in ["inside", "sub/link", "../outside", "../link"] {
            assert_eq!(read(good).unwrap(), b"text", "{good}");
        }
        for bad in ["sub/leaves", "sub/chain", "sub/../sub/leaves", "process/environ"] {
            assert!(matches!(read(bad), Err(Refusal::Leaves)), "{bad}");
        }
        for bad in ["/proc/self/environ", "/proc/self/root/proc/self/environ", "/dev/null", "sub"] {
            assert!(matches!(read(bad), Err(Refusal::NotAFile)), "{bad}");
        }
        assert!(read("missing").unwrap_err().is_not_found());
        let bounds = Bounds::of(&root, Path::new("inside"));
        assert!(matches!(bounds.read(&root.join("inside"), 3), Err(Refusal::TooLarge)));
    }

    #[cfg(unix)]
    #[test]
    fn an_output_goes_through_no_link() {
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
        assert!(matches!(check("sub/dangling"), Err(Refusal::Link)));
        assert!(matches!(check("out/new"), Err(Refusal::Leaves)));
    }
}
