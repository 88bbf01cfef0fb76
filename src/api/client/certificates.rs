//! The certificate authorities that a client trusts in addition to those of the platform verifier.
//!
//! If `SSL_CERT_FILE` is set, the verifier of Linux reads that file *instead of* the authorities of the
//! system. So that a private authority only adds to them, this module reads those of the system too.

use reqwest::Certificate;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::transport::BuildError;

/// Returns the authorities in a PEM bundle, which may be empty, and those of the system.
pub(super) fn with_those_of_the_system(bundle: &[u8]) -> Result<Vec<Certificate>, BuildError> {
    let added = parse(bundle)?;
    let system = of_the_system().into_iter().filter(is_usable);
    let all = added.into_iter().chain(system).map(|der| Certificate::from_der(&der));
    all.collect::<Result<_, _>>().map_err(|error| fail(error.to_string()))
}

/// Parses a bundle, of which every certificate must be usable as an authority.
fn parse(bundle: &[u8]) -> Result<Vec<CertificateDer<'static>>, BuildError> {
    if bundle.is_empty() {
        return Ok(Vec::new());
    }
    let certificates = CertificateDer::pem_slice_iter(bundle).collect::<Result<Vec<_>, _>>();
    let certificates = certificates.map_err(|error| fail(error.to_string()))?;
    if certificates.is_empty() {
        return Err(fail("they contain no `BEGIN CERTIFICATE`".to_owned()));
    }
    for (index, der) in certificates.iter().enumerate() {
        RootCertStore::empty()
            .add(der.clone())
            .map_err(|error| fail(format!("certificate {}: {error}", index + 1)))?;
    }
    Ok(certificates)
}

fn is_usable(der: &CertificateDer<'static>) -> bool {
    RootCertStore::empty().add(der.clone()).is_ok()
}

fn fail(reason: String) -> BuildError {
    BuildError::Certificates { reason }
}

/// The files in which distributions keep their authorities, as Go's `crypto/x509/root_linux.go` lists them.
#[cfg(all(unix, not(target_vendor = "apple")))]
const SYSTEM_FILES: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];
/// The folders of authorities, used if there is no file.
#[cfg(all(unix, not(target_vendor = "apple")))]
const SYSTEM_FOLDERS: [&str; 2] = ["/etc/ssl/certs", "/etc/pki/tls/certs"];

#[cfg(all(unix, not(target_vendor = "apple")))]
fn of_the_system() -> Vec<CertificateDer<'static>> {
    use std::path::Path;
    let read = |file: &Path| {
        let certificates = CertificateDer::pem_file_iter(file).into_iter().flatten();
        certificates.filter_map(Result::ok).collect::<Vec<_>>()
    };
    let bundle = SYSTEM_FILES.iter().map(|file| read(Path::new(file)));
    if let Some(bundle) = bundle.into_iter().find(|bundle| !bundle.is_empty()) {
        return bundle;
    }
    let folders = SYSTEM_FOLDERS.iter().filter_map(|folder| std::fs::read_dir(folder).ok());
    let files = folders.flatten().filter_map(Result::ok).map(|entry| entry.path());
    files.filter(|file| file.is_file()).flat_map(|file| read(&file)).collect()
}

/// The verifiers of the other systems do not read `SSL_CERT_FILE`.
#[cfg(not(all(unix, not(target_vendor = "apple"))))]
fn of_the_system() -> Vec<CertificateDer<'static>> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUTHORITY: &[u8] = include_bytes!("../../../tests/platform/client/tls/authority.pem");

    #[test]
    fn an_authority_adds_to_those_of_the_system() {
        let system = with_those_of_the_system(b"").unwrap().len();
        assert_eq!(with_those_of_the_system(AUTHORITY).unwrap().len(), system + 1);
    }

    #[test]
    fn a_bundle_that_cannot_be_used_is_refused() {
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let second = [AUTHORITY, b"\n", broken.as_bytes()].concat();
        let table: [(&[u8], &str); 4] = [
            (b"not a bundle", "they contain no `BEGIN CERTIFICATE`"),
            (b"-----BEGIN CERTIFICATE-----\nAAAA\n", "section end"),
            (broken.as_bytes(), "certificate 1: "),
            (&second, "certificate 2: "),
        ];
        for (bundle, expected) in table {
            let error = with_those_of_the_system(bundle).unwrap_err().to_string();
            assert!(error.contains(expected), "{expected}: {error}");
            assert!(error.starts_with("the certificates cannot be read: "), "{error}");
        }
    }
}
