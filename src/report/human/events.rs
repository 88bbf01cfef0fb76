//! The text form of what providers reported.

use crate::events::{Delivery, DeliveryOutcome, Happened, ProviderEvent};
use crate::instance::{InstanceId, Key};
use crate::report::style::clean_line;

/// The events of an instance, a line each.
pub fn events(key: &Key, id: InstanceId, events: &[ProviderEvent]) -> String {
    if events.is_empty() {
        return format!(
            "No event of {key} #{id} has come yet. `ocon doctor {key}` looks at what may be in their way.\n"
        );
    }
    let line = |event: &ProviderEvent| {
        let status = clean_line(&event.status);
        format!("{}  {status:<10}  {}\n", clean_line(&event.date), said(&event.objects))
    };
    events.iter().map(line).collect()
}

/// A delivery that came at a time, in a line.
pub fn delivery(delivery: &Delivery, received: &str) -> String {
    let what = match &delivery.outcome {
        DeliveryOutcome::Unverified => "refused: nothing of it is shown".to_owned(),
        DeliveryOutcome::Malformed => "refused: it is no JSON object".to_owned(),
        DeliveryOutcome::Accepted(notification) if delivery.replayed => {
            format!("{}, which was delivered before", said(&notification.objects))
        }
        DeliveryOutcome::Accepted(notification) => said(&notification.objects),
    };
    let id = match clean_line(&delivery.id) {
        id if id.is_empty() => "no notification id".to_owned(),
        id => format!("notification {id}"),
    };
    format!("{received}  {what}  ({}; {id})\n", delivery.signature.describe())
}

/// What happened, in a few words: the first object, and how many more.
fn said(objects: &[Happened]) -> String {
    let word = |Happened { what, kind, id }: &Happened| {
        let parts = [what, kind, id].map(|part| part.trim()).into_iter();
        clean_line(&parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" "))
    };
    let mut words = objects.iter().map(word).filter(|word| !word.is_empty());
    let Some(first) = words.next() else {
        return "nothing that the platform could read".to_owned();
    };
    match words.count() {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_is_said_in_a_few_words() {
        let happened = |what: &str, id: &str| Happened {
            what: what.to_owned(),
            kind: String::new(),
            id: id.to_owned(),
        };
        let nothing = "nothing that the platform could read";
        assert_eq!(said(&[]), nothing);
        assert_eq!(said(&[happened("", ""), happened(" ", "")]), nothing);
        assert_eq!(said(&[happened("", ""), happened("CREATED", "7")]), "CREATED 7");
        assert_eq!(
            said(&[happened("", "7"), happened("", "8"), happened("", "9")]),
            "7 and 2 more"
        );
    }
}
