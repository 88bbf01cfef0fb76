//! Listens where the provider sends the browser: on loopback, for one answer.
//!
//! In: a callback on loopback, and who judges an answer. Out: the verdict. Every other request is
//! refused: another path, another method, another host, a second answer. The pages are plain, load
//! and run nothing, and say nothing of what was in the answer.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use url::Host;

use super::page::{self, Page};
use crate::authorization::{Callback, Refusal};
use crate::cli::failure::{Exit, Failure};
use crate::cli::serving::Serving;

/// What comes of an answer.
pub(super) type Verdict<T> = Result<T, Refusal>;

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
}

impl Listener {
    /// Listens for the callback; `None` where that is not on this machine.
    pub(super) async fn bind(callback: &Callback) -> Result<Option<Self>, Failure> {
        let Some((host, port)) = callback.listener() else { return Ok(None) };
        let refused = |error: io::Error| {
            let sentence = format!("nothing can listen for the answer on port {port}");
            Failure::new(Exit::Other, sentence).caused_by(&error).hint(
                "end the program that has the port, or register another callback at the provider and \
                 declare it as `oauth.callback.url`",
            )
        };
        let (first, other) = match host {
            Host::Ipv4(address) => (SocketAddr::from((address, port)), None),
            Host::Ipv6(address) => (SocketAddr::from((address, port)), None),
            // A browser may take either.
            Host::Domain(_) => (
                SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
                Some(SocketAddr::from((Ipv6Addr::LOCALHOST, port))),
            ),
        };
        let mut sockets = vec![TcpListener::bind(first).await.map_err(refused)?];
        if let Some(other) = other
            && let Ok(socket) = TcpListener::bind(other).await
        {
            sockets.push(socket);
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
        });
        let router = Router::new().fallback(handle::<T>).with_state(shared);
        let sockets = self.sockets.into_iter();
        let servers: Vec<_> =
            sockets.map(|socket| Serving::begin(socket, router.clone())).collect();
        let verdict = answered.await.unwrap_or(Err(Refusal::Nothing));
        futures_util::future::join_all(servers.into_iter().map(Serving::end)).await;
        verdict
    }
}

async fn handle<T: Send + 'static>(
    State(shared): State<Arc<Shared<T>>>,
    request: Request,
) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let is_asked = host.is_some_and(|host| host.eq_ignore_ascii_case(&shared.authority));
    if !is_asked || request.uri().path() != shared.path {
        return shown(StatusCode::NOT_FOUND, page::ELSEWHERE);
    }
    if request.method() != Method::GET {
        return shown(StatusCode::METHOD_NOT_ALLOWED, page::ELSEWHERE);
    }
    let query = request.uri().query().unwrap_or_default();
    if query.is_empty() {
        return shown(StatusCode::BAD_REQUEST, page::ELSEWHERE);
    }
    let answer = shared.answer.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(answer) = answer else { return shown(StatusCode::GONE, page::AGAIN) };
    let verdict = (shared.judge)(query);
    let (status, page) = match &verdict {
        Ok(_) => (StatusCode::OK, page::GRANTED),
        Err(Refusal::Denied(_)) => (StatusCode::OK, page::DENIED),
        Err(_) => (StatusCode::BAD_REQUEST, page::REFUSED),
    };
    // Whoever waits may have given up.
    let _ = answer.send(verdict);
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

    #[tokio::test]
    async fn one_answer_is_taken_and_a_second_is_not() {
        let (answer, mut answered) = oneshot::channel();
        let shared = Arc::new(Shared {
            path: "/callback".to_owned(),
            authority: "127.0.0.1:9".to_owned(),
            judge: Box::new(|query| Ok(query.to_owned())),
            answer: Mutex::new(Some(answer)),
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
