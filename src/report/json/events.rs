//! The JSON forms of what providers reported: as the platform keeps it, and as it is delivered.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::events::{ChangedObject, Delivery, ProviderEvent};
use crate::instance::{InstanceId, Key};

/// What the provider of an instance has reported, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "ocon events")]
pub struct EventsDocument {
    /// Always `ocon-events`.
    #[schemars(regex(pattern = "^ocon-events$"))]
    pub format: String,
    /// The version of this form; 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// The document's key.
    pub key: String,
    /// The instance.
    pub instance_id: u64,
    /// Its events.
    pub events: Vec<EventsEntry>,
}

/// An event, without the data that the provider sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventsEntry {
    /// The platform's id of it.
    pub id: String,
    /// When it came, as the platform writes it.
    pub date: String,
    /// What the platform says became of it: `NEW`, `RECEIVED`, `DISPATCHED`, `CONSUMED` or `NOTIFIED`.
    pub status: String,
    /// What happened.
    pub objects: Vec<EventsObject>,
}

/// What happened to an object of the provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventsObject {
    /// `CREATED`, `UPDATED` or `DELETED`, as a rule.
    pub event_type: String,
    /// The kind of object.
    pub object_type: String,
    /// Its id at the provider.
    pub object_id: String,
}

/// A delivery to `ocon events listen`: one line each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "ocon delivery")]
pub struct DeliveryDocument {
    /// Always `ocon-delivery`.
    #[schemars(regex(pattern = "^ocon-delivery$"))]
    pub format: String,
    /// The version of this form; 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// When it came: RFC 3339, in UTC.
    pub received: String,
    /// The platform's id of the notification, the same in every attempt; empty where there is none.
    pub notification: String,
    /// Whether the signature holds.
    #[schemars(regex(pattern = "^(holds|broken|missing|not-verified)$"))]
    pub signature: String,
    /// The HTTP status it was answered with: 200, or 400 for what is no JSON object, or 401.
    pub status: u16,
    /// Whether a notification of the same id was taken before.
    pub replayed: bool,
    /// The platform's id of the event; empty where there is none, or where the delivery was refused.
    pub event: String,
    /// What happened; nothing where the delivery was refused.
    pub objects: Vec<EventsObject>,
}

impl EventsDocument {
    /// The document for the events of an instance.
    pub fn new(key: &Key, id: InstanceId, events: &[ProviderEvent]) -> Self {
        let entry = |event: &ProviderEvent| EventsEntry {
            id: event.id.clone(),
            date: event.date.clone(),
            status: event.status.clone(),
            objects: objects(&event.objects),
        };
        Self {
            format: "ocon-events".to_owned(),
            version: 1,
            key: key.to_string(),
            instance_id: id.get(),
            events: events.iter().map(entry).collect(),
        }
    }
}

impl DeliveryDocument {
    /// The document for a delivery that came at a time.
    pub fn new(delivery: &Delivery, received: &str) -> Self {
        let notification = delivery.outcome.notification();
        Self {
            format: "ocon-delivery".to_owned(),
            version: 1,
            received: received.to_owned(),
            notification: delivery.id.clone(),
            signature: delivery.signature.as_str().to_owned(),
            status: delivery.outcome.status(),
            replayed: delivery.replayed,
            event: notification.map(|it| it.event.clone()).unwrap_or_default(),
            objects: notification.map(|it| objects(&it.objects)).unwrap_or_default(),
        }
    }
}

fn objects(objects: &[ChangedObject]) -> Vec<EventsObject> {
    let object = |ChangedObject { what, kind, id }: &ChangedObject| EventsObject {
        event_type: what.clone(),
        object_type: kind.clone(),
        object_id: id.clone(),
    };
    objects.iter().map(object).collect()
}
