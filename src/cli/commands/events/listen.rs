//! `ocon events listen`: receives deliveries, verifies their signatures and prints them.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::api::StopSignal;
use crate::cli::commands::document_instance;
use crate::cli::commands::loopback_server::{BoundedListener, LoopbackServer};
use crate::cli::commands::refused_requests::{self, RefusedRequests};
use crate::cli::setup::{Format, GlobalArgs, KeyOrPath, SecretAccess, connection, files};
use crate::cli::terminal::{Exit, Failure, interrupt, output, redaction};
use crate::events::{DELIVERY_ID_HEADER, Delivery, DeliveryReceiver, SIGNATURE_HEADER};
use crate::instance::Secret;
use crate::report::human;
use crate::report::json::{self, DeliveryDocument};
use crate::safe_text::quoted;

/// The maximum number of concurrent deliveries, each with a body of up to [`MAX_BODY_BYTES`].
const MAX_CONNECTIONS: usize = 16;
/// The maximum age of a connection. A client that holds one open delays others only that long.
const MAX_CONNECTION_AGE: Duration = Duration::from_mins(1);
const MAX_BODY_BYTES: usize = 8 << 20;
const SIGNATURE_KEY: &str = "event.notification.signature.key";

#[derive(Debug, clap::Args)]
pub(super) struct ListenArgs {
    /// Document with the signature key, instead of `OCON_SIGNATURE_KEY`
    #[arg(value_name = "KEY|PATH")]
    document: Option<KeyOrPath>,
    /// Port on 127.0.0.1
    #[arg(long, value_name = "N", default_value_t = 8900)]
    port: u16,
    /// Stop after N deliveries; the exit code is 1 if one of them was refused
    #[arg(long, value_name = "N")]
    count: Option<usize>,
}

struct ListenerState {
    format: Format,
    count: Option<usize>,
    hosts: Hosts,
    refused: RefusedRequests,
    received: Mutex<Received>,
    enough: Notify,
}

/// The hosts that a request may name. A web page whose own name resolves to loopback names another one.
#[derive(Debug)]
struct Hosts {
    port: u16,
    /// The hosts that the user allows, for example that of a tunnel.
    allowed: Vec<String>,
}

impl Hosts {
    /// Whether the host is one of them. It includes the port unless that is the default of the scheme.
    fn contain(&self, host: &str) -> bool {
        let port = self.port;
        let own = ["127.0.0.1", "localhost", "[::1]"].map(|name| match port {
            80 => name.to_owned(),
            _ => format!("{name}:{port}"),
        });
        let (name, number) = host.rsplit_once(':').unwrap_or((host, "443"));
        let is_allowed = |allowed: &String| {
            let name = if number.parse::<u16>().is_ok() { name } else { host };
            [name, host].iter().any(|host| host.eq_ignore_ascii_case(allowed))
        };
        own.iter().any(|own| own.eq_ignore_ascii_case(host)) || self.allowed.iter().any(is_allowed)
    }

    /// Why a request is refused before its body is read.
    fn refusal(&self, request: &Request) -> Option<&'static str> {
        let headers = request.headers();
        if !refused_requests::host(request.uri(), headers).is_some_and(|host| self.contain(host)) {
            return Some("it is for another host. For a tunnel, add --allow-host HOST");
        }
        let is_own = |origin: &str| {
            let host = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
            host.is_some_and(|host| self.contain(host))
        };
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let is_foreign = |origin: &axum::http::HeaderValue| !origin.to_str().is_ok_and(is_own);
        origins.any(is_foreign).then_some("a web page of another site sent it")
    }
}

struct Received {
    inbox: DeliveryReceiver,
    deliveries: usize,
    refused: usize,
    unwritten: Option<Failure>,
}

pub(super) fn run(globals: &GlobalArgs, args: &ListenArgs) -> Result<Exit, Failure> {
    let key = signature_key(globals, args)?;
    let is_verified = key.is_some();
    connection::runtime()?.block_on(async {
        let (listener, address) = bind(args.port).await?;
        let shared = Arc::new(ListenerState {
            format: globals.format,
            count: args.count,
            hosts: Hosts { port: address.port(), allowed: globals.allow_host.clone() },
            refused: RefusedRequests::default(),
            received: Mutex::new(Received {
                inbox: DeliveryReceiver::new(key),
                deliveries: 0,
                refused: 0,
                unwritten: None,
            }),
            enough: Notify::new(),
        });
        let stop = StopSignal::default();
        let _guard = interrupt::stop_gracefully(
            &stop,
            "no more deliveries are accepted. Interrupt again to abort.",
            "deliveries in flight may not be shown. The platform sends them again.",
        );
        let verified = if is_verified {
            "are verified"
        } else {
            "are not verified: name a document, or set OCON_SIGNATURE_KEY"
        };
        output::message(&format!(
            "Listening at http://{address} until Ctrl-C. Signatures {verified}.\n"
        ));
        let router = Router::new().fallback(receive).layer(DefaultBodyLimit::max(MAX_BODY_BYTES));
        let listener = BoundedListener::new(listener, MAX_CONNECTIONS, MAX_CONNECTION_AGE);
        let server = LoopbackServer::start(listener, router.with_state(Arc::clone(&shared)));
        tokio::select! {
            () = shared.enough.notified() => {}
            () = stop.requested() => {}
        }
        server.stop().await;
        shared.result()
    })
}

async fn bind(port: u16) -> Result<(TcpListener, SocketAddr), Failure> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Failure::new(Exit::Other, format!("ocon cannot listen on {address}"))
            .caused_by(&error)
            .hint("stop the program that uses the port, or use another one: --port 8901")
    })?;
    let address = listener.local_addr().unwrap_or(address);
    Ok((listener, address))
}

fn signature_key(globals: &GlobalArgs, args: &ListenArgs) -> Result<Option<Secret>, Failure> {
    let Some(document) = &args.document else {
        let given = globals.environment.text("OCON_SIGNATURE_KEY").map(Secret::new);
        redaction::register(given.iter());
        return Ok(given);
    };
    let files = files::load(globals, SecretAccess::Needed)?;
    files.warn(globals);
    let (key, wanted) = files.document(globals, document)?;
    let value = document_instance::value(key, wanted, SIGNATURE_KEY)?;
    value.map(Some).ok_or_else(|| {
        let error = format!("{} does not declare {}", quoted(&key), quoted(&SIGNATURE_KEY));
        Failure::new(Exit::Invalid, error)
            .hint("declare it, or name no document: then signatures are not verified")
    })
}

impl ListenerState {
    fn received(&self) -> MutexGuard<'_, Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn result(&self) -> Result<Exit, Failure> {
        let mut received = self.received();
        match received.unwritten.take() {
            Some(failure) => Err(failure),
            None if received.refused > 0 && self.count.is_some() => Ok(Exit::Other),
            None => Ok(Exit::Success),
        }
    }

    /// Checks a delivery. Also returns whether the requested number of deliveries is reached.
    fn check(&self, headers: &HeaderMap, body: &[u8]) -> (Delivery, bool) {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let mut received = self.received();
        let delivery =
            received.inbox.receive(header(DELIVERY_ID_HEADER), header(SIGNATURE_HEADER), body);
        received.deliveries += 1;
        received.refused += usize::from(delivery.outcome.notification().is_none());
        let enough = self.count.is_some_and(|count| received.deliveries >= count);
        (delivery, enough)
    }
}

async fn receive(State(shared): State<Arc<ListenerState>>, request: Request) -> StatusCode {
    if let Some(reason) = shared.hosts.refusal(&request) {
        shared.refused.report(request.method(), request.uri().path(), reason);
        return StatusCode::FORBIDDEN;
    }
    if request.method() != Method::POST {
        return StatusCode::METHOD_NOT_ALLOWED;
    }
    let headers = request.headers().clone();
    let body = match Bytes::from_request(request, &()).await {
        Ok(body) => body,
        Err(error) => {
            let status = error.status();
            output::message(&format!(
                "A delivery was refused ({status}): it is incomplete or too large.\n"
            ));
            return status;
        }
    };
    let (delivery, enough) = shared.check(&headers, &body);
    let received = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let document = DeliveryDocument::new(&delivery, &received);
    let line = match shared.format {
        Format::Json => json::line(&document),
        _ => human::delivery(&document),
    };
    // The listener stops when nobody reads its output any more.
    let is_read = output::line(&line).unwrap_or_else(|failure| {
        shared.received().unwritten = Some(failure);
        false
    });
    if enough || !is_read {
        shared.enough.notify_one();
    }
    StatusCode::from_u16(delivery.outcome.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn a_listener_accepts_its_loopback_names_and_the_allowed_hosts() {
        let hosts = |port| Hosts {
            port,
            allowed: vec!["Tunnel.example".to_owned(), "[fd00::1]".to_owned()],
        };
        for host in [
            "127.0.0.1:8900",
            "localhost:8900",
            "LOCALHOST:8900",
            "[::1]:8900",
            "tunnel.example",
            "tunnel.example:443",
            "[fd00::1]",
            "[fd00::1]:80",
        ] {
            assert!(hosts(8900).contain(host), "{host}");
        }
        for host in [
            "",
            "localhost",
            "127.0.0.1",
            "127.0.0.1:80",
            "localhost:8901",
            "127.0.0.2:8900",
            "evil.example:8900",
            "localhost.evil.example:8900",
            "evil.tunnel.example",
            "tunnel.example.evil.example",
            "tunnel.example:x",
            "user@localhost:8900",
        ] {
            assert!(!hosts(8900).contain(host), "{host}");
        }
        assert!(hosts(80).contain("localhost"));
    }

    #[test]
    fn a_request_of_another_site_is_refused() {
        let hosts = Hosts { port: 8900, allowed: vec!["tunnel.example".to_owned()] };
        let refused = |host: &str, origins: &[&str]| {
            let mut request = Request::post("/").header(header::HOST, host);
            for origin in origins {
                request = request.header(header::ORIGIN, *origin);
            }
            hosts.refusal(&request.body(Body::empty()).unwrap()).is_some()
        };
        assert!(!refused("127.0.0.1:8900", &[]));
        assert!(!refused("127.0.0.1:8900", &["http://localhost:8900"]));
        assert!(!refused("tunnel.example", &["https://tunnel.example"]));
        assert!(refused("evil.example:8900", &[]));
        for origin in ["null", "", "https://evil.example", "http://localhost:1", "file://"] {
            assert!(refused("127.0.0.1:8900", &[origin]), "{origin}");
            assert!(refused("127.0.0.1:8900", &["http://localhost:8900", origin]), "{origin}");
        }
    }
}
