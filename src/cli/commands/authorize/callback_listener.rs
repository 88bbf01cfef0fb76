//! Listens at the callback URL on loopback, for one answer.
//!
//! Input: a callback URL and a function that reads a grant from an answer. Every other request is refused
//! and reported on stderr, and the listener keeps waiting: another path, method or host, or a missing
//! or wrong state. The pages are static, load nothing and contain nothing of the answer.

use std::collections::BTreeMap;
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
use crate::cli::commands::loopback_server::{BoundedListener, LoopbackServer};
use crate::cli::commands::refused_requests::{self, RefusedRequests};
use crate::cli::terminal::{Exit, Failure};
use crate::instance::Secret;

/// The maximum number of concurrent connections per address. A browser opens a few.
const MAX_CONNECTIONS: usize = 64;
/// The maximum age of a connection. A browser sends its request immediately.
const MAX_CONNECTION_AGE: Duration = Duration::from_secs(10);

pub(super) type Grant = BTreeMap<String, Secret>;

/// The grant in an answer, or why the answer is refused.
pub(super) type GrantResult = Result<Grant, GrantError>;

pub(super) struct CallbackListener {
    sockets: Vec<TcpListener>,
    path: String,
    authority: String,
}

type ReadGrant = Box<dyn Fn(&str) -> GrantResult + Send + Sync>;

struct ListenerState {
    path: String,
    authority: String,
    read_grant: ReadGrant,
    answer: Mutex<Option<oneshot::Sender<GrantResult>>>,
    refused: RefusedRequests,
}

impl CallbackListener {
    /// Listens at the callback URL; `None` if that is on another machine.
    pub(super) async fn bind(callback: &CallbackUrl) -> Result<Option<Self>, Failure> {
        let Some((host, port)) = callback.listener() else { return Ok(None) };
        let refused = |address: SocketAddr, error: &io::Error| {
            let message = format!("ocon cannot listen on port {port}");
            Failure::new(Exit::Other, message).caused_by(&format!("{address}: {error}")).hint(
                "stop the program that uses the port, or register another callback URL at the provider and \
                 declare it as `oauth.callback.url`",
            )
        };
        let addresses: &[IpAddr] = match host {
            Host::Ipv4(address) => &[address.into()],
            Host::Ipv6(address) => &[address.into()],
            // A browser may use either. Both must be free, or another program could get the answer.
            Host::Domain(_) => &[Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
        };
        let mut sockets = Vec::new();
        let mut failure = None;
        for address in addresses {
            let socket = SocketAddr::from((*address, port));
            match TcpListener::bind(socket).await {
                Ok(socket) => sockets.push(socket),
                Err(error) if addresses.len() == 1 || exists(*address).await => {
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

    pub(super) async fn answer(
        self,
        read_grant: impl Fn(&str) -> GrantResult + Send + Sync + 'static,
    ) -> GrantResult {
        let (answer, answered) = oneshot::channel();
        let shared = Arc::new(ListenerState {
            path: self.path,
            authority: self.authority,
            read_grant: Box::new(read_grant),
            answer: Mutex::new(Some(answer)),
            refused: RefusedRequests::default(),
        });
        let router = Router::new().fallback(handle).with_state(shared);
        let sockets = self.sockets.into_iter();
        let bounded = |socket| BoundedListener::new(socket, MAX_CONNECTIONS, MAX_CONNECTION_AGE);
        let servers: Vec<_> =
            sockets.map(|socket| LoopbackServer::start(bounded(socket), router.clone())).collect();
        let result = answered.await.unwrap_or(Err(GrantError::NoGrant));
        futures_util::future::join_all(servers.into_iter().map(LoopbackServer::stop)).await;
        result
    }
}

async fn exists(address: IpAddr) -> bool {
    TcpListener::bind((address, 0)).await.is_ok()
}

async fn handle(State(shared): State<Arc<ListenerState>>, request: Request) -> Response {
    let mut answer = shared.answer.lock().unwrap_or_else(PoisonError::into_inner);
    if answer.is_none() {
        return respond(StatusCode::GONE, page::ALREADY_ANSWERED);
    }
    let (method, path) = (request.method(), request.uri().path());
    let refuse = |reason: &str, status, page| {
        shared.refused.report(method, path, reason);
        respond(status, page)
    };
    let host = refused_requests::host(request.uri(), request.headers());
    if !host.is_some_and(|host| host.eq_ignore_ascii_case(&shared.authority)) {
        let reason = format!("its host is not {}", shared.authority);
        return refuse(&reason, StatusCode::BAD_REQUEST, page::NOT_FOUND);
    }
    if path != shared.path {
        let reason = format!("the path of the callback URL is {}", shared.path);
        return refuse(&reason, StatusCode::NOT_FOUND, page::NOT_FOUND);
    }
    if method != Method::GET {
        return refuse("its method is not GET", StatusCode::BAD_REQUEST, page::NOT_FOUND);
    }
    let result = (shared.read_grant)(request.uri().query().unwrap_or_default());
    let (status, page) = match &result {
        Err(refusal @ GrantError::WrongState) => {
            return refuse(&refusal.to_string(), StatusCode::BAD_REQUEST, page::WRONG_STATE);
        }
        Ok(_) => (StatusCode::OK, page::GRANTED),
        Err(GrantError::Denied(_)) => (StatusCode::OK, page::DENIED),
        Err(_) => (StatusCode::BAD_REQUEST, page::REFUSED),
    };
    if let Some(answer) = answer.take() {
        // The receiver is gone after a timeout.
        let _ = answer.send(result);
    }
    respond(status, page)
}

fn respond(status: StatusCode, page: Page) -> Response {
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

    /// On `localhost`, a program on the other loopback address could get the answer.
    #[tokio::test]
    async fn both_loopback_addresses_must_be_free() {
        for taken in [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)] {
            let Ok(other) = TcpListener::bind((taken, 0)).await else { continue };
            let port = other.local_addr().unwrap().port();
            let callback = CallbackUrl::parse(&format!("http://localhost:{port}/")).unwrap();
            let refused = format!("{:?}", CallbackListener::bind(&callback).await.err().unwrap());
            assert!(refused.contains(&format!("on port {port}")), "{refused}");
            assert!(refused.contains(&SocketAddr::from((taken, port)).to_string()), "{refused}");
            drop(other);
            assert!(CallbackListener::bind(&callback).await.unwrap().is_some());
        }
    }

    #[tokio::test]
    async fn only_the_first_answer_is_accepted() {
        let (answer, mut answered) = oneshot::channel();
        let shared = Arc::new(ListenerState {
            path: "/callback".to_owned(),
            authority: "127.0.0.1:9".to_owned(),
            read_grant: Box::new(|query| {
                Ok(BTreeMap::from([("code".to_owned(), Secret::new(query))]))
            }),
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
        let page = axum::body::to_bytes(second.into_body(), usize::MAX).await.unwrap();
        let text = "<p>ocon already has the answer. You can close this page.</p>";
        assert!(String::from_utf8_lossy(&page).contains(text));
        let grant = answered.try_recv().unwrap().unwrap();
        assert_eq!(grant["code"].expose(), "first");
    }
}
