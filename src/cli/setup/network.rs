//! The client, with the proxy and the certificate authorities that the environment names.

use crate::api::client::{BuildError, Client, ClientSettings};
use crate::cli::setup::api_failures::client_failed;
use crate::cli::setup::certificates::{self, AddedCertificates};
use crate::cli::setup::environment::Environment;
use crate::cli::setup::proxy::{self, MalformedProxy};
use crate::cli::terminal::{Exit, Failure};

/// Creates a client. Variables that its address does not need are not read.
pub(crate) fn client(
    environment: &Environment,
    mut settings: ClientSettings,
) -> Result<Client, Failure> {
    let address = settings.base_url.url();
    let added = match address.scheme() {
        "https" => AddedCertificates::read(environment)?,
        _ => None,
    };
    let chosen = proxy::of(address, |name| environment.text(name));
    settings.proxy = chosen.map_err(|malformed| malformed_proxy(&malformed))?;
    settings.ca_certificates = added.as_ref().map(|added| added.pem.clone());
    if added.is_some() {
        settings.system_certificates = certificates::of_the_system();
    }
    Client::new(settings).map_err(|error| match (&error, &added) {
        (BuildError::Certificates { reason }, Some(added)) => added.refused(reason),
        _ => client_failed(&error),
    })
}

fn malformed_proxy(malformed: &MalformedProxy) -> Failure {
    let variable = malformed.variable;
    Failure::new(Exit::Usage, format!("{variable} is not the address of a proxy"))
        .caused_by(malformed)
        .hint(format!(
            "write it as http://HOST:PORT, or as http://USER:PASSWORD@HOST:PORT with special characters \
             percent-encoded, or unset {variable}"
        ))
}
