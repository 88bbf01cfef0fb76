//! A notification: the request to a callback URL, and its signature.

use std::time::SystemTime;

use axum::http::Uri;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::sandbox::{StoredInstance, random_id};

#[derive(Clone)]
pub(in crate::sandbox) struct Notification {
    pub(super) event: String,
    pub(super) instance: u64,
    pub(super) due: SystemTime,
    pub(super) retries: u32,
    pub(in crate::sandbox) url: String,
    pub(in crate::sandbox) headers: Vec<(&'static str, String)>,
    pub(in crate::sandbox) body: Vec<u8>,
}

impl Notification {
    pub(super) fn new(
        instance: &StoredInstance,
        url: &str,
        event: &str,
        objects: &[Value],
        raw: &Value,
        now: SystemTime,
    ) -> Self {
        let message = json!({ "eventId": event, "events": objects, "raw": raw });
        let body = json!({ "id": instance.id, "message": message }).to_string().into_bytes();
        let mut headers = vec![
            ("content-type", "application/json".to_owned()),
            ("elements-webhook-id", random_id()),
        ];
        let given = |key| instance.configuration.get(key);
        if let Some(key) = given("event.notification.signature.key") {
            headers.push(("elements-webhook-signature", signature(key, &body)));
        }
        if let Some(user) = given("event.notification.basic.username") {
            let password = given("event.notification.basic.password").unwrap_or_default();
            let basic = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
            headers.push(("authorization", basic));
        }
        let (event, url) = (event.to_owned(), url.to_owned());
        Self { event, instance: instance.id, due: now, retries: 0, url, headers, body }
    }
}

/// Port of a loopback URL without TLS. `None` for any other URL.
pub(super) fn loopback_port(url: &str) -> Option<u16> {
    let uri: Uri = url.parse().ok()?;
    let host = uri.host()?.to_ascii_lowercase();
    let is_loopback = matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]");
    // Excludes user information, and names that only start with a loopback name.
    let rest = uri.authority()?.as_str().get(host.len()..)?;
    let is_port =
        rest.is_empty() || rest.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    (is_loopback && is_port && uri.scheme_str() == Some("http"))
        .then(|| uri.port_u16().unwrap_or(80))
}

fn signature(key: &str, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes any key");
    format!("sha256={}", STANDARD.encode(mac.chain_update(body).finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Example of the vendor's page on the security of events.
    #[test]
    fn a_signature_matches_the_documentation() {
        let signed =
            signature("MySecretEventSignatureKey", b"<INSERT_EVENT_NOTIFICATION_RESPONSE_BODY>");
        assert_eq!(signed, "sha256=jHdbRx5EZAsOfTwAPJOGkNUzQMVVdu5VJlxcsk+G6jQ=");
    }

    #[test]
    fn only_loopback_urls_have_a_port() {
        for (url, port) in [
            ("http://127.0.0.1:8/x", 8),
            ("http://localhost/", 80),
            ("HTTP://LocalHost:9", 9),
            ("http://[::1]:9?a", 9),
        ] {
            assert_eq!(loopback_port(url), Some(port), "{url}");
        }
        for url in [
            "https://127.0.0.1/",
            "http://127.0.0.1.evil.example/",
            "http://localhost@evil.example/",
            "http://user@localhost/",
            "http://[::1].evil.example/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0.0.0.0/",
            "http://evil.example/http://127.0.0.1/",
            "",
        ] {
            assert_eq!(loopback_port(url), None, "{url}");
        }
    }
}
