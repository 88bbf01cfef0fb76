//! The JSON of events (`/instances/{id}/events`).

use std::cmp::Reverse;

use serde_json::Value;

use super::Body;
use super::node::{Node, decode};
use crate::api::connector::scalar_text;
use crate::api::{ChangedObject, ErrorKind, ProviderEvent, Reading};

/// Decodes the events, newest first. Every member can be missing.
pub(in crate::api) fn events(body: &Body) -> Result<Reading<Vec<ProviderEvent>>, ErrorKind> {
    let mut events = decode(body, "a list of events", |reply| {
        reply.items("an array", |item, _| event(item))?.unless_all_are_left_out()
    })?;
    events.value.sort_by_key(|event| Reverse((moment(&event.date), event.date.clone())));
    Ok(events)
}

/// The time of a date in nanoseconds: a timestamp with any offset, or milliseconds since 1970. Dates in
/// another form are the oldest.
fn moment(date: &str) -> Option<i128> {
    let timestamp = date.parse::<jiff::Timestamp>().map(jiff::Timestamp::as_nanosecond);
    let milliseconds = || date.parse::<i64>().ok().map(|number| i128::from(number) * 1_000_000);
    timestamp.ok().or_else(milliseconds)
}

fn event(item: &Node<'_>) -> Result<ProviderEvent, String> {
    item.object()?;
    let member = |name: &str| item.value().get(name);
    let text = |name: &str| member(name).map(scalar_text).unwrap_or_default();
    let objects = member("notifiedData").and_then(Value::as_array);
    Ok(ProviderEvent {
        id: text("id"),
        date: text("eventDate"),
        status: text("status"),
        objects: objects.into_iter().flatten().map(ChangedObject::read).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &[u8]) -> Reading<Vec<ProviderEvent>> {
        events(&Body::new(Some("application/json".to_owned()), json.to_vec())).unwrap()
    }

    #[test]
    fn incomplete_events_are_decoded_and_the_newest_comes_first() {
        let read = read(
            br#"[
            {"id": 1, "eventDate": "2017-01-01T00:00:00Z", "status": "NEW", "notifiedData": "none"},
            {"id": "b", "eventDate": "2018-01-01T00:00:00Z", "status": "NOTIFIED",
             "providerData": {"token": "s3cret"},
             "notifiedData": [{"eventType": "CREATED", "objectType": "message", "objectId": 7}, {}]}
        ]"#,
        );
        let events = read.value;
        assert_eq!((events[0].id.as_str(), events[1].id.as_str()), ("b", "1"));
        let object = |what: &str, kind: &str, id: &str| {
            let [what, kind, id] = [what, kind, id].map(str::to_owned);
            ChangedObject { what, kind, id }
        };
        assert_eq!(events[0].objects, [object("CREATED", "message", "7"), object("", "", "")]);
        assert_eq!((&events[1].objects, read.left_out.len()), (&vec![], 0));
    }

    #[test]
    fn events_are_ordered_by_time_and_not_by_text() {
        let ids = |json: &[u8]| -> Vec<String> {
            read(json).value.into_iter().map(|event| event.id).collect()
        };
        let numbers = br#"[{"id":"a","eventDate":999},{"id":"b","eventDate":1000000},{"id":"c"}]"#;
        assert_eq!(ids(numbers), ["b", "a", "c"]);
        let offsets = br#"[{"id":"a","eventDate":"2026-01-02T00:30:00+02:00"},
                           {"id":"b","eventDate":"2026-01-01T23:30:00Z"}]"#;
        assert_eq!(ids(offsets), ["b", "a"]);
    }

    #[test]
    fn an_odd_event_is_left_out() {
        let read = read(br#"[{"id": "a"}, "s3cret", null]"#);
        assert_eq!(read.value[0].id, "a");
        let problems = ["[1] is a string, not an object", "[2] is null, not an object"];
        assert_eq!(read.left_out, problems);
    }
}
