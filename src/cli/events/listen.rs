//! `ocon events listen`: takes deliveries, and says what came and whether the signature holds.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, StatusCode};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::api::Stop;
use crate::cli::environment::Environment;
use crate::cli::failure::{Exit, Failure};
use crate::cli::globals::{Format, Globals};
use crate::cli::interrupt::{self, Grace};
use crate::cli::serving::Serving;
use crate::cli::session::{self, Lookup};
use crate::cli::{known, one, output};
use crate::events::{Delivery, ID, Inbox, SIGNATURE};
use crate::instance::{Key, Secret};
use crate::report::human;
use crate::report::json::{self, DeliveryDocument};
use crate::untrusted::quoted;

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
    came: Mutex<Came>,
    enough: Notify,
}

/// What came so far.
struct Came {
    inbox: Inbox,
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
    let shared = Arc::new(Shared {
        format: globals.format,
        count: arguments.count,
        came: Mutex::new(Came {
            inbox: Inbox::new(key),
            deliveries: 0,
            refused: 0,
            unwritten: None,
        }),
        enough: Notify::new(),
    });
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port));
    session::runtime()?.block_on(async {
        let listener = TcpListener::bind(address).await.map_err(|error| {
            Failure::new(Exit::Other, format!("nothing can listen on {address}"))
                .caused_by(&error)
                .hint("end the program that has the port, or give another one: --port 8901")
        })?;
        let stop = Stop::default();
        let asked = stop.clone();
        let _grace = interrupt::grace(Grace {
            announcement: "no more deliveries are accepted. Interrupt again to abort.",
            aborted: "deliveries in flight may not be shown. The platform sends them again.",
            stop: Box::new(move || asked.request()),
        });
        let address = listener.local_addr().unwrap_or(address);
        let verified = if is_verified {
            "are verified"
        } else {
            "are not verified: give KEY, or set OCON_SIGNATURE_KEY"
        };
        output::message(&format!(
            "Listening at http://{address} until Ctrl-C. Signatures {verified}.\n"
        ));
        let router = Router::new().fallback(take).layer(DefaultBodyLimit::max(LARGEST));
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
        known::learn(given.iter());
        return Ok(given);
    };
    let files = session::load(globals, environment, Lookup::Asked)?;
    files.warn(globals);
    let name = "event.notification.signature.key";
    let value = one::value(key, one::document(&files, key)?, name)?;
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
        let delivery = came.inbox.take(header(ID), header(SIGNATURE), body);
        came.deliveries += 1;
        came.refused += usize::from(delivery.outcome.notification().is_none());
        let enough = self.count.is_some_and(|count| came.deliveries >= count);
        (delivery, enough)
    }
}

async fn take(
    State(shared): State<Arc<Shared>>,
    method: Method,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> StatusCode {
    if method != Method::POST {
        return StatusCode::METHOD_NOT_ALLOWED;
    }
    let body = match body {
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
    let line = match shared.format {
        Format::Json => json::line(&DeliveryDocument::new(&delivery, &received)),
        _ => human::delivery(&delivery, &received),
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
