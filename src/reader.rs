//! The one reader of files.
//!
//! In: the root, a path that somebody named, and a limit in bytes. Out: the bytes of the file, or why
//! ocon does not read it. A path below the root belongs to the repository, so its links are somebody's
//! commit and must not leave the root. A path elsewhere in the repository of the root must not leave
//! the repository. A path outside of both is the choice of whoever runs ocon. The checks come after all links are followed, and ocon never reads what the system shows of processes
//! and devices: the environment is there, with ocon's own credentials in it.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

/// Where the system shows processes and devices.
const SYSTEM: [&str; 2] = ["/proc", "/sys"];

/// The folders that links may lead to, without links themselves.
#[derive(Clone, Debug)]
pub struct Bounds(Vec<PathBuf>);

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
    /// The bounds of `named`, a file or a folder that is given relative to the root: the root, and
    /// for a path elsewhere also the repository, or outside of it whatever the path leads to.
    pub fn of(root: &Path, named: &Path) -> Self {
        let path = root.join(named);
        let is_in = |top: &PathBuf| {
            root.canonicalize().is_ok_and(|root| plain(&root.join(named)).starts_with(top))
        };
        let elsewhere = (!is_below(root, &path)).then(|| {
            let repository = repository_above(root).filter(is_in);
            repository.or_else(|| path.canonicalize().ok())
        });
        Self([root.canonicalize().ok(), elsewhere.flatten()].into_iter().flatten().collect())
    }

    /// The bounds of what is in a folder that the other bounds have.
    ///
    /// # Errors
    /// If the folder is not there, or is beyond these bounds.
    pub fn within(&self, folder: &Path) -> Result<Self, Refusal> {
        Ok(Self(vec![self.resolve(folder)?]))
    }

    /// The path without links.
    ///
    /// # Errors
    /// If it leads out of the bounds, or nothing is there.
    pub fn resolve(&self, path: &Path) -> Result<PathBuf, Refusal> {
        let real = path.canonicalize().map_err(Refusal::Io)?;
        let is_inside = self.0.iter().any(|folder| real.starts_with(folder));
        if is_inside { Ok(real) } else { Err(Refusal::Leaves) }
    }

    /// Reads a file of at most `limit` bytes.
    ///
    /// # Errors
    /// If it is not a file within the bounds, or is larger.
    pub fn read(&self, path: &Path, limit: u64) -> Result<Vec<u8>, Refusal> {
        let real = self.resolve(path)?;
        if SYSTEM.iter().any(|system| real.starts_with(system)) {
            return Err(Refusal::NotAFile);
        }
        // A pipe would wait for somebody to write.
        if !fs::metadata(&real).map_err(Refusal::Io)?.is_file() {
            return Err(Refusal::NotAFile);
        }
        let mut bytes = Vec::new();
        let file = File::open(&real).map_err(Refusal::Io)?;
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(Refusal::Io)?;
        if bytes.len() as u64 > limit { Err(Refusal::TooLarge) } else { Ok(bytes) }
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

/// Makes sure that a file is written through no link: it is none itself, and a path below the root
/// stays below it.
///
/// # Errors
/// If the file is a link, or a folder above it leads out of the repository.
pub fn check_output(root: &Path, path: &Path) -> Result<(), Refusal> {
    if path.is_symlink() {
        return Err(Refusal::Link);
    }
    if !is_below(root, path) {
        return Ok(());
    }
    let folder = path.ancestors().skip(1).find(|folder| folder.symlink_metadata().is_ok());
    folder.map_or(Ok(()), |folder| Bounds::of(root, Path::new("")).resolve(folder).map(|_| ()))
}

/// Whether a path is below the root as both are written.
pub fn is_below(root: &Path, path: &Path) -> bool {
    let path = plain(path);
    let is_name = |part: Component<'_>| matches!(part, Component::Normal(_));
    let is_written =
        path.strip_prefix(plain(root)).is_ok_and(|rest| rest.components().all(is_name));
    is_written || root.canonicalize().is_ok_and(|root| path.starts_with(root))
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
    fn a_path_is_below_the_root_as_it_is_written() {
        let root = Path::new("/repository/tenants/eu");
        for below in ["a.yaml", "./a/b", "a/../b", "", "/repository/tenants/eu/a"] {
            assert!(is_below(root, &root.join(below)), "{below}");
        }
        for elsewhere in ["../a", "a/../../b", "/etc/a", "/repository/tenants/eu/../us"] {
            assert!(!is_below(root, &root.join(elsewhere)), "{elsewhere}");
        }
        for root in [".", "..", "../b"].map(Path::new) {
            assert!(is_below(root, &root.join("a")) && !is_below(root, &root.join("../a")));
            assert!(!is_below(root, Path::new("/a")));
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
