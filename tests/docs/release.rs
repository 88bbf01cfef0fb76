//! The scripts of `packaging/` that prepare a release, the steps of its workflows, and the metadata of the
//! package. Each runs in a folder of its test.

mod binstall;
mod check;
mod debian;
mod formula;
mod images;
mod job;
mod publish;
mod repository;
mod workflows;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// The targets of a release.
const TARGETS: [&str; 5] = [
    "x86_64-unknown-linux-musl",
    "aarch64-unknown-linux-musl",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-msvc",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A Git repository with these files and the scripts.
struct Repository {
    folder: TempDir,
}

impl Repository {
    fn with(files: &[(&str, &str)]) -> Self {
        let repository = Self { folder: tempfile::tempdir().unwrap() };
        let scripts = ["check-release", "debian", "formula", "release-notes", "set-repository"];
        fs::create_dir(repository.path().join("packaging")).unwrap();
        for script in scripts {
            let path = format!("packaging/{script}");
            fs::copy(root().join(&path), repository.path().join(&path)).unwrap();
        }
        for (name, text) in files {
            let path = repository.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        repository.git(&["init", "--quiet"]);
        repository.git(&["add", "--all"]);
        repository
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn git(&self, arguments: &[&str]) {
        let status = Command::new("git").args(arguments).current_dir(self.path()).status();
        assert!(status.unwrap().success(), "git {arguments:?}");
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// Runs a script of `packaging/` in another folder. Returns its exit code and its output.
    fn run(&self, script: &str, arguments: &[&str]) -> (i32, String) {
        let path = self.path().join("packaging").join(script);
        let ended = Command::new(path).args(arguments).current_dir("/").output().unwrap();
        (ended.status.code().unwrap(), text(&ended))
    }
}

/// The output of a program, then its messages.
fn text(ended: &Output) -> String {
    let text = [ended.stdout.as_slice(), ended.stderr.as_slice()].concat();
    String::from_utf8(text).unwrap()
}
