//! How a request can fail, with what a person needs to act on it.
//!
//! In: what the transport or the platform said, already free of secrets and control characters
//! (see `wire::plain`). Out: an [`Error`] whose text fits on a line, and two answers:
//! whether the request may be sent again, and whether it may have been carried out.
//!
//! An error never holds a URL with credentials, a header, or the body of a successful reply: such
//! bodies are full of live credentials.

mod listing;

use std::fmt;
use std::time::Duration;

pub use self::listing::ListingFailure;
use super::retry::Safety;

/// A request that failed.
#[derive(Debug, thiserror::Error)]
#[error("{method} {path} failed{}: {kind}{}", attempts_note(*.attempts), held_back_note(held_back.as_deref()))]
pub struct Error {
    /// HTTP method.
    pub method: &'static str,
    /// Path and query below the base URL; never holds a secret.
    pub path: String,
    /// How often it was sent.
    pub attempts: u32,
    /// What happened the last time.
    pub kind: Kind,
    /// What kept it from being sent again, where that is not a matter of course. Boxed, as every
    /// result is as large as its largest error.
    pub held_back: Option<Box<HeldBack>>,
}

/// What kept a request from being sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeldBack {
    /// The platform asks for a longer wait than there is time for.
    AsksToWait(Duration),
    /// As many requests were sent as this run may send.
    RequestLimit(u64),
    /// The run was asked to end.
    Interrupted,
}

/// What happened to a request.
#[derive(Debug, thiserror::Error)]
pub enum Kind {
    /// No connection: nothing was sent.
    #[error("cannot connect: {reason}")]
    Connect {
        /// The chain of causes, without the URL.
        reason: String,
    },
    /// The connection broke after the request was sent, or while it was.
    #[error("the connection broke before the answer was complete: {reason}")]
    Transport {
        /// The chain of causes, without the URL.
        reason: String,
    },
    /// No answer in time.
    #[error("no answer within {}", seconds(*.after))]
    Timeout {
        /// The limit that passed.
        after: Duration,
    },
    /// The platform answered with an error.
    #[error("{}", status_text(*.status, message.as_deref(), provider_message.as_deref(), request_id.as_deref()))]
    Status {
        /// HTTP status code.
        status: u16,
        /// The platform's message, or the beginning of a body that is not JSON (512 bytes at most).
        message: Option<Box<str>>,
        /// The provider's own message, where the provider refused.
        provider_message: Option<Box<str>>,
        /// The platform's id of the request, for its support.
        request_id: Option<String>,
    },
    /// The answer sends the request elsewhere, where the credentials must not go.
    #[error("{} redirects to {}, and redirects are not followed", status_line(*.status), host.as_deref().unwrap_or("no valid address"))]
    Redirect {
        /// HTTP status code.
        status: u16,
        /// The host that the answer names.
        host: Option<String>,
    },
    /// The answer is not what the API promises.
    #[error("the answer is not {expected}: {found}")]
    Decode {
        /// What should have come, as a noun with its article.
        expected: &'static str,
        /// What came instead.
        found: String,
    },
    /// A listing could not be completed although its pages were answers of the platform.
    #[error("{0}")]
    Listing(ListingFailure),
    /// Something in the draft has no value: nothing was sent.
    #[error("{field} has no value")]
    MissingValue {
        /// The field.
        field: String,
    },
    /// As many requests were sent as this run may send: this one was not.
    #[error("the limit of {} is reached", requests(*.limit))]
    RequestLimit {
        /// The limit.
        limit: u64,
    },
}

impl Error {
    /// Whether the same request may be sent again as it is: it surely was not processed, or
    /// processing it twice does no harm.
    ///
    /// A PATCH counts as one that does harm, since it may have carried an authorization grant; the
    /// client itself knows better and has repeated those that carried none.
    pub fn retryable(&self) -> bool {
        Safety::of_method(self.method).allows(&self.kind)
    }

    /// Whether the platform may have carried the request out although it failed here.
    pub fn may_have_happened(&self) -> bool {
        match &self.kind {
            Kind::Transport { .. } | Kind::Timeout { .. } | Kind::Decode { .. } => true,
            Kind::Status { status, .. } => *status >= 500,
            Kind::Connect { .. }
            | Kind::Redirect { .. }
            | Kind::Listing(_)
            | Kind::MissingValue { .. }
            | Kind::RequestLimit { .. } => false,
        }
    }

    /// The HTTP status of the answer, where there was one with an error.
    pub fn status(&self) -> Option<u16> {
        self.kind.status()
    }

    /// Whether the platform does not accept the credentials.
    pub fn is_unauthorized(&self) -> bool {
        self.status() == Some(401)
    }

    /// The number of requests that this run may send, where that is what ended this one.
    pub fn request_limit(&self) -> Option<u64> {
        match (&self.kind, self.held_back.as_deref()) {
            (Kind::RequestLimit { limit }, _) | (_, Some(HeldBack::RequestLimit(limit))) => {
                Some(*limit)
            }
            _ => None,
        }
    }

    /// Whether no connection came about: the host is unknown, refuses, or is not to be trusted.
    pub fn is_unreachable(&self) -> bool {
        matches!(self.kind, Kind::Connect { .. })
    }
}

impl Kind {
    /// The HTTP status of the answer, where there was one with an error.
    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } | Self::Redirect { status, .. } => Some(*status),
            _ => None,
        }
    }
}

impl Kind {
    /// What happened, without a word that a body said.
    pub(super) fn brief(&self) -> String {
        match self {
            Self::Status { status, .. } => status_line(*status).to_string(),
            other => other.to_string(),
        }
    }
}

fn attempts_note(attempts: u32) -> impl fmt::Display {
    fmt::from_fn(move |f| match attempts {
        0 | 1 => Ok(()),
        tries => write!(f, " after {tries} tries"),
    })
}

fn held_back_note(held_back: Option<&HeldBack>) -> impl fmt::Display {
    fmt::from_fn(move |f| match held_back {
        None => Ok(()),
        Some(HeldBack::AsksToWait(wait)) => {
            write!(f, "; the platform asks to wait {}", seconds(*wait))
        }
        Some(HeldBack::Interrupted) => {
            f.write_str("; it was not sent again, since the run was asked to end")
        }
        Some(HeldBack::RequestLimit(limit)) => {
            write!(f, "; it was not sent again, since the limit of {} is reached", requests(*limit))
        }
    })
}

fn requests(number: u64) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "{number} request{}", if number == 1 { "" } else { "s" }))
}

/// Seconds, with milliseconds only where a limit is that fine.
fn seconds(duration: Duration) -> impl fmt::Display {
    fmt::from_fn(move |f| match duration.subsec_millis() {
        0 => write!(f, "{} s", duration.as_secs()),
        _ => write!(f, "{} ms", duration.as_millis()),
    })
}

fn status_text(
    status: u16,
    message: Option<&str>,
    provider_message: Option<&str>,
    request_id: Option<&str>,
) -> impl fmt::Display {
    fmt::from_fn(move |f| {
        write!(f, "{}", status_line(status))?;
        if let Some(message) = message {
            write!(f, ": {message}")?;
        }
        if let Some(message) = provider_message {
            write!(f, "; the provider says: {message}")?;
        }
        if let Some(id) = request_id {
            write!(f, " (request {id})")?;
        }
        Ok(())
    })
}

fn status_line(status: u16) -> impl fmt::Display {
    fmt::from_fn(move |f| {
        write!(f, "HTTP {status}")?;
        let known = reqwest::StatusCode::from_u16(status).ok();
        match known.and_then(|status| status.canonical_reason()) {
            Some(reason) => write!(f, " {reason}"),
            None => Ok(()),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(method: &'static str, kind: Kind) -> Error {
        Error { method, path: "/instances".into(), attempts: 1, kind, held_back: None }
    }

    fn status(status: u16, provider_message: Option<&str>) -> Kind {
        Kind::Status {
            status,
            message: None,
            provider_message: provider_message.map(Into::into),
            request_id: None,
        }
    }

    fn transport() -> Kind {
        Kind::Transport { reason: "reset".into() }
    }

    #[test]
    fn an_error_says_which_request_failed_how_often_and_how() {
        let full = Error {
            method: "POST",
            path: "/instances".into(),
            attempts: 3,
            kind: Kind::Status {
                status: 429,
                message: Some("Too many".into()),
                provider_message: Some("slow down".into()),
                request_id: Some("5b0437c6e4b07731ae39b533".into()),
            },
            held_back: None,
        };
        assert_eq!(
            full.to_string(),
            "POST /instances failed after 3 tries: HTTP 429 Too Many Requests: Too many; the provider \
             says: slow down (request 5b0437c6e4b07731ae39b533)"
        );
        let bare = |kind| error("GET", kind).to_string();
        assert_eq!(bare(status(599, None)), "GET /instances failed: HTTP 599");
        assert_eq!(
            bare(Kind::Timeout { after: Duration::from_secs(30) }),
            "GET /instances failed: no answer within 30 s"
        );
        assert_eq!(
            bare(Kind::Timeout { after: Duration::from_millis(1500) }),
            "GET /instances failed: no answer within 1500 ms"
        );
        assert_eq!(
            bare(Kind::Redirect { status: 302, host: Some("login.example".into()) }),
            "GET /instances failed: HTTP 302 Found redirects to login.example, and redirects are not followed"
        );
        assert_eq!(
            bare(Kind::RequestLimit { limit: 10 }),
            "GET /instances failed: the limit of 10 requests is reached"
        );
    }

    #[test]
    fn an_error_says_what_kept_it_from_being_sent_again() {
        let held_back =
            |why| Error { held_back: Some(Box::new(why)), ..error("PUT", status(503, None)) };
        let long = held_back(HeldBack::AsksToWait(Duration::from_mins(5)));
        assert_eq!(
            long.to_string(),
            "PUT /instances failed: HTTP 503 Service Unavailable; the platform asks to wait 300 s"
        );
        assert_eq!(long.request_limit(), None);
        let limited = held_back(HeldBack::RequestLimit(3));
        assert_eq!(
            limited.to_string(),
            "PUT /instances failed: HTTP 503 Service Unavailable; it was not sent again, since the limit of \
             3 requests is reached"
        );
        assert_eq!(
            held_back(HeldBack::Interrupted).to_string(),
            "PUT /instances failed: HTTP 503 Service Unavailable; it was not sent again, since the run was asked \
             to end"
        );
        assert!(limited.may_have_happened(), "what was sent before counts");
        assert_eq!(limited.request_limit(), Some(3));
        assert_eq!(error("PUT", Kind::RequestLimit { limit: 4 }).request_limit(), Some(4));
    }

    #[test]
    fn only_a_lost_answer_may_have_happened() {
        let lost = [
            transport(),
            Kind::Timeout { after: Duration::ZERO },
            Kind::Decode { expected: "JSON", found: "HTML".into() },
            status(500, None),
            status(504, None),
        ];
        for kind in lost {
            assert!(error("POST", kind).may_have_happened());
        }
        let known = [
            Kind::Connect { reason: "refused".into() },
            status(400, None),
            status(429, Some("slow down")),
            Kind::Redirect { status: 302, host: None },
            Kind::MissingValue { field: "name".into() },
            Kind::RequestLimit { limit: 1 },
        ];
        for kind in known {
            assert!(!error("POST", kind).may_have_happened());
        }
    }

    #[test]
    fn an_error_may_be_retried_where_that_is_harmless() {
        assert!(error("GET", transport()).retryable());
        assert!(error("DELETE", status(503, None)).retryable());
        assert!(!error("GET", status(404, None)).retryable());
        for method in ["POST", "PATCH"] {
            assert!(!error(method, transport()).retryable());
            assert!(!error(method, status(503, None)).retryable());
            assert!(!error(method, status(429, Some("quota"))).retryable());
            assert!(error(method, status(429, None)).retryable());
            assert!(error(method, Kind::Connect { reason: "refused".into() }).retryable());
        }
    }
}
