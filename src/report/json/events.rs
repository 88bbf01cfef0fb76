//! The documents of events: as the platform records them, and as it delivers them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::events::{ChangedObject, Delivery, ProviderEvent, SignatureCheck};
use crate::instance::{InstanceId, Key};

/// The recorded events of an instance, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "ocon events")]
pub struct EventsDocument {
    /// Always `ocon-events`.
    #[schemars(extend("const" = "ocon-events"))]
    pub format: String,
    /// Version of this format: 1.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// The document key.
    pub key: String,
    /// The instance ID.
    pub instance_id: u64,
    /// Its events.
    pub events: Vec<EventsEntry>,
}

/// An event, without the data that the provider sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventsEntry {
    /// The platform's ID of the event.
    pub id: String,
    /// When the platform received it, as the platform writes it.
    pub date: String,
    /// Its status on the platform: `NEW`, `RECEIVED`, `DISPATCHED`, `CONSUMED` or `NOTIFIED`.
    pub status: String,
    /// What happened.
    pub objects: Vec<EventsObject>,
}

/// What happened to an object of the provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventsObject {
    /// Usually `CREATED`, `UPDATED` or `DELETED`.
    pub event_type: String,
    /// The kind of object.
    pub object_type: String,
    /// Its ID at the provider.
    pub object_id: String,
}

/// A delivery to `ocon events listen`, one line each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "ocon delivery")]
pub struct DeliveryDocument {
    /// Always `ocon-delivery`.
    #[schemars(extend("const" = "ocon-delivery"))]
    pub format: String,
    /// Version of this format: 1.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// When it was received: RFC 3339, in UTC.
    pub received: String,
    /// The platform's ID of the notification, the same in every attempt. Empty if there is none.
    pub notification: String,
    /// Result of the signature check.
    pub signature: SignatureCheck,
    /// HTTP status of the response: 200, 400 if the body is not a JSON object, or 401 if the signature is not valid.
    pub status: u16,
    /// Whether a notification with the same ID was accepted before.
    pub replayed: bool,
    /// The platform's ID of the event. Empty if there is none, or if the delivery was refused.
    pub event: String,
    /// What happened. Empty if the delivery was refused.
    pub objects: Vec<EventsObject>,
}

impl EventsDocument {
    /// Creates the document for the events of an instance.
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
    /// Creates the document for a delivery, with the time when it was received.
    pub fn new(delivery: &Delivery, received: &str) -> Self {
        let notification = delivery.outcome.notification();
        Self {
            format: "ocon-delivery".to_owned(),
            version: 1,
            received: received.to_owned(),
            notification: delivery.id.clone(),
            signature: delivery.signature,
            status: delivery.outcome.status(),
            replayed: delivery.replayed,
            event: notification.map(|notification| notification.event.clone()).unwrap_or_default(),
            objects: notification
                .map(|notification| objects(&notification.objects))
                .unwrap_or_default(),
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
