//! EventQueue: what a provider tells, and what the platform makes of it.
//!
//! In: a provider's POST to `/events/{connector}/{Base64 of the id}`. Out: an event that is kept, and
//! notifications to the callback URL of the instance, of at most twenty objects each. A notification
//! that is not taken is sent again nine times, the x-th time after 2^(2x) seconds; then the
//! subscription is given up until the instance is changed. Only addresses on loopback are
//! contacted, and never the sandbox's own: other events are kept with status RECEIVED. EventQueue live in
//! memory.

mod notification;

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::instance::StoredInstance;
use super::platform::Platform;
use super::reply::{ErrorReply, Reply, ReplyResult};
use super::request::ApiRequest;
use super::timestamp;

pub(super) use notification::Notification;

/// How many events are kept, of all instances together.
const CAPACITY: usize = 1_000;

/// How many objects a notification has at most.
const MOST_OBJECTS: usize = 20;

/// How often a notification is sent again.
const MOST_RETRIES: u32 = 9;

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EventStatus {
    /// It is kept, and nobody is told.
    Received,
    /// A notification is under way.
    Dispatched,
    /// Every notification was taken.
    Notified,
}

/// One event of a provider.
struct StoredEvent {
    id: String,
    instance: u64,
    date: SystemTime,
    status: EventStatus,
    raw: Value,
    objects: Vec<Value>,
    /// The notifications that were not taken yet.
    open: usize,
}

/// All events, and what is to be sent.
#[derive(Default)]
pub(super) struct EventQueue {
    kept: VecDeque<StoredEvent>,
    queue: Vec<Notification>,
    /// How many notifications are being sent.
    sending: usize,
    /// Instances whose callback did not take a notification nine times.
    given_up: BTreeSet<u64>,
}

impl Platform {
    /// `POST /events/{connector}/{base64}`: something happened at the provider.
    pub(super) fn incoming(
        &mut self,
        request: &ApiRequest,
        key: &str,
        base64: &str,
    ) -> ReplyResult {
        let instance = self.addressed(key, base64)?.clone();
        let body: Value = request.json()?;
        if instance.disabled || !instance.events_enabled() {
            return Ok(Reply::empty());
        }
        let now = self.clock.now();
        let raw = body.clone();
        let objects = reported(body)?.into_iter();
        let objects: Vec<Value> = objects.map(|object| standard(&object, &instance, now)).collect();
        let id = format!("{:016x}", fastrand::u64(..));
        let callback = self.callback(&instance);
        let notifications: Vec<Notification> = callback
            .iter()
            .flat_map(|url| objects.chunks(MOST_OBJECTS).map(move |chunk| (url, chunk)))
            .map(|(url, chunk)| Notification::new(&instance, url, &id, chunk, &raw, now))
            .collect();
        let open = notifications.len();
        let status = if open == 0 { EventStatus::Received } else { EventStatus::Dispatched };
        let event =
            StoredEvent { id, instance: instance.id, date: now, status, raw, objects, open };
        self.events.keep(event, notifications);
        Ok(Reply::empty())
    }

    /// `GET …/events`: an empty list where there are none, and not a 404.
    pub(super) fn list_events(&self, id: Option<u64>) -> ReplyResult {
        let of = |event: &&StoredEvent| id.is_none_or(|id| event.instance == id);
        let events = self.events.kept.iter().rev().filter(of).map(StoredEvent::as_json);
        Reply::json(&events.collect::<Vec<_>>())
    }

    /// Takes the notifications that are due.
    pub(super) fn due(&mut self) -> Vec<Notification> {
        let now = self.clock.now();
        let queue = std::mem::take(&mut self.events.queue);
        let (due, later): (Vec<_>, Vec<_>) = queue.into_iter().partition(|it| it.due <= now);
        self.events.queue = later;
        self.events.sending += due.len();
        due
    }

    /// How long it is until the next notification is due.
    pub(super) fn until_due(&self) -> Option<Duration> {
        let next = self.events.queue.iter().map(|notification| notification.due).min()?;
        Some(next.duration_since(self.clock.now()).unwrap_or_default())
    }

    /// Whether no notification is due or being sent.
    pub(super) fn is_quiet(&self) -> bool {
        self.events.sending == 0 && self.until_due().is_none_or(|wait| !wait.is_zero())
    }

    /// Learns whether a notification was taken, and plans the next attempt where it was not.
    pub(super) fn sent(&mut self, mut notification: Notification, taken: bool) {
        let events = &mut self.events;
        events.sending -= 1;
        if taken {
            let event = events.kept.iter_mut().find(|event| event.id == notification.event);
            if let Some(event) = event {
                event.open -= 1;
                if event.open == 0 {
                    event.status = EventStatus::Notified;
                }
            }
            return;
        }
        notification.retries += 1;
        if notification.retries > MOST_RETRIES {
            events.given_up.insert(notification.instance);
            return;
        }
        notification.due += Duration::from_secs(1 << (2 * notification.retries));
        events.queue.push(notification);
    }

    /// An instance that was changed is notified again.
    pub(super) fn resubscribe(&mut self, id: u64) {
        self.events.given_up.remove(&id);
    }

    /// The instance that the address of a provider's events means.
    fn addressed(&self, key: &str, base64: &str) -> Result<&StoredInstance, ErrorReply> {
        let decoded = STANDARD.decode(base64).ok();
        let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
        let id = text.and_then(|text| text.parse().ok());
        let instance = id.and_then(|id| self.store.get(id));
        instance
            .filter(|instance| instance.connector.key == key)
            .ok_or_else(|| ErrorReply::not_found("No element instance found for this address"))
    }

    /// Where an instance wants to be told, if this sandbox goes there.
    fn callback(&self, instance: &StoredInstance) -> Option<String> {
        let url = instance.configuration.get("event.notification.callback.url")?;
        // However it is spelled, `localhost` or `[::1]`: an event that came back would go on for ever.
        let own_port = notification::loopback_port(&self.behavior.own_url);
        let port = notification::loopback_port(url);
        let goes = port.is_some() && port != own_port;
        (goes && !self.events.given_up.contains(&instance.id)).then(|| url.to_owned())
    }
}

impl EventQueue {
    fn keep(&mut self, event: StoredEvent, notifications: Vec<Notification>) {
        if self.kept.len() == CAPACITY {
            self.kept.pop_front();
        }
        self.kept.push_back(event);
        self.queue.extend(notifications);
    }
}

impl StoredEvent {
    fn as_json(&self) -> Value {
        let status = match self.status {
            EventStatus::Received => "RECEIVED",
            EventStatus::Dispatched => "DISPATCHED",
            EventStatus::Notified => "NOTIFIED",
        };
        json!({
            "id": self.id,
            "eventDate": timestamp::iso(self.date),
            "status": status,
            "providerData": self.raw,
            "notifiedData": self.objects,
        })
    }
}

/// The objects in a provider's body: those of a list, or the one.
fn reported(body: Value) -> Result<Vec<Map<String, Value>>, ErrorReply> {
    let objects = match body {
        Value::Array(objects) => objects,
        object => vec![object],
    };
    let object = |value| match value {
        Value::Object(object) => Ok(object),
        _ => Err(ErrorReply::bad_request("An event is a JSON object, or a list of them")),
    };
    objects.into_iter().map(object).collect()
}

/// An object of a provider in the platform's form.
fn standard(object: &Map<String, Value>, instance: &StoredInstance, now: SystemTime) -> Value {
    let first = |names: &[&str]| names.iter().find_map(|name| object.get(*name)).cloned();
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let kind = first(&["objectType", "type"]).map_or_else(|| "event".to_owned(), text);
    let id = first(&["objectId", "id"]).map(text).unwrap_or_default();
    let what = first(&["eventType"]).map_or_else(|| "CREATED".to_owned(), text);
    json!({
        "objectType": kind,
        "objectId": id,
        "eventType": what,
        "date": first(&["date"]).unwrap_or_else(|| timestamp::iso(now).into()),
        "elementKey": instance.connector.key,
        "hubKey": instance.connector.hub,
    })
}
