//! Listens where the provider sends the browser: on loopback, for one answer.
//!
//! In: a callback on loopback, and who judges an answer. Out: the verdict. Every other request is
//! refused, named on stderr, and does not end the wait: another path, another method, another host,
//! a missing or wrong state. The pages are plain, load and run nothing, and say nothing of what was
//! in the answer.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use url::Host;

use super::page::{self, Page};
use crate::authorization::{CallbackUrl, GrantError};
use crate::cli::commands::loopback_server::{BoundedListener, Serving};
use crate::cli::commands::refused_requests::{self, RefusedRequests};
use crate::cli::terminal::failure::{Exit, Failure};

/// The number of connections at once on an address. A browser opens a handful.
const MAX_CONNECTIONS: usize = 64;

/// How long a connection lasts. A browser sends its request at once.
const MAX_CONNECTION_AGE: Duration = Duration::from_secs(10);

/// What comes of an answer.
pub(super) type Verdict<T> = Result<T, GrantError>;

/// A bound listener.
pub(super) struct Listener {
    sockets: Vec<TcpListener>,
    path: String,
    authority: String,
}

/// Who says what an answer is worth.
type Judge<T> = Box<dyn Fn(&str) -> Verdict<T> + Send + Sync>;

/// What the handlers share.
struct Shared<T> {
    path: String,
    authority: String,
    judge: Judge<T>,
    answer: Mutex<Option<oneshot::Sender<Verdict<T>>>>,
    refused: RefusedRequests,
}

impl Listener {
    /// Listens for the callback; `None` where that is not on this machine.
    pub(super) async fn bind(callback: &CallbackUrl) -> Result<Option<Self>, Failure> {
        let Some((host, port)) = callback.listener() else { return Ok(None) };
        let refused = |address: SocketAddr, error: &io::Error| {
            let sentence = format!("nothing can listen for the answer on port {port}");
            Failure::new(Exit::Other, sentence).caused_by(&format!("{address}: {error}")).hint(
                "end the program that has the port, or register another callback at the provider and \
                 declare it as `oauth.callback.url`",
            )
        };
        let addresses: &[IpAddr] = match host {
            Host::Ipv4(address) => &[address.into()],
            Host::Ipv6(address) => &[address.into()],
            // A browser may take either. Both must be free: on one of them another program would get
            // the answer.
            Host::Domain(_) => &[Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
        };
        let mut sockets = Vec::new();
        let mut failure = None;
        for address in addresses {
            let socket = SocketAddr::from((*address, port));
            match TcpListener::bind(socket).await {
                Ok(socket) => sockets.push(socket),
                Err(error) if addresses.len() == 1 || is_of_this_machine(*address).await => {
                    return Err(refused(socket, &error));
                }
                Err(error) => failure = Some(refused(socket, &error)),
            }
        }
        if let Some(failure) = failure.filter(|_| sockets.is_empty()) {
            return Err(failure);
        }
        let (path, authority) = (callback.path().to_owned(), callback.authority().to_owned());
        Ok(Some(Self { sockets, path, authority }))
    }

    /// Waits for the one answer, and shows the browser what came of it.
    pub(super) async fn answer<T: Send + 'static>(
        self,
        judge: impl Fn(&str) -> Verdict<T> + Send + Sync + 'static,
    ) -> Verdict<T> {
        let (answer, answered) = oneshot::channel();
        let shared = Arc::new(Shared {
            path: self.path,
            authority: self.authority,
            judge: Box::new(judge),
            answer: Mutex::new(Some(answer)),
            refused: RefusedRequests::default(),
        });
        let router = Router::new().fallback(handle::<T>).with_state(shared);
        let sockets = self.sockets.into_iter();
        let bounded = |socket| BoundedListener::new(socket, MAX_CONNECTIONS, MAX_CONNECTION_AGE);
        let servers: Vec<_> =
            sockets.map(|socket| Serving::begin(bounded(socket), router.clone())).collect();
        let verdict = answered.await.unwrap_or(Err(GrantError::NoGrant));
        futures_util::future::join_all(servers.into_iter().map(Serving::end)).await;
        verdict
    }
}

/// Whether the machine has the address.
async fn is_of_this_machine(address: IpAddr) -> bool {
    TcpListener::bind((address, 0)).await.is_ok()
}

async fn handle<T: Send + 'static>(
    State(shared): State<Arc<Shared<T>>>,
    request: Request,
) -> Response {
    let mut answer = shared.answer.lock().unwrap_or_else(PoisonError::into_inner);
    if answer.is_none() {
        return shown(StatusCode::GONE, page::AGAIN);
    }
    let (method, path) = (request.method(), request.uri().path());
    let refuse = |why: &str, status, page| {
        shared.refused.report(method, path, why);
        shown(status, page)
    };
    let host = refused_requests::host(request.uri(), request.headers());
    if !host.is_some_and(|host| host.eq_ignore_ascii_case(&shared.authority)) {
        let why = format!("its host is not {}", shared.authority);
        return refuse(&why, StatusCode::BAD_REQUEST, page::ELSEWHERE);
    }
    if path != shared.path {
        let why = format!("the callback's path is {}", shared.path);
        return refuse(&why, StatusCode::NOT_FOUND, page::ELSEWHERE);
    }
    if method != Method::GET {
        return refuse("a browser sends GET", StatusCode::BAD_REQUEST, page::ELSEWHERE);
    }
    let verdict = (shared.judge)(request.uri().query().unwrap_or_default());
    let (status, page) = match &verdict {
        Err(refusal @ GrantError::WrongState) => {
            return refuse(&refusal.to_string(), StatusCode::BAD_REQUEST, page::WRONG_STATE);
        }
        Ok(_) => (StatusCode::OK, page::GRANTED),
        Err(GrantError::Denied(_)) => (StatusCode::OK, page::DENIED),
        Err(_) => (StatusCode::BAD_REQUEST, page::REFUSED),
    };
    if let Some(answer) = answer.take() {
        // The receiver may have stopped waiting.
        let _ = answer.send(verdict);
    }
    shown(status, page)
}

fn shown(status: StatusCode, page: Page) -> Response {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, page::POLICY),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONNECTION, "close"),
    ];
    (status, headers, Html(page.html())).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    /// On `localhost`, the program that has the other loopback address would get the answer.
    #[tokio::test]
    async fn both_loopback_addresses_must_be_free() {
        for taken in [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)] {
            let Ok(other) = TcpListener::bind((taken, 0)).await else { continue };
            let port = other.local_addr().unwrap().port();
            let callback = CallbackUrl::parse(&format!("http://localhost:{port}/")).unwrap();
            let refused = format!("{:?}", Listener::bind(&callback).await.err().unwrap());
            assert!(refused.contains(&format!("on port {port}")), "{refused}");
            assert!(refused.contains(&SocketAddr::from((taken, port)).to_string()), "{refused}");
            drop(other);
            assert!(Listener::bind(&callback).await.unwrap().is_some());
        }
    }

    #[tokio::test]
    async fn one_answer_is_taken_and_a_second_is_not() {
        let (answer, mut answered) = oneshot::channel();
        let shared = Arc::new(Shared {
            path: "/callback".to_owned(),
            authority: "127.0.0.1:9".to_owned(),
            judge: Box::new(|query| Ok(query.to_owned())),
            answer: Mutex::new(Some(answer)),
            refused: RefusedRequests::default(),
        });
        let ask = |query: &str| {
            let request = Request::get(format!("/callback?{query}"));
            let request = request.header(header::HOST, "127.0.0.1:9").body(Body::empty()).unwrap();
            handle(State(Arc::clone(&shared)), request)
        };
        assert_eq!(ask("first").await.status(), StatusCode::OK);
        let second = ask("second").await;
        assert_eq!(second.status(), StatusCode::GONE);
        let shown = axum::body::to_bytes(second.into_body(), usize::MAX).await.unwrap();
        let says = "<p>ocon takes one answer, and has it. You can close this page.</p>";
        assert!(String::from_utf8_lossy(&shown).contains(says));
        assert_eq!(answered.try_recv(), Ok(Ok("first".to_owned())));
    }
}
