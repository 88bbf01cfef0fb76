//! `ocon events listen`: takes deliveries, and says what came and whether the signature holds.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, StatusCode};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::{ObjectDocument, said};
use crate::cli::environment::Environment;
use crate::cli::failure::{Exit, Failure};
use crate::cli::globals::{Format, Globals};
use crate::cli::interrupt::Signals;
use crate::cli::session::{self, Lookup};
use crate::cli::{known, one, output};
use crate::events::{ID, Notification, SIGNATURE, Signature};
use crate::instance::{Key, Secret};
use crate::report::style::clean_line;

/// The largest body that the platform sends.
const LARGEST: usize = 8 << 20;

/// How many ids are remembered, to recognise what comes again.
const REMEMBERED: usize = 10_000;

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
    key: Option<Secret>,
    format: Format,
    count: Option<usize>,
    seen: Mutex<Seen>,
    enough: Notify,
}

#[derive(Default)]
struct Seen {
    ids: BTreeSet<String>,
    deliveries: usize,
    refused: usize,
}

/// A delivery, as a line of JSON.
#[derive(Serialize)]
struct Line<'a> {
    received: &'a str,
    notification: &'a str,
    event: &'a str,
    signature: &'a str,
    status: u16,
    replayed: bool,
    objects: Vec<ObjectDocument<'a>>,
}

pub(super) fn run(
    globals: &Globals,
    arguments: &Arguments,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let key = signature_key(globals, arguments, environment)?;
    let is_verified = key.is_some();
    let shared = Arc::new(Shared {
        key,
        format: globals.format,
        count: arguments.count,
        seen: Mutex::default(),
        enough: Notify::new(),
    });
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port));
    session::runtime()?.block_on(async {
        let listener = TcpListener::bind(address).await.map_err(|error| {
            Failure::new(Exit::Other, format!("nothing can listen on {address}"))
                .caused_by(&error)
                .hint("end the program that has the port, or give another one: --port 8901")
        })?;
        let mut signals = Signals::new().map_err(|error| {
            Failure::new(Exit::Other, "signals cannot be received").caused_by(&error)
        })?;
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
        let server = axum::serve(listener, router.with_state(Arc::clone(&shared)));
        let enough = Arc::clone(&shared);
        let server = server.with_graceful_shutdown(async move {
            tokio::select! {
                () = enough.enough.notified() => {}
                () = signals.next() => {}
            }
        });
        server.await.map_err(|error| {
            Failure::new(Exit::Other, "no more deliveries can be taken").caused_by(&error)
        })?;
        let refused = shared.seen().refused;
        Ok(if refused > 0 && arguments.count.is_some() { Exit::Other } else { Exit::Success })
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
    let field = one::document(&files, key)?.configuration.get(name).ok_or_else(|| {
        Failure::new(Exit::Invalid, format!("`{key}` does not declare `{name}`"))
            .hint("declare it, or leave KEY out: then nothing is verified")
    })?;
    let value = field.value.render_unplaced().filter(|value| !value.expose().is_empty());
    value.map(Some).ok_or_else(|| {
        let sources = field.value.secrets().map(|reference| reference.source.to_string());
        let sources = sources.collect::<Vec<_>>().join(" and ");
        Failure::new(Exit::Invalid, format!("`{name}` of `{key}` has no value"))
            .hint(format!("set {sources}"))
    })
}

impl Shared {
    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn take(
    State(shared): State<Arc<Shared>>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    if method != Method::POST {
        return StatusCode::METHOD_NOT_ALLOWED;
    }
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let signature = Signature::verify(shared.key.as_ref(), header(SIGNATURE), &body);
    let notification = signature.is_acceptable().then(|| Notification::read(&body));
    let (status, notification) = match notification {
        None => (StatusCode::UNAUTHORIZED, Notification::default()),
        Some(None) => (StatusCode::BAD_REQUEST, Notification::default()),
        Some(Some(notification)) => (StatusCode::OK, notification),
    };
    let id = header(ID).unwrap_or_default();
    let (replayed, enough) = shared.seen().note(id, status, shared.count);
    let time = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let delivery = Line {
        received: &time,
        notification: id,
        event: &notification.event,
        signature: signature.as_str(),
        status: status.as_u16(),
        replayed,
        objects: notification.objects.iter().map(ObjectDocument::from).collect(),
    };
    let line = match shared.format {
        Format::Json => serde_json::to_string(&delivery).unwrap_or_default() + "\n",
        _ => told(&delivery, signature, &notification),
    };
    // Nobody reads it any more: there is nothing to listen for.
    if output::text(&line).is_err() || enough {
        shared.enough.notify_one();
    }
    status
}

impl Seen {
    /// Remembers a delivery: whether one with its id was taken before, and whether there are enough.
    fn note(&mut self, id: &str, status: StatusCode, most: Option<usize>) -> (bool, bool) {
        self.deliveries += 1;
        let replayed = match status {
            StatusCode::OK if id.is_empty() => false,
            StatusCode::OK => {
                if self.ids.len() == REMEMBERED {
                    self.ids.pop_first();
                }
                !self.ids.insert(id.to_owned())
            }
            _ => {
                self.refused += 1;
                false
            }
        };
        (replayed, most.is_some_and(|most| self.deliveries >= most))
    }
}

/// A delivery in a line of words.
fn told(line: &Line<'_>, signature: Signature, notification: &Notification) -> String {
    let what = match line.status {
        401 => "refused: nothing of it is shown".to_owned(),
        400 => "refused: it is no JSON object".to_owned(),
        _ if line.replayed => {
            format!("{}, which was delivered before", said(&notification.objects))
        }
        _ => said(&notification.objects),
    };
    let id = clean_line(line.notification);
    format!("{}  {what}  ({}; notification {id})\n", line.received, signature.describe())
}
