//! One request through all its tries, from the first attempt to a complete reply.
//!
//! The head of a reply and its body are two steps, so that a listing can ask for its next page as
//! soon as the head of this one has named it. A failure in either step counts as a failed try.

use std::time::{Duration, Instant};

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use tracing::{debug, info};

use super::body_budget::BodyMemory;
use super::pace::{Ending, Turn};
use super::request::{Absence, Patience, Request};
use super::{Client, Retrying, transport};
use crate::api::retry;
use crate::api::wire::{Body, Refusal};
use crate::api::{Error, HeldBack, Keep, Kind, wire};
use crate::instance::Record;

/// A request on its way.
pub(super) struct Call<'a> {
    client: &'a Client,
    request: Request,
    tries: u32,
    /// How often the platform said that this was too much.
    throttled: u32,
    started: Instant,
    /// Time that an earlier form of this request took of the budget.
    spent: Duration,
    /// Time in which others were let pass, which is no time of this one.
    queued: Duration,
}

/// A reply whose head is in.
pub(super) struct Arrival {
    response: reqwest::Response,
    limit: Limit,
}

/// A complete reply.
pub(super) struct Reply {
    pub(super) request: Request,
    pub(super) body: Body,
    /// Reserved as long as the body is there.
    _memory: BodyMemory,
    tries: u32,
    status: u16,
    request_id: Option<String>,
}

/// Why a call ended without a reply.
pub(super) enum NoReply {
    /// For good.
    Failed(Box<Error>),
    /// Twice too much for one page: a smaller one may do. So much time is spent.
    TooMuch(Box<Error>, Duration),
    /// The platform does not take its own token for the next page: a listing has to start again.
    Expired(Box<Error>),
}

impl From<NoReply> for Error {
    fn from(stop: NoReply) -> Self {
        match stop {
            NoReply::Failed(error) | NoReply::TooMuch(error, _) | NoReply::Expired(error) => *error,
        }
    }
}

impl From<Error> for NoReply {
    fn from(error: Error) -> Self {
        Self::Failed(Box::new(error))
    }
}

/// A try that failed.
struct Failure {
    kind: Kind,
    /// The wait that the reply asks for.
    asked: Option<Duration>,
    /// Whether the next try would fail in the same way.
    lasting: bool,
}

impl From<Kind> for Failure {
    fn from(kind: Kind) -> Self {
        Self { kind, asked: None, lasting: false }
    }
}

impl<'a> Call<'a> {
    pub(super) fn new(client: &'a Client, request: Request) -> Self {
        Self::continued(client, request, Duration::ZERO)
    }

    /// A call whose budget is not full any more.
    pub(super) fn continued(client: &'a Client, request: Request, spent: Duration) -> Self {
        Self {
            client,
            request,
            tries: 0,
            throttled: 0,
            started: client.settings.clock.instant(),
            spent,
            queued: Duration::ZERO,
        }
    }

    /// Sends the request until a reply begins to arrive.
    pub(super) async fn head(&mut self) -> Result<Arrival, NoReply> {
        if self.tries == 0 {
            self.client.count().map_err(|limit| self.error(Kind::RequestLimit { limit }))?;
        }
        loop {
            match self.attempt().await {
                Ok(arrival) => return Ok(arrival),
                Err(failure) => self.recover(failure).await?,
            }
        }
    }

    /// Reads the rest of a reply, or all of another one where that breaks off.
    pub(super) async fn reply(mut self, mut arrival: Arrival) -> Result<Reply, NoReply> {
        loop {
            let status = arrival.response.status().as_u16();
            let request_id = request_id(arrival.response.headers()).map(Into::into);
            match arrival.body(self.client).await {
                Ok((body, memory)) => {
                    return Ok(Reply {
                        request: self.request,
                        body,
                        _memory: memory,
                        tries: self.tries,
                        status,
                        request_id,
                    });
                }
                Err(kind) => self.recover(kind.into()).await?,
            }
            arrival = self.head().await?;
        }
    }

    /// The failure of this request, as it stands.
    pub(super) fn error(&self, kind: Kind) -> Error {
        self.request.error(self.tries, kind)
    }

    /// Sends the request once; it is counted already.
    async fn attempt(&mut self) -> Result<Arrival, Failure> {
        let turn = self.turn().await;
        let limit = self.limit();
        self.tries += 1;
        let sent = self.sent(limit).await;
        let judged = match sent {
            Ok(response) => self.judge(Arrival { response, limit }).await,
            Err(failure) => Err(failure),
        };
        turn.end(match &judged {
            Ok(_) => Ending::Taken,
            Err(failure) if failure.kind.status() == Some(429) => Ending::TooMuch,
            Err(_) => Ending::Otherwise,
        });
        judged
    }

    /// Lets others pass where there are too many. A turn ends with the head of the reply, so that
    /// the page of a listing never waits for the body of the one before.
    async fn turn(&mut self) -> Turn<'a> {
        let clock = &self.client.settings.clock;
        let since = clock.instant();
        let turn = self.client.gate.turn().await;
        self.queued += clock.instant() - since;
        turn
    }

    /// The head of an answer, whatever it is, if there is one.
    async fn sent(&self, limit: Limit) -> Result<reqwest::Response, Failure> {
        let clock = &self.client.settings.clock;
        let started = clock.instant();
        let sending = self.client.http.execute(self.request.build());
        let sent = match limit.within(sending).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(Failure {
                lasting: transport::is_untrusted(&error),
                ..transport::lost(&error).into()
            }),
            Err(late) => Err(late.into()),
        };
        self.log(clock.instant() - started, &sent);
        sent
    }

    /// Lets pass what the caller can read, and makes a failure of the rest.
    async fn judge(&self, arrival: Arrival) -> Result<Arrival, Failure> {
        let status = arrival.response.status();
        let absent = status == 404 && self.request.absence == Absence::IsAnAnswer;
        if status.is_success() || absent {
            return Ok(arrival);
        }
        if status.is_redirection() {
            let host = redirect_host(&arrival.response);
            let status = status.as_u16();
            return Err(Kind::Redirect { status, host }.into());
        }
        let asked = self.asked_wait(arrival.response.headers());
        let request_id = request_id(arrival.response.headers()).map(str::to_owned);
        let (body, _memory) = arrival.body(self.client).await?;
        let refusal =
            Refusal { status: status.as_u16(), request_id: request_id.as_deref(), body: &body };
        Err(Failure {
            kind: refusal.kind(&self.client.redaction(&self.request)),
            asked,
            lasting: false,
        })
    }

    /// Waits before the next try, or says why there is none.
    async fn recover(&mut self, failure: Failure) -> Result<(), NoReply> {
        let Failure { kind, asked, lasting } = failure;
        // How the platform refuses a token that expired is not documented. Its refusal of a token
        // that is none is 400; 410 is what HTTP has for it. A 404 is an answer to a listing.
        if self.request.has_page_token && matches!(kind.status(), Some(400 | 410)) {
            return Err(NoReply::Expired(Box::new(self.error(kind))));
        }
        self.throttled += u32::from(kind.status() == Some(429));
        let allowed = !lasting && self.request.safety.allows(&kind);
        let elapsed = self.elapsed();
        let wait = retry::wait(self.tries, elapsed, asked, &mut fastrand::Rng::new());
        let Some(wait) = wait.filter(|_| allowed) else {
            let asked = asked.filter(|asked| retry::asks_too_long(elapsed, *asked));
            return Err(self.held_back(kind, asked.map(HeldBack::AsksToWait)));
        };
        let stop = &self.client.settings.stop;
        if stop.is_requested() {
            return Err(self.held_back(kind, Some(HeldBack::Interrupted)));
        }
        let too_much = self.request.divisible && self.throttled == 2;
        // Before the wait, which would be for nothing; smaller pages are counted for themselves.
        if !too_much && let Err(limit) = self.client.count() {
            return Err(self.held_back(kind, Some(HeldBack::RequestLimit(limit))));
        }
        self.tell_retry(wait, &kind);
        stop.pause(&*self.client.settings.clock, wait).await;
        if stop.is_requested() {
            return Err(self.held_back(kind, Some(HeldBack::Interrupted)));
        }
        if too_much {
            return Err(NoReply::TooMuch(Box::new(self.error(kind)), self.elapsed()));
        }
        Ok(())
    }

    fn held_back(&self, kind: Kind, why: Option<HeldBack>) -> NoReply {
        Error { held_back: why.map(Box::new), ..self.error(kind) }.into()
    }

    fn tell_retry(&self, wait: Duration, kind: &Kind) {
        let retrying = Retrying {
            method: self.request.method.name(),
            path: self.request.path.clone(),
            attempt: self.tries,
            wait,
            why: kind.to_string(),
        };
        let Retrying { method, path, attempt, .. } = &retrying;
        debug!(method, path, attempt, reason = %kind.brief(), wait_ms = milliseconds(wait), "retry");
        (self.client.settings.on_retry)(&retrying);
    }

    fn elapsed(&self) -> Duration {
        let since = self.client.settings.clock.instant() - self.started;
        (self.spent + since).saturating_sub(self.queued)
    }

    /// A repetition has no more time than the budget leaves.
    fn limit(&self) -> Limit {
        let left = match self.tries {
            0 => Duration::MAX,
            _ => retry::BUDGET.saturating_sub(self.elapsed()),
        };
        match self.request.patience {
            Patience::Whole(limit) => Limit::whole(limit.min(left)),
            Patience::Piece(limit) => Limit::piece(limit.min(left)),
        }
    }

    fn asked_wait(&self, headers: &HeaderMap) -> Option<Duration> {
        let header = headers.get(RETRY_AFTER)?.to_str().ok()?;
        retry::retry_after(header, self.client.settings.clock.now())
    }

    /// One line for one request. Neither a header, but for the platform's id of the request, nor a
    /// body is ever a part of it.
    fn log(&self, took: Duration, sent: &Result<reqwest::Response, Failure>) {
        let response = sent.as_ref().ok();
        info!(
            method = self.request.method.name(),
            path = self.request.path,
            status = response.map(|response| response.status().as_u16()),
            error = sent.as_ref().err().map(|failure| failure.kind.to_string()),
            ms = milliseconds(took),
            attempt = self.tries,
            request_id =
                response.and_then(|response| request_id(response.headers())).map(wire::line),
            "request"
        );
    }
}

impl Arrival {
    /// A header of the reply.
    pub(super) fn header(&self, name: &str) -> Option<&HeaderValue> {
        self.response.headers().get(name)
    }

    /// Reads the body, which grows with what comes, not with what the other side announces.
    async fn body(self, client: &Client) -> Result<(Body, BodyMemory), Kind> {
        let Self { mut response, limit } = self;
        let most = client.settings.max_body;
        let content_type = response.headers().get(CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok().map(Into::into));
        let mut memory = limit.within(client.bodies.begin()).await?;
        let mut bytes = Vec::new();
        loop {
            match limit.within(response.chunk()).await? {
                Ok(Some(chunk)) if chunk.len() > most - bytes.len() => return Err(too_large(most)),
                Ok(Some(chunk)) => {
                    limit.within(memory.grow(bytes.len() + chunk.len())).await?;
                    bytes.extend_from_slice(&chunk);
                }
                Ok(None) => return Ok((Body::new(content_type, bytes), memory)),
                Err(error) => return Err(transport::lost(&error)),
            }
        }
    }
}

impl Reply {
    /// The refusal that the caller was ready for.
    pub(super) fn refusal(&self) -> Option<Refusal<'_>> {
        (self.status == 404).then_some(Refusal {
            status: self.status,
            request_id: self.request_id.as_deref(),
            body: &self.body,
        })
    }

    /// The instance in the reply.
    pub(super) fn record(&self, keep: &Keep) -> Result<Record, Error> {
        self.body.record(keep).map_err(|kind| self.error(kind))
    }

    /// The failure of the request that this answers.
    pub(super) fn error(&self, kind: Kind) -> Error {
        self.request.error(self.tries, kind)
    }
}

/// When to stop waiting for a reply.
#[derive(Clone, Copy)]
struct Limit {
    length: Duration,
    /// For all of the reply; without it the length is for each piece.
    end: Option<tokio::time::Instant>,
}

impl Limit {
    fn whole(length: Duration) -> Self {
        let end = tokio::time::Instant::now().checked_add(length);
        Self { length, end }
    }

    fn piece(length: Duration) -> Self {
        Self { length, end: None }
    }

    async fn within<F: Future>(&self, future: F) -> Result<F::Output, Kind> {
        let result = match self.end {
            Some(end) => tokio::time::timeout_at(end, future).await,
            None => tokio::time::timeout(self.length, future).await,
        };
        result.map_err(|_| Kind::Timeout { after: self.length })
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn too_large(most: usize) -> Kind {
    Kind::Decode {
        expected: "of the allowed size",
        found: format!("it is larger than {most} bytes"),
    }
}

fn request_id(headers: &HeaderMap) -> Option<&str> {
    headers.get("elements-request-id")?.to_str().ok()
}

/// The host only: the rest of such an address may hold a session.
fn redirect_host(response: &reqwest::Response) -> Option<String> {
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let url = response.url().join(location).ok()?;
    url.host_str().map(wire::line)
}
