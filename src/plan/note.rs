//! The notes of a plan.

mod credentials;
mod host;

use super::change::Change;
use super::codes::NoteCode;
use super::comparison::Comparison;
use super::contents::{NoteText, Plan};
use super::document::Document;
use super::matching::missed_by_filter;
use super::options::PlanContext;
use crate::desired::{GrantNeed, IgnoredField};
use crate::instance::{EVENTS_ENABLED, EventArrival, InstanceId, StoredValue, Value};
use crate::observed::{Observed, ObservedInstance};
use crate::ownership::LastApplied;
use crate::safe_text::quoted;

pub(super) use credentials::add_hosts;
pub use credentials::declared_hosts;

pub(super) fn add_all(
    plan: &mut Plan,
    document: &Document<'_>,
    found: &ObservedInstance,
    comparison: &Comparison,
) {
    let about_instance = about_instance(document, found).into_iter().flatten();
    let about_fields = about_fields(document, found, comparison).into_iter().flatten();
    for (code, text) in about_instance.chain(about_fields) {
        plan.add_note(code, document.key, Some(found.id), text);
    }
}

fn about_instance(
    document: &Document<'_>,
    found: &ObservedInstance,
) -> [Option<(NoteCode, NoteText)>; 3] {
    let disabled = || {
        NoteText::new(
            "the instance is disabled, and no file asks for that. The platform disables an instance after failed token \
             refreshes",
            "To enable it, add `enabled: true`",
        )
    };
    let not_authenticated = || {
        NoteText::new(
            "the authentication at the provider no longer works, and apply cannot repair it",
            format!("Run `ocon authorize {}`", document.key),
        )
    };
    let invalid =
        || "the `ocon:applied` tag was edited or duplicated by hand. It is rewritten".into();
    let is_disabled = found.disabled && document.wanted.enabled.is_none();
    let is_invalid = *found.marks.last_applied() == LastApplied::Invalid;
    [
        is_disabled.then(|| (NoteCode::Disabled, disabled())),
        (!found.valid).then(|| (NoteCode::NotAuthenticated, not_authenticated())),
        is_invalid.then(|| (NoteCode::GarbledMark, invalid())),
    ]
}

fn about_fields(
    document: &Document<'_>,
    found: &ObservedInstance,
    comparison: &Comparison,
) -> [Option<(NoteCode, NoteText)>; 4] {
    let wanted = document.wanted;
    // A plan lists the unset secrets once, for all documents.
    let is_set = |key: &&String| {
        wanted.configuration.get(*key).is_none_or(|field| !field.value.has_unset_secret())
    };
    let unverified: Vec<_> = comparison.unverified.iter().filter(is_set).collect();
    let unverified_text = || {
        let fields: Vec<_> = unverified.iter().map(|field| quoted(field).to_string()).collect();
        let (fields, key) = (fields.join(", "), document.key);
        NoteText::new(
            format!(
                "ocon cannot tell whether these secrets changed, so it does not write them: {fields}"
            ),
            format!("To write the values that are set here, use `--rotate {key}`"),
        )
    };
    let unplanned = || {
        let fields = comparison.unplanned.join(", ");
        format!("changed since the plan was made, so not written: {fields}").into()
    };
    let late_events = || {
        NoteText::new(
            "events are enabled after the create, so the platform may not subscribe at the provider",
            "Check that events arrive, or create the instance again",
        )
    };
    let ignored = || {
        let fields: Vec<String> = wanted.lifecycle.ignore.iter().map(described).collect();
        format!("not compared: {}", fields.join("; ")).into()
    };
    let by_webhook = wanted.facts.events.webhooks
        && document.event_settings(Some(found)).arrival() != EventArrival::Polled;
    let is_late = by_webhook && comparison.changes.iter().any(enables_events);
    [
        (!unverified.is_empty()).then(|| (NoteCode::Unverified, unverified_text())),
        (!comparison.unplanned.is_empty()).then(|| (NoteCode::RotationNotPlanned, unplanned())),
        is_late.then(|| (NoteCode::LateEvents, late_events())),
        (!wanted.lifecycle.ignore.is_empty()).then(|| (NoteCode::Ignored, ignored())),
    ]
}

/// Adds that a create may need a grant, if that is not certain
/// (docs/platform.md#how-many-sources-a-fact-has).
pub(super) fn add_likely_grant(plan: &mut Plan, document: &Document<'_>) {
    if document.wanted.facts.grant_need == GrantNeed::Likely && !document.has_grant() {
        let (connector, key) = (quoted(&document.wanted.connector), document.key);
        let message = format!(
            "connector {connector} may need an authorization grant: one source alone says so, or it also authenticates \
             without one"
        );
        let help = format!("If the platform refuses the create, run `ocon authorize {key}`");
        plan.add_note(NoteCode::MayNeedAuthorization, key, None, NoteText::new(message, help));
    }
}

/// Adds that a step sends a webhook URL whose form no source documents.
pub(super) fn add_assumed_webhook_url(
    plan: &mut Plan,
    document: &Document<'_>,
    id: Option<InstanceId>,
    changes: &[Change],
) {
    let refers = |change: &Change| match change {
        Change::Configuration { after, .. } => after.value.refers_to_webhook_url(),
        _ => false,
    };
    if document.wanted.facts.events.webhook_url.is_assumed() && changes.iter().any(refers) {
        let connector = quoted(&document.wanted.connector);
        let message = format!(
            "no source documents the form of the webhook URL of {connector}, so ocon uses the most common form"
        );
        let help =
            "If events do not arrive, set `x-ocon-webhook-url-form` in the schema of the connector";
        let text = NoteText::new(message, help);
        plan.add_note(NoteCode::WebhookUrlAssumed, document.key, id, text);
    }
}

/// Whether a change enables events. A connector with webhooks subscribes at the provider during the
/// create, and perhaps not later.
fn enables_events(change: &Change) -> bool {
    matches!(change, Change::Configuration { key, before: Some(before), after }
        if key == EVENTS_ENABLED
            && after.value == Value::text("true")
            && *before != StoredValue::new(Some("true")))
}

fn described(ignore: &IgnoredField) -> String {
    let until = ignore.until.as_ref().map(|until| format!(", until {until}")).unwrap_or_default();
    format!("{} ({}{until})", quoted(&ignore.path), quoted(&ignore.reason))
}

/// Adds a note for each instance of this project that only the listing of the account shows.
pub(super) fn add_missed(plan: &mut Plan, observed: &Observed, context: &PlanContext<'_>) {
    for (key, found) in missed_by_filter(observed, context.options.take_from.as_ref()) {
        let message =
            "the tag listing omits this instance, but the listing of the account shows it";
        plan.add_note(NoteCode::TagFilterUnreliable, key, Some(found.id), message);
    }
}
