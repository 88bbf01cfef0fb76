//! The HTTP server, a thread with its own runtime.
//!
//! It responds even if the caller's runtime is busy or has one thread, and it can stop without a
//! runtime. A complete request is processed even if its client disconnects, as on the platform. It must
//! never wait while it holds the lock of the platform.

use std::future::poll_fn;
use std::io;
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{ConnectInfo, State};
use axum::http::Response;
use tokio::runtime::{self, Runtime};
use tokio::sync::oneshot;

use super::{
    ApiRequest, ConnectionControl, ErrorReply, FaultTiming, Route, Shared,
    connection::ControlledListener, delivery, faults::effect, render,
};

/// Maximum size of a body, in requests and replies: 8 MB
/// (docs/platform.md#limits-and-consistency).
const MAX_BODY_SIZE: usize = 8 * 1024 * 1024;

/// How much of a too large body is read before the reply. A client that is still sending would get
/// a closed connection instead of the reply.
const MAX_DRAINED_SIZE: usize = 8 * MAX_BODY_SIZE;

/// How long a graceful stop waits for requests, in addition to the delay of creations.
const GRACE_PERIOD: Duration = Duration::from_secs(5);

/// A running server. Dropping it stops the server and waits for its thread.
pub(super) struct Server {
    shared: Arc<Shared>,
    stop_gracefully: Option<oneshot::Sender<()>>,
    stop_now: Option<oneshot::Sender<()>>,
    stopped: oneshot::Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(super) fn start(listener: TcpListener, shared: Shared) -> io::Result<Self> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        listener.set_nonblocking(true)?;
        let listener = {
            let _inside = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        let shared = Arc::new(shared);
        let (stop_gracefully, graceful_stop) = oneshot::channel();
        let (stop_now, immediate_stop) = oneshot::channel();
        let (ended, stopped) = oneshot::channel();
        let serving = Arc::clone(&shared);
        let body = move || {
            run(&runtime, listener, serving, graceful_stop, immediate_stop);
            drop(runtime);
            // An error only means that no one waits.
            let _ = ended.send(());
        };
        let thread = thread::Builder::new().name("ocon-sandbox".to_owned()).spawn(body)?;
        Ok(Self {
            shared,
            stop_gracefully: Some(stop_gracefully),
            stop_now: Some(stop_now),
            stopped,
            thread: Some(thread),
        })
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(super) async fn stop(mut self) {
        drop(self.stop_gracefully.take());
        // An error also means that the thread has ended.
        let _ = (&mut self.stopped).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop_now.take());
        if let Some(thread) = self.thread.take() {
            // The thread only finishes the current request. A panic was reported when it happened.
            let _ = thread.join();
        }
    }
}

/// Serves until the sender of one of the two receivers is dropped.
fn run(
    runtime: &Runtime,
    listener: tokio::net::TcpListener,
    shared: Arc<Shared>,
    graceful_stop: oneshot::Receiver<()>,
    immediate_stop: oneshot::Receiver<()>,
) {
    let timeout = GRACE_PERIOD + shared.slow_post;
    let router = Router::new().fallback(handle).with_state(Arc::clone(&shared));
    let service = router.into_make_service_with_connect_info::<ConnectionControl>();
    let (stopping, stop_begun) = oneshot::channel::<()>();
    let server =
        axum::serve(ControlledListener(listener), service).with_graceful_shutdown(async move {
            let _ = graceful_stop.await;
            drop(stopping);
        });
    let timed_out = async move {
        let _ = stop_begun.await;
        tokio::time::sleep(timeout).await;
    };
    runtime.block_on(async {
        tokio::select! {
            ended = server => if let Err(error) = ended {
                tracing::error!(%error, "the sandbox stopped serving");
            },
            () = timed_out => {}
            () = delivery::run(shared) => {}
            _ = immediate_stop => {}
        }
    });
}

async fn handle(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(connection): ConnectInfo<ConnectionControl>,
    request: axum::extract::Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let (body, complete) = read(body).await;
    let request = ApiRequest::new(&parts, body);
    // In another task, because hyper drops this future when the client disconnects.
    let response = tokio::spawn(process(shared, request, complete, connection));
    response.await.unwrap_or_else(|error| {
        let error = ErrorReply::new(500, format!("The sandbox failed: {error}"));
        render(Err(error)).map(Body::from)
    })
}

/// Processes a request with the scripted faults that apply to it.
async fn process(
    shared: Arc<Shared>,
    mut request: ApiRequest,
    body: Result<(), ErrorReply>,
    connection: ConnectionControl,
) -> Response<Body> {
    let mut decision = shared.platform().decide(&mut request);
    let route = Route::of(&request);
    let creates = route.is_some_and(|route| route.creates(&request.method));
    let slow_post = if creates { shared.slow_post } else { Duration::ZERO };
    let wait = decision.delay.saturating_add(slow_post);
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
    if decision.hold() == Some(FaultTiming::Before) {
        shared.holds.hold().await;
    }
    let response = shared.platform().respond(&request, body, &mut decision);
    if matches!(route, Some(Route::Incoming(..))) {
        shared.wake.notify_one();
    }
    if decision.hold() == Some(FaultTiming::After) {
        shared.holds.hold().await;
    }
    // Without the query and the body, because both can contain secrets.
    let (status, fault) = (response.status().as_u16(), decision.name());
    tracing::debug!(method = %request.method, path = request.path, status, fault, "sandbox answered");
    effect::send(decision.fault.as_ref(), response, &connection)
}

/// Reads a body. Refuses a body that is too large or incomplete.
async fn read(mut body: Body) -> (Vec<u8>, Result<(), ErrorReply>) {
    let mut bytes = Vec::new();
    let mut received = 0;
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(frame) = frame else {
            return (bytes, Err(ErrorReply::bad_request("The body is incomplete")));
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        received += data.len();
        if received <= MAX_BODY_SIZE {
            bytes.extend_from_slice(&data);
        } else if received > MAX_DRAINED_SIZE {
            break;
        }
    }
    if received > MAX_BODY_SIZE {
        // The platform replies 429, not 413 (docs/platform.md#limits-and-consistency).
        return (Vec::new(), Err(ErrorReply::new(429, "The request is larger than 8 MB")));
    }
    (bytes, Ok(()))
}
