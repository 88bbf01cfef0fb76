//! Deliveries of events: checks their signatures and reads their notifications.
//!
//! In: the unchanged body of a notification, its headers, and a signature key. Out: whether the
//! signature is valid, and the reported events. The module is pure. It must never parse a body before
//! it checks the signature, and never show the data that a provider sent.

use std::collections::{BTreeSet, VecDeque};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::Sha256;

pub use crate::api::{ChangedObject, ProviderEvent};
use crate::instance::Secret;

/// Header with the signature of a notification.
pub(crate) const SIGNATURE_HEADER: &str = "elements-webhook-signature";

/// Header with the ID of a notification. The ID is the same in every attempt.
pub(crate) const DELIVERY_ID_HEADER: &str = "elements-webhook-id";

/// How many delivery IDs are kept to recognize repeated deliveries.
const MAX_REMEMBERED_IDS: usize = 10_000;

/// Result of checking the signature of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureCheck {
    /// The signature is valid.
    Holds,
    /// The notification was signed with another key, or was changed after it was signed.
    Broken,
    /// The notification has no signature.
    Missing,
    /// No signature key is known.
    NotVerified,
}

impl SignatureCheck {
    /// Checks a signature in constant time: `sha256=` and the Base64-encoded HMAC-SHA256 of the raw
    /// body. Source: the vendor's page on the security of events.
    pub(crate) fn verify(key: Option<&Secret>, header: Option<&str>, body: &[u8]) -> Self {
        let Some(key) = key else { return Self::NotVerified };
        let Some(header) = header else { return Self::Missing };
        let tag = header.strip_prefix("sha256=").and_then(|tag| STANDARD.decode(tag).ok());
        let mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes());
        let (Ok(mac), Some(tag)) = (mac, tag) else { return Self::Broken };
        match mac.chain_update(body).verify_slice(&tag) {
            Ok(()) => Self::Holds,
            Err(_) => Self::Broken,
        }
    }

    /// Whether the notification can be read: its signature is valid, or no key is known.
    pub(crate) fn is_acceptable(self) -> bool {
        matches!(self, Self::Holds | Self::NotVerified)
    }

    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::Holds => "the signature is valid",
            Self::Broken => "the signature is not valid",
            Self::Missing => "the delivery has no signature",
            Self::NotVerified => "the signature is not verified",
        }
    }
}

/// Content of a notification.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notification {
    /// The platform's ID of the event. Empty if the notification has none.
    pub event: String,
    /// The reported changes.
    pub objects: Vec<ChangedObject>,
}

impl Notification {
    /// Parses a body in the current or the older format. `None` if it is not a JSON object.
    pub fn parse(body: &[u8]) -> Option<Self> {
        let document: Value = serde_json::from_slice(body).ok()?;
        let document = document.as_object()?;
        let object = |name: &str| document.get(name).filter(|value| value.is_object());
        let (id, events) = match (object("message"), object("response")) {
            (Some(message), _) => (message.get("eventId"), message.get("events")),
            (None, Some(response)) => (document.get("eventId"), response.get("events")),
            (None, None) => (None, None),
        };
        let objects = events.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        Some(Self {
            event: id.and_then(Value::as_str).unwrap_or_default().to_owned(),
            objects: objects.iter().map(ChangedObject::read).collect(),
        })
    }
}

/// A checked delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The platform's ID of the notification. Empty if the delivery has none.
    pub id: String,
    /// Result of checking the signature.
    pub signature: SignatureCheck,
    /// Whether the delivery was accepted, and its content.
    pub outcome: DeliveryOutcome,
    /// Whether a delivery with the same ID was accepted before.
    pub replayed: bool,
}

/// Whether a delivery was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// The delivery is accepted.
    Accepted(Notification),
    /// The body is not a JSON object.
    Malformed,
    /// The signature is missing or not valid, so the body is not read.
    Unverified,
}

impl DeliveryOutcome {
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Accepted(_) => 200,
            Self::Malformed => 400,
            Self::Unverified => 401,
        }
    }

    pub(crate) fn notification(&self) -> Option<&Notification> {
        match self {
            Self::Accepted(notification) => Some(notification),
            Self::Malformed | Self::Unverified => None,
        }
    }
}

/// Checks deliveries and recognizes repeated ones.
#[derive(Debug, Default)]
pub(crate) struct DeliveryReceiver {
    key: Option<Secret>,
    ids: BTreeSet<String>,
    order: VecDeque<String>,
}

impl DeliveryReceiver {
    /// Creates a receiver. Without a key it verifies no signature.
    pub(crate) fn new(key: Option<Secret>) -> Self {
        Self { key, ..Self::default() }
    }

    /// Checks a delivery, given its two headers and its body.
    pub(crate) fn receive(
        &mut self,
        id: Option<&str>,
        signature: Option<&str>,
        body: &[u8],
    ) -> Delivery {
        let signature = SignatureCheck::verify(self.key.as_ref(), signature, body);
        let notification = signature.is_acceptable().then(|| Notification::parse(body));
        let outcome = match notification {
            None => DeliveryOutcome::Unverified,
            Some(None) => DeliveryOutcome::Malformed,
            Some(Some(notification)) => DeliveryOutcome::Accepted(notification),
        };
        let id = id.unwrap_or_default();
        let replayed = outcome.notification().is_some() && !id.is_empty() && !self.remember(id);
        Delivery { id: id.to_owned(), signature, outcome, replayed }
    }

    /// Adds an ID and drops the oldest one above the limit. Returns whether the ID is new.
    fn remember(&mut self, id: &str) -> bool {
        let is_new = self.ids.insert(id.to_owned());
        if is_new {
            self.order.push_back(id.to_owned());
        }
        if self.order.len() > MAX_REMEMBERED_IDS
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "MySecretEventSignatureKey";
    const BODY: &[u8] = b"<INSERT_EVENT_NOTIFICATION_RESPONSE_BODY>";
    const HEADER: &str = "sha256=jHdbRx5EZAsOfTwAPJOGkNUzQMVVdu5VJlxcsk+G6jQ=";

    #[test]
    fn a_repeated_delivery_is_recognized_unless_it_was_refused() {
        let mut receiver = DeliveryReceiver::new(Some(Secret::new(KEY)));
        assert_eq!(receiver.receive(Some("n1"), None, b"{}").outcome, DeliveryOutcome::Unverified);
        assert_eq!(
            receiver.receive(Some("n1"), Some(HEADER), BODY).outcome,
            DeliveryOutcome::Malformed
        );
        let mut receiver = DeliveryReceiver::new(None);
        let mut again = |id: &str| receiver.receive(Some(id), None, b"{}").replayed;
        assert_eq!([again("n1"), again("n1"), again(""), again("")], [false, true, false, false]);
        for n in 2..=MAX_REMEMBERED_IDS {
            assert!(!again(&format!("n{n}")));
        }
        assert!(again("n1"));
        assert!(
            !again("one more") && !again("n1") && again("n3"),
            "only the oldest ID was dropped"
        );
    }

    fn verify(key: &str, header: &str, body: &[u8]) -> SignatureCheck {
        SignatureCheck::verify(Some(&Secret::new(key)), Some(header), body)
    }

    /// The example of the vendor's page on the security of events.
    #[test]
    fn the_example_in_the_documentation_is_valid() {
        assert_eq!(verify(KEY, HEADER, BODY), SignatureCheck::Holds);
    }

    #[test]
    fn a_changed_notification_or_key_is_not_valid() {
        let longer = [BODY, b"\n"].concat();
        assert_eq!(verify(KEY, HEADER, &longer), SignatureCheck::Broken);
        assert_eq!(verify("mySecretEventSignatureKey", HEADER, BODY), SignatureCheck::Broken);
        let without = HEADER.trim_start_matches("sha256=");
        for header in [without, &HEADER.replace('j', "k"), "sha256=", "sha256=*", ""] {
            assert_eq!(verify(KEY, header, BODY), SignatureCheck::Broken, "{header}");
        }
        let key = Secret::new(KEY);
        assert_eq!(SignatureCheck::verify(Some(&key), None, BODY), SignatureCheck::Missing);
        assert_eq!(SignatureCheck::verify(None, Some(HEADER), BODY), SignatureCheck::NotVerified);
    }

    #[test]
    fn both_formats_of_a_notification_are_parsed() {
        let events = r#"[{"eventType":"CREATED","objectType":"message","objectId":"7"}]"#;
        let current = format!(r#"{{"message":{{"eventId":"e","events":{events},"raw":{{}}}}}}"#);
        let older = format!(r#"{{"eventId":"e","response":{{"events":{events}}}}}"#);
        let expected = Notification {
            event: "e".to_owned(),
            objects: vec![ChangedObject {
                what: "CREATED".to_owned(),
                kind: "message".to_owned(),
                id: "7".to_owned(),
            }],
        };
        let both = older.replacen('{', r#"{"message":null,"#, 1);
        for body in [current, older, both] {
            assert_eq!(Notification::parse(body.as_bytes()).as_ref(), Some(&expected), "{body}");
        }
        assert_eq!(Notification::parse(b"{}"), Some(Notification::default()));
        for body in ["", "[]", "\"a\"", "{"] {
            assert_eq!(Notification::parse(body.as_bytes()), None, "{body}");
        }
    }
}
