//! The events of an instance: `GET /instances/{id}/events`.

use serde::Deserialize;
use serde_json::Value;

use super::{Body, line};
use crate::api::Kind;

/// What a provider reported, without the data that it sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderEvent {
    /// The platform's id of it.
    pub id: String,
    /// When it came, as the platform writes it.
    pub date: String,
    /// `NEW`, `RECEIVED`, `DISPATCHED`, `CONSUMED` or `NOTIFIED`.
    pub status: String,
    /// What happened.
    pub objects: Vec<Happened>,
}

/// What happened to one object of the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// `CREATED`, `UPDATED` or `DELETED`.
    pub what: String,
    /// The kind of object.
    pub kind: String,
    /// Its id at the provider.
    pub id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    #[serde(default)]
    id: Value,
    #[serde(default)]
    event_date: Value,
    #[serde(default)]
    status: Value,
    #[serde(default)]
    notified_data: Value,
}

/// The events, the newest first.
pub(in crate::api) fn events(body: &Body) -> Result<Vec<ProviderEvent>, Kind> {
    let items: Vec<Item> = body.parse("a list of events")?;
    let mut events: Vec<_> = items.iter().map(event).collect();
    events.sort_by(|a, b| b.date.cmp(&a.date));
    Ok(events)
}

fn event(item: &Item) -> ProviderEvent {
    let objects = item.notified_data.as_array().map(Vec::as_slice).unwrap_or_default();
    ProviderEvent {
        id: text(&item.id),
        date: text(&item.event_date),
        status: text(&item.status),
        objects: objects.iter().map(Happened::read).collect(),
    }
}

impl Happened {
    /// Reads an object in the platform's form; what it lacks is empty.
    pub fn read(object: &Value) -> Self {
        let member = |name: &str| object.get(name).map(text).unwrap_or_default();
        Self { what: member("eventType"), kind: member("objectType"), id: member("objectId") }
    }
}

/// A text on one line; a number as its digits.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => line(text),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_whatever_they_lack_and_the_newest_comes_first() {
        let bytes = br#"[
            {"id": 1, "eventDate": "2017-01-01T00:00:00Z", "status": "NEW", "notifiedData": "none"},
            {"id": "b", "eventDate": "2018-01-01T00:00:00Z", "status": "NOTIFIED",
             "providerData": {"token": "s3cret"},
             "notifiedData": [{"eventType": "CREATED", "objectType": "message", "objectId": 7}, {}]}
        ]"#;
        let body = Body::new(Some("application/json".to_owned()), bytes.to_vec());
        let read = events(&body).unwrap();
        assert_eq!((read[0].id.as_str(), read[1].id.as_str()), ("b", "1"));
        let happened = |what: &str, kind: &str, id: &str| Happened {
            what: what.to_owned(),
            kind: kind.to_owned(),
            id: id.to_owned(),
        };
        assert_eq!(read[0].objects, [happened("CREATED", "message", "7"), happened("", "", "")]);
        assert_eq!(read[1].objects, []);
    }
}
