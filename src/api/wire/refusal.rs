//! Decodes a refusal: `{requestId, message, providerMessage}`, all optional, or any text of a gateway
//! in front of the platform.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::body::Body;
use super::configuration::text;
use crate::api::error::ErrorKind;
use crate::safe_text::bounded_line;
use crate::scrub::Scrubber;

/// The maximum length of a text that is scrubbed, in bytes. Errors show only its beginning.
const MAX_TEXT: usize = 64 * 1024;

/// A reply with an error status.
pub(in crate::api) struct Refusal<'a> {
    /// The HTTP status code.
    pub(in crate::api) status: u16,
    /// The request ID in the header. One in the body has priority.
    pub(in crate::api) request_id: Option<&'a str>,
    /// The body.
    pub(in crate::api) body: &'a Body,
}

/// The documented members.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Members<'a> {
    #[serde(borrow)]
    request_id: Option<&'a RawValue>,
    message: Option<&'a RawValue>,
    provider_message: Option<&'a RawValue>,
}

impl Refusal<'_> {
    /// Whether the platform reports that the object does not exist. A 404 of a gateway only means that
    /// the platform was not reached.
    pub(in crate::api) fn is_not_found(&self) -> bool {
        self.status == 404 && self.members().is_some()
    }

    /// Whether the platform reports an empty listing: 404 and `No element instances found`. `No account
    /// found with ID 123456` is an error. See docs/platform.md.
    pub(in crate::api) fn is_empty_listing(&self) -> bool {
        let message = self.members().and_then(|members| member_text(members.message));
        let Some(message) = message.filter(|_| self.status == 404) else {
            return false;
        };
        let message = message.trim().trim_end_matches('.');
        message.starts_with("No ") && message.ends_with(" found")
    }

    /// The error, without the secrets that the scrubber knows.
    pub(in crate::api) fn kind(&self, scrubber: &Scrubber) -> ErrorKind {
        let show = |text: &str| {
            Some(bounded_line(&scrubber.scrub(&beginning(text)))).filter(|line| !line.is_empty())
        };
        let members = self.members().unwrap_or_default();
        let message = member_text(members.message);
        let provider_message = member_text(members.provider_message);
        let shown = match (&message, &provider_message) {
            (None, None) => self.unstructured(),
            _ => message,
        };
        ErrorKind::Status {
            status: self.status,
            message: shown.as_deref().and_then(show).map(Into::into),
            provider_message: provider_message.as_deref().and_then(show).map(Into::into),
            request_id: member_text(members.request_id)
                .as_deref()
                .or(self.request_id)
                .and_then(show),
        }
    }

    fn members(&self) -> Option<Members<'_>> {
        self.body.is_object().then(|| self.body.parse("an error").ok()).flatten()
    }

    fn unstructured(&self) -> Option<String> {
        if self.body.is_empty() {
            None
        } else if self.body.is_html() {
            Some(self.body.describe())
        } else {
            Some(self.body.text().into_owned())
        }
    }
}

/// The beginning of a text. The mark lets the scrubber hide a secret that is cut.
fn beginning(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    match text.get(..text.floor_char_boundary(MAX_TEXT)) {
        Some(beginning) if beginning.len() < text.len() => Cow::Owned(format!("{beginning}…")),
        _ => Cow::Borrowed(text),
    }
}

/// The text of a member, or its JSON if it is not a string.
fn member_text(raw: Option<&RawValue>) -> Option<String> {
    let raw = raw?.get();
    let text = text(raw).map_or_else(|_| raw.to_owned(), Into::into);
    Some(text).filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::Secret;

    fn body(content_type: &str, body: &str) -> Body {
        Body::new(Some(content_type.into()), body.into())
    }

    fn refusal(status: u16, body: &Body) -> Refusal<'_> {
        Refusal { status, request_id: Some("from-header"), body }
    }

    fn shown(status: u16, content_type: &str, text: &str) -> String {
        let secrets = [Secret::new("hunter2=")];
        let body = body(content_type, text);
        refusal(status, &body).kind(&Scrubber::for_reply(&secrets)).to_string()
    }

    #[test]
    fn an_error_of_the_platform_shows_both_messages_and_the_request() {
        assert_eq!(
            shown(
                400,
                "application/json",
                r#"{"requestId":"53db","message":"Bad Request","providerMessage":"3100 - AuthorizationFailed"}"#
            ),
            "HTTP 400 Bad Request: Bad Request; the provider reports: 3100 - AuthorizationFailed (request 53db)"
        );
        assert_eq!(
            shown(500, "application/json", r#"{"message":null}"#),
            "HTTP 500 Internal Server Error: {\"message\":null} (request from-header)"
        );
    }

    #[test]
    fn an_error_of_a_gateway_is_shown_as_text() {
        assert_eq!(
            shown(504, "text/plain", "upstream request\r\ntimeout"),
            r"HTTP 504 Gateway Timeout: upstream request\r\ntimeout (request from-header)"
        );
        assert_eq!(
            shown(502, "text/html; charset=utf-8", "<h1>Bad Gateway</h1>"),
            "HTTP 502 Bad Gateway: HTML (text/html; charset=utf-8, 20 bytes) (request from-header)"
        );
        assert_eq!(
            shown(503, "text/plain", ""),
            "HTTP 503 Service Unavailable (request from-header)"
        );
        assert_eq!(
            shown(400, "application/json", r#"{"error":"oops"}"#),
            r#"HTTP 400 Bad Request: {"error":"oops"} (request from-header)"#
        );
    }

    #[test]
    fn secrets_of_the_request_are_removed_before_the_text_is_cut() {
        let echo = format!(r#"{{"message":"{}hunter2="}}"#, "x".repeat(508));
        let text = shown(400, "application/json", &echo);
        assert!(!text.contains("hunt"), "{text}");
        assert_eq!(
            shown(
                400,
                "application/json",
                r#"{"message":"bad hunter2\u003d","providerMessage":"hunter2="}"#
            ),
            "HTTP 400 Bad Request: bad (secret); the provider reports: (secret) (request from-header)"
        );
        assert_eq!(
            shown(400, "text/plain", r#"sent {"code":"hunter2\u003d"}"#),
            r#"HTTP 400 Bad Request: sent {"code":"(secret)"} (request from-header)"#
        );
    }

    #[test]
    fn only_the_platform_can_report_that_nothing_exists() {
        let empty = |message: &str| {
            let json = format!(r#"{{"message":"{message}"}}"#);
            refusal(404, &body("application/json", &json)).is_empty_listing()
        };
        assert!(empty("No element instances found"));
        assert!(empty("No instances found."));
        assert!(!empty("No account found with ID 1"));
        assert!(!empty("Not found"));
        let absent =
            |status, content_type, text| refusal(status, &body(content_type, text)).is_not_found();
        assert!(absent(404, "application/json", r#"{"message":"Not found"}"#));
        assert!(!absent(404, "text/html", "<p>No instances found"));
        assert!(!absent(404, "text/plain", ""));
        assert!(!absent(400, "application/json", "{}"));
    }
}
