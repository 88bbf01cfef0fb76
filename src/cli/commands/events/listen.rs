//! `ocon events listen`: takes deliveries, and says what came and whether the signature holds.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::api::StopSignal;
use crate::cli::commands::loopback_server::{BoundedListener, Serving};
use crate::cli::commands::refused_requests::{self, RefusedRequests};
use crate::cli::commands::single_instance;
use crate::cli::setup::arguments::{Format, Globals};
use crate::cli::setup::environment::Environment;
use crate::cli::setup::session::{self, Lookup};
use crate::cli::terminal::failure::{Exit, Failure};
use crate::cli::terminal::interrupt::{self, Grace};
use crate::cli::terminal::output;
use crate::cli::terminal::redaction;
use crate::events::{DELIVERY_ID_HEADER, Delivery, DeliveryReceiver, SIGNATURE_HEADER};
use crate::instance::{Key, Secret};
use crate::report::human;
use crate::report::json::{self, DeliveryDocument};
use crate::safe_text::quoted;

/// The number of deliveries at once: their bodies take this number of times [`LARGEST`].
const MAX_CONNECTIONS: usize = 16;

/// How long a connection lasts, so that clients that hold one open delay others only that long.
const MAX_CONNECTION_AGE: Duration = Duration::from_mins(1);

/// The largest body that the platform sends.
const LARGEST: usize = 8 << 20;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The document whose signature key is used, instead of that in `OCON_SIGNATURE_KEY`
    key: Option<Key>,
    /// Port on 127.0.0.1
    #[arg(long, value_name = "N", default_value_t = 8900)]
    port: u16,
    /// End after so many deliveries; with exit code 1 where one of them was refused
    #[arg(long, value_name = "N")]
    count: Option<usize>,
}

/// What the handlers share.
struct Shared {
    format: Format,
    count: Option<usize>,
    hosts: Hosts,
    not_ours: RefusedRequests,
    came: Mutex<Came>,
    enough: Notify,
}

/// The hosts by which this listener may be called. A page that has its own name lead to loopback
/// sends another one.
#[derive(Debug)]
struct Hosts {
    /// The port of the listener.
    port: u16,
    /// The hosts that a person allows, such as that of a tunnel.
    allowed: Vec<String>,
}

impl Hosts {
    /// Whether the host, with its port if that is not the scheme's, is one of them.
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

    /// Why a request with these headers is refused before it is read.
    fn refusal(&self, request: &Request) -> Option<&'static str> {
        let headers = request.headers();
        if !refused_requests::host(request.uri(), headers).is_some_and(|host| self.contain(host)) {
            return Some("its host is not this listener's. For a tunnel, add --allow-host HOST");
        }
        let is_own = |origin: &str| {
            let host = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
            host.is_some_and(|host| self.contain(host))
        };
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let is_foreign = |origin: &axum::http::HeaderValue| !origin.to_str().is_ok_and(is_own);
        origins.any(is_foreign).then_some("a page of another site sent it")
    }
}

/// What came so far.
struct Came {
    inbox: DeliveryReceiver,
    deliveries: usize,
    refused: usize,
    /// Why a line could not be written.
    unwritten: Option<Failure>,
}

pub(super) fn run(
    globals: &Globals,
    arguments: &Arguments,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let key = signature_key(globals, arguments, environment)?;
    let is_verified = key.is_some();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port));
    session::runtime()?.block_on(async {
        let listener = TcpListener::bind(address).await.map_err(|error| {
            Failure::new(Exit::Other, format!("nothing can listen on {address}"))
                .caused_by(&error)
                .hint("end the program that has the port, or give another one: --port 8901")
        })?;
        let address = listener.local_addr().unwrap_or(address);
        let hosts = Hosts { port: address.port(), allowed: globals.allow_host.clone() };
        let shared = Arc::new(Shared {
            format: globals.format,
            count: arguments.count,
            hosts,
            not_ours: RefusedRequests::default(),
            came: Mutex::new(Came {
                inbox: DeliveryReceiver::new(key),
                deliveries: 0,
                refused: 0,
                unwritten: None,
            }),
            enough: Notify::new(),
        });
        let stop = StopSignal::default();
        let asked = stop.clone();
        let _grace = interrupt::grace(Grace {
            announcement: "no more deliveries are accepted. Interrupt again to abort.",
            aborted: "deliveries in flight may not be shown. The platform sends them again.",
            stop: Box::new(move || asked.request()),
        });
        let verified = if is_verified {
            "are verified"
        } else {
            "are not verified: give KEY, or set OCON_SIGNATURE_KEY"
        };
        output::message(&format!(
            "Listening at http://{address} until Ctrl-C. Signatures {verified}.\n"
        ));
        let router = Router::new().fallback(take).layer(DefaultBodyLimit::max(LARGEST));
        let listener = BoundedListener::new(listener, MAX_CONNECTIONS, MAX_CONNECTION_AGE);
        let server = Serving::begin(listener, router.with_state(Arc::clone(&shared)));
        tokio::select! {
            () = shared.enough.notified() => {}
            () = stop.requested() => {}
        }
        server.end().await;
        let mut came = shared.came();
        match came.unwritten.take() {
            Some(failure) => Err(failure),
            None if came.refused > 0 && shared.count.is_some() => Ok(Exit::Other),
            None => Ok(Exit::Success),
        }
    })
}

/// The key of a document, or the one in the environment.
fn signature_key(
    globals: &Globals,
    arguments: &Arguments,
    environment: &Environment,
) -> Result<Option<Secret>, Failure> {
    let Some(key) = &arguments.key else {
        let given = environment.text("OCON_SIGNATURE_KEY").map(Secret::new);
        redaction::learn(given.iter());
        return Ok(given);
    };
    let files = session::load(globals, environment, Lookup::Asked)?;
    files.warn(globals);
    let name = "event.notification.signature.key";
    let value = single_instance::value(key, single_instance::document(&files, key)?, name)?;
    value.map(Some).ok_or_else(|| {
        Failure::new(
            Exit::Invalid,
            format!("{key} does not declare {name}", key = quoted(&key), name = quoted(&name)),
        )
        .hint("declare it, or leave KEY out: then nothing is verified")
    })
}

impl Shared {
    fn came(&self) -> std::sync::MutexGuard<'_, Came> {
        self.came.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Judges a delivery: what became of it, and whether there are enough.
    fn judge(&self, headers: &HeaderMap, body: &[u8]) -> (Delivery, bool) {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let mut came = self.came();
        let delivery =
            came.inbox.receive(header(DELIVERY_ID_HEADER), header(SIGNATURE_HEADER), body);
        came.deliveries += 1;
        came.refused += usize::from(delivery.outcome.notification().is_none());
        let enough = self.count.is_some_and(|count| came.deliveries >= count);
        (delivery, enough)
    }
}

async fn take(State(shared): State<Arc<Shared>>, request: Request) -> StatusCode {
    if let Some(why) = shared.hosts.refusal(&request) {
        shared.not_ours.report(request.method(), request.uri().path(), why);
        return StatusCode::FORBIDDEN;
    }
    if request.method() != Method::POST {
        return StatusCode::METHOD_NOT_ALLOWED;
    }
    let headers = request.headers().clone();
    let body = match Bytes::from_request(request, &()).await {
        Ok(body) => body,
        Err(broken) => {
            let broken = broken.status();
            output::message(&format!(
                "A delivery was refused ({broken}): it is not complete, or too large.\n"
            ));
            return broken;
        }
    };
    let (delivery, enough) = shared.judge(&headers, &body);
    let received = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let document = DeliveryDocument::new(&delivery, &received);
    let line = match shared.format {
        Format::Json => json::line(&document),
        _ => human::delivery(&document),
    };
    // Where nobody reads it any more there is nothing to listen for.
    let is_read = output::line(&line).unwrap_or_else(|failure| {
        shared.came().unwritten = Some(failure);
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
    fn a_listener_has_its_loopback_names_and_the_allowed_hosts() {
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
