//! A request before it is sent: the data that all attempts share.

use std::time::Duration;

use reqwest::Url;
use tokio::time::{Instant, timeout, timeout_at};

use crate::api::retry::Idempotency;
use crate::api::{Error, ErrorKind};
use crate::instance::Secret;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    pub(super) fn idempotency(self) -> Idempotency {
        match self {
            Self::Post | Self::Patch => Idempotency::NotIdempotent,
            Self::Get | Self::Put | Self::Delete => Idempotency::Idempotent,
        }
    }
}

impl From<Method> for reqwest::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Post => Self::POST,
            Method::Put => Self::PUT,
            Method::Patch => Self::PATCH,
            Method::Delete => Self::DELETE,
        }
    }
}

/// How the time limit of a reply is applied.
#[derive(Clone, Copy, Debug)]
pub(super) enum TimeoutPolicy {
    /// To the whole reply.
    Total(Duration),
    /// To each chunk, because a large page over a slow connection is not a failure.
    PerChunk(Duration),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotFound {
    Expected,
    Error,
}

/// A request. It has no `Debug`, because its body contains secrets in plain text.
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) url: Url,
    /// The path and query for messages.
    pub(super) path: String,
    pub(super) body: Option<Vec<u8>>,
    pub(super) secrets: Vec<Secret>,
    pub(super) timeout: TimeoutPolicy,
    pub(super) idempotency: Idempotency,
    pub(super) not_found: NotFound,
    /// Whether a smaller page can be requested after a second 429.
    pub(super) divisible: bool,
    /// Whether the request contains a page token of the platform.
    pub(super) has_page_token: bool,
}

impl Request {
    pub(super) fn build(&self) -> reqwest::Request {
        let mut request = reqwest::Request::new(self.method.into(), self.url.clone());
        *request.body_mut() = self.body.clone().map(Into::into);
        request
    }

    /// The error of this request after this number of attempts.
    pub(super) fn error(&self, attempts: u32, kind: ErrorKind) -> Error {
        Error {
            method: self.method.name(),
            path: self.path.clone(),
            attempts,
            kind,
            not_retried: None,
        }
    }
}

#[derive(Clone, Copy)]
pub(super) struct Deadline {
    limit: Duration,
    /// The end of the whole reply. Without it, the limit applies to each chunk.
    end: Option<Instant>,
}

impl Deadline {
    /// Starts the time limit of a policy, up to `max`.
    pub(super) fn start(policy: TimeoutPolicy, max: Duration) -> Self {
        match policy {
            TimeoutPolicy::Total(limit) => {
                let limit = limit.min(max);
                Self { limit, end: Instant::now().checked_add(limit) }
            }
            TimeoutPolicy::PerChunk(limit) => Self { limit: limit.min(max), end: None },
        }
    }

    pub(super) async fn apply<F: Future>(&self, future: F) -> Result<F::Output, ErrorKind> {
        let result = match self.end {
            Some(end) => timeout_at(end, future).await,
            None => timeout(self.limit, future).await,
        };
        result.map_err(|_| ErrorKind::Timeout { after: self.limit })
    }
}
