//! Decodes a refusal: `{requestId, message, providerMessage}`, all optional, or any text of a gateway
//! in front of the platform (docs/platform.md#errors).

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Body;
use super::configuration::text;
use crate::api::ErrorKind;
use crate::safe_text::bounded_line;
use crate::scrub::Scrubber;

/// The maximum length of a text that is scrubbed, in bytes. Errors show only its beginning.
const MAX_TEXT: usize = 64 * 1024;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Members<'a> {
    #[serde(borrow)]
    request_id: Option<&'a RawValue>,
    message: Option<&'a RawValue>,
    provider_message: Option<&'a RawValue>,
}

/// Whether the body is a refusal of the platform. A 404 of a gateway only means that the platform was
/// not reached.
pub(in crate::api) fn is_refusal(body: &Body) -> bool {
    members(body).is_some()
}

/// Whether the body has a member that only the platform uses together with an error status.
pub(in crate::api) fn has_refusal_members(body: &Body) -> bool {
    members(body).is_some_and(|members| {
        let texts = [members.message, members.request_id];
        texts.into_iter().flatten().any(|raw| raw.get().starts_with('"'))
    })
}

/// Whether the body of a 404 reports that the account has no instances, in a text that only the platform
/// has: `No element instances found`.
pub(in crate::api) fn is_empty_account(body: &Body) -> bool {
    let message = members(body).and_then(|members| member_text(members.message));
    message.is_some_and(|message| {
        let message = message.trim().trim_end_matches('.');
        is_empty_listing(body) && message.ends_with("instances found")
    })
}

/// Whether the body of a 404 reports an empty listing: `No element instances found`. `No account found
/// with ID 123456` is an error (docs/platform.md#list-and-read).
pub(in crate::api) fn is_empty_listing(body: &Body) -> bool {
    let message = members(body).and_then(|members| member_text(members.message));
    message.is_some_and(|message| {
        let message = message.trim().trim_end_matches('.');
        message.starts_with("No ") && message.ends_with(" found")
    })
}

/// The error of a reply, without the secrets that the scrubber knows. A request ID in the body has
/// priority over the one in the header.
pub(in crate::api) fn refusal(
    status: u16,
    request_id: Option<&str>,
    body: &Body,
    scrubber: &Scrubber,
) -> ErrorKind {
    let show = |text: &str| scrubbed_line(text, scrubber);
    let members = members(body).unwrap_or_default();
    let provider_message = member_text(members.provider_message);
    let message = member_text(members.message)
        .or_else(|| provider_message.is_none().then(|| unstructured(body)).flatten());
    ErrorKind::Status {
        status,
        message: message.as_deref().and_then(show).map(Into::into),
        provider_message: provider_message.as_deref().and_then(show).map(Into::into),
        request_id: member_text(members.request_id).as_deref().or(request_id).and_then(show),
    }
}

fn members(body: &Body) -> Option<Members<'_>> {
    body.is_object().then(|| body.parse("an error").ok()).flatten()
}

/// The text of a body that has no documented member.
fn unstructured(body: &Body) -> Option<String> {
    if body.is_empty() {
        None
    } else if body.is_html() {
        Some(body.describe())
    } else {
        Some(body.text().into_owned())
    }
}

/// A text without secrets, on one line, unless it is empty.
fn scrubbed_line(text: &str, scrubber: &Scrubber) -> Option<String> {
    Some(bounded_line(&scrubber.scrub(&beginning(text)))).filter(|line| !line.is_empty())
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

    fn shown(status: u16, content_type: &str, text: &str) -> String {
        let scrubber = Scrubber::for_reply(&[Secret::new("hunter2=")]);
        refusal(status, Some("from-header"), &body(content_type, text), &scrubber).to_string()
    }

    #[test]
    fn an_error_shows_both_messages_or_the_text_of_a_gateway_and_the_request() {
        let (json, html) = ("application/json", "text/html; charset=utf-8");
        let both =
            r#"{"requestId":"53db","message":"Bad Request","providerMessage":"3100 - Failed"}"#;
        for (status, content_type, body, text) in [
            (
                400,
                json,
                both,
                "Bad Request: Bad Request; the provider reports: 3100 - Failed (request 53db)",
            ),
            (500, json, r#"{"message":null}"#, r#"Internal Server Error: {"message":null}"#),
            (400, json, r#"{"error":"oops"}"#, r#"Bad Request: {"error":"oops"}"#),
            (
                504,
                "text/plain",
                "upstream request\r\ntimeout",
                r"Gateway Timeout: upstream request\r\ntimeout",
            ),
            (
                502,
                html,
                "<h1>Bad Gateway</h1>",
                "Bad Gateway: HTML (text/html; charset=utf-8, 20 bytes)",
            ),
            (503, "text/plain", "", "Service Unavailable"),
        ] {
            let request = if body == both { "" } else { " (request from-header)" };
            assert_eq!(shown(status, content_type, body), format!("HTTP {status} {text}{request}"));
        }
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
        let is_empty = |message: &str| {
            let json = format!(r#"{{"message":"{message}"}}"#);
            is_empty_listing(&body("application/json", &json))
        };
        assert!(is_empty("No element instances found"));
        assert!(is_empty("No instances found."));
        assert!(!is_empty("No account found with ID 1"));
        assert!(!is_empty("Not found"));
        let is_refusal = |content_type, text| is_refusal(&body(content_type, text));
        assert!(is_refusal("application/json", r#"{"message":"Not found"}"#));
        assert!(!is_refusal("text/html", "<p>No instances found"));
        assert!(!is_refusal("text/plain", ""));
    }
}
