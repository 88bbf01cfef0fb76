//! The steps for a document whose instance is known.

use std::collections::BTreeSet;

use serde_json::json;

use super::comparison::{Comparison, compare, observation};
use super::document::Document;
use super::matching::Match;
use super::{
    Action, BlockCode, Blocked, Cause, Change, Plan, Step, StoredValueVisibility, note, samples,
};
use crate::desired::{DeclaredValue, GrantNeed};
use crate::instance::{Key, Secret, Template};
use crate::observed::ObservedInstance;
use crate::ownership::{AppliedDigests, OwnershipMark, ReservedTags};
use crate::safe_text::quoted;

pub(super) fn add(plan: &mut Plan, document: &Document<'_>, matched: &Match<'_>) {
    let samples = samples::unreplaced(document);
    match (matched, samples) {
        (Match::Blocked(code, message), _) => block(plan, document, *code, message.clone()),
        (_, Some(message)) => block(plan, document, BlockCode::SampleValue, message),
        (Match::Managed(found), None) => update(plan, document, found, None),
        (Match::Moved(found, old_key), None) => update(plan, document, found, Some(old_key)),
        (Match::Adopt(found, old_key), None) => adopt(plan, document, found, *old_key),
        (Match::Missing, None) => create(plan, document),
    }
}

fn block(plan: &mut Plan, document: &Document<'_>, code: BlockCode, message: String) {
    let (key, at) = (document.key.clone(), document.wanted.at.clone());
    plan.blocked.push(Blocked { key, at, code, message });
}

fn step(
    document: &Document<'_>,
    action: Action,
    cause: Cause,
    found: Option<&ObservedInstance>,
) -> Step {
    let wanted = document.wanted;
    Step {
        at: Some(wanted.at.clone()),
        id: found.map(|found| found.id),
        hides_stored: found.is_some_and(|found| hides_stored_values(document, found)),
        events: document.event_settings(found),
        ..Step::new(document.key, wanted.connector.clone(), &wanted.name, (action, cause))
    }
}

fn hides_stored_values(document: &Document<'_>, found: &ObservedInstance) -> bool {
    match document.context.options.stored_values {
        StoredValueVisibility::Public => false,
        StoredValueVisibility::OfProject => {
            found.marks.key_in(&document.context.target.project).is_none()
        }
        StoredValueVisibility::None => true,
    }
}

fn create(plan: &mut Plan, document: &Document<'_>) {
    if let Some(reason) = missing_grant(document) {
        return block(plan, document, BlockCode::NeedsAuthorization, reason);
    }
    let wanted = document.wanted;
    let unset = unset(document.managed_fields().flat_map(|(_, field)| field.value.templates()));
    if document.context.options.allow_unset && !unset.is_empty() {
        let message = missing_variables("a create", &unset);
        return block(plan, document, BlockCode::MissingVariable, message);
    }
    let changes = creation(document);
    note::add_hosts(plan, document, None, &changes);
    note::add_assumed_webhook_url(plan, document, None, &changes);
    note::add_likely_grant(plan, document);
    let tags = |applied| {
        let others = wanted.tags.clone().unwrap_or_default();
        mark(document, applied).with(&ReservedTags::default(), others)
    };
    let placeholders = document.render_context(None);
    // A secret has the same digest before and after the create, unless it contains the instance ID.
    let first = digests(document, |_, field| {
        let value = &field.value;
        if value.refers_to_instance() {
            value.render(&placeholders)
        } else {
            value.render_secrets()
        }
    });
    let refers_to_instance =
        document.digested_fields().any(|(_, field)| field.value.refers_to_instance());
    let second = refers_to_instance
        .then(|| tags(digests(document, |_, field| field.value.render_secrets())));
    let basis =
        document.context.basis(&document.as_written, Action::Create, &serde_json::Value::Null);
    plan.steps.push(Step {
        changes,
        tags: Some(tags(first)),
        second_tags: second,
        basis: basis.clone(),
        ..step(document, Action::Create, Cause::File, None)
    });
    if wanted.enabled == Some(false) {
        plan.steps.push(Step { basis, ..step(document, Action::Disable, Cause::File, None) });
    }
}

/// The changes of a create: everything that the document declares.
fn creation(document: &Document<'_>) -> Vec<Change> {
    let wanted = document.wanted;
    let name = Change::Name { before: None, after: wanted.name.clone() };
    let tags = wanted.tags.clone().map(|after| Change::Tags { before: None, after });
    let form = wanted.external_authentication.clone().map(Change::ExternalAuthentication);
    let configuration = wanted.configuration.iter().map(|(key, field)| Change::Configuration {
        key: key.clone(),
        before: None,
        after: field.clone(),
    });
    let grants = wanted
        .provider_data
        .iter()
        .map(|(key, grant)| Change::ProviderData { key: key.clone(), after: grant.value.clone() });
    std::iter::once(name).chain(tags).chain(form).chain(configuration).chain(grants).collect()
}

/// Why the platform could not authenticate at the provider, if it could not.
fn missing_grant(document: &Document<'_>) -> Option<String> {
    let (wanted, key) = (document.wanted, document.key);
    let grants = wanted.provider_data.values().flat_map(|grant| grant.value.templates());
    let written = wanted.configuration.values().filter(|field| field.platform_written);
    let unset = unset(grants.chain(written.flat_map(|field| field.value.templates())));
    if !unset.is_empty() {
        let unset = Vec::from_iter(unset);
        let (is, it) = if unset.len() == 1 { ("is", "it") } else { ("are", "them") };
        return Some(format!(
            "a create needs the authorization grant, but {} {is} not set. Set {it} for this run only, or run \
             `ocon authorize {key}`",
            unset.join(", ")
        ));
    }
    (wanted.facts.grant_need == GrantNeed::Certain && !document.has_grant()).then(|| {
        format!(
            "connector {} authenticates with OAuth, but the document has no authorization grant. Run `ocon authorize \
             {key}`, add `providerData: {{ code: \"${{{{ env.… }}}}\" }}`, or use `externalAuthentication: initial` \
             with a refresh token",
            quoted(&wanted.connector)
        )
    })
}

/// `old_key` is the document key of the instance, if it is another one.
fn update(
    plan: &mut Plan,
    document: &Document<'_>,
    found: &ObservedInstance,
    old_key: Option<&Key>,
) {
    let comparison = compare(document, found, old_key);
    let (action, cause) = if comparison.is_incomplete_create {
        (Action::Finish, Cause::Unfinished)
    } else {
        (Action::Update, comparison.cause(old_key))
    };
    write(plan, document, found, (action, cause), comparison);
}

/// `old_key` is the document key of the instance in the project of `--take-from`.
fn adopt(
    plan: &mut Plan,
    document: &Document<'_>,
    found: &ObservedInstance,
    old_key: Option<&Key>,
) {
    let mut comparison = compare(document, found, None);
    comparison.changes.retain(|change| !matches!(change, Change::Mark { .. }));
    let before = old_key.filter(|old_key| *old_key != document.key).cloned();
    comparison.changes.insert(0, Change::Mark { before, after: document.key.clone() });
    write(plan, document, found, (Action::Adopt, Cause::Adoption), comparison);
}

/// Adds the PATCH if there are changes, the step that enables or disables the instance, and the notes.
fn write(
    plan: &mut Plan,
    document: &Document<'_>,
    found: &ObservedInstance,
    (action, cause): (Action, Cause),
    comparison: Comparison,
) {
    if !comparison.unset.is_empty() {
        let message = missing_variables("the rotation", &comparison.unset);
        return block(plan, document, BlockCode::MissingVariable, message);
    }
    note::add_all(plan, document, found, &comparison);
    let number_of_steps = plan.steps.len();
    if !comparison.changes.is_empty() {
        let tags = changed_tags(document, found, &comparison);
        let observed = observation(document, found);
        let basis = document.context.basis(&document.as_written, action, &observed);
        let Comparison { changes, unchanged, .. } = comparison;
        note::add_hosts(plan, document, Some(found), &changes);
        note::add_assumed_webhook_url(plan, document, Some(found.id), &changes);
        let step = step(document, action, cause, Some(found));
        plan.steps.push(Step { changes, unchanged, tags, basis, ..step });
    }
    enable_or_disable(plan, document, found);
    if plan.steps.len() == number_of_steps {
        plan.untouched.unchanged += 1;
    }
}

fn enable_or_disable(plan: &mut Plan, document: &Document<'_>, found: &ObservedInstance) {
    let action = match (document.wanted.enabled, found.disabled) {
        (Some(true), true) => Action::Enable,
        (Some(false), false) => Action::Disable,
        (Some(true), false) | (Some(false), true) | (None, _) => return,
    };
    let observed = json!({ "disabled": found.disabled });
    let basis = document.context.basis(&document.as_written, action, &observed);
    plan.steps.push(Step { basis, ..step(document, action, Cause::Unknown, Some(found)) });
}

fn mark(document: &Document<'_>, applied: AppliedDigests) -> OwnershipMark {
    OwnershipMark {
        project: document.context.target.project.clone(),
        key: document.key.clone(),
        protect: document.wanted.lifecycle.protect,
        applied,
    }
}

/// The digests of the document and of those of its secrets whose applied value is known.
fn digests(
    document: &Document<'_>,
    applied_value: impl Fn(&str, &DeclaredValue) -> Option<Secret>,
) -> AppliedDigests {
    let fingerprints = document.context.fingerprints;
    let mut applied = fingerprints.begin(document.scope(), &document.as_written);
    for (key, field) in document.digested_fields() {
        if let Some(value) = applied_value(key, field) {
            fingerprints.add(&mut applied, document.scope(), key, &value);
        }
    }
    applied
}

/// The complete list of tags, if it differs from the stored one. Every write that changes digests
/// sends them.
fn changed_tags(
    document: &Document<'_>,
    found: &ObservedInstance,
    comparison: &Comparison,
) -> Option<BTreeSet<String>> {
    let others = match &document.wanted.tags {
        Some(tags) if !document.ignores("tags") => tags.clone(),
        _ => found.tags.as_set().clone(),
    };
    let mut applied = digests(document, |key, field| {
        field.value.render_secrets().filter(|_| comparison.applied.contains(key))
    });
    // A value that is neither verified nor written keeps its digest, so a later run with the secret
    // knows whether it changed. Digests of another project or document key cannot be kept.
    let scope = document.scope();
    let baseline = document.context.fingerprints.baseline(found.marks.last_applied(), scope);
    let was_compared = found.marks.owner().is_none_or(|owner| owner == (scope.project, scope.key));
    let kept = comparison.unverified.iter().chain(&comparison.unplanned);
    for key in kept.filter(|_| was_compared) {
        baseline.keep(&mut applied, key);
    }
    let tags = mark(document, applied).with(&found.marks, others);
    let stored = found.marks.as_set().union(found.tags.as_set()).cloned().collect();
    (tags != stored).then_some(tags)
}

/// The distinct sources of unset secrets.
fn unset<'a>(templates: impl Iterator<Item = &'a Template>) -> BTreeSet<String> {
    let references =
        templates.flat_map(Template::secrets).filter(|reference| reference.value.is_none());
    references.map(|reference| reference.source.to_string()).collect()
}

fn missing_variables<'a>(purpose: &str, unset: impl IntoIterator<Item = &'a String>) -> String {
    let unset: Vec<_> = unset.into_iter().cloned().collect();
    let (is, it) = if unset.len() == 1 { ("is", "it") } else { ("are", "them") };
    format!("{purpose} needs {}, which {is} not set. Set {it} where ocon runs", unset.join(", "))
}
