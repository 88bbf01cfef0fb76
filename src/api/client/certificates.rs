//! The certificate authorities that a client trusts in addition to those of the platform verifier.

use reqwest::Certificate;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// Returns the authorities in two PEM bundles, which may be empty. Those of the system may be unusable. An
/// error is a reason as a phrase.
pub(super) fn parse(added: &[u8], system: &[u8]) -> Result<Vec<Certificate>, String> {
    let system = CertificateDer::pem_slice_iter(system).filter_map(Result::ok).filter(is_usable);
    let all = parse_added(added)?.into_iter().chain(system);
    let all = all.map(|der| Certificate::from_der(&der).map_err(|error| error.to_string()));
    all.collect()
}

/// Parses a bundle, of which every certificate must be usable as an authority.
fn parse_added(bundle: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    if bundle.is_empty() {
        return Ok(Vec::new());
    }
    let certificates = CertificateDer::pem_slice_iter(bundle).collect::<Result<Vec<_>, _>>();
    let certificates = certificates.map_err(|error| error.to_string())?;
    if certificates.is_empty() {
        return Err("they contain no `BEGIN CERTIFICATE`".to_owned());
    }
    for (index, der) in certificates.iter().enumerate() {
        let added = RootCertStore::empty().add(der.clone());
        added.map_err(|error| format!("certificate {}: {error}", index + 1))?;
    }
    Ok(certificates)
}

fn is_usable(der: &CertificateDer<'static>) -> bool {
    RootCertStore::empty().add(der.clone()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUTHORITY: &[u8] = include_bytes!("../../../tests/platform/client/tls/authority.pem");

    const STRANGER: &[u8] = include_bytes!("../../../tests/platform/client/tls/stranger.pem");
    const BROKEN: &[u8] = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

    #[test]
    fn an_authority_adds_to_those_of_the_system_that_are_usable() {
        let system = [STRANGER, b"\n", BROKEN].concat();
        let count = |added| parse(added, &system).unwrap().len();
        assert_eq!((count(b""), count(AUTHORITY)), (1, 2));
    }

    #[test]
    fn a_bundle_that_cannot_be_used_is_refused() {
        let second = [AUTHORITY, b"\n", BROKEN].concat();
        let table: [(&[u8], &str); 4] = [
            (b"not a bundle", "they contain no `BEGIN CERTIFICATE`"),
            (b"-----BEGIN CERTIFICATE-----\nAAAA\n", "section end"),
            (BROKEN, "certificate 1: "),
            (&second, "certificate 2: "),
        ];
        for (bundle, expected) in table {
            let error = parse(bundle, b"").unwrap_err();
            assert!(error.contains(expected), "{expected}: {error}");
        }
    }
}
