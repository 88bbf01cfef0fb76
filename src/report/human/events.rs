//! The text form of events.

use crate::report::json::{DeliveryDocument, EventsDocument, EventsEntry, EventsObject};
use crate::report::style::clean_line;

/// Renders the events of an instance, one per line.
pub fn events(document: &EventsDocument) -> String {
    let EventsDocument { key, instance_id, events, .. } = document;
    if events.is_empty() {
        return format!(
            "{key} #{instance_id} has received no events yet. Run `ocon doctor {key}` to find out why.\n"
        );
    }
    let line = |event: &EventsEntry| {
        let status = clean_line(&event.status);
        format!("{}  {status:<10}  {}\n", clean_line(&event.date), summary(&event.objects))
    };
    events.iter().map(line).collect()
}

/// Renders a delivery as a line.
pub fn delivery(delivery: &DeliveryDocument) -> String {
    let what = match delivery.status {
        _ if !delivery.signature.is_acceptable() => "refused: its content is not shown".to_owned(),
        400.. => "refused: the body is not a JSON object".to_owned(),
        _ if delivery.replayed => {
            format!("{}, which was delivered before", summary(&delivery.objects))
        }
        _ => summary(&delivery.objects),
    };
    let id = match clean_line(&delivery.notification) {
        id if id.is_empty() => "no notification ID".to_owned(),
        id => format!("notification {id}"),
    };
    format!("{}  {what}  ({}; {id})\n", delivery.received, delivery.signature.describe())
}

/// Names the first object, and counts the others.
fn summary(objects: &[EventsObject]) -> String {
    let name = |EventsObject { event_type, object_type, object_id }: &EventsObject| {
        let parts = [event_type, object_type, object_id].map(|part| part.trim()).into_iter();
        clean_line(&parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" "))
    };
    let mut names = objects.iter().map(name).filter(|name| !name.is_empty());
    let Some(first) = names.next() else {
        return "nothing that the platform could read".to_owned();
    };
    match names.count() {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_names_the_first_object_and_counts_the_others() {
        let object = |event_type: &str, id: &str| EventsObject {
            event_type: event_type.to_owned(),
            object_type: String::new(),
            object_id: id.to_owned(),
        };
        let nothing = "nothing that the platform could read";
        assert_eq!(summary(&[]), nothing);
        assert_eq!(summary(&[object("", ""), object(" ", "")]), nothing);
        assert_eq!(summary(&[object("", ""), object("CREATED", "7")]), "CREATED 7");
        assert_eq!(summary(&[object("", "7"), object("", "8"), object("", "9")]), "7 and 2 more");
    }
}
