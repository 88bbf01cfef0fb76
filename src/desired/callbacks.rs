//! Warnings about the callback URLs to which events are sent.
//!
//! None of them is certain: a callback URL can be set by hand, and a test system may have no TLS.

use super::{Adopt, Code, DesiredInstance, Diagnostic, Diagnostics, Member, NodeKind};
use crate::instance::{
    ConnectorKey, EVENT_CALLBACK, EVENTS_ENABLED, InstanceReference, Part, Template, Value,
    WebhookUrlForm, id_in_webhook_url,
};
use crate::safe_text::quoted;

/// Hosts that only the local machine reaches.
const LOOPBACK: [&str; 4] = ["localhost", "127.", "[::1]", "host.docker.internal"];

/// Warns if events would not arrive, or would arrive at the wrong place.
pub(super) fn check(
    diagnostics: &mut Diagnostics,
    wanted: &DesiredInstance,
    configuration: &[Member],
) {
    let member = |name: &str| configuration.iter().find(|member| member.name == name);
    let is_enabled = wanted
        .configuration
        .get(EVENTS_ENABLED)
        .is_some_and(|field| field.value == Value::text("true"));
    let callback =
        member(EVENT_CALLBACK).filter(|member| !matches!(member.value.kind, NodeKind::Null));
    if let (Some(switch), None, true) = (member(EVENTS_ENABLED), callback, is_enabled) {
        let message = "events are enabled, but no callback URL is set";
        let diagnostic = Diagnostic::new(Code::EventsWithoutCallback, switch.range, message);
        diagnostics.add(diagnostic.help(if wanted.facts.callback_carries_id {
            format!("add `{EVENT_CALLBACK}: ${{{{ instance.webhook_url }}}}`")
        } else {
            format!("add `{EVENT_CALLBACK}` with the URL of your application")
        }));
    }
    for member in configuration.iter().filter(|member| member.name.ends_with("callback.url")) {
        let value = wanted.configuration.get(&member.name).map(|field| &field.value);
        if let Some(Value::Text(url)) = value {
            diagnostics.items.extend(insecure_callback(member, url));
            if member.name == EVENT_CALLBACK {
                diagnostics.items.extend(webhook_url(member, url, wanted));
            }
        }
    }
}

fn insecure_callback(member: &Member, url: &Template) -> Option<Diagnostic> {
    let Some(Part::Text(start)) = url.parts().first() else { return None };
    let host = start.strip_prefix("http://")?;
    if LOOPBACK.iter().any(|loopback| host.starts_with(loopback)) {
        return None;
    }
    let message = "requests to this URL are not encrypted";
    let diagnostic = Diagnostic::new(Code::InsecureCallback, member.value.range, message);
    Some(diagnostic.help("write `https://`"))
}

/// The ID in a webhook URL must be that of the instance. Otherwise another instance receives its events.
fn webhook_url(member: &Member, url: &Template, wanted: &DesiredInstance) -> Option<Diagnostic> {
    let (code, message) = match url.parts() {
        [Part::Text(literal)] => wrong_literal_url(literal, wanted)?,
        _ if contains_own_id(url, &wanted.connector) || !wanted.facts.callback_carries_id => {
            return None;
        }
        _ => {
            let end = format!("`/events/{}/` and the Base64-encoded ID", wanted.connector);
            let message =
                format!("this is not the webhook URL of the instance, which ends with {end}");
            (Code::CallbackWithoutId, message)
        }
    };
    let help = "write `${{ instance.webhook_url }}`, which is correct for every tenant";
    Some(Diagnostic::new(code, member.value.range, message).help(help))
}

fn wrong_literal_url(url: &str, wanted: &DesiredInstance) -> Option<(Code, String)> {
    let form = wanted.facts.events.webhook_url.form().unwrap_or(WebhookUrlForm::Base64);
    Some(match (id_in_webhook_url(url, form), &wanted.adopt) {
        (Some(id), Some(Adopt { id: own, .. })) if id != *own => {
            let message =
                format!("this URL belongs to instance {id}, but this document to instance {own}");
            (Code::WebhookUrlOfAnother, message)
        }
        (Some(id), None) => {
            (Code::FixedWebhookUrl, format!("this URL always belongs to instance {id}"))
        }
        (None, _) if wanted.facts.callback_carries_id && !url.is_empty() => {
            let connector = quoted(&wanted.connector);
            let message = format!(
                "the callback URL of {connector} must contain the Base64-encoded instance ID"
            );
            (Code::CallbackWithoutId, message)
        }
        _ => return None,
    })
}

/// Whether the URL ends with the address at which the platform accepts events of the instance, as far as
/// the file shows.
fn contains_own_id(url: &Template, connector: &ConnectorKey) -> bool {
    match url.parts() {
        [.., Part::Instance(InstanceReference::WebhookUrl(_))] => true,
        [.., Part::Text(before), Part::Instance(InstanceReference::IdBase64)] => {
            before.ends_with(&format!("/events/{connector}/"))
        }
        // The value of a secret is not known here.
        parts => parts.iter().any(|part| matches!(part, Part::Secret(_))),
    }
}
