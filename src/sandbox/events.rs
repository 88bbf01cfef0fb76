//! Events: what providers report, and the notifications that the platform sends for them
//! (docs/platform.md#events).
//!
//! In: what a provider reports to `/events/{connector}/{id}` or `/events/{connector}`. Out: a recorded
//! event for each instance, and notifications to the callback URL of the instance, of at most twenty
//! objects each. A notification that is not accepted is sent again nine times, the x-th time after 2^(2x)
//! seconds. Then the instance gets no more notifications until it is changed. Only loopback addresses
//! are contacted, and never the sandbox itself: other events keep the status RECEIVED. Events are only
//! in memory.

mod notification;
pub(super) mod report;

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{ErrorReply, Reply, ReplyResult, StoredInstance, random_id, timestamp};
use report::ProviderReport;

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
    /// The data as the provider sent it.
    provider_data: String,
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
    /// Records the event for each of `instances`, and queues its notifications.
    pub(super) fn receive(
        &mut self,
        report: &ProviderReport<'_>,
        instances: &[&StoredInstance],
        own_url: &str,
        now: SystemTime,
    ) -> ReplyResult {
        let objects = reported_objects(&report.data)?;
        for instance in instances.iter().filter(|it| !it.disabled && it.events_enabled()) {
            let object = |object| platform_object(object, instance, now);
            let objects = objects.iter().copied().map(object).collect();
            self.record(report, instance, objects, own_url, now);
        }
        Ok(Reply::empty())
    }

    fn record(
        &mut self,
        report: &ProviderReport<'_>,
        instance: &StoredInstance,
        objects: Vec<Value>,
        own_url: &str,
        now: SystemTime,
    ) {
        let id = random_id();
        let callback = self.callback_url(instance, own_url);
        let notifications: Vec<Notification> = callback
            .iter()
            .flat_map(|url| objects.chunks(MAX_OBJECTS).map(move |chunk| (url, chunk)))
            .map(|(url, chunk)| Notification::new(instance, url, &id, chunk, &report.data, now))
            .collect();
        let pending = notifications.len();
        let status = if pending == 0 { EventStatus::Received } else { EventStatus::Dispatched };
        if self.events.len() == CAPACITY {
            self.events.pop_front();
        }
        let (instance, provider_data) = (instance.id, report.text.clone().into_owned());
        let event =
            RecordedEvent { id, instance, date: now, status, provider_data, objects, pending };
        self.events.push_back(event);
        self.queue.extend(notifications);
    }

    /// `GET …/events`: newest first. Without events it is an empty list, not a 404.
    pub(super) fn list(&self, instance: Option<u64>) -> ReplyResult {
        let is_listed = |event: &&RecordedEvent| instance.is_none_or(|id| event.instance == id);
        let events = self.events.iter().rev().filter(is_listed).map(RecordedEvent::to_json);
        Reply::json(&events.collect::<Vec<_>>())
    }

    /// `GET …/events/{eventId}`.
    pub(super) fn single(&self, instance: Option<u64>, id: &str) -> ReplyResult {
        let mut events = self.events.iter();
        let is_wanted = |event: &&RecordedEvent| {
            event.id == id && instance.is_none_or(|id| event.instance == id)
        };
        let unknown = || ErrorReply::not_found(format!("No event found with ID {id}"));
        Reply::json(&events.find(is_wanted).ok_or_else(unknown)?.to_json())
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

impl RecordedEvent {
    fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "eventDate": timestamp::iso(self.date),
            "status": self.status,
            "providerData": self.provider_data,
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
        "elementKey": instance.connector.key(),
        "hubKey": instance.connector.original().hub,
    })
}
