//! The notes of a plan.

mod credentials;
mod host;

use super::change::Change;
use super::codes::NoteCode;
use super::comparison::Comparison;
use super::contents::Plan;
use super::document::Document;
use super::matching::missed_by_filter;
use super::options::PlanContext;
use crate::desired::{GrantNeed, Ignore};
use crate::instance::{StoredValue, Value};
use crate::observed::{Observed, ObservedInstance};
use crate::ownership::LastApplied;
use crate::untrusted::quoted;

pub(super) use credentials::add_hosts;
pub use credentials::declared_hosts;

/// Adds the notes about the document's instance.
pub(super) fn add_all(
    plan: &mut Plan,
    document: &Document<'_>,
    found: &ObservedInstance,
    comparison: &Comparison,
) {
    let (wanted, key) = (document.wanted, document.key);
    let mut add = |code, message: String| plan.add_note(code, key, Some(found.id), message);
    if found.disabled && wanted.enabled.is_none() {
        add(
            NoteCode::Disabled,
            "the instance is disabled, and no file asks for that. The platform disables an instance after failed \
             token refreshes. To enable it, add `enabled: true`"
                .to_owned(),
        );
    }
    if !found.valid {
        add(
            NoteCode::NotAuthenticated,
            format!(
                "the authentication at the provider no longer works, and apply cannot repair it. Run \
                 `ocon authorize {key}`"
            ),
        );
    }
    if !comparison.unverified.is_empty() {
        let fields: Vec<_> =
            comparison.unverified.iter().map(|field| quoted(field).to_string()).collect();
        add(
            NoteCode::Unverified,
            format!(
                "neither compared nor written: {}. To write the current values, use `--rotate {key}`",
                fields.join(", ")
            ),
        );
    }
    if !comparison.unplanned.is_empty() {
        add(
            NoteCode::RotationNotPlanned,
            format!(
                "changed since the plan was made, so not written: {}",
                comparison.unplanned.join(", ")
            ),
        );
    }
    if wanted.facts.webhooks && comparison.changes.iter().any(enables_events) {
        add(
            NoteCode::LateEvents,
            "events are enabled after the create, so the platform may not subscribe at the provider. Check that \
             events arrive, or create the instance again"
                .to_owned(),
        );
    }
    if *found.marks.last_applied() == LastApplied::Invalid {
        add(
            NoteCode::GarbledMark,
            "the `ocon:applied` tag was edited or duplicated by hand. It is rewritten".to_owned(),
        );
    }
    if !wanted.lifecycle.ignore.is_empty() {
        let fields: Vec<String> = wanted.lifecycle.ignore.iter().map(described).collect();
        add(NoteCode::Ignored, format!("not compared: {}", fields.join("; ")));
    }
}

/// Adds that a create may need a grant, if only one source says so.
pub(super) fn add_likely_grant(plan: &mut Plan, document: &Document<'_>) {
    if document.wanted.facts.grant_need == GrantNeed::Likely && !document.has_grant() {
        let (connector, key) = (quoted(&document.wanted.connector), document.key);
        let message = format!(
            "connector {connector} authenticates with OAuth, but no documented request has an authorization grant. If \
             the platform refuses the create, run `ocon authorize {key}`"
        );
        plan.add_note(NoteCode::MayNeedAuthorization, key, None, message);
    }
}

/// Whether a change enables events. A connector with webhooks subscribes at the provider during the
/// create, and perhaps not later.
fn enables_events(change: &Change) -> bool {
    matches!(change, Change::Configuration { key, before: Some(before), after }
        if key == "event.notification.enabled"
            && after.value == Value::text("true")
            && *before != StoredValue::new(Some("true")))
}

fn described(ignore: &Ignore) -> String {
    let until = ignore.until.as_ref().map(|until| format!(", until {until}")).unwrap_or_default();
    format!("{} ({}{until})", ignore.path, ignore.reason)
}

/// Adds a note for each instance of this project that only the listing of the account shows.
pub(super) fn add_missed(plan: &mut Plan, observed: &Observed, context: &PlanContext<'_>) {
    for (key, found) in missed_by_filter(observed, context.options.take_from.as_ref()) {
        let message =
            "the tag listing omits this instance, but the listing of the account shows it";
        plan.add_note(NoteCode::TagFilterUnreliable, key, Some(found.id), message);
    }
}
