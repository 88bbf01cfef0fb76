//! The configuration keys of a new file that enable events.

use super::entry::{Entry, EntryValue};
use super::interface::NewDocument;
use crate::instance::{
    EVENT_CALLBACK, EVENT_VENDOR_TYPE, EVENTS_ENABLED, EventSupport, SAMPLE_HOST,
};

const SIGNATURE_KEY: &str = "event.notification.signature.key";
const REFRESH_INTERVAL: &str = "event.poller.refresh_interval";

/// The value of `event.vendor.type` for a connector that supports both.
const POLLING: &str = "polling";

/// Minutes between two polls: the platform's default.
const DEFAULT_INTERVAL: u64 = 15;

/// The lines that enable events. Empty if the file does not.
pub(super) fn of<'a>(document: &NewDocument<'a>) -> Vec<Entry<'a>> {
    let Some(support) = document.events else { return Vec::new() };
    let entry = |key, value, comment: String| Entry { key, value, comment };
    let enabled = entry(EVENTS_ENABLED, EntryValue::Given(true.into()), arrival(document, support));
    let callback = if document.callback_carries_id {
        entry(EVENT_CALLBACK, EntryValue::WebhookUrl, "The events stay on the platform.".to_owned())
    } else {
        let url = EntryValue::Sample(format!("https://{SAMPLE_HOST}/events").into());
        let comment = "URL of your application, to which the platform sends the events.";
        entry(EVENT_CALLBACK, url, comment.to_owned())
    };
    let mut entries = vec![enabled, callback];
    if !document.callback_carries_id {
        let comment = "You choose this key. The platform signs the events with it.";
        entries.push(entry(SIGNATURE_KEY, EntryValue::Variable, comment.to_owned()));
    }
    if support.polling && support.webhooks {
        let comment = "How the events arrive: `polling` or `webhooks`.";
        entries.push(entry(EVENT_VENDOR_TYPE, EntryValue::Given(POLLING.into()), comment.into()));
    }
    if support.polling {
        let comment = "Minutes between two polls.";
        let interval = EntryValue::Given(DEFAULT_INTERVAL.into());
        entries.push(entry(REFRESH_INTERVAL, interval, comment.to_owned()));
    }
    entries.retain(|entry| document.spec.properties.contains_key(entry.key));
    entries
}

/// How the events get to the platform, as a comment.
fn arrival(document: &NewDocument<'_>, support: EventSupport) -> String {
    let name = &document.spec.name;
    if support.polling {
        format!("Events: the platform polls {name}.")
    } else if support.webhook_url.form().is_none() {
        format!("Events: the platform registers its webhook at {name}.")
    } else {
        format!("Events: `ocon apply` prints the webhook URL, which you register at {name}.")
    }
}
