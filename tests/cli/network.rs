//! The proxy and the certificate authorities that variables name (`--allow-host`).

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use snapbox::str;

use crate::scripted_server::ScriptedServer;
use crate::snapshot::Snapshot as _;
use crate::support::{SHOP, World};

const FILES: &[(&str, &str)] = &[("instances/shop.yaml", SHOP)];
const AUTHORITY: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/platform/client/tls/authority.pem");

/// A platform at `https://127.0.0.1` whose account has one instance, of another project.
fn https_platform() -> SocketAddr {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let chain = include_bytes!("../platform/client/tls/server.pem");
    let key = include_bytes!("../platform/client/tls/server-key.pem");
    let chain = vec![CertificateDer::from_pem_slice(chain).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(key).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key);
    let config = Arc::new(config.unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = BufReader::new(StreamOwned::new(connection, stream.unwrap()));
            let mut line = String::new();
            // Without a request, the client did not trust this server.
            while stream.read_line(&mut line).is_ok_and(|length| length > 0) {
                if line.ends_with("\r\n\r\n") {
                    answer(stream.get_mut());
                    break;
                }
            }
        }
    });
    address
}

fn answer(stream: &mut impl std::io::Write) {
    let body = r#"[{"id":7,"name":"a","element":{"key":"box"},"tags":["t"]}]"#;
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
    write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
}

fn trusting(certificates: Option<&str>) -> World {
    let address = https_platform();
    let mut world = World::new(FILES).at(&format!("https://{address}/elements/api-v2"));
    world.hide(&address.to_string(), "127.0.0.1:[PORT]");
    if let Some(file) = certificates {
        world.set("SSL_CERT_FILE", file);
    }
    world
}

#[test]
fn a_private_authority_is_trusted_only_if_its_file_is_named() {
    let run = trusting(Some(AUTHORITY)).ocon("plan");
    assert_eq!((run.exit, &*run.stderr), (0, ""));
    for file in [None, Some(""), Some("  ")] {
        let run = trusting(file).ocon("plan");
        assert_eq!(run.exit, 6);
        // A system without any authority has another error.
        let is_refused = run.stderr.contains("invalid peer certificate: UnknownIssuer")
            || run.stderr.contains("No CA certificates were loaded from the system");
        assert!(is_refused, "{}", run.stderr);
    }
}

#[test]
fn a_file_of_authorities_that_cannot_be_used_is_named() {
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let shown = ["none.pem", "ocon.yaml", "instances", "empty.pem", "broken.pem"].map(|file| {
        let world = trusting(Some(file));
        world.write("empty.pem", "");
        world.write("broken.pem", broken);
        let run = world.ocon("plan");
        assert_eq!((run.exit, &*run.stdout), (6, ""));
        world.constant(&run.stderr)
    });
    shown.concat().is(str![[r#"
error: SSL_CERT_FILE names a file that cannot be used: `none.pem`
  caused by: No such file or directory (os error 2)

hint: name a PEM file with the certificate of your authority, or unset SSL_CERT_FILE: ocon trusts the authorities of the system in any case
error: SSL_CERT_FILE names a file that cannot be used: `ocon.yaml`
  caused by: they contain no `BEGIN CERTIFICATE`

hint: name a PEM file with the certificate of your authority, or unset SSL_CERT_FILE: ocon trusts the authorities of the system in any case
error: SSL_CERT_FILE names a file that cannot be used: `instances`
  caused by: it is not a file

hint: name a PEM file with the certificate of your authority, or unset SSL_CERT_FILE: ocon trusts the authorities of the system in any case
error: SSL_CERT_FILE names a file that cannot be used: `empty.pem`
  caused by: the file is empty

hint: name a PEM file with the certificate of your authority, or unset SSL_CERT_FILE: ocon trusts the authorities of the system in any case
error: SSL_CERT_FILE names a file that cannot be used: `broken.pem`
  caused by: certificate 1: invalid peer certificate: BadEncoding

hint: name a PEM file with the certificate of your authority, or unset SSL_CERT_FILE: ocon trusts the authorities of the system in any case

"#]]);
}

/// A world whose platform is reached through this proxy only.
fn proxied(proxy: &str) -> World {
    let mut world = World::new(FILES).at("https://api.example.invalid/elements/api-v2");
    world.set("SSL_CERT_FILE", AUTHORITY);
    world.set("HTTPS_PROXY", proxy);
    world
}

fn address_of(server: &ScriptedServer) -> String {
    let url = server.base_url();
    url.trim_start_matches("http://").trim_end_matches("/elements/api-v2").to_owned()
}

const PLAN: &str = "plan --allow-host api.example.invalid";

#[test]
fn a_proxy_that_refuses_its_credentials_is_reported_as_such() {
    let challenge = "proxy-authenticate: Basic realm=\"x\"";
    let server = ScriptedServer::answering("407 Proxy Authentication Required", challenge, "");
    let address = address_of(&server);
    let world = proxied(&format!("http://me:s3cret-of%40the-proxy@{address}"));
    let world =
        world.secret("PASSWORD", "s3cret-of%40the-proxy").secret("DECODED", "s3cret-of@the-proxy");
    world.ocon(PLAN).is(str![[r#"
--- stderr ---
error: the proxy requires valid credentials
  caused by: GET /instances?tags%5B%5D=ocon%3Aproject%3Dtests&pageSize=200 failed: cannot connect: the proxy answered HTTP 407 Proxy Authentication Required

hint: set them in HTTPS_PROXY: http://USER:PASSWORD@HOST:PORT, with special characters percent-encoded
--- exit 6 ---
"#]]);
    let requests = server.requests();
    assert_eq!(requests.len(), 1, "it is not retried");
    assert!(requests[0].starts_with("CONNECT api.example.invalid:443"), "{requests:?}");
    // me:s3cret-of@the-proxy
    let credentials = "bWU6czNjcmV0LW9mQHRoZS1wcm94eQ==";
    assert!(requests[0].contains(credentials), "{requests:?}");
    let apply = world.ocon(&PLAN.replace("plan", "apply --yes --format json"));
    assert_eq!(apply.exit, 6);
}

#[test]
fn a_proxy_that_does_not_connect_is_retried() {
    let server = ScriptedServer::answering("503 Service Unavailable", "x-proxy: 1", "");
    proxied(&address_of(&server)).ocon(&format!("{PLAN} --quiet")).is(str![[r#"
--- stderr ---
error: the API cannot be reached
  caused by: GET /instances?tags%5B%5D=ocon%3Aproject%3Dtests&pageSize=200 failed after 5 tries: cannot connect: the proxy refused to connect to this host

hint: check the region or base URL (http://127.0.0.1:[PORT]/elements/api-v2), the network, HTTPS_PROXY and NO_PROXY, and SSL_CERT_FILE for a private CA
--- exit 6 ---
"#]]);
    assert_eq!(server.requests().len(), 5);
}

#[test]
fn a_malformed_proxy_is_a_usage_error_without_its_password() {
    let mut world = proxied("http://me:s3cret-of-the-proxy@proxy.example:port");
    world = world.secret("PASSWORD", "s3cret-of-the-proxy");
    world.ocon(PLAN).is(str![[r#"
--- stderr ---
error: HTTPS_PROXY is not the address of a proxy
  caused by: the port is not a number up to 65535

hint: write it as http://HOST:PORT, or as http://USER:PASSWORD@HOST:PORT with special characters percent-encoded, or unset HTTPS_PROXY
--- exit 64 ---
"#]]);
    world.unset("HTTPS_PROXY");
    world.set("https_proxy", "socks4://proxy.example:1080");
    world.ocon(PLAN).is(str![[r#"
--- stderr ---
error: https_proxy is not the address of a proxy
  caused by: its scheme is none of http, https, socks5, socks5h

hint: write it as http://HOST:PORT, or as http://USER:PASSWORD@HOST:PORT with special characters percent-encoded, or unset https_proxy
--- exit 64 ---
"#]]);
}

/// The platform does not exist, so a run without the proxy cannot connect.
#[test]
fn no_proxy_and_other_variables_bypass_the_proxy() {
    let server = ScriptedServer::answering("407 Proxy Authentication Required", "x-proxy: 1", "");
    let address = address_of(&server);
    let mut world = proxied(&address);
    world.set("NO_PROXY", "other.example, .example.invalid:443");
    assert_eq!(world.ocon(PLAN).exit, 6);
    world.unset("NO_PROXY");
    world.unset("HTTPS_PROXY");
    for name in ["HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"] {
        world.set(name, &address);
    }
    assert_eq!(world.ocon(PLAN).exit, 6);
    assert_eq!(server.requests(), [""; 0]);
}

#[test]
fn loopback_is_reached_without_the_proxy() {
    let mut world = World::new(FILES).on_sandbox();
    for name in ["HTTPS_PROXY", "HTTP_PROXY"] {
        world.set(name, "malformed://");
    }
    assert_eq!(world.ocon("plan").exit, 0);
}

#[test]
fn a_socks_proxy_resolves_the_name() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let asked = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut greeting = [0; 3];
        stream.read_exact(&mut greeting).unwrap();
        // No authentication.
        stream.write_all(&[5, 0]).unwrap();
        let mut request = vec![0; 5 + "api.example.invalid".len() + 2];
        stream.read_exact(&mut request).unwrap();
        // The connection is refused.
        stream.write_all(&[5, 5, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap();
        request
    });
    let run = proxied(&format!("socks5://{address}")).ocon(&format!("{PLAN} --max-requests 1"));
    assert_eq!(run.exit, 6);
    let request = asked.join().unwrap();
    assert_eq!(&request[5..24], b"api.example.invalid");
}
