//! Sends one request, with its retries, until the reply is complete.
//!
//! The head and the body of a reply are read in two steps, so that a listing can request its next
//! page as soon as the head of the current one names it. A failure of either step is a failed
//! attempt.

use std::time::{Duration, Instant};

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use tracing::{debug, info};

use super::body_budget::BodyMemory;
use super::connection::{Connection, Reply};
use super::limiter::{Outcome, Permit};
use super::request::{Deadline, NotFound, Request};
use super::{Retrying, transport};
use crate::api::wire::{self, Body};
use crate::api::{Error, ErrorKind, NotRetried, retry};
use crate::safe_text::bounded_line;

pub(super) async fn send(connection: &Connection, request: Request) -> Result<Reply, Error> {
    let mut call = Call::new(connection, request, Duration::ZERO);
    let head = call.head().await?;
    Ok(call.reply(head).await?)
}

/// Sends a request whose reply means only success. An HTML page is not a success.
pub(super) async fn send_for_success(
    connection: &Connection,
    request: Request,
) -> Result<(), Error> {
    let reply = send(connection, request).await?;
    if !reply.body.is_html() {
        return Ok(());
    }
    Err(if reply.is_found() {
        reply.error(reply.body.not_json())
    } else {
        reply.refusal(connection)
    })
}

/// A request in progress.
pub(super) struct Call<'a> {
    connection: &'a Connection,
    request: Request,
    attempts: u32,
    throttled: u32,
    started: Instant,
    /// The part of the time budget that requests for larger pages used.
    spent: Duration,
    /// The time spent waiting for a permit, which does not count.
    queued: Duration,
}

/// A reply whose body has not been read.
pub(super) struct ResponseHead {
    response: reqwest::Response,
    deadline: Deadline,
}

pub(super) enum CallFailure {
    /// The request failed.
    Failed(Box<Error>),
    /// The page got two 429 replies, so a smaller page may succeed. Includes the used time.
    TooLarge(Box<Error>, Duration),
    /// The platform refused its own page token, so the listing must be restarted.
    TokenExpired(Box<Error>),
}

impl From<CallFailure> for Error {
    fn from(failure: CallFailure) -> Self {
        match failure {
            CallFailure::Failed(error)
            | CallFailure::TooLarge(error, _)
            | CallFailure::TokenExpired(error) => *error,
        }
    }
}

impl From<Error> for CallFailure {
    fn from(error: Error) -> Self {
        Self::Failed(Box::new(error))
    }
}

struct AttemptFailure {
    kind: ErrorKind,
    retry_after: Option<Duration>,
    /// Whether the next attempt would fail in the same way.
    is_permanent: bool,
}

impl From<ErrorKind> for AttemptFailure {
    fn from(kind: ErrorKind) -> Self {
        Self { kind, retry_after: None, is_permanent: false }
    }
}

impl<'a> Call<'a> {
    /// Starts a call for which a part of the time budget is already spent.
    pub(super) fn new(connection: &'a Connection, request: Request, spent: Duration) -> Self {
        Self {
            connection,
            request,
            attempts: 0,
            throttled: 0,
            started: connection.settings.clock.instant(),
            spent,
            queued: Duration::ZERO,
        }
    }

    /// Sends the request until a reply begins.
    pub(super) async fn head(&mut self) -> Result<ResponseHead, CallFailure> {
        if self.attempts == 0 {
            self.connection
                .count()
                .map_err(|limit| self.error(ErrorKind::RequestLimit { limit }))?;
        }
        loop {
            match self.attempt().await {
                Ok(head) => return Ok(head),
                Err(failure) => self.recover(failure).await?,
            }
        }
    }

    /// Reads the body of a reply. If the body is incomplete, sends the request again.
    pub(super) async fn reply(mut self, mut head: ResponseHead) -> Result<Reply, CallFailure> {
        loop {
            let status = head.response.status().as_u16();
            let request_id = request_id(head.response.headers()).map(Into::into);
            match head.body(self.connection).await {
                Ok((body, memory)) => {
                    return Ok(Reply {
                        request: self.request,
                        body,
                        memory,
                        attempts: self.attempts,
                        status,
                        request_id,
                    });
                }
                Err(kind) => self.recover(kind.into()).await?,
            }
            head = self.head().await?;
        }
    }

    pub(super) fn error(&self, kind: ErrorKind) -> Error {
        self.request.error(self.attempts, kind)
    }

    /// Sends the request once. The caller has counted it.
    async fn attempt(&mut self) -> Result<ResponseHead, AttemptFailure> {
        let permit = self.permit().await;
        let deadline = self.deadline();
        self.attempts += 1;
        let result = match self.execute(deadline).await {
            Ok(response) => self.check(ResponseHead { response, deadline }).await,
            Err(failure) => Err(failure),
        };
        permit.release(match &result {
            Ok(_) => Outcome::Accepted,
            Err(failure) if failure.kind.status() == Some(429) => Outcome::Throttled,
            Err(_) => Outcome::Other,
        });
        result
    }

    /// Waits for a permit. It is released with the head of the reply, so that a page of a listing
    /// never waits for the body of the previous page.
    async fn permit(&mut self) -> Permit<'a> {
        let clock = &self.connection.settings.clock;
        let since = clock.instant();
        let permit = self.connection.limiter.acquire().await;
        self.queued += clock.instant() - since;
        permit
    }

    /// Returns the head of any reply.
    async fn execute(&self, deadline: Deadline) -> Result<reqwest::Response, AttemptFailure> {
        let clock = &self.connection.settings.clock;
        let started = clock.instant();
        let sending = self.connection.http.execute(self.request.build());
        let result = match deadline.apply(sending).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(AttemptFailure {
                is_permanent: transport::is_untrusted(&error),
                ..transport::error_kind(&error).into()
            }),
            Err(timeout) => Err(timeout.into()),
        };
        self.log(clock.instant() - started, &result);
        result
    }

    /// Accepts replies that the caller can read. All others are failures.
    async fn check(&self, head: ResponseHead) -> Result<ResponseHead, AttemptFailure> {
        let status = head.response.status();
        let is_expected = status == 404 && self.request.not_found == NotFound::Expected;
        if status.is_success() || is_expected {
            return Ok(head);
        }
        if status.is_redirection() {
            let host = redirect_host(&head.response);
            let status = status.as_u16();
            return Err(ErrorKind::Redirect { status, host }.into());
        }
        let retry_after = self.retry_after(head.response.headers());
        let request_id = request_id(head.response.headers()).map(str::to_owned);
        let (body, _memory) = head.body(self.connection).await?;
        let scrubber = self.connection.scrubber(&self.request);
        let kind = wire::refusal(status.as_u16(), request_id.as_deref(), &body, &scrubber);
        Err(AttemptFailure { kind, retry_after, is_permanent: false })
    }

    /// Waits before the next attempt, or returns the reason why there is none.
    async fn recover(&mut self, failure: AttemptFailure) -> Result<(), CallFailure> {
        let AttemptFailure { kind, retry_after, is_permanent } = failure;
        // The refusal of an expired token is not documented. The platform refuses an invalid token
        // with 400, and HTTP defines 410 for this case. A 404 is an answer to a listing.
        if self.request.has_page_token && matches!(kind.status(), Some(400 | 410)) {
            return Err(CallFailure::TokenExpired(Box::new(self.error(kind))));
        }
        self.throttled += u32::from(kind.status() == Some(429));
        let is_allowed = !is_permanent && self.request.idempotency.allows_retry(&kind);
        let elapsed = self.elapsed();
        let wait = retry::wait(self.attempts, elapsed, retry_after, &mut fastrand::Rng::new());
        let Some(wait) = wait.filter(|_| is_allowed) else {
            let too_long = retry_after.filter(|asked| retry::asks_too_long(elapsed, *asked));
            return Err(self.not_retried(kind, too_long.map(NotRetried::RetryAfterTooLong)));
        };
        let stop = &self.connection.settings.stop;
        if stop.is_requested() {
            return Err(self.not_retried(kind, Some(NotRetried::Interrupted)));
        }
        let is_too_large = self.request.divisible && self.throttled == 2;
        // The limit is checked before the wait, which would be useless otherwise. Requests for
        // smaller pages count themselves.
        if !is_too_large && let Err(limit) = self.connection.count() {
            return Err(self.not_retried(kind, Some(NotRetried::RequestLimit(limit))));
        }
        self.notify(wait, &kind);
        stop.pause(&*self.connection.settings.clock, wait).await;
        if stop.is_requested() {
            return Err(self.not_retried(kind, Some(NotRetried::Interrupted)));
        }
        if is_too_large {
            return Err(CallFailure::TooLarge(Box::new(self.error(kind)), self.elapsed()));
        }
        Ok(())
    }

    fn not_retried(&self, kind: ErrorKind, reason: Option<NotRetried>) -> CallFailure {
        Error { not_retried: reason.map(Box::new), ..self.error(kind) }.into()
    }

    fn notify(&self, wait: Duration, kind: &ErrorKind) {
        let retrying = Retrying {
            method: self.request.method.name(),
            path: self.request.path.clone(),
            attempt: self.attempts,
            wait,
            reason: kind.to_string(),
        };
        let Retrying { method, path, attempt, .. } = &retrying;
        debug!(method, path, attempt, reason = %kind.brief(), wait_ms = milliseconds(wait), "retry");
        (self.connection.settings.on_retry)(&retrying);
    }

    fn elapsed(&self) -> Duration {
        let since = self.connection.settings.clock.instant() - self.started;
        (self.spent + since).saturating_sub(self.queued)
    }

    /// The deadline of the next attempt. A retry may not exceed the rest of the budget.
    fn deadline(&self) -> Deadline {
        let rest = match self.attempts {
            0 => Duration::MAX,
            _ => retry::BUDGET.saturating_sub(self.elapsed()),
        };
        Deadline::start(self.request.timeout, rest)
    }

    fn retry_after(&self, headers: &HeaderMap) -> Option<Duration> {
        let header = headers.get(RETRY_AFTER)?.to_str().ok()?;
        retry::retry_after(header, self.connection.settings.clock.now())
    }

    /// Logs one line per request, without bodies and without headers except the request ID.
    fn log(&self, took: Duration, result: &Result<reqwest::Response, AttemptFailure>) {
        let response = result.as_ref().ok();
        info!(
            method = self.request.method.name(),
            path = self.request.path,
            status = response.map(|response| response.status().as_u16()),
            error = result.as_ref().err().map(|failure| failure.kind.to_string()),
            ms = milliseconds(took),
            attempt = self.attempts,
            request_id =
                response.and_then(|response| request_id(response.headers())).map(bounded_line),
            "request"
        );
    }
}

impl ResponseHead {
    pub(super) fn header(&self, name: &str) -> Option<&HeaderValue> {
        self.response.headers().get(name)
    }

    /// Reads the body. Memory grows with the received bytes, not with the announced length.
    async fn body(self, connection: &Connection) -> Result<(Body, BodyMemory), ErrorKind> {
        let Self { mut response, deadline } = self;
        let max = connection.settings.max_body;
        let content_type = response.headers().get(CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok().map(Into::into));
        let mut memory = deadline.apply(connection.bodies.begin()).await?;
        let mut bytes = Vec::new();
        loop {
            match deadline.apply(response.chunk()).await? {
                Ok(Some(chunk)) if chunk.len() > max - bytes.len() => {
                    return Err(ErrorKind::Decode {
                        expected: "of the allowed size",
                        found: format!("it is larger than {max} bytes"),
                    });
                }
                Ok(Some(chunk)) => {
                    deadline.apply(memory.grow(bytes.len() + chunk.len())).await?;
                    bytes.extend_from_slice(&chunk);
                }
                Ok(None) => return Ok((Body::new(content_type, bytes), memory)),
                Err(error) => return Err(transport::error_kind(&error)),
            }
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn request_id(headers: &HeaderMap) -> Option<&str> {
    headers.get("elements-request-id")?.to_str().ok()
}

/// Only the host, because the rest of the address may contain a session.
fn redirect_host(response: &reqwest::Response) -> Option<String> {
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let url = response.url().join(location).ok()?;
    url.host_str().map(bounded_line)
}
