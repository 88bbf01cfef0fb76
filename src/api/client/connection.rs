//! The state that all requests of a client share, and complete replies.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::OnceCell;

use super::body_budget::{BodyBudget, BodyMemory};
use super::limiter::Limiter;
use super::request::{Method, NotFound, Request, TimeoutPolicy};
use super::transport::{self};
use super::{ApiCredentials, BuildError, ClientSettings, LeftOut};
use crate::api::retry::Idempotency;
use crate::api::wire::{self, Body, Outgoing};
use crate::api::{Error, ErrorKind, Reading};
use crate::instance::{Draft, FieldPath};
use crate::scrub::Scrubber;

/// The HTTP library, the settings and the limits of a client.
pub(super) struct Connection {
    pub(super) http: reqwest::Client,
    pub(super) settings: ClientSettings,
    pub(super) limiter: Limiter,
    pub(super) bodies: BodyBudget,
    /// Set after a reply proved that the address is that of the platform.
    pub(super) is_platform: OnceCell<()>,
    /// Set after a listing without configuration also lacked the tags.
    pub(super) hydrates_account: AtomicBool,
    sent: AtomicU64,
}

impl Connection {
    pub(super) fn new(settings: ClientSettings) -> Result<Self, BuildError> {
        Ok(Self {
            http: transport::http(&settings)?,
            limiter: Limiter::new(settings.concurrency),
            bodies: BodyBudget::new(settings.max_body),
            settings,
            is_platform: OnceCell::new(),
            hydrates_account: AtomicBool::new(false),
            sent: AtomicU64::new(0),
        })
    }

    pub(super) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Counts a request, or returns the limit if it is reached.
    pub(super) fn count(&self) -> Result<(), u64> {
        let limit = self.settings.max_requests.unwrap_or(u64::MAX);
        let increment = |sent: u64| (sent < limit).then_some(sent + 1);
        self.sent
            .try_update(Ordering::Relaxed, Ordering::Relaxed, increment)
            .map(|_| ())
            .map_err(|_| limit)
    }

    pub(super) fn scrubber(&self, request: &Request) -> Scrubber {
        let ApiCredentials { user, organization } = &self.settings.credentials;
        Scrubber::for_reply([user, organization].into_iter().chain(&request.secrets))
    }

    /// Makes a request for `path` below the base URL, without a body.
    pub(super) fn request(&self, method: Method, path: String) -> Request {
        let base_url = &self.settings.base_url;
        let mut url = base_url.url().clone();
        url.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
        Request {
            method,
            url,
            path,
            body: None,
            secrets: Vec::new(),
            timeout: TimeoutPolicy::Total(self.settings.read_timeout),
            idempotency: method.idempotency(),
            not_found: NotFound::Error,
            divisible: false,
            has_page_token: false,
        }
    }

    /// Makes a POST or PATCH. If it has `providerData`, the platform calls the provider before it
    /// answers, and the first attempt uses up the grant.
    pub(super) fn write(
        &self,
        method: Method,
        path: String,
        draft: &Draft,
        outgoing: Result<Outgoing, FieldPath>,
    ) -> Result<Request, Error> {
        let request = self.request(method, path);
        let Outgoing { bytes, secrets } = outgoing.map_err(|field| {
            let field = field.to_string();
            request.error(0, ErrorKind::MissingValue { field })
        })?;
        let harmless = method == Method::Patch && draft.provider_data.is_empty();
        let (idempotency, limit) = if harmless {
            (Idempotency::Idempotent, self.settings.read_timeout)
        } else {
            (Idempotency::NotIdempotent, self.settings.create_timeout)
        };
        let timeout = TimeoutPolicy::Total(limit);
        Ok(Request { body: Some(bytes), secrets, idempotency, timeout, ..request })
    }
}

/// A reply with the request that it answers. Its status is a success, or a 404 that the request
/// expects.
pub(super) struct Reply {
    pub(super) request: Request,
    pub(super) body: Body,
    /// Reserved as long as the body exists.
    #[expect(dead_code, reason = "dropping it releases the memory")]
    pub(super) memory: BodyMemory,
    pub(super) attempts: u32,
    pub(super) status: u16,
    pub(super) request_id: Option<String>,
}

impl Reply {
    /// Whether the status is not 404.
    pub(super) fn is_found(&self) -> bool {
        self.status != 404
    }

    pub(super) fn decode<T>(
        &self,
        decode: impl FnOnce(&Body) -> Result<T, ErrorKind>,
    ) -> Result<T, Error> {
        decode(&self.body).map_err(|kind| self.error(kind))
    }

    /// Decodes the body, and reports the parts that were left out.
    pub(super) fn read<T>(
        &self,
        connection: &Connection,
        decode: impl FnOnce(&Body) -> Result<Reading<T>, ErrorKind>,
    ) -> Result<Reading<T>, Error> {
        let reading = self.decode(decode)?;
        if !reading.left_out.is_empty() {
            let Request { method, path, .. } = &self.request;
            (connection.settings.on_left_out)(&LeftOut {
                method: method.name(),
                path: path.clone(),
                problems: reading.left_out.clone(),
            });
        }
        Ok(reading)
    }

    /// Decodes the body, or returns `None` if the platform reports that the object does not exist.
    pub(super) fn decode_if_found<T>(
        &self,
        connection: &Connection,
        decode: impl FnOnce(&Body) -> Result<T, ErrorKind>,
    ) -> Result<Option<T>, Error> {
        if self.is_absent(connection)? { Ok(None) } else { self.decode(decode).map(Some) }
    }

    /// Whether the platform reports that the object does not exist.
    pub(super) fn is_absent(&self, connection: &Connection) -> Result<bool, Error> {
        if self.is_found() {
            Ok(false)
        } else if wire::is_refusal(&self.body) {
            Ok(true)
        } else {
            Err(self.refusal(connection))
        }
    }

    /// The error of a 404.
    pub(super) fn refusal(&self, connection: &Connection) -> Error {
        let scrubber = connection.scrubber(&self.request);
        let request_id = self.request_id.as_deref();
        self.error(wire::refusal(self.status, request_id, &self.body, &scrubber))
    }

    pub(super) fn error(&self, kind: ErrorKind) -> Error {
        self.request.error(self.attempts, kind)
    }
}
