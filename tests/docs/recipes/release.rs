//! A release of `ocon` in a folder, with the names that a release on GitHub has.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// The version of this project.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The folder of a release.
pub(crate) struct Release {
    folder: TempDir,
}

/// The target whose archive the recipes use on this machine.
pub(crate) fn linux() -> String {
    format!("{}-unknown-linux-musl", std::env::consts::ARCH)
}

impl Release {
    /// Packs a script as the program for Linux on this machine.
    pub(crate) fn new(program: &str) -> Self {
        let release = Self { folder: tempfile::tempdir().unwrap() };
        for name in ["ocon", "ocon.exe"] {
            write_script(&release.version().join(name), program);
        }
        release.pack(&linux());
        release
    }

    /// Packs the program for a target.
    pub(crate) fn pack(&self, target: &str) {
        let archive = archive(target);
        if target.contains("windows") {
            self.run(&format!("zip -q {archive} ocon.exe"));
        } else {
            self.run(&format!("tar -czf {archive} ocon"));
        }
        self.publish_digest(target);
    }

    /// Packs what a script makes of the file `ocon`.
    pub(crate) fn repack(&self, script: &str) {
        self.run(script);
        self.pack(&linux());
    }

    /// Runs a script in the folder of the version.
    pub(crate) fn run(&self, script: &str) {
        let ended = Command::new("sh").args(["-c", script]).current_dir(self.version()).status();
        assert!(ended.unwrap().success(), "{script}");
    }

    fn version(&self) -> PathBuf {
        self.folder.path().join(format!("v{VERSION}"))
    }

    /// The URL of the folder.
    pub(crate) fn url(&self) -> String {
        format!("file://{}", self.folder.path().display())
    }

    /// The content of a file of a version, like `v0.1.0/NAME`.
    pub(crate) fn file(&self, path: &str) -> Option<Vec<u8>> {
        fs::read(self.folder.path().join(path)).ok()
    }

    /// Replaces the content of a file of the version.
    pub(crate) fn replace(&self, name: &str, content: &[u8]) {
        fs::write(self.version().join(name), content).unwrap();
    }

    /// Deletes a file of the version.
    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.version().join(name)).unwrap();
    }

    /// Publishes the SHA-256 of the archive for a target.
    pub(crate) fn publish_digest(&self, target: &str) {
        let archive = archive(target);
        self.run(&format!("sha256sum {archive} > {archive}.sha256"));
    }

    /// The published SHA-256 of the archive for a target.
    pub(crate) fn sha256(&self, target: &str) -> String {
        let line = self.file(&format!("v{VERSION}/{}.sha256", archive(target))).unwrap();
        String::from_utf8(line).unwrap().split(' ').next().unwrap().to_owned()
    }
}

/// The name of the archive for a target.
pub(crate) fn archive(target: &str) -> String {
    let extension = if target.contains("windows") { "zip" } else { "tar.gz" };
    format!("ocon-{VERSION}-{target}.{extension}")
}

/// Writes a script of the shell that can be executed.
pub(crate) fn write_script(path: &Path, script: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}
