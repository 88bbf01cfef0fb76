//! `SSL_CERT_FILE`: a file with certificate authorities in addition to those of the system.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::PathBuf;

use crate::cli::setup::environment::Environment;
use crate::cli::terminal::{Exit, Failure};
use crate::safe_text::quoted;

const VARIABLE: &str = "SSL_CERT_FILE";
/// The maximum size of the file in bytes. The bundle of a whole system has about 200 KiB.
const MAX_BYTES: u64 = 16 << 20;

/// The content of the file that `SSL_CERT_FILE` names.
pub(crate) struct AddedCertificates {
    path: PathBuf,
    /// Empty if the variable is empty.
    pub(crate) pem: Vec<u8>,
}

impl AddedCertificates {
    /// Reads the file, relative to the working directory. `None` if the variable is not set.
    pub(crate) fn read(environment: &Environment) -> Result<Option<Self>, Failure> {
        let Some(path) = environment.raw(VARIABLE) else { return Ok(None) };
        let mut added = Self { path: path.into(), pem: Vec::new() };
        if !path.to_string_lossy().trim().is_empty() {
            added.pem = added.content().map_err(|error| added.refused(&error))?;
        }
        Ok(Some(added))
    }

    fn content(&self) -> io::Result<Vec<u8>> {
        // Opening a pipe would wait for its writer.
        if !fs::metadata(&self.path)?.is_file() {
            return Err(io::Error::other("it is not a file"));
        }
        let mut pem = Vec::new();
        File::open(&self.path)?.take(MAX_BYTES + 1).read_to_end(&mut pem)?;
        match pem.len() as u64 {
            0 => Err(io::Error::other("the file is empty")),
            1..=MAX_BYTES => Ok(pem),
            _ => Err(io::Error::other("the file is larger than 16 MiB")),
        }
    }

    /// The failure of a file that cannot be used, which names the variable and the file.
    pub(crate) fn refused(&self, cause: &dyn std::fmt::Display) -> Failure {
        let path = self.path.display();
        let error = format!("{VARIABLE} names a file that cannot be used: {}", quoted(&path));
        Failure::new(Exit::Unreachable, error).caused_by(cause).hint(format!(
            "name a PEM file with the certificate of your authority, or unset {VARIABLE}: ocon trusts the \
             authorities of the system in any case"
        ))
    }
}

/// The files in which distributions keep their authorities, as Go's `crypto/x509/root_linux.go` lists them.
const SYSTEM_FILES: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];
/// The folders of authorities, used if there is no file.
const SYSTEM_FOLDERS: [&str; 2] = ["/etc/ssl/certs", "/etc/pki/tls/certs"];

/// The authorities of the system, as PEM. Empty on macOS and Windows, whose verifiers do not read
/// `SSL_CERT_FILE` and always know the authorities of the system.
pub(crate) fn of_the_system() -> Vec<u8> {
    if cfg!(any(windows, target_vendor = "apple")) {
        return Vec::new();
    }
    let bundle = SYSTEM_FILES.iter().filter_map(|file| fs::read(file).ok());
    bundle.into_iter().find(|bundle| !bundle.is_empty()).unwrap_or_else(|| {
        let folders = SYSTEM_FOLDERS.iter().filter_map(|folder| fs::read_dir(folder).ok());
        let files = folders.flatten().filter_map(Result::ok).map(|entry| entry.path());
        let files = files.filter(|file| file.is_file()).filter_map(|file| fs::read(file).ok());
        files.flat_map(|pem| [pem, b"\n".to_vec()]).flatten().collect()
    })
}
