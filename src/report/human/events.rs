//! The text form of what providers reported.

use crate::events::{Delivery, Happened, Outcome, ProviderEvent};
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
        Outcome::Untrusted => "refused: nothing of it is shown".to_owned(),
        Outcome::Unreadable => "refused: it is no JSON object".to_owned(),
        Outcome::Taken(notification) if delivery.replayed => {
            format!("{}, which was delivered before", said(&notification.objects))
        }
        Outcome::Taken(notification) => said(&notification.objects),
    };
    let id = match clean_line(&delivery.id) {
        id if id.is_empty() => "no notification id".to_owned(),
        id => format!("notification {id}"),
    };
    format!("{received}  {what}  ({}; {id})\n", delivery.signature.describe())
}

/// What happened, in a few words: the first object, and how many more.
fn said(objects: &[Happened]) -> String {
    let Some(Happened { what, kind, id }) = objects.first() else {
        return "nothing that the platform could read".to_owned();
    };
    let first = clean_line(format!("{what} {kind} {id}").trim());
    match objects.len() {
        1 => first,
        more => format!("{first} and {} more", more - 1),
    }
}
