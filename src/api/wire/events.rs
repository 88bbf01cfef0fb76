//! Decodes the events of an instance: `GET /instances/{id}/events`.

use serde::Deserialize;
use serde_json::Value;

use super::Body;
use crate::api::connector::scalar_text;
use crate::api::{ChangedObject, ErrorKind, ProviderEvent};

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Item {
    id: Value,
    event_date: Value,
    status: Value,
    notified_data: Value,
}

/// Decodes the events, newest first.
pub(in crate::api) fn events(body: &Body) -> Result<Vec<ProviderEvent>, ErrorKind> {
    let items: Vec<Item> = body.parse("a list of events")?;
    let mut events: Vec<_> = items.iter().map(event).collect();
    events.sort_by(|a, b| b.date.cmp(&a.date));
    Ok(events)
}

fn event(item: &Item) -> ProviderEvent {
    let objects = item.notified_data.as_array().map(Vec::as_slice).unwrap_or_default();
    ProviderEvent {
        id: scalar_text(&item.id),
        date: scalar_text(&item.event_date),
        status: scalar_text(&item.status),
        objects: objects.iter().map(ChangedObject::read).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn incomplete_events_are_decoded_and_the_newest_comes_first() {
        let bytes = br#"[
            {"id": 1, "eventDate": "2017-01-01T00:00:00Z", "status": "NEW", "notifiedData": "none"},
            {"id": "b", "eventDate": "2018-01-01T00:00:00Z", "status": "NOTIFIED",
             "providerData": {"token": "s3cret"},
             "notifiedData": [{"eventType": "CREATED", "objectType": "message", "objectId": 7}, {}]}
        ]"#;
        let body = Body::new(Some("application/json".to_owned()), bytes.to_vec());
        let read = events(&body).unwrap();
        assert_eq!((read[0].id.as_str(), read[1].id.as_str()), ("b", "1"));
        let object = |what: &str, kind: &str, id: &str| {
            let [what, kind, id] = [what, kind, id].map(str::to_owned);
            ChangedObject { what, kind, id }
        };
        assert_eq!(read[0].objects, [object("CREATED", "message", "7"), object("", "", "")]);
        assert_eq!(read[1].objects, []);
    }
}
