//! Deliveries of events: whether one comes from the platform, and what it says.
//!
//! In: the body of a notification as it came, its headers, a key. Out: whether the signature holds,
//! and what happened. It is pure. It must never take a body apart before its signature was compared,
//! nor show what a provider sent: that is the application's business.

use std::collections::{BTreeSet, VecDeque};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::Sha256;

pub use crate::api::client::{Happened, ProviderEvent};
use crate::instance::Secret;

/// The header with the signature.
pub const SIGNATURE_HEADER: &str = "elements-webhook-signature";

/// The header with the id of a notification, the same in every attempt.
pub const DELIVERY_ID_HEADER: &str = "elements-webhook-id";

/// How many ids are remembered, to recognise what comes again.
const REMEMBERED: usize = 10_000;

/// Whether a notification was signed with the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureCheck {
    /// It was.
    Holds,
    /// It was signed with another key, or changed on its way.
    Broken,
    /// It has no signature.
    Missing,
    /// Nobody gave a key.
    NotVerified,
}

impl SignatureCheck {
    /// Compares in constant time: `sha256=` and the Base64 of an HMAC-SHA256 over the raw body, as
    /// the vendor's page on the security of events has it.
    pub fn verify(key: Option<&Secret>, header: Option<&str>, body: &[u8]) -> Self {
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

    /// Whether the notification may be trusted as far as anybody wanted to know.
    pub fn is_acceptable(self) -> bool {
        matches!(self, Self::Holds | Self::NotVerified)
    }

    /// As scripts know it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Broken => "broken",
            Self::Missing => "missing",
            Self::NotVerified => "not-verified",
        }
    }

    /// As people read it.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Holds => "the signature holds",
            Self::Broken => "the signature does not hold",
            Self::Missing => "there is no signature",
            Self::NotVerified => "the signature is not verified",
        }
    }
}

/// What a notification says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notification {
    /// The platform's id of the event; empty where there is none.
    pub event: String,
    /// What happened.
    pub objects: Vec<Happened>,
}

impl Notification {
    /// Reads a body, in the current form or in the older one; `None` where it is no JSON object.
    pub fn read(body: &[u8]) -> Option<Self> {
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
            objects: objects.iter().map(Happened::read).collect(),
        })
    }
}

/// A delivery, judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The platform's id of the notification; empty where there is none.
    pub id: String,
    /// Whether it was signed with the key.
    pub signature: SignatureCheck,
    /// What becomes of it.
    pub outcome: DeliveryOutcome,
    /// Whether one of the same id was taken before.
    pub replayed: bool,
}

/// What becomes of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// It is taken.
    Accepted(Notification),
    /// It is no JSON object.
    Malformed,
    /// Its signature is missing or does not hold, so it is not looked at.
    Unverified,
}

impl DeliveryOutcome {
    /// The HTTP status of the answer.
    pub fn status(&self) -> u16 {
        match self {
            Self::Accepted(_) => 200,
            Self::Malformed => 400,
            Self::Unverified => 401,
        }
    }

    /// What it says, if it was taken.
    pub fn notification(&self) -> Option<&Notification> {
        match self {
            Self::Accepted(notification) => Some(notification),
            Self::Malformed | Self::Unverified => None,
        }
    }
}

/// Takes deliveries, and recognises what comes again.
#[derive(Debug, Default)]
pub struct DeliveryReceiver {
    key: Option<Secret>,
    ids: BTreeSet<String>,
    order: VecDeque<String>,
}

impl DeliveryReceiver {
    /// An empty one; without a key nothing is verified.
    pub fn new(key: Option<Secret>) -> Self {
        Self { key, ..Self::default() }
    }

    /// Judges a delivery by its two headers and its body.
    pub fn receive(&mut self, id: Option<&str>, signature: Option<&str>, body: &[u8]) -> Delivery {
        let signature = SignatureCheck::verify(self.key.as_ref(), signature, body);
        let notification = signature.is_acceptable().then(|| Notification::read(body));
        let outcome = match notification {
            None => DeliveryOutcome::Unverified,
            Some(None) => DeliveryOutcome::Malformed,
            Some(Some(notification)) => DeliveryOutcome::Accepted(notification),
        };
        let id = id.unwrap_or_default();
        let replayed = outcome.notification().is_some() && !id.is_empty() && !self.remember(id);
        Delivery { id: id.to_owned(), signature, outcome, replayed }
    }

    /// Whether an id is new; the oldest is forgotten where there are too many.
    fn remember(&mut self, id: &str) -> bool {
        let is_new = self.ids.insert(id.to_owned());
        if is_new {
            self.order.push_back(id.to_owned());
        }
        if self.order.len() > REMEMBERED
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
    fn what_comes_again_is_recognised_and_what_was_refused_is_not_remembered() {
        let mut inbox = DeliveryReceiver::new(Some(Secret::new(KEY)));
        assert_eq!(inbox.receive(Some("n1"), None, b"{}").outcome, DeliveryOutcome::Unverified);
        assert_eq!(
            inbox.receive(Some("n1"), Some(HEADER), BODY).outcome,
            DeliveryOutcome::Malformed
        );
        let mut inbox = DeliveryReceiver::new(None);
        let mut again = |id: &str| inbox.receive(Some(id), None, b"{}").replayed;
        assert_eq!([again("n1"), again("n1"), again(""), again("")], [false, true, false, false]);
        for n in 2..=REMEMBERED {
            assert!(!again(&format!("n{n}")));
        }
        assert!(again("n1"));
        assert!(!again("one more") && !again("n1") && again("n3"), "the oldest was forgotten");
    }

    fn verify(key: &str, header: &str, body: &[u8]) -> SignatureCheck {
        SignatureCheck::verify(Some(&Secret::new(key)), Some(header), body)
    }

    /// The example of the vendor's page on the security of events.
    #[test]
    fn the_example_of_the_documentation_holds() {
        assert_eq!(verify(KEY, HEADER, BODY), SignatureCheck::Holds);
    }

    #[test]
    fn a_byte_more_or_less_and_it_does_not() {
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
    fn both_forms_of_a_notification_are_read() {
        let events = r#"[{"eventType":"CREATED","objectType":"message","objectId":"7"}]"#;
        let current = format!(r#"{{"message":{{"eventId":"e","events":{events},"raw":{{}}}}}}"#);
        let older = format!(r#"{{"eventId":"e","response":{{"events":{events}}}}}"#);
        let expected = Notification {
            event: "e".to_owned(),
            objects: vec![Happened {
                what: "CREATED".to_owned(),
                kind: "message".to_owned(),
                id: "7".to_owned(),
            }],
        };
        let both = older.replacen('{', r#"{"message":null,"#, 1);
        for body in [current, older, both] {
            assert_eq!(Notification::read(body.as_bytes()).as_ref(), Some(&expected), "{body}");
        }
        assert_eq!(Notification::read(b"{}"), Some(Notification::default()));
        for body in ["", "[]", "\"a\"", "{"] {
            assert_eq!(Notification::read(body.as_bytes()), None, "{body}");
        }
    }
}
