//! Replies, and the format of errors.
//!
//! Every response has `Elements-Request-Id`, 24 hexadecimal digits. Every error has the body
//! `{requestId, message[, providerMessage]}` with the same ID, and no other format. Every success is a
//! 200, never a 201 or 204.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde::Serialize;

/// Headers that scripts of other origins can read (docs/platform.md#connectors-and-their-fields).
const EXPOSED_HEADERS: &str = "Elements-Returned-Count, Elements-Total-Count, \
    Elements-Request-Id, Elements-Next-Page-Token, Elements-Trace-Id, Elements-Error, \
    Content-Disposition";

/// A success: status 200, except for redirects of the simulated provider.
#[derive(Debug, Default)]
pub(super) struct Reply {
    status: StatusCode,
    headers: Vec<(&'static str, String)>,
    body: Option<Vec<u8>>,
}

#[derive(Clone, Debug)]
pub(super) struct ErrorReply {
    status: u16,
    message: String,
    provider_message: Option<&'static str>,
    allow: Option<&'static str>,
}

pub(super) type ReplyResult = Result<Reply, ErrorReply>;

impl Reply {
    /// A 200 without a body, for deletions and flags.
    pub(super) fn empty() -> Self {
        Self::default()
    }

    pub(super) fn json(body: &impl Serialize) -> ReplyResult {
        let body = serde_json::to_vec(body).map_err(|error| {
            ErrorReply::new(500, format!("The reply cannot be serialized: {error}"))
        })?;
        let headers = vec![("content-type", "application/json".to_owned())];
        Ok(Self { status: StatusCode::OK, headers, body: Some(body) })
    }

    /// A page for a browser. It must not load or run anything else.
    pub(super) fn page(html: &str) -> Self {
        let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
        let headers = [
            ("content-type", "text/html; charset=utf-8"),
            ("content-security-policy", policy),
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
        ];
        let headers = headers.map(|(name, value)| (name, value.to_owned())).into();
        Self { status: StatusCode::OK, headers, body: Some(html.as_bytes().to_vec()) }
    }

    pub(super) fn redirect(url: &str) -> Self {
        let headers =
            vec![("location", url.to_owned()), ("referrer-policy", "no-referrer".to_owned())];
        Self { status: StatusCode::SEE_OTHER, headers, body: None }
    }

    pub(super) fn with(mut self, name: &'static str, value: &(impl ToString + ?Sized)) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }
}

impl ErrorReply {
    pub(super) fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), provider_message: None, allow: None }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    /// An unknown resource. The platform's messages start with `No` and name it
    /// (docs/platform.md#errors).
    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, message)
    }

    /// A known path with an unsupported method. `allow` lists the supported methods.
    pub(super) fn method_not_allowed(allow: &'static str) -> Self {
        Self { allow: Some(allow), ..Self::new(405, "Method not allowed") }
    }

    pub(super) fn into_message(self) -> String {
        self.message
    }

    /// The provider does not accept a code or a token.
    pub(super) fn invalid_grant(status: u16, message: impl Into<String>) -> Self {
        Self { provider_message: Some("invalid_grant"), ..Self::new(status, message) }
    }

    fn into_reply(self, request_id: &str) -> Reply {
        let Self { status, message, provider_message, allow } = self;
        let body = ErrorBody { request_id, message: &message, provider_message };
        let json = ("content-type", "application/json".to_owned());
        let allow = allow.map(|methods| ("allow", methods.to_owned()));
        Reply {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            headers: allow.into_iter().chain([json]).collect(),
            body: Some(serde_json::to_vec(&body).unwrap_or_default()),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorBody<'a> {
    request_id: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_message: Option<&'a str>,
}

pub(super) fn render(result: ReplyResult) -> Response<Vec<u8>> {
    let request_id = format!("{:016x}{:08x}", fastrand::u64(..), fastrand::u32(..));
    let Reply { status, headers, body } =
        result.unwrap_or_else(|error| error.into_reply(&request_id));
    let mut response = Response::new(body.unwrap_or_default());
    *response.status_mut() = status;
    insert(response.headers_mut(), "elements-request-id", &request_id);
    insert(response.headers_mut(), "access-control-expose-headers", EXPOSED_HEADERS);
    for (name, value) in &headers {
        insert(response.headers_mut(), name, value);
    }
    response
}

/// Sets a header. Omits a value that cannot be sent, because the request succeeded.
fn insert(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}
