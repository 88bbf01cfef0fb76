//! Whom the client trusts. The certificates in `tls/` were made for this test and are good for this
//! machine only; the key of their authority was thrown away.

use std::io::{BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;

use ocon::api::client::ClientSettings;
use ocon::api::{Projection, Read as _, Write as _};
use ocon::instance::BaseUrl;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::support::{
    Server, TestClock, at, client_of, id, instance, named, receive, was_never_sent,
};

const AUTHORITY: &[u8] = include_bytes!("tls/authority.pem");
const STRANGER: &[u8] = include_bytes!("tls/stranger.pem");

/// A server that answers every connection with one instance.
fn serve() -> SocketAddr {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let chain = CertificateDer::from_pem_slice(include_bytes!("tls/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/server-key.pem")).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![chain], key);
    let config = Arc::new(config.unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = BufReader::new(StreamOwned::new(connection, stream.unwrap()));
            // Without a request the client did not trust this server.
            if receive(&mut stream, 1).is_some() {
                let (body, stream) = (instance(7), stream.get_mut());
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
                write!(stream, "{head}{body}").unwrap();
            }
        }
    });
    address
}

fn trusting(authority: &[u8], address: SocketAddr) -> (ocon::api::client::Client, TestClock) {
    client_of(address, |settings: &mut ClientSettings| {
        settings.base_url = BaseUrl::new(&format!("https://{address}/elements/api-v2"));
        settings.ca_certificates = Some(authority.to_vec());
    })
}

#[tokio::test]
async fn a_private_authority_can_be_added() {
    let (client, _) = trusting(AUTHORITY, serve());
    assert!(client.instance(id(7), &Projection::All).await.unwrap().is_some());
}

#[tokio::test]
async fn an_untrusted_certificate_ends_the_request() {
    let (client, clock) = trusting(STRANGER, serve());
    let error = client.instance(id(7), &Projection::All).await.unwrap_err();
    was_never_sent(&error);
    assert_eq!(
        error.to_string(),
        "GET /instances/7 failed: cannot connect: invalid peer certificate: UnknownIssuer"
    );
    assert_eq!(clock.waits(), []);
}

#[tokio::test]
async fn a_create_that_found_no_tls_was_not_sent() {
    let server = Server::script(vec![|wire| wire.close()]);
    let (client, _) = trusting(AUTHORITY, server.address);
    let error = at(async |place| client.create(&named("n"), place).await.unwrap_err()).await;
    was_never_sent(&error);
    assert_eq!(error.attempts, 5);
}
