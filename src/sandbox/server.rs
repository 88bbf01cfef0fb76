//! The HTTP server: connections in, requests to the platform, responses out.
//!
//! In: a bound listener and a platform. Out: a thread with its own runtime, so that a caller that
//! is busy, or whose runtime has one thread, still gets answers, and so that stopping needs no
//! runtime. A request that was read is carried out even if its client goes away meanwhile, as on
//! the platform. It must never hold the platform's lock while it waits for anything.

use std::future::poll_fn;
use std::io;
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{ConnectInfo, State};
use axum::http::Response;
use tokio::runtime::{self, Runtime};
use tokio::sync::{Notify, oneshot};

use super::connection::{ConnectionControl, ControlledListener};
use super::delivery;
use super::faults::effect;
use super::faults::hold::Holds;
use super::platform::Platform;
use super::reply::{ErrorReply, render};
use super::request::ApiRequest;
use super::routes::Route;

/// The largest body that the platform takes: 8 MB, in requests as in replies.
const BODY_LIMIT: usize = 8 * 1024 * 1024;

/// How much of a body that is too large is read before the refusal: a client that is still
/// sending sees a closed connection instead of the reply.
const DRAIN_LIMIT: usize = 8 * BODY_LIMIT;

/// How long a graceful stop waits for requests beyond the delay of creations.
const GRACE: Duration = Duration::from_secs(5);

/// What handlers share.
pub(super) struct Shared {
    platform: Mutex<Platform>,
    slow_post: Duration,
    holds: Holds,
    /// Says that a notification may be due.
    pub(super) woken: Notify,
    /// Says that none is.
    pub(super) quiet: Notify,
}

/// A running server; dropping it stops it and waits until its thread has ended.
pub(super) struct Server {
    shared: Arc<Shared>,
    gracefully: Option<oneshot::Sender<()>>,
    now: Option<oneshot::Sender<()>>,
    stopped: oneshot::Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl Shared {
    pub(super) fn new(platform: Platform, slow_post: Duration) -> Self {
        Self {
            platform: Mutex::new(platform),
            slow_post,
            holds: Holds::default(),
            woken: Notify::new(),
            quiet: Notify::new(),
        }
    }

    /// The platform, for one request.
    pub(super) fn platform(&self) -> MutexGuard<'_, Platform> {
        // Changes are applied whole, so what a panic leaves behind is still sound.
        self.platform.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Server {
    /// Serves `listener` on a thread of its own.
    pub(super) fn start(listener: TcpListener, shared: Shared) -> io::Result<Self> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        listener.set_nonblocking(true)?;
        let listener = {
            let _inside = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        let shared = Arc::new(shared);
        let (gracefully, graceful_stop) = oneshot::channel();
        let (now, stop_now) = oneshot::channel();
        let (ended, stopped) = oneshot::channel();
        let serving = Arc::clone(&shared);
        let body = move || {
            run(&runtime, listener, serving, graceful_stop, stop_now);
            drop(runtime);
            // Nobody may be waiting for it.
            let _ = ended.send(());
        };
        let thread = thread::Builder::new().name("ocon-sandbox".to_owned()).spawn(body)?;
        Ok(Self {
            shared,
            gracefully: Some(gracefully),
            now: Some(now),
            stopped,
            thread: Some(thread),
        })
    }

    pub(super) fn platform(&self) -> MutexGuard<'_, Platform> {
        self.shared.platform()
    }

    /// Has it looked whether a notification is due.
    pub(super) fn wake(&self) {
        self.shared.woken.notify_one();
    }

    /// Waits until no notification is due or being sent.
    pub(super) async fn quiet(&self) {
        loop {
            let quiet = self.shared.quiet.notified();
            if self.shared.platform().is_quiet() {
                return;
            }
            quiet.await;
        }
    }

    /// The requests that wait to be released.
    pub(super) fn holds(&self) -> &Holds {
        &self.shared.holds
    }

    /// Takes no new request, lets those in flight finish and waits for that.
    pub(super) async fn stop(mut self) {
        drop(self.gracefully.take());
        // An error means that the thread has ended, which is what is waited for.
        let _ = (&mut self.stopped).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.now.take());
        if let Some(thread) = self.thread.take() {
            // It waits for nothing any more, so this takes as long as the request in hand. A
            // panic of it was reported where it happened.
            let _ = thread.join();
        }
    }
}

/// Serves until one of the two senders is dropped.
fn run(
    runtime: &Runtime,
    listener: tokio::net::TcpListener,
    shared: Arc<Shared>,
    graceful_stop: oneshot::Receiver<()>,
    stop_now: oneshot::Receiver<()>,
) {
    let patience = GRACE + shared.slow_post;
    let router = Router::new().fallback(handle).with_state(Arc::clone(&shared));
    let service = router.into_make_service_with_connect_info::<ConnectionControl>();
    let (stopping, stop_begun) = oneshot::channel::<()>();
    let server =
        axum::serve(ControlledListener(listener), service).with_graceful_shutdown(async move {
            let _ = graceful_stop.await;
            drop(stopping);
        });
    let out_of_patience = async move {
        let _ = stop_begun.await;
        tokio::time::sleep(patience).await;
    };
    runtime.block_on(async {
        tokio::select! {
            ended = server => if let Err(error) = ended {
                tracing::error!(%error, "the sandbox stopped serving");
            },
            () = out_of_patience => {}
            () = delivery::run(shared) => {}
            _ = stop_now => {}
        }
    });
}

/// The one way that every request takes.
async fn handle(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(link): ConnectInfo<ConnectionControl>,
    request: axum::extract::Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let (body, complete) = read(body).await;
    let request = ApiRequest::new(&parts, body);
    // On a task of its own: hyper drops this future when the client goes away.
    let answer = tokio::spawn(carry_out(shared, request, complete, link));
    answer.await.unwrap_or_else(|error| {
        let failure = ErrorReply::new(500, format!("The sandbox failed: {error}"));
        render(Err(failure)).map(Body::from)
    })
}

/// Answers a request that has been read, as well or as badly as the scripted faults have it.
async fn carry_out(
    shared: Arc<Shared>,
    mut request: ApiRequest,
    body: Result<(), ErrorReply>,
    link: ConnectionControl,
) -> Response<Body> {
    let mut decision = shared.platform().decide(&mut request);
    let segments = request.segments();
    let route = segments.as_deref().and_then(Route::parse);
    let creates = route.is_some_and(|route| route.creates(&request.method));
    let slow_post = if creates { shared.slow_post } else { Duration::ZERO };
    let wait = decision.delay.saturating_add(slow_post);
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
    if decision.held() == Some(false) {
        shared.holds.hold().await;
    }
    let response = shared.platform().respond(&request, body, &mut decision);
    if matches!(route, Some(Route::Incoming(..))) {
        shared.woken.notify_one();
    }
    if decision.held() == Some(true) {
        shared.holds.hold().await;
    }
    // Neither query nor body: both can hold secrets.
    let (status, fault) = (response.status().as_u16(), decision.name());
    tracing::debug!(method = %request.method, path = request.path, status, fault, "sandbox answered");
    effect::send(decision.fault.as_ref(), response, &link)
}

/// Reads a body within bounds; refuses one that is too large or broke off.
async fn read(mut body: Body) -> (Vec<u8>, Result<(), ErrorReply>) {
    let mut bytes = Vec::new();
    let mut received = 0;
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(frame) = frame else {
            return (bytes, Err(ErrorReply::bad_request("The body broke off")));
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        received += data.len();
        if received <= BODY_LIMIT {
            bytes.extend_from_slice(&data);
        } else if received > DRAIN_LIMIT {
            break;
        }
    }
    if received > BODY_LIMIT {
        // The platform's status for it, not 413.
        return (Vec::new(), Err(ErrorReply::new(429, "The request is larger than 8 MB")));
    }
    (bytes, Ok(()))
}
