//! Events: what providers report, and the notifications that the platform sends for them
//! (docs/platform.md#events).
//!
//! In: a provider's POST to `/events/{connector}/{Base64 of the instance ID}`. Out: a recorded event,
//! and notifications to the callback URL of the instance, of at most twenty objects each. A
//! notification that is not accepted is sent again nine times, the x-th time after 2^(2x) seconds.
//! Then the instance gets no more notifications until it is changed. Only loopback addresses are
//! contacted, and never the sandbox itself: other events keep the status RECEIVED. Events are only in
//! memory.

mod notification;

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    ApiRequest, ErrorReply, Reply, ReplyResult, Store, StoredInstance, random_id, timestamp,
};

pub(super) use notification::Notification;

/// Maximum number of recorded events of all instances.
const CAPACITY: usize = 1_000;

const MAX_OBJECTS: usize = 20;

const MAX_RETRIES: u32 = 9;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum EventStatus {
    /// The event is recorded. There is no notification.
    Received,
    Dispatched,
    /// Every notification was accepted.
    Notified,
}

struct RecordedEvent {
    id: String,
    instance: u64,
    date: SystemTime,
    status: EventStatus,
    raw: Value,
    objects: Vec<Value>,
    /// Number of notifications that are not accepted yet.
    pending: usize,
}

#[derive(Default)]
pub(super) struct EventQueue {
    events: VecDeque<RecordedEvent>,
    queue: Vec<Notification>,
    sending: usize,
    /// Instances whose callback URL did not accept a notification ten times.
    suspended: BTreeSet<u64>,
}

impl EventQueue {
    /// `POST /events/{connector}/{base64}`: records the event and queues its notifications.
    pub(super) fn receive(
        &mut self,
        request: &ApiRequest,
        instance: &StoredInstance,
        own_url: &str,
        now: SystemTime,
    ) -> ReplyResult {
        let raw: Value = request.json()?;
        if instance.disabled || !instance.events_enabled() {
            return Ok(Reply::empty());
        }
        let objects = reported_objects(&raw)?.into_iter();
        let objects: Vec<Value> =
            objects.map(|object| platform_object(object, instance, now)).collect();
        let id = random_id();
        let callback = self.callback_url(instance, own_url);
        let notifications: Vec<Notification> = callback
            .iter()
            .flat_map(|url| objects.chunks(MAX_OBJECTS).map(move |chunk| (url, chunk)))
            .map(|(url, chunk)| Notification::new(instance, url, &id, chunk, &raw, now))
            .collect();
        let pending = notifications.len();
        let status = if pending == 0 { EventStatus::Received } else { EventStatus::Dispatched };
        if self.events.len() == CAPACITY {
            self.events.pop_front();
        }
        let instance = instance.id;
        let event = RecordedEvent { id, instance, date: now, status, raw, objects, pending };
        self.events.push_back(event);
        self.queue.extend(notifications);
        Ok(Reply::empty())
    }

    /// `GET …/events`: newest first. Without events it is an empty list, not a 404.
    pub(super) fn list(&self, instance: Option<u64>) -> ReplyResult {
        let is_listed = |event: &&RecordedEvent| instance.is_none_or(|id| event.instance == id);
        let events = self.events.iter().rev().filter(is_listed).map(RecordedEvent::to_json);
        Reply::json(&events.collect::<Vec<_>>())
    }

    pub(super) fn take_due(&mut self, now: SystemTime) -> Vec<Notification> {
        let due: Vec<_> =
            self.queue.extract_if(.., |notification| notification.due <= now).collect();
        self.sending += due.len();
        due
    }

    pub(super) fn until_due(&self, now: SystemTime) -> Option<Duration> {
        let next = self.queue.iter().map(|notification| notification.due).min()?;
        Some(next.duration_since(now).unwrap_or_default())
    }

    /// Whether no notification is due or being sent.
    pub(super) fn is_idle(&self, now: SystemTime) -> bool {
        self.sending == 0 && self.until_due(now).is_none_or(|wait| !wait.is_zero())
    }

    /// Records the result of sending a notification. Schedules the next attempt if it failed.
    pub(super) fn record_sent(&mut self, mut notification: Notification, is_accepted: bool) {
        self.sending -= 1;
        if is_accepted {
            let mut events = self.events.iter_mut();
            if let Some(event) = events.find(|event| event.id == notification.event) {
                event.pending -= 1;
                if event.pending == 0 {
                    event.status = EventStatus::Notified;
                }
            }
            return;
        }
        notification.retries += 1;
        if notification.retries > MAX_RETRIES {
            self.suspended.insert(notification.instance);
            return;
        }
        notification.due += Duration::from_secs(1 << (2 * notification.retries));
        self.queue.push(notification);
    }

    pub(super) fn resume(&mut self, instance: u64) {
        self.suspended.remove(&instance);
    }

    fn callback_url(&self, instance: &StoredInstance, own_url: &str) -> Option<String> {
        let url = instance.configuration.get("event.notification.callback.url")?;
        // Compares ports, because `localhost` and `[::1]` also lead to the sandbox. A notification to
        // itself would cause events without end.
        let port = notification::loopback_port(url);
        let is_allowed = port.is_some() && port != notification::loopback_port(own_url);
        (is_allowed && !self.suspended.contains(&instance.id)).then(|| url.to_owned())
    }
}

pub(super) fn addressed_instance<'a>(
    store: &'a Store,
    connector: &str,
    base64: &str,
) -> Result<&'a StoredInstance, ErrorReply> {
    let decoded = STANDARD.decode(base64).ok();
    let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
    let id = text.and_then(|text| text.parse().ok());
    let instance = id.and_then(|id| store.get(id));
    instance
        .filter(|instance| instance.connector.key == connector)
        .ok_or_else(|| ErrorReply::not_found("No element instance found for this address"))
}

impl RecordedEvent {
    fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "eventDate": timestamp::iso(self.date),
            "status": self.status,
            "providerData": self.raw,
            "notifiedData": self.objects,
        })
    }
}

/// The objects in a provider's body, which is a list of objects or one object.
fn reported_objects(body: &Value) -> Result<Vec<&Map<String, Value>>, ErrorReply> {
    let values = match body {
        Value::Array(values) => values.as_slice(),
        value => std::slice::from_ref(value),
    };
    let invalid = || ErrorReply::bad_request("An event is a JSON object, or a list of them");
    values.iter().map(|value| value.as_object().ok_or_else(invalid)).collect()
}

fn platform_object(
    object: &Map<String, Value>,
    instance: &StoredInstance,
    now: SystemTime,
) -> Value {
    let first = |names: &[&str]| names.iter().find_map(|name| object.get(*name)).cloned();
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    json!({
        "objectType": first(&["objectType", "type"]).map_or_else(|| "event".to_owned(), text),
        "objectId": first(&["objectId", "id"]).map(text).unwrap_or_default(),
        "eventType": first(&["eventType"]).map_or_else(|| "CREATED".to_owned(), text),
        "date": first(&["date"]).unwrap_or_else(|| timestamp::iso(now).into()),
        "elementKey": instance.connector.key,
        "hubKey": instance.connector.hub,
    })
}
