//! The client that talks HTTP to the platform.
//!
//! In: [`Settings`], and what [`Read`] and [`Write`] are asked for. Out: their answers; one event
//! per request at info level, with method, path, status and time, and what else happens at debug
//! level. Requests are repeated where that is safe, a listing asks for its next page while this one
//! is on its way, and fewer requests are sent at once where the platform says that it is too much.
//!
//! Credentials go to the one origin of the settings and nowhere else: no redirect is followed, TLS
//! is always verified, and neither a header nor a body is ever logged.

mod authorization;
mod body_budget;
mod call;
mod listing;
mod pace;
mod request;
mod transport;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::Url;

use self::body_budget::BodyBudget;
use self::call::{Call, Reply};
use self::pace::Gate;
use self::request::{Absence, Method, Patience, Request};
use super::clock::{Clock, SystemClock};
use super::retry::Safety;
use super::wire::{self, Outgoing, Redaction, Refusal};
use super::{Description, Error, Glance, Keep, Kind, Listing, Read, Scope, Stop, Write};
use crate::instance::{
    BaseUrl, ConnectorKey, Draft, FieldPath, InstanceId, Record, RenderContext, Secret,
};

pub use self::authorization::{Application, Happened, ProviderEvent, RequestToken, Told};
pub use self::transport::BuildError;

/// What a client is made of. Every number has a default in [`Settings::new`].
#[derive(Clone)]
pub struct Settings {
    /// Where requests go.
    pub base_url: BaseUrl,
    /// Who sends them.
    pub credentials: Credentials,
    /// For a whole read or small write; for a page of a listing, between one piece and the next.
    pub read_timeout: Duration,
    /// For a whole page of a listing, if somebody set a bound for every request.
    pub page_timeout: Option<Duration>,
    /// For a request during which the platform talks to the provider.
    pub create_timeout: Duration,
    /// For the connection, TLS included.
    pub connect_timeout: Duration,
    /// Instances per page of a listing; the platform gives 200 at most.
    pub page_size: usize,
    /// The most requests, reads and writes together, that wait for an answer at once; fewer while
    /// the platform says that it is too much.
    pub concurrency: usize,
    /// How many requests this client may send in all, repetitions included.
    pub max_requests: Option<u64>,
    /// The size of a reply body, and of all that are held at once, decompressed, in bytes.
    pub max_body: usize,
    /// For all pages of a listing together, further readings included.
    pub listing_timeout: Duration,
    /// The size of all pages of a listing together, decompressed, in bytes.
    pub max_listing: usize,
    /// A PEM bundle of further certificate authorities.
    pub ca_certificates: Option<Vec<u8>>,
    /// What waits and tells the time.
    pub clock: Arc<dyn Clock>,
    /// Set by whoever wants the run to end early: no request is sent again then.
    pub stop: Stop,
    /// What is told before each repetition.
    pub on_retry: Arc<dyn Fn(&Retrying) + Send + Sync>,
    /// What is told after each page of a listing.
    pub on_page: Arc<dyn Fn(&PageRead) + Send + Sync>,
}

/// The pair of secrets that says whose instances are meant.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The user secret.
    pub user: Secret,
    /// The organization secret.
    pub organization: Secret,
}

/// A request that failed and will be sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retrying {
    /// HTTP method.
    pub method: &'static str,
    /// Path and query below the base URL; never holds a secret.
    pub path: String,
    /// How often it was sent so far.
    pub attempt: u32,
    /// How long until it is sent again.
    pub wait: Duration,
    /// What happened, as a phrase.
    pub why: String,
}

/// A page of a listing that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRead {
    /// How many pages of this listing were read so far.
    pub pages: usize,
    /// How many instances they had.
    pub instances: usize,
    /// How many instances the platform says there are, if it does.
    pub announced: Option<usize>,
}

impl Settings {
    /// The policy of the tool, for these credentials at this place.
    pub fn new(base_url: BaseUrl, credentials: Credentials) -> Self {
        Self {
            base_url,
            credentials,
            read_timeout: Duration::from_secs(30),
            page_timeout: None,
            // The platform exchanges the authorization code before it answers: two minutes happen.
            create_timeout: Duration::from_mins(3),
            connect_timeout: Duration::from_secs(10),
            page_size: 200,
            concurrency: 4,
            max_requests: None,
            max_body: 64 << 20,
            // A hundred thousand instances take a few minutes and about 100 MiB.
            listing_timeout: Duration::from_mins(10),
            max_listing: 512 << 20,
            ca_certificates: None,
            clock: Arc::new(SystemClock),
            stop: Stop::default(),
            on_retry: Arc::new(|_| {}),
            on_page: Arc::new(|_| {}),
        }
    }
}

/// The platform at one base URL, for one pair of credentials.
pub struct Client {
    http: reqwest::Client,
    base: Url,
    settings: Settings,
    sent: AtomicU64,
    gate: Gate,
    bodies: BodyBudget,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base", &self.base.as_str())
            .field("sent", &self.sent)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Prepares a client; nothing is sent.
    ///
    /// # Errors
    /// When the base URL is none, a credential cannot stand in a header, or certificates cannot be
    /// read.
    pub fn new(settings: Settings) -> Result<Self, BuildError> {
        let base = transport::base(&settings.base_url)?;
        Ok(Self {
            http: transport::http(&settings, &base)?,
            base,
            gate: Gate::new(settings.concurrency),
            bodies: BodyBudget::new(settings.max_body),
            settings,
            sent: AtomicU64::new(0),
        })
    }

    /// The keys of all connectors of the account, its own included.
    ///
    /// # Errors
    /// When the request fails after its retries.
    pub async fn connectors(&self) -> Result<Vec<String>, Error> {
        let reply = self.send(self.request(Method::Get, "/elements/keys".to_owned())).await?;
        wire::connector_keys(&reply.body).map_err(|kind| reply.error(kind))
    }

    /// What a connector takes, or `None` where the platform knows none of this key.
    ///
    /// # Errors
    /// When the request fails otherwise.
    pub async fn describe(&self, connector: &ConnectorKey) -> Result<Option<Description>, Error> {
        let request = Request {
            absence: Absence::IsAnAnswer,
            ..self.request(Method::Get, format!("/elements/{connector}/configuration"))
        };
        let reply = self.send(request).await?;
        match reply.refusal() {
            None => wire::description(&reply.body).map(Some).map_err(|kind| reply.error(kind)),
            Some(refusal) if refusal.says_absent() => Ok(None),
            Some(refusal) => Err(self.refused(&reply, &refusal)),
        }
    }

    /// How many requests were sent so far, repetitions included.
    pub fn requests(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Takes one request from the allowance, or says how large that was.
    fn count(&self) -> Result<(), u64> {
        let limit = self.settings.max_requests.unwrap_or(u64::MAX);
        let spend = |sent: u64| (sent < limit).then_some(sent + 1);
        self.sent
            .try_update(Ordering::Relaxed, Ordering::Relaxed, spend)
            .map(|_| ())
            .map_err(|_| limit)
    }

    /// What replaces the secrets of a request in texts that answer it.
    fn redaction(&self, request: &Request) -> Redaction {
        let Credentials { user, organization } = &self.settings.credentials;
        Redaction::new([user, organization].into_iter().chain(&request.secrets))
    }

    /// The error that a refusing reply is.
    fn refused(&self, reply: &Reply, refusal: &Refusal<'_>) -> Error {
        reply.error(refusal.kind(&self.redaction(&reply.request)))
    }

    /// A request for `path` below the base URL, without a body.
    fn request(&self, method: Method, path: String) -> Request {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        Request {
            method,
            url,
            path,
            body: None,
            secrets: Vec::new(),
            patience: Patience::Whole(self.settings.read_timeout),
            safety: Safety::of_method(method.name()),
            absence: Absence::IsAnError,
            divisible: false,
            has_page_token: false,
        }
    }

    /// A POST or PATCH. With `providerData` the platform goes to the provider before it answers,
    /// and the grant in it is used up by the first attempt.
    fn writing(
        &self,
        method: Method,
        path: String,
        draft: &Draft,
        outgoing: Result<Outgoing, FieldPath>,
    ) -> Result<Request, Error> {
        let request = self.request(method, path);
        let Outgoing { bytes, secrets } = outgoing.map_err(|field| {
            let field = field.to_string();
            request.error(0, Kind::MissingValue { field })
        })?;
        let harmless = method == Method::Patch && draft.provider_data.is_empty();
        let (safety, limit) = if harmless {
            (Safety::Repeatable, self.settings.read_timeout)
        } else {
            (Safety::Once, self.settings.create_timeout)
        };
        Ok(Request {
            body: Some(bytes),
            secrets,
            safety,
            patience: Patience::Whole(limit),
            ..request
        })
    }

    async fn send(&self, request: Request) -> Result<Reply, Error> {
        let mut call = Call::new(self, request);
        let arrival = call.head().await?;
        Ok(call.reply(arrival).await?)
    }

    /// Sends a request whose reply says nothing but success; a page for a browser says not even
    /// that.
    async fn send_for_success(&self, request: Request) -> Result<(), Error> {
        let reply = self.send(request).await?;
        match reply.refusal() {
            _ if !reply.body.is_html() => Ok(()),
            Some(refusal) => Err(self.refused(&reply, &refusal)),
            None => Err(reply.error(reply.body.not_json())),
        }
    }
}

impl Read for Client {
    async fn list(&self, scope: &Scope, keep: &Keep) -> Result<Listing, Error> {
        listing::list(self, scope, keep, &mut Vec::new()).await
    }

    async fn glance(&self, scope: &Scope, keep: &Keep) -> Glance {
        let mut records = Vec::new();
        match listing::list(self, scope, keep, &mut records).await {
            Ok(listing) => Glance { records: listing.records, broken_off: None },
            Err(error) => Glance { records, broken_off: Some(error) },
        }
    }

    async fn instance(&self, id: InstanceId, keep: &Keep) -> Result<Option<Record>, Error> {
        let request = Request {
            absence: Absence::IsAnAnswer,
            ..self.request(Method::Get, format!("/instances/{id}"))
        };
        let reply = self.send(request).await?;
        match reply.refusal() {
            None => reply.record(keep).map(Some),
            Some(refusal) if refusal.says_absent() => Ok(None),
            Some(refusal) => Err(self.refused(&reply, &refusal)),
        }
    }
}

impl Write for Client {
    async fn create(&self, draft: &Draft, place: &RenderContext<'_>) -> Result<Record, Error> {
        let body = wire::create(draft, place);
        let request = self.writing(Method::Post, "/instances".to_owned(), draft, body)?;
        self.send(request).await?.record(&Keep::All)
    }

    async fn patch(
        &self,
        id: InstanceId,
        draft: &Draft,
        place: &RenderContext<'_>,
    ) -> Result<Option<Record>, Error> {
        let place = RenderContext { id: Some(id), ..*place };
        let body = wire::patch(draft, &place);
        let request = self.writing(Method::Patch, format!("/instances/{id}"), draft, body)?;
        let reply = self.send(request).await?;
        if reply.body.is_empty() { Ok(None) } else { reply.record(&Keep::All).map(Some) }
    }

    async fn enable(&self, id: InstanceId) -> Result<(), Error> {
        let request = self.request(Method::Put, format!("/instances/{id}/enabled"));
        self.send_for_success(request).await
    }

    async fn disable(&self, id: InstanceId) -> Result<(), Error> {
        let request = self.request(Method::Delete, format!("/instances/{id}/enabled"));
        self.send_for_success(request).await
    }

    async fn delete(&self, id: InstanceId) -> Result<(), Error> {
        let request = Request {
            absence: Absence::IsAnAnswer,
            ..self.request(Method::Delete, format!("/instances/{id}"))
        };
        self.send_for_success(request).await
    }
}
