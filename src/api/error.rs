//! Describes how a request failed, with the facts that a person needs to act on it.
//!
//! In: messages of the transport or the platform, already without secrets and control characters.
//! Out: an [`Error`] whose text fits on one line, and whether the platform may have executed the
//! request.
//!
//! An error never contains a URL with credentials, a header, or the body of a successful reply,
//! because such bodies contain live credentials.

use std::time::Duration;

/// A request that failed.
#[derive(Debug, thiserror::Error)]
#[error("{method} {path} failed{}: {kind}{}", attempts_note(*.attempts), not_retried_note(not_retried.as_deref()))]
pub struct Error {
    /// The HTTP method.
    pub method: &'static str,
    /// The path and query below the base URL, without secrets.
    pub path: String,
    /// The number of attempts.
    pub attempts: u32,
    /// The failure of the last attempt.
    pub kind: ErrorKind,
    /// The reason why the request was not retried, if it could have been. Boxed to keep every
    /// result small.
    pub not_retried: Option<Box<NotRetried>>,
}

/// The reason why a request was not retried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotRetried {
    /// The platform asks for a longer wait than the time budget allows.
    RetryAfterTooLong(Duration),
    /// The run sent its maximum number of requests.
    RequestLimit(u64),
    /// The run was asked to stop.
    Interrupted,
}

/// The failure of a request.
#[derive(Debug, thiserror::Error)]
pub enum ErrorKind {
    /// There was no connection, so nothing was sent.
    #[error("cannot connect: {reason}")]
    Connect {
        /// The causes, without the URL.
        reason: String,
    },
    /// The proxy answered 407, so nothing was sent.
    #[error("cannot connect: the proxy answered {}", status_line(407))]
    ProxyAuthentication,
    /// The connection broke while the request was sent or the answer was received.
    #[error("the connection broke before the answer was complete: {reason}")]
    Transport {
        /// The causes, without the URL.
        reason: String,
    },
    /// There was no answer in time.
    #[error("no answer within {}", seconds(*.after))]
    Timeout {
        /// The time limit.
        after: Duration,
    },
    /// The platform answered with an error.
    #[error("{}", status_text(*.status, message.as_deref(), provider_message.as_deref(), request_id.as_deref()))]
    Status {
        /// The HTTP status code.
        status: u16,
        /// The message of the platform, or up to 512 bytes of a body that is not JSON.
        message: Option<Box<str>>,
        /// The message of the provider, if the provider refused.
        provider_message: Option<Box<str>>,
        /// The request ID of the platform, for its support.
        request_id: Option<String>,
    },
    /// The answer redirects to another address, which must not receive the credentials.
    #[error("{} redirects to {}, and redirects are not followed", status_line(*.status), host.as_deref().unwrap_or("an invalid address"))]
    Redirect {
        /// The HTTP status code.
        status: u16,
        /// The host in the answer.
        host: Option<String>,
    },
    /// The answer does not have the documented format.
    #[error("the answer is not {expected}: {found}")]
    Decode {
        /// The expected content, as a noun with its article.
        expected: &'static str,
        /// The actual content.
        found: String,
    },
    /// The answer is HTML or declares another content than JSON, so it is not from the platform.
    #[error("the answer is not JSON: {found}")]
    ForeignContent {
        /// The actual content.
        found: String,
    },
    /// A listing could not be completed, although the platform answered.
    #[error("{0}")]
    Listing(ListingFailure),
    /// A field of the draft has no value, so nothing was sent.
    #[error("{field} has no value")]
    MissingValue {
        /// The field.
        field: String,
    },
    /// The run sent its maximum number of requests, so this one was not sent.
    #[error("the limit of {} is reached", requests(*.limit))]
    RequestLimit {
        /// The limit.
        limit: u64,
    },
}

/// The reason why a listing could not be completed.
#[derive(Debug, thiserror::Error)]
pub enum ListingFailure {
    /// Instances moved between pages during every attempt.
    #[error("the account changes while it is listed: {found}")]
    Changing {
        /// The evidence.
        found: String,
    },
    /// The platform refused its own page token, even after the listing was restarted.
    #[error("the platform refused a page token again after the listing was restarted: {refusal}")]
    TokenExpired {
        /// The refusal.
        refusal: Box<ErrorKind>,
    },
    /// The platform's answer to the first page can mean an account without instances or a wrong address.
    #[error(
        "the answer ({refusal}) means an account without instances or a wrong address, and another request did not decide which: {probe}"
    )]
    Undecided {
        /// The answer.
        refusal: Box<ErrorKind>,
        /// The other request, and its result.
        probe: String,
    },
    /// The pages took longer than the limit for a listing.
    #[error("the listing is not complete after {}", seconds(*.after))]
    TooLong {
        /// The time limit.
        after: Duration,
    },
    /// The pages are larger than the limit for a listing.
    #[error("the listing is larger than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
}

impl Error {
    /// Whether the platform may have executed the request although it failed here.
    pub fn may_have_happened(&self) -> bool {
        match &self.kind {
            ErrorKind::Transport { .. }
            | ErrorKind::Timeout { .. }
            | ErrorKind::Decode { .. }
            | ErrorKind::ForeignContent { .. } => true,
            ErrorKind::Status { status, .. } => *status >= 500,
            ErrorKind::Connect { .. }
            | ErrorKind::ProxyAuthentication
            | ErrorKind::Redirect { .. }
            | ErrorKind::Listing(_)
            | ErrorKind::MissingValue { .. }
            | ErrorKind::RequestLimit { .. } => false,
        }
    }

    /// The HTTP status of the answer, if the answer was an error.
    pub fn status(&self) -> Option<u16> {
        self.kind.status()
    }

    /// The maximum number of requests of the run, if that ended this request.
    pub fn request_limit(&self) -> Option<u64> {
        match (&self.kind, self.not_retried.as_deref()) {
            (ErrorKind::RequestLimit { limit }, _) | (_, Some(NotRetried::RequestLimit(limit))) => {
                Some(*limit)
            }
            _ => None,
        }
    }
}

impl ErrorKind {
    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } | Self::Redirect { status, .. } => Some(*status),
            _ => None,
        }
    }

    pub(super) fn brief(&self) -> String {
        match self {
            Self::Status { status, .. } => status_line(*status),
            other => other.to_string(),
        }
    }
}

fn attempts_note(attempts: u32) -> String {
    if attempts > 1 { format!(" after {attempts} tries") } else { String::new() }
}

fn not_retried_note(reason: Option<&NotRetried>) -> String {
    match reason {
        None => String::new(),
        Some(NotRetried::RetryAfterTooLong(wait)) => {
            format!("; the platform asks to wait {}", seconds(*wait))
        }
        Some(NotRetried::Interrupted) => {
            "; it was not sent again because the run was asked to stop".to_owned()
        }
        Some(NotRetried::RequestLimit(limit)) => {
            let limit = requests(*limit);
            format!("; it was not sent again because the limit of {limit} is reached")
        }
    }
}

fn requests(number: u64) -> String {
    format!("{number} request{}", if number == 1 { "" } else { "s" })
}

/// Whole seconds, or milliseconds for a finer limit.
fn seconds(duration: Duration) -> String {
    match duration.subsec_millis() {
        0 => format!("{} s", duration.as_secs()),
        _ => format!("{} ms", duration.as_millis()),
    }
}

fn status_text(
    status: u16,
    message: Option<&str>,
    provider_message: Option<&str>,
    request_id: Option<&str>,
) -> String {
    let message = message.map(|message| format!(": {message}"));
    let provider = provider_message.map(|message| format!("; the provider reports: {message}"));
    let request = request_id.map(|id| format!(" (request {id})"));
    let parts = [Some(status_line(status)), message, provider, request];
    parts.into_iter().flatten().collect()
}

fn status_line(status: u16) -> String {
    let known = reqwest::StatusCode::from_u16(status).ok();
    let reason = known.and_then(|status| status.canonical_reason());
    reason.map_or_else(|| format!("HTTP {status}"), |reason| format!("HTTP {status} {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(method: &'static str, kind: ErrorKind) -> Error {
        Error { method, path: "/instances".into(), attempts: 1, kind, not_retried: None }
    }

    fn status(status: u16, provider_message: Option<&str>) -> ErrorKind {
        ErrorKind::Status {
            status,
            message: None,
            provider_message: provider_message.map(Into::into),
            request_id: None,
        }
    }

    #[test]
    fn an_error_names_the_request_the_attempts_and_the_failure() {
        let full = Error {
            method: "POST",
            path: "/instances".into(),
            attempts: 3,
            kind: ErrorKind::Status {
                status: 429,
                message: Some("Too many".into()),
                provider_message: Some("slow down".into()),
                request_id: Some("5b0437c6e4b07731ae39b533".into()),
            },
            not_retried: None,
        };
        assert_eq!(
            full.to_string(),
            "POST /instances failed after 3 tries: HTTP 429 Too Many Requests: Too many; the provider \
             reports: slow down (request 5b0437c6e4b07731ae39b533)"
        );
        let moved = ErrorKind::Redirect { status: 302, host: Some("login.example".into()) };
        for (kind, text) in [
            (status(599, None), "HTTP 599"),
            (ErrorKind::Timeout { after: Duration::from_secs(30) }, "no answer within 30 s"),
            (ErrorKind::Timeout { after: Duration::from_millis(1500) }, "no answer within 1500 ms"),
            (moved, "HTTP 302 Found redirects to login.example, and redirects are not followed"),
            (ErrorKind::RequestLimit { limit: 10 }, "the limit of 10 requests is reached"),
        ] {
            assert_eq!(error("GET", kind).to_string(), format!("GET /instances failed: {text}"));
        }
    }

    #[test]
    fn an_error_names_the_reason_why_it_was_not_retried() {
        let not_retried =
            |why| Error { not_retried: Some(Box::new(why)), ..error("PUT", status(503, None)) };
        let (long, limit) = (NotRetried::RetryAfterTooLong(Duration::from_mins(5)), 3);
        let not_sent = "it was not sent again because the";
        for (why, text) in [
            (long.clone(), "the platform asks to wait 300 s".to_owned()),
            (NotRetried::RequestLimit(limit), format!("{not_sent} limit of 3 requests is reached")),
            (NotRetried::Interrupted, format!("{not_sent} run was asked to stop")),
        ] {
            let failed = "PUT /instances failed: HTTP 503 Service Unavailable";
            assert_eq!(not_retried(why).to_string(), format!("{failed}; {text}"));
        }
        assert_eq!(not_retried(long).request_limit(), None);
        let limited = not_retried(NotRetried::RequestLimit(limit));
        assert!(limited.may_have_happened(), "an earlier attempt may have succeeded");
        assert_eq!(limited.request_limit(), Some(3));
        assert_eq!(error("PUT", ErrorKind::RequestLimit { limit: 4 }).request_limit(), Some(4));
    }

    #[test]
    fn a_request_may_have_happened_only_if_its_answer_was_lost() {
        for (kind, may_have_happened) in [
            (ErrorKind::Transport { reason: "reset".into() }, true),
            (ErrorKind::Timeout { after: Duration::ZERO }, true),
            (ErrorKind::Decode { expected: "JSON", found: "an empty body".into() }, true),
            (ErrorKind::ForeignContent { found: "HTML".into() }, true),
            (status(500, None), true),
            (status(504, None), true),
            (ErrorKind::Connect { reason: "refused".into() }, false),
            (ErrorKind::ProxyAuthentication, false),
            (status(400, None), false),
            (status(429, Some("slow down")), false),
            (ErrorKind::Redirect { status: 302, host: None }, false),
            (ErrorKind::MissingValue { field: "name".into() }, false),
            (ErrorKind::RequestLimit { limit: 1 }, false),
        ] {
            assert_eq!(error("POST", kind).may_have_happened(), may_have_happened);
        }
    }
}
